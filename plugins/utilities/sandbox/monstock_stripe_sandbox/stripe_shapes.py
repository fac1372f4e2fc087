"""The shapes of Stripe's payment objects, as of API version 2026-10-28.endive.

Each function returns a new object with every field that Stripe always sends. Fields that appear
only in some states (`payment_details`, `failure_reason`, …) are added by the operations.
"""

from __future__ import annotations

from typing import Any

Shape = dict[str, Any]

ADDRESS: Shape = {
    "city": None,
    "country": None,
    "line1": None,
    "line2": None,
    "postal_code": None,
    "state": None,
}

# One object for all that share it: nothing in a shape is ever changed in place.
_EMPTY: Shape = {}
_NO_TIP: Shape = {"tip": {}}
_UNMANAGED: Shape = {"enabled": False}
NOBODY: Shape = {"address": ADDRESS, "email": None, "name": None, "phone": None, "tax_id": None}
_CARD: Shape = {
    "brand": "visa",
    "checks": None,
    "country": "FR",
    "display_brand": "visa",
    "exp_month": 8,
    "exp_year": 2030,
    "fingerprint": "Xt5EWLLDS7FJjR1c",
    "funding": "credit",
    "generated_from": None,
    "last4": "4242",
    "networks": None,
    "regulated_status": "unregulated",
    "three_d_secure_usage": None,
    "wallet": None,
}
_APPROVED: Shape = {
    "advice_code": None,
    "network_advice_code": None,
    "network_decline_code": None,
    "network_status": "approved_by_network",
    "reason": None,
    "risk_level": "normal",
    "risk_score": 12,
    "seller_message": "Payment complete.",
    "type": "authorized",
}


def payment_intent(
    identifier: str, created: int, livemode: bool, amount: int, currency: str, secret: str
) -> Shape:
    """A PaymentIntent that nobody has tried to pay."""
    return {
        "id": identifier,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": _NO_TIP,
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{identifier}_secret_{secret}",
        "confirmation_method": "automatic",
        "created": created,
        "currency": currency,
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": livemode,
        "managed_payments": _UNMANAGED,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": _EMPTY,
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def charge(identifier: str, created: int, livemode: bool, amount: int, currency: str) -> Shape:
    """A Charge that succeeded and was captured in whole; its money is not booked yet."""
    return {
        "id": identifier,
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": NOBODY,
        "calculated_statement_descriptor": "MONSTOCK SANDBOX",
        "captured": True,
        "created": created,
        "currency": currency,
        "customer": None,
        "description": None,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": _EMPTY,
        "livemode": livemode,
        "metadata": {},
        "on_behalf_of": None,
        "outcome": _APPROVED,
        "paid": True,
        "payment_intent": None,
        "payment_method": None,
        "payment_method_details": None,
        "radar_options": _EMPTY,
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": f"https://pay.stripe.com/receipts/payment/{identifier}",
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }


def refund(identifier: str, created: int, amount: int, of: Any) -> Shape:
    """A Refund of the Charge `of`, still without a balance transaction."""
    return {
        "id": identifier,
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": of["id"],
        "created": created,
        "currency": of["currency"],
        "customer": None,
        "customer_account": None,
        "destination_details": None,
        "metadata": {},
        "payment_intent": of["payment_intent"],
        "payment_method": None,
        "reason": None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


_EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


def dispute(identifier: str, created: int, amount: int, of: Any, due_by: int) -> Shape:
    """A Dispute of the Charge `of`."""
    method = of["payment_method_details"]["type"]
    card = of["payment_method_details"].get("card")
    details: Shape | None = None
    if card is not None:
        details = {
            "type": "card",
            "card": {
                "brand": card["brand"],
                "case_type": "chargeback",
                "network": card["network"],
                "network_reason_code": "10.4",
            },
        }
    elif method in ("klarna", "paypal", "amazon_pay"):
        details = {"type": method, method: {}}
    return {
        "id": identifier,
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": of["id"],
        "created": created,
        "currency": of["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": due_by,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": False,
        "livemode": of["livemode"],
        "metadata": {},
        "payment_intent": of["payment_intent"],
        "payment_method_details": details,
        "reason": "general",
        "status": "needs_response",
    }


def balance_transaction(
    identifier: str, created: int, available_on: int, source: str, kind: str
) -> Shape:
    """A movement of the account's balance, with its amounts still at 0."""
    return {
        "id": identifier,
        "object": "balance_transaction",
        "amount": 0,
        "available_on": available_on,
        "balance_type": "payments",
        "created": created,
        "currency": "eur",
        "description": None,
        "exchange_rate": None,
        "fee": 0,
        "fee_details": [],
        "net": 0,
        "reporting_category": kind,
        "source": source,
        "status": "pending",
        "type": kind,
    }


def customer(identifier: str, created: int, livemode: bool, invoice_prefix: str) -> Shape:
    """A Customer without a name."""
    return {
        "id": identifier,
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": created,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": invoice_prefix,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": livemode,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def payment_method(identifier: str, created: int, livemode: bool, kind: str) -> Shape:
    """A PaymentMethod; of a card, what matters of it."""
    return {
        "id": identifier,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": NOBODY,
        "created": created,
        "customer": None,
        "customer_account": None,
        "livemode": livemode,
        "metadata": {},
        "type": kind,
        kind: _CARD if kind == "card" else _EMPTY,
    }


def event(identifier: str, created: int, livemode: bool, kind: str, api_version: str) -> Shape:
    """An Event without its data."""
    return {
        "id": identifier,
        "object": "event",
        "api_version": api_version,
        "created": created,
        "data": None,
        "livemode": livemode,
        "pending_webhooks": 0,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
