"""Why an order or a payment stands as it does: facts, rules and what was written, put together."""

from target_monstock.explaining.explanation import (
    ExplainedOrder,
    ExplainedPayment,
    Explanation,
    Part,
)
from target_monstock.explaining.gathering import Tenant, explain
from target_monstock.explaining.records import explanation_record
from target_monstock.explaining.report import explanation_lines

__all__ = [
    "ExplainedOrder",
    "ExplainedPayment",
    "Explanation",
    "Part",
    "Tenant",
    "explain",
    "explanation_lines",
    "explanation_record",
]
