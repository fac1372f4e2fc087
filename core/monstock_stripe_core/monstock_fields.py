"""Fields of a tenant's JSON, by a profile's paths: read with an error that names the field."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from monstock_stripe_core.json_paths import getter
from monstock_stripe_core.monstock_formats import MoneyCodec, TimeCodec
from monstock_stripe_core.profile_records import Removed

_MOST_DIGITS = 30


class WrongField(Exception):
    """A field that is missing or wrong; turned into an error that names the record."""


class Fields:
    """The fields of one kind of JSON object.

    Args:
        fields: the profile's part, a dataclass of paths; None where the tenant has no such field.
        money: how amounts are written.
        time: how times are written.
    """

    def __init__(self, fields: Any, money: MoneyCodec, time: TimeCodec) -> None:
        paths = {name: getattr(fields, name) for name in type(fields).__dataclass_fields__}
        self.paths: Mapping[str, str] = {name: path for name, path in paths.items() if path}
        self._get = {name: getter(path) for name, path in self.paths.items()}
        self._money = money
        self._time = time

    def __contains__(self, name: str) -> bool:
        return name in self._get

    def raw(self, data: object, name: str) -> Any:
        """What stands in a field; None where it is missing or the tenant has none."""
        get = self._get.get(name)
        return None if get is None else get(data)

    def required(self, data: object, name: str, where: str = "") -> Any:
        """What stands in a field that must be there."""
        value = self.raw(data, name)
        if value is None:
            raise WrongField(f"{where}{self.paths[name]} is missing")
        return value

    def text(self, data: object, name: str, where: str = "") -> str:
        """A text that must be there; a whole number is taken as text."""
        return text_of(self.required(data, name, where), where + self.paths[name])

    def optional_text(self, data: object, name: str) -> str | None:
        """A text; None where it is missing or empty."""
        value = self.raw(data, name)
        return None if value is None or value == "" else text_of(value, self.paths[name])

    def money(self, data: object, name: str, currency: str, where: str = "") -> int:
        """An amount that must be there, in minor units."""
        value = self.required(data, name, where)
        return self._money.read(value, currency, where + self.paths[name])

    def optional_money(self, data: object, name: str, currency: str, where: str = "") -> int | None:
        """An amount in minor units; None where it is missing."""
        value = self.raw(data, name)
        return (
            None if value is None else self._money.read(value, currency, where + self.paths[name])
        )

    def time(self, data: object, name: str) -> datetime:
        """A moment that must be there, in UTC."""
        return self._time.read(self.required(data, name), self.paths[name])

    def optional_time(self, data: object, name: str, where: str = "") -> datetime | None:
        """A moment in UTC; None where it is missing."""
        value = self.raw(data, name)
        return None if value is None else self._time.read(value, where + self.paths[name])

    def optional_decimal(self, data: object, name: str, where: str = "") -> Decimal | None:
        """A number that is no amount (a quantity, a rate), exactly; None where it is missing."""
        value = self.raw(data, name)
        if value is None or value == "":
            return None
        if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
            try:
                number = Decimal(value)
            except InvalidOperation:
                pass
            else:
                if number.is_finite() and _is_short(number):
                    return number
        raise WrongField(f"{where}{self.paths[name]} must be a number, not {shown(value)}")


class Marker:
    """Tells whether a record is gone, by the profile's `removed`."""

    def __init__(self, removed: Removed | None) -> None:
        self._get = getter(removed.field) if removed else None
        self._words = removed.words if removed else ()

    def __call__(self, data: object) -> bool:
        """Whether this JSON is of something that was deleted or voided."""
        return self._get is not None and self._get(data) in self._words


def _is_short(number: Decimal) -> bool:
    return len(number.as_tuple().digits) <= _MOST_DIGITS and abs(number.adjusted()) <= _MOST_DIGITS


def text_of(value: object, what: str) -> str:
    """A text, or a whole number as text.

    Raises:
        WrongField: it is neither, or empty.
    """
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise WrongField(f"{what} must be a text, not {shown(value)}")
    return str(value)


def shown(value: object) -> str:
    """A value for a message, cut to a length that a person reads; of a record only its kind."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return f"{value!r:.40}"
