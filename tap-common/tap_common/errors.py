"""What a tap itself can fail with, and what makes it end early."""

from __future__ import annotations


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


class StopRequestedError(Exception):
    """The process was asked to end (SIGTERM or SIGINT)."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"stopped by signal {signal_number}")
        self.signal_number = signal_number


class OutputClosedError(Exception):
    """Nobody reads our standard output any more: the target has ended."""
