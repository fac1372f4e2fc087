"""Calls that can be made once and never again: finalizing, voiding, cancelling, taking away.

Stripe refuses them where it is done already, by us in a call whose answer was lost, or by somebody
else. What matters is that it is so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from monstock_stripe_core.stripe_errors import StripeNotFoundError, StripeRejectedError
from monstock_stripe_core.stripe_intention import CONTENT_KEY
from monstock_stripe_core.stripe_payment_calls import retrieve_invoice, retrieve_payment_intent
from monstock_stripe_core.stripe_writer import StripeWriter

if TYPE_CHECKING:
    from stripe.params import InvoiceRemoveLinesParams


def finalize_invoice(stripe: StripeWriter, invoice_id: str) -> None:
    """Finalize a draft; it is not to be sent or charged by itself."""

    def call() -> None:
        stripe.change(
            "POST /v1/invoices/{id}/finalize",
            lambda client, options: client.v1.invoices.finalize_invoice(
                invoice_id, {"auto_advance": False}, options
            ),
        )

    _end(call, lambda: retrieve_invoice(stripe, invoice_id)["status"] in ("open", "paid"))


def void_invoice(stripe: StripeWriter, invoice_id: str) -> None:
    """Void an invoice that nobody paid."""

    def call() -> None:
        stripe.change(
            "POST /v1/invoices/{id}/void",
            lambda client, options: client.v1.invoices.void_invoice(invoice_id, {}, options),
        )

    _end(call, lambda: retrieve_invoice(stripe, invoice_id)["status"] == "void")


def delete_draft(stripe: StripeWriter, invoice_id: str) -> None:
    """Delete a draft."""

    def call() -> None:
        stripe.change(
            "DELETE /v1/invoices/{id}",
            lambda client, options: client.v1.invoices.delete(invoice_id, {}, options),
        )

    def is_gone() -> bool:
        try:
            retrieve_invoice(stripe, invoice_id)
        except StripeNotFoundError:
            return True
        return False

    _end(call, is_gone)


def remove_lines(stripe: StripeWriter, invoice_id: str, params: InvoiceRemoveLinesParams) -> None:
    """Take lines off a draft, and with them the word that it is whole."""

    def call() -> None:
        stripe.change(
            "POST /v1/invoices/{id}/remove_lines",
            lambda client, options: client.v1.invoices.remove_lines(invoice_id, params, options),
        )

    def is_empty() -> bool:
        return CONTENT_KEY not in retrieve_invoice(stripe, invoice_id)["metadata"]

    _end(call, is_empty)


def cancel_intent(stripe: StripeWriter, payment_id: str) -> None:
    """Cancel a PaymentIntent without money."""

    def call() -> None:
        stripe.change(
            "POST /v1/payment_intents/{id}/cancel",
            lambda client, options: client.v1.payment_intents.cancel(
                payment_id, {"cancellation_reason": "abandoned"}, options
            ),
        )

    _end(call, lambda: retrieve_payment_intent(stripe, payment_id)["status"] == "canceled")


def _end(call: Callable[[], None], is_done: Callable[[], bool]) -> None:
    """Make a call, unless it turns out to be done already.

    Raises:
        StripeApiError: it was not made, or nobody knows.
    """
    try:
        call()
    except (StripeRejectedError, StripeNotFoundError):
        if not is_done():
            raise
