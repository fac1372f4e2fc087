"""The ledger's tables. `migrations/` brings a database to this shape; a test holds them equal."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    true,
)
from target_common.ledger.columns import NAMING_CONVENTION, Instant, Serial
from target_common.ledger.queue import queue_columns, queue_index
from target_common.ledger.tables import (
    exceptions_table,
    forgotten_table,
    meta_table,
    runs_table,
)

metadata = MetaData(naming_convention=NAMING_CONVENTION)

meta = meta_table(
    metadata, "Bookmark of the sweep, digests of the rules that the rest was derived by."
)
runs = runs_table(metadata)
forgotten = forgotten_table(metadata)

payments = Table(
    "payments",
    metadata,
    Column("transaction_reference", String(255), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("record", Text, nullable=False, comment="order_payments record without its metadata"),
    Column("conflict", Boolean, nullable=False, comment="equal versions, unlike contents"),
    Column("verdict", String(32), nullable=False, comment="whether it is ours at all"),
    Column("link_state", String(16), comment="null: never resolved"),
    Column("link_rule", String(32)),
    Column("link_basis", String(64), nullable=False, comment="digest of what the link rests on"),
    Column("to_link", Boolean, nullable=False, comment="its link is still to be resolved"),
    Column("changes_at", Instant, comment="when time alone changes what it counts for"),
    Column("customer_email", String(320), comment="only while it has no order"),
    Column("first_seen_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)
Index("ix_payments_to_link", payments.c.transaction_reference,
      sqlite_where=payments.c.to_link == true(), postgresql_where=payments.c.to_link)  # fmt: skip
Index("ix_payments_changes_at", payments.c.changes_at)
Index("ix_payments_customer_email", payments.c.customer_email)

payment_references = Table(
    "payment_references",
    metadata,
    Column("transaction_reference", String(255), primary_key=True),
    Column("field", String(32), primary_key=True),
    Column("value", Text, primary_key=True),
    comment="The orders that a payment names, found or not, and its own ids (field `payment`).",
)
Index("ix_payment_references_field_value", payment_references.c.field, payment_references.c.value)

allocations = Table(
    "allocations",
    metadata,
    Column("transaction_reference", String(255), primary_key=True),
    Column("order_id", String(255), primary_key=True),
    Column("position", Integer, nullable=False, comment="order in which money fills them"),
    Column("amount", BigInteger, comment="null: all of it"),
    Column("link_rule", String(32), nullable=False),
    Column("linked_at", Instant, nullable=False),
)
Index("ix_allocations_order_id", allocations.c.order_id)

orders = Table(
    "orders",
    metadata,
    Column("order_id", String(255), primary_key=True),
    Column("number", Text),
    Column("channel_reference", Text),
    Column("kind", String(16)),
    Column("state", String(16)),
    Column("currency", String(3)),
    Column("total", BigInteger),
    Column("payment_status", String(32), comment="as derived"),
    Column("due", BigInteger, comment="as derived"),
    Column("decided_by", String(32), comment="row of the table of statuses, as derived"),
    Column("by_hand", Text, comment="JSON: the hand-made rows that counted; null: none"),
    Column("seen_updated_at", Instant, comment="Monstock's, at our last read or write"),
    Column("seen_digest", String(64), comment="of the order and its rows as last read"),
    Column("dirty", Boolean, nullable=False),
    Column("mark", BigInteger, nullable=False, comment="grows with each reason to derive again"),
    Column("dirty_reason", String(64)),
    Column("dirty_since", Instant),
    Column("derived_at", Instant),
)
Index("ix_orders_number", orders.c.number)
Index("ix_orders_dirty", orders.c.order_id,
      sqlite_where=orders.c.dirty == true(), postgresql_where=orders.c.dirty)  # fmt: skip

row_references = Table(
    "row_references",
    metadata,
    Column("reference", String(255), primary_key=True),
    Column("order_id", String(255), primary_key=True),
    comment="References on rows that are not of a payment linked to that order.",
)
Index("ix_row_references_order_id", row_references.c.order_id)

rows_written = Table(
    "rows_written",
    metadata,
    Column("order_id", String(255), primary_key=True),
    Column("key", String(255), primary_key=True, comment="transaction reference, or the status"),
    Column("written", String(64), comment="digest of what Monstock took"),
    Column("intended", String(64), comment="digest of what we were about to write"),
    Column("restores", Boolean, nullable=False, comment="what is intended undoes a hand's change"),
    Column("restored", Boolean, nullable=False),
    Column("dismissed", Boolean, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

payment_links = Table(
    "payment_links",
    metadata,
    Column("stripe_id", String(255), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("order_id", String(255), comment="that it names"),
    Column("order_number", String(255), comment="that it names"),
    Column("tenant", Text, comment="that it names"),
    Column("account_id", String(255)),
    Column("url", Text),
    Column("url_version", BigInteger, nullable=False, comment="of the reading that had the url"),
    Column("on_order", String(255), comment="the order that shows it; null: none yet"),
    Column("to_place", Boolean, nullable=False, comment="its order is still to be found"),
    Column("first_seen_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    comment="Stripe invoices and Payment Links at which an order can be paid.",
)
Index("ix_payment_links_on_order", payment_links.c.on_order)
Index("ix_payment_links_order_number", payment_links.c.order_number)
Index("ix_payment_links_to_place", payment_links.c.stripe_id,
      sqlite_where=payment_links.c.to_place == true(),
      postgresql_where=payment_links.c.to_place)  # fmt: skip

stripe_customers = Table(
    "stripe_customers",
    metadata,
    Column("stripe_customer_id", String(255), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False, comment="of the reading without its version"),
    Column("record", Text, nullable=False, comment="ids and e-mail alone once there is no need"),
    Column("email", String(320), comment="in lower case"),
    Column("named", String(255), comment="Monstock's customer that the metadata name"),
    Column("created_at", Instant, nullable=False),
    Column("deleted", Boolean, nullable=False, comment="at Stripe"),
    Column("state", String(16), comment="null: never looked for"),
    Column("customer_id", String(255), comment="in Monstock, that carries the Stripe id"),
    Column("intended", String(255), comment="who was to carry it; empty: a new one"),
    *queue_columns(),
    Column("first_seen_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    comment="Stripe's customers, only while the setting `customers` asks for them.",
)
Index("ix_stripe_customers_email", stripe_customers.c.email)
Index("ix_stripe_customers_named", stripe_customers.c.named)
Index("ix_stripe_customers_customer_id", stripe_customers.c.customer_id)
queue_index(stripe_customers, "stripe_customer_id")

exceptions = exceptions_table(metadata, "record, link, order, customer or write", "customer_id")

decisions = Table(
    "decisions",
    metadata,
    Column("decision_id", Serial, primary_key=True, autoincrement=True),
    Column("decided_at", Instant, nullable=False),
    Column("decided_by", String(255), nullable=False),
    Column("why", Text, nullable=False),
    Column("action", String(16), nullable=False, comment="link, keep, dismiss or reopen"),
    Column("kind", String(32), nullable=False, comment="of the exception; empty: the link"),
    Column("transaction_reference", String(255), nullable=False),
    Column("order_id", String(255), nullable=False),
    Column("customer_id", String(255), nullable=False, server_default=""),
    Column("allocations", Text, nullable=False, comment="JSON list of [order_id, amount or null]"),
    comment="What people decided. Only appended to; the last word on a subject counts.",
)
Index("ix_decisions_transaction_reference", decisions.c.transaction_reference)

audit = Table(
    "audit",
    metadata,
    Column("audit_id", Serial, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("run_id", String(36), nullable=False),
    Column("order_id", String(255), nullable=False),
    Column("transaction_reference", String(255), nullable=False, comment="empty: the order"),
    Column("customer_id", String(255), nullable=False, server_default=""),
    Column("action", String(16), nullable=False),
    Column("link_rule", String(32)),
    Column("why", Text, nullable=False),
    Column("before", Text, comment="JSON; null: there was nothing"),
    Column("after", Text, comment="JSON; null: nothing is left"),
    comment="What was written to Monstock, when, why and by which run. Only appended to.",
)
Index("ix_audit_order_id", audit.c.order_id)
Index("ix_audit_transaction_reference", audit.c.transaction_reference)
