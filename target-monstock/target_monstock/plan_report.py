"""The plan of a dry run, as a table for people or as JSON lines for programs."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from monstock_stripe_core.money import to_decimal_text
from monstock_stripe_core.order import Order
from monstock_stripe_core.writes import AdoptPayment, DeletePayment, PatchOrder, Write
from target_common.tables import table

from target_monstock.customers import WRITES, CustomerPlan
from target_monstock.derive import Derived
from target_monstock.ledger.history import row_content

_HEADINGS = ("order", "write", "payment", "amount", "detail")
_CUSTOMER_HEADINGS = ("Stripe customer", "write", "customer", "because")
_RULES = {
    "metadata": "Stripe's metadata name them",
    "email": "nobody else has the e-mail address",
    "paid": "they paid, and Monstock does not know them",
}


def plan_lines(
    derived: Sequence[Derived], customers: Sequence[CustomerPlan], *, as_json: bool
) -> Iterator[str]:
    """The plan, line by line.

    Args:
        derived: orders with something to write.
        customers: those of Stripe who are to be linked or made.
        as_json: one JSON object for each write instead of tables.
    """
    writes = [(each, write) for each in derived for write in each.plan.writes]
    if as_json:
        for each, write in writes:
            yield json.dumps(_data(each.order, write))
        for plan in customers:
            yield json.dumps(_customer_data(plan))
        return
    if not writes and not customers:
        yield "Dry run: nothing differs, 0 writes would be made."
        return
    also = f" and {len(customers)} customers" if customers else ""
    count = len(writes) + len(customers)
    yield f"Dry run: {count} writes on {len(derived)} orders{also} would be made; none was."
    if writes:
        yield from table(_HEADINGS, [_cells(each.order, write) for each, write in writes])
    if customers:
        yield from table(_CUSTOMER_HEADINGS, [_customer_cells(plan) for plan in customers])


def _customer_data(plan: CustomerPlan) -> dict[str, Any]:
    return {
        "write": WRITES[plan.match.state],
        "stripe_customer_id": plan.job.subject,
        "customer_id": plan.match.customer and plan.match.customer.id,
        "rule": plan.match.rule,
    }


def _customer_cells(plan: CustomerPlan) -> tuple[str, ...]:
    """Without names and addresses: a plan may end in a log."""
    customer = plan.match.customer
    verb = "make customer" if customer is None else "write Stripe id"
    return (
        plan.job.subject,
        verb,
        customer.id if customer else "new",
        _RULES[plan.match.rule or "paid"],
    )


def _data(order: Order, write: Write) -> dict[str, Any]:
    data: dict[str, Any] = {"order_id": order.id, "order_number": order.number}
    if isinstance(write, PatchOrder):
        return data | {
            "write": "patch",
            "payment_status": write.payment_status and write.payment_status.value,
            "amount_due": write.amount_due,
            "state": write.state,
            "payment_url": write.payment_url,
        }
    if isinstance(write, DeletePayment):
        return data | {
            "write": "delete",
            "row_id": write.row_id,
            "transaction_reference": write.transaction_reference,
        }
    if isinstance(write, AdoptPayment):
        return data | {"write": "adopt", "row_id": write.row_id, "row": row_content(write.row)}
    return data | {"write": "put", "restores": write.restores, "row": row_content(write.row)}


def _cells(order: Order, write: Write) -> tuple[str, ...]:
    if isinstance(write, PatchOrder):
        status = write.payment_status and f"payment status {write.payment_status.value}"
        due = write.amount_due is not None and f"due {_money(write.amount_due, order.currency)}"
        state = write.state and f"status {write.state}"
        url = write.payment_url is not None and f"to be paid at {write.payment_url or 'nowhere'}"
        detail = ", ".join(part for part in (status, due, state, url) if part)
        return (order.number, "change order", "", "", detail)
    if isinstance(write, DeletePayment):
        return (order.number, "take row away", write.transaction_reference, "", write.row_id)
    row = write.row
    amount = _money(row.amount, row.currency)
    if isinstance(write, AdoptPayment):
        detail = f"hand-made row {write.row_id} becomes this payment"
        return (order.number, "adopt row", row.transaction_reference or "", amount, detail)
    here = any(one.ours and one.transaction_reference == row.transaction_reference
               for one in order.payments)  # fmt: skip
    verb = "change row" if here else "add row"
    return (order.number, verb, row.transaction_reference or "", amount, row.status.value)


def write_text(order: Order, write: Write) -> str:
    """A planned write in words."""
    _, verb, payment, amount, detail = _cells(order, write)
    return ", ".join(part for part in (f"{verb} {payment}".strip(), amount, detail) if part)


def _money(amount: int, currency: str) -> str:
    return f"{to_decimal_text(amount, currency)} {currency}"
