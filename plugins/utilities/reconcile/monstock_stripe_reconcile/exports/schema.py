"""The JSON Schema of what is handed out as JSON, made of the model of the results.

`python -m monstock_stripe_reconcile.exports.schema` writes the published file again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
from monstock_stripe_core.ageing import AGE_BUCKETS
from monstock_stripe_core.discrepancy import Reason
from monstock_stripe_core.order import OrderPaymentStatus
from monstock_stripe_core.release import ReleaseReason

from monstock_stripe_reconcile import results_model as model
from monstock_stripe_reconcile.exports.lists import LONG
from monstock_stripe_reconcile.exports.manifest import FORMAT_VERSION, Manifest
from monstock_stripe_reconcile.exports.summary import Summary
from monstock_stripe_reconcile.results_model import Column, Table

SCHEMA_FILE = "reconciliation.schema.json"

PUBLISHED = Path(__file__).with_name(SCHEMA_FILE)
"""The schema as it is published with the package."""

_TYPES: dict[str, dict[str, Any]] = {
    "VARCHAR": {"type": "string"},
    "VARCHAR[]": {"type": "array", "items": {"type": "string"}},
    "BOOLEAN": {"type": "boolean"},
    "TIMESTAMP": {"type": "string", "format": "date-time"},
    "DATE": {"type": "string", "format": "date"},
    "INTEGER": {"type": "integer"},
    "BIGINT": {"type": "integer"},
}

_ALWAYS = {
    "orders": "order_id number state currency total captured refunded disputed net due status "
    "reasons findings tolerated payments link_rules released release_reason",
    "findings": "finding_id reason counts fails amount",
    "payments": "transaction_reference status currency amount captured refunded disputed "
    "dispute_lost authorized kept link_state orders",
    "links": "order_id transaction_reference currency captured refunded disputed dispute_lost",
    "balance_transactions": "balance_transaction_id kind currency amount fee net",
    "payouts": "payout_id currency amount status itemised",
    "money": "day currency transactions gross refunds disputes fees other net",
}
"""Columns that are never null."""

_ENUMS: dict[str, list[str]] = {
    "reason": [one.value for one in Reason],
    "release_reason": [one.value for one in ReleaseReason],
    "bucket": [one.name for one in AGE_BUCKETS],
}

_STATUS = [one.value for one in OrderPaymentStatus]


def schema() -> dict[str, Any]:
    """Return the schema. The document is its root; rows and manifest stand under `$defs`."""
    (root,), defs = msgspec.json.schema_components([Summary], ref_template="#/$defs/{name}")
    (_, manifest_defs) = msgspec.json.schema_components([Manifest], ref_template="#/$defs/{name}")
    defs = {name: _closed(one) for name, one in (defs | manifest_defs).items()}
    document = defs.pop(root["$ref"].rpartition("/")[2])
    rows = {table.name: _row(table) for table in model.TABLES if table.name in _ALWAYS}
    document["properties"] |= {
        "$schema": {"const": SCHEMA_FILE},
        "format_version": {"const": FORMAT_VERSION},
        "run": _run(),
        "findings": {
            "type": "array",
            "description": model.FINDINGS.row,
            "items": {"$ref": "#/$defs/findings"},
        },
    }
    document["required"] = sorted(document["properties"])
    for name, one in defs.items():
        for field, values in _ENUMS.items():
            if field in one["properties"] and name.endswith("Line"):
                one["properties"][field] = {"enum": values}
    listed = ", ".join(f"{one.name}.ndjson" for one in LONG)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **document,
        "title": "Reconciliation of Stripe and Monstock",
        "description": "Amounts are whole numbers of ISO minor units of the currency beside them; "
        f"`decimals` says how many decimals it has. Moments are UTC. Each line of {listed} is as "
        "$defs says under the list's name, and manifest.json as under Manifest.",
        "$defs": defs | rows,
    }


def schema_text() -> str:
    """The schema as its file has it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _closed(one: dict[str, Any]) -> dict[str, Any]:
    """An object with exactly these fields, all of them there."""
    return one | {
        "description": one["description"].partition("\n")[0],
        "required": sorted(one["properties"]),
        "additionalProperties": False,
    }


def _run() -> dict[str, Any]:
    row = _row(model.RUN)
    for name in ("restricted_to", "settings"):
        row["properties"][name] = {
            "type": "object",
            "description": row["properties"][name]["description"],
        }
    return row


def _row(table: Table) -> dict[str, Any]:
    return {
        "type": "object",
        "description": table.row,
        "properties": {column.name: _column(table, column) for column in table.columns},
        "required": [column.name for column in table.columns],
        "additionalProperties": False,
    }


def _column(table: Table, column: Column) -> dict[str, Any]:
    always = column.name in _ALWAYS.get(table.name, "").split()
    if (table.name, column.name) == ("findings", "facts"):
        return {"type": ["object", "null"], "description": column.meaning}
    if (table.name, column.name) == ("orders", "status"):
        return {"enum": _STATUS, "description": column.meaning}
    if column.name in _ENUMS:
        values: list[str | None] = [*_ENUMS[column.name]]
        return {"enum": values if always else [*values, None], "description": column.meaning}
    found = _TYPES[column.type]
    return {
        **found,
        "type": found["type"] if always else [found["type"], "null"],
        "description": column.meaning,
    }


if __name__ == "__main__":
    PUBLISHED.write_text(schema_text(), encoding="utf-8")
