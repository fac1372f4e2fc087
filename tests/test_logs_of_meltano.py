"""What Meltano logs of whole runs: JSON line by line, and nothing sensitive even at DEBUG."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.live import WEBHOOK_PATH, LivePayments, free_address, register_webhook
from monstock_stripe_sandbox.meltano_project import MeltanoProject
from monstock_stripe_sandbox.people import person
from monstock_stripe_sandbox.postgresql import (
    NOT_INSTALLED,
    postgresql_programs,
    postgresql_server,
)
from monstock_stripe_sandbox.selling import Seller
from monstock_stripe_sandbox.sensitive import Sensitive, leaks
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

ROOT = Path(__file__).parents[1]
PASSWORD = "hunter2-of-the-database"
SOON = 60.0

pytestmark = pytest.mark.slow


def log_config(folder: Path, level: str) -> Path:
    """The example, its file in a folder of the test's, at a level."""
    config: dict[str, Any] = yaml.safe_load((ROOT / "examples/logging/json.yaml").read_text())
    config["handlers"]["file"]["filename"] = str(folder / "file.log")
    config["root"]["level"] = level
    (folder / "logging.yaml").write_text(yaml.safe_dump(config))
    return folder / "logging.yaml"


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        seller = Seller(running.monstock_url)
        seller.order(count=4, people=4, paid=True)
        seller.order(count=4, people=4)
        yield running


def test_every_line_is_json_and_says_why_a_run_failed(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    project = MeltanoProject(ROOT, tmp_path, sandbox.stripe_url, sandbox.monstock_url)
    config = log_config(tmp_path, "INFO")
    project.environment["TARGET_MONSTOCK_API_TOKEN"] = "wrong"
    ended = project.run(f"--log-config={config}", "run", "stripe-to-monstock")
    assert ended.status != 0

    lines = [json.loads(line) for line in (tmp_path / "file.log").read_text().splitlines()]
    assert len(lines) > 10
    assert all({"event", "level", "timestamp"} <= set(line) for line in lines)
    errors = [line["event"] for line in lines if line["level"] == "error"]
    assert any("api_token" in said for said in errors)
    # Before Meltano has read the file it says two lines of its own in its own form.
    later = [line for line in ended.stderr.splitlines() if line.startswith("{")]
    assert [json.loads(line)["event"] for line in later] == [line["event"] for line in lines]


def test_format_json_alone_gives_json_too(sandbox: RunningSandbox, tmp_path: Path) -> None:
    project = MeltanoProject(ROOT, tmp_path, sandbox.stripe_url, sandbox.monstock_url)
    ended = project.run("--log-format=json", "run", "stripe-to-monstock")
    assert ended.status == 0, ended.stderr
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert any(line.get("name") == "target-monstock" for line in lines)


def test_nothing_sensitive_is_logged_at_debug_batch_or_live_with_forged_calls_and_failures(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    programs = postgresql_programs()
    if programs is None:
        pytest.skip(NOT_INSTALLED)
    listen, metrics = free_address(), (free_address(), free_address())
    hook = f"http://{listen}{WEBHOOK_PATH}"
    secret = register_webhook(sandbox.stripe_url, hook)
    with postgresql_server(programs) as server:
        project = MeltanoProject(ROOT, tmp_path, sandbox.stripe_url, sandbox.monstock_url)
        server.create_database("payments")
        project.environment |= {
            "MELTANO_CLI_LOG_CONFIG": str(log_config(tmp_path, "DEBUG")),
            "MELTANO_DATABASE_URI": server.url(password=PASSWORD),
            "TARGET_MONSTOCK_LEDGER_URL": server.url("payments", PASSWORD),
            "TARGET_STRIPE_ORDER_AS": "invoice",
            "TARGET_STRIPE_CREATE_CUSTOMERS": "all",
            "TARGET_STRIPE_MATCH_CUSTOMERS_BY_EMAIL": "true",
            "TAP_STRIPE_EXT_METRICS_LISTEN": metrics[0],
            "TARGET_MONSTOCK_METRICS_LISTEN": metrics[1],
        }
        live = LivePayments(project, tmp_path, listen, secret)
        said = {}
        for status in (0, 422):
            if status:
                fault = Fault("status", status=status, every=3, method="POST", echo=True)
                sandbox.stripe_controls.set_faults(fault)
            said[f"orders, {status}"] = project.run("run", "--force", "monstock-to-stripe").stderr
        sandbox.stripe_controls.clear_faults()
        try:
            live.start()
            live.wait_until_ready()
            seller = Seller(sandbox.monstock_url)
            (order,) = [one.order for one in seller.order(people=1, paid=True)]
            until = time.monotonic() + SOON
            while seller.first_paid([order])[order] is None:
                assert time.monotonic() < until, live.log.read_text()[-5000:]
                time.sleep(0.05)
            for kind in ("forged", "unsigned", "stale", "again"):
                url = f"{sandbox.stripe_url}/_sandbox/deliveries/send"
                requests.post(url, json={"kind": kind}, timeout=30).raise_for_status()
            requests.post(hook, data=f'{{"email": "{person(0).email}"'.encode(), timeout=30)
            said["metrics"] = "".join(
                requests.get(f"http://{each}/metrics", timeout=30).text for each in metrics
            )
            server.stop()
            seller.pay([one.order for one in seller.order(people=1)])
            assert live.process is not None
            live.process.wait(SOON)
        finally:
            live.kill()
        sensitive = (*sandbox.sensitive(), Sensitive(PASSWORD, "the password of the database"))
    said |= {
        str(path.relative_to(tmp_path)): path.read_text(errors="replace")
        for path in tmp_path.rglob("*")
        if path.is_file() and path.suffix != ".sqlite" and "ledger" not in path.name
    }
    assert '"level": "debug"' in said["file.log"]
    assert [
        f"{name}:{leak.line_number} holds {leak.kind}: {leak.line:.400}"
        for name, text in said.items()
        for leak in leaks(text, sensitive)
    ] == []
