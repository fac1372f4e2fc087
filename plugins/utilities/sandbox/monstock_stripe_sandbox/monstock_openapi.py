"""The OpenAPI document of Monstock's stand-in, made of the types that it serves."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from monstock_stripe_sandbox.monstock_models import (
    Change,
    CustomerAnswer,
    CustomerBody,
    CustomerPage,
    CustomerPatch,
    DeletedAnswer,
    Error,
    OrderAnswer,
    OrderPage,
    OrderPatch,
    PaymentAnswer,
    PaymentBody,
    PaymentPatch,
)
from monstock_stripe_sandbox.monstock_requests import LARGEST_PAGE, MOST_IDS

_TYPES = (
    OrderPage,
    OrderAnswer,
    OrderPatch,
    PaymentBody,
    PaymentPatch,
    PaymentAnswer,
    DeletedAnswer,
    CustomerPage,
    CustomerAnswer,
    CustomerBody,
    CustomerPatch,
    Change,
    Error,
)
_MOMENT = {"type": "string", "format": "date-time"}
_TEXT = {"type": "string"}
_Parameters: TypeAlias = tuple[tuple[str, dict[str, Any], str], ...]

_LIST_PARAMETERS: _Parameters = (
    ("updated_since", _MOMENT, "What changed at this time or later; payments change their order."),
    ("sort", {"enum": ["created_at", "updated_at"]}, "Ascending; created_at if not given."),
    ("page", {"type": "integer", "minimum": 1}, "From 1."),
    ("per_page", {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE}, "Rows per page."),
    ("ids", _TEXT, f"Up to {MOST_IDS} ids with commas between them."),
)
_INCLUDE: _Parameters = (
    ("include", {"enum": ["payments"]}, "Show each order's payments with it."),
)
_ORDERS: _Parameters = (
    *_LIST_PARAMETERS,
    *_INCLUDE,
    ("number", _TEXT, "The order's number, exactly."),
    ("channel_reference", _TEXT, "The sales channel's own number for the order, exactly."),
    ("customer_email", _TEXT, "The customer's e-mail address; capitals do not matter."),
)
_CUSTOMERS: _Parameters = (
    *_LIST_PARAMETERS,
    ("email", _TEXT, "The e-mail address; capitals do not matter."),
    ("stripe_customer_id", _TEXT, "The id of the Stripe customer, exactly."),
)


_WEBHOOK = {
    "summary": "An order or a customer was made, changed or deleted",
    "description": "Sent to the one address that is configured; says only what to read. Anything "
    "but a 2xx is tried again. Calls may be lost, come twice, late or out of order.",
    "security": [],
    "parameters": [
        {
            "name": "X-Monstock-Signature",
            "in": "header",
            "required": True,
            "schema": {"type": "string", "pattern": "^sha256=[0-9a-f]{64}$"},
            "description": "HMAC-SHA256 of the body with the webhook's secret.",
        }
    ],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Change"}}},
    },
    "responses": {"2XX": {"description": "Taken"}},
}


def openapi_document() -> dict[str, Any]:
    """Return the document, as `GET /openapi.json` answers it."""
    _, components = msgspec.json.schema_components(
        _TYPES, ref_template="#/components/schemas/{name}"
    )
    order = "/orders/{order_id}"
    payment = order + "/payments/{payment_id}"
    upsert = order + "/payments/{method}/{transaction_reference}"
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Monstock's stand-in",
            "version": "1",
            "description": "Modelled on what Monstock says of itself in public; the real API of "
            "a tenant may differ, and a profile then says how.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": {
            "/orders": {"get": _call("List orders", OrderPage, query=_ORDERS)},
            order: {
                "get": _call(
                    "Read an order with its payments",
                    OrderAnswer,
                    path=order,
                    query=_INCLUDE,
                    etag=True,
                    reads=True,
                ),
                "patch": _call(
                    "Change an order", OrderAnswer, path=order, body=OrderPatch, etag=True
                ),
            },
            upsert: {
                "put": _call(
                    "Create or replace a payment",
                    PaymentAnswer,
                    path=upsert,
                    body=PaymentBody,
                    etag=True,
                    created=True,
                )
            },
            payment: {
                "patch": _call(
                    "Change a payment", PaymentAnswer, path=payment, body=PaymentPatch, etag=True
                ),
                "delete": _call("Delete a payment", DeletedAnswer, path=payment, etag=True),
            },
            **_customer_calls(),
        },
        "webhooks": {"changed": {"post": _WEBHOOK}},
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _customer_calls() -> dict[str, Any]:
    customer = "/customers/{customer_id}"
    return {
        "/customers": {
            "get": _call("List customers", CustomerPage, query=_CUSTOMERS),
            "post": _call("Make a customer", CustomerAnswer, body=CustomerBody, created=True),
        },
        customer: {
            "get": _call("Read a customer", CustomerAnswer, path=customer, etag=True, reads=True),
            "patch": _call(
                "Change a customer", CustomerAnswer, path=customer, body=CustomerPatch, etag=True
            ),
        },
    }


def _call(
    summary: str,
    answer: type,
    *,
    path: str = "",
    query: _Parameters = (),
    body: type | None = None,
    etag: bool = False,
    created: bool = False,
    reads: bool = False,
) -> dict[str, Any]:
    """Describe one operation; a call that can change something takes a condition."""
    writes = etag and not reads
    given = [
        {"name": name, "in": "path", "required": True, "schema": _TEXT}
        for name in (piece[1:-1] for piece in path.split("/") if piece.startswith("{"))
    ]
    given += [
        {"name": name, "in": "query", "schema": schema, "description": description}
        for name, schema, description in query
    ]
    if writes:
        description = "The ETag as last read; 412 if there were changes since."
        given.append(
            {"name": "If-Match", "in": "header", "schema": _TEXT, "description": description}
        )
    success = {"description": "Done", "content": _json(answer)}
    if etag:
        success["headers"] = {
            "ETag": {"schema": _TEXT, "description": "The new ETag of the order or customer."}
        }
    call: dict[str, Any] = {
        "summary": summary,
        "parameters": given,
        "responses": {
            "200": success,
            **({"201": success} if created else {}),
            "default": {"description": "Refused", "content": _json(Error)},
        },
    }
    if body is not None:
        call["requestBody"] = {"required": True, "content": _json(body)}
    return call


def _json(kind: type) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{kind.__name__}"}}}
