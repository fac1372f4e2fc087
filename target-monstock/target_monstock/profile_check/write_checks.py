"""Writes, tried on an order that was made for tests, and taken back."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import TypeVar

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.monstock_errors import MonstockConflict
from monstock_stripe_core.order import Order, OrderPaymentRow, OrderPaymentStatus
from monstock_stripe_core.payment import PaymentStatus

from target_monstock.profile_check.report import CheckEnded, Report
from target_monstock.profile_check.tenant import Tenant

T = TypeVar("T")

_REFERENCE = "check-profile"
_URL = "https://example.com/check-profile"
_NEAR = timedelta(minutes=5)
"""By so much clocks may differ, and a trial may last."""


def check_writes(
    tenant: Tenant, report: Report, number: str, clock: Callable[[], datetime]
) -> None:
    """Write a payment, a payment status and so on to one order, and take them back.

    Args:
        tenant: whose order it is.
        report: takes what was found.
        number: of the order, which a person made for tests.
        clock: the time, UTC.

    Raises:
        CheckEnded: Monstock cannot be asked any more; what may be left behind is said.
    """
    order: Order | None = None
    with report.trying("writes", "orders.find.number"):
        found = tenant.client.find_orders(number=number)
        if len(found) != 1 or found[0].kind != "order":
            seen = f"{len(found)} orders bear the number that was given; one that is no quote must"
            report.untried("writes", seen, "-")
        else:
            order = tenant.client.order(found[0].id)
    if order is None:
        return
    if any(row.transaction_reference == _REFERENCE for row in order.payments):
        report.untried(
            "writes", f"a payment {_REFERENCE!r} of an earlier check is on the order", "-"
        )
        return
    tenant.let_a_second_pass()
    try:
        _check_payment(tenant, report, order, clock)
    finally:
        _take_payment_away(tenant, report, order.id)
    for name, check in _ORDER_FIELDS.items():
        with report.trying(f"orders.update, {name}", f"orders.update, or orders.fields.{name}"):
            check(tenant, report, _now(tenant, order))


def _check_payment(
    tenant: Tenant, report: Report, order: Order, clock: Callable[[], datetime]
) -> None:
    """A payment is written, written again, changed; the order must show it and its new time."""
    client, written = tenant.client, tenant.profile.payments.writing
    row = OrderPaymentRow(
        method=tenant.profile.payments.our_method,
        transaction_reference=_REFERENCE,
        currency=order.currency,
        amount=2,
        refunded=1,
        status=PaymentStatus.SUCCEEDED,
        paid_at=clock().replace(microsecond=0),
        payment_method="card",
        note="Written by check-profile, and taken away at once.",
        ours=True,
        link_rule="metadata",
    )
    key = f"payments.{'upsert' if written == 'upsert' else 'create'}"
    with report.trying(key):
        client.put_payment(order, row)
        after = _now(tenant, order)
        report.says(key, _differs(tenant, after, row), "the payment stands on the order as written")
        _check_time(report, order, after, clock())
        _check_condition(tenant, report, order, after)
        client.put_payment(_now(tenant, order), row)
        count = len(_ours(_now(tenant, order)))
        problem = None if count == 1 else f"written twice, it stands {count} times"
        report.says("payments.writing", problem, "written twice, it stands once")
    with report.trying("payments.update"):
        present = _now(tenant, order)
        row_id = next((standing.row_id for standing in _ours(present)), None)
        if row_id is None:
            report.untried("payments.update", "no payment could be written that could be changed")
            return
        changed = replace(row, amount=3)
        client.update_payment(present, row_id, changed)
        problem = _differs(tenant, _now(tenant, order), changed)
        report.says("payments.update", problem, "a change of the amount stands")


def _differs(tenant: Tenant, order: Order, row: OrderPaymentRow) -> str | None:
    """In which fields the order's row is not what was written; None where in none."""
    ours = _ours(order)
    if not ours:
        return "the payment is not on the order"
    wanted = tenant.client.as_stored(row, order)
    unlike = [
        each.name
        for each in fields(OrderPaymentRow)
        if each.name not in ("row_id", "ours")
        and getattr(ours[0], each.name) != getattr(wanted, each.name)
    ]
    if not unlike:
        return None
    names = ", ".join(f"payments.fields.{name}" for name in unlike)
    return f"what was written does not come back at {names}"


def _check_time(report: Report, before: Order, after: Order, now: datetime) -> None:
    """A payment must move the order's time of change, and that must be about now."""
    moved = after.updated_at > before.updated_at
    problem = None if moved else "a new payment does not move the order's time of change"
    report.says(
        "orders.fields.updated_at", problem, "a new payment moves the order's time of change"
    )
    if moved:
        off = after.updated_at - now
        problem = None
        if abs(off) > _NEAR:
            minutes = round(off.total_seconds() / 60)
            problem = f"the order changed just now, and says {minutes:+d} minutes from now"
        report.says("time zone of a write", problem, "it is about now", "formats.time.time_zone")


def _check_condition(tenant: Tenant, report: Report, before: Order, after: Order) -> None:
    """A write by the order's old condition must be refused."""
    if tenant.profile.condition.style != "etag":
        report.untried("condition", "the profile has none: a change by staff may be overwritten")
        return
    if not _ours(after):
        report.untried("condition", "no payment stands that could be written again")
        return
    if before.etag is None or before.etag == after.etag:
        report.fails("condition", "the order's ETag is missing, or does not change with it")
        return
    row = replace(_ours(after)[0], row_id=None)
    try:
        tenant.client.put_payment(before, row)
    except MonstockConflict:
        report.works("condition", "a write by an old ETag is refused")
    else:
        report.fails("condition", "a write by an old ETag is taken", "condition.header")


def _take_payment_away(tenant: Tenant, report: Report, order_id: str) -> None:
    key = "payments.remove"
    left = f"payment {_REFERENCE!r} may be left on the order: take it away by hand"
    try:
        order = tenant.client.order(order_id)
        standing = _ours(order) if order is not None else []
        if order is None or not standing:
            report.untried(key, "no payment stands that could be taken away")
            return
        for row in standing:
            tenant.client.delete_payment(_now(tenant, order), row.row_id or "")
        rest = _ours(_now(tenant, order))
        report.says(key, left if rest else None, "the payment is taken away again")
    except MonstockStripeError as error:
        report.fails(key, f"{error} The {left}.")


def _check_status(tenant: Tenant, report: Report, order: Order) -> None:
    item = "orders.update, payment_status"
    if tenant.profile.payment_status == "derived":
        report.untried(item, "the profile says that Monstock derives it", "payment_status")
        return
    before = order.payment_status
    if before is None:
        report.untried(item, "the order has none that could be put back")
        return
    other = OrderPaymentStatus.PENDING
    if before is other:
        other = OrderPaymentStatus.UNPAID

    def write(order: Order, value: OrderPaymentStatus) -> None:
        tenant.client.patch_order(order, payment_status=value)

    _there_and_back(
        tenant, report, item, order, write, lambda one: one.payment_status, other, before
    )


def _check_due(tenant: Tenant, report: Report, order: Order) -> None:
    item = "orders.update, amount_due"
    before = order.amount_due
    if not tenant.client.writes_amount_due:
        report.untried(item, "the profile has no field for it")
    elif before is None:
        report.untried(item, "the order has none that could be put back")
    else:

        def write(order: Order, value: int) -> None:
            tenant.client.patch_order(order, amount_due=value)

        _there_and_back(
            tenant, report, item, order, write, lambda one: one.amount_due, before + 1, before
        )


def _check_url(tenant: Tenant, report: Report, order: Order) -> None:
    item = "orders.update, payment_url"
    if not tenant.client.writes_payment_url:
        report.untried(item, "the profile has no field for it")
        return

    def write(order: Order, value: str) -> None:
        tenant.client.patch_order(order, payment_url=value)

    _there_and_back(
        tenant, report, item, order, write,
        lambda one: one.payment_url or "", _URL, order.payment_url or "",
    )  # fmt: skip


_ORDER_FIELDS: dict[str, Callable[[Tenant, Report, Order], None]] = {
    "payment_status": _check_status,
    "amount_due": _check_due,
    "payment_url": _check_url,
}
"""What is written of an order itself, but for its state: that could start a shipment."""


def _there_and_back(
    tenant: Tenant,
    report: Report,
    item: str,
    order: Order,
    write: Callable[[Order, T], None],
    read: Callable[[Order], T | None],
    other: T,
    before: T,
) -> None:
    """Write another value, look whether it stands, and put the old one back whatever happens."""
    key = f"orders.fields.{item.rsplit(' ', 1)[1]}"
    try:
        write(order, other)
        stands = read(_now(tenant, order)) == other
        report.says(item, None if stands else "what was written does not stand", "it stands", key)
    finally:
        write(_now(tenant, order), before)
        if read(_now(tenant, order)) != before:
            report.fails(item, "the old value could not be put back: do so by hand", key)


def _now(tenant: Tenant, order: Order) -> Order:
    """The order as it is now.

    Raises:
        CheckEnded: it is gone.
    """
    present = tenant.client.order(order.id)
    if present is None:
        raise CheckEnded
    return present


def _ours(order: Order) -> list[OrderPaymentRow]:
    return [row for row in order.payments if row.ours and row.transaction_reference == _REFERENCE]
