"""Exceptions in the ledger, but for those that people dismissed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from monstock_stripe_core.exception_kind import ExceptionFound
from sqlalchemy import Connection
from target_common.ledger.exceptions import Amount, ExceptionBook

from target_monstock.ledger.decisions import dismissed_of_customers, dismissed_of_payments
from target_monstock.ledger.schema import exceptions, orders

EXCEPTIONS = ExceptionBook(exceptions, orders)


class Source(StrEnum):
    """What was derived when an exception was found; the next derivation of it renews it."""

    RECORD = "record"
    LINK = "link"
    ORDER = "order"
    CUSTOMER = "customer"
    WRITE = "write"


def renew_exceptions(
    connection: Connection,
    source: Source,
    found: Mapping[str, Sequence[ExceptionFound]],
    amounts: Mapping[str, Amount],
    now: datetime,
) -> None:
    """Store what a derivation found, see `ExceptionBook.renew`.

    What was dismissed of a customer, or of a payment that is on no order, is left out here; what
    was dismissed on an order, where the order is derived.
    """
    of_payments = {
        one.transaction_reference
        for several in found.values()
        for one in several
        if one.transaction_reference and not one.order_id
    }
    of_customers = {
        one.customer_id for several in found.values() for one in several if one.customer_id
    }
    dismissed = dismissed_of_payments(connection, of_payments)
    dismissed |= dismissed_of_customers(connection, of_customers)
    kept = {
        subject: [
            one
            for one in several
            if one.order_id
            or (one.kind.value, one.customer_id or one.transaction_reference) not in dismissed
        ]
        for subject, several in found.items()
    }
    EXCEPTIONS.renew(connection, source, kept, amounts, now)
