"""The payments of orders: where they stand, whose they are, and what they say."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.json_paths import getter
from monstock_stripe_core.money import iso_currency
from monstock_stripe_core.monstock_fields import Marker
from monstock_stripe_core.monstock_urls import filled

from target_monstock.profile_check.field_checks import check_fields, check_words
from target_monstock.profile_check.report import Report
from target_monstock.profile_check.tenant import Tenant

_MOST_ORDERS = 20


def check_payments(tenant: Tenant, report: Report, orders: Sequence[Any]) -> None:
    """Find payments of some orders, and look at their fields and words."""
    payments = tenant.profile.payments
    found: list[tuple[Any, str | None]] = []
    if payments.placement == "in_order":
        with report.trying("payments.path"):
            found = _in_orders(tenant, report, orders)
    else:
        with report.trying("payments.list"):
            found = _in_their_list(tenant, report, orders)
    if not found:
        return
    fields = tenant.reader(payments.fields)
    rows = [row for row, _ in found]
    currencies = [_currency(fields.raw(row, "currency")) or of_order for row, of_order in found]
    money = tenant.profile.formats.money
    check_fields(report, "payments.fields", fields, rows, currencies, money)
    if tenant.profile.vocabulary.row_status is not None:
        words = [fields.raw(row, "status") for row in rows]
        check_words(report, "row_status", tenant.profile.vocabulary.row_status, words)
    _check_methods(tenant, report, [fields.raw(row, "method") for row in rows])
    if payments.removed is not None:
        marked = sum(map(Marker(payments.removed), rows))
        seen = f"{marked} of {len(rows)} payments are marked as voided"
        (report.works if marked else report.untried)("payments.removed", seen)


def _in_orders(
    tenant: Tenant, report: Report, orders: Sequence[Any]
) -> list[tuple[Any, str | None]]:
    path = tenant.profile.payments.path or ""
    get = getter(path)
    lists = [
        (get(order), _currency(tenant.orders.fields.raw(order, "currency"))) for order in orders
    ]
    if not all(isinstance(several, list) for several, _ in lists):
        bad = sum(1 for several, _ in lists if not isinstance(several, list))
        seen = f"{bad} of {len(orders)} orders of a list have no list at {path}"
        report.fails("payments.path", seen, "payments.path, or orders.list.parameters")
        return []
    found = [(row, currency) for several, currency in lists for row in several]
    _tell(report, "payments.path", len(found), len(orders))
    return found


def _in_their_list(
    tenant: Tenant, report: Report, orders: Sequence[Any]
) -> list[tuple[Any, str | None]]:
    payments, kind = tenant.profile.payments, tenant.orders
    get = payments.list
    if get is None:
        return []
    some = {
        order_id: _currency(kind.fields.raw(order, "currency"))
        for order in orders[-_MOST_ORDERS:]
        if (order_id := kind.id_of(order)) is not None
    }
    fields = tenant.reader(payments.fields)
    found: list[tuple[Any, str | None]] = []
    strangers = 0
    for path, parameters, asked in _calls(tenant, list(some)):
        for row in tenant.page(get, parameters, path=path).rows:
            named = fields.raw(row, "order_id")
            owner = asked[0] if named is None and len(asked) == 1 else str(named)
            if owner in asked:
                found.append((row, some[owner]))
            else:
                strangers += 1
    if strangers:
        seen = f"{strangers} payments of orders that were not asked for came too"
        report.fails("payments.list", seen, "payments.order_filter, or payments.fields.order_id")
        return []
    _tell(report, "payments.list", len(found), len(some))
    return found


def _calls(
    tenant: Tenant, order_ids: Sequence[str]
) -> Iterator[tuple[str, dict[str, str | int], list[str]]]:
    """Path, parameters and orders of the calls that list the payments of some orders."""
    get, asked = tenant.profile.payments.list, tenant.profile.payments.order_filter
    path = get.path if get else ""
    if "{order_id}" in path or asked is None:
        for order_id in order_ids:
            yield filled(path, order_id=order_id), {}, [order_id]
        return
    for start in range(0, len(order_ids), asked.many):
        batch = list(order_ids[start : start + asked.many])
        yield path, {asked.parameter: asked.separator.join(batch)}, batch


def _tell(report: Report, item: str, payments: int, orders: int) -> None:
    seen = f"{payments} payments of {orders} orders"
    (report.works if payments else report.untried)(item, seen)


def _check_methods(tenant: Tenant, report: Report, methods: Sequence[object]) -> None:
    """Which methods came: a person sees whether those of Stripe are among the known."""
    payments = tenant.profile.payments
    counts = Counter(str(method) for method in methods if method is not None)
    alike = {name.casefold() for name in payments.stripe_like_methods}
    known = [m for m in counts if m == payments.our_method or m.casefold() in alike]
    others = sorted(set(counts) - set(known))
    seen = f"ours or Stripe-like: {', '.join(sorted(known)) or 'none'}"
    if others:
        seen += f"; counted as other money: {', '.join(f'{m!r:.40}' for m in others[:10])}"
    report.works("payments.stripe_like_methods", seen)


def _currency(value: object) -> str | None:
    try:
        return iso_currency(str(value))
    except MonstockStripeError:
        return None
