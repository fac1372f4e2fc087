"""Payments come to their orders, and the orders say what their payments come to."""

from datetime import UTC, datetime, timedelta

import pytest
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_sandbox.testing import RunningSandbox
from target_monstock import links, run
from target_monstock.testing import TargetRunner, order_payment


def stands(sandbox: RunningSandbox, number: str) -> tuple[object, ...]:
    """Payment status, amount due, and (method, reference, amount) of each row."""
    order = next(order for order in sandbox.monstock.orders() if order.number == number)
    rows = sorted((p.method, p.transaction_reference or "", p.amount) for p in order.payments or [])
    return (order.payment_status, order.amount_due, rows)


def reads(sandbox: RunningSandbox) -> int:
    return sandbox.monstock_controls.requests - sandbox.monstock_controls.writes


def word(target: TargetRunner, state: str) -> str:
    """The tenant's word for a state of an order."""
    words = target.profile.vocabulary.state[state]
    return words if isinstance(words, str) else words[0]


def test_a_payment_makes_its_order_paid(sandbox: RunningSandbox, target: TargetRunner) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")

    result = target.run([order_payment("pi_1", 1000, order="A")], state={"bookmark": 1})

    assert result.error is None
    assert result.states == ({"bookmark": 1},)
    assert stands(sandbox, "A") == ("paid", 0, [("stripe", "pi_1", 1000)])


def test_a_second_run_without_news_writes_nothing(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")
    records = [order_payment("pi_1", 1000, order="A")]
    target.run(records)
    sandbox.monstock_controls.reset_counters()

    assert target.run(records).writes == 0
    assert target.run().writes == 0
    assert sandbox.monstock_controls.writes == 0


def test_payment_before_its_order_waits_and_links_later(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([order_payment("pi_1", 1000, order="A")])
    assert target.exception_kinds() == ["waiting_for_order"]

    sandbox.monstock.order(1000, "EUR", number="A")
    target.run()

    assert stands(sandbox, "A") == ("paid", 0, [("stripe", "pi_1", 1000)])
    assert target.exception_kinds() == []


def test_a_payment_waits_while_its_order_is_a_quote(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    quote = sandbox.monstock.order(1000, "EUR", number="A", kind="quote", status="draft")
    target.run([order_payment("pi_1", 1000, order="A")])
    assert target.exception_kinds() == ["waiting_for_order"]

    sandbox.monstock.edit_order(quote, kind="order", status="validated")
    target.run()

    assert stands(sandbox, "A") == ("paid", 0, [("stripe", "pi_1", 1000)])


def test_a_relinked_payment_leaves_its_old_order(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")
    sandbox.monstock.order(1000, "EUR", number="B")
    target.run([order_payment("pi_1", 1000, order="A")])

    target.run([order_payment("pi_1", 1000, order="B", version=2)])

    assert stands(sandbox, "A") == ("unpaid", 1000, [])
    assert stands(sandbox, "B") == ("paid", 0, [("stripe", "pi_1", 1000)])


def test_an_old_snapshot_after_a_new_one_changes_nothing(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")
    target.run([order_payment("pi_1", 1000, order="A", version=2, refunded=400)])

    result = target.run([order_payment("pi_1", 1000, order="A", version=1)])

    assert result.writes == 0
    assert stands(sandbox, "A")[0] == "partially_refunded"


def test_two_unlike_snapshots_of_one_version_are_reported_until_a_newer_one_comes(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")
    one = order_payment("pi_1", 1000, order="A")
    other = order_payment("pi_1", 1000, order="A", refunded=100)

    target.run([one, other])
    first = stands(sandbox, "A")
    target.run([other, one])

    assert stands(sandbox, "A") == first
    assert target.exception_kinds() == ["conflicting_snapshots"]
    target.run([order_payment("pi_1", 1000, order="A", version=2)])
    assert target.exception_kinds() == []
    assert stands(sandbox, "A")[0] == "paid"


def test_cash_recorded_by_hand_counts_without_any_stripe_payment(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    sandbox.monstock.record_payment(order, 400, method="cash")
    target.run()
    assert stands(sandbox, "A") == ("partially_paid", 600, [("cash", "", 400)])

    sandbox.monstock.record_payment(order, 600, method="cash")
    target.run()

    assert stands(sandbox, "A")[0:2] == ("paid", 0)


def test_a_new_total_is_followed(sandbox: RunningSandbox, target: TargetRunner) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    target.run([order_payment("pi_1", 1000, order="A")])

    sandbox.monstock.edit_order(order, total=1500)
    target.run()

    assert stands(sandbox, "A")[0:2] == ("partially_paid", 500)


def test_an_order_from_the_future_hides_no_later_change_of_another(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    odd = sandbox.monstock.order(500, "EUR", number="ODD")
    order = sandbox.monstock.order(1000, "EUR", number="A")
    with sandbox.clock.at(sandbox.clock.now() + 10 * 365 * 86_400):
        sandbox.monstock.edit_order(odd, total=600)
    target.run([order_payment("pi_1", 1000, order="A")])

    sandbox.monstock.edit_order(order, total=1500)
    target.run()

    assert stands(sandbox, "A") == ("partially_paid", 500, [("stripe", "pi_1", 1000)])


def test_more_orders_than_are_kept_in_memory_are_all_right(
    sandbox: RunningSandbox, target: TargetRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "_MOST_KEPT", 2)
    monkeypatch.setattr(run, "_AT_A_TIME", 3)
    numbers = [f"N{number}" for number in range(10)]
    for number in numbers:
        sandbox.monstock.order(2000, "EUR", number=number)

    target.run([order_payment(f"pi_{n}_{part}", 1000, order=n) for part in "ab" for n in numbers])

    assert {stands(sandbox, number)[:2] for number in numbers} == {("paid", 0)}


def test_a_cancelled_order_that_gets_paid_is_reported_and_stays_cancelled(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A", status="cancelled")

    target.run(
        [order_payment("pi_1", 1000, order="A")],
        on_paid_order_status=word(target, "shipped"),
        on_paid_from_statuses=[word(target, "validated")],
    )

    assert target.exception_kinds() == ["cancelled_order_paid"]
    assert sandbox.monstock.stored(order).order.status == "cancelled"


def test_the_status_on_paid_is_set_only_from_the_states_listed(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    validated = sandbox.monstock.order(1000, "EUR", number="A", status="validated")
    draft = sandbox.monstock.order(1000, "EUR", number="B", status="draft")

    target.run(
        [order_payment("pi_1", 1000, order="A"), order_payment("pi_2", 1000, order="B")],
        on_paid_order_status=word(target, "shipped"),
        on_paid_from_statuses=[word(target, "validated")],
    )

    assert sandbox.monstock.stored(validated).order.status == "shipped"
    assert sandbox.monstock.stored(draft).order.status == "draft"


def test_an_authorisation_that_runs_out_changes_the_order_without_any_record(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    now = [datetime(2026, 11, 20, 12, tzinfo=UTC)]
    target.clock = lambda: now[0]
    sandbox.monstock.order(1000, "EUR", number="A")
    target.run(
        [
            order_payment(
                "pi_1",
                1000,
                order="A",
                status="authorized",
                captured=0,
                captured_at=None,
                authorized=1000,
                authorized_until="2026-11-27T10:00:00Z",
            )
        ]
    )
    assert stands(sandbox, "A")[0] == "authorized"

    now[0] += timedelta(days=8)
    target.run()

    assert stands(sandbox, "A")[0] == "unpaid"


def test_two_orders_of_one_number_are_ambiguous_until_one_is_renamed(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")
    other = sandbox.monstock.order(1000, "EUR", number="A")
    target.run([order_payment("pi_1", 1000, order="A")])
    assert target.exception_kinds() == ["ambiguous_link"]

    sandbox.monstock.edit_order(other, number="B")
    target.run()

    assert stands(sandbox, "A")[0] == "paid"
    assert target.exception_kinds() == []


def test_an_order_that_loses_its_number_loses_the_payment_that_named_it(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    target.run([order_payment("pi_1", 1000, order="A")])

    sandbox.monstock.edit_order(order, number="B")
    target.run()

    assert stands(sandbox, "B") == ("unpaid", 1000, [])
    assert target.exception_kinds() == ["waiting_for_order"]


def test_a_deleted_order_leaves_its_payment_waiting(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    target.run([order_payment("pi_1", 1000, order="A")])
    sandbox.monstock.delete_order(order)

    target.run([order_payment("pi_1", 1000, order="A", version=2, refunded=100)])

    assert target.exception_kinds() == ["waiting_for_order"]


def test_an_exception_names_payment_amount_and_since_when(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    target.clock = lambda: now
    target.run([order_payment("pi_1", 1234, order="A")])
    target.clock = lambda: now + timedelta(hours=5)
    target.run([order_payment("pi_1", 1234, order="A", version=2)])

    (waiting,) = target.exceptions()

    assert waiting.kind is ExceptionKind.WAITING_FOR_ORDER
    assert (waiting.transaction_reference, waiting.amount, waiting.currency) == (
        "pi_1",
        1234,
        "EUR",
    )
    assert waiting.since == now


def test_a_payment_that_holds_no_money_waits_unseen(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([order_payment("pi_1", 1000, order="A", status="failed", captured=0)])

    assert target.exception_kinds() == []


def test_a_test_payment_is_refused_in_a_live_tenant(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")

    target.run([order_payment("pi_1", 1000, order="A")], expect_livemode=True)

    assert target.exception_kinds() == ["wrong_mode"]
    assert stands(sandbox, "A") == ("unpaid", 1000, [])


def test_a_changed_tolerance_derives_every_order_again(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    sandbox.monstock.order(1001, "EUR", number="A")
    target.run([order_payment("pi_1", 1000, order="A")])
    assert stands(sandbox, "A")[0] == "partially_paid"

    target.run(currency_tolerance={"EUR": 1})

    assert stands(sandbox, "A")[0] == "paid"


def test_a_changed_tenant_resolves_every_link_again(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")
    candidate = {"rule": "metadata", "order_number": "A", "tenant": "north"}
    target.run([order_payment("pi_1", 1000, link_candidates=[candidate])], tenant="south")
    assert stands(sandbox, "A")[2] == []

    target.run(tenant="north")

    assert stands(sandbox, "A")[2] == [("stripe", "pi_1", 1000)]


def test_a_single_suggestion_links_only_where_a_setting_says_so(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A", customer_email="Ann@example.com")
    created = datetime.now(UTC).isoformat()
    record = order_payment("pi_1", 1000, customer_email="ann@example.com", created_at=created)
    target.run([record])
    can_look = target.profile.orders.find.customer_email is not None
    assert target.exception_kinds() == ["unlinked"]
    assert ("Perhaps it pays A" in target.exceptions()[0].message) is can_look

    target.run(accept_single_suggestion=True)

    assert stands(sandbox, "A")[0] == ("paid" if can_look else "unpaid")


def test_first_sweep_leaves_orders_alone_that_were_settled_before_the_cutover(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    sandbox.monstock.record_payment(order, 1000, method="cash")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()

    result = target.run(cutover_date=tomorrow)

    assert result.summary.swept == 0
    assert stands(sandbox, "A")[0] == "unpaid"


def test_an_order_with_many_payments_is_read_once_and_derived_once(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    order = sandbox.monstock.order(20_000, "EUR", number="A")
    candidates = [{"rule": "metadata", "order_id": order}]
    records = [order_payment(f"pi_{n}", 100, link_candidates=candidates) for n in range(200)]
    sandbox.monstock_controls.reset_counters()

    result = sqlite_target.run(records)

    assert stands(sandbox, "A")[0:2] == ("paid", 0)
    assert result.summary.derived == 1
    assert sandbox.monstock_controls.writes == 201
    assert reads(sandbox) <= 10


def test_many_orders_cost_no_request_each_but_their_writes(
    sandbox: RunningSandbox, sqlite_target: TargetRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_AT_A_TIME", 60)
    orders = [sandbox.monstock.order(100, "EUR") for _ in range(150)]
    records = [
        order_payment(f"pi_{n}", 100, link_candidates=[{"rule": "metadata", "order_id": order}])
        for n, order in enumerate(orders)
    ]
    sandbox.monstock_controls.reset_counters()

    sqlite_target.run(records)

    assert sandbox.monstock_controls.writes == 300
    # Where many cannot be asked for at once, each is looked up, read, and asked for its payments.
    one_by_one = sqlite_target.profile.orders.find.id is None
    assert reads(sandbox) <= (5 * 150 + 15 if one_by_one else 8)
