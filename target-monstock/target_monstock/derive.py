"""Orders derived from what the ledger knows of their payments, and what that leaves to write.

The rules are the core's; here the facts for them are brought together, many orders at a time.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monstock_stripe_core.allocation import share_of
from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.last_write import (
    ABSENT,
    ORDER_PAYMENT_URL,
    ORDER_STATE,
    ORDER_STATUS,
    LastWrite,
    caught_up,
    row_digest,
    url_digest,
)
from monstock_stripe_core.order import Order, OrderPaymentRow
from monstock_stripe_core.order_status import OrderOutcome, order_outcome
from monstock_stripe_core.payment import LinkRule
from monstock_stripe_core.write_plan import WritePlan, plan_writes, standing_rows
from sqlalchemy import Connection
from target_common.ledger.exceptions import Amount

from target_monstock.ledger.decisions import dismissed_exceptions
from target_monstock.ledger.links import LinkedPayment, linked_elsewhere, linked_payments
from target_monstock.ledger.orders import Remembered, last_writes
from target_monstock.ledger.payment_links import payment_urls
from target_monstock.ledger.payments import unknown_ids
from target_monstock.rules import Rules

# A row under our method with such a reference is a payment that an earlier ledger knew, or one that
# the tap was not asked for. Half of an order's payments make a wrong status.
_STRIPE_ID = re.compile(r"(acct_\w+/)?(pi|ch|py|in)_\w+")

AsStored = Callable[[OrderPaymentRow, Order], OrderPaymentRow]
"""How a row would be read back from this tenant."""


@dataclass(frozen=True, slots=True)
class Derived:
    """What an order should be, and the writes that make it so.

    Attributes:
        remembered: what was written before, by key.
        desired: digest of what should stand, by key.
        standing: digest of what stands, by key.
        foreign: references on its rows that are of no payment linked to it.
        unknown: those among them that must be Stripe payments of which the ledger never heard.
            While there are any, nothing is written on the order.
    """

    order: Order
    outcome: OrderOutcome
    plan: WritePlan
    exceptions: tuple[ExceptionFound, ...]
    payments: tuple[LinkedPayment, ...]
    remembered: Mapping[str, Remembered]
    desired: Mapping[str, str]
    standing: Mapping[str, str]
    foreign: frozenset[str]
    unknown: frozenset[str]

    @property
    def amounts(self) -> dict[str, Amount]:
        """The money concerned, by order and by payment."""
        found = {
            linked.payment.transaction_reference: Amount(
                linked.payment.amount, linked.payment.currency
            )
            for linked in self.payments
        }
        found[self.order.id] = Amount(self.order.total, self.order.currency)
        return found

    def rule_of(self, transaction_reference: str) -> LinkRule | None:
        """What linked a payment to this order."""
        for linked in self.payments:
            if linked.payment.transaction_reference == transaction_reference:
                return linked.rule
        return None


def derive_orders(
    connection: Connection,
    orders: Sequence[Order],
    rules: Rules,
    as_stored: AsStored,
    now: datetime,
) -> list[Derived]:
    """Derive orders as they were just read.

    Args:
        connection: inside a transaction.
        orders: as Monstock has them.
        rules: of this run.
        as_stored: how a row would be read back from this tenant.
        now: UTC.
    """
    ids = [order.id for order in orders]
    payments = linked_payments(connection, ids)
    urls = payment_urls(connection, ids) if rules.writes.payment_url else {}
    remembered = last_writes(connection, ids)
    dismissed = dismissed_exceptions(connection, ids)
    foreign = {order.id: _foreign(order, payments[order.id]) for order in orders}
    everything_foreign = {one for several in foreign.values() for one in several}
    elsewhere = linked_elsewhere(connection, everything_foreign)
    unheard = unknown_ids(connection, filter(_STRIPE_ID.fullmatch, everything_foreign))
    return [
        _derive(
            order,
            tuple(payments[order.id]),
            urls.get(order.id),
            remembered.get(order.id, {}),
            frozenset(dismissed.get(order.id, ())),
            foreign[order.id],
            elsewhere,
            unheard,
            rules,
            as_stored,
            now,
        )
        for order in orders
    ]


def _derive(
    order: Order,
    payments: tuple[LinkedPayment, ...],
    payment_url: str | None,
    remembered: Mapping[str, Remembered],
    dismissed: frozenset[tuple[ExceptionKind, str]],
    foreign: frozenset[str],
    elsewhere: Mapping[str, Sequence[str]],
    unheard: set[str],
    rules: Rules,
    as_stored: AsStored,
    now: datetime,
) -> Derived:
    outcome = order_outcome(
        order,
        [share_of(one.payment, one.allocations, order.id, one.rule) for one in payments],
        rules.status,
        now,
        cleared=_cleared(order, dismissed),
        linked_elsewhere={
            reference: others[0] for reference in foreign if (others := elsewhere.get(reference))
        },
        written=remembered.keys(),
    )
    standing = _standing(order, {key: one.last for key, one in remembered.items()}, rules)
    stored = {reference: as_stored(row, order) for reference, row in outcome.rows.items()}
    desired = {reference: row_digest(row) for reference, row in stored.items()}
    if rules.writes.payment_status:
        desired[ORDER_STATUS] = outcome.status.value
    if payment_url is not None:
        desired[ORDER_PAYMENT_URL] = url_digest(payment_url)
    known = {
        key: _caught_up(one, standing.get(key), desired.get(key))
        for key, one in remembered.items()
        if key != ORDER_STATE or _state_was_set(order, one)
    }
    plan = plan_writes(
        order,
        outcome,
        {key: one.last for key, one in known.items()},
        replace(rules.writes, as_stored=lambda row: stored[row.transaction_reference or ""]),
        payment_url,
    )
    unknown = frozenset(
        reference
        for reference in (foreign & standing.keys() & unheard) - remembered.keys()
        if (ExceptionKind.UNKNOWN_PAYMENT, reference) not in dismissed
    )
    if unknown:
        plan = replace(plan, writes=())
    found = (
        *outcome.exceptions,
        *plan.exceptions,
        *(_unknown_payment(order, reference) for reference in sorted(unknown)),
    )
    return Derived(
        order=order,
        outcome=outcome,
        plan=plan,
        exceptions=tuple(
            one for one in found if (one.kind, one.transaction_reference or "") not in dismissed
        ),
        payments=payments,
        remembered=known,
        desired=desired,
        standing=standing,
        foreign=foreign,
        unknown=unknown,
    )


def _unknown_payment(order: Order, reference: str) -> ExceptionFound:
    return ExceptionFound(
        ExceptionKind.UNKNOWN_PAYMENT,
        f"Order {order.number} has a row of this payment by our method, and the ledger has never "
        "heard of it: nothing is written on the order until it has.",
        reference,
        order.id,
    )


def _foreign(order: Order, payments: Iterable[LinkedPayment]) -> frozenset[str]:
    own = {
        reference
        for linked in payments
        for reference in (linked.payment.transaction_reference, *linked.payment.references)
    }
    return frozenset(
        row.transaction_reference
        for row in order.payments
        if row.transaction_reference and row.transaction_reference not in own
    )


def _cleared(
    order: Order, dismissed: frozenset[tuple[ExceptionKind, str]]
) -> frozenset[tuple[str, str]]:
    """Payments and rows of which a person said that they are two.

    Rows under our own method as well: staff record by it too. A payment's own row is never taken
    for its copy, so that it stands among them does no harm.
    """
    two = {reference for kind, reference in dismissed if kind is ExceptionKind.POSSIBLE_DUPLICATE}
    return frozenset(
        (reference, row.row_id)
        for reference in two
        for row in order.payments
        if row.row_id is not None
    )


def _standing(order: Order, last: Mapping[str, LastWrite], rules: Rules) -> dict[str, str]:
    standing = {
        reference: row_digest(rows[0]) for reference, rows in standing_rows(order, last).items()
    }
    if rules.writes.payment_status and order.payment_status is not None:
        standing[ORDER_STATUS] = order.payment_status.value
    if rules.writes.payment_url and order.payment_url is not None:
        standing[ORDER_PAYMENT_URL] = url_digest(order.payment_url)
    return standing


def _caught_up(one: Remembered, standing: str | None, desired: str | None) -> Remembered:
    """What is remembered, when a write took effect and the run died before it could say so.

    Where something else is due by now, that write is known before the next intention replaces it.
    """
    last = one.last
    if standing != desired:
        last = caught_up(last, ABSENT if standing is None else standing, restores=one.restores)
        return one if last == one.last else Remembered(last)
    if one.restores and standing is not None and standing == last.intended:
        return Remembered(replace(last, restored=True))
    return one


def _state_was_set(order: Order, one: Remembered) -> bool:
    """Whether we moved the order on, also where the run died before it could say so."""
    return one.last.written is not None or one.last.intended == order.raw_state
