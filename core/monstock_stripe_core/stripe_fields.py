"""Single fields of Stripe's objects, read strictly: an integer is an integer, a time is a time."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from monstock_stripe_core.errors import RecordError
from monstock_stripe_core.money import from_stripe


def units(value: object, currency: str, what: str) -> int:
    """An amount of Stripe's in ISO minor units; null is 0.

    Raises:
        MoneyError: neither null nor an integer that is money in this currency.
    """
    return 0 if value is None else from_stripe(value, currency, what=what)


def whole_number(value: object, what: str) -> int:
    """An integer that is neither a bool nor a float.

    Raises:
        RecordError: anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise RecordError(f"{what} must be a whole number, not {type(value).__name__}")
    return value


def true_or_false(value: object, what: str) -> bool:
    """A bool; a text like "false" is none.

    Raises:
        RecordError: anything else.
    """
    if not isinstance(value, bool):
        raise RecordError(f"{what} must be true or false, not {type(value).__name__}")
    return value


def moment(seconds: object, what: str = "created") -> datetime:
    """Unix seconds as a time in UTC.

    Raises:
        RecordError: no whole number.
        ValueError, OverflowError, OSError: no time that exists.
    """
    return datetime.fromtimestamp(whole_number(seconds, what), UTC)


def transaction_reference(record: Mapping[str, Any]) -> str:
    """The payment's name: its id, behind the account's where it is a connected account's.

    Raises:
        RecordError: the record has no id.
    """
    name, account = record["id"], connected_account(record)
    if not isinstance(name, str) or not name:
        raise RecordError(f"id must be a text, not {type(name).__name__}")
    return f"{account}/{name}" if account else name


def connected_account(record: Mapping[str, Any]) -> str | None:
    """The connected account of a payment; None for our own, whether the record names it or not.

    So a payment of our own keeps its name when connected accounts are read beside it.
    """
    if record.get("own_account") is True:
        return None
    return record.get("account_id")


def texts(metadata: Mapping[str, Any] | None) -> dict[str, str]:
    """Metadata, which is text to text at Stripe, whatever came."""
    return {str(key): str(value) for key, value in (metadata or {}).items()}


def products(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The products that a snapshot's Checkout Sessions and invoices sell, sorted, each once."""
    sellers = (*(record.get("checkout_sessions") or ()), *(record.get("invoices") or ()))
    return tuple(sorted({name for seller in sellers for name in seller.get("products") or ()}))


def id_of(value: object) -> str | None:
    """The id of something that may come as an id or as the object itself."""
    if isinstance(value, Mapping):
        return str(value["id"])
    return value if isinstance(value, str) else None


def expanded(value: object) -> Mapping[str, Any] | None:
    """The object, where the field holds it and not only its id."""
    return value if isinstance(value, Mapping) else None


def only(values: Sequence[str] | None) -> str | None:
    """The one value of a list that has exactly one."""
    return values[0] if values and len(values) == 1 else None
