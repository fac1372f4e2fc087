"""Puts the schemas of all streams together from the table and the stripe package."""

from __future__ import annotations

import json

from tap_stripe_ext.payment_snapshot import INVOICE_FIELDS, SESSION_FIELDS
from tap_stripe_ext.schemas.from_model import Schema, nullable, schema_of
from tap_stripe_ext.schemas.model_source import find_model
from tap_stripe_ext.stream_table import PAYMENTS, STREAM_TABLE, Parent, StreamRow

_DELETED_AT: Schema = {
    "type": ["string", "null"],
    "format": "date-time",
    "description": "When Stripe said that the object was deleted; null while it exists.",
}

_PRODUCTS: Schema = {
    "type": "array",
    "items": {"type": "string"},
    "description": "Ids of the products on its first ten lines.",
}


def all_schemas() -> dict[str, Schema]:
    """Return the schema of each stream by its name."""
    schemas = {row.name: stream_schema(row) for row in STREAM_TABLE}
    schemas[PAYMENTS] = payments_schema()
    return schemas


def schema_text(schema: Schema) -> str:
    """Return `schema` as the text of its file."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def stream_schema(row: StreamRow) -> Schema:
    """Return the schema of one row of the table."""
    schema = schema_of(find_model(row.model), (*row.expansions, *row.nested_lists))
    if row.parent is not None:
        _name_parent(schema, row.parent)
    if row.deletable or row.listed_whole:
        schema["properties"].setdefault("deleted", {"type": ["boolean", "null"]})
        schema["properties"]["_sdc_deleted_at"] = _DELETED_AT
    return schema


def _name_parent(schema: Schema, parent: Parent) -> None:
    """Make sure that each record of a nested list says what it hangs on."""
    known = schema["properties"].get(parent.id_field, {})
    schema["properties"][parent.id_field] = {
        "type": "string",
        "description": known.get("description", f"Id of the object in `{parent.stream}`."),
    }


def payments_schema() -> Schema:
    """Return the schema of `payments`: the whole present truth of one payment."""
    charge = schema_of(find_model("stripe.Charge"), ("balance_transaction",))
    charge["properties"].pop("refunds")
    session = schema_of(find_model("stripe.checkout.Session"))["properties"]
    session = {name: session[name] for name in SESSION_FIELDS}
    session["products"] = _PRODUCTS
    session["payment_link"] = {
        "type": ["object", "null"],
        "properties": {"id": {"type": "string"}, "metadata": session["metadata"]},
    }
    session["customer_details"] = {
        "type": ["object", "null"],
        "properties": {"email": {"type": ["string", "null"]}},
    }
    invoice = schema_of(find_model("stripe.Invoice"))["properties"]
    invoice = {name: invoice[name] for name in INVOICE_FIELDS} | {"products": _PRODUCTS}
    properties: dict[str, Schema] = {
        "id": _described(
            "string", "The PaymentIntent's, else the Charge's, else the Invoice's id."
        ),
        "object": _described("string", "payment_intent, charge or invoice."),
        "account_id": {"type": ["string", "null"], "description": "The connected account, if any."},
        "livemode": _described("boolean", "False for test payments."),
        "created": _described("integer", "When it was made, in seconds since 1970."),
        "version": _described(
            "integer", "When the reading of this snapshot began, in microseconds since 1970."
        ),
        "payment_intent": nullable(schema_of(find_model("stripe.PaymentIntent"))),
        "charge": nullable(charge),
        "refunds": _array_of(schema_of(find_model("stripe.Refund"))),
        "disputes": _array_of(schema_of(find_model("stripe.Dispute"))),
        "checkout_sessions": _array_of({"type": "object", "properties": session}),
        "invoices": _array_of({"type": "object", "properties": invoice}),
    }
    return {"type": "object", "properties": properties}


def _described(kind: str, description: str) -> Schema:
    return {"type": kind, "description": description}


def _array_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}
