"""Paying whatever asks for money, by its id or by the address of its page."""

from __future__ import annotations

from typing import Literal

from monstock_stripe_sandbox.stripe_books import StripeWorldError, UnknownObjectError, operation
from monstock_stripe_sandbox.stripe_drafts import DraftOperations
from monstock_stripe_sandbox.stripe_methods import is_card

Outcome = Literal["paid", "pending", "declined"]


class PayingOperations(DraftOperations):
    """What a customer does who was given an id or an address."""

    @operation
    def pay(
        self,
        what: str,
        *,
        method: str = "card",
        email: str | None = None,
        outcome: Outcome = "paid",
    ) -> str:
        """Let a customer pay; return the PaymentIntent's id.

        Args:
            what: an invoice, a Payment Link, a Checkout Session or a PaymentIntent, or the address
                at which an invoice or a link is paid.
            method: a card cannot stay pending: a debit is taken instead.
            email: that the customer gives to a link or session.
            outcome: `pending` leaves a debit under way; paying its PaymentIntent ends it.

        Raises:
            StripeWorldError: it cannot be paid now.
            UnknownObjectError: there is no such thing.
        """
        identifier = self._addressed(what)
        kind = identifier.partition("_")[0]
        paid = outcome == "paid"
        if outcome == "pending" and is_card(method):
            method = "sepa_debit"
        if outcome == "declined":
            return self._declined(kind, identifier)
        if kind == "in":
            return self.pay_invoice(identifier, method, paid=paid)
        if kind == "plink":
            return self.pay_link(identifier, method=method, email=email, paid=paid)
        if kind == "cs":
            return self.complete_checkout(identifier, method=method, email=email, paid=paid)
        if kind != "pi":
            raise UnknownObjectError(f"nothing is paid by {what}")
        if not paid:
            self.process(identifier, method)
        elif self._is_processing(identifier):
            self.settle(identifier)
        else:
            self.succeed(identifier, method)
        return identifier

    def _is_processing(self, pi: str) -> bool:
        return bool(self.get("payment_intent", pi)["status"] == "processing")

    def _declined(self, kind: str, identifier: str) -> str:
        if kind == "in":
            self.fail_invoice(identifier)
            return self._default_payment(identifier)[1]
        if kind != "pi":
            raise StripeWorldError(
                f"{identifier} is no invoice and no payment: a card that is declined on a page of "
                "Checkout leaves its session open, and nothing else"
            )
        if self._is_processing(identifier):
            self.fail_processing(identifier)
        else:
            self.decline(identifier)
        return identifier

    def _addressed(self, what: str) -> str:
        """Return the id that an address stands for."""
        if "://" not in what:
            return what
        for kind, field in (("invoice", "hosted_invoice_url"), ("payment_link", "url")):
            for entry in self.shelves[kind].entries.values():
                if entry.value.get(field) == what:
                    return entry.key[2]
        raise UnknownObjectError(f"nothing is paid at {what}")
