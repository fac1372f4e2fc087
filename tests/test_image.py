"""The container image, by its own lines: what its Dockerfile runs is run here in a fresh folder.

Where no container can be built this is the nearest there is: the same locked packages without the
sources, another user, the image's own environment, command and health check.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from monstock_stripe_sandbox.live import WEBHOOK_PATH, free_address, register_webhook
from monstock_stripe_sandbox.pipeline import MONSTOCK_TOKEN, STRIPE_KEY, executable
from monstock_stripe_sandbox.selling import Seller
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

ROOT = Path(__file__).parents[1]
SRV, DATA = "/srv/monstock-stripe", "/var/lib/monstock-stripe"
READABLE = Path("/usr/bin/python3")
"""A Python that any user may run."""
SOON = 90.0


def instructions(name: str) -> list[str]:
    """What the Dockerfile says after an instruction, each time that it does."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    return re.findall(rf"^{name} (.*)$", text, re.MULTILINE)


def compose() -> dict[str, dict[str, dict[str, object]]]:
    found: dict[str, dict[str, dict[str, object]]] = yaml.safe_load(
        (ROOT / "compose.yaml").read_text()
    )
    return found


def test_the_image_does_not_run_as_root_and_holds_no_key() -> None:
    assert instructions("USER") == ["10001:10001"]
    (ignored,) = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line == "*"]
    assert ignored
    text = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"(?i)^(?:ARG|ENV).*(?:key|token|secret|password)", text, re.MULTILINE) == []


def test_the_image_has_the_uv_of_the_makefile() -> None:
    (version,) = re.findall(r"^UV_VERSION := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert f"uv=={version}" in (ROOT / "Dockerfile").read_text()


def test_compose_starts_jobs_of_the_project_and_gives_no_secret() -> None:
    jobs = {job["name"] for job in yaml.safe_load((ROOT / "meltano.yml").read_text())["jobs"]}
    services = compose()["services"]
    assert set(services) == {"postgresql", "live-payments", "live-orders"}
    for name in ("live-payments", "live-orders"):
        command = services[name]["command"]
        assert isinstance(command, list)
        assert command[-1] == name
        assert name in jobs
        ports = services[name]["ports"]
        assert isinstance(ports, list)
        assert all(port.startswith("127.0.0.1:") for port in ports)
    assert not re.search(r"(?:sk|rk)_(?:live|test)_|whsec_[A-Za-z0-9]", json.dumps(services))


@dataclass(frozen=True)
class Image:
    """What the image's folders became here; everything below `folder`."""

    folder: Path
    user: int | None

    def environment(self, **more: str) -> dict[str, str]:
        """The image's, with its places here."""
        last = instructions("ENV")[-1]
        values = dict(word.split("=", 1) for word in last.split())
        values["PATH"] = f"{self.here(SRV)}/.venv/bin:/usr/bin:/bin"
        values["HOME"] = str(self.here(DATA))
        return {name: self.placed(value) for name, value in values.items()} | more

    def placed(self, text: str) -> str:
        return (
            text
            if str(self.folder) in text
            else text.replace(SRV, str(self.here(SRV))).replace(DATA, str(self.here(DATA)))
        )

    def here(self, place: str) -> Path:
        return self.folder / place.lstrip("/")

    def start(self, command: list[str], log: Path, **more: str) -> subprocess.Popen[bytes]:
        with log.open("ab") as said:
            return subprocess.Popen(
                command,
                cwd=self.here(SRV),
                env=self.environment(**more),
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """The Dockerfile's steps, carried out."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    folder = Path(tempfile.mkdtemp(prefix="image-"))
    try:
        folder.chmod(0o755)
        user = None
        python = sys.executable
        if os.geteuid() == 0 and READABLE.exists():
            user, python = 10001, str(READABLE)
        made = Image(folder, user)
        build = folder / "build"
        copy_context(build)
        (step,) = [line for line in instructions("RUN") if line.startswith("uv sync")]
        made.here(SRV).mkdir(parents=True)
        made.here(DATA).mkdir(parents=True)
        if user is not None:
            os.chown(made.here(DATA), user, user)
        subprocess.run(
            [executable("uv"), *step.split()[1:], "--quiet", "--python", python],
            cwd=build,
            env={
                **os.environ,
                "UV_PROJECT_ENVIRONMENT": str(made.here(SRV) / ".venv"),
                "UV_PYTHON_DOWNLOADS": "never",
                "UV_SYSTEM_CERTS": "true",
            },
            check=True,
        )
        shutil.copy(ROOT / "meltano.yml", made.here(SRV))
        shutil.rmtree(build)  # the second stage does not have it
        yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def copy_context(build: Path) -> None:
    """Copy what .dockerignore lets through."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = [line[1:] for line in lines if line.startswith("!")]
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *allowed],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if "tests" not in Path(name).parts and (ROOT / name).exists():
            (build / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, build / name)


def wait_for(condition: Callable[[], object], log: Path) -> None:
    until = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.1)


@pytest.mark.slow
def test_it_runs_live_as_another_user_is_healthy_and_ends_cleanly(
    image: Image, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with running_sandbox() as sandbox:
        settings = of(sandbox)
        meltano = str(image.here(SRV) / ".venv/bin/meltano")
        command = compose()["services"]["live-payments"]["command"]
        assert isinstance(command, list)

        def is_healthy() -> bool:
            check = json.loads(instructions("HEALTHCHECK")[0].split("CMD ")[1])
            check[0] = str(image.here(SRV) / ".venv/bin" / check[0])
            return image.start(check, tmp_path / "health", **settings).wait(60) == 0

        assert not is_healthy()
        running = image.start([meltano, *command], log, **settings)
        try:
            wait_for(is_healthy, log)
            seller = Seller(sandbox.monstock_url)
            (order,) = [one.order for one in seller.order(1_200, paid=True)]
            wait_for(lambda: seller.first_paid([order])[order] is not None, log)
            running.send_signal(signal.SIGTERM)
            running.wait(60)
            assert not is_healthy()
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()
    said = log.read_text()
    assert "Traceback" not in said
    assert STRIPE_KEY not in said
    assert MONSTOCK_TOKEN not in said
    # All that it wrote is on the volume.
    written = {path.name for path in image.here(DATA).iterdir()}
    assert {"meltano", "meltano.db", "ledger.sqlite"} <= written
    assert (image.here(DATA) / "ledger.sqlite").stat().st_uid == (image.user or os.geteuid())
    assert sorted(path.name for path in image.here(SRV).iterdir()) == [".venv", "meltano.yml"]


def of(sandbox: RunningSandbox) -> dict[str, str]:
    """The settings of a deployment whose two systems are a sandbox."""
    listen = free_address()
    secret = register_webhook(sandbox.stripe_url, f"http://{listen}{WEBHOOK_PATH}")
    return {
        "STRIPE_API_KEY": STRIPE_KEY,
        "STRIPE_START_DATE": "2020-01-01T00:00:00Z",
        "MONSTOCK_BASE_URL": f"{sandbox.monstock_url}/api/v1",
        "MONSTOCK_API_TOKEN": MONSTOCK_TOKEN,
        "MONSTOCK_PROFILE": "monstock",
        "MONSTOCK_CUTOVER_DATE": "2020-01-01T00:00:00Z",
        "MONSTOCK_LEDGER_URL": "sqlite:///../../var/lib/monstock-stripe/ledger.sqlite",
        "TAP_STRIPE_EXT_API_BASE": sandbox.stripe_url,
        "TAP_STRIPE_EXT_FOLLOW": "true",
        "TAP_STRIPE_EXT_WEBHOOK_LISTEN": listen,
        "TAP_STRIPE_EXT_WEBHOOK_SECRETS": f'["{secret}"]',
        "TAP_STRIPE_EXT_METRICS_LISTEN": free_address(),
        "TARGET_MONSTOCK_METRICS_LISTEN": free_address(),
        "TARGET_MONSTOCK_EXPECT_LIVEMODE": "false",
    }
