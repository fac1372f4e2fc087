"""Which exception of target-monstock's ledger a finding is, so that a person can decide about it.

`target-monstock exceptions decide` wants an exception named as the ledger has it: its kind, and the
payment and the order that it is about, each only where the ledger names it.
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


def decisions_sql(details: str) -> str:
    """SQL of what a person can decide about; its columns are those of the exceptions' CSV.

    Args:
        details: SQL of a finding's facts as a text.
    """
    fits = [f"findings.reason = '{way.reason.value}' AND ({way.where})" for way in WAYS]
    chosen = " ".join(f"WHEN {fit} THEN {number}" for number, fit in enumerate(fits))
    known = ", ".join(
        f"({number}, {_text(way.kind)}, {way.payment}, {way.order})"
        for number, way in enumerate(WAYS)
    )
    return (
        "SELECT ways.kind, "  # noqa: S608 - of this file's own words
        "CASE WHEN ways.payment THEN transaction_reference END AS payment, "
        'order_number AS "order", '
        "CASE WHEN ways.by_order THEN order_id END AS order_id, "
        "CAST(NULL AS VARCHAR) AS customer_id, amount, currency, since, "
        "concat_ws(' ', meaning, details) AS message, next_step, finding_id, position, "
        "CAST(NULL AS VARCHAR) AS decision, CAST(NULL AS VARCHAR) AS link_to, "
        "CAST(NULL AS VARCHAR) AS why "
        f"FROM (SELECT findings.*, meaning, next_step, position, {details} AS details, "
        f"CASE {chosen} END AS way "
        "FROM findings JOIN reasons USING (reason) "
        "LEFT JOIN (SELECT transaction_reference, link_state FROM payments) AS placed "
        "USING (transaction_reference) "
        "LEFT JOIN (SELECT order_id, state FROM orders) AS known USING (order_id) "
        "WHERE counts) AS decidable "
        f"JOIN (VALUES {known}) AS ways(way, kind, payment, by_order) USING (way)"
    )


def _text(kind: ExceptionKind | None) -> str:
    return "CAST(NULL AS VARCHAR)" if kind is None else f"'{kind.value}'"
