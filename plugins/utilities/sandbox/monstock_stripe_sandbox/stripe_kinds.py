"""The kinds of objects that Stripe's stand-in keeps: one row each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """What is particular to one kind of object.

    Attributes:
        name: Stripe's `object`.
        path: where its list lives below `/v1/`; "" where Stripe has no list of it.
        permission: the part of a restricted key's permission that names it.
        id_param: how Stripe's errors call the id of a retrieve.
        indexes: fields (`outer.inner`) by which lists are narrowed quickly.
        called: how "No such …" names it, where that is not `object`.
    """

    name: str
    path: str
    permission: str
    id_param: str = "id"
    indexes: tuple[str, ...] = ()
    called: str = ""

    @property
    def noun(self) -> str:
        """How "No such …" names the kind."""
        return self.called or self.name


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("payment_intent", "payment_intents", "payment_intent", "intent", ("customer",)),
        Kind("charge", "charges", "charge", "id", ("payment_intent", "customer")),
        Kind("refund", "refunds", "charge", "id", ("charge", "payment_intent")),
        Kind("dispute", "disputes", "dispute", "dispute", ("charge", "payment_intent")),
        Kind("customer", "customers", "customer", "id", ("email",)),
        Kind(
            "checkout.session",
            "checkout/sessions",
            "checkout_session",
            "session",
            ("payment_intent", "payment_link", "customer"),
        ),
        Kind("invoice", "invoices", "invoice", "invoice", ("customer", "status")),
        Kind(
            "invoice_payment",
            "invoice_payments",
            "invoice",
            "invoice_payment",
            ("payment.payment_intent", "invoice"),
            "invoice payment",
        ),
        Kind(
            "balance_transaction",
            "balance_transactions",
            "balance_transaction_source",
            "id",
            ("source",),
            "balance transaction",
        ),
        Kind("event", "events", "event", "id", ("type",), "event"),
        Kind("payment_link", "payment_links", "payment_link", "payment_link"),
        Kind("product", "products", "product", "id"),
        Kind("price", "prices", "plan", "price", ("product",)),
        Kind("payment_method", "", "payment_method", "payment_method"),
    )
}
