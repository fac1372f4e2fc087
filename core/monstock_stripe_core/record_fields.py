"""Single fields of the records that travel between the pieces, read strictly and written alike."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from monstock_stripe_core.errors import RecordError

_Word = TypeVar("_Word", bound=StrEnum)


def one_of(words: type[_Word], value: object, name: str) -> _Word:
    """A word of a closed list.

    Raises:
        RecordError: any other.
    """
    try:
        return words(str(value))
    except ValueError:
        known = ", ".join(words)
        raise RecordError(f"{name} is one of {known}, not {value!r:.40}") from None


def list_of(value: object, name: str) -> Sequence[Any]:
    """A list; a text is none.

    Raises:
        RecordError: anything else.
    """
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise RecordError(f"{name} must be a list, not {type(value).__name__}")
    return value


def object_of(value: object, name: str) -> Mapping[Any, Any]:
    """Names and values.

    Raises:
        RecordError: anything else.
    """
    if not isinstance(value, Mapping):
        raise RecordError(f"{name} must hold names and values, not {type(value).__name__}")
    return value


def time_of(value: object, name: str) -> datetime:
    """A date and time, in UTC; one without a zone is taken for UTC.

    Raises:
        RecordError: neither a text of ISO 8601 nor a datetime.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise RecordError(f"{name} is not a date and time: {value!r:.40}") from None
    if not isinstance(value, datetime):
        raise RecordError(f"{name} must be a date and time, not {type(value).__name__}")
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise RecordError(f"{name} lies outside of the calendar: {value}") from None


def time_text(value: datetime | None) -> str | None:
    """A time as records carry it: ISO 8601 with a Z."""
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def optional_text(value: object, name: str) -> str | None:
    """A text; None where it is null or empty.

    Raises:
        RecordError: anything else.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise RecordError(f"{name} must be a text or null, not {type(value).__name__}")
    return value
