"""Calls that make, read, change and close what collects money, typed by the `stripe` package."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from monstock_stripe_core.stripe_collected import Action, CollectionStep
from monstock_stripe_core.stripe_collection_params import (
    lines_params,
    link_note_params,
    no_lines_params,
)
from monstock_stripe_core.stripe_customer_calls import MOST_A_PAGE
from monstock_stripe_core.stripe_demand import Demand, OrderAs
from monstock_stripe_core.stripe_endings import (
    cancel_intent,
    delete_draft,
    finalize_invoice,
    remove_lines,
    void_invoice,
)
from monstock_stripe_core.stripe_errors import StripeReplayedError
from monstock_stripe_core.stripe_intention import CONTENT_KEY
from monstock_stripe_core.stripe_payment_calls import (
    retrieve_payment_intent,
    update_invoice,
    update_payment_intent,
)
from monstock_stripe_core.stripe_writer import StripeWriter, Value, plain

if TYPE_CHECKING:
    from stripe.params import (
        EventListParams,
        InvoiceCreateParams,
        InvoiceLineItemListParams,
        PaymentIntentCreateParams,
        PaymentIntentUpdateParams,
        PaymentLinkCreateParams,
        PaymentLinkUpdateParams,
    )
    from stripe.params.checkout import SessionListParams

# -- making --


def create_intent(stripe: StripeWriter, params: PaymentIntentCreateParams, key: str) -> Value:
    """Make a PaymentIntent, once for a key."""
    return plain(
        stripe.create(
            "POST /v1/payment_intents",
            key,
            lambda client, options: client.v1.payment_intents.create(params, options),
        )
    )


def create_invoice(stripe: StripeWriter, params: InvoiceCreateParams, key: str) -> Value:
    """Make a draft invoice, once for a key."""
    return plain(
        stripe.create(
            "POST /v1/invoices",
            key,
            lambda client, options: client.v1.invoices.create(params, options),
        )
    )


def create_link(stripe: StripeWriter, params: PaymentLinkCreateParams, key: str) -> Value:
    """Make a Payment Link, once for a key."""
    return plain(
        stripe.create(
            "POST /v1/payment_links",
            key,
            lambda client, options: client.v1.payment_links.create(params, options),
        )
    )


# -- reading --


def read_intent(stripe: StripeWriter, payment_id: str) -> Value:
    """Read a PaymentIntent."""
    return retrieve_payment_intent(stripe, payment_id)


def read_invoice(stripe: StripeWriter, invoice_id: str) -> tuple[Value, list[Value]]:
    """Read an invoice with its payments, and all of its lines."""
    invoice = plain(
        stripe.read(
            "GET /v1/invoices/{id}",
            lambda client: client.v1.invoices.retrieve(invoice_id, {"expand": ["payments"]}),
        )
    )
    first = invoice.get("lines") or {}
    if not first.get("has_more"):
        return invoice, list(first.get("data", ()))
    lines: list[Value] = []
    after: str | None = None
    more = True
    while more:
        page, more = _lines_page(stripe, invoice_id, after)
        lines += page
        after = page[-1]["id"] if page else None
    return invoice, lines


def _lines_page(
    stripe: StripeWriter, invoice_id: str, after: str | None
) -> tuple[list[Value], bool]:
    params: InvoiceLineItemListParams = {"limit": MOST_A_PAGE}
    if after is not None:
        params["starting_after"] = after
    page = stripe.read(
        "GET /v1/invoices/{id}/lines",
        lambda client: client.v1.invoices.line_items.list(invoice_id, params),
    )
    return [plain(line) for line in page.data], page.has_more and bool(page.data)


def read_link(stripe: StripeWriter, link_id: str) -> Value:
    """Read a Payment Link."""
    return plain(
        stripe.read(
            "GET /v1/payment_links/{id}", lambda client: client.v1.payment_links.retrieve(link_id)
        )
    )


def payments_through(stripe: StripeWriter, link_id: str) -> list[Value]:
    """The PaymentIntents of the sessions that were completed through a Payment Link."""
    params: SessionListParams = {
        "payment_link": link_id,
        "status": "complete",
        "limit": MOST_A_PAGE,
        "expand": ["data.payment_intent"],
    }
    found = stripe.read(
        "GET /v1/checkout/sessions", lambda client: client.v1.checkout.sessions.list(params)
    )
    payments = (plain(session).get("payment_intent") for session in found.data)
    return [one for one in payments if isinstance(one, dict)]


# -- changing --


def carry_out(stripe: StripeWriter, step: CollectionStep, key: str) -> None:
    """Make the call of a step.

    Args:
        stripe: where.
        step: what.
        key: the idempotency key of a call that must not have its effect twice.

    Raises:
        StripeApiError: it was not made, or nobody knows.
    """
    _CALLS[step.action](stripe, step, key)


def _demand(step: CollectionStep) -> Demand:
    if step.demand is None:
        raise TypeError(f"{step.action.value} needs a demand")
    return step.demand


def _set_amount(stripe: StripeWriter, step: CollectionStep, _key: str) -> None:
    demand = _demand(step)
    params: PaymentIntentUpdateParams = {
        "amount": demand.amount,
        "currency": demand.currency,
        "metadata": {CONTENT_KEY: demand.content},
    }
    if step.customer is not None:
        params["customer"] = step.customer
    update_payment_intent(stripe, step.object_id, params)


def _annotate(stripe: StripeWriter, step: CollectionStep, _key: str) -> None:
    note = step.annotation
    if note is None:
        raise TypeError("annotating needs an annotation")
    metadata = dict(note.metadata)
    if step.kind is OrderAs.INVOICE:
        update_invoice(stripe, step.object_id, {"metadata": metadata})
    elif step.kind is OrderAs.PAYMENT_LINK:
        _update_link(stripe, step.object_id, link_note_params(_demand(step), metadata))
    else:
        params: PaymentIntentUpdateParams = {"metadata": metadata}
        if note.description is not None:
            params["description"] = note.description
        if note.order_reference is not None:
            params["payment_details"] = {"order_reference": note.order_reference}
        update_payment_intent(stripe, step.object_id, params)


def _remove_lines(stripe: StripeWriter, step: CollectionStep, _key: str) -> None:
    remove_lines(stripe, step.object_id, no_lines_params(step.lines))


def _add_lines(stripe: StripeWriter, step: CollectionStep, _key: str) -> None:
    # Lines that were added twice are seen when the invoice is read again, and mended.
    params = lines_params(_demand(step))
    stripe.change(
        "POST /v1/invoices/{id}/add_lines",
        lambda client, options: client.v1.invoices.add_lines(step.object_id, params, options),
    )


def _send(stripe: StripeWriter, step: CollectionStep, key: str) -> None:
    """Send an invoice once: where Stripe keeps a failure, its events tell whether it was sent.

    If not, it is sent under a key that nobody has used: of a second fixed one Stripe might keep a
    failure, too, and repeat both for a day.
    """
    try:
        _sent(stripe, step, key)
    except StripeReplayedError:
        if not _was_sent(stripe, step.object_id):
            _sent(stripe, step, f"{key}:{uuid.uuid4()}")


def _sent(stripe: StripeWriter, step: CollectionStep, key: str) -> None:
    stripe.create(
        "POST /v1/invoices/{id}/send",
        key,
        lambda client, options: client.v1.invoices.send_invoice(step.object_id, {}, options),
    )


def _was_sent(stripe: StripeWriter, invoice_id: str) -> bool:
    """Whether an event tells so; of the shop's others since the invoice was made there may be many.

    Stripe keeps events for 30 days, and a failure for less.
    """
    invoice = stripe.read(
        "GET /v1/invoices/{id}", lambda client: client.v1.invoices.retrieve(invoice_id)
    )
    params: EventListParams = {
        "type": "invoice.sent",
        "created": {"gte": invoice.created},
        "limit": MOST_A_PAGE,
    }
    while True:
        page = stripe.read("GET /v1/events", lambda client: client.v1.events.list(params))
        events = [plain(event) for event in page.data]
        if any(event["data"]["object"]["id"] == invoice_id for event in events):
            return True
        if not page.has_more or not events:
            return False
        params["starting_after"] = events[-1]["id"]


def _deactivate(stripe: StripeWriter, step: CollectionStep, _key: str) -> None:
    _update_link(stripe, step.object_id, {"active": False})


def _update_link(stripe: StripeWriter, link_id: str, params: PaymentLinkUpdateParams) -> None:
    stripe.change(
        "POST /v1/payment_links/{id}",
        lambda client, options: client.v1.payment_links.update(link_id, params, options),
    )


def _by_id(
    call: Callable[[StripeWriter, str], None],
) -> Callable[[StripeWriter, CollectionStep, str], None]:
    return lambda stripe, step, _key: call(stripe, step.object_id)


_CALLS: Mapping[Action, Callable[[StripeWriter, CollectionStep, str], None]] = MappingProxyType(
    {
        Action.AMOUNT: _set_amount,
        Action.ANNOTATE: _annotate,
        Action.REMOVE_LINES: _remove_lines,
        Action.ADD_LINES: _add_lines,
        Action.FINALIZE: _by_id(finalize_invoice),
        Action.SEND: _send,
        Action.CANCEL: _by_id(cancel_intent),
        Action.DELETE: _by_id(delete_draft),
        Action.VOID: _by_id(void_invoice),
        Action.DEACTIVATE: _deactivate,
    }
)
