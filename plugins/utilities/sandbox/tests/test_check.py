import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from monstock_stripe_sandbox.check import exception_differences, order_differences
from monstock_stripe_sandbox.monstock_world import MonstockWorld
from monstock_stripe_sandbox.script_commands import check, orders, trade
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from monstock_stripe_sandbox.truth import ExceptionTruth, OrderTruth


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(scenarios=True) as running:
        yield running


@pytest.fixture
def settled(sandbox: RunningSandbox) -> RunningSandbox:
    """A sandbox in which somebody copied the whole truth into Monstock by hand."""
    bring(sandbox.monstock, sandbox.truth())
    return sandbox


def bring(world: MonstockWorld, truths: tuple[OrderTruth, ...]) -> None:
    """Make Monstock's orders what they must be, as a very diligent clerk would."""
    for truth in truths:
        shown = world.get(truth.order_id)
        assert shown is not None
        wanted = {row.transaction_reference for row in truth.rows}
        standing = {row.transaction_reference: row.id for row in shown.payments or ()}
        kept = {row.row_id for row in truth.hand_made} | {row.row_id for row in truth.rows}
        for reference, row_id in standing.items():
            if reference not in wanted and row_id not in kept:
                world.delete_payment(truth.order_id, row_id)
        for row in truth.rows:
            fields: dict[str, Any] = {
                "amount": row.amount,
                "currency": row.currency or shown.currency,
                "refunded_amount": row.refunded,
                "disputed_amount": row.disputed,
                "dispute_lost_amount": row.dispute_lost,
                "authorized_amount": row.authorized,
                "status": row.status,
                "fee_amount": row.fee,
            }
            known = row.row_id or standing.get(row.transaction_reference)
            if known is not None:
                reference = row.transaction_reference
                changes = fields | {"method": "stripe", "transaction_reference": reference}
                world.edit_payment(truth.order_id, known, **changes)
            else:
                amount = fields.pop("amount")
                reference = row.transaction_reference
                world.record_payment(truth.order_id, amount, "stripe", reference, **fields)
        world.edit_order(
            truth.order_id, payment_status=truth.payment_status, amount_due=truth.amount_due
        )


def run(command: Any, sandbox: RunningSandbox, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, ["--monstock-url", sandbox.monstock_url, *arguments])
    return result.exit_code, result.output


def order_of(sandbox: RunningSandbox, label: str) -> OrderTruth:
    return next(truth for truth in sandbox.truth() if truth.label == label)


def test_a_monstock_brought_to_the_truth_has_no_difference(settled: RunningSandbox) -> None:
    assert run(check, settled) == (
        0,
        f"No difference: {len(settled.truth())} orders are as they must be.\n",
    )


def test_after_the_evening_the_afternoons_truth_is_out_of_date(settled: RunningSandbox) -> None:
    settled.trade()

    status, said = run(check, settled)

    assert status == 1
    assert "refund in the evening" in said


def test_a_monstock_brought_to_the_truth_of_the_evening_has_no_difference(
    settled: RunningSandbox,
) -> None:
    settled.trade()
    bring(settled.monstock, settled.truth())

    assert run(check, settled)[0] == 0


def test_before_any_run_the_orders_differ(sandbox: RunningSandbox) -> None:
    status, said = run(check, sandbox)

    assert status == 1
    assert "is missing" in said


PLANTED: dict[str, tuple[str, Callable[[MonstockWorld, OrderTruth], Any], str]] = {
    "status": (
        "card payment",
        lambda world, order: world.edit_order(order.order_id, payment_status="unpaid"),
        "payment status: expected paid, found unpaid",
    ),
    "amount due": (
        "paid too little",
        lambda world, order: world.edit_order(order.order_id, amount_due=0),
        "amount due: expected 3000, found 0",
    ),
    "own status": (
        "card payment",
        lambda world, order: world.edit_order(order.order_id, status="shipped"),
        "own status: expected validated, found shipped",
    ),
    "missing row": (
        "card payment",
        lambda world, order: world.delete_payment(order.order_id, row_id(world, order)),
        "is missing",
    ),
    "amount": (
        "card payment",
        lambda world, order: edit_row(world, order, amount=1),
        "amount: expected 4990, found 1",
    ),
    "currency": (
        "paid in another currency",
        lambda world, order: edit_row(world, order, currency="EUR"),
        "currency: expected USD, found EUR",
    ),
    "refunded": (
        "refund in part",
        lambda world, order: edit_row(world, order, refunded_amount=0),
        "refunded: expected 2000, found 0",
    ),
    "disputed": (
        "dispute under review",
        lambda world, order: edit_row(world, order, disputed_amount=1),
        "disputed: expected 9900, found 1",
    ),
    "lost": (
        "dispute lost",
        lambda world, order: edit_row(world, order, dispute_lost_amount=0),
        "lost by disputes: expected 8800, found 0",
    ),
    "authorised": (
        "manual capture",
        lambda world, order: edit_row(world, order, authorized_amount=0),
        "authorised: expected 31000, found 0",
    ),
    "row status": (
        "declined",
        lambda world, order: edit_row(world, order, status="pending"),
        "status: expected failed, found pending",
    ),
    "payment twice": (
        "card payment",
        lambda world, order: world.record_payment(order.order_id, 4990, "stripe", "pi_twice"),
        "should not be there",
    ),
    "row of an unlinked payment": (
        "no link at all",
        lambda world, order: world.record_payment(order.order_id, 9450, "stripe", "pi_guessed"),
        "should not be there",
    ),
    "hand-made row changed": (
        "paid in cash",
        lambda world, order: world.edit_payment(order.order_id, row_id(world, order), amount=1),
        "amount: expected 4200, found 1",
    ),
    "hand-made row gone": (
        "paid in cash",
        lambda world, order: world.delete_payment(order.order_id, row_id(world, order)),
        "is gone",
    ),
    "hand-made row from nowhere": (
        "card payment",
        lambda world, order: world.record_payment(order.order_id, 5),
        "should not be there (method 'cash')",
    ),
    "copy doubled instead of adopted": (
        "copied by hand with its id",
        lambda world, order: double(world, order),
        "row that was adopted",
    ),
    "order gone": (
        "card payment",
        lambda world, order: world.delete_order(order.order_id),
        "is gone",
    ),
    "order of no scenario": (
        "card payment",
        lambda world, _: world.order(100, "EUR", number="SO-2026-99999"),
        "(no scenario): order SO-2026-99999: nobody made this order",
    ),
}


def row_id(world: MonstockWorld, order: OrderTruth) -> str:
    shown = world.get(order.order_id)
    assert shown is not None
    assert shown.payments
    return shown.payments[0].id


def edit_row(world: MonstockWorld, order: OrderTruth, **changes: Any) -> None:
    world.edit_payment(order.order_id, row_id(world, order), **changes)


def double(world: MonstockWorld, order: OrderTruth) -> None:
    """What a careless connector does: a row of its own, and the hand-made one left as it was."""
    (row,) = order.rows
    world.edit_payment(order.order_id, row.row_id or "", method="card")
    reference = row.transaction_reference
    world.record_payment(order.order_id, row.amount, "stripe", reference)


@pytest.mark.parametrize("planted", PLANTED)
def test_each_kind_of_difference_is_named(settled: RunningSandbox, planted: str) -> None:
    label, plant, expected = PLANTED[planted]
    plant(settled.monstock, order_of(settled, label))

    differences = [str(each) for each in settled_differences(settled)]

    assert any(expected in each for each in differences), differences
    assert {each.split(":")[0] for each in differences} <= {label, "(no scenario)"}


def settled_differences(sandbox: RunningSandbox) -> list[Any]:
    shown = requests.get(f"{sandbox.monstock_url}/_sandbox/orders", timeout=10).json()
    return order_differences(shown, sandbox.truth())


def exceptions_file(sandbox: RunningSandbox, folder: Path, *more: ExceptionTruth) -> Path:
    shown = [
        {"kind": e.kind, "payment": e.transaction_reference, "order_id": e.order_id}
        for e in (*sandbox.sandbox.exceptions(), *more)
    ]
    file = folder / "exceptions.json"
    file.write_text(json.dumps(shown))
    return file


def test_exceptions_as_expected_are_no_difference(settled: RunningSandbox, tmp_path: Path) -> None:
    file = exceptions_file(settled, tmp_path)

    status, said = run(check, settled, "--exceptions", str(file))

    assert status == 0, said
    assert "exceptions are as they must be" in said


def test_an_exception_that_should_not_be_there_is_named(
    settled: RunningSandbox, tmp_path: Path
) -> None:
    file = exceptions_file(settled, tmp_path, ExceptionTruth("unlinked", "pi_unheard_of"))

    status, said = run(check, settled, "--exceptions", str(file))

    assert status == 1
    assert "exception unlinked should not be there" in said.replace("\n", " ")


def test_an_exception_that_is_not_shown_is_named() -> None:
    wanted = ExceptionTruth("customer_owed", "pi_1", label="refund that failed")
    other = {"kind": "customer_owed", "payment": "pi_2", "order_id": None}

    found = exception_differences([other], [wanted])

    assert [each.what for each in found] == [
        "exception customer_owed is not shown",
        "exception customer_owed should not be there",
    ]


def test_a_truth_that_names_no_payment_fits_any() -> None:
    wanted = ExceptionTruth("cancelled_order_paid", order_id="ord_1")
    shown = {
        "kind": "cancelled_order_paid",
        "payment": "pi_1",
        "order_id": "ord_1",
    }

    assert exception_differences([shown], [wanted]) == []
    assert exception_differences([shown], [replace(wanted, order_id="ord_2")]) != []


def test_a_file_that_holds_no_exceptions_is_refused(
    settled: RunningSandbox, tmp_path: Path
) -> None:
    file = tmp_path / "exceptions.json"
    file.write_text('{"kind": 1')

    status, said = run(check, settled, "--exceptions", str(file))

    assert status == 1
    assert "expected a JSON list of exceptions" in said


def test_trade_plays_the_evening_once(sandbox: RunningSandbox) -> None:
    assert run(trade, sandbox) == (0, "The evening has happened.\n")

    status, said = run(trade, sandbox)

    assert status == 1
    assert "every act was played" in said


def test_without_a_sandbox_the_commands_say_how_to_start_one() -> None:
    result = CliRunner().invoke(check, ["--monstock-url", "http://127.0.0.1:9"])

    assert result.exit_code == 1
    assert "start one with `sandbox serve`" in result.output


def test_the_check_leaves_the_counters_alone(settled: RunningSandbox) -> None:
    settled.monstock_controls.reset_counters()

    run(check, settled)
    run(orders, settled)

    assert settled.monstock_controls.requests == 0


def test_the_orders_table_shows_what_monstock_says(settled: RunningSandbox) -> None:
    _, said = run(orders, settled)

    line = next(line for line in said.splitlines() if line.startswith("refund in part "))
    assert line.split()[4:] == ["80.00", "EUR", "60.00", "partially", "refunded"]


def test_the_orders_table_shows_before_and_after(sandbox: RunningSandbox, tmp_path: Path) -> None:
    file = tmp_path / "before.json"
    run(orders, sandbox, "--save", str(file))
    bring(sandbox.monstock, sandbox.truth())

    _, said = run(orders, sandbox, "--since", str(file), "--changed")

    line = next(line for line in said.splitlines() if line.startswith("refund in whole "))
    assert line.split()[-2:] == ["unpaid", "refunded"]
    assert "order that nobody paid" not in said


def test_a_sandbox_that_was_restarted_between_the_acts_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with running_sandbox(scenarios=True, state_file=file) as first:
        bring(first.monstock, first.truth())
        afternoon = first.truth()

    with running_sandbox(scenarios=True, state_file=file) as second:
        assert second.truth() == afternoon
        assert run(check, second)[0] == 0
        assert second.trade() == "evening"
        bring(second.monstock, second.truth())
        assert run(check, second)[0] == 0
        evening = second.truth()

    with running_sandbox(scenarios=True, state_file=file) as third:
        assert third.truth() == evening
        assert third.trade() is None
        assert run(check, third)[0] == 0
