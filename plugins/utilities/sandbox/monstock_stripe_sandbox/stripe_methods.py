"""Payment methods in Stripe's words: what a Charge says of how it was paid."""

from __future__ import annotations

from typing import Any

API_VERSION = "2026-10-28.endive"

DECLINE_CODES = {
    "do_not_honor",
    "expired_card",
    "fraudulent",
    "generic_decline",
    "incorrect_cvc",
    "insufficient_funds",
    "lost_card",
    "processing_error",
    "stolen_card",
}
"""Issuers' reasons; they stand in `decline_code`, beside the code `card_declined`."""

_OWN_CODES = {"expired_card", "incorrect_cvc", "processing_error"}
"""Reasons that Stripe also uses as the error's `code` itself."""

MESSAGES = {
    "card_declined": "Your card was declined.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "insufficient_funds": "Your card has insufficient funds.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "payment_intent_payment_attempt_failed": "The payment failed.",
}


def decline_codes(code: str) -> tuple[str, str | None, str]:
    """Return (`code`, `decline_code`, message) of an error for a reason as Stripe pairs them."""
    if code in _OWN_CODES:
        return code, None, MESSAGES[code]
    if code in DECLINE_CODES:
        return "card_declined", code, MESSAGES.get(code, MESSAGES["card_declined"])
    decline = "generic_decline" if code == "card_declined" else None
    return code, decline, MESSAGES.get(code, MESSAGES["card_declined"])


_CARD: dict[str, Any] = {
    "amount_authorized": None,
    "authorization_code": None,
    "brand": "visa",
    "checks": {
        "address_line1_check": None,
        "address_postal_code_check": None,
        "cvc_check": "pass",
    },
    "country": "FR",
    "exp_month": 8,
    "exp_year": 2030,
    "extended_authorization": {"status": "disabled"},
    "fingerprint": "Xt5EWLLDS7FJjR1c",
    "funding": "credit",
    "incremental_authorization": {"status": "unavailable"},
    "installments": None,
    "last4": "4242",
    "mandate": None,
    "multicapture": {"status": "unavailable"},
    "network": "visa",
    "network_token": {"used": False},
    "network_transaction_id": "104102106108110",
    "overcapture": {"maximum_amount_capturable": 0, "status": "unavailable"},
    "regulated_status": "unregulated",
    "three_d_secure": None,
    "transaction_link_id": None,
    "wallet": None,
}

_OTHERS: dict[str, dict[str, Any]] = {
    "sepa_debit": {
        "bank_code": "37040044",
        "branch_code": "",
        "country": "DE",
        "expected_debit_date": None,
        "fingerprint": "vifs0Ho7vwRn1Miu",
        "last4": "3000",
        "mandate": None,
    },
    "us_bank_account": {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "expected_debit_date": None,
        "fingerprint": "LstWJFsCK7P349Bg",
        "last4": "6789",
        "mandate": None,
        "payment_reference": None,
        "routing_number": "110000000",
    },
    "bancontact": {
        "bank_code": "VAPE",
        "bank_name": "VAN DE PUT & CO",
        "bic": "VAPEBE22",
        "generated_sepa_debit": None,
        "generated_sepa_debit_mandate": None,
        "iban_last4": "7061",
        "preferred_language": "fr",
        "verified_name": None,
    },
    "paypal": {
        "country": "FR",
        "payer_email": None,
        "payer_id": None,
        "payer_name": None,
        "seller_protection": None,
        "transaction_id": None,
    },
    "klarna": {"payer_details": None, "payment_method_category": None, "preferred_locale": None},
    "link": {"country": "FR"},
    "customer_balance": {},
}


def is_card(method: str) -> bool:
    """Say whether a method makes Charges named `ch_…` and transactions of type `charge`."""
    return method == "card"


def known_method(method: str) -> bool:
    """Say whether the sandbox can describe a method."""
    return is_card(method) or method in _OTHERS


def most_capturable(amount: int) -> int:
    """Return what can be captured of a hold: Stripe's 'overcapture' allows some networks 20 %."""
    return amount * 12 // 10


def charge_method_details(
    method: str, amount: int, capture_before: int | None, multicapture: bool
) -> dict[str, Any]:
    """Return `payment_method_details` of a Charge."""
    if not is_card(method):
        return {"type": method, method: _OTHERS[method]}
    card = {
        **_CARD,
        "amount_authorized": amount,
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
    }
    if capture_before is not None:
        most = most_capturable(amount)
        card["overcapture"] = {"maximum_amount_capturable": most, "status": "available"}
    if multicapture:
        card["multicapture"] = {"status": "available"}
    if capture_before is not None:
        card["capture_before"] = capture_before
    return {"type": "card", "card": card}


def refund_destination(method: str, pending: bool) -> dict[str, Any]:
    """Return `destination_details` of a Refund."""
    if method == "customer_balance":
        return {"type": "customer_cash_balance", "customer_cash_balance": {}}
    if not is_card(method):
        return {"type": method, method: {}}
    return {
        "type": "card",
        "card": {
            "reference_status": "pending" if pending else "available",
            "reference_type": "acquirer_reference_number",
            "type": "refund",
        },
    }
