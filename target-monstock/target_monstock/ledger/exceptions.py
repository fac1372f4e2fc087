"""Exceptions in the ledger, but for those that people dismissed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from monstock_stripe_core.exception_kind import ExceptionFound
from sqlalchemy import Connection
from target_common.ledger.dismissals import undismissed
from target_common.ledger.exceptions import Amount, ExceptionBook

from target_monstock.ledger.schema import decisions, exceptions, orders

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
    """Store what a derivation found, see `ExceptionBook.renew`, but for what people dismissed."""
    EXCEPTIONS.renew(connection, source, undismissed(connection, decisions, found), amounts, now)
