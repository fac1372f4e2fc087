"""What a failure of Monstock's is about: one subject, a moment, or Monstock as a whole."""

from collections import Counter
from enum import Enum

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.monstock_errors import (
    MonstockConflict,
    MonstockProtocolError,
    MonstockUnauthorized,
    MonstockUncertain,
    MonstockUnreachable,
    UnreadableRecord,
)

MOST_TRIES = 5
"""Times that a subject which changes under our hands is read again before the next run."""

_MOST_GARBLED = 5
"""Answers in a row that are not Monstock's at all before the run stops: the host is wrong."""


class Failure(Enum):
    """What is to be done about it."""

    AGAIN = "again"
    BUSY = "busy"
    FATAL = "fatal"
    REFUSED = "refused"


class Failures:
    """Sorts failures, by what went before."""

    def __init__(self) -> None:
        self._tries: Counter[str] = Counter()
        self._garbled = 0

    def answered(self) -> None:
        """Note that Monstock gave an answer that makes sense."""
        self._garbled = 0

    def forget(self) -> None:
        """Forget how often each subject was tried."""
        self._tries.clear()

    def sort(self, subject: str, error: MonstockStripeError) -> Failure:
        """Say what is to be done about a failure of one subject's reading or writing."""
        if isinstance(error, MonstockConflict | MonstockUncertain):
            self._tries[subject] += 1
            return Failure.AGAIN if self._tries[subject] < MOST_TRIES else Failure.BUSY
        if isinstance(error, MonstockUnreachable | MonstockUnauthorized):
            return Failure.FATAL
        if isinstance(error, MonstockProtocolError) and not isinstance(error, UnreadableRecord):
            self._garbled += 1
            if self._garbled >= _MOST_GARBLED:
                return Failure.FATAL
        return Failure.REFUSED
