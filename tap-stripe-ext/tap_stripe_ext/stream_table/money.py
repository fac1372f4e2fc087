"""Money on its way to and from the bank."""

from __future__ import annotations

from tap_stripe_ext.stream_table.row import Announcement, Parent, StreamRow

MONEY: tuple[StreamRow, ...] = (
    StreamRow(
        name="payouts",
        path="/v1/payouts",
        object_name="payout",
        model="stripe.Payout",
        permission="Payouts: Read (rak_payout_read)",
        announced_by=(Announcement("payout.*", "payout"),),
    ),
    StreamRow(
        name="payout_balance_transactions",
        path="/v1/balance_transactions",
        object_name="balance_transaction",
        model="stripe.BalanceTransaction",
        permission="Balance transaction sources: Read (rak_balance_transaction_source_read)",
        parent=Parent("payouts", "payout", "payout", only_if="automatic"),
        keys=("payout", "id"),
        announced_by=(Announcement("payout.*", "payout"),),
    ),
)
