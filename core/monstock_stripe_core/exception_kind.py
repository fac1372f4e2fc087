"""The closed list of exceptions: what the rules could not place, or what contradicts itself."""

from dataclasses import dataclass
from enum import StrEnum


class ExceptionKind(StrEnum):
    """Why a payment or an order waits for a person or for its counterpart."""

    UNLINKED = "unlinked"
    WAITING_FOR_ORDER = "waiting_for_order"
    AMBIGUOUS_LINK = "ambiguous_link"
    LINK_DISAGREEMENT = "link_disagreement"
    WRONG_MODE = "wrong_mode"
    REJECTED_RECORD = "rejected_record"
    CONFLICTING_SNAPSHOTS = "conflicting_snapshots"
    CURRENCY_MISMATCH = "currency_mismatch"
    AMOUNT_MISMATCH = "amount_mismatch"
    POSSIBLE_DUPLICATE = "possible_duplicate"
    WRITTEN_TWICE = "written_twice"
    CHANGED_BY_HAND = "changed_by_hand"
    CUSTOMER_OWED = "customer_owed"
    CASH_BALANCE_SURPLUS = "cash_balance_surplus"
    DISPUTE_INQUIRY = "dispute_inquiry"
    PARTLY_AUTHORIZED = "partly_authorized"
    CANCELLED_ORDER_PAID = "cancelled_order_paid"
    SHIPPED_NOT_PAID = "shipped_not_paid"
    WRITE_REFUSED = "write_refused"
    UNKNOWN_PAYMENT = "unknown_payment"
    PAYMENT_URL_BY_HAND = "payment_url_by_hand"
    PAYMENT_NOT_FOUND = "payment_not_found"
    OTHER_ORDER_NAMED = "other_order_named"
    METADATA_LIMIT = "metadata_limit"
    STRIPE_REFUSED = "stripe_refused"
    CUSTOMER_DELETED = "customer_deleted"
    CUSTOMER_AMBIGUOUS = "customer_ambiguous"
    CUSTOMER_MISSING = "customer_missing"
    CUSTOMER_BY_HAND = "customer_by_hand"
    NOT_COLLECTABLE = "not_collectable"
    LINES_DO_NOT_ADD_UP = "lines_do_not_add_up"
    CLOSED_BY_HAND = "closed_by_hand"


@dataclass(frozen=True, slots=True)
class ExceptionFound:
    """One exception as the pure rules report it; the ledger adds since when and for how long.

    Attributes:
        kind: which of the closed list.
        message: one sentence with the facts, for a person.
        transaction_reference: the payment concerned, if one is.
        order_id: the order concerned, if one is.
        customer_id: the customer concerned, if one is, by the id of the system that they come
            from: Monstock's in target-stripe, Stripe's in target-monstock.
    """

    kind: ExceptionKind
    message: str
    transaction_reference: str | None = None
    order_id: str | None = None
    customer_id: str | None = None


NEXT_STEP: dict[ExceptionKind, str] = {
    ExceptionKind.UNLINKED: "Say which order it pays, or dismiss it as none of ours.",
    ExceptionKind.WAITING_FOR_ORDER: "Nothing, if the order will still come; else correct the key.",
    ExceptionKind.AMBIGUOUS_LINK: "Say which of the orders it pays.",
    ExceptionKind.LINK_DISAGREEMENT: "Check that the stronger reference names the right order.",
    ExceptionKind.WRONG_MODE: "Check the Stripe key of this environment.",
    ExceptionKind.REJECTED_RECORD: "Read the reason; correct the source and send the record again.",
    ExceptionKind.CONFLICTING_SNAPSHOTS: "Run again: a fresh reading of the payment settles it.",
    ExceptionKind.CURRENCY_MISMATCH: "Refund the payment or link it to the right order.",
    ExceptionKind.AMOUNT_MISMATCH: "Check that the payment belongs to this order.",
    ExceptionKind.POSSIBLE_DUPLICATE: "Compare it with the hand-made row; remove one or dismiss.",
    ExceptionKind.WRITTEN_TWICE: "Nothing, if a run takes the second row away; else remove it.",
    ExceptionKind.CHANGED_BY_HAND: "Keep the restored truth, or dismiss to leave the change.",
    ExceptionKind.CUSTOMER_OWED: "The refund failed: pay the customer back in another way.",
    ExceptionKind.CASH_BALANCE_SURPLUS: "Refund or apply what is left in the cash balance.",
    ExceptionKind.DISPUTE_INQUIRY: "Answer the inquiry in Stripe before it becomes a dispute.",
    ExceptionKind.PARTLY_AUTHORIZED: "Ask for the rest before you ship.",
    ExceptionKind.CANCELLED_ORDER_PAID: "Refund the payment or revive the order.",
    ExceptionKind.SHIPPED_NOT_PAID: "Goods are gone: claim the money.",
    ExceptionKind.WRITE_REFUSED: "Read Monstock's answer and correct the order or the profile.",
    ExceptionKind.UNKNOWN_PAYMENT: "Read all payments again (full refresh), or dismiss the row.",
    ExceptionKind.PAYMENT_URL_BY_HAND: "Dismiss it, or clear the field to see ours there.",
    ExceptionKind.PAYMENT_NOT_FOUND: "Correct the row's reference, or the Stripe account in it.",
    ExceptionKind.OTHER_ORDER_NAMED: "Correct the metadata in Stripe, or the order's row.",
    ExceptionKind.METADATA_LIMIT: "Take keys that nobody needs off the payment, or shorten them.",
    ExceptionKind.STRIPE_REFUSED: "Read Stripe's answer and correct what it objects to.",
    ExceptionKind.CUSTOMER_DELETED: "Correct the customer in Monstock; it is not made again.",
    ExceptionKind.CUSTOMER_AMBIGUOUS: "Say in Stripe's metadata which customer of Monstock it is.",
    ExceptionKind.CUSTOMER_MISSING: "Give the order a customer, or let customers be created.",
    ExceptionKind.CUSTOMER_BY_HAND: "Enter the Stripe id in Monstock again, or dismiss it.",
    ExceptionKind.NOT_COLLECTABLE: "Collect it in another way: Stripe cannot.",
    ExceptionKind.LINES_DO_NOT_ADD_UP: "Correct the order's lines or its total.",
    ExceptionKind.CLOSED_BY_HAND: "Nothing, or have it collected again: exceptions reopen ORDER.",
}
"""What a person does about each kind, in one sentence."""
