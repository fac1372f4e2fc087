"""Operations of Checkout: sessions, what is bought in them, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from monstock_stripe_sandbox import stripe_sales_shapes as shapes
from monstock_stripe_sandbox.stripe_books import StripeWorldError, operation
from monstock_stripe_sandbox.stripe_methods import is_card
from monstock_stripe_sandbox.stripe_reversals import ReversalOperations
from monstock_stripe_sandbox.stripe_store import Value


class CheckoutOperations(ReversalOperations):
    """What happens on Stripe's payment page."""

    @operation
    def checkout_session(
        self,
        amount: int,
        currency: str,
        *,
        client_reference_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
        payment_intent_metadata: Mapping[str, str] | None = None,
        payment_link: str | None = None,
        customer_email: str | None = None,
        lines: Sequence[Value] = (),
    ) -> str:
        """Open a session; return its id. Stripe makes no event of it, and no PaymentIntent yet.

        Args:
            lines: what is bought; one line over the amount by default.
        """
        mode = "live" if self.livemode else "test"
        made = shapes.checkout_session(
            self.ids.make(f"cs_{mode}"), self.now(), self.livemode, amount, currency.lower()
        )
        made.update(
            client_reference_id=client_reference_id,
            metadata=dict(metadata or {}),
            customer_email=customer_email,
        )
        passed_on = dict(payment_intent_metadata or {})
        if payment_link is not None:
            link = self.get("payment_link", payment_link)
            made["payment_link"] = payment_link
            made["metadata"] = {**link["metadata"], **made["metadata"]}
            passed_on = {**_passed_on(link).get("metadata", {}), **passed_on}
        identifier = self.add("checkout.session", made)
        self.session_metadata[identifier] = passed_on
        for line in lines or (self._line(amount, currency.lower()),):
            self.put_line("/v1/checkout/sessions/{session}/line_items", identifier, line)
        return identifier

    session_metadata: dict[str, dict[str, str]]

    @operation
    def complete_checkout(
        self, session: str, *, method: str = "card", email: str | None = None, paid: bool = True
    ) -> str:
        """Let the customer pay on the page; return the PaymentIntent's id.

        Args:
            paid: False leaves a debit under way; end it by `settle` or `fail_processing`.

        Raises:
            StripeWorldError: the session is not open, or the link that it comes from has been paid
                as often as it may be.
        """
        opened = self._open(session)
        link = opened["payment_link"]
        passed_on = {} if link is None else _passed_on(self.get("payment_link", link))
        if link is not None:
            self._check_limit(link)
        email = email or opened["customer_email"]
        if opened["customer_creation"] == "always" and opened["customer"] is None:
            self.alter("checkout.session", session, customer=self.customer(email))
            opened = self._open(session)
        pi = self.payment_intent(
            opened["amount_total"],
            opened["currency"],
            metadata=self.session_metadata[session],
            description=passed_on.get("description"),
            payment_method_types=(method,),
            customer=opened["customer"],
            statement_descriptor_suffix=passed_on.get("statement_descriptor_suffix"),
        )
        if paid:
            self.succeed(pi, method)
        else:
            self.process(pi, "sepa_debit" if is_card(method) else method)
        self.alter(
            "checkout.session",
            session,
            status="complete",
            payment_status="paid" if paid else "unpaid",
            payment_intent=pi,
            url=None,
            customer_details=_customer_details(email),
        )
        if link is not None:
            self._count_completed(link)
        self.emit("checkout.session.completed", "checkout.session", session)
        return pi

    def _check_limit(self, link: str) -> None:
        sessions = (self.get("payment_link", link)["restrictions"] or {}).get("completed_sessions")
        if sessions is not None and sessions["count"] >= sessions["limit"]:
            raise StripeWorldError(
                f"{link} has been paid {sessions['count']} times, as often as its limit allows"
            )

    @operation
    def expire_checkout(self, session: str) -> None:
        """Let an open session run out, as it does after 24 hours."""
        self._open(session)
        self.alter("checkout.session", session, status="expired", url=None)
        self.emit("checkout.session.expired", "checkout.session", session)

    @operation
    def settle(self, pi: str, *, fee: int | None = None) -> str:
        """Let a processing payment succeed, and its session with it."""
        charge = super().settle(pi, fee=fee)
        for entry in list(self.shelves["checkout.session"].where("payment_intent", pi)):
            self.alter("checkout.session", entry.key[2], payment_status="paid")
            self.emit("checkout.session.async_payment_succeeded", "checkout.session", entry.key[2])
        return charge

    @operation
    def fail_processing(self, pi: str, code: str = "payment_intent_payment_attempt_failed") -> None:
        """Let a processing payment fail, and its session with it."""
        super().fail_processing(pi, code)
        for entry in list(self.shelves["checkout.session"].where("payment_intent", pi)):
            self.emit("checkout.session.async_payment_failed", "checkout.session", entry.key[2])

    def _line(self, amount: int, currency: str) -> dict[str, Any]:
        """Return a line whose price was made for it alone, as `price_data` does: in no list."""
        price = shapes.price(
            self.ids.make("price"),
            self.now(),
            self.livemode,
            amount,
            currency,
            self.ids.make("prod"),
        )
        price["active"] = False
        return shapes.line_item(self.ids.make("li"), amount, currency, price, "Order")

    def _open(self, session: str) -> Value:
        opened = self.get("checkout.session", session)
        if opened["status"] != "open":
            raise StripeWorldError(f"{session} is {opened['status']}; it must be open")
        return opened

    def _count_completed(self, link: str) -> None:
        limit = self.get("payment_link", link)["restrictions"]
        if limit is None:
            return
        sessions = limit["completed_sessions"]
        count = int(sessions["count"]) + 1
        previous = self.alter(
            "payment_link",
            link,
            restrictions={"completed_sessions": {**sessions, "count": count}},
            active=count < int(sessions["limit"]),
        )
        self.emit("payment_link.updated", "payment_link", link, previous)


def _passed_on(link: Value) -> Mapping[str, Any]:
    """Return what a Payment Link passes on to the PaymentIntents that it makes."""
    data: Mapping[str, Any] | None = link["payment_intent_data"]
    return data or {}


def _customer_details(email: str | None) -> dict[str, Any]:
    return {
        "address": None,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
