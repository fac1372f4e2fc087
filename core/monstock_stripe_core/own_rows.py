"""The rows of an order that are ours, by the payment that they show."""

from collections.abc import Iterable

from monstock_stripe_core.order import OrderPaymentRow


def own_rows(rows: Iterable[OrderPaymentRow]) -> dict[str, tuple[OrderPaymentRow, ...]]:
    """The rows by our method, by transaction reference; several by their ids.

    There should be one of each. A tenant that takes a payment twice shows several, where a call
    that made one took effect after its answer had been given up. A row that comes twice, since a
    list shifted while its pages were read, is one row.
    """
    found: dict[str, dict[str, OrderPaymentRow]] = {}
    for row in rows:
        if row.ours and row.transaction_reference:
            found.setdefault(row.transaction_reference, {})[row.row_id or ""] = row
    return {
        reference: tuple(several[row_id] for row_id in sorted(several))
        for reference, several in found.items()
    }
