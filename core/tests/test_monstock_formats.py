"""Amounts, times and words at a tenant's edge: exact, or refused with a reason."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.monstock_formats import MoneyCodec, TimeCodec
from monstock_stripe_core.profile import MoneyFormat, TimeFormat

MINOR = MoneyCodec(MoneyFormat("minor", "integer"))
TEXT = MoneyCodec(MoneyFormat("decimal", "string"))
NUMBER = MoneyCodec(MoneyFormat("decimal", "number"))


@pytest.mark.parametrize(
    ("currency", "amount", "text"),
    [
        ("EUR", 1234, "12.34"),
        ("EUR", -5, "-0.05"),
        ("JPY", 1234, "1234"),
        ("KWD", 1234, "1.234"),
        ("ISK", 500, "500"),
        ("UGX", 500, "500"),
        ("EUR", 0, "0.00"),
        ("EUR", 9223372036854775807, "92233720368547758.07"),
    ],
)
def test_decimals_follow_the_currency(currency: str, amount: int, text: str) -> None:
    assert TEXT.write(amount, currency) == text
    assert TEXT.read(text, currency, "total") == amount
    assert NUMBER.write(amount, currency) == Decimal(text)
    assert NUMBER.read(Decimal(text), currency, "total") == amount
    assert MINOR.write(amount, currency) == amount
    assert MINOR.read(amount, currency, "total") == amount


@pytest.mark.parametrize(
    ("codec", "value", "currency", "reason"),
    [
        (MINOR, 12.0, "EUR", "total must be a whole number of minor units"),
        (MINOR, Decimal("12.0"), "EUR", "whole number"),
        (MINOR, "12", "EUR", "whole number"),
        (MINOR, True, "EUR", "whole number"),
        (MINOR, None, "EUR", "whole number"),
        (MINOR, 2**63, "EUR", "beyond 64 bits"),
        (TEXT, "12.345", "EUR", "more decimals than EUR has"),
        (TEXT, "0.5", "JPY", "more decimals than JPY has"),
        (TEXT, "1.2345", "KWD", "more decimals than KWD has"),
        (TEXT, "92233720368547758.08", "EUR", "beyond 64 bits"),
        (TEXT, "1e400", "EUR", "not an amount"),
        (TEXT, "NaN", "EUR", "not an amount"),
        (TEXT, "Infinity", "EUR", "not an amount"),
        (TEXT, "12,34", "EUR", "not a number"),
        (TEXT, "", "EUR", "not a number"),
        (TEXT, 12.34, "EUR", "decimal text, not float"),
        (TEXT, "1.00", "EURO", "unknown currency"),
        (TEXT, "1.00", "XAU", "unknown currency"),
    ],
)
def test_what_is_no_amount_is_refused(
    codec: MoneyCodec, value: object, currency: str, reason: str
) -> None:
    with pytest.raises(MoneyError, match=reason):
        codec.read(value, currency, "total")


def test_trailing_zeros_are_no_fraction() -> None:
    assert TEXT.read("12.340000", "EUR", "total") == 1234
    assert TEXT.read(" 500.00 ", "JPY", "total") == 500


@given(
    amount=st.integers(-(2**63) + 1, 2**63 - 1),
    currency=st.sampled_from(["EUR", "JPY", "KWD", "ISK", "UGX", "CLF", "MGA"]),
)
def test_every_amount_comes_back_as_it_went(amount: int, currency: str) -> None:
    for codec in (MINOR, TEXT, NUMBER):
        assert codec.read(codec.write(amount, currency), currency, "amount") == amount


def times(
    style: Literal["iso8601", "pattern"] = "iso8601",
    pattern: str | None = None,
    zone: str = "UTC",
    written: bool = True,
    precision: Literal["microseconds", "milliseconds", "seconds"] = "microseconds",
) -> TimeCodec:
    return TimeCodec(TimeFormat(style, pattern, zone, written, precision))


PARIS = times("pattern", "%d/%m/%Y %H:%M:%S", "Europe/Paris")


@pytest.mark.parametrize(
    ("codec", "text", "moment"),
    [
        (times(), "2026-03-01T08:00:00.000001Z", datetime(2026, 3, 1, 8, 0, 0, 1, UTC)),
        (times(), "2026-03-01T10:00:00+02:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        (times(zone="Europe/Paris"), "2026-03-01T09:00:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        (PARIS, "01/03/2026 09:00:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        (PARIS, "01/07/2026 10:00:00", datetime(2026, 7, 1, 8, tzinfo=UTC)),
        # 02:30 comes twice on the night of 25 October 2026: taken for the first.
        (PARIS, "25/10/2026 02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_times_are_read_to_utc(codec: TimeCodec, text: str, moment: datetime) -> None:
    assert codec.read(text, "updated_at") == moment


@pytest.mark.parametrize("value", [None, 5, "", "yesterday", "2026-13-01T00:00:00Z", "01/02/2026"])
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="updated_at"):
        times().read(value, "updated_at")


def test_times_are_written_in_the_tenants_way() -> None:
    moment = datetime(2026, 7, 1, 8, 0, 0, 123456, UTC)
    assert times().write(moment) == "2026-07-01T08:00:00.123456Z"
    assert times(precision="milliseconds").write(moment) == "2026-07-01T08:00:00.123Z"
    assert times(zone="Europe/Paris").write(moment) == "2026-07-01T10:00:00.123456+02:00"
    assert times(zone="Europe/Paris", written=False, precision="seconds").write(moment) == (
        "2026-07-01T10:00:00"
    )
    assert PARIS.write(moment) == "01/07/2026 10:00:00"


@given(
    st.one_of(
        st.integers(1_767_225_600, 1_798_761_600),  # 2026
        st.integers(1_792_880_000, 1_792_900_000),  # the night of 25 October
    ).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
)
def test_no_later_change_has_a_local_time_before_the_one_asked_for(since: datetime) -> None:
    """Also in the night in which the clocks go back and local times repeat."""
    codec = times(zone="Europe/Paris", written=False)
    asked = codec.since(since)
    for minutes in (0, 1, 29, 30, 59, 60, 61, 90, 119, 120, 121, 180, 600):
        changed = datetime.fromtimestamp(since.timestamp() + 60 * minutes, UTC)
        assert codec.write(changed)[:19] >= asked[:19]


def test_the_night_the_clocks_go_back_is_read_again() -> None:
    before = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)  # 02:50 in Paris, for the first time
    assert PARIS.since(before) == "25/10/2026 01:50:00"
    assert PARIS.write(before) == "25/10/2026 02:50:00"
