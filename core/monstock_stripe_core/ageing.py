"""How long orders wait for their money."""

from dataclasses import dataclass

from monstock_stripe_core.order import Order, OrderPaymentStatus, OrderState

_WAITS = frozenset(
    {
        OrderPaymentStatus.UNPAID,
        OrderPaymentStatus.FAILED,
        OrderPaymentStatus.PENDING,
        OrderPaymentStatus.AUTHORIZED,
        OrderPaymentStatus.PARTIALLY_PAID,
    }
)


@dataclass(frozen=True, slots=True)
class AgeBucket:
    """Whole days from `first` to `last`, both counted in; None for no end."""

    name: str
    first: int
    last: int | None


AGE_BUCKETS = (
    AgeBucket("0-1", 0, 1),
    AgeBucket("2-7", 2, 7),
    AgeBucket("8-14", 8, 14),
    AgeBucket("15-30", 15, 30),
    AgeBucket("30+", 31, None),
)
"""From young to old, without a gap."""


def awaited(order: Order, status: OrderPaymentStatus, due: int) -> int | None:
    """What an order still waits for, in minor units of its currency; None where for nothing.

    Money that went back is not waited for: that order is refunded, disputed or in need of a person.

    Args:
        order: as Monstock has it.
        status: what its payments come to.
        due: total less net.
    """
    alive = order.state in (OrderState.VALIDATED, OrderState.SHIPPED) and not order.deleted
    return due if alive and status in _WAITS and due > 0 else None
