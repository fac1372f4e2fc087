"""The command as people and Meltano call it."""

import csv
import io
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox
from target_common.testing import Called, called_here
from target_monstock.cli import main
from target_monstock.testing import TargetRunner, order_payment, singer_lines

COMMAND = (sys.executable, "-m", "target_monstock")
TOKEN = "monstock-sandbox-token"


def call(
    arguments: Sequence[str], lines: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *arguments],
        input=lines,
        capture_output=True,
        env={**os.environ, **environment},
        timeout=120,
    )


Command = Callable[..., Called]


def test_neither_a_customers_address_nor_the_token_is_logged_even_at_debug(
    config: Path, sandbox: RunningSandbox
) -> None:
    sandbox.monstock.order(500, "EUR", customer_email="ann@example.com")
    record = order_payment("pi_1", 500, customer_email="ann@example.com")

    done = call(["--config", str(config)], singer_lines([record]), LOGLEVEL="DEBUG")

    said = done.stderr.decode()
    assert done.returncode == 0, said
    assert "DEBUG" in said
    assert "ann" not in said
    assert TOKEN not in said


@pytest.fixture
def called() -> Command:
    """Calls the command in this process."""
    return partial(called_here, main)


@pytest.fixture
def config(sqlite_target: TargetRunner, tmp_path: Path) -> Path:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(sqlite_target.config))
    return path


def last_line(done: subprocess.CompletedProcess[bytes]) -> str:
    return done.stderr.decode().strip().splitlines()[-1]


def test_a_run_returns_state_and_says_what_it_did_in_one_line(
    sandbox: RunningSandbox, config: Path, called: Command
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")
    lines = singer_lines([order_payment("pi_1", 1000, order="A")], state={"bookmark": 1})

    first = called("--config", str(config), lines=lines)
    second = called("--config", str(config), lines=lines)

    assert (first.status, first.output) == (0, '{"bookmark": 1}\n')
    assert "2 writes (1 orders patched, 1 rows put)" in first.last_line
    assert "0 writes" in second.last_line
    assert TOKEN not in first.errors


def test_exceptions_are_listed_as_table_csv_and_json(
    sandbox: RunningSandbox, config: Path, called: Command
) -> None:
    lines = singer_lines([order_payment("pi_1", 123456, order="=A")])
    called("--config", str(config), lines=lines)

    plain = called("exceptions", "--config", str(config))
    as_csv = called("exceptions", "--config", str(config), "--format", "csv")
    as_json = called("exceptions", "--config", str(config), "--format", "json")

    assert "waiting_for_order  pi_1            1234.56 EUR" in plain.output
    (row,) = csv.DictReader(io.StringIO(as_csv.output))
    (entry,) = json.loads(as_json.output)
    assert row["kind"] == entry["kind"] == "waiting_for_order"
    assert entry["payment"] == "pi_1"
    assert (entry["amount"], entry["currency"]) == ("1234.56", "EUR")
    assert entry["next_step"].startswith("Nothing, if the order will still come")


def test_a_person_links_a_payment_on_the_command_line(
    sandbox: RunningSandbox, config: Path, called: Command
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    called("--config", str(config), lines=singer_lines([order_payment("pi_1", 1000)]))

    linked = called(
        "exceptions", "link", "pi_1", order, "--why", "told so", "--config", str(config)
    )
    called("--config", str(config))

    assert (linked.status, linked.output) == (0, f"pi_1 pays {order}; the next run writes it.\n")
    assert sandbox.monstock.orders()[0].payment_status == "paid"
    assert "No exceptions" in called("exceptions", "--config", str(config)).output


def test_a_dry_run_shows_its_plan_on_standard_output(
    sandbox: RunningSandbox, config: Path, called: Command
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")
    lines = singer_lines([order_payment("pi_1", 1000, order="A")], state={"bookmark": 1})

    done = called("--config", str(config), "--dry-run=json", lines=lines)

    assert done.status == 0, done.errors
    assert [json.loads(line)["write"] for line in done.output.splitlines()] == ["put", "patch"]
    assert sandbox.monstock_controls.writes == 0


def test_settings_come_from_the_environment_too(
    sqlite_target: TargetRunner, called: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in sqlite_target.config.items():
        monkeypatch.setenv(f"TARGET_MONSTOCK_{name.upper()}", value)

    done = called("--config", "ENV")

    assert done.status == 0, done.errors
    assert "0 writes" in done.errors


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"base_url": None}, "'base_url' is a required property"),
        ({"base_url": "monstock.example"}, "base_url must begin with http"),
        ({"api_token": 12345678}, "*** is not of type 'string'"),
        ({"concurrency": 0}, "0 is less than the minimum of 1"),
        ({"cutover_date": "soon"}, "cutover_date must be a date"),
        ({"scope_description": "("}, "scope_description is not a regular expression"),
        ({"currency_tolerance": {"QQQ": 1}}, "currency_tolerance: unknown currency"),
        ({"on_paid_order_status": "shipped"}, "on_paid_from_statuses is empty"),
        ({"profile": "/no/such/profile.yml"}, "/no/such/profile.yml"),
        ({"ledger_url": "sqlite:////no/folder/l.db"}, "folder /no/folder does not exist"),
    ],
)
def test_a_bad_setting_ends_in_one_clear_message(
    config: Path, called: Command, settings: dict[str, object], message: str
) -> None:
    given = json.loads(config.read_text()) | settings
    config.write_text(json.dumps({k: v for k, v in given.items() if v is not None}))

    done = called("--config", str(config))

    assert done.status == 1
    assert message in done.errors
    assert "Traceback" not in done.errors
    assert "12345678" not in done.errors


def test_a_configuration_that_cannot_be_read_is_named(tmp_path: Path, called: Command) -> None:
    (tmp_path / "half.json").write_text('{"api_token": "se')

    missing = called("--config", str(tmp_path / "none.json"))
    half = called("--config", str(tmp_path / "half.json"))

    assert missing.status != 0
    assert "there is no file" in missing.errors
    assert half.status != 0
    assert "it is not JSON" in half.errors


def test_exceptions_without_a_ledger_say_what_to_do(tmp_path: Path, called: Command) -> None:
    done = called("exceptions", "--ledger-url", f"sqlite:///{tmp_path}/none.db")

    assert done.status == 1
    assert done.last_line.endswith("run target-monstock first")
    assert list(tmp_path.iterdir()) == []


def test_about_names_every_setting(called: Command) -> None:
    about = json.loads(called("--about", "--format=json").output)

    assert about["name"] == "target-monstock"
    assert "ledger_url" in about["settings"]["properties"]


def test_terminated_while_it_waits_for_input_it_keeps_what_came(
    sandbox: RunningSandbox, config: Path, called: Command
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")
    with subprocess.Popen(
        [*COMMAND, "--config", str(config)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(singer_lines([order_payment("pi_1", 1000, order="A")]))
        returned: Sequence[object] = ()
        while not returned:  # a STATE comes back once what came before it is kept
            running.stdin.write(b'{"type": "STATE", "value": {"bookmark": 1}}\n')
            running.stdin.flush()
            returned, _, _ = select.select([running.stdout], [], [], 0.1)
        running.send_signal(signal.SIGTERM)
        output, _ = running.communicate(timeout=30)

    assert (running.returncode, output) == (0, b'{"bookmark": 1}\n')
    assert called("--config", str(config)).status == 0
    assert sandbox.monstock.orders()[0].payment_status == "paid"


def test_killed_at_random_moments_it_ends_as_one_clean_run(
    sandbox: RunningSandbox, config: Path
) -> None:
    numbers = [f"A{number}" for number in range(40)]
    for number in numbers:
        sandbox.monstock.order(1000, "EUR", number=number)
    lines = singer_lines([order_payment(f"pi_{n}", 1000, order=n) for n in numbers])
    sandbox.monstock_controls.set_faults(Fault("latency", seconds=0.05))
    arguments = [*COMMAND, "--config", str(config)]
    killed = 0
    for moment in (0.1, 0.4, 0.7):
        sandbox.monstock_controls.reset_counters()
        running = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert running.stdin is not None
        running.stdin.write(lines)
        running.stdin.close()
        while running.poll() is None and sandbox.monstock_controls.requests == 0:
            time.sleep(0.02)
        time.sleep(moment)
        killed += running.poll() is None
        running.kill()
        running.wait()
    sandbox.monstock_controls.clear_faults()

    assert call(["--config", str(config)], lines).returncode == 0

    orders = sandbox.monstock.orders()
    assert [order.payment_status for order in orders] == ["paid"] * 40
    assert [len(order.payments or []) for order in orders] == [1] * 40
    assert killed >= 2
    assert "0 writes" in last_line(call(["--config", str(config)], lines))
