"""Who was erased and must not come back."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
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
