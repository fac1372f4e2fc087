"""SQLite takes a partial index only where a query says its condition in the index's own words."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_payments_to_link", "payments", "transaction_reference", "to_link"),
    ("ix_orders_dirty", "orders", "order_id", "dirty"),
    ("ix_payment_links_to_place", "payment_links", "stripe_id", "to_place"),
    ("ix_stripe_customers_dirty", "stripe_customers", "stripe_customer_id", "dirty"),
)


def upgrade() -> None:
    """Make the indexes of what is to be done anew; PostgreSQL has them in its words already."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for name, table, key, flag in _INDEXES:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, [key], sqlite_where=sa.text(f"{flag} = 1"))
