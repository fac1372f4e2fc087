"""What a balance transaction of Stripe's is in the way of the money: sale, refund, dispute, fee.

Source: Stripe's documentation, "Reporting categories" and "Balance transaction types". Amounts of
balance transactions are in the currency of the balance, signed: money that goes is negative.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class MoneyKind(StrEnum):
    """A column of the way of the money. The values are keys for files and translations."""

    GROSS = "gross"
    REFUNDS = "refunds"
    DISPUTES = "disputes"
    FEES = "fees"
    OTHER = "other"
    PAYOUT = "payout"


# "Reporting categories"; what is not named here (top-ups, transfers, reserves, adjustments,
# whatever Stripe adds) is OTHER, so that nothing falls out of a sum.
CATEGORY_KIND: Mapping[str, MoneyKind] = MappingProxyType(
    {
        "charge": MoneyKind.GROSS,
        "charge_failure": MoneyKind.GROSS,
        "refund": MoneyKind.REFUNDS,
        "refund_failure": MoneyKind.REFUNDS,
        "partial_capture_reversal": MoneyKind.REFUNDS,
        "dispute": MoneyKind.DISPUTES,
        "dispute_reversal": MoneyKind.DISPUTES,
        "fee": MoneyKind.FEES,
        "network_cost": MoneyKind.FEES,
        "tax": MoneyKind.FEES,
        "payout": MoneyKind.PAYOUT,
        "payout_reversal": MoneyKind.PAYOUT,
    }
)
"""By `reporting_category`."""
