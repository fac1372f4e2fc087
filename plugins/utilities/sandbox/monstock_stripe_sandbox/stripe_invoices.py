"""Operations on invoices: what they ask, and the ways in which they are settled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monstock_stripe_sandbox import stripe_sales_shapes as shapes
from monstock_stripe_sandbox.stripe_books import StripeWorldError, operation
from monstock_stripe_sandbox.stripe_payment_links import LinkOperations
from monstock_stripe_sandbox.stripe_store import Entry, Value


class InvoiceOperations(LinkOperations):
    """Finalizing, paying, crediting and voiding."""

    @operation
    def invoice(
        self,
        amount: int,
        currency: str,
        *,
        metadata: Mapping[str, str] | None = None,
        customer: str | None = None,
        number: str | None = None,
        discount: int = 0,
        description: str | None = None,
        price: str | None = None,
    ) -> str:
        """Make and finalize an invoice over one line; return its id.

        With it come a PaymentIntent over what is due, which nobody has tried yet, and the
        InvoicePayment that ties both. An invoice whose total is 0 (`discount` takes all) has
        neither and is paid at once.
        """
        made = shapes.invoice(
            self.ids.make("in"), self.now(), self.livemode, amount, discount, currency.lower()
        )
        count = len(self.shelves["invoice"].entries) + 1
        made.update(
            metadata=dict(metadata or {}),
            customer=customer,
            number=number or f"SANDBOX-{count:04d}",
            description=description,
        )
        if customer is not None:
            person = self.get("customer", customer)
            made.update(customer_email=person["email"], customer_name=person["name"])
        if discount:
            made["total_discount_amounts"] = [{"amount": discount, "discount": self.ids.make("di")}]
        priced = None if price is None else dict(self.get("price", price))
        line = shapes.invoice_line(self.ids.make("il"), made, amount, self.ids.make("ii"), priced)
        made["lines"] = {
            "object": "list",
            "data": [line],
            "has_more": False,
            "url": f"/v1/invoices/{made['id']}/lines",
        }
        identifier = self.add("invoice", made)
        self.put_line("/v1/invoices/{invoice}/lines", identifier, line)
        self.paid_off_stripe[identifier] = 0
        self.emit("invoice.created", "invoice", identifier)
        self.emit("invoice.finalized", "invoice", identifier)
        if amount == discount:
            self._paid(identifier)
        else:
            self.ask_payment(identifier)
        return identifier

    def ask_payment(self, invoice: str) -> None:
        """Make the PaymentIntent that a finalized invoice asks for, and what ties both.

        Stripe copies none of the invoice's metadata to it.
        """
        asked = self.get("invoice", invoice)
        due = int(asked["amount_remaining"])
        pi = self.payment_intent(
            due, asked["currency"], description="Payment for Invoice", customer=asked["customer"]
        )
        link = shapes.invoice_payment(self.ids.make("inpay"), self.now(), asked, due, pi)
        self.add("invoice_payment", link)

    @operation
    def pay_invoice(self, invoice: str, method: str = "card", *, paid: bool = True) -> str:
        """Let the customer pay what is due; return the PaymentIntent's id.

        Args:
            paid: False leaves a debit under way; end it by `settle` or `fail_processing`.
        """
        self._open_invoice(invoice, "open", "uncollectible")
        _, pi = self._default_payment(invoice)
        self.alter("payment_intent", pi, payment_method_types=[method])
        if paid:
            self.succeed(pi, method)
        else:
            self.process(pi, method)
        return pi

    @operation
    def succeed(
        self, pi: str, method: str = "card", *, fee: int | None = None, fee_later: bool = False
    ) -> str:
        """Let a customer pay in whole, and pay the invoice that asked for it."""
        charge = super().succeed(pi, method, fee=fee, fee_later=fee_later)
        self._pay_asking_invoice(pi)
        return charge

    @operation
    def settle(self, pi: str, *, fee: int | None = None) -> str:
        """Let a processing payment succeed, and pay the invoice that asked for it."""
        charge = super().settle(pi, fee=fee)
        self._pay_asking_invoice(pi)
        return charge

    @operation
    def fail_processing(self, pi: str, code: str = "payment_intent_payment_attempt_failed") -> None:
        """Let a processing payment fail, and tell it of the invoice that asked for it."""
        super().fail_processing(pi, code)
        for entry in self._asking(pi):
            self._attempted(str(entry.value["invoice"]))

    def _asking(self, pi: str) -> list[Entry]:
        """Return the open InvoicePayments that a PaymentIntent is for: one, or none."""
        found = self.shelves["invoice_payment"].where("payment.payment_intent", pi)
        return [entry for entry in found if entry.value["status"] == "open"]

    def _pay_asking_invoice(self, pi: str) -> None:
        for entry in self._asking(pi):
            payment, invoice = entry.key[2], str(entry.value["invoice"])
            asked = self.get("invoice", invoice)
            due = int(asked["amount_remaining"])
            self.alter(
                "invoice_payment",
                payment,
                status="paid",
                amount_paid=due,
                status_transitions={"canceled_at": None, "paid_at": self.now()},
            )
            self.emit("invoice_payment.paid", "invoice_payment", payment)
            self._paid(
                invoice,
                amount_paid=int(asked["amount_paid"]) + due,
                amount_remaining=0,
                attempt_count=max(1, int(asked["attempt_count"])),
            )

    def _attempted(self, invoice: str) -> None:
        """Say that somebody tried to pay an invoice, in vain."""
        asked = self.get("invoice", invoice)
        tried = max(1, int(asked["attempt_count"]))
        previous = self.alter("invoice", invoice, attempted=True, attempt_count=tried)
        if previous:
            self.emit("invoice.updated", "invoice", invoice, previous)
        self.emit("invoice.payment_failed", "invoice", invoice)

    @operation
    def fail_invoice(self, invoice: str, code: str = "card_declined") -> str:
        """Let the customer try to pay, and fail; return the failed Charge's id."""
        self._open_invoice(invoice, "open", "uncollectible")
        _, pi = self._default_payment(invoice)
        charge = self.decline(pi, code)
        self._attempted(invoice)
        return charge

    @operation
    def pay_invoice_out_of_band(self, invoice: str) -> None:
        """Mark an invoice as paid outside of Stripe; `amount_paid` includes it."""
        asked = self._open_invoice(invoice)
        due = int(asked["amount_remaining"])
        self.paid_off_stripe[invoice] += due
        self._drop_default_payment(invoice, "automatic")
        self._paid(invoice, amount_paid=int(asked["amount_paid"]) + due, amount_remaining=0)

    @operation
    def pay_invoice_by_credit(self, invoice: str, credit: int | None = None) -> str:
        """Settle an invoice by credit balance, and what that leaves by card.

        Returns the id by which the money is known: the PaymentIntent's, or the invoice's own
        where the credit covers everything.
        """
        self.apply_credit(invoice, credit)
        paid = self.get("invoice", invoice)["status"] == "paid"
        return invoice if paid else self.pay_invoice(invoice)

    @operation
    def apply_credit(self, invoice: str, credit: int | None = None) -> None:
        """Apply the customer's credit balance; the invoice is paid where that covers it.

        Args:
            credit: what the balance held before; exactly what is due by default.
        """
        asked = self._open_invoice(invoice)
        held = int(asked["amount_remaining"]) if credit is None else credit
        applied = min(held, int(asked["amount_remaining"]))
        due = int(asked["amount_due"]) - applied
        fields: dict[str, Any] = {
            "starting_balance": -held,
            "ending_balance": applied - held,
            "amount_due": due,
            "amount_remaining": due - int(asked["amount_paid"]),
        }
        if fields["amount_remaining"] == 0:
            self._drop_default_payment(invoice, "automatic")
            self._paid(invoice, **fields)
        else:
            payment, pi = self._default_payment(invoice)
            left = fields["amount_remaining"]
            self.alter("payment_intent", pi, amount=left)
            self.alter("invoice_payment", payment, amount_requested=left)
            previous = self.alter("invoice", invoice, **fields)
            self.emit("invoice.updated", "invoice", invoice, previous)

    @operation
    def void_invoice(self, invoice: str) -> None:
        """Void an invoice that nobody paid."""
        asked = self._open_invoice(invoice)
        transitions = {**asked["status_transitions"], "voided_at": self.now()}
        self._drop_default_payment(invoice, "void_invoice")
        self.alter("invoice", invoice, status="void", status_transitions=transitions)
        self.emit("invoice.voided", "invoice", invoice)

    def _default_payment(self, invoice: str) -> tuple[str, str]:
        """Return the ids of the open InvoicePayment and of its PaymentIntent."""
        for entry in self.shelves["invoice_payment"].where("invoice", invoice):
            if entry.value["status"] == "open":
                return entry.key[2], str(entry.value["payment"]["payment_intent"])
        raise StripeWorldError(f"{invoice} has no open payment")

    def _drop_default_payment(self, invoice: str, reason: str) -> None:
        payment, pi = self._default_payment(invoice)
        transitions = {"canceled_at": self.now(), "paid_at": None}
        self.alter("invoice_payment", payment, status="canceled", status_transitions=transitions)
        self.cancel(pi, reason)

    def _open_invoice(self, invoice: str, *allowed: str) -> Value:
        asked = self.get("invoice", invoice)
        if asked["status"] not in (allowed or ("open",)):
            raise StripeWorldError(f"{invoice} is {asked['status']}; it must be open")
        return asked

    def _paid(self, invoice: str, **fields: Any) -> None:
        asked = self.get("invoice", invoice)
        previous = self.alter(
            "invoice",
            invoice,
            status="paid",
            attempted=True,
            status_transitions={**asked["status_transitions"], "paid_at": self.now()},
            **fields,
        )
        self.emit("invoice.updated", "invoice", invoice, previous)
        self.emit("invoice.paid", "invoice", invoice)
        self.emit("invoice.payment_succeeded", "invoice", invoice)
