"""What Stripe charges at all, by currency."""

import pytest
from monstock_stripe_core.stripe_limits import charge_refusal


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        (50, "EUR"),
        (99_999_999, "EUR"),
        (30, "GBP"),
        (1500, "CZK"),
        (50, "JPY"),
        (99_999_999, "JPY"),
        (999_999, "ISK"),
        (99_999_990, "KWD"),
        (999_999_999_999, "IDR"),
        (9_999_999_999, "COP"),
        (999_999_999, "INR"),
        (100, "MGA"),
    ],
)
def test_what_stripe_charges(amount: int, currency: str) -> None:
    assert charge_refusal(amount, currency) is None


@pytest.mark.parametrize(
    ("amount", "currency", "reason"),
    [
        (49, "EUR", "0.49 EUR is less than the least that Stripe charges, 0.50"),
        (1499, "CZK", "14.99 CZK is less than the least that Stripe charges, 15.00"),
        (49, "JPY", "49 JPY is less than the least that Stripe charges, 50"),
        (0, "EUR", "0.00 EUR is nothing to charge"),
        (-50, "EUR", "-0.50 EUR is nothing to charge"),
        (0, "ISK", "0 ISK is nothing to charge"),
        (100_000_000, "EUR", "1000000.00 EUR is more than the most that Stripe charges, 999999.99"),
        (1_000_000, "ISK", "1000000 ISK is more than the most that Stripe charges, 999999"),
        (
            100_000_000,
            "KWD",
            "100000.000 KWD is more than the most that Stripe charges, 99999.999",
        ),
        (
            10_000_000_000,
            "COP",
            "100000000.00 COP is more than the most that Stripe charges, 99999999.99",
        ),
        (1234, "KWD", "Stripe's amounts of KWD end in 0: 1234 refused"),
        (150, "MGA", "Stripe counts MGA in whole units: 150 minor units refused"),
    ],
)
def test_what_stripe_does_not_charge(amount: int, currency: str, reason: str) -> None:
    assert charge_refusal(amount, currency) == reason
