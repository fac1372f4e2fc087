"""The `order_payment_links` record: a `PaymentLink` as it travels on a Singer line."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from monstock_stripe_core.errors import RecordError
from monstock_stripe_core.money import LARGEST_AMOUNT
from monstock_stripe_core.payment_link import PaymentLink, PaymentLinkKind, PaymentLinkState
from monstock_stripe_core.record_fields import time_text
from monstock_stripe_core.record_reading import (
    IDENTIFIER,
    TEXT,
    RecordSchema,
    clean,
    described,
    moment,
)

_LONGEST_URL = 2048
"""No browser and no form field is sure to take more."""

_REFERENCE = {**IDENTIFIER, "type": ["string", "null"]}

PAYMENT_LINK_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["stripe_id", "version", "kind", "state", "livemode"],
    "properties": {
        "stripe_id": described(IDENTIFIER, "Id of the Stripe invoice or Payment Link."),
        "version": {
            "type": "integer",
            "minimum": 0,
            "maximum": LARGEST_AMOUNT,
            "description": "When it was read, in microseconds since the epoch.",
        },
        "kind": {"type": "string", "enum": [kind.value for kind in PaymentLinkKind]},
        "state": {
            "type": "string",
            "enum": [state.value for state in PaymentLinkState],
            "description": "Only at one that is `open` anybody can pay.",
        },
        "livemode": {"type": "boolean", "description": "False for a test object."},
        "order_id": described(_REFERENCE, "Monstock's id of the order that it names."),
        "order_number": described(_REFERENCE, "The order's number; it or the id is needed."),
        "tenant": described(TEXT, "The tenant that it names, if it names one."),
        "url": described(TEXT, "Where the customer can pay; null where nobody can."),
        "created_at": {
            **TEXT,
            "format": "date-time",
            "description": "When it was made, UTC; where left out, when it was first read.",
        },
        "account_id": described(_REFERENCE, "The connected account, if it is not our own."),
    },
}
"""JSON Schema of the stream. The target's README shows it; the target refuses what breaks it."""

_SCHEMA = RecordSchema(PAYMENT_LINK_SCHEMA)


def payment_link_to_record(link: PaymentLink) -> dict[str, Any]:
    """A JSON-ready record of the `order_payment_links` stream."""
    record = {name: getattr(link, name) for name in PAYMENT_LINK_SCHEMA["properties"]}
    return record | {
        "kind": link.kind.value,
        "state": link.state.value,
        "created_at": time_text(link.created_at),
    }


def payment_link_from_record(record: Mapping[str, Any]) -> PaymentLink:
    """A record of the `order_payment_links` stream.

    Args:
        record: as `PAYMENT_LINK_SCHEMA` says; fields that it does not name are left alone.

    Raises:
        RecordError: it breaks the schema, or names no order; the message names the field.
    """
    _SCHEMA.check(record)
    created_at = record.get("created_at")
    link = PaymentLink(
        stripe_id=record["stripe_id"],
        version=record["version"],
        kind=PaymentLinkKind(record["kind"]),
        state=PaymentLinkState(record["state"]),
        livemode=record["livemode"],
        created_at=None if created_at is None else moment(created_at, "created_at"),
        order_id=record.get("order_id"),
        order_number=record.get("order_number"),
        tenant=clean(record.get("tenant")),
        url=_url(record.get("url")),
        account_id=record.get("account_id"),
    )
    if link.order_id is None and link.order_number is None:
        raise RecordError("order_id or order_number must name the order")
    return link if link.is_open else replace(link, url=None)


def _url(url: str | None) -> str | None:
    """An address that a form field and a browser take, and that nobody on the way can read."""
    if not url:
        return None
    if not url.startswith("https://") or not url.isascii() or not url.isprintable() or " " in url:
        raise RecordError(f"url must be an https address, not {url!r:.40}")
    if len(url) > _LONGEST_URL:
        raise RecordError(f"url must have at most {_LONGEST_URL} characters, not {len(url)}")
    return url
