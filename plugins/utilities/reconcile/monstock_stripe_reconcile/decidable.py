"""Which exception of target-monstock's ledger a finding is, so that a person can decide about it.

The ledger takes a decision on an exception as it names it: by its kind, and the payment and the
order that it is about, each only where the ledger names it.
"""

from __future__ import annotations

from dataclasses import dataclass

from monstock_stripe_core.discrepancy import Reason
from monstock_stripe_core.exception_kind import ExceptionKind


@dataclass(frozen=True, slots=True)
class Way:
    """A finding of one reason as an exception.

    Attributes:
        where: SQL on the finding, its payment's `link_state` and its order's `state`.
        kind: of the exception; None where none waits and only the payment's link can be decided.
        payment: whether the exception names the payment.
        order: whether it names the order.
    """

    reason: Reason
    kind: ExceptionKind | None
    payment: bool
    order: bool
    where: str = "true"


WAYS = (
    Way(
        Reason.NO_ORDER, ExceptionKind.UNLINKED, True, False,
        "link_state = 'unlinked'",
    ),
    Way(
        Reason.NO_ORDER, ExceptionKind.WAITING_FOR_ORDER, True, False,
        "link_state = 'waiting'",
    ),
    Way(Reason.NO_ORDER, None, True, False),
    Way(
        Reason.SEVERAL_ORDERS, ExceptionKind.AMBIGUOUS_LINK, True, False,
        "link_state = 'ambiguous'",
    ),
    Way(Reason.SEVERAL_ORDERS, None, True, False),
    Way(Reason.CANCELLED_ORDER, ExceptionKind.CANCELLED_ORDER_PAID, False, True),
    Way(
        Reason.CUSTOMER_OWED, ExceptionKind.CASH_BALANCE_SURPLUS, True, True,
        "facts->>'$.cash_balance' = 'true'",
    ),
    Way(Reason.CUSTOMER_OWED, ExceptionKind.CUSTOMER_OWED, True, True),
    Way(
        Reason.DISPUTE_OPEN, ExceptionKind.DISPUTE_INQUIRY, True, True,
        "facts->>'$.inquiry' = 'true'",
    ),
    Way(Reason.CURRENCY_DIFFERS, ExceptionKind.CURRENCY_MISMATCH, True, True),
    Way(
        Reason.RECORDED_TWICE, ExceptionKind.WRITTEN_TWICE, True, True,
        "facts->>'$.own_rows' = 'true'",
    ),
    Way(Reason.RECORDED_TWICE, ExceptionKind.POSSIBLE_DUPLICATE, True, True),
    Way(Reason.CHANGED_BY_HAND, ExceptionKind.CHANGED_BY_HAND, True, True),
    Way(Reason.SHIPPED_NOT_PAID, ExceptionKind.SHIPPED_NOT_PAID, False, True),
    Way(
        Reason.DISPUTE_LOST, ExceptionKind.SHIPPED_NOT_PAID, False, True,
        "state = 'shipped'",
    ),
    Way(
        Reason.SHOWN_NOT_PAID, ExceptionKind.UNKNOWN_PAYMENT, True, True,
        "facts->>'$.payment' = 'unknown'",
    ),
    Way(Reason.TEST_PAYMENT, ExceptionKind.WRONG_MODE, True, False),
    Way(
        Reason.UNREADABLE, ExceptionKind.REJECTED_RECORD, True, False,
        "findings.transaction_reference IS NOT NULL",
    ),
)  # fmt: skip
"""The first that fits is it. A finding that fits none is mended where it is wrong, not decided."""

_CHOSEN = " ".join(
    f"WHEN findings.reason = '{way.reason.value}' AND ({way.where}) THEN {place}"
    for place, way in enumerate(WAYS)
)
FINDINGS = (
    f"SELECT findings.*, CASE {_CHOSEN} END AS way FROM findings "  # noqa: S608 - words of this file
    "LEFT JOIN (SELECT transaction_reference, link_state FROM payments) AS placed "
    "USING (transaction_reference) "
    "LEFT JOIN (SELECT order_id, state FROM orders) AS known USING (order_id)"
)
"""SQL of the findings, with the index in `WAYS` of each as `way`; null where none fits."""
