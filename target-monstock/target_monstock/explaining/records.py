"""An explanation for programs. Amounts are integers in ISO minor units; the README says it all."""

from datetime import datetime
from typing import Any

from monstock_stripe_core.link import RULE_TEXT
from monstock_stripe_core.order_status_table import STATUS_TABLE, StatusRow
from monstock_stripe_core.payment import LinkRule, Payment
from target_common.exceptions_report import exception_record
from target_common.exceptions_show import decided_record, moment_text

from target_monstock.explaining.explanation import (
    ExplainedOrder,
    ExplainedPayment,
    Explanation,
    Part,
)
from target_monstock.ledger.history import Written
from target_monstock.ledger.orders import counted_record

_AMOUNTS = (
    *("amount", "authorized", "captured", "funded", "refunded", "refund_pending"),
    *("refund_failed", "disputed", "dispute_lost"),
)


def explanation_record(one: Explanation) -> dict[str, Any]:
    """The explanation as JSON-ready data."""
    return {
        "asked": one.asked,
        "note": one.note,
        "payments": [_payment(payment) for payment in one.payments],
        "orders": [_order(order) for order in one.orders],
        "exceptions": [exception_record(waiting) for waiting in one.exceptions],
        "decisions": [decided_record(decided) for decided in one.decisions],
        "written": [_written(written) for written in one.written],
    }


def _order(one: ExplainedOrder) -> dict[str, Any]:
    totals = one.totals
    return {
        "order_id": one.order_id,
        "order_number": one.number,
        "kind": one.kind,
        "state": one.state,
        "currency": one.currency,
        "total": one.total,
        "source": one.source,
        "derived_at": _moment(one.derived_at),
        "payment_status": one.status,
        "payment_status_shown": one.shown,
        "decided_by": one.row and _row(one.row),
        "amounts": {
            "captured": totals.captured,
            "refunded": totals.refunded,
            "dispute_lost": totals.dispute_lost,
            "net": totals.net,
            "due": one.due,
            "authorized": totals.authorized,
        },
        "disputed": totals.disputed,
        "pending": totals.pending,
        "failed": totals.failed,
        "payments": [_part(part) for part in one.parts],
        "by_hand": [counted_record(row) for row in one.by_hand],
        "to_write": list(one.to_write),
        "derived_again_because": one.again,
    }


def _row(row: StatusRow) -> dict[str, Any]:
    return {"position": STATUS_TABLE.index(row) + 1, "row": row.name, "because": row.because}


def _part(part: Part) -> dict[str, Any]:
    return {
        **_facts(part.share),
        "link": _link(part.whole, part.rule),
        "counts": part.counts,
        "held": part.held,
        "adopted_row": part.adopted,
    }


def _payment(one: ExplainedPayment) -> dict[str, Any]:
    return {
        **_facts(one.payment),
        "link": _link(one, one.rule),
        "candidates": [
            {"rule": candidate.rule.value, candidate.reference[0]: candidate.reference[1]}
            for candidate in one.payment.link_candidates
        ],
        "scope": one.verdict.value,
    }


def _link(one: ExplainedPayment, rule: LinkRule | None) -> dict[str, Any]:
    return {
        "state": one.state and one.state.value,
        "rule": rule and rule.value,
        "because": RULE_TEXT[rule] if rule else None,
        "orders": [{"order_id": a.order_id, "amount": a.amount} for a in one.allocations],
        "since": _moment(one.since),
        "looked_for_again": one.looks_again,
    }


def _facts(payment: Payment) -> dict[str, Any]:
    return {
        "transaction_reference": payment.transaction_reference,
        "status": payment.status.value,
        "method": payment.method,
        "created_at": _moment(payment.created_at),
        "currency": payment.currency,
        **{name: getattr(payment, name) for name in _AMOUNTS},
        "dispute_open": payment.dispute_open,
        "net": payment.kept,
    }


def _written(one: Written) -> dict[str, Any]:
    entry = one.entry
    return {
        "at": _moment(one.at),
        "run_id": one.run_id,
        "program_version": one.program_version,
        "order_id": entry.order_id or None,
        "transaction_reference": entry.transaction_reference or None,
        "action": entry.action,
        "link_rule": entry.link_rule and entry.link_rule.value,
        "why": entry.why,
        "before": entry.before,
        "after": entry.after,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment_text(moment)
