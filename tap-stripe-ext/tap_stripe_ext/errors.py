"""What the tap itself can fail with; what Stripe fails with is in `stripe_errors`."""

from __future__ import annotations

from collections.abc import Iterable


class TapError(Exception):
    """Any failure with a message for the person who runs the tap."""


class SettingError(TapError):
    """A setting makes no sense."""

    def __init__(self, setting: str, problem: str) -> None:
        super().__init__(f"Setting {setting} {problem}.")


class InputFileError(TapError):
    """A file given on the command line cannot be used."""


class StateError(TapError):
    """The state cannot be used."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(
            f"The state cannot be used: {where} {problem}. Give the last state that this tap "
            "wrote, or none for a full back-fill."
        )


class StreamsFailedError(TapError):
    """Some streams could not be read; the others are done.

    Args:
        message: for the person who runs the tap.
        streams: the names of those streams; none if nothing could be read.
    """

    def __init__(self, message: str, streams: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.streams = frozenset(streams)
