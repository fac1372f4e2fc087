"""The filters of Stripe's lists, one row each (Stripe API reference, 'List all …')."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monstock_stripe_sandbox import stripe_params as params
from monstock_stripe_sandbox.stripe_params import Check
from monstock_stripe_sandbox.stripe_store import Entry

if TYPE_CHECKING:
    from monstock_stripe_sandbox.stripe_books import StripeBooks

Test = Callable[["StripeBooks", Entry, Any], bool]
"""(world, object, the parameter's value) → whether the filter leaves it in the list."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of a list.

    Attributes:
        check: how its parameter is read.
        field: what it is compared with (`outer.inner`); "" where the code below knows.
        kind: of the object that the parameter must name, where it must.
        test: how it is compared, where that is more than being equal to the field.
    """

    check: Check
    field: str
    kind: str = ""
    test: Test | None = None


def _was_paid_out(_world: StripeBooks, entry: Entry, wanted: Any) -> bool:
    return bool(entry.unseen.get("payout") == wanted)  # the object does not say in which payout


_TEXT = params.text
_CREATED = {"created": Filter(params.moments, "")}
_CUSTOMER = {"customer": Filter(_TEXT, "customer", "customer")}
_CUSTOMER_ACCOUNT = {"customer_account": Filter(_TEXT, "customer_account")}
_CHARGE = {"charge": Filter(_TEXT, "charge", "charge")}
_INTENT = {"payment_intent": Filter(_TEXT, "payment_intent", "payment_intent")}
_PAYMENT = params.fields(
    type=params.one_of("payment_intent", "payment_record"),
    payment_intent=_TEXT,
    payment_record=_TEXT,
)
_INVOICE_STATUS = params.one_of("draft", "open", "paid", "uncollectible", "void")
_RECURRING = params.fields(
    interval=params.one_of("day", "week", "month", "year"),
    meter=_TEXT,
    usage_type=params.one_of("licensed", "metered"),
)

FILTERS: dict[str, dict[str, Filter]] = {
    "payment_intent": {**_CREATED, **_CUSTOMER, **_CUSTOMER_ACCOUNT},
    "charge": {
        **_CREATED,
        **_CUSTOMER,
        **_INTENT,
        "transfer_group": Filter(_TEXT, "transfer_group"),
    },
    "refund": {**_CREATED, **_CHARGE, **_INTENT},
    "dispute": {**_CREATED, **_CHARGE, **_INTENT},
    "customer": {
        **_CREATED,
        "email": Filter(_TEXT, "email"),
        "test_clock": Filter(_TEXT, "test_clock"),
    },
    "checkout.session": {
        **_CREATED,
        **_CUSTOMER,
        **_CUSTOMER_ACCOUNT,
        **_INTENT,
        "customer_details": Filter(params.fields(email=_TEXT), ""),
        "payment_link": Filter(_TEXT, "payment_link", "payment_link"),
        "status": Filter(params.one_of("open", "complete", "expired"), "status"),
        "subscription": Filter(_TEXT, "subscription"),
    },
    "invoice": {
        **_CREATED,
        **_CUSTOMER,
        **_CUSTOMER_ACCOUNT,
        "collection_method": Filter(
            params.one_of("charge_automatically", "send_invoice"), "collection_method"
        ),
        "due_date": Filter(params.moments, ""),
        "status": Filter(_INVOICE_STATUS, "status"),
        "subscription": Filter(_TEXT, "parent.subscription_details.subscription"),
    },
    "invoice_payment": {
        **_CREATED,
        "invoice": Filter(_TEXT, "invoice", "invoice"),
        "payment": Filter(_PAYMENT, ""),
        "status": Filter(params.one_of("open", "paid", "canceled"), "status"),
    },
    "balance_transaction": {
        **_CREATED,
        "currency": Filter(_TEXT, "currency"),
        "payout": Filter(_TEXT, "", test=_was_paid_out),
        "source": Filter(_TEXT, "source"),
        "type": Filter(_TEXT, "type"),
    },
    "event": {
        **_CREATED,
        "delivery_success": Filter(params.boolean, ""),
        "type": Filter(_TEXT, ""),
        "types": Filter(params.texts(20), ""),
    },
    "payment_link": {"active": Filter(params.boolean, "active")},
    "product": {
        **_CREATED,
        "active": Filter(params.boolean, "active"),
        "ids": Filter(params.texts(), ""),
        "shippable": Filter(params.boolean, "shippable"),
        "type": Filter(params.one_of("good", "service"), "type"),
        "url": Filter(_TEXT, "url"),
    },
    "price": {
        **_CREATED,
        "active": Filter(params.boolean, "active"),
        "currency": Filter(_TEXT, "currency"),
        "lookup_keys": Filter(params.texts(10), ""),
        "product": Filter(_TEXT, "product", "product"),
        "recurring": Filter(_RECURRING, ""),
        "type": Filter(params.one_of("one_time", "recurring"), "type"),
    },
}
