"""The streams, one row each: all that the tap knows of a list of Stripe's API stands here.

A further list of Stripe's is a further row; `python -m tap_stripe_ext.schemas` then writes its
schema from the types in the `stripe` package. Sources: Stripe API reference (each object's
chapter; 'Types of events'; 'Expanding responses') and Stripe docs, 'API key permissions'.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Announcement:
    """Events that tell that an object of the stream is new, changed or gone.

    Args:
        types: a pattern for the event's type, such as "charge.*".
        object_name: the kind of object that such an event carries.
        id_field: where in that object the id of the changed object stands; dots go deeper.
    """

    types: str
    object_name: str
    id_field: str = "id"

    def applies_to(self, event_type: str, object_name: str) -> bool:
        """Tell whether an event of this type about this kind of object is meant."""
        return object_name == self.object_name and fnmatchcase(event_type, self.types)


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One list of Stripe's API.

    Args:
        name: the stream's name.
        path: the list's path.
        object_name: what each object says of itself in `object`; anything else is refused.
        model: the class in the stripe package that describes it, for the schema.
        permission: what a restricted key needs, as the Dashboard calls it.
        created_filter: whether the list takes `created[...]`.
        announced_by: the events that announce changes; none: only new ones are noticed.
        expansions: fields to expand, as seen from the object (no "data." before it).
        nested_lists: lists inside the object that are followed to their end.
        deletable: whether objects can vanish, announced by an event "….deleted".
        listed_by_created: whether new objects are also looked for by `created` at each run,
            since no event tells of their creation, or not for all of them.
        edited_silently: whether objects change without an event; recent ones are listed again.
    """

    name: str
    path: str
    object_name: str
    model: str
    permission: str
    created_filter: bool = True
    announced_by: tuple[Announcement, ...] = ()
    expansions: tuple[str, ...] = ()
    nested_lists: tuple[str, ...] = ()
    deletable: bool = False
    listed_by_created: bool = False
    edited_silently: bool = False


STREAM_TABLE: tuple[StreamRow, ...] = (
    StreamRow(
        name="balance_transactions",
        path="/v1/balance_transactions",
        object_name="balance_transaction",
        model="stripe.BalanceTransaction",
        permission="Balance transaction sources: Read (rak_balance_transaction_source_read)",
        listed_by_created=True,
    ),
    StreamRow(
        name="charges",
        path="/v1/charges",
        object_name="charge",
        model="stripe.Charge",
        permission="Charges and Refunds: Read (rak_charge_read)",
        announced_by=(
            Announcement("charge.*", "charge"),
            Announcement("charge.dispute.*", "dispute", "charge"),
            Announcement("charge.refund.*", "refund", "charge"),
            Announcement("refund.*", "refund", "charge"),
        ),
        expansions=("refunds",),
        nested_lists=("refunds",),
    ),
    StreamRow(
        name="checkout_sessions",
        path="/v1/checkout/sessions",
        object_name="checkout.session",
        model="stripe.checkout.Session",
        permission="Checkout Sessions: Read (rak_checkout_session_read)",
        announced_by=(Announcement("checkout.session.*", "checkout.session"),),
        listed_by_created=True,  # no event tells of a new session
    ),
    StreamRow(
        name="customers",
        path="/v1/customers",
        object_name="customer",
        model="stripe.Customer",
        permission="Customers: Read (rak_customer_read)",
        announced_by=(Announcement("customer.*", "customer"),),
        deletable=True,
    ),
    StreamRow(
        name="disputes",
        path="/v1/disputes",
        object_name="dispute",
        model="stripe.Dispute",
        permission="Disputes: Read (rak_dispute_read)",
        announced_by=(Announcement("charge.dispute.*", "dispute"),),
    ),
    StreamRow(
        name="events",
        path="/v1/events",
        object_name="event",
        model="stripe.Event",
        permission="Events: Read (rak_event_read)",
    ),
    StreamRow(
        name="invoices",
        path="/v1/invoices",
        object_name="invoice",
        model="stripe.Invoice",
        permission="Invoices: Read (rak_invoice_read)",
        announced_by=(
            Announcement("invoice.*", "invoice"),
            Announcement("invoice_payment.*", "invoice_payment", "invoice"),
        ),
        # Not in the object unless asked for, since API version 2025-03-31.
        expansions=("amount_paid_off_stripe",),
        nested_lists=("lines",),
        deletable=True,
    ),
    StreamRow(
        name="payment_intents",
        path="/v1/payment_intents",
        object_name="payment_intent",
        model="stripe.PaymentIntent",
        permission="PaymentIntents: Read (rak_payment_intent_read)",
        announced_by=(
            Announcement("payment_intent.*", "payment_intent"),
            Announcement("charge.*", "charge", "payment_intent"),
        ),
        edited_silently=True,  # there is no event payment_intent.updated
    ),
    StreamRow(
        name="refunds",
        path="/v1/refunds",
        object_name="refund",
        model="stripe.Refund",
        permission="Charges and Refunds: Read (rak_charge_read)",
        announced_by=(
            Announcement("refund.*", "refund"),
            Announcement("charge.refund.*", "refund"),
        ),
        listed_by_created=True,  # refund.created was not sent for all methods until 2024
    ),
)

# What the snapshots of `payments` are made of; the stream itself is no list of Stripe's.
PAYMENTS = "payments"
PAYMENTS_PERMISSIONS: tuple[str, ...] = (
    "Balance transaction sources: Read (rak_balance_transaction_source_read)",
    "Charges and Refunds: Read (rak_charge_read)",
    "Checkout Sessions: Read (rak_checkout_session_read)",
    "Disputes: Read (rak_dispute_read)",
    "Events: Read (rak_event_read)",
    "Invoices: Read (rak_invoice_read)",
    "Payment Links: Read (rak_payment_link_read)",
    "PaymentIntents: Read (rak_payment_intent_read)",
)

PAYMENT_INTENT_ANNOUNCEMENTS: tuple[Announcement, ...] = (
    Announcement("payment_intent.*", "payment_intent"),
    Announcement("charge.*", "charge", "payment_intent"),
    Announcement("charge.dispute.*", "dispute", "payment_intent"),
    Announcement("charge.refund.*", "refund", "payment_intent"),
    Announcement("refund.*", "refund", "payment_intent"),
    Announcement("checkout.session.*", "checkout.session", "payment_intent"),
    Announcement("invoice_payment.*", "invoice_payment", "payment.payment_intent"),
)
CHARGE_ANNOUNCEMENTS: tuple[Announcement, ...] = (
    Announcement("charge.*", "charge"),
    Announcement("charge.dispute.*", "dispute", "charge"),
    Announcement("charge.refund.*", "refund", "charge"),
    Announcement("refund.*", "refund", "charge"),
    Announcement("invoice_payment.*", "invoice_payment", "payment.charge"),
)
INVOICE_ANNOUNCEMENTS: tuple[Announcement, ...] = (
    Announcement("invoice.*", "invoice"),
    Announcement("invoice_payment.*", "invoice_payment", "invoice"),
)


def row_named(name: str) -> StreamRow:
    """Return the row of the stream `name`.

    Raises:
        KeyError: if there is none.
    """
    for row in STREAM_TABLE:
        if row.name == name:
            return row
    raise KeyError(name)
