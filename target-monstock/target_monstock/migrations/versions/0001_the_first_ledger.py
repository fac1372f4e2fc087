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
        "allocations",
        sa.Column("transaction_reference", sa.String(length=255), nullable=False),
        sa.Column("order_id", sa.String(length=255), nullable=False),
        sa.Column(
            "position", sa.Integer(), nullable=False, comment="order in which money fills them"
        ),
        sa.Column("amount", sa.BigInteger(), nullable=True, comment="null: all of it"),
        sa.Column("link_rule", sa.String(length=32), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("transaction_reference", "order_id", name=op.f("pk_allocations")),
    )
    op.create_index("ix_allocations_order_id", "allocations", ["order_id"], unique=False)
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
        sa.Column("order_id", sa.String(length=255), nullable=False),
        sa.Column(
            "transaction_reference",
            sa.String(length=255),
            nullable=False,
            comment="empty: the order",
        ),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("link_rule", sa.String(length=32), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True, comment="JSON; null: there was nothing"),
        sa.Column("after", sa.Text(), nullable=True, comment="JSON; null: nothing is left"),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit")),
        comment="What was written to Monstock, when, why and by which run. Only appended to.",
    )
    op.create_index("ix_audit_order_id", "audit", ["order_id"], unique=False)
    op.create_index(
        "ix_audit_transaction_reference", "audit", ["transaction_reference"], unique=False
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
        sa.Column(
            "action", sa.String(length=16), nullable=False, comment="link, dismiss or reopen"
        ),
        sa.Column(
            "kind",
            sa.String(length=32),
            nullable=False,
            comment="of the exception; empty: the link",
        ),
        sa.Column("transaction_reference", sa.String(length=255), nullable=False),
        sa.Column("order_id", sa.String(length=255), nullable=False),
        sa.Column(
            "allocations",
            sa.Text(),
            nullable=False,
            comment="JSON list of [order_id, amount or null]",
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decisions")),
        comment="What people decided. Only appended to; the last word on a subject counts.",
    )
    op.create_index(
        "ix_decisions_transaction_reference", "decisions", ["transaction_reference"], unique=False
    )
    op.create_table(
        "exceptions",
        sa.Column(
            "source", sa.String(length=16), nullable=False, comment="record, link, order or write"
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
        "meta",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
        comment="Bookmark of the sweep, digests of the rules that the rest was derived by.",
    )
    op.create_table(
        "orders",
        sa.Column("order_id", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("channel_reference", sa.Text(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("payment_status", sa.String(length=32), nullable=True, comment="as derived"),
        sa.Column("due", sa.BigInteger(), nullable=True, comment="as derived"),
        sa.Column(
            "seen_updated_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Monstock's, at our last read or write",
        ),
        sa.Column(
            "seen_digest",
            sa.String(length=64),
            nullable=True,
            comment="of the order and its rows as last read",
        ),
        sa.Column("dirty", sa.Boolean(), nullable=False),
        sa.Column(
            "mark",
            sa.BigInteger(),
            nullable=False,
            comment="grows with each reason to derive again",
        ),
        sa.Column("dirty_reason", sa.String(length=64), nullable=True),
        sa.Column("dirty_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("derived_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_orders")),
    )
    op.create_index(
        "ix_orders_dirty",
        "orders",
        ["order_id"],
        unique=False,
        sqlite_where=sa.text("dirty"),
        postgresql_where=sa.text("dirty"),
    )
    op.create_table(
        "payment_references",
        sa.Column("transaction_reference", sa.String(length=255), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "transaction_reference", "field", "value", name=op.f("pk_payment_references")
        ),
        comment="The orders that a payment names, found or not, and its own ids (field `payment`).",
    )
    op.create_index(
        "ix_payment_references_field_value", "payment_references", ["field", "value"], unique=False
    )
    op.create_table(
        "payments",
        sa.Column("transaction_reference", sa.String(length=255), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column(
            "record",
            sa.Text(),
            nullable=False,
            comment="order_payments record without its metadata",
        ),
        sa.Column(
            "conflict", sa.Boolean(), nullable=False, comment="equal versions, unlike contents"
        ),
        sa.Column(
            "verdict", sa.String(length=32), nullable=False, comment="whether it is ours at all"
        ),
        sa.Column(
            "link_state", sa.String(length=16), nullable=True, comment="null: never resolved"
        ),
        sa.Column("link_rule", sa.String(length=32), nullable=True),
        sa.Column(
            "link_basis",
            sa.String(length=64),
            nullable=False,
            comment="digest of what the link rests on",
        ),
        sa.Column(
            "to_link", sa.Boolean(), nullable=False, comment="its link is still to be resolved"
        ),
        sa.Column(
            "changes_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when time alone changes what it counts for",
        ),
        sa.Column(
            "customer_email",
            sa.String(length=320),
            nullable=True,
            comment="only while it has no order",
        ),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("transaction_reference", name=op.f("pk_payments")),
    )
    op.create_index("ix_payments_changes_at", "payments", ["changes_at"], unique=False)
    op.create_index("ix_payments_customer_email", "payments", ["customer_email"], unique=False)
    op.create_index(
        "ix_payments_to_link",
        "payments",
        ["transaction_reference"],
        unique=False,
        sqlite_where=sa.text("to_link"),
        postgresql_where=sa.text("to_link"),
    )
    op.create_table(
        "row_references",
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("order_id", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("reference", "order_id", name=op.f("pk_row_references")),
        comment="References on rows that are not of a payment linked to that order.",
    )
    op.create_index("ix_row_references_order_id", "row_references", ["order_id"], unique=False)
    op.create_table(
        "rows_written",
        sa.Column("order_id", sa.String(length=255), nullable=False),
        sa.Column(
            "key",
            sa.String(length=255),
            nullable=False,
            comment="transaction reference, or the status",
        ),
        sa.Column(
            "written", sa.String(length=64), nullable=True, comment="digest of what Monstock took"
        ),
        sa.Column(
            "intended",
            sa.String(length=64),
            nullable=True,
            comment="digest of what we were about to write",
        ),
        sa.Column(
            "restores",
            sa.Boolean(),
            nullable=False,
            comment="what is intended undoes a hand's change",
        ),
        sa.Column("restored", sa.Boolean(), nullable=False),
        sa.Column("dismissed", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "key", name=op.f("pk_rows_written")),
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
    """Drop them all."""
    op.drop_table("runs")
    op.drop_table("rows_written")
    op.drop_index("ix_row_references_order_id", table_name="row_references")
    op.drop_table("row_references")
    op.drop_index(
        "ix_payments_to_link",
        table_name="payments",
        sqlite_where=sa.text("to_link"),
        postgresql_where=sa.text("to_link"),
    )
    op.drop_index("ix_payments_customer_email", table_name="payments")
    op.drop_index("ix_payments_changes_at", table_name="payments")
    op.drop_table("payments")
    op.drop_index("ix_payment_references_field_value", table_name="payment_references")
    op.drop_table("payment_references")
    op.drop_index(
        "ix_orders_dirty",
        table_name="orders",
        sqlite_where=sa.text("dirty"),
        postgresql_where=sa.text("dirty"),
    )
    op.drop_table("orders")
    op.drop_table("meta")
    op.drop_index(
        "ix_exceptions_open",
        table_name="exceptions",
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.drop_table("exceptions")
    op.drop_index("ix_decisions_transaction_reference", table_name="decisions")
    op.drop_table("decisions")
    op.drop_index("ix_audit_transaction_reference", table_name="audit")
    op.drop_index("ix_audit_order_id", table_name="audit")
    op.drop_table("audit")
    op.drop_index("ix_allocations_order_id", table_name="allocations")
    op.drop_table("allocations")
