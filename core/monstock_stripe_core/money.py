"""Money: an integer of minor units together with its ISO 4217 currency.

Stripe counts some currencies in other units than ISO 4217 does ("Supported currencies" in
Stripe's documentation). Those exceptions live here and nowhere else: past this module every amount
is in ISO minor units.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache

from iso4217 import Currency

from monstock_stripe_core.errors import MoneyError

LARGEST_AMOUNT = 2**63 - 1
"""Amounts are kept in signed 64-bit columns; anything beyond is refused."""

# Stripe documentation, "Supported currencies": zero-decimal currencies.
_STRIPE_ZERO_DECIMAL = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"}
    | {"PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
# Same page: three-decimal currencies, whose amounts must end in 0.
_STRIPE_ENDS_IN_ZERO = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
# Same page, "Special cases": zero-decimal by ISO, yet sent with two decimals that are always 00.
_STRIPE_TWO_DECIMAL = frozenset({"ISK", "UGX"})


@cache
def currency_exponent(currency: str) -> int:
    """The number of decimals of an ISO 4217 currency.

    Args:
        currency: a three-letter code in capitals.

    Raises:
        MoneyError: no such currency, or one without minor units (gold, test codes).
    """
    try:
        exponent = Currency(currency).exponent
    except ValueError:
        exponent = None
    if exponent is None:
        raise MoneyError(
            f"unknown currency {currency[:16]!r}: expected an ISO 4217 code like 'EUR'"
        )
    return int(exponent)


def _power_of_ten(exponent: int) -> int:
    """Ten to a power that is not negative; an int by type as well as by value."""
    return int("1" + "0" * exponent)


@cache
def stripe_exponent(currency: str) -> int:
    """The number of decimals in which Stripe's API counts a currency.

    Args:
        currency: a three-letter ISO code in capitals.

    Raises:
        MoneyError: no such currency.
    """
    if currency in _STRIPE_ZERO_DECIMAL:
        return 0
    if currency in _STRIPE_TWO_DECIMAL:
        return 2
    return currency_exponent(currency)


def iso_currency(code: object) -> str:
    """A currency code as Stripe or a shop writes it ("eur"), as ISO does ("EUR").

    Raises:
        MoneyError: not a text, or no ISO 4217 currency.
    """
    if not isinstance(code, str):
        raise MoneyError(f"currency must be a three-letter text, not {type(code).__name__}")
    # Only ASCII: upper() would make an S of a long s.
    currency = code.upper() if code.isascii() else code
    currency_exponent(currency)
    return currency


def minor_units(amount: object, *, what: str = "amount") -> int:
    """An integer amount that fits 64 bits, or a refusal.

    Args:
        amount: what came in; a bool or a float is never an amount.
        what: the name of the field, for the message.

    Raises:
        MoneyError: not an integer, or beyond 64 bits.
    """
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise MoneyError(f"{what} must be a whole number of minor units, not {amount!r:.40}")
    if abs(amount) > LARGEST_AMOUNT:
        raise MoneyError(f"{what} is beyond 64 bits: refused")
    return amount


def tolerances(by_currency: Mapping[str, object]) -> dict[str, int]:
    """What a setting gives for each currency as a difference that counts as none.

    Args:
        by_currency: minor units by ISO code.

    Raises:
        MoneyError: a code that is none, or an amount that is no whole number.
    """
    return {
        iso_currency(code): minor_units(amount, what=f"tolerance for {code}")
        for code, amount in by_currency.items()
    }


def from_stripe(amount: object, currency: str, *, what: str = "amount") -> int:
    """Stripe's integer for a currency, in ISO minor units.

    Args:
        amount: the integer of Stripe's API.
        currency: ISO code in capitals.
        what: the name of the field, for the message.

    Raises:
        MoneyError: no integer, too large, or a fraction of an ISO minor unit (ISK 1050 at Stripe
            would be 10.5 krónur, which do not exist).
    """
    units = minor_units(amount, what=what)
    shift = currency_exponent(currency) - stripe_exponent(currency)
    if shift >= 0:
        return minor_units(units * _power_of_ten(shift), what=what)
    whole, rest = divmod(units, _power_of_ten(-shift))
    if rest:
        raise MoneyError(f"{what} {units} of {currency} is not a whole number of {currency}")
    return whole


def to_stripe(amount: int, currency: str) -> int:
    """ISO minor units as the integer that Stripe's API expects for the currency.

    Raises:
        MoneyError: Stripe cannot express the amount (fractions of an ariary, the last of three
            decimals of a dinar).
    """
    if currency in _STRIPE_ENDS_IN_ZERO and amount % 10:
        raise MoneyError(f"Stripe's amounts of {currency} end in 0: {amount} refused")
    shift = stripe_exponent(currency) - currency_exponent(currency)
    if shift >= 0:
        return minor_units(amount * _power_of_ten(shift))
    whole, rest = divmod(amount, _power_of_ten(-shift))
    if rest:
        raise MoneyError(f"Stripe counts {currency} in whole units: {amount} minor units refused")
    return whole


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in ISO minor units and its currency. Only equal currencies add up."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        minor_units(self.amount)
        currency_exponent(self.currency)

    def __add__(self, other: "Money") -> "Money":
        if self.currency != other.currency:
            raise MoneyError(f"{self.currency} and {other.currency} do not add up")
        return Money(self.amount + other.amount, self.currency)

    def __str__(self) -> str:
        return f"{to_decimal_text(self.amount, self.currency)} {self.currency}"


def to_decimal_text(amount: int, currency: str) -> str:
    """Minor units as a decimal text with the currency's number of decimals: 1234 EUR → "12.34"."""
    exponent = currency_exponent(currency)
    sign = "-" if amount < 0 else ""
    digits = str(abs(amount)).rjust(exponent + 1, "0")
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}" if exponent else sign + digits


def from_decimal(value: str | Decimal | int, currency: str, *, what: str = "amount") -> int:
    """A decimal number of major units, exactly, in minor units: "12.34" EUR → 1234.

    Args:
        value: text, Decimal or int of major units; a float is refused.
        currency: ISO code in capitals.
        what: the name of the field, for the message.

    Raises:
        MoneyError: no number, a fraction of a minor unit, or beyond 64 bits.
    """
    if isinstance(value, bool) or not isinstance(value, str | Decimal | int):
        raise MoneyError(f"{what} must be a decimal text, not {type(value).__name__}")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise MoneyError(f"{what} is not a number: {value!r:.40}") from None
    if not number.is_finite() or number.adjusted() > len(str(LARGEST_AMOUNT)):
        raise MoneyError(f"{what} is not an amount, or beyond 64 bits: refused")
    sign, digits, exponent = number.as_tuple()
    shift = currency_exponent(currency) + int(exponent)
    units = int("".join(map(str, digits)))
    if shift >= 0:
        units *= _power_of_ten(shift)
    else:
        units, rest = divmod(units, _power_of_ten(-shift)) if -shift < 64 else (0, units)
        if rest:
            raise MoneyError(f"{what} {value} has more decimals than {currency} has")
    return minor_units(-units if sign else units, what=what)
