"""Parameters of the calls that make what collects money, held by the `stripe` package's types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from monstock_stripe_core.link_annotation import ORDER_NUMBER_KEY
from monstock_stripe_core.stripe_collected import LINE_KEY
from monstock_stripe_core.stripe_demand import Demand
from monstock_stripe_core.stripe_demand_lines import DemandLine
from monstock_stripe_core.stripe_intention import CONTENT_KEY, REVISION_KEY

if TYPE_CHECKING:
    from stripe.params import (
        InvoiceAddLinesParams,
        InvoiceAddLinesParamsLine,
        InvoiceCreateParams,
        InvoiceRemoveLinesParams,
        PaymentIntentCreateParams,
        PaymentLinkCreateParams,
        PaymentLinkUpdateParams,
    )

_TAX_NAME = "Tax"


def intent_params(demand: Demand, revision: int, customer: str | None) -> PaymentIntentCreateParams:
    """A PaymentIntent that collects a demand by whatever methods the account offers."""
    params: PaymentIntentCreateParams = {
        "amount": demand.amount,
        "currency": demand.currency,
        "automatic_payment_methods": {"enabled": True},
        "description": demand.description,
        "payment_details": {"order_reference": demand.metadata[ORDER_NUMBER_KEY]},
        "metadata": {
            **demand.metadata,
            REVISION_KEY: str(revision),
            CONTENT_KEY: demand.content,
        },
    }
    if customer is not None:
        params["customer"] = customer
    return params


def invoice_params(
    demand: Demand, revision: int, customer: str, days_until_due: int
) -> InvoiceCreateParams:
    """A draft invoice without lines.

    It is not to advance by itself: Stripe would finalise a draft that is only half written.
    """
    return {
        "customer": customer,
        "currency": demand.currency,
        "collection_method": "send_invoice",
        "days_until_due": days_until_due,
        "auto_advance": False,
        "pending_invoice_items_behavior": "exclude",
        "metadata": {**demand.metadata, REVISION_KEY: str(revision)},
    }


def lines_params(demand: Demand) -> InvoiceAddLinesParams:
    """The lines of a demand, and with them, in one call, the word that they are whole."""
    return {
        "lines": [_line(line) for line in demand.lines],
        "invoice_metadata": {CONTENT_KEY: demand.content},
    }


def no_lines_params(lines: Sequence[str]) -> InvoiceRemoveLinesParams:
    """Lines to take off a draft, and with them, in one call, the word that it was whole."""
    return {
        "lines": [{"id": line, "behavior": "delete"} for line in lines],
        "invoice_metadata": {CONTENT_KEY: ""},
    }


def link_note_params(demand: Demand, changed: Mapping[str, str]) -> PaymentLinkUpdateParams:
    """What a Payment Link says of its order, and what pays through it from now on.

    The metadata of `payment_intent_data` is replaced as a whole, unlike the link's own (API
    reference, 'Update a payment link').

    Args:
        demand: with all of the metadata.
        changed: keys of the link's own that change.
    """
    return {
        "metadata": dict(changed),
        "payment_intent_data": {
            "metadata": dict(demand.metadata),
            "description": demand.description,
        },
    }


def link_params(demand: Demand, revision: int) -> PaymentLinkCreateParams:
    """A Payment Link that can be paid once."""
    return {
        "line_items": [
            {
                "price_data": {
                    "currency": demand.currency,
                    "unit_amount": demand.amount,
                    "product_data": {"name": demand.description},
                },
                "quantity": 1,
            }
        ],
        "restrictions": {"completed_sessions": {"limit": 1}},
        "metadata": {
            **demand.metadata,
            REVISION_KEY: str(revision),
            CONTENT_KEY: demand.content,
        },
        "payment_intent_data": {
            "metadata": dict(demand.metadata),
            "description": demand.description,
        },
    }


def _line(line: DemandLine) -> InvoiceAddLinesParamsLine:
    params: InvoiceAddLinesParamsLine = {
        "amount": line.amount,
        "description": line.description,
        "metadata": {LINE_KEY: "1"},
    }
    if line.tax:
        params["tax_amounts"] = [
            {
                "amount": line.tax,
                "taxable_amount": line.amount - line.tax,
                "tax_rate_data": {
                    "display_name": _TAX_NAME,
                    "inclusive": True,
                    # A rate, not money: Stripe's type for it is a float.
                    "percentage": float(line.percentage),
                },
            }
        ]
    return params
