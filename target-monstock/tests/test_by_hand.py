"""What staff did by hand: counted, adopted, restored once, and obeyed where a person decided."""

from datetime import UTC, datetime
from typing import Any

import pytest
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.link import Allocation
from monstock_stripe_core.order import Order
from monstock_stripe_sandbox.testing import RunningSandbox
from sqlalchemy import Connection
from target_monstock.ledger import visit_ledger
from target_monstock.ledger.decisions import decide_link, dismiss, reopen_link
from target_monstock.monstock import Monstock
from target_monstock.testing import TargetRunner, order_payment

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PAID_AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
CARD = "carte"
"""A method under which the staff of both tenants copy Stripe payments."""


def rows(sandbox: RunningSandbox, order_id: str) -> list[tuple[object, ...]]:
    order = sandbox.monstock.get(order_id)
    assert order is not None
    return sorted((p.method, p.transaction_reference or "", p.amount) for p in order.payments or [])


def status(sandbox: RunningSandbox, order_id: str) -> str:
    order = sandbox.monstock.get(order_id)
    assert order is not None
    return str(order.payment_status)


def our_row(sandbox: RunningSandbox, order_id: str) -> str:
    order = sandbox.monstock.get(order_id)
    assert order is not None
    return next(str(p.id) for p in order.payments or [] if p.method == "stripe")


class Decides:
    """A person, beside the runs."""

    def __init__(self, target: TargetRunner) -> None:
        self._url = target.config["ledger_url"]

    def link(self, payment: str, *allocations: Allocation) -> None:
        with visit_ledger(self._url) as ledger, ledger.transaction() as connection:
            decide_link(connection, payment, allocations, by="ann", why="told so", now=NOW)

    def reopen(self, payment: str) -> None:
        with visit_ledger(self._url) as ledger, ledger.transaction() as connection:
            reopen_link(connection, payment, by="ann", why="was wrong", now=NOW)

    def dismiss(self, kind: ExceptionKind, payment: str = "", order: str = "") -> None:
        def act(connection: Connection) -> None:
            dismiss(
                connection,
                kind,
                transaction_reference=payment,
                order_id=order,
                by="ann",
                why="looked at it",
                now=NOW,
            )

        with visit_ledger(self._url) as ledger, ledger.transaction() as connection:
            act(connection)


def test_a_row_copied_by_hand_with_the_payments_id_is_adopted_and_not_doubled(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    sandbox.monstock.record_payment(order, 1000, method=CARD, reference="ch_1", paid_at=PAID_AT)

    target.run([order_payment("pi_1", 1000, order="A", references=["pi_1", "ch_1"])])

    assert rows(sandbox, order) == [("stripe", "pi_1", 1000)]
    assert status(sandbox, order) == "paid"
    assert target.run().writes == 0


def test_a_row_that_only_looks_like_the_payment_is_held_and_reported(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    sandbox.monstock.record_payment(order, 1000, method=CARD, paid_at=PAID_AT)

    target.run([order_payment("pi_1", 1000, order="A")])

    assert rows(sandbox, order) == [(CARD, "", 1000)]
    assert status(sandbox, order) == "paid"
    assert target.exception_kinds() == ["possible_duplicate"]


def test_a_person_may_say_that_the_two_are_two(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    sandbox.monstock.record_payment(order, 1000, method=CARD, paid_at=PAID_AT)
    target.run([order_payment("pi_1", 1000, order="A")])

    Decides(target).dismiss(ExceptionKind.POSSIBLE_DUPLICATE, "pi_1", order)
    target.run()

    assert rows(sandbox, order) == [(CARD, "", 1000), ("stripe", "pi_1", 1000)]
    assert status(sandbox, order) == "overpaid"
    assert target.exception_kinds() == []


def test_a_row_that_staff_recorded_under_our_own_method_can_be_told_apart_as_well(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    sandbox.monstock.record_payment(order, 1000, method="stripe", paid_at=PAID_AT)
    target.run([order_payment("pi_1", 1000, order="A")])
    assert target.exception_kinds() == ["possible_duplicate"]

    Decides(target).dismiss(ExceptionKind.POSSIBLE_DUPLICATE, "pi_1", order)
    target.run()

    assert rows(sandbox, order) == [("stripe", "", 1000), ("stripe", "pi_1", 1000)]
    assert status(sandbox, order) == "overpaid"
    assert target.exception_kinds() == []
    assert target.run().writes == 0


def test_a_row_with_the_id_of_a_payment_of_another_order_does_not_count(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    wrong = sandbox.monstock.order(1000, "EUR", number="A")
    sandbox.monstock.order(1000, "EUR", number="B")
    sandbox.monstock.record_payment(wrong, 1000, method=CARD, reference="pi_1", paid_at=PAID_AT)
    target.run()
    assert status(sandbox, wrong) == "paid"

    target.run([order_payment("pi_1", 1000, order="B")])

    assert status(sandbox, wrong) == "unpaid"
    assert target.exception_kinds() == ["possible_duplicate"]


def test_a_row_of_ours_changed_by_hand_is_restored_once_and_reported(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    target.run([order_payment("pi_1", 1000, order="A")])
    sandbox.monstock.edit_payment(order, our_row(sandbox, order), amount=900)

    target.run()
    assert rows(sandbox, order) == [("stripe", "pi_1", 1000)]
    assert target.exception_kinds() == ["changed_by_hand"]

    sandbox.monstock.edit_payment(order, our_row(sandbox, order), amount=900)
    target.run()

    assert rows(sandbox, order) == [("stripe", "pi_1", 900)]
    assert target.exception_kinds() == ["changed_by_hand"]
    assert target.run().writes == 0


def test_a_row_of_ours_deleted_by_hand_comes_back_once(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    target.run([order_payment("pi_1", 1000, order="A")])
    sandbox.monstock.delete_payment(order, our_row(sandbox, order))
    target.run()
    assert rows(sandbox, order) == [("stripe", "pi_1", 1000)]

    sandbox.monstock.delete_payment(order, our_row(sandbox, order))
    target.run()

    assert rows(sandbox, order) == []
    assert target.exception_kinds() == ["changed_by_hand"]


def test_a_dismissed_change_by_hand_is_left_and_no_longer_shown(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    target.run([order_payment("pi_1", 1000, order="A")])
    sandbox.monstock.edit_payment(order, our_row(sandbox, order), amount=900)
    target.run()

    Decides(target).dismiss(ExceptionKind.CHANGED_BY_HAND, "pi_1", order)
    sandbox.monstock.edit_payment(order, our_row(sandbox, order), amount=900)
    result = target.run()

    assert result.writes == 0
    assert rows(sandbox, order) == [("stripe", "pi_1", 900)]
    assert target.exception_kinds() == []


def test_a_payment_status_changed_by_hand_is_restored_once(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    target.run([order_payment("pi_1", 400, order="A")])
    sandbox.monstock.edit_order(order, payment_status="paid")

    target.run()

    assert status(sandbox, order) == "partially_paid"
    assert target.exception_kinds() == ["changed_by_hand"]


def test_a_lost_ledger_is_rebuilt_from_the_payments_without_a_write(
    sandbox: RunningSandbox, target: TargetRunner, tmp_path: object
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    record = order_payment("pi_1", 1000, order="A")
    target.run([record])
    fresh = TargetRunner(target.config | {"ledger_url": f"sqlite:///{tmp_path}/new.db"})

    assert fresh.run([record]).writes == 0
    sandbox.monstock.edit_payment(order, our_row(sandbox, order), amount=900)
    fresh.run()

    assert rows(sandbox, order) == [("stripe", "pi_1", 1000)]
    assert fresh.exception_kinds() == ["changed_by_hand"]


def test_a_persons_link_beats_what_the_payment_says_and_is_kept(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    named = sandbox.monstock.order(1000, "EUR", number="A")
    meant = sandbox.monstock.order(1000, "EUR", number="B")
    target.run([order_payment("pi_1", 1000, order="A")])

    Decides(target).link("pi_1", Allocation(meant))
    target.run()
    target.run([order_payment("pi_1", 1000, order="A", version=2, method="link")])

    assert (status(sandbox, named), status(sandbox, meant)) == ("unpaid", "paid")

    Decides(target).reopen("pi_1")
    target.run()

    assert (status(sandbox, named), status(sandbox, meant)) == ("paid", "unpaid")


def test_a_payment_for_two_orders_is_dealt_out_as_decided(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    one = sandbox.monstock.order(600, "EUR", number="A")
    two = sandbox.monstock.order(400, "EUR", number="B")
    target.run([order_payment("pi_1", 1000)])
    assert target.exception_kinds() == ["unlinked"]

    Decides(target).link("pi_1", Allocation(one, 600), Allocation(two, 400))
    target.run()

    assert rows(sandbox, one) == [("stripe", "pi_1", 600)]
    assert rows(sandbox, two) == [("stripe", "pi_1", 400)]
    assert (status(sandbox, one), status(sandbox, two)) == ("paid", "paid")
    assert target.exception_kinds() == []


def test_a_decision_made_while_the_payment_is_looked_up_is_obeyed_at_once(
    sandbox: RunningSandbox, target: TargetRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = sandbox.monstock.order(1000, "EUR", number="A")
    meant = sandbox.monstock.order(1000, "EUR", number="B")
    look_up = Monstock.find_many
    decided: list[str] = []

    def rival(self: Monstock, *asked: Any) -> dict[str, tuple[Order, ...]]:
        if not decided:
            decided.append("pi_1")
            Decides(target).link("pi_1", Allocation(meant))
        return look_up(self, *asked)

    monkeypatch.setattr(Monstock, "find_many", rival)
    target.run([order_payment("pi_1", 1000, order="A")])

    assert (status(sandbox, named), status(sandbox, meant)) == ("unpaid", "paid")


def test_a_dismissed_payment_is_none_of_ours(sandbox: RunningSandbox, target: TargetRunner) -> None:
    target.run([order_payment("pi_1", 1000)])

    Decides(target).dismiss(ExceptionKind.UNLINKED, "pi_1")
    target.run()

    assert target.exception_kinds() == []


def test_a_dismissed_exception_of_a_payment_without_an_order_is_not_shown_again(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.config["expect_livemode"] = True
    target.run([order_payment("pi_1", 1000), order_payment("pi_2", 1000, status="nonsense")])
    assert target.exception_kinds() == ["rejected_record", "wrong_mode"]

    Decides(target).dismiss(ExceptionKind.WRONG_MODE, "pi_1")
    Decides(target).dismiss(ExceptionKind.REJECTED_RECORD, "pi_2")
    at_once = target.exception_kinds()
    target.run(
        [
            order_payment("pi_1", 2000, version=2),
            order_payment("pi_2", 1000, version=2, status="nonsense"),
        ]
    )

    assert at_once == []
    assert target.exception_kinds() == []


def test_a_link_to_an_order_that_does_not_exist_is_reported(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([order_payment("pi_1", 1000)])

    Decides(target).link("pi_1", Allocation("ord_none"))
    target.run()

    (waiting,) = target.exceptions()
    assert (waiting.kind.value, waiting.order_id) == ("waiting_for_order", "ord_none")


def test_a_row_by_our_method_of_an_unknown_payment_holds_its_order_until_it_is_dismissed(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    order = sandbox.monstock.order(3000, "EUR", number="A")
    sandbox.monstock.record_payment(order, 2000, method="stripe", reference="pi_old")

    held = target.run([order_payment("pi_1", 1000, order="A")])
    Decides(target).dismiss(ExceptionKind.UNKNOWN_PAYMENT, "pi_old", order)
    decided = target.run()

    assert held.writes == 0
    assert "never heard" in (held.error or "")
    assert decided.error is None
    assert sandbox.monstock.orders()[0].payment_status == "paid"
