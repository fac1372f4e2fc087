"""Customers that orders' invoices cannot do without."""

from collections.abc import Sequence
from datetime import datetime

from monstock_stripe_core.customer_record import CustomerRecord
from monstock_stripe_core.order_record import OrderRecord
from monstock_stripe_core.stripe_demand import CollectionRules, OrderAs, Stance, demand_of
from sqlalchemy import Connection

from target_stripe.ledger import customers, orders


def need_customers(
    connection: Connection, order_ids: Sequence[str], rules: CollectionRules, now: datetime
) -> None:
    """Note which customers the invoices of these orders need, and have them worked on.

    One that never came as a record is made up from what the order says of it.
    """
    if rules.order_as is not OrderAs.INVOICE:
        return
    buyers: dict[str, OrderRecord] = {}
    for record in orders.order_records(connection, order_ids).values():
        customer_id = record.customer_id
        wanted = demand_of(record, OrderAs.INVOICE, rules).stance is Stance.COLLECT
        if customer_id and wanted:
            buyers.setdefault(customer_id, record)
    known = customers.known_customers(connection, buyers)
    unknown = [customer_id for customer_id in buyers if customer_id not in known]
    customers.save_customers(connection, [_made_up(buyers[one]) for one in unknown])
    new = {
        customer_id
        for customer_id in buyers
        if customer_id not in known
        or (known[customer_id].stripe_id is None and not known[customer_id].needed)
    }
    customers.set_needed(connection, sorted(new))
    customers.QUEUE.mark(connection, new, "an invoice needs it", now)


def _made_up(order: OrderRecord) -> CustomerRecord:
    return CustomerRecord(
        customer_id=order.customer_id or "",
        updated_at=customers.NO_TIME,
        name=order.customer_name,
        email=order.customer_email,
    )
