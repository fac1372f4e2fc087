"""The `order_payment_links` record: a `PaymentLink` as it travels on a Singer line."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from monstock_stripe_core.errors import MonstockStripeError, RecordError
from monstock_stripe_core.money import LARGEST_AMOUNT
from monstock_stripe_core.payment_link import PaymentLink, PaymentLinkKind, PaymentLinkState
from monstock_stripe_core.record_fields import one_of, optional_text, time_of, time_text
from monstock_stripe_core.stripe_fields import true_or_false, whole_number

_LONGEST_URL = 2048
"""No browser and no form field is sure to take more."""

_TEXT = {"type": ["string", "null"]}

PAYMENT_LINK_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["stripe_id", "version", "kind", "state", "livemode"],
    "properties": {
        "stripe_id": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "description": "Id of the Stripe invoice or Payment Link.",
        },
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
        "order_id": {**_TEXT, "description": "Monstock's id of the order that it names."},
        "order_number": {**_TEXT, "description": "The order's number; it or the id is needed."},
        "tenant": {**_TEXT, "description": "The tenant that it names, if it names one."},
        "url": {**_TEXT, "description": "Where the customer can pay; null where nobody can."},
        "created_at": {
            **_TEXT,
            "format": "date-time",
            "description": "When it was made, UTC; where left out, when it was first read.",
        },
        "account_id": {**_TEXT, "description": "The connected account, if it is not our own."},
    },
}
"""JSON Schema of the stream. The target's README shows it; the target refuses what breaks it."""


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
        RecordError: a field is missing, of the wrong type or cannot be; the message names it.
    """
    for name in PAYMENT_LINK_SCHEMA["required"]:
        if record.get(name) is None:
            raise RecordError(f"field {name!r} is missing")
    created_at = record.get("created_at")
    try:
        link = PaymentLink(
            stripe_id=optional_text(record["stripe_id"], "stripe_id") or "",
            version=_version(record["version"]),
            kind=one_of(PaymentLinkKind, record["kind"], "kind"),
            state=one_of(PaymentLinkState, record["state"], "state"),
            livemode=true_or_false(record["livemode"], "livemode"),
            created_at=None if created_at is None else time_of(created_at, "created_at"),
            order_id=optional_text(record.get("order_id"), "order_id"),
            order_number=optional_text(record.get("order_number"), "order_number"),
            tenant=optional_text(record.get("tenant"), "tenant"),
            url=_url(record.get("url")),
            account_id=optional_text(record.get("account_id"), "account_id"),
        )
    except (MonstockStripeError, OverflowError) as error:
        raise RecordError(str(error)) from None
    if link.order_id is None and link.order_number is None:
        raise RecordError("order_id or order_number must name the order")
    return link if link.is_open else replace(link, url=None)


def _version(value: object) -> int:
    version = whole_number(value, "version")
    if not 0 <= version <= LARGEST_AMOUNT:
        raise RecordError(f"version must be between 0 and {LARGEST_AMOUNT}, not {version}")
    return version


def _url(value: object) -> str | None:
    """An address that a form field and a browser take, and that no hand on the way can read."""
    url = optional_text(value, "url")
    if url is None:
        return None
    if not url.startswith("https://") or not url.isascii() or not url.isprintable() or " " in url:
        raise RecordError(f"url must be an https address, not {url!r:.40}")
    if len(url) > _LONGEST_URL:
        raise RecordError(f"url must have at most {_LONGEST_URL} characters, not {len(url)}")
    return url
