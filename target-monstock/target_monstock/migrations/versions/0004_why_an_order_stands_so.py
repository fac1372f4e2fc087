"""Which row of the table decided an order's status, by which hand-made rows; who was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, empty until an order is derived again, an index, and the table."""
    op.add_column(
        "orders",
        sa.Column(
            "decided_by",
            sa.String(length=32),
            nullable=True,
            comment="row of the table of statuses, as derived",
        ),
    )
    op.add_column(
        "orders",
        sa.Column(
            "by_hand",
            sa.Text(),
            nullable=True,
            comment="JSON: the hand-made rows that counted; null: none",
        ),
    )
    op.create_index("ix_orders_number", "orders", ["number"])
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no comments
        op.alter_column(
            "decisions",
            "action",
            existing_type=sa.String(length=16),
            existing_nullable=False,
            comment="link, keep, dismiss or reopen",
            existing_comment="link, dismiss or reopen",
        )
    op.create_table(
        "forgotten",
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=False,
            comment="of kind and id, by a key of this ledger alone",
        ),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_forgotten")),
        comment="What was erased and must not come back. Holds no id and no name.",
    )
