"""Writing PaymentIntents and their Charges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monstock_stripe_sandbox.stripe_amounts import check_charge, checked_currency
from monstock_stripe_sandbox.stripe_editing import (
    Write,
    change,
    check_email,
    merged_metadata,
    merged_part,
    named,
    subject,
)
from monstock_stripe_sandbox.stripe_errors import StripeError, invalid
from monstock_stripe_sandbox.stripe_methods import known_method
from monstock_stripe_sandbox.stripe_store import Value
from monstock_stripe_sandbox.stripe_world import StripeWorld

_EDITABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_CANCELABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
)
_WHILE_UNPAID = (
    "amount",
    "currency",
    "customer",
    "capture_method",
    "statement_descriptor_suffix",
)
"""What cannot be changed any more once there is money: Stripe's docs, 'Update a PaymentIntent'."""

_DETAILS = ("customer_reference", "order_reference")
_CREATED = (
    *_WHILE_UNPAID,
    "allowed_payment_method_types",
    "automatic_payment_methods",
    "description",
    "metadata",
    "payment_details.customer_reference",
    "payment_details.order_reference",
    "receipt_email",
)
_UPDATED = tuple(
    name
    for name in _CREATED
    if name not in ("allowed_payment_method_types", "automatic_payment_methods")
)


def _create(world: StripeWorld, _path: str, given: dict[str, Any]) -> str:
    currency = checked_currency("currency", given["currency"])
    check_charge(given["amount"], currency)
    _check_references(world, given)
    automatic = given.get("automatic_payment_methods", {"enabled": True})
    return world.payment_intent(
        given["amount"],
        currency,
        metadata=merged_metadata({}, given.get("metadata") or {}),
        description=given.get("description"),
        customer=given.get("customer"),
        capture_method=given.get("capture_method", "automatic_async"),
        payment_method_types=tuple(given.get("allowed_payment_method_types", ("card",))),
        receipt_email=given.get("receipt_email"),
        statement_descriptor_suffix=given.get("statement_descriptor_suffix"),
        automatic_payment_methods={"allow_redirects": "always", **automatic},
        payment_details=_details(None, given.get("payment_details")),
    )


def _update(world: StripeWorld, pi: str, given: dict[str, Any]) -> str:
    intent = subject(world, "payment_intent", pi)
    fields = dict(given)
    for name in _WHILE_UNPAID:
        if name in given:
            _check_editable(world, intent, name)
    if "currency" in given:
        fields["currency"] = checked_currency("currency", given["currency"])
    if "amount" in given or "currency" in given:
        amount = int(given["amount"] if "amount" in given else intent["amount"])
        check_charge(amount, str(fields.get("currency", intent["currency"])))
    _check_references(world, given)
    if "metadata" in given:
        fields["metadata"] = merged_metadata(intent["metadata"], given["metadata"])
    if "payment_details" in given:
        fields["payment_details"] = _details(
            intent.get("payment_details"), given["payment_details"]
        )
    change(world, "payment_intent", pi, **fields)
    return pi


def _cancel(world: StripeWorld, pi: str, given: dict[str, Any]) -> str:
    intent = subject(world, "payment_intent", pi)
    if intent["status"] not in _CANCELABLE:
        raise _wrong_state(
            intent,
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. "
            "Only a PaymentIntent with one of the following statuses may be canceled: "
            f"{', '.join(_CANCELABLE)}.",
        )
    if _is_an_invoices(world, pi):
        raise _wrong_state(
            intent,
            "You cannot cancel this PaymentIntent because it belongs to an invoice. "
            "Void the invoice instead.",
        )
    world.cancel(pi, given.get("cancellation_reason"))
    return pi


def _update_charge(world: StripeWorld, charge: str, given: dict[str, Any]) -> str:
    before = subject(world, "charge", charge)
    fields = dict(given)
    if "metadata" in given:
        fields["metadata"] = merged_metadata(before["metadata"], given["metadata"])
    check_email("receipt_email", given.get("receipt_email"))
    change(world, "charge", charge, **fields)
    return charge


def _check_references(world: StripeWorld, given: Mapping[str, Any]) -> None:
    if "customer" in given:
        named(world, "customer", given["customer"], "customer")
    check_email("receipt_email", given.get("receipt_email"))
    for index, method in enumerate(given.get("allowed_payment_method_types", ())):
        if not known_method(method):
            raise invalid(
                f"allowed_payment_method_types[{index}]",
                f"The sandbox knows no payment method {method!r}.",
            )


def _check_editable(world: StripeWorld, intent: Value, name: str) -> None:
    status = intent["status"]
    if status not in _EDITABLE:
        raise _wrong_state(
            intent,
            f"This PaymentIntent's {name} could not be updated because it has a status of "
            f"{status}. You may only update the {name} of a PaymentIntent with one of the "
            f"following statuses: {', '.join(_EDITABLE)}.",
            name,
        )
    if name in ("amount", "currency", "customer") and _is_an_invoices(world, str(intent["id"])):
        raise invalid(
            name,
            f"This PaymentIntent's {name} could not be updated because it belongs to an invoice.",
        )


def _is_an_invoices(world: StripeWorld, pi: str) -> bool:
    return any(world.shelves["invoice_payment"].where("payment.payment_intent", pi))


def _wrong_state(intent: Value, message: str, param: str | None = None) -> StripeError:
    return StripeError(
        400,
        message,
        code="payment_intent_unexpected_state",
        param=param,
        beside={"payment_intent": dict(intent)},
    )


def _details(before: Mapping[str, Any] | None, edit: Any) -> dict[str, Any] | None:
    return merged_part(before, edit, _DETAILS)


PAYMENT_WRITES = (
    Write("/v1/payment_intents", "payment_intent", _create, _CREATED),
    Write("/v1/payment_intents/{intent}", "payment_intent", _update, _UPDATED),
    Write(
        "/v1/payment_intents/{intent}/cancel", "payment_intent", _cancel, ("cancellation_reason",)
    ),
    Write(
        "/v1/charges/{charge}",
        "charge",
        _update_charge,
        ("description", "metadata", "receipt_email"),
    ),
)
