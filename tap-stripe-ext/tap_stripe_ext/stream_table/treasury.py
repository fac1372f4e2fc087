"""Treasury: financial accounts and what moves in them."""

from __future__ import annotations

from tap_stripe_ext.stream_table import permissions
from tap_stripe_ext.stream_table.row import Announcement, Parent, StreamRow

_OF_FINANCIAL_ACCOUNT = Parent(
    "treasury_financial_accounts", "financial_account", "financial_account"
)


def _moves(kind: str) -> Announcement:
    return Announcement(f"{kind}.*", kind, "financial_account")


# Transactions and their entries have no events of their own, but what makes them has.
_ALL_MOVES = (
    *(
        _moves(f"treasury.{kind}")
        for kind in (
            "credit_reversal",
            "debit_reversal",
            "inbound_transfer",
            "outbound_payment",
            "outbound_transfer",
            "received_credit",
            "received_debit",
        )
    ),
    Announcement("issuing_authorization.*", "issuing.authorization", "card.financial_account"),
)
_UNNOTICED = "what becomes posted without an event, until the next move in the financial account"

TREASURY: tuple[StreamRow, ...] = (
    StreamRow(
        name="treasury_financial_accounts",
        path="/v1/treasury/financial_accounts",
        object_name="treasury.financial_account",
        model="stripe.treasury.FinancialAccount",
        permission=permissions.TREASURY_FINANCIAL_ACCOUNTS,
        announced_by=(Announcement("treasury.financial_account.*", "treasury.financial_account"),),
        listed_whole=True,  # no event tells of a new balance or of edits
    ),
    StreamRow(
        name="treasury_credit_reversals",
        path="/v1/treasury/credit_reversals",
        object_name="treasury.credit_reversal",
        model="stripe.treasury.CreditReversal",
        permission=permissions.TREASURY_REVERSALS,
        parent=_OF_FINANCIAL_ACCOUNT,
        created_filter=False,
        announced_by=(_moves("treasury.credit_reversal"),),
    ),
    StreamRow(
        name="treasury_debit_reversals",
        path="/v1/treasury/debit_reversals",
        object_name="treasury.debit_reversal",
        model="stripe.treasury.DebitReversal",
        permission=permissions.TREASURY_REVERSALS,
        parent=_OF_FINANCIAL_ACCOUNT,
        created_filter=False,
        announced_by=(_moves("treasury.debit_reversal"),),
    ),
    StreamRow(
        name="treasury_inbound_transfers",
        path="/v1/treasury/inbound_transfers",
        object_name="treasury.inbound_transfer",
        model="stripe.treasury.InboundTransfer",
        permission=permissions.TREASURY_INBOUND_TRANSFERS,
        parent=_OF_FINANCIAL_ACCOUNT,
        created_filter=False,
        announced_by=(_moves("treasury.inbound_transfer"),),
    ),
    StreamRow(
        name="treasury_outbound_payments",
        path="/v1/treasury/outbound_payments",
        object_name="treasury.outbound_payment",
        model="stripe.treasury.OutboundPayment",
        permission=permissions.TREASURY_OUTBOUND_PAYMENTS,
        parent=_OF_FINANCIAL_ACCOUNT,
        announced_by=(_moves("treasury.outbound_payment"),),
    ),
    StreamRow(
        name="treasury_outbound_transfers",
        path="/v1/treasury/outbound_transfers",
        object_name="treasury.outbound_transfer",
        model="stripe.treasury.OutboundTransfer",
        permission=permissions.TREASURY_OUTBOUND_TRANSFERS,
        parent=_OF_FINANCIAL_ACCOUNT,
        created_filter=False,
        announced_by=(_moves("treasury.outbound_transfer"),),
    ),
    StreamRow(
        name="treasury_received_credits",
        path="/v1/treasury/received_credits",
        object_name="treasury.received_credit",
        model="stripe.treasury.ReceivedCredit",
        permission=permissions.TREASURY_RECEIVED_CREDITS,
        parent=_OF_FINANCIAL_ACCOUNT,
        created_filter=False,
        announced_by=(_moves("treasury.received_credit"),),
    ),
    StreamRow(
        name="treasury_received_debits",
        path="/v1/treasury/received_debits",
        object_name="treasury.received_debit",
        model="stripe.treasury.ReceivedDebit",
        permission=permissions.TREASURY_RECEIVED_DEBITS,
        parent=_OF_FINANCIAL_ACCOUNT,
        created_filter=False,
        announced_by=(_moves("treasury.received_debit"),),
    ),
    StreamRow(
        name="treasury_transaction_entries",
        path="/v1/treasury/transaction_entries",
        object_name="treasury.transaction_entry",
        model="stripe.treasury.TransactionEntry",
        permission=permissions.TREASURY_TRANSACTIONS,
        parent=_OF_FINANCIAL_ACCOUNT,
        announced_by=_ALL_MOVES,
        unnoticed=_UNNOTICED,
    ),
    StreamRow(
        name="treasury_transactions",
        path="/v1/treasury/transactions",
        object_name="treasury.transaction",
        model="stripe.treasury.Transaction",
        permission=permissions.TREASURY_TRANSACTIONS,
        parent=_OF_FINANCIAL_ACCOUNT,
        announced_by=_ALL_MOVES,
        unnoticed=_UNNOTICED,
    ),
)
