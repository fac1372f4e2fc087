"""Amounts and dates are written in the reader's manner, with the currency's own decimals."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monstock_stripe_core.money import to_decimal_text
from monstock_stripe_reconcile.errors import SettingError
from monstock_stripe_reconcile.report.reader import reader

NBSP, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("language", "amount", "currency", "written"),
    [
        ("en", 123_456_789, "EUR", "€1,234,567.89"),
        ("en", -5, "EUR", "-€0.05"),
        ("en", 0, "EUR", "€0.00"),
        ("en", 1_000, "JPY", "¥1,000"),
        ("en", 1_234_567, "KWD", f"KWD{NBSP}1,234.567"),
        ("en", -123_456, "CHF", f"-CHF{NBSP}1,234.56"),
        ("en", 2**63 - 1, "EUR", "€92,233,720,368,547,758.07"),
        ("en_GB", 100, "USD", "US$1.00"),
        ("en_IN", 123_456_789, "EUR", "€12,34,567.89"),
        ("fr", 123_456_789, "EUR", f"1{NARROW}234{NARROW}567,89{NBSP}€"),
        ("fr", -5, "EUR", f"-0,05{NBSP}€"),
        ("fr", 1_000, "JPY", f"1{NARROW}000{NBSP}JPY"),
        ("fr-CH", 123_456_789, "CHF", f"1'234'567,89{NBSP}CHF"),
        # CLDR gives an Iraqi dinar no decimals and ISO 4217 three: the books are kept by ISO's.
        ("en", 1_500, "IQD", f"IQD{NBSP}1.500"),
    ],
)
def test_amounts(language, amount, currency, written):
    assert reader(language).amount(amount, currency) == written


@given(st.integers(-(2**63) + 1, 2**63 - 1), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_no_digit_of_an_amount_is_lost(amount, currency):
    written = reader("fr").amount(amount, currency)
    digits = "".join(sign for sign in written if sign.isdigit())
    assert digits == to_decimal_text(abs(amount), currency).replace(".", "")
    assert written.startswith("-") == (amount < 0)


def test_a_moment_is_shown_in_the_readers_time_zone():
    late = datetime.fromisoformat("2026-11-27T23:30:00")
    assert reader("fr", "Europe/Paris").moment(late) == "28 nov. 2026, 00:30:00"
    assert reader("fr", "Europe/Paris").date_text(late) == "28 nov. 2026"
    assert reader("en").date_text(late) == "Nov 27, 2026"
    assert reader("en", "America/New_York").date_text(date(2026, 11, 27)) == "Nov 27, 2026"


@pytest.mark.parametrize(
    ("language", "zone", "named"),
    [("de", "UTC", "language 'de'"), ("xx", "UTC", "language 'xx'"), ("en", "Mars", "'Mars'")],
)
def test_a_language_or_zone_that_is_none_is_refused_by_name(language, zone, named):
    with pytest.raises(SettingError, match=named):
        reader(language, zone)


def test_french_counts_none_as_one():
    french = reader("fr")
    said = [french.count("{number} order", "{number} orders", number) for number in (0, 1, 2)]
    assert said == ["0 commande", "1 commande", "2 commandes"]
