"""The least writes: from what Monstock has to what it should have."""

from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest
from monstock_stripe_core.last_write import (
    ABSENT,
    ORDER_STATE,
    ORDER_STATUS,
    LastWrite,
    caught_up,
    row_digest,
)
from monstock_stripe_core.order import Order, OrderPaymentRow, OrderPaymentStatus
from monstock_stripe_core.order_status import OrderOutcome, payment_row
from monstock_stripe_core.order_status_table import STATUS_TABLE, StatusRow, row_named
from monstock_stripe_core.order_totals import Totals
from monstock_stripe_core.testing import NOON, example_order, example_payment, example_row
from monstock_stripe_core.write_plan import WritePlan, WriteRules, plan_writes
from monstock_stripe_core.writes import (
    AdoptPayment,
    DeletePayment,
    PatchOrder,
    PutPayment,
)

WANTED = payment_row(example_payment(), "stripe")
"""What should stand on the order for the payment pi_1."""
STANDING = replace(WANTED, row_id="row_1")
EDITED = replace(STANDING, amount=1)
WRITTEN = row_digest(WANTED)
BEFORE = row_digest(replace(WANTED, amount=9000))
PAID = OrderPaymentStatus.PAID
STATUS_STANDS = {"payment_status": PAID, "amount_due": 0}


def outcome(**fields: Any) -> OrderOutcome:
    plain: dict[str, Any] = {
        "decided_by": row_named("total_reached"),
        "totals": Totals(captured=10000),
        "due": 0,
        "rows": {"pi_1": WANTED},
        "adopted": {},
        "held": frozenset(),
        "exceptions": (),
    }
    return OrderOutcome(**(plain | fields))


def row_for(status: OrderPaymentStatus) -> StatusRow:
    return next(row for row in STATUS_TABLE if row.status is status)


def settled_order(*rows: OrderPaymentRow, **fields: Any) -> Order:
    """An order whose status and amount due are already right."""
    return example_order(**({"payments": rows} | STATUS_STANDS | fields))


def kinds(plan: WritePlan) -> list[str]:
    return [found.kind.value for found in plan.exceptions]


def test_what_is_missing_is_written_rows_before_status() -> None:
    plan = plan_writes(example_order(), outcome())
    assert plan.writes == (PutPayment(WANTED), PatchOrder(PAID, 0))
    assert plan.exceptions == ()


def test_where_nothing_differs_nothing_is_written() -> None:
    assert plan_writes(settled_order(STANDING), outcome()) == WritePlan()


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 1},
        {"refunded": 1},
        {"disputed": 1},
        {"dispute_lost": 1},
        {"authorized": 1},
        {"fee": 320},
        {"fee_currency": "EUR"},
        {"currency": "USD"},
        {"paid_at": NOON + timedelta(seconds=1)},
        {"payment_method": "sepa_debit"},
        {"note": "a word"},
    ],
)
def test_any_field_that_differs_is_written(change: dict[str, Any]) -> None:
    plan = plan_writes(settled_order(replace(STANDING, **change)), outcome())
    assert plan.writes == (PutPayment(WANTED),)


def test_one_moment_in_two_time_zones_is_one_moment() -> None:
    paris = replace(STANDING, paid_at=NOON.astimezone(timezone(timedelta(hours=2))))
    assert plan_writes(settled_order(paris), outcome()).writes == ()


def test_what_monstock_cannot_store_is_not_written_again_and_again() -> None:
    stored = replace(STANDING, fee=None, paid_at=NOON.replace(hour=0))
    rules = WriteRules(
        as_stored=lambda row: replace(
            row, fee=None, paid_at=row.paid_at and row.paid_at.replace(hour=0)
        )
    )
    assert plan_writes(settled_order(stored), outcome(), rules=rules).writes == ()


@pytest.mark.parametrize(
    "row",
    [
        example_row(),
        example_row(method="card", transaction_reference="pi_1"),
        example_row(method="stripe", ours=True, transaction_reference="TR-7"),
        example_row(method="stripe", ours=True, transaction_reference=None),
    ],
)
def test_hand_made_rows_are_never_ours(row: OrderPaymentRow) -> None:
    plan = plan_writes(settled_order(STANDING, replace(row, row_id="row_2")), outcome())
    assert plan.writes == ()


def test_a_hand_made_row_with_the_payments_id_becomes_ours() -> None:
    copied = example_row(method="card", transaction_reference="pi_1", row_id="row_7")
    plan = plan_writes(settled_order(copied), outcome(adopted={"pi_1": "row_7"}))
    assert plan.writes == (AdoptPayment("row_7", WANTED),)


def test_a_row_that_is_ours_already_is_not_adopted_again() -> None:
    plan = plan_writes(settled_order(STANDING), outcome(adopted={"pi_1": "row_1"}))
    assert plan.writes == ()


def test_a_row_that_waits_for_a_person_is_neither_written_nor_deleted() -> None:
    plan = plan_writes(
        settled_order(STANDING),
        outcome(rows={}, held=frozenset({"pi_1"})),
        {"pi_1": LastWrite(WRITTEN)},
    )
    assert plan.writes == ()


def test_a_row_whose_link_rests_on_another_rule_is_written() -> None:
    by_metadata = replace(WANTED, link_rule="metadata")
    by_decision = replace(WANTED, link_rule="decision")
    last = {"pi_1": LastWrite(row_digest(by_metadata))}
    order = settled_order(replace(STANDING, link_rule="metadata"))
    plan = plan_writes(order, outcome(rows={"pi_1": by_decision}), last)
    assert plan == WritePlan((PutPayment(by_decision),))


def test_rows_written_before_there_were_link_rules_get_theirs_without_a_report() -> None:
    """The digest is one that a ledger of that time holds."""
    last = LastWrite("d35e55703d100a8f017963eb15be115023b1c72511ffd71ab24899d68b9eb190")
    wanted = replace(WANTED, link_rule="metadata")
    plan = plan_writes(settled_order(STANDING), outcome(rows={"pi_1": wanted}), {"pi_1": last})
    assert plan == WritePlan((PutPayment(wanted),))


def test_a_payment_that_left_takes_its_row_along() -> None:
    plan = plan_writes(settled_order(STANDING), outcome(rows={}), {"pi_1": LastWrite(WRITTEN)})
    assert plan.writes == (DeletePayment("row_1", "pi_1"),)


def test_a_payment_that_left_takes_all_its_rows_along() -> None:
    order = settled_order(replace(STANDING, row_id="row_2"), STANDING)
    plan = plan_writes(order, outcome(rows={}), {"pi_1": LastWrite(WRITTEN)})
    assert plan.writes == (DeletePayment("row_1", "pi_1"), DeletePayment("row_2", "pi_1"))


def test_a_payment_that_left_does_not_take_along_what_we_did_not_write() -> None:
    order = settled_order(EDITED, replace(STANDING, row_id="row_2"))
    plan = plan_writes(order, outcome(rows={}), {"pi_1": LastWrite(WRITTEN)})
    assert plan.writes == (DeletePayment("row_2", "pi_1"),)


AGAIN = replace(STANDING, row_id="row_2")


@pytest.mark.parametrize(
    ("rows", "last", "writes"),
    [
        ([AGAIN, STANDING], LastWrite(WRITTEN), ["row_2"]),
        ([STANDING, AGAIN], LastWrite(WRITTEN), ["row_2"]),
        # The run died before it could say that it had written.
        ([STANDING, AGAIN], LastWrite(None, WRITTEN), ["row_2"]),
        ([STANDING, AGAIN, replace(STANDING, row_id="row_3")], LastWrite(WRITTEN),
         ["row_2", "row_3"]),
        # The row says something new, its double what it said before.
        ([replace(STANDING, amount=9000), replace(AGAIN, amount=9000)], LastWrite(BEFORE),
         ["row_2", PutPayment(WANTED, row_id="row_1")]),
        # Somebody else's, or changed by a hand: it stays, and stays told of.
        ([STANDING, replace(AGAIN, amount=-3000)], LastWrite(WRITTEN), []),
        ([replace(STANDING, amount=-3000), AGAIN], LastWrite(WRITTEN), []),
        ([replace(STANDING, amount=-3000), replace(AGAIN, amount=9000)], LastWrite(BEFORE),
         [PutPayment(WANTED, row_id="row_2")]),
        ([STANDING, AGAIN], None, []),
        # One row, which a shifting list shows twice.
        ([STANDING, STANDING], LastWrite(WRITTEN), []),
    ],
)  # fmt: skip
def test_of_a_row_that_we_wrote_twice_the_second_is_taken_away(
    rows: list[OrderPaymentRow], last: LastWrite | None, writes: list[PutPayment | str]
) -> None:
    plan = plan_writes(settled_order(*rows), outcome(), {} if last is None else {"pi_1": last})
    assert list(plan.writes) == [
        DeletePayment(one, "pi_1", surplus=True) if isinstance(one, str) else one for one in writes
    ]
    assert plan.exceptions == ()


def test_a_row_that_we_did_not_write_is_not_deleted() -> None:
    assert plan_writes(settled_order(STANDING), outcome(rows={})).writes == ()


@pytest.mark.parametrize(
    ("last", "standing", "remembered"),
    [
        # begun and found standing: written
        (LastWrite("a", "b"), "b", LastWrite("b")),
        (LastWrite(None, "b", dismissed=True), "b", LastWrite("b", dismissed=True)),
        # begun without effect, or nothing begun: as before
        (LastWrite("a", "b"), "a", LastWrite("a", "b")),
        (LastWrite("a", "b"), "by hand", LastWrite("a", "b")),
        (LastWrite("a"), ABSENT, LastWrite("a")),
        # a deletion that was begun and took effect
        (LastWrite("a", ABSENT), ABSENT, LastWrite(None)),
    ],
)
def test_a_write_that_is_found_standing_has_been_written(
    last: LastWrite, standing: str, remembered: LastWrite
) -> None:
    assert caught_up(last, standing) == remembered


def test_a_restoring_write_that_is_found_standing_has_restored() -> None:
    assert caught_up(LastWrite("a", "a"), "a", restores=True) == LastWrite("a", restored=True)


# What stands, what we remember, and what follows: (writes, restores, reported as changed by hand)
NOTHING = (False, False, False)
WRITE = (True, False, False)
RESTORE = (True, True, True)
REPORT = (False, False, True)


@pytest.mark.parametrize(
    ("standing", "last", "follows"),
    [
        # never written by us
        (None, None, WRITE),
        (EDITED, None, WRITE),
        (STANDING, None, NOTHING),
        # a crash between the intention and the answer: it took effect or it did not
        (None, LastWrite(None, WRITTEN), WRITE),
        (STANDING, LastWrite(None, WRITTEN), NOTHING),
        (replace(STANDING, amount=9000), LastWrite(BEFORE, WRITTEN), WRITE),
        (STANDING, LastWrite(BEFORE, WRITTEN), NOTHING),
        (replace(STANDING, amount=9000), LastWrite(None, BEFORE), WRITE),
        (replace(STANDING, amount=9000), LastWrite("older still", BEFORE), WRITE),
        # a deletion that was begun, and its payment came back
        (None, LastWrite(WRITTEN, ABSENT), WRITE),
        (STANDING, LastWrite(WRITTEN, ABSENT), NOTHING),
        # as we left it
        (STANDING, LastWrite(WRITTEN), NOTHING),
        (replace(STANDING, amount=9000), LastWrite(BEFORE), WRITE),
        # edited or deleted by hand: restored once and reported
        (EDITED, LastWrite(WRITTEN), RESTORE),
        (None, LastWrite(WRITTEN), RESTORE),
        (None, LastWrite(WRITTEN, WRITTEN), RESTORE),
        (EDITED, LastWrite(BEFORE), RESTORE),
        (None, LastWrite(BEFORE), RESTORE),
        # restored: stays reported until a person dismisses it
        (STANDING, LastWrite(WRITTEN, restored=True), REPORT),
        (STANDING, LastWrite(WRITTEN, restored=True, dismissed=True), NOTHING),
        # a second change is left, and stays reported
        (EDITED, LastWrite(WRITTEN, restored=True), REPORT),
        (None, LastWrite(WRITTEN, restored=True), REPORT),
        # dismissed: the change is left
        (EDITED, LastWrite(WRITTEN, dismissed=True), NOTHING),
        (None, LastWrite(WRITTEN, dismissed=True), NOTHING),
        (None, LastWrite(WRITTEN, restored=True, dismissed=True), NOTHING),
        # a new truth is always written
        (EDITED, LastWrite(BEFORE, restored=True), RESTORE),
        (None, LastWrite(BEFORE, dismissed=True), RESTORE),
        (replace(STANDING, amount=9000), LastWrite(BEFORE, restored=True), (True, False, True)),
    ],
)
def test_what_staff_change_in_a_row_of_ours_is_restored_once(
    standing: OrderPaymentRow | None, last: LastWrite | None, follows: tuple[bool, bool, bool]
) -> None:
    order = settled_order(*([standing] if standing else []))
    plan = plan_writes(order, outcome(), {} if last is None else {"pi_1": last})
    write, restores, reported = follows
    assert plan.writes == ((PutPayment(WANTED, restores),) if write else ())
    assert kinds(plan) == (["changed_by_hand"] if reported else [])
    assert [one.transaction_reference for one in plan.exceptions] == ["pi_1"] * reported


@pytest.mark.parametrize(
    ("standing", "last", "follows"),
    [
        (None, None, WRITE),
        ("unpaid", None, WRITE),
        ("paid", None, NOTHING),
        ("paid", LastWrite("paid"), NOTHING),
        ("unpaid", LastWrite("unpaid"), WRITE),
        ("unpaid", LastWrite("unpaid", "paid"), WRITE),
        ("paid", LastWrite("unpaid", "paid"), NOTHING),
        ("refunded", LastWrite("paid"), RESTORE),
        (None, LastWrite("paid"), RESTORE),
        ("refunded", LastWrite("paid", restored=True), REPORT),
        ("refunded", LastWrite("paid", restored=True, dismissed=True), NOTHING),
        ("refunded", LastWrite("unpaid", dismissed=True), RESTORE),
    ],
)
def test_a_status_that_staff_set_is_restored_once(
    standing: str | None, last: LastWrite | None, follows: tuple[bool, bool, bool]
) -> None:
    there = None if standing is None else OrderPaymentStatus(standing)
    order = settled_order(STANDING, payment_status=there)
    plan = plan_writes(order, outcome(), {} if last is None else {ORDER_STATUS: last})
    write, restores, reported = follows
    assert plan.writes == ((PatchOrder(PAID, restores=restores),) if write else ())
    assert kinds(plan) == (["changed_by_hand"] if reported else [])


def test_a_status_that_monstock_derives_is_never_written() -> None:
    order = settled_order(STANDING, payment_status=OrderPaymentStatus.UNPAID)
    plan = plan_writes(
        order, outcome(), {ORDER_STATUS: LastWrite("paid")}, WriteRules(payment_status=False)
    )
    assert plan == WritePlan()


@pytest.mark.parametrize(
    ("standing", "wanted", "ours", "patch"),
    [
        (0, 0, True, ()),
        (None, 0, True, (PatchOrder(amount_due=0),)),
        (500, -200, True, (PatchOrder(amount_due=-200),)),
        (500, 0, False, ()),
    ],
)
def test_the_amount_due_follows_where_it_is_ours_to_write(
    standing: int | None, wanted: int, ours: bool, patch: tuple[PatchOrder, ...]
) -> None:
    order = settled_order(STANDING, amount_due=standing)
    plan = plan_writes(order, outcome(due=wanted), rules=WriteRules(amount_due=ours))
    assert plan.writes == patch


PROCESS = WriteRules(on_paid_state="processing", on_paid_from=frozenset({"validated"}))


@pytest.mark.parametrize(
    ("rules", "status", "raw_state", "state"),
    [
        (PROCESS, "paid", "validated", "processing"),
        # off by default
        (WriteRules(), "paid", "validated", None),
        # only on paid, and only from the states that the setting lists
        (PROCESS, "overpaid", "validated", None),
        (PROCESS, "partially_paid", "validated", None),
        (PROCESS, "paid", "draft", None),
        (PROCESS, "paid", "cancelled", None),
        (PROCESS, "paid", "processing", None),
        (
            WriteRules(on_paid_state="processing", on_paid_from=frozenset({"processing"})),
            "paid",
            "processing",
            None,
        ),
    ],
)
def test_a_paid_order_is_moved_on_only_by_setting(
    rules: WriteRules, status: str, raw_state: str, state: str | None
) -> None:
    wanted = OrderPaymentStatus(status)
    order = settled_order(STANDING, payment_status=wanted, raw_state=raw_state)
    plan = plan_writes(order, outcome(decided_by=row_for(wanted)), rules=rules)
    assert plan.writes == ((PatchOrder(state=state),) if state else ())


def test_a_paid_order_that_staff_moved_back_is_left_there() -> None:
    order = settled_order(STANDING, raw_state="validated")
    assert (
        plan_writes(order, outcome(), {ORDER_STATE: LastWrite("processing")}, PROCESS).writes == ()
    )


def test_all_of_an_order_is_one_patch() -> None:
    plan = plan_writes(example_order(payments=(STANDING,)), outcome(), rules=PROCESS)
    assert plan.writes == (PatchOrder(PAID, 0, "processing"),)


def test_a_row_in_a_currency_that_the_tenant_has_no_place_for_holds_nothing_up() -> None:
    wanted = outcome(rows={"pi_1": WANTED, "pi_2": replace(WANTED, currency="USD")})
    rules = WriteRules(other_currencies=False)

    plan = plan_writes(example_order(), wanted, rules=rules)

    assert plan.writes == (PutPayment(WANTED), PatchOrder(PAID, 0))


def test_the_plan_is_the_same_for_any_order_of_rows() -> None:
    other = replace(STANDING, row_id="row_2", transaction_reference="pi_2")
    wanted = outcome(rows={"pi_1": replace(WANTED, amount=5), "pi_2": replace(other, amount=6)})
    there = plan_writes(settled_order(STANDING, other), wanted)
    assert plan_writes(settled_order(other, STANDING), wanted) == there
    assert len(there.writes) == 2
