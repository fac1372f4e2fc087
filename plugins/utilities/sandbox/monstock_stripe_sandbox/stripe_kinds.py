"""The kinds of objects that Stripe's stand-in keeps: one row each.

Those that are modelled by hand stand here; the others are made of `stripe_resources.json`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from monstock_stripe_sandbox.stripe_catalog import LISTS, MAIN_LIST, SINGLES, kind_at, model


@dataclass(frozen=True, slots=True)
class Kind:
    """What is particular to one kind of object.

    Attributes:
        name: Stripe's `object`.
        path: where its list lives below `/v1/`; "" where Stripe has no list of it.
        permission: the part of a restricted key's permission that names it.
        id_param: how Stripe's errors call the id of a retrieve.
        indexes: fields (`outer.inner`) by which lists are narrowed quickly.
        called: how "No such …" names it, where that is not `object`.
    """

    name: str
    path: str
    permission: str
    id_param: str = "id"
    indexes: tuple[str, ...] = ()
    called: str = ""

    @property
    def noun(self) -> str:
        """How "No such …" names the kind."""
        return self.called or self.name


MODELLED: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("payment_intent", "payment_intents", "payment_intent", "intent", ("customer",)),
        Kind("charge", "charges", "charge", "id", ("payment_intent", "customer")),
        Kind("refund", "refunds", "charge", "id", ("charge", "payment_intent")),
        Kind("dispute", "disputes", "dispute", "dispute", ("charge", "payment_intent")),
        Kind("customer", "customers", "customer", "id", ("email",)),
        Kind(
            "checkout.session",
            "checkout/sessions",
            "checkout_session",
            "session",
            ("payment_intent", "payment_link", "customer"),
        ),
        Kind("invoice", "invoices", "invoice", "invoice", ("customer", "status")),
        Kind(
            "invoice_payment",
            "invoice_payments",
            "invoice",
            "invoice_payment",
            ("payment.payment_intent", "invoice"),
            "invoice payment",
        ),
        Kind(
            "balance_transaction",
            "balance_transactions",
            "balance_transaction_source",
            "id",
            ("source",),
            "balance transaction",
        ),
        Kind("event", "events", "event", "id", ("type",), "event"),
        Kind("payment_link", "payment_links", "payment_links", "payment_link"),
        Kind("product", "products", "product", "id"),
        Kind("price", "prices", "plan", "price", ("product",)),
        Kind(
            "payment_method",
            "payment_methods",
            "payment_method",
            "payment_method",
            ("customer",),
            "PaymentMethod",
        ),
    )
}

_PERMISSIONS = {
    "account": "connected_account",
    "billing_portal.configuration": "customer_portal",
    "capability": "connected_account",
    "credit_note_line_item": "credit_note",
    "customer_balance_transaction": "customer",
    "customer_cash_balance_transaction": "customer",
    "customer_source": "customer",
    "entitlements.active_entitlement": "entitlement",
    "entitlements.feature": "entitlement",
    "external_account": "connected_account",
    "fee_refund": "application_fee",
    "file_link": "file",
    "invoiceitem": "invoice",
    "issuing.personalization_design": "issuing_card",
    "issuing.physical_bundle": "issuing_card",
    "item": "checkout_session",
    "line_item": "invoice",
    "payment_attempt_record": "payment_records",
    "payment_intent_amount_details_line_item": "payment_intent",
    "payment_method_configuration": "payment_method_configurations",
    "payment_record": "payment_records",
    "person": "connected_account",
    "product_feature": "product",
    "reporting.report_run": "report_runs_and_report_types",
    "reporting.report_type": "report_runs_and_report_types",
    "setup_attempt": "setup_intent",
    "source_transaction": "source",
    "subscription_item": "subscription",
    "subscription_schedule": "subscription",
    "tax.location": "tax_locations",
    "tax.registration": "tax_settings",
    "tax_id": "customer",
    "test_helpers.test_clock": "billing_clock",
    "topup": "top_up",
    "transfer_reversal": "transfer",
    "treasury.financial_account": "financial_account",
    "treasury.inbound_transfer": "inbound_transfer",
    "treasury.outbound_payment": "outbound_payment",
    "treasury.outbound_transfer": "outbound_transfer",
    "treasury.received_credit": "received_credit",
    "treasury.received_debit": "received_debit",
    "treasury.transaction_entry": "treasury_transaction",
    "webhook_endpoint": "webhook",
}
"""Stripe docs, 'Permissions reference'; where it names none, the kind's own name stands for one."""

_NOUNS = {"setup_intent": "setupintent"}
_ID_AT_END = re.compile(r"\{(\w+)\}$")


def _further() -> Iterator[Kind]:
    """Yield a row for each kind that Stripe lists, or shows by its id, and none has modelled."""
    shown = {kind_at(path.rpartition("/")[0], each.objects): each for path, each in SINGLES.items()}
    for name in sorted((MAIN_LIST.keys() | shown.keys()) - MODELLED.keys()):
        main = MAIN_LIST.get(name)
        single = shown.get(name)
        placeholder = None if single is None else _ID_AT_END.search(single.path)
        yield Kind(
            name,
            "" if main is None or main.nested else main.path.removeprefix("/v1/"),
            _PERMISSIONS.get(name, name.replace(".", "_")),
            "id" if placeholder is None else placeholder[1],
            _indexes(name),
            _NOUNS.get(name, ""),
        )


def _indexes(name: str) -> tuple[str, ...]:
    """Return the fields by which a list of the kind is narrowed to an object's own part."""
    fields: set[str] = set()
    for served in LISTS.values():
        if served.kind == name:
            known = model(served.objects[0])
            fields |= {
                parameter
                for parameter, entry in served.parameters.items()
                if entry.kind == "text" and parameter in known
            }
    return tuple(sorted(fields))


KINDS: dict[str, Kind] = MODELLED | {kind.name: kind for kind in _further()}
