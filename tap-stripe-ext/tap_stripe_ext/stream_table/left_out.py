"""Lists of Stripe's API that are no stream, and why."""

from __future__ import annotations

LEFT_OUT: dict[str, str] = {
    "/v1/apps/secrets": "secrets of Stripe Apps have no place in a warehouse",
    "/v1/billing/meters/{id}/event_summaries": (
        "computed for a customer and a span of time that the caller chooses"
    ),
    "/v1/credit_notes/preview/lines": "a preview of a credit note that does not exist",
    "/v1/financial_connections/accounts/{account}/owners": (
        "asks for the id of one reading of the owners beside the account's"
    ),
    "/v1/sources/{source}/source_transactions": (
        "Stripe has no list of all sources, only of those of a customer"
    ),
    "/v1/tax/calculations/{calculation}/line_items": (
        "Stripe has no list of tax calculations, which expire"
    ),
    "/v1/tax/transactions/{transaction}/line_items": "Stripe has no list of tax transactions",
}
