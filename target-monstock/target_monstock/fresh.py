"""Orders as they were read a moment ago, for whoever works on them next."""

from collections.abc import Iterable

from monstock_stripe_core.order import Order


class FreshOrders:
    """Spares reading an order again that was just listed, where a condition guards its writes.

    An order that has changed since is read again when its write is refused; where it asked for no
    write, the next sweep finds the change.

    Args:
        most: how many are kept; those that were read longest ago go first.
    """

    def __init__(self, most: int = 5000) -> None:
        self._most = most
        self._orders: dict[str, Order] = {}

    def add(self, orders: Iterable[Order]) -> None:
        """Keep orders in place of what was read of them before."""
        for order in orders:
            self._orders.pop(order.id, None)
            if order.etag is not None:
                self._orders[order.id] = order
        while len(self._orders) > self._most:
            del self._orders[next(iter(self._orders))]

    def take(self, order_id: str) -> Order | None:
        """Return an order, which is not kept any longer; None where it has to be read."""
        return self._orders.pop(order_id, None)

    def forget(self) -> None:
        """Keep none."""
        self._orders.clear()
