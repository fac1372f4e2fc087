"""What people decide, and what follows from it at once."""

from datetime import datetime

from sqlalchemy import Connection

from target_stripe.ledger import customers, orders
from target_stripe.ledger.exceptions import decide
from target_stripe.ledger.intentions import last_intentions, reopen


def is_known(connection: Connection, *, order: str, customer: str) -> bool:
    """Whether the ledger knows, or ever decided or made, anything of an order or a customer."""
    known = orders.known_orders(connection, [order]) or (
        customers.known_records(connection, [customer])
    )
    return bool(known or last_intentions(connection, [order or customer], of_customers=not order))


def take_up(
    connection: Connection, *, order: str, customer: str, by: str, why: str, now: datetime
) -> None:
    """Have an order or a customer planned as if nothing had been dismissed, refused or closed.

    Args:
        connection: inside a transaction.
        order: Monstock's id of an order; empty: a customer's.
        customer: Monstock's id of a customer.
        by: who decided.
        why: for the record.
        now: UTC.
    """
    decide(connection, "reopen", order_id=order, customer_id=customer, by=by, why=why, now=now)
    reopen(connection, order or customer, of_customer=bool(customer), now=now)
    if order in orders.known_orders(connection, [order]):
        orders.QUEUE.mark(connection, [order], "a person decided", now)
    if customer in customers.known_records(connection, [customer]):
        customers.QUEUE.mark(connection, [customer], "a person decided", now)
