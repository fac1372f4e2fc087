"""The ledger's tables. `migrations/` brings a database to this shape; a test holds them equal."""

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, String, Table, Text
from target_common.ledger.columns import NAMING_CONVENTION, Instant, Serial
from target_common.ledger.queue import queue_columns, queue_index
from target_common.ledger.tables import (
    exceptions_table,
    forgotten_table,
    meta_table,
    runs_table,
)

metadata = MetaData(naming_convention=NAMING_CONVENTION)

meta = meta_table(metadata, "Digests of the rules that the rest was planned by.")
runs = runs_table(metadata)
forgotten = forgotten_table(metadata)
exceptions = exceptions_table(metadata, "record, order or customer", "customer_id")

orders = Table(
    "orders",
    metadata,
    Column("order_id", String(255), primary_key=True),
    Column("number", Text),
    Column("customer_id", String(255)),
    Column("record", Text, comment="the newest record, as JSON"),
    Column("digest", String(64), comment="of the record without its time"),
    Column("updated_at", Instant, comment="Monstock's, of the newest record"),
    Column("looked_at", Instant, comment="when it was last planned to the end"),
    *queue_columns(),
)
queue_index(orders, "order_id")
Index("ix_orders_customer_id", orders.c.customer_id)

claims = Table(
    "claims",
    metadata,
    Column("order_id", String(255), primary_key=True),
    Column("transaction_reference", String(255), primary_key=True),
    comment="The payments that orders have rows of.",
)
Index("ix_claims_transaction_reference", claims.c.transaction_reference)

annotations = Table(
    "annotations",
    metadata,
    Column("transaction_reference", String(255), primary_key=True),
    Column("order_id", String(255), nullable=False, comment="which it is annotated with"),
    Column("description", Text, comment="that we wrote"),
    Column("order_reference", Text, comment="that we wrote"),
    Column("updated_at", Instant, nullable=False),
)
Index("ix_annotations_order_id", annotations.c.order_id)

customers = Table(
    "customers",
    metadata,
    Column("customer_id", String(255), primary_key=True),
    Column("record", Text, comment="the newest record, as JSON"),
    Column("digest", String(64), comment="of the record without its time"),
    Column("email", Text, comment="in small letters"),
    Column("updated_at", Instant, comment="Monstock's, of the newest record"),
    Column("stripe_customer_id", String(255)),
    Column("base", Text, comment="Monstock's values as last dealt with, as JSON"),
    Column("needed", Boolean, comment="an order's invoice cannot do without it"),
    Column("looked_at", Instant, comment="when it was last planned to the end"),
    *queue_columns(),
)
queue_index(customers, "customer_id")
Index("ix_customers_email", customers.c.email)
Index("ix_customers_stripe_customer_id", customers.c.stripe_customer_id)

intentions = Table(
    "intentions",
    metadata,
    Column("subject", String(255), primary_key=True, comment="order id or customer id"),
    Column("of_customer", Boolean, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("key", String(255), nullable=False, comment="idempotency key"),
    Column("parameters", Text, nullable=False, comment="of the call, as JSON; never changed"),
    Column("made_at", Instant, nullable=False),
    Column("object_id", String(255), comment="Stripe's id, once it is known"),
    Column("sent", Boolean, nullable=False),
    Column("refusal", Text),
    Column("updated_at", Instant, nullable=False),
    comment="What is made once at Stripe. Durable before the call that makes it.",
)

refusals = Table(
    "refusals",
    metadata,
    Column("subject", String(255), primary_key=True, comment="order id or customer id"),
    Column("of_customer", Boolean, primary_key=True),
    Column("target", String(255), primary_key=True, comment="Stripe's id, or the kind to be made"),
    Column("digest", String(64), nullable=False, comment="of the write that was refused"),
    Column("message", Text, nullable=False),
    comment="Writes that Stripe refused: the same one is not tried again.",
)

decisions = Table(
    "decisions",
    metadata,
    Column("decision_id", Serial, primary_key=True, autoincrement=True),
    Column("decided_at", Instant, nullable=False),
    Column("decided_by", String(255), nullable=False),
    Column("why", Text, nullable=False),
    Column("action", String(16), nullable=False, comment="dismiss or reopen"),
    Column("kind", String(32), nullable=False, comment="of the exception; empty: all"),
    Column("transaction_reference", String(255), nullable=False),
    Column("order_id", String(255), nullable=False),
    Column("customer_id", String(255), nullable=False),
    comment="What people decided. Only appended to; the last word on a subject counts.",
)
Index("ix_decisions_order_id", decisions.c.order_id)
Index("ix_decisions_customer_id", decisions.c.customer_id)

audit = Table(
    "audit",
    metadata,
    Column("audit_id", Serial, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("run_id", String(36), nullable=False),
    Column("order_id", String(255), nullable=False, comment="empty: a customer"),
    Column("customer_id", String(255), nullable=False, comment="empty: an order"),
    Column("object_id", String(255), nullable=False),
    Column("action", String(16), nullable=False),
    Column("why", Text, nullable=False),
    Column("content", Text, comment="what was written, as JSON"),
    comment="What was written to Stripe, when, why and by which run. Only appended to.",
)
Index("ix_audit_order_id", audit.c.order_id)
Index("ix_audit_customer_id", audit.c.customer_id)
