"""Waiting for workers, while something else goes on now and then."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, FIRST_EXCEPTION, Executor, Future, wait
from typing import TypeVar

T = TypeVar("T")

_PATIENCE = 0.25
"""Seconds without a result after which input is taken: the other system hangs, or is retried."""


def nothing() -> None:
    """Do nothing meanwhile."""


def some_done(
    running: set[Future[T]], meanwhile: Callable[[], None]
) -> tuple[set[Future[T]], set[Future[T]]]:
    """Wait until something is done; return that, and what is not."""
    while True:
        finished, left = wait(running, timeout=_PATIENCE, return_when=FIRST_COMPLETED)
        if finished:
            return finished, left
        meanwhile()


def all_results(calls: Sequence[Future[T]], meanwhile: Callable[[], None]) -> list[T]:
    """The results of all calls, in their order.

    Raises:
        Exception: what the first failed call raised; those not begun are given up.
    """
    left = set(calls)
    try:
        while left:
            finished, left = wait(left, timeout=_PATIENCE, return_when=FIRST_EXCEPTION)
            if not finished:
                meanwhile()
            for one in finished:
                one.result()
    except BaseException:
        for one in left:
            one.cancel()
        raise
    return [one.result() for one in calls]


def drawn(items: Iterator[T], workers: Executor, meanwhile: Callable[[], None]) -> Iterator[T]:
    """The items of an iterator that waits for the other system, drawn by a worker one at a time.

    Each is drawn while the one before it is worked on, and no more than one.

    Raises:
        Exception: what the iterator raised, behind the items before.
    """
    end = object()
    drawing = workers.submit(next, items, end)
    try:
        while (found := all_results([drawing], meanwhile)[0]) is not end:
            drawing = workers.submit(next, items, end)
            yield found  # type: ignore[misc]
    finally:
        drawing.cancel()
