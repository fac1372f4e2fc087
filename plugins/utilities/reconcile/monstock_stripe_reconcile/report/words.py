"""The words of the report for the keys in the results, by the kind of key."""

from __future__ import annotations

from collections.abc import Mapping

from monstock_stripe_reconcile.report.reader import Reader
from monstock_stripe_reconcile.report.translating import N_

WORDS: Mapping[str, Mapping[str, str]] = {
    "reason": {
        "dispute_open": N_("Dispute open"),
        "shipped_not_paid": N_("Shipped, no longer paid"),
        "shown_not_paid": N_("Shown as paid, no money"),
        "paid_not_shown": N_("Paid in Stripe, not in Monstock"),
        "no_order": N_("Payment without an order"),
        "several_orders": N_("Payment leads to several orders"),
        "cancelled_order": N_("Money on a cancelled order"),
        "customer_owed": N_("Customer still owed"),
        "duplicate_payment": N_("Paid twice"),
        "overpaid": N_("Paid too much"),
        "refund_missing": N_("Refund not in Monstock"),
        "amount_differs": N_("Amount differs"),
        "currency_differs": N_("Currency differs"),
        "dispute_lost": N_("Dispute lost"),
        "recorded_twice": N_("Recorded twice"),
        "changed_by_hand": N_("Changed by hand"),
        "status_differs": N_("Payment status differs"),
        "payout_differs": N_("Payout does not add up"),
        "test_payment": N_("Test and live mixed"),
        "unpaid_too_long": N_("Unpaid for too long"),
        "unreadable": N_("Record not understood"),
    },
    "tolerated": {
        "amount": N_("small: within the tolerance"),
        "timing": N_("young: on its way from one system to the other"),
        "dismissed": N_("dismissed by a person"),
    },
    "status": {
        "disputed": N_("disputed"),
        "refunded": N_("refunded"),
        "overpaid": N_("overpaid"),
        "paid": N_("paid"),
        "partially_refunded": N_("partly refunded"),
        "partially_paid": N_("partly paid"),
        "authorized": N_("authorised"),
        "pending": N_("on its way"),
        "failed": N_("failed"),
        "unpaid": N_("unpaid"),
    },
    "state": {
        "draft": N_("draft"),
        "validated": N_("validated"),
        "shipped": N_("shipped"),
        "cancelled": N_("cancelled"),
    },
    "payment_status": {
        "not_attempted": N_("not attempted"),
        "pending": N_("on its way"),
        "authorized": N_("authorised"),
        "succeeded": N_("succeeded"),
        "failed": N_("failed"),
        "canceled": N_("cancelled"),
    },
    "link_state": {
        "linked": N_("linked"),
        "waiting": N_("names an order that Monstock does not have"),
        "ambiguous": N_("leads to several orders"),
        "unlinked": N_("names no order"),
        "not_ours": N_("none of ours, as a person said"),
        "out_of_scope": N_("out of scope, by the settings"),
        "wrong_mode": N_("of the other mode (test or live)"),
        "before_cutover": N_("before the cut-over"),
    },
    "rule": {
        "decision": N_("a person's decision"),
        "metadata": N_("metadata"),
        "client_reference_id": N_("client_reference_id"),
        "order_reference": N_("order reference"),
        "shop_metadata": N_("the shop's number"),
        "description": N_("description"),
        "suggestion": N_("only fitting order"),
        "monstock": N_("Monstock's row"),
    },
    "release": {"ship": N_("ship"), "hold": N_("hold")},
    "release_reason": {
        "paid": N_("The money is here."),
        "terms": N_("The settings release this payment status."),
        "not_validated": N_("The order is a draft."),
        "cancelled": N_("The order is cancelled."),
        "already_shipped": N_("The goods have left."),
        "disputed": N_("The customer's bank asks for the money back."),
        "authorized_only": N_("The money is reserved and not yet captured."),
        "payment_pending": N_("A payment is on its way."),
        "partly_paid": N_("A part is missing."),
        "given_back": N_("The money went back, or a part of it."),
        "not_paid": N_("No money that counts has come."),
    },
    "kind": {
        "gross": N_("sales"),
        "refunds": N_("refunds"),
        "disputes": N_("disputes"),
        "fees": N_("fees"),
        "other": N_("other"),
        "payout": N_("payout"),
    },
    "itemised": {
        "yes": N_("yes"),
        "manual": N_("no: made by hand, Stripe does not itemise it"),
        "waiting": N_("not yet: Stripe has not finished it"),
        "not_loaded": N_("not loaded: its transactions are not in the warehouse"),
    },
    "payout_status": {
        "paid": N_("paid out"),
        "pending": N_("pending"),
        "in_transit": N_("in transit"),
        "canceled": N_("cancelled"),
        "failed": N_("failed"),
    },
    "bucket": {
        "0-1": N_("0 to 1 days"),
        "2-7": N_("2 to 7 days"),
        "8-14": N_("8 to 14 days"),
        "15-30": N_("15 to 30 days"),
        "30+": N_("more than 30 days"),
    },
}
"""Key by key; what is not here is shown as it is."""


def word(reader: Reader, kind: str, key: str | None) -> str:
    """Return the word for a key of a kind, in the reader's language."""
    if key is None:
        return ""
    return reader.text(WORDS[kind].get(key, "")) or key


def words(reader: Reader) -> dict[str, dict[str, str]]:
    """Return all of them in the reader's language, for the page's script."""
    return {
        kind: {key: reader.text(said) for key, said in keys.items()} for kind, keys in WORDS.items()
    }
