"""The closed list of reasons: where Stripe and Monstock disagree, or somebody has to look."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from monstock_stripe_core.exception_kind import ExceptionKind


class Reason(StrEnum):
    """Why a figure is to be looked at. The order is that of urgency: money that may be lost first.

    The values are keys for files and translations; they are never changed.
    """

    DISPUTE_OPEN = "dispute_open"
    SHIPPED_NOT_PAID = "shipped_not_paid"
    SHOWN_NOT_PAID = "shown_not_paid"
    PAID_NOT_SHOWN = "paid_not_shown"
    NO_ORDER = "no_order"
    SEVERAL_ORDERS = "several_orders"
    CANCELLED_ORDER = "cancelled_order"
    CUSTOMER_OWED = "customer_owed"
    DUPLICATE_PAYMENT = "duplicate_payment"
    OVERPAID = "overpaid"
    REFUND_MISSING = "refund_missing"
    AMOUNT_DIFFERS = "amount_differs"
    CURRENCY_DIFFERS = "currency_differs"
    DISPUTE_LOST = "dispute_lost"
    RECORDED_TWICE = "recorded_twice"
    CHANGED_BY_HAND = "changed_by_hand"
    STATUS_DIFFERS = "status_differs"
    PAYOUT_DIFFERS = "payout_differs"
    TEST_PAYMENT = "test_payment"
    UNPAID_TOO_LONG = "unpaid_too_long"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ReasonText:
    """What a reason means and what a person does about it, one sentence each."""

    meaning: str
    next_step: str


REASON_TEXT: Mapping[Reason, ReasonText] = MappingProxyType(
    {
        Reason.DISPUTE_OPEN: ReasonText(
            "The customer's bank asks for the money back.",
            "Hold the goods if they are still here; "
            "answer the dispute in Stripe before its deadline.",
        ),
        Reason.SHIPPED_NOT_PAID: ReasonText(
            "The goods are gone, and the order is no longer paid.",
            "Where a dispute is open, answer it first; else claim the money from the customer.",
        ),
        Reason.SHOWN_NOT_PAID: ReasonText(
            "Monstock shows money that is not there.",
            "Do not ship; correct the row or the status in Monstock, or find the payment.",
        ),
        Reason.PAID_NOT_SHOWN: ReasonText(
            "Stripe has the money, and Monstock does not show it.",
            "Run stripe-to-monstock; if it stays, look for the payment among the exceptions.",
        ),
        Reason.NO_ORDER: ReasonText(
            "A payment belongs to no order.",
            "Say which order it pays, or dismiss it as none of ours.",
        ),
        Reason.SEVERAL_ORDERS: ReasonText(
            "What a payment says of its order leads to several.",
            "Say which of the orders it pays.",
        ),
        Reason.CANCELLED_ORDER: ReasonText(
            "The order is cancelled, yet its money is still here.",
            "Refund the payment, or revive the order.",
        ),
        Reason.CUSTOMER_OWED: ReasonText(
            "Money that belongs to the customer did not reach them.",
            "Pay the customer back in another way.",
        ),
        Reason.DUPLICATE_PAYMENT: ReasonText(
            "The customer paid the same amount twice.",
            "Refund one of the two payments.",
        ),
        Reason.OVERPAID: ReasonText(
            "More was paid than the order costs.",
            "Give the excess back, or correct the order's total.",
        ),
        Reason.REFUND_MISSING: ReasonText(
            "Money went back in Stripe, and Monstock does not show it.",
            "Run stripe-to-monstock; if it stays, look for the order among the exceptions.",
        ),
        Reason.AMOUNT_DIFFERS: ReasonText(
            "Both show the payment, with different amounts.",
            "Compare both, and correct the one that is wrong.",
        ),
        Reason.CURRENCY_DIFFERS: ReasonText(
            "Payment and order are in different currencies and do not add up.",
            "Refund the payment, or link it to the right order.",
        ),
        Reason.DISPUTE_LOST: ReasonText(
            "A dispute was lost, and the order lacks that money.",
            "Claim it from the customer, or cancel the order.",
        ),
        Reason.RECORDED_TWICE: ReasonText(
            "One payment stands twice on an order; it counts once.",
            "Remove the row that was copied by hand, or say that they are two payments.",
        ),
        Reason.CHANGED_BY_HAND: ReasonText(
            "What the connector wrote in Monstock was changed by a person.",
            "Undo the change, or dismiss it so that it stays.",
        ),
        Reason.STATUS_DIFFERS: ReasonText(
            "Monstock shows another payment status than the payments come to.",
            "Run stripe-to-monstock; if it stays, correct the status in Monstock.",
        ),
        Reason.PAYOUT_DIFFERS: ReasonText(
            "A payout is not the sum of the transactions that Stripe lists for it.",
            "Load the payout's transactions again; if it stays, ask Stripe.",
        ),
        Reason.TEST_PAYMENT: ReasonText(
            "A payment of the other mode (test or live) stands among the data.",
            "Check which Stripe key filled the warehouse.",
        ),
        Reason.UNPAID_TOO_LONG: ReasonText(
            "The order waits for its money for too long.",
            "Remind the customer, or cancel the order.",
        ),
        Reason.UNREADABLE: ReasonText(
            "A record could not be understood, and counts nowhere.",
            "Read the reason, correct the source and load it again.",
        ),
    }
)
"""The English texts; a report translates them by the reason's key."""


CHANGEABLE = frozenset(
    {
        Reason.PAID_NOT_SHOWN,
        Reason.SHOWN_NOT_PAID,
        Reason.AMOUNT_DIFFERS,
        Reason.REFUND_MISSING,
        Reason.STATUS_DIFFERS,
    }
)
"""What may be so because a person changed in Monstock what the connector wrote."""

HEALS = CHANGEABLE | {Reason.CHANGED_BY_HAND, Reason.NO_ORDER}
"""What a run of the pipeline mends by itself: while it is young it is only a matter of time."""

_DISMISSES: Mapping[ExceptionKind, frozenset[Reason]] = MappingProxyType(
    {
        ExceptionKind.WRONG_MODE: frozenset({Reason.TEST_PAYMENT}),
        ExceptionKind.REJECTED_RECORD: frozenset({Reason.UNREADABLE}),
        ExceptionKind.CURRENCY_MISMATCH: frozenset({Reason.CURRENCY_DIFFERS}),
        ExceptionKind.AMOUNT_MISMATCH: frozenset({Reason.OVERPAID, Reason.DUPLICATE_PAYMENT}),
        ExceptionKind.POSSIBLE_DUPLICATE: frozenset({Reason.RECORDED_TWICE}),
        ExceptionKind.WRITTEN_TWICE: frozenset({Reason.RECORDED_TWICE}),
        ExceptionKind.CHANGED_BY_HAND: frozenset({Reason.CHANGED_BY_HAND}),
        ExceptionKind.CUSTOMER_OWED: frozenset({Reason.CUSTOMER_OWED}),
        ExceptionKind.CASH_BALANCE_SURPLUS: frozenset({Reason.CUSTOMER_OWED}),
        ExceptionKind.DISPUTE_INQUIRY: frozenset({Reason.DISPUTE_OPEN}),
        ExceptionKind.CANCELLED_ORDER_PAID: frozenset({Reason.CANCELLED_ORDER}),
        ExceptionKind.SHIPPED_NOT_PAID: frozenset({Reason.SHIPPED_NOT_PAID, Reason.DISPUTE_LOST}),
        ExceptionKind.UNKNOWN_PAYMENT: frozenset({Reason.SHOWN_NOT_PAID}),
    }
)


def reasons_of(kind: ExceptionKind) -> frozenset[Reason]:
    """The reasons that need nothing more where a person dismissed an exception of this kind."""
    return _DISMISSES.get(kind, frozenset())


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One thing to look at.

    Attributes:
        amount: what is at stake, in minor units of `currency`; never negative. 0 where no money is.
        transaction_reference: the payment concerned, if one is.
        row_id: the row in Monstock concerned, if one is.
        facts: what a sentence about it needs; amounts in minor units of `currency`.
    """

    reason: Reason
    amount: int
    currency: str
    transaction_reference: str | None = None
    row_id: str | None = None
    facts: Mapping[str, str | int | bool] = field(default_factory=lambda: MappingProxyType({}))
