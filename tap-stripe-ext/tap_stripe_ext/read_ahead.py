"""Reads the slices of a log ahead, while what has been read of it is handled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from threading import Condition
from typing import Generic, TypeVar

from tap_stripe_ext.log_slices import Found, LogSlices, Slice
from tap_stripe_ext.pool import Pool

T = TypeVar("T")

ReadSlice = Callable[[Slice[T], Callable[[], bool]], Found[T]]
"""Reads a slice, or so much of it as it may, while the second argument says so."""


class ReadAhead(Generic[T]):
    """Reads slices in the pool's threads: where one ends, the next one begins.

    Args:
        pool: where the requests run.
        slices: what is to be read.
        read: reads one of them.
    """

    def __init__(self, pool: Pool, slices: LogSlices[T], read: ReadSlice[T]) -> None:
        self._pool = pool
        self._slices = slices
        self._read = read
        self._under_way: set[Future[None]] = set()
        self._is_closed = False
        self._changed = Condition()

    def contents(self) -> Iterator[T]:
        """Yield what the slices hold, oldest first.

        Raises:
            StripeApiError: if one of them cannot be read.
            StopRequestedError: when the process was asked to end.
        """
        while not self._slices.is_done:
            self._pool.check_stop()
            self._begin_more()
            content = self._take()
            while content is None:
                seconds = self._pool.listen()
                with self._changed:
                    if not self._slices.can_be_taken:
                        self._changed.wait(seconds)
                content = self._take()
            yield content

    @property
    def has_content(self) -> bool:
        """Whether the next content can be had at once."""
        return self._slices.can_be_taken

    def close(self) -> None:
        """Read no more."""
        with self._changed:
            self._is_closed = True
            for future in self._under_way:
                future.cancel()

    def _take(self) -> T | None:
        with self._changed:
            return self._slices.take()

    def _begin_more(self) -> None:
        with self._changed:
            self._under_way = {one for one in self._under_way if not one.done()}
            while not self._is_closed:
                begun = self._slices.begin()
                if begun is None:
                    break
                self._under_way.add(self._pool.submit(partial(self._read_one, begun)))

    def _read_one(self, begun: Slice[T]) -> None:
        try:
            found = self._read(begun, self._goes_on)
        except BaseException as error:  # raised again by the owner
            with self._changed:
                begun.error = error
                self._changed.notify_all()
        else:
            with self._changed:
                self._slices.end(begun, found)
                self._changed.notify_all()
        self._begin_more()

    def _goes_on(self) -> bool:
        return not self._is_closed
