"""The list of what a person can decide, in the columns of `target-monstock exceptions decide`."""

from __future__ import annotations

from monstock_stripe_core.exception_kind import ExceptionKind

from monstock_stripe_reconcile.decidable import FINDINGS, WAYS


def decisions_sql(details: str) -> str:
    """SQL of what a person can decide about; its columns are those of the exceptions' CSV.

    Args:
        details: SQL of a finding's facts as a text.
    """
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
        f"FROM (SELECT findings.*, meaning, next_step, position, {details} AS details "
        f"FROM ({FINDINGS}) AS findings JOIN reasons USING (reason) WHERE counts) AS decidable "
        f"JOIN (VALUES {known}) AS ways(way, kind, payment, by_order) USING (way)"
    )


def _text(kind: ExceptionKind | None) -> str:
    return "CAST(NULL AS VARCHAR)" if kind is None else f"'{kind.value}'"
