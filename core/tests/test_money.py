"""Money: integers of ISO minor units, Stripe's own ways of counting, exact decimals."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.money import (
    LARGEST_AMOUNT,
    Money,
    currency_exponent,
    from_decimal,
    from_stripe,
    iso_currency,
    minor_units,
    stripe_exponent,
    to_decimal_text,
    to_stripe,
)

EVERY_KIND = ("EUR", "USD", "JPY", "KWD", "BHD", "ISK", "UGX", "MGA", "KRW", "XOF", "HUF")


@pytest.mark.parametrize(
    ("currency", "stripe_amount", "iso_amount", "text"),
    [
        ("EUR", 1234, 1234, "12.34"),
        ("JPY", 500, 500, "500"),
        ("KRW", 1000, 1000, "1000"),
        ("XAF", 655, 655, "655"),
        ("KWD", 1230, 1230, "1.230"),
        ("BHD", 10, 10, "0.010"),
        ("JOD", 5000, 5000, "5.000"),
        ("OMR", 90, 90, "0.090"),
        ("TND", 100, 100, "0.100"),
        ("ISK", 150000, 1500, "1500"),
        ("UGX", 500000, 5000, "5000"),
        ("MGA", 1200, 120000, "1200.00"),
        ("HUF", 10045, 10045, "100.45"),
    ],
)
def test_stripe_counts_a_currency_its_own_way(
    currency: str, stripe_amount: int, iso_amount: int, text: str
) -> None:
    assert from_stripe(stripe_amount, currency) == iso_amount
    assert to_stripe(iso_amount, currency) == stripe_amount
    assert to_decimal_text(iso_amount, currency) == text
    assert from_decimal(text, currency) == iso_amount


@pytest.mark.parametrize(
    "currency",
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ],
)
def test_stripes_zero_decimal_currencies_have_no_decimals(currency: str) -> None:
    assert stripe_exponent(currency) == 0


@pytest.mark.parametrize("currency", ["BHD", "JOD", "KWD", "OMR", "TND"])
def test_three_decimal_currencies_are_sent_with_a_last_digit_of_0(currency: str) -> None:
    assert currency_exponent(currency) == 3
    with pytest.raises(MoneyError, match="end in 0"):
        to_stripe(1234, currency)


@pytest.mark.parametrize("currency", ["ISK", "UGX"])
def test_a_fraction_that_the_currency_does_not_have_is_refused(currency: str) -> None:
    with pytest.raises(MoneyError, match="not a whole number"):
        from_stripe(1050, currency)


def test_stripe_cannot_express_a_fraction_of_an_ariary() -> None:
    with pytest.raises(MoneyError, match="whole units"):
        to_stripe(150, "MGA")


@pytest.mark.parametrize(
    "code", ["XYZ", "EURO", "", "eur ", "XAU", "XXX", "978", "\u017fek", "\uff25UR"]
)
def test_an_unknown_currency_is_refused(code: str) -> None:
    with pytest.raises(MoneyError, match="unknown currency"):
        iso_currency(code)


@pytest.mark.parametrize("code", [None, 978, 1.5, True, ["eur"]])
def test_a_currency_is_a_text(code: object) -> None:
    with pytest.raises(MoneyError, match="must be a three-letter text"):
        iso_currency(code)


def test_stripe_writes_currencies_in_small_letters() -> None:
    assert iso_currency("eur") == "EUR"


@pytest.mark.parametrize("amount", [12.0, 12.5, float("nan"), True, False, "12", None, Decimal(12)])
def test_only_an_integer_is_an_amount(amount: object) -> None:
    with pytest.raises(MoneyError, match="amount_received must be a whole number"):
        minor_units(amount, what="amount_received")


@pytest.mark.parametrize("amount", [2**63, -(2**63), 10**30])
def test_an_amount_beyond_64_bits_is_refused(amount: int) -> None:
    with pytest.raises(MoneyError, match="64 bits"):
        minor_units(amount)
    with pytest.raises(MoneyError):
        from_decimal(amount, "JPY")


def test_an_amount_too_long_to_be_written_down_is_refused_too() -> None:
    with pytest.raises(MoneyError, match="64 bits"):
        minor_units(10**5000)
    with pytest.raises(MoneyError, match="64 bits"):
        from_decimal(10**5000, "EUR")


def test_an_amount_that_outgrows_64_bits_by_conversion_is_refused() -> None:
    with pytest.raises(MoneyError, match="64 bits"):
        from_stripe(LARGEST_AMOUNT, "MGA")


@pytest.mark.parametrize(
    ("value", "currency", "units"),
    [
        ("12.34", "EUR", 1234),
        ("-12.34", "EUR", -1234),
        ("12", "EUR", 1200),
        ("12.30", "EUR", 1230),
        ("12.340000", "EUR", 1234),
        ("1.2E+3", "EUR", 120000),
        ("0e-99999", "EUR", 0),
        (Decimal("0.1"), "EUR", 10),
        (7, "JPY", 7),
        ("0.001", "KWD", 1),
    ],
)
def test_decimals_are_read_exactly(value: str | Decimal | int, currency: str, units: int) -> None:
    assert from_decimal(value, currency) == units


@pytest.mark.parametrize(
    "value", ["12.345", "0.5e-70", "1e30", "nan", "inf", "twelve", "", "1e999999999", 1.5, True]
)
def test_what_is_no_amount_of_euros_is_refused(value: object) -> None:
    with pytest.raises(MoneyError):
        from_decimal(value, "EUR")  # type: ignore[arg-type]


def test_only_equal_currencies_add_up() -> None:
    assert Money(100, "EUR") + Money(23, "EUR") == Money(123, "EUR")
    with pytest.raises(MoneyError, match="EUR and USD do not add up"):
        Money(100, "EUR") + Money(100, "USD")


def test_money_reads_like_a_price() -> None:
    assert str(Money(-5, "EUR")) == "-0.05 EUR"
    assert str(Money(1500, "ISK")) == "1500 ISK"


@given(st.integers(-LARGEST_AMOUNT, LARGEST_AMOUNT), st.sampled_from(EVERY_KIND))
def test_a_decimal_text_says_the_amount_exactly(amount: int, currency: str) -> None:
    assert from_decimal(to_decimal_text(amount, currency), currency) == amount


@given(st.integers(-(10**15), 10**15), st.sampled_from(EVERY_KIND))
def test_what_stripe_sent_goes_back_as_it_came(amount: int, currency: str) -> None:
    if currency in ("ISK", "UGX"):
        amount *= 100
    if currency in ("KWD", "BHD"):
        amount *= 10
    assert to_stripe(from_stripe(amount, currency), currency) == amount
