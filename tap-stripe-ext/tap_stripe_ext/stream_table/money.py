"""Money on its way to and from the bank, and between accounts."""

from __future__ import annotations

from tap_stripe_ext.stream_table import permissions
from tap_stripe_ext.stream_table.row import Announcement, Parent, StreamRow

MONEY: tuple[StreamRow, ...] = (
    StreamRow(
        name="exchange_rates",
        path="/v1/exchange_rates",
        object_name="exchange_rate",
        model="stripe.ExchangeRate",
        permission=permissions.EXCHANGE_RATES,
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="payouts",
        path="/v1/payouts",
        object_name="payout",
        model="stripe.Payout",
        permission=permissions.PAYOUTS,
        announced_by=(Announcement("payout.*", "payout"),),
        by_default=True,
    ),
    StreamRow(
        name="payout_balance_transactions",
        path="/v1/balance_transactions",
        object_name="balance_transaction",
        model="stripe.BalanceTransaction",
        permission=permissions.BALANCE_TRANSACTIONS,
        parent=Parent("payouts", "payout", "payout", only_if="automatic"),
        keys=("payout", "id"),
        announced_by=(Announcement("payout.*", "payout"),),
    ),
    StreamRow(
        name="top_ups",
        path="/v1/topups",
        object_name="topup",
        model="stripe.Topup",
        permission=permissions.TOP_UPS,
        announced_by=(Announcement("topup.*", "topup"),),
        edited_silently=True,  # there is no event topup.updated
    ),
    StreamRow(
        name="transfers",
        path="/v1/transfers",
        object_name="transfer",
        model="stripe.Transfer",
        permission=permissions.TRANSFERS,
        announced_by=(Announcement("transfer.*", "transfer"),),
        nested_lists=("reversals",),
    ),
    StreamRow(
        name="transfer_reversals",
        path="/v1/transfers/{id}/reversals",
        object_name="transfer_reversal",
        model="stripe.TransferReversal",
        permission=permissions.TRANSFERS,
        parent=Parent("transfers", "id", "transfer", embedded="reversals"),
        created_filter=False,
        announced_by=(Announcement("transfer.*", "transfer"),),
        unnoticed="edits of metadata until the transfer changes",
    ),
)
