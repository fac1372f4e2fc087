"""What a long run notes now and then: figures into the ledger, a line into the log."""

import logging
from collections.abc import Callable, Mapping

from target_common.timing import Timer

_logger = logging.getLogger("singer-target")

_NOTED_EVERY = 60.0
_SAID_EVERY = 600.0
"""Seconds."""


class Progress:
    """Notes what a run did so far, where that has changed.

    Args:
        figures: what was done, JSON-ready.
        now: seconds of a steady clock.
    """

    def __init__(self, figures: Callable[[], Mapping[str, object]], now: float) -> None:
        self._figures = figures
        self._note = Timer(_NOTED_EVERY, now)
        self._say = Timer(_SAID_EVERY, now)
        self._noted: Mapping[str, object] | None = None
        self._said: object = None

    def rests(self, now: float) -> float:
        """Seconds until the next turn."""
        return self._note.rests(now)

    def is_due(self, now: float) -> bool:
        """Whether figures are to be brought up to date and kept."""
        return self._note.is_due(now)

    def keep(
        self, now: float, keep: Callable[[Mapping[str, object]], None], line: Callable[[], str]
    ) -> None:
        """Keep the figures if they changed, and say them if that was long ago.

        Args:
            now: seconds of the same clock.
            keep: stores them.
            line: the same for people.
        """
        self._note.restart(now)
        figures = dict(self._figures())
        if figures != self._noted:
            self._noted = figures
            keep(figures)
        if self._say.is_due(now):
            self._say.restart(now)
            if figures != self._said:
                self._said = figures
                _logger.info("so far: %s", line())
