"""Where orders can be paid: invoices and Payment Links."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "payment_links",
        sa.Column("stripe_id", sa.String(length=255), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.String(length=255), nullable=True, comment="that it names"),
        sa.Column("order_number", sa.String(length=255), nullable=True, comment="that it names"),
        sa.Column("tenant", sa.Text(), nullable=True, comment="that it names"),
        sa.Column("account_id", sa.String(length=255), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column(
            "url_version",
            sa.BigInteger(),
            nullable=False,
            comment="of the reading that had the url",
        ),
        sa.Column(
            "on_order",
            sa.String(length=255),
            nullable=True,
            comment="the order that shows it; null: none yet",
        ),
        sa.Column(
            "to_place", sa.Boolean(), nullable=False, comment="its order is still to be found"
        ),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("stripe_id", name=op.f("pk_payment_links")),
        comment="Stripe invoices and Payment Links at which an order can be paid.",
    )
    op.create_index("ix_payment_links_on_order", "payment_links", ["on_order"], unique=False)
    op.create_index(
        "ix_payment_links_order_number", "payment_links", ["order_number"], unique=False
    )
    op.create_index(
        "ix_payment_links_to_place",
        "payment_links",
        ["stripe_id"],
        unique=False,
        sqlite_where=sa.text("to_place"),
        postgresql_where=sa.text("to_place"),
    )
