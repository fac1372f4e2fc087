"""Making what an intention says, by the parameters that were kept with it.

The parameters come back from a ledger as JSON of any kind. Here they are read into types of their
own, so that a call's parameters are held against the `stripe` package's types the second time too.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

import msgspec

from monstock_stripe_core.errors import RecordError
from monstock_stripe_core.stripe_collection_calls import (
    create_intent,
    create_invoice,
    create_link,
)
from monstock_stripe_core.stripe_demand import OrderAs
from monstock_stripe_core.stripe_intention import Intention
from monstock_stripe_core.stripe_writer import StripeWriter, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from stripe.params import (
        InvoiceCreateParams,
        PaymentIntentCreateParams,
        PaymentLinkCreateParams,
    )

T = TypeVar("T")


def make(stripe: StripeWriter, intention: Intention) -> Value:
    """Make what an intention says: once, however often this is called while its key lives.

    Args:
        stripe: where.
        intention: of a PaymentIntent, an invoice or a Payment Link; durable by now.

    Returns:
        The object.

    Raises:
        RecordError: its parameters are not such as this version keeps.
        StripeReplayedError: whether it was made is unknown, and a repeat will not tell.
        StripeApiError: it was not made, or nobody knows.
    """
    return _MAKERS[OrderAs(intention.kind)](stripe, intention)


def kept_intent_params(parameters: Mapping[str, object]) -> PaymentIntentCreateParams:
    """The parameters of a PaymentIntent, as `intent_params` gave them.

    Raises:
        RecordError: they are none.
    """
    kept = _read(parameters, _KeptIntent)
    params: PaymentIntentCreateParams = {
        "amount": kept.amount,
        "currency": kept.currency,
        "automatic_payment_methods": {"enabled": kept.automatic_payment_methods.enabled},
        "description": kept.description,
        "payment_details": {"order_reference": kept.payment_details.order_reference},
        "metadata": kept.metadata,
    }
    if kept.customer is not None:
        params["customer"] = kept.customer
    return params


def kept_invoice_params(parameters: Mapping[str, object]) -> InvoiceCreateParams:
    """The parameters of an invoice, as `invoice_params` gave them.

    Raises:
        RecordError: they are none.
    """
    kept = _read(parameters, _KeptInvoice)
    return {
        "customer": kept.customer,
        "currency": kept.currency,
        "collection_method": kept.collection_method,
        "days_until_due": kept.days_until_due,
        "auto_advance": kept.auto_advance,
        "pending_invoice_items_behavior": kept.pending_invoice_items_behavior,
        "metadata": kept.metadata,
    }


def kept_link_params(parameters: Mapping[str, object]) -> PaymentLinkCreateParams:
    """The parameters of a Payment Link, as `link_params` gave them.

    Raises:
        RecordError: they are none.
    """
    kept = _read(parameters, _KeptLink)
    return {
        "line_items": [
            {
                "price_data": {
                    "currency": line.price_data.currency,
                    "unit_amount": line.price_data.unit_amount,
                    "product_data": {"name": line.price_data.product_data.name},
                },
                "quantity": line.quantity,
            }
            for line in kept.line_items
        ],
        "restrictions": {
            "completed_sessions": {"limit": kept.restrictions.completed_sessions.limit}
        },
        "metadata": kept.metadata,
        "payment_intent_data": {
            "metadata": kept.payment_intent_data.metadata,
            "description": kept.payment_intent_data.description,
        },
    }


def _read(parameters: Mapping[str, object], kind: type[T]) -> T:
    try:
        return msgspec.convert(dict(parameters), kind)
    except msgspec.ValidationError as error:
        raise RecordError(f"the kept parameters of an intention cannot be read: {error}") from None


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is not known here is never left out of a repeat: it is refused."""


class _Methods(_Kept, frozen=True):
    enabled: bool


class _Details(_Kept, frozen=True):
    order_reference: str


class _KeptIntent(_Kept, frozen=True):
    amount: int
    currency: str
    automatic_payment_methods: _Methods
    description: str
    payment_details: _Details
    metadata: dict[str, str]
    customer: str | None = None


class _KeptInvoice(_Kept, frozen=True):
    customer: str
    currency: str
    collection_method: str
    days_until_due: int
    auto_advance: bool
    pending_invoice_items_behavior: str
    metadata: dict[str, str]


class _Product(_Kept, frozen=True):
    name: str


class _Price(_Kept, frozen=True):
    currency: str
    unit_amount: int
    product_data: _Product


class _Line(_Kept, frozen=True):
    price_data: _Price
    quantity: int


class _Sessions(_Kept, frozen=True):
    limit: int


class _Restrictions(_Kept, frozen=True):
    completed_sessions: _Sessions


class _Payment(_Kept, frozen=True):
    metadata: dict[str, str]
    description: str


class _KeptLink(_Kept, frozen=True):
    line_items: list[_Line]
    restrictions: _Restrictions
    metadata: dict[str, str]
    payment_intent_data: _Payment


def _make_intent(stripe: StripeWriter, intention: Intention) -> Value:
    return create_intent(stripe, kept_intent_params(intention.parameters), intention.key)


def _make_invoice(stripe: StripeWriter, intention: Intention) -> Value:
    return create_invoice(stripe, kept_invoice_params(intention.parameters), intention.key)


def _make_link(stripe: StripeWriter, intention: Intention) -> Value:
    return create_link(stripe, kept_link_params(intention.parameters), intention.key)


_MAKERS: Mapping[OrderAs, Callable[[StripeWriter, Intention], Value]] = MappingProxyType(
    {
        OrderAs.PAYMENT_INTENT: _make_intent,
        OrderAs.INVOICE: _make_invoice,
        OrderAs.PAYMENT_LINK: _make_link,
    }
)
