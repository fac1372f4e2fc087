"""What this tap can fail with beside what all of ours can; Monstock's are in `monstock_errors`."""

from __future__ import annotations

from collections.abc import Sequence

from tap_common.errors import TapError

_MOST_NAMED = 10


class UnreadableRecordsError(TapError):
    """Some records could not be understood; all others are done."""

    def __init__(self, reasons: Sequence[str]) -> None:
        named = "".join(f"\n  {reason}" for reason in reasons[:_MOST_NAMED])
        more = len(reasons) - _MOST_NAMED
        rest = f"\n  and {more} more" if more > 0 else ""
        super().__init__(
            f"{len(reasons)} records could not be understood; all others are read, and these are "
            f"asked for again at the next run:{named}{rest}\n"
            "Correct them or the profile, or set unreadable to report to let the run succeed."
        )


class WrongProfileError(TapError):
    """So many records cannot be understood that the profile must be wrong."""

    def __init__(self, count: int, example: str) -> None:
        super().__init__(
            f"{count} records could not be understood, so the profile does not describe this "
            f"tenant. The last of them: {example}"
        )
