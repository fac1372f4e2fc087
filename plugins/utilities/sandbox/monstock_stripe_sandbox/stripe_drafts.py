"""Operations on invoices before they are final: drafting them, their lines, finalizing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monstock_stripe_sandbox import stripe_sales_shapes as shapes
from monstock_stripe_sandbox.stripe_books import DAY, StripeWorldError, operation
from monstock_stripe_sandbox.stripe_catalog import LISTS
from monstock_stripe_sandbox.stripe_invoice_sums import asked, totals
from monstock_stripe_sandbox.stripe_objects import ObjectOperations, kind_named
from monstock_stripe_sandbox.stripe_plausible import empty_list
from monstock_stripe_sandbox.stripe_store import Value

LINES = "/v1/invoices/{invoice}/lines"
_WINDOW = 3601
"""Seconds from an invoice's making until Stripe finalizes it by itself, with `auto_advance`."""


class DraftOperations(ObjectOperations):
    """Drafting, finalizing, sending and giving up."""

    @operation
    def draft_invoice(
        self,
        customer: str,
        currency: str = "eur",
        /,
        *,
        days_until_due: int | None = None,
        due_date: int | None = None,
        auto_advance: bool = False,
        **fields: Any,
    ) -> str:
        """Make a draft without lines; return its id.

        Args:
            days_until_due, due_date: either makes it an invoice that is sent to the customer.
            fields: of the invoice.
        """
        now = self.now()
        made = shapes.invoice(self.ids.make("in"), now, self.livemode, 0, 0, currency.lower())
        person = self.get("customer", customer)
        due = due_date if days_until_due is None else now + days_until_due * DAY
        made.update(
            status="draft",
            number=None,
            effective_at=None,
            ending_balance=None,
            hosted_invoice_url=None,
            invoice_pdf=None,
            status_transitions=dict.fromkeys(made["status_transitions"]),
            lines=empty_list(f"/v1/invoices/{made['id']}/lines"),
            customer=customer,
            customer_address=person["address"],
            customer_email=person["email"],
            customer_name=person["name"],
            customer_phone=person["phone"],
            customer_shipping=person["shipping"],
            collection_method="charge_automatically" if due is None else "send_invoice",
            due_date=due,
            **fields,
        )
        made.update(advancing(made, auto_advance))
        identifier = self.add("invoice", made)
        self.paid_off_stripe[identifier] = 0
        self.emit("invoice.created", "invoice", identifier)
        return identifier

    @operation
    def add_invoice_line(
        self, invoice: str, amount: int, item: str | None = None, /, **fields: Any
    ) -> str:
        """Add a line to a draft; return its id. An invoice item comes with it, as at Stripe.

        Args:
            amount: below 0 for a credit.
            item: the invoice item that it is made of, where there is one already.
            fields: of the line.
        """
        draft = self._draft(invoice)
        value = shapes.invoice_line(self.ids.make("il"), draft, amount, "", None)
        value.update(description=None, discountable=amount >= 0)
        value["pricing"] = one_off_price(self.ids.make("price"), self.ids.make("prod"), amount)
        value.update(fields)
        if item is None:
            item = self._item_of(value, draft)
        else:
            self.change("invoiceitem", item, invoice=invoice)
        details = {**value["parent"]["invoice_item_details"], "invoice_item": item}
        value["parent"] = {**value["parent"], "invoice_item_details": details}
        line = self.put_line(LINES, invoice, value)
        self._retotal(invoice)
        return line

    @operation
    def change_invoice_line(self, invoice: str, line: str, /, **fields: Any) -> None:
        """Change fields of a draft's line, and of its item what both have."""
        self._draft(invoice)
        value = self.get("line_item", line)
        if "amount" in fields:
            fields.setdefault("subtotal", fields["amount"])
        self.alter("line_item", line, **fields)
        shared = {name: each for name, each in fields.items() if name in _SHARED}
        if "amount" in shared:
            shared["net_amount"] = shared["amount"]
        self.change("invoiceitem", item_of(value), **shared)
        self._retotal(invoice)

    @operation
    def remove_invoice_line(self, invoice: str, line: str, *, keep_item: bool = False) -> None:
        """Take a line off a draft; its item goes with it, or waits for another invoice."""
        self._draft(invoice)
        entry = self.entry("line_item", line)
        item = item_of(entry.value)
        self.shelves["line_item"].drop(entry)
        if keep_item:
            self.change("invoiceitem", item, invoice=None)
        else:
            self.delete("invoiceitem", item)
        self._retotal(invoice)

    @operation
    def delete(self, what: str, identifier: str) -> None:
        """Delete an object of any kind: see `ObjectOperations.delete`; a draft with its items."""
        if kind_named(what)[0] == "invoice":
            for entry in self.children(LISTS[LINES], str(self._draft(identifier)["id"])):
                item = item_of(entry.value)
                self.shelves["line_item"].drop(entry)
                if item in self.shelves["invoiceitem"].entries:
                    super().delete("invoiceitem", item)
        super().delete(what, identifier)

    @operation
    def finalize_invoice(self, invoice: str) -> None:
        """Finalize a draft: it gets its number and its page, and asks for what is due.

        With what is due come a PaymentIntent and the InvoicePayment that ties both; where nothing
        is (for a credit, or because it is less than Stripe charges), the invoice is paid at once.
        """
        draft = self._draft(invoice)
        if not self.shelves["customer"].listed(draft["customer"]):
            raise StripeWorldError(f"{invoice} is for {draft['customer']}, who was deleted")
        now = self.now()
        balance = int(self.get("customer", draft["customer"])["balance"])
        due, after = asked(int(draft["total"]), balance, draft["currency"])
        previous = self.alter(
            "invoice",
            invoice,
            status="open",
            number=draft["number"] or self._next_number(draft["customer"]),
            effective_at=draft["effective_at"] or now,
            hosted_invoice_url=f"https://invoice.stripe.com/i/{invoice}",
            invoice_pdf=f"https://pay.stripe.com/invoice/{invoice}/pdf",
            status_transitions={**draft["status_transitions"], "finalized_at": now},
            automatically_finalizes_at=None,
            next_payment_attempt=None,
            starting_balance=balance,
            ending_balance=after,
            amount_due=due,
            amount_remaining=due,
        )
        self.emit("invoice.updated", "invoice", invoice, previous)
        self.emit("invoice.finalized", "invoice", invoice)
        if after != balance:
            self._move_balance(invoice, balance, after)
        if due:
            self.ask_payment(invoice)
        else:
            self._paid(invoice)

    @operation
    def send_invoice(self, invoice: str) -> None:
        """Send an invoice to its customer; a draft is finalized first."""
        if self.get("invoice", invoice)["status"] == "draft":
            self.finalize_invoice(invoice)
        self.emit("invoice.sent", "invoice", invoice)

    @operation
    def mark_invoice_uncollectible(self, invoice: str) -> None:
        """Give an open invoice up; the customer may still pay it."""
        asked_for = self._open_invoice(invoice)
        transitions = {**asked_for["status_transitions"], "marked_uncollectible_at": self.now()}
        previous = self.alter(
            "invoice", invoice, status="uncollectible", status_transitions=transitions
        )
        self.emit("invoice.updated", "invoice", invoice, previous)
        self.emit("invoice.marked_uncollectible", "invoice", invoice)

    def _draft(self, invoice: str) -> Value:
        draft = self.get("invoice", invoice)
        if draft["status"] != "draft":
            raise StripeWorldError(f"{invoice} is {draft['status']}; it must be draft")
        return draft

    def _item_of(self, line: Mapping[str, Any], draft: Value) -> str:
        """Make the invoice item of a new line."""
        return self.create(
            "invoiceitem",
            amount=line["amount"],
            net_amount=line["amount"],
            currency=line["currency"],
            customer=draft["customer"],
            invoice=draft["id"],
            discounts=[],
            tax_rates=[],
            **{name: line[name] for name in _SHARED if name != "amount"},
        )

    def _retotal(self, invoice: str) -> None:
        """Show a draft's lines in it, and what they add up to."""
        lines = LISTS[LINES]
        previous = self._embed(lines, invoice)
        found = [entry.value for entry in self.children(lines, invoice)]
        previous |= self.alter("invoice", invoice, **totals(found))
        if previous:
            self.emit("invoice.updated", "invoice", invoice, previous)

    def _next_number(self, customer: str) -> str:
        person = self.get("customer", customer)
        sequence = int(person["next_invoice_sequence"])
        previous = self.alter("customer", customer, next_invoice_sequence=sequence + 1)
        self.emit("customer.updated", "customer", customer, previous)
        return f"{person['invoice_prefix']}-{sequence:04d}"

    def _move_balance(self, invoice: str, before: int, after: int) -> None:
        settled = self.get("invoice", invoice)
        customer = str(settled["customer"])
        small = after > before and int(settled["total"]) > 0
        self.create(
            "/v1/customers/{customer}/balance_transactions",
            customer,
            amount=after - before,
            ending_balance=after,
            currency=settled["currency"],
            invoice=invoice,
            type="invoice_too_small" if small else "applied_to_invoice",
        )
        previous = self.alter("customer", customer, balance=after)
        self.emit("customer.updated", "customer", customer, previous)


_SHARED = (
    "amount",
    "description",
    "discountable",
    "metadata",
    "period",
    "pricing",
    "quantity",
    "quantity_decimal",
)
"""What a line and its invoice item have in common."""


def item_of(line: Value) -> str:
    """Return the id of the invoice item that a line is made of."""
    return str(line["parent"]["invoice_item_details"]["invoice_item"])


def one_off_price(price: str, product: str, amount: int) -> dict[str, Any]:
    """Return `pricing` with a price that was made for it alone: it is in no list."""
    return {
        "price_details": {"price": price, "product": product},
        "type": "price_details",
        "unit_amount_decimal": str(amount),
    }


def advancing(invoice: Mapping[str, Any], advance: bool) -> dict[str, Any]:
    """Return the fields that say when a draft goes on by itself."""
    made = int(invoice["created"])
    tried = advance and invoice["collection_method"] == "charge_automatically"
    return {
        "auto_advance": advance,
        "automatically_finalizes_at": made + _WINDOW if advance else None,
        "next_payment_attempt": made + _WINDOW - 1 if tried else None,
    }
