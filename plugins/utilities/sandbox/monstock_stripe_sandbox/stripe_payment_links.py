"""Operations on what is sold: products, prices, and the Payment Links that sell them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from monstock_stripe_sandbox import stripe_sales_shapes as shapes
from monstock_stripe_sandbox.stripe_books import StripeWorldError, operation
from monstock_stripe_sandbox.stripe_catalog import LISTS
from monstock_stripe_sandbox.stripe_checkout import CheckoutOperations
from monstock_stripe_sandbox.stripe_store import Value

LINK_LINES = "/v1/payment_links/{payment_link}/line_items"
_PASSED_ON = (
    "capture_method",
    "description",
    "metadata",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)


class LinkOperations(CheckoutOperations):
    """Making Payment Links, and visiting them."""

    @operation
    def payment_link(
        self,
        metadata: Mapping[str, str] | None = None,
        *,
        amount: int = 1000,
        currency: str = "eur",
        payment_intent_metadata: Mapping[str, str] | None = None,
        completed_sessions_limit: int | None = None,
    ) -> str:
        """Make a Payment Link; return its id. Its metadata goes to the sessions that it opens."""
        fields: dict[str, Any] = {"metadata": dict(metadata or {})}
        if payment_intent_metadata is not None:
            fields["payment_intent_data"] = passed_on(None, {"metadata": payment_intent_metadata})
        if completed_sessions_limit is not None:
            fields["restrictions"] = limited(completed_sessions_limit)
        return self.link_of([self._line(amount, currency.lower())], fields)

    @operation
    def link_of(self, lines: Sequence[Value], fields: Mapping[str, Any]) -> str:
        """Make a Payment Link that sells these lines, all of one currency; return its id.

        Args:
            fields: of the link.
        """
        currency = str(lines[0]["currency"])
        made = shapes.payment_link(
            self.ids.make("plink"), self.livemode, currency, self.ids.text(20)
        )
        made.update(fields)
        identifier = self.add("payment_link", made, created=self.now())
        for line in lines:
            self.put_line(LINK_LINES, identifier, line)
        self.emit("payment_link.created", "payment_link", identifier)
        return identifier

    @operation
    def open_link(self, link: str, *, email: str | None = None) -> str:
        """Let a customer visit a link; return the Checkout Session that it opens.

        Raises:
            StripeWorldError: it is inactive, or was paid as often as its limit allows.
        """
        visited = self.get("payment_link", link)
        if not visited["active"]:
            raise StripeWorldError(f"{link} is inactive: {_shown_instead(visited)}")
        self._check_limit(link)
        sold = [entry.value for entry in self.link_lines(link)]
        session = self.checkout_session(
            sum(int(line["amount_total"]) for line in sold),
            str(visited["currency"]),
            payment_link=link,
            customer_email=email,
            lines=[{**line, "id": self.ids.make("li")} for line in sold],
        )
        self.alter(
            "checkout.session",
            session,
            customer_creation=visited["customer_creation"],
            payment_method_types=visited["payment_method_types"] or ["card"],
        )
        return session

    @operation
    def pay_link(
        self, link: str, *, method: str = "card", email: str | None = None, paid: bool = True
    ) -> str:
        """Let a customer pay through a link; return the PaymentIntent's id.

        Args:
            paid: False leaves a debit under way; end it by `settle` or `fail_processing`.

        Raises:
            StripeWorldError: it is inactive, or was paid as often as its limit allows.
        """
        session = self.open_link(link, email=email)
        return self.complete_checkout(session, method=method, paid=paid)

    def link_lines(self, link: str) -> list[Any]:
        """Return the lines that a link sells, oldest first, as the store keeps them."""
        shelf = self.shelves["item"]
        return [shelf.entries[key[2]] for key in shelf.at_home(LISTS[LINK_LINES].home(link))]

    @operation
    def product(self, name: str, /, **fields: Any) -> str:
        """Make a Product; return its id."""
        made = shapes.product(self.ids.make("prod"), self.now(), self.livemode, name)
        identifier = self.add("product", {**made, **fields})
        self.emit("product.created", "product", identifier)
        return identifier

    @operation
    def price(self, amount: int, currency: str, product: str, /, **fields: Any) -> str:
        """Make a Price of a Product; return its id."""
        made = shapes.price(
            self.ids.make("price"), self.now(), self.livemode, amount, currency.lower(), product
        )
        identifier = self.add("price", {**made, **fields})
        self.emit("price.created", "price", identifier)
        return identifier


def passed_on(before: Mapping[str, Any] | None, edit: Mapping[str, Any]) -> dict[str, Any]:
    """Return `payment_intent_data` of a link after an edit: it always has all fields."""
    empty: dict[str, Any] = {**dict.fromkeys(_PASSED_ON), "metadata": {}}
    return {**empty, **(before or {}), **edit}


def limited(limit: int, count: int = 0) -> dict[str, Any]:
    """Return `restrictions` of a link that may be paid so often."""
    return {"completed_sessions": {"count": count, "limit": limit}}


def line_of(identifier: str, price: Value, quantity: int, name: str) -> dict[str, Any]:
    """Return a line that sells so many of a price."""
    amount = int(price["unit_amount"]) * quantity
    line = shapes.line_item(identifier, amount, str(price["currency"]), dict(price), name)
    return {**line, "quantity": quantity}


def _shown_instead(link: Value) -> str:
    return str(link["inactive_message"] or "the page says that it has been deactivated")
