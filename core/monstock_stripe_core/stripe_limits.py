"""Which amounts Stripe charges at all.

Source: Stripe docs, 'Supported currencies', 'Minimum and maximum charge amounts'. The smallest
charge really goes by the currency that the money settles in, which only Stripe knows: where a
currency is not in the table, or is converted, Stripe's own answer decides.
"""

from collections.abc import Mapping
from types import MappingProxyType

from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.money import to_decimal_text, to_stripe

_LEAST: Mapping[str, int] = MappingProxyType(
    {
        "AED": 200,
        "AUD": 50,
        "BGN": 100,
        "BRL": 50,
        "CAD": 50,
        "CHF": 50,
        "CZK": 1500,
        "DKK": 250,
        "EUR": 50,
        "GBP": 30,
        "HKD": 400,
        "HUF": 17500,
        "INR": 50,
        "JPY": 50,
        "MXN": 1000,
        "MYR": 200,
        "NOK": 300,
        "NZD": 50,
        "PLN": 200,
        "RON": 200,
        "SEK": 300,
        "SGD": 50,
        "THB": 1000,
        "USD": 50,
    }
)
"""In Stripe's units."""

_MOST: Mapping[str, int] = MappingProxyType({"IDR": 999_999_999_999})
_USUAL_MOST = 99_999_999
"""Twelve digits of rupiahs, eight of everything else."""


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
    least, most = _LEAST.get(currency, 1), _MOST.get(currency, _USUAL_MOST)
    if units < least:
        return f"{shown} is less than the least that Stripe charges ({least} in its units)"
    if units > most:
        return f"{shown} is more than the most that Stripe charges ({most} in its units)"
    return None
