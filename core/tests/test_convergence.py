"""Whatever comes in whatever order, as often as it likes, however often we die: one end.

A world small enough to think about: snapshots of some payments, orders that come and change, staff
who record cash, and a desk that does with the core's functions what target-monstock does with a
ledger. A run is any list of steps; it must end in the same Monstock as one clean run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import Enum
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from monstock_stripe_core.allocation import share_of
from monstock_stripe_core.last_write import (
    ABSENT,
    ORDER_STATUS,
    LastWrite,
    caught_up,
    row_digest,
)
from monstock_stripe_core.link import (
    Allocation,
    Decision,
    LinkOutcome,
    LinkRules,
    LinkState,
    references_wanted,
    resolve_link,
)
from monstock_stripe_core.order import Order, OrderPaymentRow, OrderPaymentStatus
from monstock_stripe_core.order_status import OrderOutcome, StatusRules, order_outcome
from monstock_stripe_core.payment import LinkCandidate, LinkRule, Payment, PaymentStatus
from monstock_stripe_core.payment_record import payment_to_record, replaces
from monstock_stripe_core.testing import NOON, example_order, example_payment, example_row
from monstock_stripe_core.write_plan import WritePlan, plan_writes
from monstock_stripe_core.writes import AdoptPayment, DeletePayment, PatchOrder, Write

ORDER_IDS = ("ord_1", "ord_2")
PAYMENTS = ("pi_1", "pi_2")
STATUS_RULES = StatusRules()
LINK_RULES = LinkRules()
NEVER_TRIED = PaymentStatus.NOT_ATTEMPTED


@dataclass
class Monstock:
    """Orders as they stand, in memory."""

    orders: dict[str, Order] = field(default_factory=dict)
    rows_made: int = 0
    writes: int = 0

    def apply(self, order_id: str, write: Write) -> None:
        order = self.orders[order_id]
        self.writes += 1
        if isinstance(write, PatchOrder):
            self.orders[order_id] = replace(
                order,
                payment_status=write.payment_status or order.payment_status,
                amount_due=order.amount_due if write.amount_due is None else write.amount_due,
            )
            return
        if isinstance(write, DeletePayment):
            rows = [row for row in order.payments if row.row_id != write.row_id]
        elif isinstance(write, AdoptPayment):
            rows = [row for row in order.payments if row.row_id != write.row_id]
            rows.append(replace(write.row, row_id=write.row_id))
        else:
            own = write.row.transaction_reference
            rows = [r for r in order.payments if not (r.ours and r.transaction_reference == own)]
            self.rows_made += 1
            rows.append(replace(write.row, row_id=f"row_{self.rows_made}"))
        self.orders[order_id] = replace(order, payments=tuple(rows))

    def picture(self) -> dict[str, Any]:
        """Everything that a person would see: no ids of rows, no order among them."""
        return {
            order.id: (
                order.total,
                order.payment_status,
                order.amount_due,
                sorted((replace(row, row_id=None) for row in order.payments), key=repr),
            )
            for order in self.orders.values()
        }


@dataclass
class Desk:
    """What the target does, without a ledger of SQL, requests or time."""

    monstock: Monstock
    decisions: Mapping[str, Decision]
    known: dict[str, Payment] = field(default_factory=dict)
    last: dict[str, dict[str, LastWrite]] = field(default_factory=dict)
    by_hand: list[str | None] = field(default_factory=list)

    def receive(self, payment: Payment) -> None:
        if replaces(payment, self.known.get(payment.transaction_reference)):
            self.known[payment.transaction_reference] = payment

    def link(self, payment: Payment) -> LinkOutcome:
        found = {
            (name, value): [
                order for order in self.monstock.orders.values() if getattr(order, name) == value
            ]
            for name, value in references_wanted(payment, LINK_RULES)
        }
        decision = self.decisions.get(payment.transaction_reference)
        return resolve_link(payment, found, LINK_RULES, decision=decision)

    def derive(self, order_id: str) -> OrderOutcome:
        order = self.monstock.orders[order_id]
        links = {payment: self.link(self.known[payment]) for payment in self.known}
        shares = [
            share_of(self.known[payment], link.allocations, order_id, link.rule)
            for payment, link in links.items()
            if link.rule and order_id in [part.order_id for part in link.allocations]
        ]
        here = {share.payment.transaction_reference for share in shares}
        elsewhere = {
            payment: link.allocations[0].order_id
            for payment, link in links.items()
            if link.state is LinkState.LINKED and link.allocations and payment not in here
        }
        return order_outcome(
            order,
            shares,
            STATUS_RULES,
            NOON,
            linked_elsewhere=elsewhere,
            written=set(self.last.get(order_id, ())) - {ORDER_STATUS},
        )

    def plan(self, order_id: str) -> WritePlan:
        """Derive, and remember what is found standing as it should."""
        order = self.monstock.orders[order_id]
        outcome = self.derive(order_id)
        last = self.last.setdefault(order_id, {})
        standing = {
            row.transaction_reference or "": row_digest(row) for row in order.payments if row.ours
        }
        if order.payment_status is not None:
            standing[ORDER_STATUS] = order.payment_status.value
        desired = {reference: row_digest(row) for reference, row in outcome.rows.items()}
        desired[ORDER_STATUS] = outcome.status.value
        for key, remembered in last.items():
            last[key] = caught_up(remembered, standing.get(key, ABSENT))
        plan = plan_writes(order, outcome, last)
        for key, wanted in desired.items():
            if standing.get(key) == wanted:
                last[key] = LastWrite(wanted, restored=last.get(key, LastWrite()).restored)
        for key in set(last) - set(desired) - set(standing):
            del last[key]
        self.by_hand += [one.transaction_reference for one in plan.exceptions]
        return plan

    def settle(self, order_id: str, dies_after: int | None = None) -> None:
        """Write what differs; a desk that dies does not remember the answers."""
        if order_id not in self.monstock.orders:
            return
        plan = self.plan(order_id)
        last = self.last[order_id]
        desired = {write_key(write): write_digest(write) for write in plan.writes}
        for write in plan.writes:
            if key := write_key(write):
                last[key] = replace(last.get(key, LastWrite()), intended=desired[key])
        for write in plan.writes[:dies_after]:
            self.monstock.apply(order_id, write)
        if dies_after is not None:
            return
        for write in plan.writes:
            key = write_key(write)
            if isinstance(write, DeletePayment):
                del last[write.transaction_reference]
            elif key:
                restored = last[key].restored or getattr(write, "restores", False)
                last[key] = LastWrite(desired[key], restored=restored)

    def sweep(self) -> None:
        for order_id in ORDER_IDS:
            self.settle(order_id)


def write_key(write: Write) -> str:
    if isinstance(write, PatchOrder):
        return "" if write.payment_status is None else ORDER_STATUS
    if isinstance(write, DeletePayment):
        return write.transaction_reference
    return write.row.transaction_reference or ""


def write_digest(write: Write) -> str:
    if isinstance(write, PatchOrder):
        return "" if write.payment_status is None else write.payment_status.value
    return ABSENT if isinstance(write, DeletePayment) else row_digest(write.row)


# ---------------------------------------------------------------------------- what may happen


@dataclass(frozen=True)
class World:
    """Histories: of each payment its snapshots, of each order what it is at first and at last."""

    snapshots: tuple[Payment, ...]
    first: tuple[Order, ...]
    final: tuple[Order, ...]
    decisions: Mapping[str, Decision]

    @property
    def newest(self) -> list[Payment]:
        newest: dict[str, Payment] = {}
        for payment in self.snapshots:
            if replaces(payment, newest.get(payment.transaction_reference)):
                newest[payment.transaction_reference] = payment
        return list(newest.values())


def named(order_id: str) -> LinkCandidate:
    return LinkCandidate(LinkRule.METADATA, order_id=order_id)


@st.composite
def snapshot(draw: st.DrawFn, reference: str, version: int, links: Sequence[str]) -> Payment:
    status = draw(st.just(PaymentStatus.SUCCEEDED) | st.sampled_from(PaymentStatus))
    captured = draw(st.sampled_from([4000, 10000])) if status == "succeeded" else 0
    refunded = draw(st.sampled_from([0, 0, captured // 2, captured]))
    return example_payment(
        transaction_reference=reference,
        references=(reference, f"ch_{reference[3:]}"),
        version=version,
        status=status,
        currency=draw(st.sampled_from(["EUR", "EUR", "EUR", "USD"])),
        captured=captured,
        captured_at=NOON if captured else None,
        authorized=10000 if status is PaymentStatus.AUTHORIZED else 0,
        refunded=refunded,
        disputed=draw(st.sampled_from([0, 0, captured - refunded])),
        link_candidates=tuple(named(order_id) for order_id in links),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Some payments; the first of them may have been copied by hand, and keeps to its order."""
    snapshots: list[Payment] = []
    for reference in PAYMENTS:
        for version in range(1, draw(st.integers(1, 4)) + 1):
            links = draw(st.sampled_from([[], ["ord_1"], ["ord_2"], ["ord_2"], [*ORDER_IDS]]))
            if reference == "pi_1":
                links = ["ord_1"]
            snapshots.append(draw(snapshot(reference, version, links)))
    if draw(st.booleans()):
        # A reading of the same moment that says something else: the same one wins everywhere.
        snapshots.append(replace(snapshots[-1], refunded=0, disputed=0, dispute_open=True))
    rows: dict[str, tuple[OrderPaymentRow, ...]] = dict.fromkeys(ORDER_IDS, ())
    rows["ord_2"] = (example_row(row_id="cash_1", amount=draw(st.sampled_from([2000, -2000]))),)
    tried = all(p.status is not NEVER_TRIED for p in snapshots if p.transaction_reference == "pi_1")
    if tried and draw(st.booleans()):
        rows["ord_1"] = (
            example_row(row_id="copy_1", method="virement", transaction_reference="ch_1"),
        )
    first = tuple(
        example_order(id=order_id, number=order_id, payments=rows[order_id])
        for order_id in ORDER_IDS
    )
    final = tuple(
        replace(order, total=draw(st.sampled_from([10000, 4000, 12000]))) for order in first
    )
    split = Decision((Allocation("ord_2", 3000), Allocation("ord_1")))
    decisions = draw(st.sampled_from([{}, {}, {"pi_2": split}, {"pi_2": Decision()}]))
    return World(tuple(snapshots), first, final, decisions)


Step = tuple[str, int, int]

steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["read", "read", "settle", "settle", "die", "order comes", "order changes"]
        ),
        st.integers(0, 11),
        st.integers(0, 3),
    ),
    max_size=30,
)


def run(world: World, happens: Sequence[Step]) -> Desk:
    """Anything happens, then each thing has happened at least once, then all is settled."""
    desk = Desk(Monstock(), world.decisions)
    orders = desk.monstock.orders
    news = iter(sorted(world.snapshots, key=lambda payment: payment.version))
    for order in world.first[: len(happens) % 3]:
        orders[order.id] = order
    for what, which, how_far in happens:
        if what == "news" and (payment := next(news, None)):
            desk.receive(payment)
        elif what == "read":
            desk.receive(world.snapshots[which % len(world.snapshots)])
        else:
            happen_to_order(desk, world, what, which % len(ORDER_IDS), how_far)
    for order in world.final:
        orders[order.id] = replace(orders.get(order.id, order), total=order.total)
    for payment in reversed(world.snapshots):
        desk.receive(payment)
    desk.sweep()
    return desk


def happen_to_order(desk: Desk, world: World, what: str, which: int, how_far: int) -> None:
    orders, order = desk.monstock.orders, world.first[which]
    if what == "order comes":
        orders.setdefault(order.id, order)
    elif order.id not in orders:
        return
    elif what == "settle":
        desk.settle(order.id)
        assert desk.plan(order.id).writes == (), "a plan carried out leaves no plan"
    elif what == "die":
        desk.settle(order.id, how_far)
    elif what == "order changes":
        orders[order.id] = replace(orders[order.id], total=world.final[which].total)


def clean_run(world: World) -> Desk:
    """One run, after everything has happened."""
    desk = Desk(Monstock({order.id: order for order in world.final}), world.decisions)
    for payment in world.newest:
        desk.receive(payment)
    for order_id in ORDER_IDS:
        desk.settle(order_id)
    return desk


@settings(max_examples=150, deadline=None)
@given(worlds(), steps)
def test_any_interleaving_repetition_or_crash_ends_like_one_clean_run(
    world: World, happens: list[Step]
) -> None:
    clean = clean_run(world)
    desk = run(world, happens)
    assert desk.monstock.picture() == clean.monstock.picture()
    assert desk.by_hand == clean.by_hand == []


@settings(max_examples=60, deadline=None)
@given(worlds(), steps)
def test_a_further_run_writes_nothing(world: World, happens: list[Step]) -> None:
    desk = run(world, happens)
    before = desk.monstock.writes
    for payment in world.snapshots:
        desk.receive(payment)
    desk.sweep()
    assert desk.monstock.writes == before


@settings(max_examples=60, deadline=None)
@given(worlds(), steps, st.integers(0, 1), st.sampled_from(["edit", "delete", "status"]))
def test_what_staff_change_is_restored_and_reported(
    world: World, happens: list[Step], which: int, how: str
) -> None:
    clean = clean_run(world)
    desk = run(world, happens)
    order = desk.monstock.orders[ORDER_IDS[which]]
    ours = [row for row in order.payments if row.ours]
    if how == "status":
        changed = replace(order, payment_status=wrong_status(order.payment_status))
        reported: list[str | None] = [None]
    elif not ours:
        return
    else:
        kept = [row for row in order.payments if row is not ours[0]]
        if how == "edit":
            kept.append(replace(ours[0], note="settled by phone"))
        changed = replace(order, payments=tuple(kept))
        reported = [ours[0].transaction_reference]
    desk.monstock.orders[order.id] = changed
    desk.settle(order.id)
    assert desk.by_hand == reported
    assert desk.monstock.picture() == clean.monstock.picture()
    # The second time it is left as staff want it.
    desk.monstock.orders[order.id] = changed
    before = desk.monstock.writes
    desk.settle(order.id)
    assert desk.monstock.writes == before


def wrong_status(status: OrderPaymentStatus | None) -> OrderPaymentStatus:
    return OrderPaymentStatus.PAID if status != "paid" else OrderPaymentStatus.UNPAID


def desk_with(*payments: Payment) -> Desk:
    desk = Desk(Monstock({one: example_order(id=one, number=one) for one in ORDER_IDS}), {})
    for payment in payments:
        desk.receive(payment)
    return desk


def linked_to(order_id: str | None, version: int) -> Payment:
    links = () if order_id is None else (named(order_id),)
    return example_payment(version=version, link_candidates=links)


def test_a_payment_that_leaves_its_order_takes_its_money_along_at_once() -> None:
    desk = desk_with(linked_to("ord_1", 1))
    desk.settle("ord_1")
    assert desk.monstock.orders["ord_1"].payment_status == "paid"
    for elsewhere in (None, "ord_2"):
        desk.receive(linked_to(elsewhere, 2))
        desk.settle("ord_1")
        assert desk.monstock.orders["ord_1"].payments == ()
        assert desk.monstock.orders["ord_1"].payment_status == "unpaid"
        assert desk.derive("ord_1").exceptions == ()


def test_a_payment_that_comes_back_to_an_order_that_we_died_over_was_not_changed_by_hand() -> None:
    for dies_after in (0, 1, 2):
        desk = desk_with(linked_to("ord_1", 1))
        desk.settle("ord_1")
        desk.receive(linked_to("ord_2", 2))
        desk.settle("ord_1", dies_after)
        desk.receive(linked_to("ord_1", 3))
        desk.settle("ord_1")
        assert desk.monstock.orders["ord_1"].payment_status == "paid"
        assert len(desk.monstock.orders["ord_1"].payments) == 1
        assert desk.by_hand == []


def test_our_own_status_is_known_after_dying_twice() -> None:
    desk = desk_with()
    desk.settle("ord_1")
    desk.receive(replace(linked_to("ord_1", 1), captured=4000))
    desk.settle("ord_1", 2)
    desk.receive(replace(linked_to("ord_1", 2), captured=4000, refunded=2000))
    desk.settle("ord_1", 0)
    desk.settle("ord_1")
    assert desk.monstock.orders["ord_1"].payment_status == "partially_refunded"
    assert desk.by_hand == []


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_what_orders_keep_is_what_their_payments_keep(world: World) -> None:
    desk = clean_run(world)
    cash = sum(
        row.amount for order in world.first for row in order.payments if row.row_id == "cash_1"
    )
    kept = sum(
        payment.kept
        for payment in desk.known.values()
        if payment.currency == "EUR" and desk.link(payment).allocations
    )
    assert sum(desk.derive(order_id).totals.net for order_id in ORDER_IDS) == kept + cash


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_no_path_makes_a_float(world: World) -> None:
    desk = clean_run(world)
    for order_id in ORDER_IDS:
        outcome = desk.derive(order_id)
        no_floats(outcome)
        no_floats(plan_writes(replace(world.first[0], id=order_id), outcome))
    for payment in desk.known.values():
        no_floats(payment)
        no_floats(payment_to_record(payment))
        no_floats(desk.link(payment))


def no_floats(value: object) -> None:
    """Walk everything that a value holds."""
    assert not isinstance(value, float)
    if isinstance(value, Mapping):
        no_floats(list(value.items()))
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            no_floats(one)
    elif is_dataclass(value) and not isinstance(value, type):
        for one_field in fields(value):
            no_floats(getattr(value, one_field.name))
    else:
        plain = isinstance(value, int | str | Enum | type(None))
        assert plain or hasattr(value, "isoformat") or callable(value)
