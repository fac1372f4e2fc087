"""Operations on PaymentIntents and their Charges, as customers, staff and banks cause them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monstock_stripe_sandbox import stripe_shapes as shapes
from monstock_stripe_sandbox.stripe_books import DAY, StripeWorldError, operation
from monstock_stripe_sandbox.stripe_charges import ChargeBooks

_UNPAID = ("requires_payment_method", "requires_confirmation", "requires_action", "processing")


class PaymentOperations(ChargeBooks):
    """Making, paying, holding, capturing and cancelling."""

    @operation
    def customer(
        self,
        email: str | None = None,
        name: str | None = None,
        *,
        metadata: Mapping[str, str] | None = None,
        address: Mapping[str, str | None] | None = None,
        description: str | None = None,
        phone: str | None = None,
    ) -> str:
        """Make a Customer; return its id."""
        made = shapes.customer(
            self.ids.make("cus"), self.now(), self.livemode, self.ids.text(8).upper()
        )
        made.update(
            email=email,
            name=name,
            metadata=dict(metadata or {}),
            address=address,
            description=description,
            phone=phone,
        )
        identifier = self.add("customer", made)
        self.emit("customer.created", "customer", identifier)
        return identifier

    @operation
    def delete_customer(self, customer: str) -> None:
        """Delete a Customer: no list has it any more, and by its id it is said to be deleted."""
        entry = self.entry("customer", customer)
        self.emit("customer.deleted", "customer", customer)
        self.shelves["customer"].unlist(entry)
        gone = {"id": customer, "object": "customer", "deleted": True}
        entry.replace(gone, self.clock.now())

    @operation
    def payment_intent(
        self,
        amount: int,
        currency: str,
        *,
        metadata: Mapping[str, str] | None = None,
        description: str | None = None,
        customer: str | None = None,
        capture_method: str = "automatic_async",
        order_reference: str | None = None,
        payment_method_types: tuple[str, ...] = ("card",),
        livemode: bool | None = None,
        receipt_email: str | None = None,
        statement_descriptor_suffix: str | None = None,
        automatic_payment_methods: Mapping[str, Any] | None = None,
        payment_details: Mapping[str, str | None] | None = None,
    ) -> str:
        """Make a PaymentIntent that waits for a payment; return its id.

        Args:
            amount: in Stripe's units of `currency`.
            order_reference: of `payment_details`, where those are not given.
            livemode: only to plant a payment that does not belong into this world's mode.
        """
        if amount <= 0:
            raise StripeWorldError(f"a payment needs an amount above 0, not {amount}")
        mode = self.livemode if livemode is None else livemode
        made = shapes.payment_intent(
            self.ids.make("pi"), self.now(), mode, amount, currency.lower(), self.ids.text(25)
        )
        made.update(
            metadata=dict(metadata or {}),
            description=description,
            customer=customer,
            capture_method=capture_method,
            payment_method_types=list(payment_method_types),
            receipt_email=receipt_email,
            statement_descriptor_suffix=statement_descriptor_suffix,
            automatic_payment_methods=automatic_payment_methods,
        )
        if order_reference is not None:
            payment_details = {"customer_reference": None, "order_reference": order_reference}
        if payment_details is not None:
            made["payment_details"] = payment_details
        identifier = self.add("payment_intent", made)
        self.emit("payment_intent.created", "payment_intent", identifier)
        return identifier

    @operation
    def succeed(
        self, pi: str, method: str = "card", *, fee: int | None = None, fee_later: bool = False
    ) -> str:
        """Let a customer pay in whole at once; return the Charge's id.

        Args:
            fee: euro cents; by default what the sandbox's price list says.
            fee_later: the balance transaction appears only with `book(charge)`, as it does at
                Stripe some time after a card payment.
        """
        intent = self._in_state(pi, *_UNPAID)
        if intent["capture_method"] == "manual":
            raise StripeWorldError(f"{pi} is captured by hand: authorize() it, then capture()")
        if intent["status"] == "processing":
            return self._settle(pi, fee)
        charge = self._charge_intent(intent, method)
        self.emit("charge.succeeded", "charge", charge)
        self._intent_succeeded(pi, charge)
        if not fee_later:
            self._book_charge(charge, fee)
            self.emit("charge.updated", "charge", charge, {"balance_transaction": None})
        return charge

    @operation
    def book(self, charge: str, fee: int | None = None) -> str:
        """Write the balance transaction of a captured Charge; return its id."""
        if self.get("charge", charge)["balance_transaction"] is not None:
            raise StripeWorldError(f"{charge} is booked already")
        booked = self._book_charge(charge, fee)
        self.emit("charge.updated", "charge", charge, {"balance_transaction": None})
        return booked

    @operation
    def decline(self, pi: str, code: str = "card_declined", method: str = "card") -> str:
        """Let an attempt fail at once; return the failed Charge's id."""
        intent = self._in_state(pi, *_UNPAID)
        charge = self._charge_intent(intent, method)
        self._attempt_failed(pi, charge, code)
        return charge

    @operation
    def require_action(self, pi: str) -> None:
        """Let the customer's bank ask for something (3-D Secure) before the payment goes on."""
        self._in_state(pi, *_UNPAID)
        method = self._payment_method(self.get("payment_intent", pi), "card")
        self.alter(
            "payment_intent",
            pi,
            status="requires_action",
            payment_method=method,
            next_action={
                "type": "redirect_to_url",
                "redirect_to_url": {
                    "return_url": "https://example.com/return",
                    "url": f"https://hooks.stripe.com/redirect/authenticate/{pi}",
                },
            },
        )
        self.emit("payment_intent.requires_action", "payment_intent", pi)

    @operation
    def process(self, pi: str, method: str = "sepa_debit") -> str:
        """Let the payment be under way for days (a debit); return the pending Charge's id.

        The Charge calls itself captured already: nothing but the bank's answer is awaited.
        """
        intent = self._in_state(pi, *_UNPAID)
        charge = self._charge_intent(intent, method)
        self.alter("charge", charge, status="pending", paid=False)
        self.alter("payment_intent", pi, status="processing", next_action=None)
        self.emit("charge.pending", "charge", charge)
        self.emit("payment_intent.processing", "payment_intent", pi)
        return charge

    @operation
    def settle(self, pi: str, *, fee: int | None = None) -> str:
        """Let a processing payment succeed; return its Charge's id."""
        self._in_state(pi, "processing")
        return self._settle(pi, fee)

    def _settle(self, pi: str, fee: int | None) -> str:
        charge = str(self.get("payment_intent", pi)["latest_charge"])
        self.alter("charge", charge, status="succeeded", paid=True)
        self._book_charge(charge, fee)
        self.emit("charge.succeeded", "charge", charge)
        self._intent_succeeded(pi, charge)
        return charge

    @operation
    def fail_processing(self, pi: str, code: str = "payment_intent_payment_attempt_failed") -> None:
        """Let a processing payment fail."""
        intent = self._in_state(pi, "processing")
        self._attempt_failed(pi, str(intent["latest_charge"]), code)

    @operation
    def authorize(
        self, pi: str, *, capture_before: int | None = None, multicapture: bool = False
    ) -> str:
        """Hold the whole amount on the customer's card; return the Charge's id.

        Args:
            capture_before: when the hold runs out; in seven days by default.
        """
        intent = self._in_state(pi, *_UNPAID)
        if intent["capture_method"] != "manual":
            raise StripeWorldError(f"{pi} is not captured by hand: make it so, or succeed() it")
        until = self.now() + 7 * DAY if capture_before is None else capture_before
        charge = self._charge_intent(intent, "card", until, multicapture)
        self.alter("charge", charge, captured=False, amount_captured=0)
        self.emit("charge.succeeded", "charge", charge)
        self.alter(
            "payment_intent",
            pi,
            status="requires_capture",
            amount_capturable=intent["amount"],
            next_action=None,
            last_payment_error=None,
        )
        self.emit("payment_intent.amount_capturable_updated", "payment_intent", pi)
        return charge

    @operation
    def direct_charge(
        self,
        amount: int,
        currency: str,
        metadata: Mapping[str, str] | None = None,
        *,
        description: str | None = None,
        method: str = "card",
    ) -> str:
        """Make a paid Charge that has no PaymentIntent; return its id."""
        charge = self._add_charge(amount, currency.lower(), self.livemode, method)
        self.alter("charge", charge, metadata=dict(metadata or {}), description=description)
        self._book_charge(charge, None)
        self.emit("charge.succeeded", "charge", charge)
        return charge

    @operation
    def partially_fund(self, pi: str, amount: int) -> None:
        """Let a bank transfer bring `amount`; the payment succeeds when nothing is missing."""
        intent = self._in_state(pi, "requires_payment_method", "requires_action")
        asked = intent["next_action"] or {}
        details = asked.get("display_bank_transfer_instructions", {})
        left = int(details.get("amount_remaining", intent["amount"])) - amount
        if left <= 0:
            self.succeed(pi, "customer_balance")
            return
        self.alter(
            "payment_intent",
            pi,
            status="requires_action",
            payment_method_types=["customer_balance"],
            next_action={
                "type": "display_bank_transfer_instructions",
                "display_bank_transfer_instructions": {
                    "amount_remaining": left,
                    "currency": intent["currency"],
                    "financial_addresses": [],
                    "hosted_instructions_url": f"https://payments.stripe.com/bank/{pi}",
                    "reference": pi[-8:].upper(),
                    "type": "eu_bank_transfer",
                },
            },
        )
        self.emit("payment_intent.partially_funded", "payment_intent", pi)

    @operation
    def edit_payment_intent(
        self,
        pi: str,
        *,
        metadata: Mapping[str, str] | None = None,
        description: str | None = None,
        order_reference: str | None = None,
    ) -> None:
        """Edit as the Dashboard does: keys are merged, "" takes one away; Stripe makes NO event.

        The Charge keeps the copy that it got when it was made.
        """
        fields: dict[str, Any] = {}
        if metadata is not None:
            fields["metadata"] = merged(self.get("payment_intent", pi)["metadata"], metadata)
        if description is not None:
            fields["description"] = description or None
        if order_reference is not None:
            fields["payment_details"] = {
                "customer_reference": None,
                "order_reference": order_reference or None,
            }
        self.alter("payment_intent", pi, **fields)

    @operation
    def edit_charge(
        self,
        charge: str,
        *,
        metadata: Mapping[str, str] | None = None,
        description: str | None = None,
    ) -> None:
        """Edit a Charge (or a PaymentIntent's latest), which `charge.updated` tells."""
        charge = self.charge_of(charge)
        fields: dict[str, Any] = {}
        if metadata is not None:
            fields["metadata"] = merged(self.get("charge", charge)["metadata"], metadata)
        if description is not None:
            fields["description"] = description or None
        previous = self.alter("charge", charge, **fields)
        if previous:
            self.emit("charge.updated", "charge", charge, previous)


def merged(before: Mapping[str, str], edit: Mapping[str, str]) -> dict[str, str]:
    """Return metadata after an edit: keys are merged, and an empty value takes its key away."""
    return {key: value for key, value in {**before, **edit}.items() if value != ""}
