"""`explain` where something is not as usual; the usual is tried on all scenarios of the sandbox."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.testing import RunningSandbox
from sqlalchemy import update
from target_common.testing import Called, called_here
from target_monstock.cli import main
from target_monstock.ledger import visit_ledger
from target_monstock.ledger.schema import orders
from target_monstock.testing import TargetRunner, link_lines, order_payment, payment_link

Command = Callable[..., Called]


@pytest.fixture
def target(sqlite_target: TargetRunner) -> TargetRunner:
    return sqlite_target


@pytest.fixture
def call(target: TargetRunner, tmp_path: Path) -> Command:
    """The command on the target's settings, as they are at the call."""

    def run(*words: str) -> Called:
        config = tmp_path / "config.json"
        config.write_text(json.dumps(target.config))
        return called_here(main, *words, "--config", str(config))

    return run


def explained(call: Command, *words: str) -> dict[str, Any]:
    answer = call("explain", *words, "--format", "json")
    assert answer.status == 0, answer.errors
    found: dict[str, Any] = json.loads(answer.output)
    return found


def test_each_order_of_a_payment_that_pays_several_shows_its_part(
    sandbox: RunningSandbox, target: TargetRunner, call: Command
) -> None:
    for number, total in (("A", 6000), ("B", 4000)):
        sandbox.monstock.order(total, "EUR", number=number)
    target.run([order_payment("pi_1", 10000, refunded=1000)])
    call("exceptions", "link", "pi_1", "A=60.00", "B=40.00", "--why", "both", "--by", "ann")
    target.run()

    found = explained(call, "pi_1")

    assert found["payments"][0]["captured"] == 10000
    assert [
        (one["order_number"], one["payment_status"], one["payments"][0]["captured"],
         one["payments"][0]["refunded"], one["amounts"]["net"])
        for one in found["orders"]
    ] == [("A", "paid", 6000, 0, 6000), ("B", "partially_refunded", 4000, 1000, 3000)]  # fmt: skip
    assert found["decisions"][0]["decided_by"] == "ann"
    assert "pays order A (60.00 EUR), B (40.00 EUR): linked by decision. A person said so." in (
        call("explain", "pi_1").output
    )


def test_what_the_next_run_will_write_is_said(
    sandbox: RunningSandbox, target: TargetRunner, call: Command
) -> None:
    order = sandbox.monstock.order(5000, "EUR", number="A")
    target.run([order_payment("pi_1", 4000, order="A")])
    sandbox.monstock.record_payment(order, 1000)

    (now,) = explained(call, "A")["orders"]
    (then,) = explained(call, "A", "--offline")["orders"]

    assert (now["payment_status"], now["payment_status_shown"]) == ("paid", "partially_paid")
    assert now["decided_by"]["row"] == "total_reached"
    assert "payment status paid" in now["to_write"][0]
    assert (then["payment_status"], then["source"]) == ("partially_paid", "ledger")


def test_an_address_to_pay_at_is_told_with_the_reason_of_its_own(
    sandbox: RunningSandbox, target: TargetRunner, call: Command
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    target.run_lines(link_lines([payment_link("in_1", order)]))
    target.run_lines(link_lines([payment_link("in_1", order, state="void", version=2)]))

    said = call("explain", "A").output

    assert (
        "patch the order on A: to be paid at https://invoice.stripe.com/i/in_1. "
        "The order did not say where its customer can pay."
    ) in said
    assert (
        "patch the order on A: to be paid at nowhere. Its customer can no longer pay there."
    ) in said


def test_a_monstock_that_does_not_answer_is_said_and_the_ledger_answers(
    sandbox: RunningSandbox, target: TargetRunner, call: Command
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")
    target.run([order_payment("pi_1", 1000, order="A")])
    target.config["base_url"] = "http://127.0.0.1:9/api/v1"

    found = explained(call, "pi_1")

    assert found["note"].startswith("Monstock could not be asked:")
    assert [(one["source"], one["payment_status"]) for one in found["orders"]] == [
        ("ledger", "paid")
    ]


def test_a_possible_duplicate_says_that_it_counts_once(
    sandbox: RunningSandbox, target: TargetRunner, call: Command
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    sandbox.monstock.record_payment(order, 1000, method="stripe")
    shown = sandbox.monstock.get(order)
    assert shown is not None
    target.run([order_payment("pi_1", 1000, order="A", captured_at=str(shown.created_at))])

    said = call("explain", "A").output

    assert "A hand-made row seems to be the same: it counts once, and no row is written." in said
    assert "possible_duplicate pi_1, since" in said
    assert "recorded by hand:" not in said


def test_what_an_earlier_version_derived_is_shown_without_the_row(
    sandbox: RunningSandbox, target: TargetRunner, call: Command
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")
    target.run([order_payment("pi_1", 1000, order="A")])
    url = target.config["ledger_url"]
    with visit_ledger(url) as ledger, ledger.transaction() as connection:
        connection.execute(update(orders).values(decided_by=None, by_hand=None))

    said = call("explain", "A", "--offline").output

    assert said.startswith("Order A (")
    assert ": paid\n" in said
    assert "which row of the table decided was not kept" in said
    assert "captured 10.00 = kept 10.00 EUR; due 0.00 EUR" in said
