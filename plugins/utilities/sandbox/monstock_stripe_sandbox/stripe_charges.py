"""What the operations on payments share: making Charges, failing them, and booking their money."""

from __future__ import annotations

from typing import Any

import msgspec

from monstock_stripe_sandbox import stripe_shapes as shapes
from monstock_stripe_sandbox.stripe_books import DAY, StripeBooks, StripeWorldError
from monstock_stripe_sandbox.stripe_methods import (
    charge_method_details,
    decline_codes,
    is_card,
    known_method,
)
from monstock_stripe_sandbox.stripe_money import SETTLEMENT_CURRENCY, card_fee, settled
from monstock_stripe_sandbox.stripe_store import Value


class ChargeBooks(StripeBooks):
    """Charges, their PaymentMethods and their balance transactions."""

    def charge_of(self, payment: str) -> str:
        """Return the latest Charge of a PaymentIntent; a Charge's id is its own answer.

        Raises:
            StripeWorldError: nobody has tried to pay yet.
        """
        if not payment.startswith("pi_"):
            return payment
        charge = self.get("payment_intent", payment)["latest_charge"]
        if charge is None:
            raise StripeWorldError(f"{payment} has no Charge yet")
        return str(charge)

    def _in_state(self, pi: str, *states: str) -> Value:
        intent = self.get("payment_intent", pi)
        if intent["status"] not in states:
            raise StripeWorldError(f"{pi} is {intent['status']}; it must be {' or '.join(states)}")
        return intent

    def _charge_intent(
        self,
        intent: Value,
        method: str,
        capture_before: int | None = None,
        multicapture: bool = False,
    ) -> str:
        """Make the Charge of an attempt, with the intent's metadata of this moment."""
        charge = self._add_charge(
            intent["amount"],
            intent["currency"],
            intent["livemode"],
            method,
            capture_before,
            multicapture,
        )
        paid_with = self._payment_method(intent, method)
        self.alter(
            "charge",
            charge,
            payment_intent=intent["id"],
            metadata=intent["metadata"],
            description=intent["description"],
            customer=intent["customer"],
            billing_details=self._billing_details(intent),
            receipt_email=intent["receipt_email"],
            payment_method=paid_with,
        )
        self.alter("payment_intent", intent["id"], latest_charge=charge, payment_method=paid_with)
        return charge

    def _billing_details(self, intent: Value) -> Value:
        """Return what a payer fills in: what the intent's Customer says of themselves."""
        if intent["customer"] is None:
            return shapes.NOBODY
        person = self.get("customer", intent["customer"])
        known = {name: person.get(name) for name in ("email", "name", "phone")}
        address = {**shapes.ADDRESS, **(person.get("address") or {})}
        return {**shapes.NOBODY, **known, "address": address}

    def _add_charge(
        self,
        amount: int,
        currency: str,
        livemode: bool,
        method: str,
        capture_before: int | None = None,
        multicapture: bool = False,
    ) -> str:
        if not known_method(method):
            raise StripeWorldError(f"the sandbox knows no payment method {method!r}")
        identifier = self.ids.make("ch" if is_card(method) else "py")
        made = shapes.charge(identifier, self.now(), livemode, amount, currency)
        made["payment_method_details"] = charge_method_details(
            method, amount, capture_before, multicapture
        )
        if not is_card(method):
            made["outcome"] = {**made["outcome"], "risk_level": "not_assessed", "risk_score": None}
        return self.add("charge", made)

    def _payment_method(self, intent: Value, method: str) -> str:
        made = shapes.payment_method(self.ids.make("pm"), self.now(), intent["livemode"], method)
        return self.add("payment_method", made)

    def _intent_succeeded(self, pi: str, charge: str) -> None:
        self.alter(
            "payment_intent",
            pi,
            status="succeeded",
            amount_received=self.get("charge", charge)["amount_captured"],
            amount_capturable=0,
            next_action=None,
            last_payment_error=None,
        )
        self.emit("payment_intent.succeeded", "payment_intent", pi)

    def _attempt_failed(self, pi: str, charge: str, reason: str) -> None:
        code, decline_code, message = decline_codes(reason)
        failed = self.get("charge", charge)
        self.alter(
            "charge",
            charge,
            status="failed",
            paid=False,
            captured=False,
            amount_captured=0,
            failure_code=code,
            failure_message=message,
            outcome={
                **failed["outcome"],
                "network_status": "declined_by_network",
                "reason": decline_code or code,
                "seller_message": "The bank did not return any further details with this decline.",
                "type": "issuer_declined",
            },
        )
        error: dict[str, Any] = {
            "charge": charge,
            "code": code,
            "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
            "message": message,
            "payment_method": dict(self.get("payment_method", failed["payment_method"])),
            "type": "card_error",
        }
        if decline_code is not None:
            error["decline_code"] = decline_code
        self.alter(
            "payment_intent",
            pi,
            status="requires_payment_method",
            last_payment_error=error,
            payment_method=None,
            next_action=None,
        )
        self.emit("charge.failed", "charge", charge)
        self.emit("payment_intent.payment_failed", "payment_intent", pi)

    def _book_charge(self, charge: str, fee: int | None) -> str:
        paid = self.get("charge", charge)
        kind = "charge" if charge.startswith("ch_") else "payment"
        booked = self.move_money(
            paid["amount_captured"], paid["currency"], charge, kind, "charge", fee
        )
        self.alter("charge", charge, balance_transaction=booked)
        return booked

    def move_money(
        self, amount: int, currency: str, source: str, kind: str, category: str, fee: int | None
    ) -> str:
        """Write a balance transaction (an amount below 0 leaves); Stripe makes NO event of it.

        Args:
            fee: euro cents; None takes the price list's for what comes in, else nothing.
        """
        now = self.now()
        euros, rate = settled(amount, currency)
        charged = fee if fee is not None else card_fee(euros) if euros > 0 else 0
        made = shapes.balance_transaction(
            self.ids.make("txn"), now, now + 3 * DAY if amount > 0 else now, source, kind
        )
        made.update(
            amount=euros,
            currency=SETTLEMENT_CURRENCY,
            exchange_rate=None if rate is None else msgspec.Raw(str(rate).encode()),
            fee=charged,
            net=euros - charged,
            reporting_category=category,
            status="pending" if amount > 0 else "available",
        )
        if charged:
            made["fee_details"] = [
                {
                    "amount": charged,
                    "application": None,
                    "currency": SETTLEMENT_CURRENCY,
                    "description": "Stripe processing fees",
                    "type": "stripe_fee",
                }
            ]
        return self.add("balance_transaction", made)
