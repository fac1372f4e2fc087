"""The command as people and Meltano call it."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from collecting import BUYER, LINES, bought, values
from conftest import API_KEY
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox
from target_common.errors import LedgerLockedError
from target_common.testing import Called, called_here
from target_stripe.cli import main
from target_stripe.ledger import open_ledger
from target_stripe.testing import TargetRunner, customer, order, row, singer_lines

COMMAND = (sys.executable, "-m", "target_stripe")


def call(config: Path, lines: bytes, *more: str, **environment: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [*COMMAND, "--config", str(config), *more],
        input=lines,
        capture_output=True,
        env={**os.environ, **environment},
        timeout=120,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def config(target: TargetRunner, tmp_path: Path) -> Path:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(target.config))
    return path


Command = Callable[..., Called]


@pytest.fixture
def called() -> Command:
    """Calls the command in this process."""
    return partial(called_here, main)


def test_a_run_returns_state_says_what_it_did_and_logs_nobodys_address(
    sandbox: RunningSandbox, config: Path
) -> None:
    lines = singer_lines((), [customer("c1", name="Ann", email="ann@example.com")], {"at": 1})
    given = {"TARGET_STRIPE_CREATE_CUSTOMERS": "all", "LOGLEVEL": "DEBUG"}

    first = call(config, lines, "--config", "ENV", **given)
    second = call(config, lines, "--config", "ENV", **given)

    assert (first[0], first[1]) == (0, '{"at": 1}\n')
    assert "1 writes (1 × customer created)" in first[2].splitlines()[-1]  # noqa: RUF001
    assert "0 writes" in second[2].splitlines()[-1]
    for said in (first[2], second[2]):
        assert "ann@example.com" not in said
        assert API_KEY not in said


def test_exceptions_are_listed_dismissed_and_reopened(
    sandbox: RunningSandbox, target: TargetRunner, config: Path, called: Command
) -> None:
    payment = sandbox.stripe.payment_intent(900, "eur")
    sandbox.stripe.succeed(payment)
    target.run([order("ord_1", 900, payments=[row(payment, 800)])])

    def exceptions(*words: str) -> str:
        answer = called("exceptions", *words, "--config", str(config))
        assert answer.status == 0, answer.errors
        return answer.output

    assert "amount_mismatch" in exceptions()
    (entry,) = json.loads(exceptions("--format", "json"))
    assert (entry["payment"], entry["order"], entry["amount"]) == (payment, "ORD_1", "8.00")
    (line,) = csv.DictReader(io.StringIO(exceptions("--format", "csv")))
    assert line["next_step"] == "Check that the payment belongs to this order."

    about = ("amount_mismatch", "--payment", payment, "--order", "ord_1", "--why", "agreed")
    exceptions("dismiss", *about)
    target.run([order("ord_1", 901, payments=[row(payment, 800)])])
    assert exceptions().startswith("No exceptions")

    exceptions("reopen", "--kind", *about)
    assert "amount_mismatch" in exceptions("show", "ord_1")
    file = config.with_name("decisions.csv")
    file.write_text(
        "kind,payment,order_id,decision,why\n"
        f"amount_mismatch,{payment},ord_1,dismiss,agreed after all\n"
    )
    exceptions("decide", str(file))
    target.run()
    assert exceptions().startswith("No exceptions")

    exceptions("reopen", "--order", "ord_1", "--why", "was wrong")
    target.run()
    assert "amount_mismatch" in exceptions()
    shown = json.loads(exceptions("show", payment, "--format", "json"))
    assert [one["decision"] for one in shown["decisions"]] == [
        "dismiss", "reopen", "dismiss", "reopen",
    ]  # fmt: skip
    assert called("exceptions", "reopen", "--why", "x", "--config", str(config)).status == 1


def test_a_dry_run_shows_the_plan_and_changes_nothing(
    sandbox: RunningSandbox, target: TargetRunner, config: Path, called: Command
) -> None:
    payment = sandbox.stripe.payment_intent(900, "eur")
    sandbox.stripe.succeed(payment)
    lines = singer_lines(
        [order("ord_1", 900, payments=[row(payment, 900)]), order("ord_2", 500)],
        [customer("c1", name="Ann")],
        {"at": 1},
    )
    settings = target.config | {"create_customers": "all", "order_as": "payment_link"}
    config.write_text(json.dumps(settings))

    answer = called("--config", str(config), "--dry-run=json", lines=lines)

    plan = [json.loads(line) for line in answer.output.splitlines()]
    assert answer.status == 0
    assert sorted(each["write"] for each in plan) == [
        "annotate", "annotate", "create customer", "make",
    ]  # fmt: skip
    assert sandbox.stripe_controls.writes == 0
    assert not Path(target.config["ledger_url"].removeprefix("sqlite:///")).exists()
    table = called("--config", str(config), "--dry-run", lines=lines).output
    assert "Dry run: 4 writes would be made; none was." in table


def test_a_second_run_on_one_ledger_is_refused(target: TargetRunner) -> None:
    with (
        open_ledger(target.config["ledger_url"]),
        pytest.raises(LedgerLockedError, match="in use by another target-stripe"),
    ):
        target.run()


def test_sigterm_ends_a_run_when_what_is_in_hand_is_done(
    sandbox: RunningSandbox, config: Path
) -> None:
    sandbox.stripe_controls.set_faults(Fault("latency", seconds=0.2, method="POST"))
    lines = singer_lines((), [customer(f"c{number}", name="n") for number in range(300)])
    running = subprocess.Popen(
        [*COMMAND, "--config", str(config), "--config", "ENV"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TARGET_STRIPE_CREATE_CUSTOMERS": "all"},
    )
    assert running.stdin is not None
    running.stdin.write(lines)
    running.stdin.close()
    while not sandbox.stripe_controls.writes:
        time.sleep(0.02)
    running.send_signal(signal.SIGTERM)

    assert running.wait(timeout=30) == 0
    made = len(values(sandbox, "customer"))
    assert 0 < made < 300

    sandbox.stripe_controls.clear_faults()
    assert call(config, b"", "--config", "ENV", TARGET_STRIPE_CREATE_CUSTOMERS="all")[0] == 0
    assert len(values(sandbox, "customer")) == 300


@pytest.mark.parametrize(
    ("order_as", "most_kills"),
    [
        ("invoice", 2),
        pytest.param("invoice", 12, marks=pytest.mark.slow),
        pytest.param("payment_intent", 8, marks=pytest.mark.slow),
        pytest.param("payment_link", 12, marks=pytest.mark.slow),
    ],
)
def test_killed_at_random_moments_it_ends_as_one_clean_run(
    sandbox: RunningSandbox, config: Path, order_as: str, most_kills: int
) -> None:
    records = [bought(lines=LINES)]
    records += [order(f"ord_{number}", 5000, customer_id="c1") for number in range(2, 20)]
    lines = singer_lines(records, [BUYER])
    settings = {"TARGET_STRIPE_ORDER_AS": order_as, "TARGET_STRIPE_CONCURRENCY": "3"}
    sandbox.stripe_controls.set_faults(Fault("latency", seconds=0.03))
    for kills in range(1, most_kills + 1):
        running = subprocess.Popen(
            [*COMMAND, "--config", str(config), "--config", "ENV"],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **settings},
        )
        assert running.stdin is not None
        running.stdin.write(lines)
        running.stdin.close()
        until = sandbox.stripe_controls.writes + kills
        while sandbox.stripe_controls.writes < until and running.poll() is None:
            time.sleep(0.005)
        running.kill()
        running.wait()
    sandbox.stripe_controls.clear_faults()

    code, _, errors = call(config, lines, "--config", "ENV", **settings)

    assert code == 0, errors
    assert len(values(sandbox, order_as)) == 19
    assert len(values(sandbox, "customer")) == (order_as == "invoice")
    assert "0 writes" in call(config, lines, "--config", "ENV", **settings)[2].splitlines()[-1]
