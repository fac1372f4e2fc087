"""Calls about payments that are there already, typed by the `stripe` package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monstock_stripe_core.stripe_writer import StripeWriter, Value, plain

if TYPE_CHECKING:
    from stripe.params import (
        ChargeUpdateParams,
        InvoiceUpdateParams,
        PaymentIntentUpdateParams,
    )


def retrieve_payment_intent(stripe: StripeWriter, payment_id: str) -> Value:
    """Read a PaymentIntent with its newest Charge.

    Raises:
        StripeNotFoundError: there is none.
    """
    return plain(
        stripe.read(
            "GET /v1/payment_intents/{id}",
            lambda client: client.v1.payment_intents.retrieve(
                payment_id, {"expand": ["latest_charge"]}
            ),
        )
    )


def retrieve_charge(stripe: StripeWriter, charge_id: str) -> Value:
    """Read a Charge.

    Raises:
        StripeNotFoundError: there is none.
    """
    return plain(
        stripe.read("GET /v1/charges/{id}", lambda client: client.v1.charges.retrieve(charge_id))
    )


def retrieve_invoice(stripe: StripeWriter, invoice_id: str) -> Value:
    """Read an invoice.

    Raises:
        StripeNotFoundError: there is none.
    """
    return plain(
        stripe.read("GET /v1/invoices/{id}", lambda client: client.v1.invoices.retrieve(invoice_id))
    )


def update_payment_intent(
    stripe: StripeWriter, payment_id: str, params: PaymentIntentUpdateParams
) -> Value:
    """Set fields of a PaymentIntent."""
    return plain(
        stripe.change(
            "POST /v1/payment_intents/{id}",
            lambda client, options: client.v1.payment_intents.update(payment_id, params, options),
        )
    )


def update_charge(stripe: StripeWriter, charge_id: str, params: ChargeUpdateParams) -> Value:
    """Set fields of a Charge."""
    return plain(
        stripe.change(
            "POST /v1/charges/{id}",
            lambda client, options: client.v1.charges.update(charge_id, params, options),
        )
    )


def update_invoice(stripe: StripeWriter, invoice_id: str, params: InvoiceUpdateParams) -> Value:
    """Set fields of an invoice; of a finalised one Stripe lets few be set."""
    return plain(
        stripe.change(
            "POST /v1/invoices/{id}",
            lambda client, options: client.v1.invoices.update(invoice_id, params, options),
        )
    )
