"""SQLite takes a partial index only where a query says its condition in the index's own words."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_INDEXES = (("ix_customers_dirty", "customers", "customer_id"),
            ("ix_orders_dirty", "orders", "order_id"))  # fmt: skip


def upgrade() -> None:
    """Make the indexes of what is to be done anew; PostgreSQL has them in its words already."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for name, table, key in _INDEXES:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, [key], sqlite_where=sa.text("dirty = 1"))
