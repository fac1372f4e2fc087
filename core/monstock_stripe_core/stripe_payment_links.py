"""Stripe's invoices and Payment Links as places where an order can be paid.

The input are records of tap-stripe-ext's streams `invoices` and `payment_links`, in Stripe's own
field names; what the fields mean is from Stripe's API reference ("Invoices", "Payment Links").
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from monstock_stripe_core.errors import MonstockStripeError, RecordError
from monstock_stripe_core.link_annotation import ORDER_ID_KEY, ORDER_NUMBER_KEY, TENANT_KEY
from monstock_stripe_core.payment_link import PaymentLink, PaymentLinkKind, PaymentLinkState
from monstock_stripe_core.record_fields import object_of, one_of, optional_text
from monstock_stripe_core.stripe_fields import (
    connected_account,
    moment,
    true_or_false,
    whole_number,
)

_Progress: TypeAlias = tuple[PaymentLinkState, str | None]
"""A state, and the address that it is reached at."""


def payment_link_from_invoice(record: Mapping[str, Any], version: int) -> PaymentLink | None:
    """An invoice that names an order; None where it names none.

    Args:
        record: as tap-stripe-ext emits it, with `deleted` where it was.
        version: when it was read, in microseconds since the epoch.

    Raises:
        RecordError: it is no invoice; the message names it.
    """
    return _read(record, PaymentLinkKind.INVOICE, version)


def payment_link_from_stripe(record: Mapping[str, Any], version: int) -> PaymentLink | None:
    """A Payment Link that names an order; None where it names none.

    Args:
        record: as tap-stripe-ext emits it.
        version: when it was read, in microseconds since the epoch.

    Raises:
        RecordError: it is no Payment Link; the message names it.
    """
    return _read(record, PaymentLinkKind.PAYMENT_LINK, version)


def _read(record: Mapping[str, Any], kind: PaymentLinkKind, version: int) -> PaymentLink | None:
    if not isinstance(record, Mapping):
        raise RecordError(f"not a Stripe object but a {type(record).__name__}")
    name = f"{kind.value} {record.get('id')!s:.255}"
    try:
        return _named(record, kind, version)
    except MonstockStripeError as error:
        raise RecordError(f"{name}: {error}") from None
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, OSError) as error:
        raise RecordError(
            f"{name}: not as Stripe has them ({type(error).__name__}: {error!s:.100})"
        ) from None


def _named(record: Mapping[str, Any], kind: PaymentLinkKind, version: int) -> PaymentLink | None:
    metadata = object_of(record.get("metadata") or {}, "metadata")
    order_id = _key(metadata, ORDER_ID_KEY)
    order_number = _key(metadata, ORDER_NUMBER_KEY)
    if order_id is None and order_number is None:
        return None
    stripe_id = optional_text(record["id"], "id")
    if stripe_id is None:
        raise RecordError("id is empty")
    state, url = (_of_invoice if kind is PaymentLinkKind.INVOICE else _of_link)(record)
    return PaymentLink(
        stripe_id=stripe_id,
        version=version,
        kind=kind,
        state=state,
        livemode=true_or_false(record["livemode"], "livemode"),
        created_at=moment(record["created"]) if kind is PaymentLinkKind.INVOICE else None,
        order_id=order_id,
        order_number=order_number,
        tenant=_key(metadata, TENANT_KEY),
        url=url if state is PaymentLinkState.OPEN else None,
        account_id=connected_account(record),
    )


def _of_invoice(record: Mapping[str, Any]) -> _Progress:
    if record.get("deleted"):
        return PaymentLinkState.DELETED, None
    url = optional_text(record.get("hosted_invoice_url"), "hosted_invoice_url")
    return one_of(PaymentLinkState, record["status"], "status"), url


def _of_link(record: Mapping[str, Any]) -> _Progress:
    if record.get("deleted"):
        return PaymentLinkState.DELETED, None
    sessions = (record.get("restrictions") or {}).get("completed_sessions") or {}
    limit = sessions.get("limit")
    if limit is not None and whole_number(sessions["count"], "count") >= limit:
        return PaymentLinkState.COMPLETED, None
    if not true_or_false(record["active"], "active"):
        return PaymentLinkState.INACTIVE, None
    return PaymentLinkState.OPEN, optional_text(record.get("url"), "url")


def _key(metadata: Mapping[str, Any], name: str) -> str | None:
    text = optional_text(metadata.get(name), f"metadata.{name}")
    return text.strip() or None if text else None
