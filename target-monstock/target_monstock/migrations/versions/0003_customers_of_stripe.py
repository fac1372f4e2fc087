"""Customers of Stripe: their table, and whom an exception, a decision or a write is about."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ABOUT = ("source", "subject", "kind", "transaction_reference", "order_id", "customer_id")


def upgrade() -> None:
    """Make the table, add the columns, and note who paid for what the ledger knows."""
    _stripe_customers()
    for table in ("decisions", "audit"):
        op.add_column(
            table,
            sa.Column("customer_id", sa.String(length=255), nullable=False, server_default=""),
        )
    _exceptions_about_customers()
    _customers_who_paid()


def _stripe_customers() -> None:
    op.create_table(
        "stripe_customers",
        sa.Column("stripe_customer_id", sa.String(length=255), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=False,
            comment="of the reading without its version",
        ),
        sa.Column(
            "record",
            sa.Text(),
            nullable=False,
            comment="ids and e-mail alone once there is no need",
        ),
        sa.Column("email", sa.String(length=320), nullable=True, comment="in lower case"),
        sa.Column(
            "named",
            sa.String(length=255),
            nullable=True,
            comment="Monstock's customer that the metadata name",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False, comment="at Stripe"),
        sa.Column("state", sa.String(length=16), nullable=True, comment="null: never looked for"),
        sa.Column(
            "customer_id",
            sa.String(length=255),
            nullable=True,
            comment="in Monstock, that carries the Stripe id",
        ),
        sa.Column(
            "intended",
            sa.String(length=255),
            nullable=True,
            comment="who was to carry it; empty: a new one",
        ),
        sa.Column("dirty", sa.Boolean(), nullable=False),
        sa.Column(
            "mark",
            sa.BigInteger(),
            nullable=False,
            comment="grows with each reason to work on it",
        ),
        sa.Column("dirty_reason", sa.String(length=64), nullable=True),
        sa.Column("dirty_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("stripe_customer_id", name=op.f("pk_stripe_customers")),
        comment="Stripe's customers, only while the setting `customers` asks for them.",
    )
    for column in ("email", "named", "customer_id"):
        op.create_index(f"ix_stripe_customers_{column}", "stripe_customers", [column])
    op.create_index(
        "ix_stripe_customers_dirty",
        "stripe_customers",
        ["stripe_customer_id"],
        sqlite_where=sa.text("dirty"),
        postgresql_where=sa.text("dirty"),
    )


def _exceptions_about_customers() -> None:
    """A column more in the key, which SQLite can only do by copying the table."""
    op.drop_index("ix_exceptions_open", table_name="exceptions")
    with op.batch_alter_table("exceptions") as batch:
        batch.add_column(
            sa.Column(
                "customer_id",
                sa.String(length=255),
                nullable=False,
                server_default="",
                comment="empty: none",
            )
        )
        batch.alter_column(
            "source",
            existing_type=sa.String(length=16),
            existing_nullable=False,
            comment="record, link, order, customer or write",
            existing_comment="record, link, order or write",
        )
        batch.drop_constraint("pk_exceptions", type_="primary")
        batch.create_primary_key("pk_exceptions", list(_ABOUT))
    with op.batch_alter_table("exceptions") as batch:
        batch.alter_column("customer_id", server_default=None)
    op.create_index(
        "ix_exceptions_open",
        "exceptions",
        ["kind"],
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )


def _customers_who_paid() -> None:
    """What is kept of each payment from now on: that its customer paid for something of ours."""
    connection = op.get_bind()
    known = connection.execute(
        sa.text("SELECT transaction_reference, record FROM payments WHERE verdict = 'ours'")
    )
    paid = [
        {"name": row.transaction_reference, "customer": payment["customer_id"]}
        for row in known
        for payment in [json.loads(row.record)]
        if payment.get("customer_id")
        and any(payment.get(part) for part in ("captured", "authorized", "disputed", "funded"))
    ]
    if paid:
        connection.execute(
            sa.text(
                "INSERT INTO payment_references (transaction_reference, field, value) "
                "VALUES (:name, 'customer', :customer)"
            ),
            paid,
        )
