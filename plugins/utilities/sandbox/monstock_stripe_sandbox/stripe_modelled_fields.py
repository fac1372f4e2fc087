"""Which fields `expand[]` opens in the objects that are modelled by hand."""

from __future__ import annotations

from collections.abc import Mapping

from monstock_stripe_sandbox.stripe_expandable_fields import (
    Field,
    Included,
    Inner,
    Reference,
    References,
)

_NOTHING = Reference()
_ACCOUNT = Reference(("account",))
_CUSTOMER = Reference(("customer",))
_CHARGE = Reference(("charge",))
_INTENT = Reference(("payment_intent",))
_METHOD = Reference(("payment_method",))
_MOVEMENT = Reference(("balance_transaction",))
_INVOICE = Reference(("invoice",))
_PRICE = Inner({"product": Reference(("product",))})

_TAX = Inner({"liability": Inner({"account": _ACCOUNT})})
_ISSUER = Inner({"account": _ACCOUNT})
_SHIPPING = Inner({"shipping_rate": _NOTHING})
_INVOICE_CREATION = Inner(
    {"invoice_data": Inner({"account_tax_ids": References(), "issuer": _ISSUER})}
)
_MANDATE = Inner({"mandate": _NOTHING})
_DEBIT = Inner({"generated_sepa_debit": _NOTHING, "generated_sepa_debit_mandate": _NOTHING})
_LINE: Mapping[str, Field] = {
    "discounts": References(),
    "pricing": Inner({"price_details": Inner({"price": Reference(("price",))})}),
    "subscription": _NOTHING,
}
_EVIDENCE_FILES = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)

MODELLED: dict[str, Mapping[str, Field]] = {
    "payment_intent": {
        "application": _NOTHING,
        "customer": _CUSTOMER,
        "latest_charge": _CHARGE,
        "on_behalf_of": _ACCOUNT,
        "payment_method": _METHOD,
        "payment_record": _NOTHING,
        "review": _NOTHING,
        "source": _NOTHING,
        "transfer_data": Inner({"destination": _ACCOUNT}),
    },
    "charge": {
        "application": _NOTHING,
        "application_fee": _NOTHING,
        "balance_transaction": _MOVEMENT,
        "customer": _CUSTOMER,
        "failure_balance_transaction": _MOVEMENT,
        "on_behalf_of": _ACCOUNT,
        "outcome": Inner({"rule": _NOTHING}),
        "payment_intent": _INTENT,
        "payment_method_details": Inner(
            {
                "bancontact": _DEBIT,
                "card": _MANDATE,
                "ideal": _DEBIT,
                "sofort": _DEBIT,
                "us_bank_account": _MANDATE,
            }
        ),
        "refunds": Included(("refund",)),
        "review": _NOTHING,
        "source_transfer": _NOTHING,
        "transfer": _NOTHING,
        "transfer_data": Inner({"destination": _ACCOUNT}),
    },
    "refund": {
        "balance_transaction": _MOVEMENT,
        "charge": _CHARGE,
        "customer": _CUSTOMER,
        "failure_balance_transaction": _MOVEMENT,
        "payment_intent": _INTENT,
        "payment_method": _METHOD,
        "source_transfer_reversal": _NOTHING,
        "transfer_reversal": _NOTHING,
    },
    "dispute": {
        "balance_transactions": References(("balance_transaction",)),
        "charge": _CHARGE,
        "evidence": Inner(dict.fromkeys(_EVIDENCE_FILES, _NOTHING)),
        "payment_intent": _INTENT,
    },
    "customer": {
        "cash_balance": Included(),
        "default_source": _NOTHING,
        "invoice_credit_balance": Included(),
        "invoice_settings": Inner({"default_payment_method": _METHOD}),
        "sources": Included(),
        "subscriptions": Included(),
        "tax": Included(),
        "tax_ids": Included(),
        "test_clock": _NOTHING,
    },
    "checkout.session": {
        "automatic_tax": _TAX,
        "customer": _CUSTOMER,
        "invoice": _INVOICE,
        "invoice_creation": _INVOICE_CREATION,
        "line_items": Included(("item",)),
        "payment_intent": _INTENT,
        "payment_link": Reference(("payment_link",)),
        "setup_intent": _NOTHING,
        "shipping_cost": _SHIPPING,
        "subscription": _NOTHING,
    },
    "item": {"price": _PRICE},
    "payment_link": {
        "application": _NOTHING,
        "automatic_tax": _TAX,
        "invoice_creation": _INVOICE_CREATION,
        "line_items": Included(("item",)),
        "on_behalf_of": _ACCOUNT,
        "subscription_data": Inner({"invoice_settings": _INVOICE_CREATION.fields["invoice_data"]}),
        "transfer_data": Inner({"destination": _ACCOUNT}),
    },
    "invoice": {
        "account_tax_ids": References(),
        "amount_paid_off_stripe": Included(),
        "application": _NOTHING,
        "automatic_tax": _TAX,
        "confirmation_secret": Included(),
        "customer": _CUSTOMER,
        "default_payment_method": _METHOD,
        "default_source": _NOTHING,
        "discounts": References(),
        "from_invoice": Inner({"invoice": _INVOICE}),
        "issuer": _ISSUER,
        "latest_revision": _INVOICE,
        "lines": Inner({"data": Inner(_LINE)}),
        "on_behalf_of": _ACCOUNT,
        "parent": Inner({"subscription_details": Inner({"subscription": _NOTHING})}),
        "payments": Included(("invoice_payment",)),
        "shipping_cost": _SHIPPING,
        "test_clock": _NOTHING,
    },
    "line_item": _LINE,
    "invoice_payment": {
        "invoice": _INVOICE,
        "payment": Inner(
            {"charge": _CHARGE, "payment_intent": _INTENT, "payment_record": _NOTHING}
        ),
    },
    "balance_transaction": {"source": Reference(("charge", "refund", "dispute"))},
    "event": {},
    "product": {"default_price": Reference(("price",)), "tax_code": _NOTHING},
    "price": {
        "currency_options": Included(),
        "product": Reference(("product",)),
        "tiers": Included(),
    },
    "plan": {"tiers": Included()},
    "coupon": {"applies_to": Included(), "currency_options": Included()},
    "payment_method": {"customer": _CUSTOMER},
    "account": {},
}
"""Every field that Stripe expands, of the kinds that are modelled by hand."""
