"""How Stripe's stand-in settles: every payment ends as euros on the account's balance."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

SETTLEMENT_CURRENCY = "eur"

_ZERO_DECIMAL = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga"}
    | {"pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
)  # Stripe, 'Supported currencies': zero-decimal currencies
_THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})  # the same page

_EUROS = {  # what one unit of a currency brings; any steady number will do for a stand-in
    "usd": Decimal("0.92"),
    "gbp": Decimal("1.17"),
    "chf": Decimal("1.06"),
    "jpy": Decimal("0.0061"),
    "kwd": Decimal("2.99"),
    "bhd": Decimal("2.44"),
    "isk": Decimal("0.0067"),
}
_ANY_OTHER = Decimal("0.5")


def settled(amount: int, currency: str) -> tuple[int, Decimal | None]:
    """Return an amount of Stripe's units of `currency` in euro cents, and the rate used.

    The rate is None where nothing was exchanged. It is applied to the units as they are, as
    Stripe's `exchange_rate` is.
    """
    if currency == SETTLEMENT_CURRENCY:
        return amount, None
    decimals = 0 if currency in _ZERO_DECIMAL else 3 if currency in _THREE_DECIMAL else 2
    rate = _EUROS.get(currency, _ANY_OTHER) * Decimal(10) ** (2 - decimals)
    return int((amount * rate).to_integral_value(ROUND_HALF_EVEN)), rate


def card_fee(amount: int) -> int:
    """Return the fee on so many euro cents: 1.5 % and 25 cents, never more than the amount."""
    return min(amount, amount * 15 // 1000 + 25)
