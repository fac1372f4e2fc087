"""Puts an explanation together: from the ledger, and from the orders as Monstock has them now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monstock_stripe_core.allocation import share_of
from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.hand_made import counted_money
from monstock_stripe_core.monstock_errors import UnreadableOrder
from monstock_stripe_core.order import Order
from monstock_stripe_core.order_status import StatusRules, as_of
from monstock_stripe_core.order_status_table import row_named
from monstock_stripe_core.order_totals import Totals, totals_of
from sqlalchemy import Connection
from target_common.errors import TargetError
from target_common.ledger import Ledger
from target_common.ledger.decisions import decisions_about

from target_monstock.derive import Derived, derive_orders
from target_monstock.explaining.explanation import (
    ExplainedOrder,
    ExplainedPayment,
    Explanation,
    Part,
)
from target_monstock.ledger.exceptions import EXCEPTIONS
from target_monstock.ledger.history import audit_of
from target_monstock.ledger.links import (
    LinkedPayment,
    allocations_of,
    linked_payments,
    linked_since,
)
from target_monstock.ledger.orders import StoredOrder, orders_named, stored_orders
from target_monstock.ledger.payments import known_payments, payments_named
from target_monstock.ledger.schema import decisions
from target_monstock.monstock import Monstock
from target_monstock.plan_report import write_text
from target_monstock.rules import Rules


@dataclass(frozen=True, slots=True)
class Tenant:
    """Monstock, to be asked how orders are now, and the rules of a run on it."""

    monstock: Monstock
    rules: Rules


def explain(
    ledger: Ledger,
    asked: str,
    tenant: Tenant | None,
    rules: StatusRules,
    now: datetime,
    note: str | None = None,
) -> Explanation:
    """Explain an order or a payment.

    Args:
        ledger: open; nothing is written.
        asked: an order's id or number, or any id of a payment.
        tenant: where orders are to be read as they are now; None: from the ledger alone.
        rules: of the status; those of `tenant` go before.
        now: UTC.
        note: why there is no tenant, for the reader.

    Raises:
        TargetError: neither the ledger nor Monstock knows such an order or payment.
    """
    with ledger.transaction() as connection:
        names = payments_named(connection, asked)
        of_payments = allocations_of(connection, names)
        order_ids = [a.order_id for several, _ in of_payments.values() for a in several]
        order_ids = order_ids or ([] if names else orders_named(connection, asked))
    present: dict[str, Order] = {}
    if tenant is not None:
        try:
            present = _present(tenant.monstock, asked, order_ids, search=not names)
        except MonstockStripeError as error:
            tenant, note = None, f"Monstock could not be asked: {error}"
    order_ids = list(dict.fromkeys([*order_ids, *present]))
    if not names and not order_ids:
        also = "" if tenant is None else " and neither does Monstock"
        raise TargetError(f"the ledger knows no order and no payment {asked!r}{also}")
    with ledger.transaction() as connection:
        if tenant is not None:
            rules = tenant.rules.status
        return _explained(connection, asked, names, order_ids, present, tenant, rules, now, note)


def _present(
    monstock: Monstock, asked: str, order_ids: Iterable[str], *, search: bool
) -> dict[str, Order]:
    """The orders as Monstock has them now, by id."""
    found = {one: monstock.order(one) for one in order_ids}
    present = {order_id: order for order_id, order in found.items() if order is not None}
    if search and not present:
        unreadable: list[UnreadableOrder] = []
        for field in ("id", "number"):
            for order in monstock.find_many(field, [asked], unreadable.append).get(asked, ()):
                present[order.id] = monstock.order(order.id) or order
    return present


def _explained(
    connection: Connection,
    asked: str,
    names: Sequence[str],
    order_ids: Sequence[str],
    present: Mapping[str, Order],
    tenant: Tenant | None,
    rules: StatusRules,
    now: datetime,
    note: str | None,
) -> Explanation:
    linked = linked_payments(connection, order_ids)
    everybody = {*names, *(_name(one) for several in linked.values() for one in several)}
    payments = _payments(connection, everybody, rules, now)
    stored = stored_orders(connection, order_ids)
    derived: dict[str, Derived] = {}
    if tenant is not None:
        real = [order for order in present.values() if order.kind == "order"]
        stored_as = tenant.monstock.client.as_stored
        found = derive_orders(connection, real, tenant.rules, stored_as, now)
        derived = {one.order.id: one for one in found}
    orders = [
        _from_monstock(present[one], derived.get(one), stored.get(one), payments)
        if one in present
        else _from_ledger(stored[one], linked[one], payments, rules, now)
        for one in order_ids
        if one in present or one in stored
    ]
    about = {*names, *order_ids} if names else {*everybody, *order_ids}
    waiting = [
        one
        for one in EXCEPTIONS.open(connection)
        if one.transaction_reference in everybody or one.order_id in order_ids
    ]
    return Explanation(
        asked=asked,
        note=note,
        payments=tuple(payments[name] for name in names),
        orders=tuple(orders),
        exceptions=tuple(waiting),
        decisions=tuple(decisions_about(connection, decisions, about)),
        written=tuple(audit_of(connection, order_ids, names or everybody)),
    )


def _payments(
    connection: Connection, names: Iterable[str], rules: StatusRules, now: datetime
) -> dict[str, ExplainedPayment]:
    allocated = allocations_of(connection, names)
    since = linked_since(connection, allocated)
    return {
        name: ExplainedPayment(
            payment=as_of(stored.payment, rules, now),
            verdict=stored.verdict,
            state=stored.link_state,
            rule=stored.link_rule,
            allocations=allocated.get(name, ((), None))[0],
            looks_again=stored.to_link,
            since=since.get(name),
        )
        for name, stored in known_payments(connection, names).items()
    }


def _from_monstock(
    order: Order,
    derived: Derived | None,
    stored: StoredOrder | None,
    payments: Mapping[str, ExplainedPayment],
) -> ExplainedOrder:
    outcome = None if derived is None else derived.outcome
    parts = [
        Part(
            whole=payments[share.payment.transaction_reference],
            share=share.payment,
            rule=share.rule,
            counts=share.payment.currency == order.currency,
            held=share.payment.transaction_reference in outcome.held,
            adopted=outcome.adopted.get(share.payment.transaction_reference),
        )
        for share in (() if outcome is None else outcome.payments)
        if outcome is not None
    ]
    return ExplainedOrder(
        order_id=order.id,
        number=order.number,
        kind=order.kind,
        state=order.state.value,
        currency=order.currency,
        total=order.total,
        source="monstock",
        derived_at=None if stored is None else stored.derived_at,
        shown=order.payment_status and order.payment_status.value,
        status=None if outcome is None else outcome.status.value,
        row=None if outcome is None else outcome.decided_by,
        totals=outcome.totals if outcome else Totals(),
        due=None if outcome is None else outcome.due,
        parts=tuple(parts),
        by_hand=outcome.by_hand if outcome else (),
        to_write=tuple(write_text(order, one) for one in derived.plan.writes) if derived else (),
        again=None if stored is None else stored.dirty_reason,
    )


def _from_ledger(
    stored: StoredOrder,
    linked: Sequence[LinkedPayment],
    payments: Mapping[str, ExplainedPayment],
    rules: StatusRules,
    now: datetime,
) -> ExplainedOrder:
    """The order as it was last derived, with its payments as the ledger has them now."""
    parts = []
    for one in sorted(linked, key=_name):
        share = share_of(one.payment, one.allocations, stored.order_id, one.rule)
        counted = as_of(share.payment, rules, now)
        counts = counted.currency == stored.currency
        parts.append(Part(payments[_name(one)], counted, one.rule, counts))
    shares = [part.share for part in parts]
    totals = totals_of(stored.currency or "", shares, counted_money(stored.by_hand))
    return ExplainedOrder(
        order_id=stored.order_id,
        number=stored.number,
        kind=stored.kind,
        state=stored.state,
        currency=stored.currency,
        total=stored.total,
        source="ledger",
        derived_at=stored.derived_at,
        shown=None,
        status=stored.payment_status,
        row=row_named(stored.decided_by) if stored.decided_by else None,
        totals=totals,
        due=stored.due,
        parts=tuple(parts),
        by_hand=stored.by_hand,
        to_write=(),
        again=stored.dirty_reason,
    )


def _name(linked: LinkedPayment) -> str:
    return linked.payment.transaction_reference
