"""How a tenant writes amounts, times and words: the profile's edge, and the only place of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from monstock_stripe_core.money import from_decimal, minor_units, to_decimal_text
from monstock_stripe_core.monstock_errors import MonstockUnsupported
from monstock_stripe_core.profile import MoneyFormat, TimeFormat, Words

# How far ahead a change of the clocks is looked for. Clocks go back by an hour (Lord Howe: half
# of one), so three hours see it before and while local times repeat.
_CLOCK_CHANGE = timedelta(hours=3)
_MICROSECONDS = {"microseconds": 1, "milliseconds": 1_000, "seconds": 1_000_000}

Word = TypeVar("Word", bound=StrEnum)


class MoneyCodec:
    """Amounts as the tenant's JSON has them, from and to integer minor units."""

    def __init__(self, money: MoneyFormat) -> None:
        self._money = money

    def read(self, value: object, currency: str, what: str) -> int:
        """An amount of the JSON in minor units of `currency`, exactly.

        Raises:
            MoneyError: no amount, a fraction of a minor unit, beyond 64 bits, unknown currency.
        """
        if self._money.unit == "minor":
            return minor_units(value, what=what)
        if isinstance(value, str):
            value = value.strip()
        return from_decimal(value, currency, what=what)  # type: ignore[arg-type] # it checks

    def write(self, amount: int, currency: str) -> int | str | Decimal:
        """Minor units of `currency` as the JSON takes them.

        Raises:
            MoneyError: beyond 64 bits, or unknown currency.
        """
        minor_units(amount)
        if self._money.unit == "minor":
            return amount
        text = to_decimal_text(amount, currency)
        return text if self._money.json == "string" else Decimal(text)


class TimeCodec:
    """Times as the tenant writes them, from and to UTC."""

    def __init__(self, time: TimeFormat) -> None:
        self._time = time
        self._zone = ZoneInfo(time.time_zone)
        self._step = _MICROSECONDS[time.precision]

    def read(self, value: object, what: str) -> datetime:
        """A time of the JSON, in UTC. A local time that came twice is taken for the earlier.

        Raises:
            ValueError: no time in the profile's format.
        """
        if not isinstance(value, str):
            raise ValueError(f"{what} must be a time in text, not {value!r:.40}")
        try:
            if self._time.style == "iso8601":
                moment = datetime.fromisoformat(value)
            else:
                # The pattern has no zone of its own, or %z, which strptime honours.
                moment = datetime.strptime(value, self._time.pattern or "")  # noqa: DTZ007
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=self._zone)
            return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            form = self._time.pattern or "ISO 8601"
            raise ValueError(f"{what} is no time in the form {form}: {value!r:.40}") from None

    def write(self, moment: datetime) -> str:
        """A time as the tenant takes it, cut to what the tenant keeps."""
        return self._text(moment.astimezone(self._zone))

    def since(self, moment: datetime) -> str:
        """A time to list changes from: never later than `moment`.

        Where the clocks are about to go back, local times repeat, and a row that changes after
        `moment` can carry an earlier local time. The smaller offset is used already then, so
        that rows are read twice rather than missed.
        """
        local = moment.astimezone(self._zone)
        if self._time.style == "iso8601" and self._time.zone_written:
            return self._text(local)
        later = (moment + _CLOCK_CHANGE).astimezone(self._zone)
        drop = (local.utcoffset() or timedelta()) - (later.utcoffset() or timedelta())
        return self._text(local - drop if drop > timedelta() else local)

    def _text(self, local: datetime) -> str:
        cut = local.replace(microsecond=local.microsecond // self._step * self._step)
        if self._time.style == "pattern":
            return cut.strftime(self._time.pattern or "")
        if not self._time.zone_written:
            return cut.replace(tzinfo=None).isoformat(timespec=self._time.precision)
        text = cut.isoformat(timespec=self._time.precision)
        return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


class WordCodec(Generic[Word]):
    """The tenant's words for one of our enumerations: all are read, the first is written."""

    def __init__(self, words: Mapping[str, Words], kind: type[Word]) -> None:
        self._written = {kind(ours): _listed(theirs)[0] for ours, theirs in words.items()}
        self._read: dict[str, Word] = {}
        for ours, theirs in words.items():
            for word in _listed(theirs):
                self._read.setdefault(word, kind(ours))

    def read(self, word: object) -> Word | None:
        """Our word; None for one that the profile lacks."""
        return self._read.get(word) if isinstance(word, str) else None

    def write(self, word: Word) -> str:
        """The tenant's word.

        Raises:
            MonstockUnsupported: the tenant has none.
        """
        if word not in self._written:
            raise MonstockUnsupported(f"the profile has no word for {word.value!r}")
        return self._written[word]

    @property
    def known(self) -> tuple[str, ...]:
        """All of the tenant's words."""
        return tuple(self._read)


def _listed(words: Words) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else words
