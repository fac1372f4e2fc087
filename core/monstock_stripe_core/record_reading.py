"""Records that a JSON Schema describes, refused in words that do not repeat what they hold."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jsonschema
from jsonschema.protocols import Validator

from monstock_stripe_core.errors import RecordError

TEXT: Mapping[str, Any] = {"type": ["string", "null"]}
IDENTIFIER: Mapping[str, Any] = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "pattern": r"^[^\x00-\x1f\x7f]+$",
}
CURRENCY: Mapping[str, Any] = {"type": "string", "minLength": 3, "maxLength": 3}


def described(schema: Mapping[str, Any], description: str) -> dict[str, Any]:
    """A schema with its description."""
    return {**schema, "description": description}


class RecordSchema:
    """A schema that checks records."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._validator = _validator(schema)

    def check(self, record: Mapping[str, Any]) -> None:
        """Refuse a record that breaks the schema.

        Raises:
            RecordError: naming the field and what it must be, and not what it holds.
        """
        error = next(iter(self._validator.iter_errors(record)), None)
        if error is None:
            return
        where = error.json_path.removeprefix("$").removeprefix(".") or "the record"
        raise RecordError(f"{where} {_wanted(error)}")


def _validator(schema: Mapping[str, Any]) -> Validator:
    # A bool is no integer in JSON Schema either, but 1.0 is one; money is never a float.
    strict = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole)
    extend: Any = jsonschema.validators.extend
    made: Validator = extend(jsonschema.Draft202012Validator, type_checker=strict)(schema)
    return made


def _is_whole(_checker: object, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _wanted(error: Any) -> str:
    if error.validator == "required":
        missing = sorted(set(error.validator_value) - set(error.instance))
        return f"lacks the field {missing[0]!r}"
    if error.validator == "type":
        wanted = error.validator_value
        kinds = [wanted] if isinstance(wanted, str) else wanted
        return f"must be {' or '.join(kinds)}, not {type(error.instance).__name__}"
    if error.validator == "enum":
        return f"must be one of {', '.join(map(str, error.validator_value))}"
    return f"breaks {error.validator}: {error.validator_value!s:.60}"


def clean(text: str | None) -> str | None:
    """A text that any database and any JSON can carry; None where nothing is left of it."""
    if text is None:
        return None
    kept = text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8").strip()
    return kept or None


def moment(value: object, name: str) -> datetime:
    """A date and time, in UTC; one without a zone is taken for UTC.

    Raises:
        RecordError: it is none.
    """
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return (found.replace(tzinfo=UTC) if found.tzinfo is None else found).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RecordError(f"{name} is not a date and time") from None
