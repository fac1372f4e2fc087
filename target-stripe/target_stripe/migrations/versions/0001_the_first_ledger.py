"""The first ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of an empty ledger."""
    op.create_table(
        "annotations",
        sa.Column("transaction_reference", sa.String(length=255), nullable=False),
        sa.Column(
            "order_id", sa.String(length=255), nullable=False, comment="which it is annotated with"
        ),
        sa.Column("description", sa.Text(), nullable=True, comment="that we wrote"),
        sa.Column("order_reference", sa.Text(), nullable=True, comment="that we wrote"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("transaction_reference", name=op.f("pk_annotations")),
    )
    op.create_index("ix_annotations_order_id", "annotations", ["order_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column(
            "audit_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("order_id", sa.String(length=255), nullable=False, comment="empty: a customer"),
        sa.Column("customer_id", sa.String(length=255), nullable=False, comment="empty: an order"),
        sa.Column("object_id", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=True, comment="what was written, as JSON"),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit")),
        comment="What was written to Stripe, when, why and by which run. Only appended to.",
    )
    op.create_index("ix_audit_customer_id", "audit", ["customer_id"], unique=False)
    op.create_index("ix_audit_order_id", "audit", ["order_id"], unique=False)
    op.create_table(
        "claims",
        sa.Column("order_id", sa.String(length=255), nullable=False),
        sa.Column("transaction_reference", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "transaction_reference", name=op.f("pk_claims")),
        comment="The payments that orders have rows of.",
    )
    op.create_index(
        "ix_claims_transaction_reference", "claims", ["transaction_reference"], unique=False
    )
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.String(length=255), nullable=False),
        sa.Column("record", sa.Text(), nullable=True, comment="the newest record, as JSON"),
        sa.Column(
            "digest", sa.String(length=64), nullable=True, comment="of the record without its time"
        ),
        sa.Column("email", sa.Text(), nullable=True, comment="in small letters"),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Monstock's, of the newest record",
        ),
        sa.Column("stripe_customer_id", sa.String(length=255), nullable=True),
        sa.Column(
            "base",
            sa.Text(),
            nullable=True,
            comment="Monstock's values as last dealt with, as JSON",
        ),
        sa.Column(
            "needed", sa.Boolean(), nullable=True, comment="an order's invoice cannot do without it"
        ),
        sa.Column(
            "looked_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was last planned to the end",
        ),
        sa.Column("dirty", sa.Boolean(), nullable=False),
        sa.Column(
            "mark", sa.BigInteger(), nullable=False, comment="grows with each reason to work on it"
        ),
        sa.Column("dirty_reason", sa.String(length=64), nullable=True),
        sa.Column("dirty_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customers")),
    )
    op.create_index(
        "ix_customers_dirty",
        "customers",
        ["customer_id"],
        unique=False,
        sqlite_where=sa.text("dirty"),
        postgresql_where=sa.text("dirty"),
    )
    op.create_index("ix_customers_email", "customers", ["email"], unique=False)
    op.create_index(
        "ix_customers_stripe_customer_id", "customers", ["stripe_customer_id"], unique=False
    )
    op.create_table(
        "decisions",
        sa.Column(
            "decision_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=255), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False, comment="dismiss or reopen"),
        sa.Column(
            "kind", sa.String(length=32), nullable=False, comment="of the exception; empty: all"
        ),
        sa.Column("transaction_reference", sa.String(length=255), nullable=False),
        sa.Column("order_id", sa.String(length=255), nullable=False),
        sa.Column("customer_id", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decisions")),
        comment="What people decided. Only appended to; the last word on a subject counts.",
    )
    op.create_index("ix_decisions_customer_id", "decisions", ["customer_id"], unique=False)
    op.create_index("ix_decisions_order_id", "decisions", ["order_id"], unique=False)
    op.create_table(
        "exceptions",
        sa.Column(
            "source", sa.String(length=16), nullable=False, comment="record, order or customer"
        ),
        sa.Column(
            "subject",
            sa.String(length=255),
            nullable=False,
            comment="what was derived when it was found",
        ),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column(
            "transaction_reference", sa.String(length=255), nullable=False, comment="empty: none"
        ),
        sa.Column("order_id", sa.String(length=255), nullable=False, comment="empty: none"),
        sa.Column("customer_id", sa.String(length=255), nullable=False, comment="empty: none"),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "source",
            "subject",
            "kind",
            "transaction_reference",
            "order_id",
            "customer_id",
            name=op.f("pk_exceptions"),
        ),
    )
    op.create_index(
        "ix_exceptions_open",
        "exceptions",
        ["kind"],
        unique=False,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "intentions",
        sa.Column(
            "subject", sa.String(length=255), nullable=False, comment="order id or customer id"
        ),
        sa.Column("of_customer", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False, comment="idempotency key"),
        sa.Column(
            "parameters", sa.Text(), nullable=False, comment="of the call, as JSON; never changed"
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "object_id",
            sa.String(length=255),
            nullable=True,
            comment="Stripe's id, once it is known",
        ),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", "of_customer", "revision", name=op.f("pk_intentions")),
        comment="What is made once at Stripe. Durable before the call that makes it.",
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
        comment="Digests of the rules that the rest was planned by.",
    )
    op.create_table(
        "orders",
        sa.Column("order_id", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.String(length=255), nullable=True),
        sa.Column("record", sa.Text(), nullable=True, comment="the newest record, as JSON"),
        sa.Column(
            "digest", sa.String(length=64), nullable=True, comment="of the record without its time"
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Monstock's, of the newest record",
        ),
        sa.Column(
            "looked_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was last planned to the end",
        ),
        sa.Column("dirty", sa.Boolean(), nullable=False),
        sa.Column(
            "mark", sa.BigInteger(), nullable=False, comment="grows with each reason to work on it"
        ),
        sa.Column("dirty_reason", sa.String(length=64), nullable=True),
        sa.Column("dirty_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_orders")),
    )
    op.create_index("ix_orders_customer_id", "orders", ["customer_id"], unique=False)
    op.create_index(
        "ix_orders_dirty",
        "orders",
        ["order_id"],
        unique=False,
        sqlite_where=sa.text("dirty"),
        postgresql_where=sa.text("dirty"),
    )
    op.create_table(
        "refusals",
        sa.Column(
            "subject", sa.String(length=255), nullable=False, comment="order id or customer id"
        ),
        sa.Column("of_customer", sa.Boolean(), nullable=False),
        sa.Column(
            "target",
            sa.String(length=255),
            nullable=False,
            comment="Stripe's id, or the kind to be made",
        ),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="of the write that was refused"
        ),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "of_customer", "target", name=op.f("pk_refusals")),
        comment="Writes that Stripe refused: the same one is not tried again.",
    )
    op.create_table(
        "runs",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("program_version", sa.String(length=32), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_runs")),
        comment="One row per run that wrote to this ledger; no end means that it was killed.",
    )


def downgrade() -> None:
    """Take all of it away."""
    op.drop_table("runs")
    op.drop_table("refusals")
    op.drop_index(
        "ix_orders_dirty",
        table_name="orders",
        sqlite_where=sa.text("dirty"),
        postgresql_where=sa.text("dirty"),
    )
    op.drop_index("ix_orders_customer_id", table_name="orders")
    op.drop_table("orders")
    op.drop_table("meta")
    op.drop_table("intentions")
    op.drop_index(
        "ix_exceptions_open",
        table_name="exceptions",
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.drop_table("exceptions")
    op.drop_index("ix_decisions_order_id", table_name="decisions")
    op.drop_index("ix_decisions_customer_id", table_name="decisions")
    op.drop_table("decisions")
    op.drop_index("ix_customers_stripe_customer_id", table_name="customers")
    op.drop_index("ix_customers_email", table_name="customers")
    op.drop_index(
        "ix_customers_dirty",
        table_name="customers",
        sqlite_where=sa.text("dirty"),
        postgresql_where=sa.text("dirty"),
    )
    op.drop_table("customers")
    op.drop_index("ix_claims_transaction_reference", table_name="claims")
    op.drop_table("claims")
    op.drop_index("ix_audit_order_id", table_name="audit")
    op.drop_index("ix_audit_customer_id", table_name="audit")
    op.drop_table("audit")
    op.drop_index("ix_annotations_order_id", table_name="annotations")
    op.drop_table("annotations")
