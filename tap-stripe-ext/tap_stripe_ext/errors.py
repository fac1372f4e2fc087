"""What this tap can fail with beside what all of ours can; Stripe's are in `stripe_errors`."""

from __future__ import annotations

from collections.abc import Iterable

from tap_common.errors import TapError


class StreamsFailedError(TapError):
    """Some streams could not be read; the others are done.

    Args:
        message: for the person who runs the tap.
        streams: the names of those streams; none if nothing could be read.
    """

    def __init__(self, message: str, streams: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.streams = frozenset(streams)
