"""Orders that are paid at a steady pace, while the pipeline is measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from monstock_stripe_sandbox.selling import Seller

Paid = dict[str, tuple[str, float]]
"""By order: its payment, and when that succeeded, in seconds since 1970."""

_MOST_AT_ONCE = 500


def paced(rate: float, seconds: float) -> Iterator[int]:
    """Yield a number so many times a second, each at its moment; one that is late is not left out.

    Args:
        rate: numbers a second.
        seconds: for how long.
    """
    began = time.monotonic()
    for number in range(int(rate * seconds)):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        yield number


def record(seller: Seller, count: int, at_a_time: int = _MOST_AT_ONCE) -> Iterator[str]:
    """Yield so many orders that nobody has paid; they are recorded as they are asked for."""
    while count > 0:
        made = seller.order(1_200, "EUR", count=min(at_a_time, count))
        count -= len(made)
        yield from (sold.order for sold in made)


def pay(
    seller: Seller,
    rate: float,
    seconds: float,
    *,
    ahead: float | None = None,
    until: Callable[[], bool] = lambda: False,
) -> Paid:
    """Pay so many orders a second.

    Args:
        seller: of this thread.
        rate: payments a second.
        seconds: for how long, at most.
        ahead: orders are recorded so many seconds before they are paid; None: all at the beginning.
        until: ends it sooner.
    """
    count = int(rate * seconds)
    if ahead is None:
        orders = iter(list(record(seller, count)))
    else:
        orders = record(seller, count, min(_MOST_AT_ONCE, max(1, int(rate * ahead))))
    paid: Paid = {}
    for _ in paced(rate, seconds):
        (sold,) = seller.pay([next(orders)])
        paid[sold.order] = (str(sold.payment), float(sold.paid_at or 0))
        if until():
            break
    return paid
