"""Which amounts Stripe charges (Stripe docs, 'Supported currencies').

Stripe's smallest charge is set by the currency that the money settles in: the table below. The
account here settles in every currency of that table; what comes in another one is converted to
euros and must be worth the smallest charge of euros.
"""

from __future__ import annotations

from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.money import stripe_exponent

from monstock_stripe_sandbox.stripe_errors import StripeError, invalid
from monstock_stripe_sandbox.stripe_money import SETTLEMENT_CURRENCY, settled

LEAST = {
    "aed": 200,
    "aud": 50,
    "bgn": 100,
    "brl": 50,
    "cad": 50,
    "chf": 50,
    "czk": 1500,
    "dkk": 250,
    "eur": 50,
    "gbp": 30,
    "hkd": 400,
    "huf": 17500,
    "inr": 50,
    "jpy": 50,
    "mxn": 1000,
    "myr": 200,
    "nok": 300,
    "nzd": 50,
    "pln": 200,
    "ron": 200,
    "sek": 300,
    "sgd": 50,
    "thb": 1000,
    "usd": 50,
}
"""'Minimum and maximum charge amounts', in Stripe's units."""

_MOST = {"idr": 999_999_999_999}
_USUAL_MOST = 99_999_999
"""The same page: twelve digits of rupiahs, eight of everything else."""

_ENDS_IN_0 = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
_ENDS_IN_00 = frozenset({"isk", "ugx"})
"""The same page, 'Three-decimal currencies' and 'Special cases'."""


def checked_currency(name: str, code: str) -> str:
    """Return a currency in small letters.

    Raises:
        StripeError: Stripe knows no such currency.
    """
    try:
        stripe_exponent(code.upper())
    except MoneyError:
        raise invalid(name, f"Invalid currency: {code.lower()}.") from None
    return code.lower()


def check_charge(amount: int, currency: str, param: str = "amount") -> None:
    """Check that Stripe would charge so much.

    Raises:
        StripeError: it is too little or too much, or no amount of that currency.
    """
    if amount < 1:
        raise invalid(
            param,
            "This value must be greater than or equal to 1.",
            "parameter_invalid_integer",
        )
    check_most(amount, currency, param)
    step = 10 if currency in _ENDS_IN_0 else 100 if currency in _ENDS_IN_00 else 1
    if amount % step:
        raise invalid(param, f"Invalid amount: {currency} amounts must be divisible by {step}")
    if is_too_small(amount, currency):
        raise StripeError(400, _too_small(amount, currency), code="amount_too_small", param=param)


def check_most(amount: int, currency: str, param: str = "amount") -> None:
    """Check that an amount is none that Stripe cannot charge at once.

    Raises:
        StripeError: it is too large.
    """
    most = _MOST.get(currency, _USUAL_MOST)
    if amount > most:
        raise StripeError(
            400,
            f"Amount must be no more than {_shown(most, currency)}",
            code="amount_too_large",
            param=param,
        )


def is_too_small(amount: int, currency: str) -> bool:
    """Say whether an amount is below Stripe's smallest charge."""
    if currency in LEAST:
        return amount < LEAST[currency]
    return settled(amount, currency)[0] < LEAST[SETTLEMENT_CURRENCY]


def smallest(currency: str) -> str:
    """Return Stripe's smallest charge, as its messages write it."""
    known = currency if currency in LEAST else SETTLEMENT_CURRENCY
    return _shown(LEAST[known], known)


def _too_small(amount: int, currency: str) -> str:
    if currency in LEAST:
        return f"Amount must be at least {_shown(LEAST[currency], currency)} {currency}"
    worth = _shown(settled(amount, currency)[0], SETTLEMENT_CURRENCY)
    return (
        f"Amount must convert to at least {LEAST[SETTLEMENT_CURRENCY]} cents. "
        f"{_shown(amount, currency)} converts to approximately {worth}."
    )


def _shown(amount: int, currency: str) -> str:
    decimals = stripe_exponent(currency.upper())
    digits = f"{amount:0{decimals + 1}d}"
    whole, part = (digits[:-decimals], digits[-decimals:]) if decimals else (digits, "")
    text = f"{int(whole):,}" + (f".{part}" if part else "")
    return f"{_SIGNS.get(currency, currency.upper() + ' ')}{text}"


_SIGNS = {"eur": "€", "gbp": "£", "jpy": "¥", "usd": "$"}
