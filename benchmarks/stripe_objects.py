"""Objects of Stripe's for the list server: every field of the pinned version, filled as shops do.

A PaymentIntent is the large kind: automatic payment methods, an address, metadata of a shop, and a
declined attempt, 4.7 kB of JSON without blanks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from monstock_stripe_sandbox import stripe_sales_shapes, stripe_shapes
from stripe import api_version

Shape = dict[str, Any]

ACCOUNT = "acct_1BenchmarkAccount01"
_ADDRESS: Shape = {
    "city": "Villeneuve-d'Ascq",
    "country": "FR",
    "line1": "128 boulevard de Tournai",
    "line2": "Bâtiment C, 3e étage",
    "postal_code": "59650",
    "state": "Hauts-de-France",
}
_METADATA: Shape = {
    "monstock_order_id": "3f1d1a52-6c0e-4f4e-9a7b-0d6f6c1f7a21",
    "monstock_order_number": "CO-2026-0012345",
    "shop": "https://boutique.example.com/fr",
    "cart_token": "c1-9f8e7d6c5b4a39281706f5e4d3c2b1a0",
    "customer_group": "wholesale / tier 2",
    "utm_campaign": "autumn-sale-2026",
}
_SHIPPING: Shape = {
    "address": _ADDRESS,
    "carrier": "Chronopost",
    "name": "Élodie Lefèbvre-Martin",
    "phone": "+33320123456",
    "tracking_number": None,
}
_CARD: Shape = {
    "brand": "visa",
    "checks": {
        "address_line1_check": "pass",
        "address_postal_code_check": "pass",
        "cvc_check": "pass",
    },
    "country": "FR",
    "display_brand": "cartes_bancaires",
    "exp_month": 11,
    "exp_year": 2029,
    "fingerprint": "mToisGZ01V71BCos",
    "funding": "debit",
    "generated_from": None,
    "last4": "4242",
    "networks": {"available": ["visa", "cartes_bancaires"], "preferred": None},
    "regulated_status": "regulated",
    "three_d_secure_usage": {"supported": True},
    "wallet": None,
}
_BILLING: Shape = {
    "address": _ADDRESS,
    "email": "elodie.lefebvre-martin@example.com",
    "name": "Élodie Lefèbvre-Martin",
    "phone": "+33320123456",
    "tax_id": None,
}
_METHODS = [
    "card",
    "bancontact",
    "eps",
    "ideal",
    "klarna",
    "link",
    "paypal",
    "sepa_debit",
    "customer_balance",
]
_METHOD_OPTIONS: Shape = {
    "bancontact": {"preferred_language": "fr"},
    "card": {
        "capture_method": "automatic",
        "installments": {"available_plans": [], "enabled": False, "plan": None},
        "mandate_options": None,
        "network": None,
        "request_extended_authorization": "if_available",
        "request_incremental_authorization": "if_available",
        "request_multicapture": "never",
        "request_overcapture": "never",
        "request_three_d_secure": "automatic",
        "require_cvc_recollection": False,
        "setup_future_usage": "off_session",
        "statement_descriptor_suffix_kana": None,
        "statement_descriptor_suffix_kanji": None,
    },
    "customer_balance": {
        "bank_transfer": {
            "eu_bank_transfer": {"country": "FR"},
            "requested_address_types": ["iban", "sepa"],
            "type": "eu_bank_transfer",
        },
        "funding_type": "bank_transfer",
    },
    "eps": {},
    "ideal": {},
    "klarna": {"capture_method": "manual", "preferred_locale": "fr-FR"},
    "link": {"persistent_token": None},
    "paypal": {"preferred_locale": "fr-FR", "reference": "CO-2026-0012345"},
    "sepa_debit": {"mandate_options": {"reference_prefix": "CO-"}, "target_date": None},
}


def payment_intent(number: int, created: int) -> Shape:
    """Return a PaymentIntent whose last attempt was declined."""
    identifier = object_id("payment_intent", number)
    method = {
        **stripe_shapes.payment_method(object_id("payment_method", number), created, True, "card"),
        "billing_details": _BILLING,
        "card": _CARD,
        "customer": object_id("customer", number),
    }
    error = {
        "advice_code": "try_again_later",
        "charge": object_id("charge", number),
        "code": "card_declined",
        "decline_code": "insufficient_funds",
        "doc_url": "https://stripe.com/docs/error-codes/card-declined",
        "message": "Your card has insufficient funds.",
        "network_advice_code": "02",
        "network_decline_code": "51",
        "payment_method": method,
        "request_log_url": "https://dashboard.stripe.com/logs/req_2bN9GhT5xK0aQe?t=1764000000",
        "type": "card_error",
    }
    return {
        **stripe_shapes.payment_intent(
            identifier, created, True, 123_45, "eur", "9oR8Yk2ZpQmWvLtX"
        ),
        "allowed_payment_method_types": None,
        "amount_details": {
            "discount_amount": 1_500,
            "line_items": None,
            "shipping": {"amount": 990, "from_postal_code": "75011", "to_postal_code": "59650"},
            "tax": {"total_tax_amount": 2_058},
            "tip": {},
        },
        "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
        "customer": object_id("customer", number),
        "description": f"Order CO-2026-{number:07d} of Boutique Exemple, 3 articles",
        "hooks": {"inputs": {"tax": {"calculation": "taxcalc_1QWJYzLkdIwHu7ixCPcmXqTU"}}},
        "last_payment_error": error,
        "latest_charge": object_id("charge", number),
        "metadata": _METADATA,
        "payment_details": {
            "customer_reference": f"C-{number:09d}",
            "order_reference": f"CO-2026-{number:07d}",
        },
        "payment_method_configuration_details": {
            "id": "pmc_1QeZb2LkdIwHu7ixZgE7Kx9o",
            "parent": None,
        },
        "payment_method_options": _METHOD_OPTIONS,
        "payment_method_types": _METHODS,
        "payment_record": None,
        "presentment_details": {"presentment_amount": 123_45, "presentment_currency": "eur"},
        "receipt_email": "elodie.lefebvre-martin@example.com",
        "setup_future_usage": "off_session",
        "shipping": _SHIPPING,
        "statement_descriptor_suffix": "CO-2026",
    }


def charge(number: int, created: int) -> Shape:
    """Return a Charge that was paid by card, with an empty list of refunds."""
    identifier = object_id("charge", number)
    return {
        **stripe_shapes.charge(identifier, created, True, 123_45, "eur"),
        "balance_transaction": object_id("balance_transaction", number),
        "billing_details": _BILLING,
        "customer": object_id("customer", number),
        "description": f"Order CO-2026-{number:07d} of Boutique Exemple, 3 articles",
        "metadata": _METADATA,
        "payment_intent": object_id("payment_intent", number),
        "payment_method": object_id("payment_method", number),
        "payment_method_details": {
            "card": {
                **_CARD,
                "amount_authorized": 123_45,
                "authorization_code": "839201",
                "extended_authorization": {"status": "disabled"},
                "incremental_authorization": {"status": "unavailable"},
                "installments": None,
                "mandate": None,
                "multicapture": {"status": "unavailable"},
                "network": "visa",
                "network_token": {"used": False},
                "network_transaction_id": "104102978678771",
                "overcapture": {"maximum_amount_capturable": 123_45, "status": "unavailable"},
                "three_d_secure": None,
            },
            "type": "card",
        },
        "receipt_email": "elodie.lefebvre-martin@example.com",
        "refunds": _no_list(f"/v1/charges/{identifier}/refunds"),
        "shipping": _SHIPPING,
    }


def customer(number: int, created: int) -> Shape:
    """Return a Customer with addresses."""
    return {
        **stripe_shapes.customer(object_id("customer", number), created, True, "BENCH001"),
        "address": _ADDRESS,
        "currency": "eur",
        "description": "Wholesale customer, tier 2",
        "email": f"customer-{number}@example.com",
        "metadata": _METADATA,
        "name": "Élodie Lefèbvre-Martin",
        "phone": "+33320123456",
        "preferred_locales": ["fr-FR", "en-GB"],
        "shipping": _SHIPPING,
    }


def invoice(number: int, created: int) -> Shape:
    """Return an Invoice with two lines."""
    identifier = object_id("invoice", number)
    whole = stripe_sales_shapes.invoice(identifier, created, True, 123_45, 0, "eur")
    lines = [
        stripe_sales_shapes.invoice_line(
            f"il_{number:012d}{position}", whole, 5_000, f"ii_{number:012d}{position}", None
        )
        for position in (1, 2)
    ]
    return {
        **whole,
        "customer": object_id("customer", number),
        "customer_address": _ADDRESS,
        "customer_email": f"customer-{number}@example.com",
        "customer_name": "Élodie Lefèbvre-Martin",
        "customer_phone": "+33320123456",
        "customer_shipping": _SHIPPING,
        "lines": {**_no_list(f"/v1/invoices/{identifier}/lines"), "data": lines, "total_count": 2},
        "metadata": _METADATA,
        "number": f"BENCH-{number:07d}",
    }


def refund(number: int, created: int) -> Shape:
    """Return a Refund of a charge."""
    of = {
        "id": object_id("charge", number),
        "currency": "eur",
        "payment_intent": object_id("payment_intent", number),
    }
    return stripe_shapes.refund(object_id("refund", number), created, 1_000, of)


def balance_transaction(number: int, created: int) -> Shape:
    """Return the balance transaction of a charge, with its fee."""
    shape = stripe_shapes.balance_transaction(
        object_id("balance_transaction", number),
        created,
        created + 7 * 86_400,
        object_id("charge", number),
        "charge",
    )
    return {**shape, "amount": 123_45, "fee": 210, "net": 121_35, "status": "available"}


def product(number: int, created: int) -> Shape:
    """Return a Product."""
    identifier = object_id("product", number)
    return stripe_sales_shapes.product(identifier, created, True, f"Article {number}")


def price(number: int, created: int) -> Shape:
    """Return a Price."""
    return stripe_sales_shapes.price(
        object_id("price", number), created, True, 5_000, "eur", object_id("product", number)
    )


def event(number: int, created: int, about: Shape | None = None) -> Shape:
    """Return an Event that tells that a PaymentIntent failed.

    Args:
        number: which event.
        created: seconds since 1970.
        about: the PaymentIntent; the one of the same number if None.
    """
    shape = stripe_shapes.event(
        object_id("event", number), created, True, "payment_intent.payment_failed", api_version
    )
    return {**shape, "data": {"object": about or payment_intent(number, created)}}


Maker = Callable[[int, int], Shape]

# By the path of its list: the object's name, what its ids begin with, and what makes one.
KINDS: dict[str, tuple[str, str, Maker]] = {
    "balance_transactions": ("balance_transaction", "txn", balance_transaction),
    "charges": ("charge", "ch", charge),
    "customers": ("customer", "cus", customer),
    "events": ("event", "evt", event),
    "invoices": ("invoice", "in", invoice),
    "payment_intents": ("payment_intent", "pi", payment_intent),
    "prices": ("price", "price", price),
    "products": ("product", "prod", product),
    "refunds": ("refund", "re", refund),
}
_PREFIXES = {name: prefix for name, prefix, _ in KINDS.values()} | {"payment_method": "pm"}


def object_id(kind: str, number: int) -> str:
    """Return the id of the `number`th object of a kind, as long as Stripe's are."""
    return f"{_PREFIXES[kind]}_3{number:023d}"


def account() -> Shape:
    """Return the account that the key belongs to."""
    return stripe_sales_shapes.account(ACCOUNT, 1_600_000_000)


def _no_list(url: str) -> Shape:
    return {"object": "list", "data": [], "has_more": False, "url": url}
