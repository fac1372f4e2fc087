"""Amounts, numbers and dates in the reader's manner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from typing import Any

from babel.core import Locale
from babel.dates import format_date, format_datetime, format_skeleton, get_timezone
from babel.numbers import (
    get_currency_symbol,
    get_decimal_symbol,
    get_group_symbol,
    get_minus_sign_symbol,
)
from babel.support import NullTranslations
from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.money import currency_exponent, to_decimal_text

from monstock_stripe_reconcile.errors import SettingError
from monstock_stripe_reconcile.report.translating import read_locale, read_translations

NONE = "\N{EN DASH}"
"""What stands where there is nothing."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """How a locale writes numbers. The page's script writes them by the same record.

    Attributes:
        grouping: how many digits the last group has, and each of those before it.
    """

    decimal: str
    group: str
    minus: str
    grouping: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sign:
    """How a locale writes a currency; pairs are for amounts that are not negative, and that are."""

    exponent: int
    before: tuple[str, str]
    after: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom the report is for: language, country and time zone."""

    locale: Locale
    zone: tzinfo
    texts: NullTranslations

    def text(self, message: str, /, **values: object) -> str:
        """Return a text in the reader's language, with values at its {names}."""
        said = self.texts.ugettext(message) if message else ""
        return said.format(**values) if values else said

    def count(self, one: str, many: str, number: int, /, **values: object) -> str:
        """Return a text that depends on a number, which stands at {number}."""
        said = self.texts.ungettext(one, many, number)
        return said.format(number=self.number(number), **values)

    def number(self, number: int) -> str:
        """Return a whole number."""
        numbers = _numbers(self.locale)
        digits = _grouped(str(abs(number)), numbers)
        return numbers.minus + digits if number < 0 else digits

    def amount(self, amount: int, currency: str) -> str:
        """Return minor units as an amount with its currency's sign and number of decimals."""
        numbers, sign = _numbers(self.locale), _sign(currency, self.locale)
        text = to_decimal_text(abs(amount), currency) if sign.exponent else str(abs(amount))
        whole, _, rest = text.partition(".")
        digits = _grouped(whole, numbers) + (numbers.decimal + rest if rest else "")
        return f"{sign.before[amount < 0]}{digits}{sign.after[amount < 0]}"

    def date_text(self, day: date) -> str:
        """Return a day; a moment (UTC, without a zone) is the day of it in the reader's zone."""
        return format_date(self.day(day), format="medium", locale=self.locale)

    def month(self, day: date) -> str:
        """Return the month of a day."""
        return format_skeleton("yMMMM", day, locale=self.locale)

    def day(self, moment: date) -> date:
        """Return the day of a moment in the reader's zone."""
        if not isinstance(moment, datetime):
            return moment
        return moment.replace(tzinfo=UTC).astimezone(self.zone).date()

    def moment(self, moment: datetime) -> str:
        """Return a moment (UTC, without a zone) in the reader's zone."""
        there = moment.replace(tzinfo=UTC)
        return format_datetime(there, format="medium", tzinfo=self.zone, locale=self.locale)

    def spelling(self, currencies: Iterable[str]) -> dict[str, Any]:
        """Return how numbers and currencies are written, for the page's script."""
        signs = {code: asdict(_sign(code, self.locale)) for code in sorted(set(currencies))}
        return asdict(_numbers(self.locale)) | {"none": NONE, "currencies": signs}


def reader(language: str, time_zone: str = "UTC") -> Reader:
    """Return the reader of a language (`fr`, `fr_CH`) and a time zone (`Europe/Paris`).

    Raises:
        SettingError: no texts in that language, or no such zone.
    """
    locale = read_locale(language)
    try:
        zone = get_timezone(time_zone)
    except LookupError:
        raise SettingError(
            f"time zone {time_zone!r:.60} is none; say one such as Europe/Paris"
        ) from None
    return Reader(locale, zone, read_translations(locale))


@cache
def _numbers(locale: Locale) -> Numbers:
    first, others = locale.currency_formats["standard"].grouping
    return Numbers(
        get_decimal_symbol(locale),
        get_group_symbol(locale),
        get_minus_sign_symbol(locale),
        (first, others),
    )


@cache
def _sign(currency: str, locale: Locale) -> Sign:
    """A currency's sign where the locale's pattern has ¤, and its exponent by ISO 4217.

    Babel's own formatting is not used: it takes decimals from CLDR, which differ from ISO's, lets
    letters touch digits (CHF1.00), and loses the apostrophes between Swiss groups of digits.
    """
    pattern = locale.currency_formats["standard"]
    sign, minus = get_currency_symbol(currency, locale), get_minus_sign_symbol(locale)
    space = "\N{NO-BREAK SPACE}" if sign[-1].isalpha() else ""
    try:
        exponent = currency_exponent(currency)
    except MoneyError:
        exponent = 0
    before = [part.replace("-", minus) for part in pattern.prefix]
    after = [part.replace("-", minus).replace("¤", sign) for part in pattern.suffix]
    before = [part.replace("¤", sign + space if part.endswith("¤") else sign) for part in before]
    return Sign(exponent, (before[0], before[1]), (after[0], after[1]))


def _grouped(digits: str, numbers: Numbers) -> str:
    groups: list[str] = []
    size = numbers.grouping[0]
    while len(digits) > size:
        digits, last = digits[:-size], digits[-size:]
        groups.insert(0, last)
        size = numbers.grouping[1]
    return numbers.group.join([digits, *groups])
