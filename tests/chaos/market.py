"""Trade that goes on in a thread of its own, a little ahead of the faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from chaos.trade import Trade

ALL = 10**9
RESERVE = 10
"""Payments that are kept for faults that want one at their moment."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much happens.

    Args:
        payments: made in all.
        rate: payments a second, while faults are under way.
        gap: seconds between the beginnings of two faults that need not wait for each other.
        settings: further environment variables of plugins.
    """

    payments: int
    rate: float
    gap: float
    settings: Mapping[str, str] = field(default_factory=dict)


class Market:
    """Trade in a thread of its own, a little ahead of the faults.

    Args:
        trade: what is done.
        sizes: how much and how fast.
        strikes: how many faults the payments are spread over.
    """

    def __init__(self, trade: Trade, sizes: Sizes, strikes: int) -> None:
        self._trade = trade
        self._sizes = sizes
        self._each = sizes.payments / max(strikes, 1)
        self._allowed = threading.Semaphore(0)
        self._given = 0
        self.sold = 0
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="market", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def allow(self, strikes: int) -> None:
        """Let trade go on until so many faults' share of payments has been made."""
        most = self._sizes.payments - (0 if strikes == ALL else RESERVE)
        share = min(round(self._each * strikes), most)
        if share > self._given:
            self._allowed.release(share - self._given)
            self._given = share

    def hurry(self) -> None:
        """Let the next payment be made although its turn has not come yet."""
        self._allowed.release()

    def finish(self) -> None:
        """Wait until all has been sold."""
        self.allow(ALL)
        self._thread.join()

    def _run(self) -> None:
        try:
            for _ in range(self._sizes.payments):
                self._allowed.acquire()
                self._trade.sell()
                self.sold += 1
                time.sleep(1 / self._sizes.rate)
            self._trade.end()
        except Exception as error:
            self.error = error
