"""Ending when asked to: at once while something is waited for, never in the middle of a record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tap_common.errors import StopRequestedError


class Stopping:
    """Takes the request of a signal, in the thread that reads and writes."""

    def __init__(self) -> None:
        self._signal: int | None = None
        self._is_held = False

    def request(self, signal_number: int) -> None:
        """Stop; called by the signal's handler.

        Raises:
            StopRequestedError: unless a piece of work has to be ended first.
        """
        self._signal = signal_number
        if not self._is_held:
            raise StopRequestedError(signal_number)

    def check(self) -> None:
        """Raise `StopRequestedError` if that was asked for: something may have caught the first."""
        if self._signal is not None:
            raise StopRequestedError(self._signal)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let the block end before a request to stop is obeyed.

        Raises:
            StopRequestedError: after the block, if stopping was requested in it.
        """
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
        self.check()
