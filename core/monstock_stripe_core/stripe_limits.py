"""Which amounts Stripe charges at all.

Source: Stripe docs, 'Supported currencies', 'Minimum and maximum charge amounts'. The smallest
charge really goes by the currency that the money settles in, which only Stripe knows: where a
currency is not in the table, or is converted, Stripe's own answer decides.
"""

from collections.abc import Mapping
from types import MappingProxyType

from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.money import from_stripe, to_decimal_text, to_stripe

_LEAST: Mapping[str, int] = MappingProxyType(
    {
        "AED": 200,
        "ARS": 50,
        "AUD": 50,
        "BRL": 50,
        "CAD": 50,
        "CHF": 50,
        "COP": 50,
        "CZK": 1500,
        "DKK": 250,
        "EUR": 50,
        "GBP": 30,
        "HKD": 400,
        "HUF": 17500,
        "IDR": 50,
        "ILS": 50,
        "INR": 50,
        "JPY": 50,
        "KRW": 50,
        "MXN": 1000,
        "MYR": 200,
        "NOK": 300,
        "NZD": 50,
        "PHP": 50,
        "PLN": 200,
        "RON": 200,
        "RUB": 50,
        "SEK": 300,
        "SGD": 50,
        "THB": 1000,
        "USD": 50,
        "ZAR": 50,
    }
)
"""In Stripe's units."""

_MOST: Mapping[str, int] = MappingProxyType(
    {"IDR": 999_999_999_999, "COP": 9_999_999_999, "INR": 999_999_999}
)
_USUAL_MOST = 99_999_999
"""Eight digits, and the exceptions of the same page. It lets most cards take twelve, but not the
other ways to pay; the reference of `amount` says eight, whatever pays."""


def charge_refusal(amount: int, currency: str) -> str | None:
    """Why Stripe would not charge so much; None where it would, as far as one can know.

    Args:
        amount: ISO minor units.
        currency: ISO code.
    """
    try:
        units = to_stripe(amount, currency)
    except MoneyError as error:
        return str(error)
    shown = f"{to_decimal_text(amount, currency)} {currency}"
    if units <= 0:
        return f"{shown} is nothing to charge"
    least, most = _LEAST.get(currency, 1), _MOST.get(currency, _USUAL_MOST)
    if units < least:
        return f"{shown} is less than the least that Stripe charges, {_shown(least, currency)}"
    if units > most:
        return f"{shown} is more than the most that Stripe charges, {_shown(most, currency)}"
    return None


def _shown(units: int, currency: str) -> str:
    """A limit as people write it; where it has no whole number of the currency, rounded down."""
    step = to_stripe(1, currency) if currency in _COARSER else 1
    return to_decimal_text(from_stripe(units - units % step, currency), currency)


_COARSER = frozenset({"ISK", "UGX"})
"""Currencies of which Stripe counts hundredths that do not exist."""
