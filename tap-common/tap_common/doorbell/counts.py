"""What was called, rung and refused, and when to say so."""

from __future__ import annotations

from collections.abc import Mapping

from tap_common.doorbell.refusals import Refusal

RECEIVED = "received"
"""Calls, without those that only ask for the server's health."""
RUNG = "rung"
REPEATED = "repeated"
"""Messages that came again; answered, but not rung a second time."""
LOST = "lost"
"""Rings that were dropped since the tap did not take them in time."""
FAILED = "failed"
"""Calls that met a fault of the doorbell itself."""
RESTARTS = "restarts"
"""How often the server's process was started again."""

_SECONDS_BETWEEN_LINES = 60.0


def refused(refusal: Refusal) -> str:
    """Return the name under which calls that are refused so are counted."""
    return f"refused_{refusal}"


NAMES: tuple[str, ...] = (
    RECEIVED,
    RUNG,
    REPEATED,
    LOST,
    FAILED,
    RESTARTS,
    *(refused(one) for one in Refusal),
)


class Counts:
    """Counts by name. Not thread-safe."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(NAMES, 0)

    def add(self, name: str, number: int = 1) -> None:
        """Count something."""
        self._counts[name] += number

    def snapshot(self) -> dict[str, int]:
        """Return all counts as they are now."""
        return dict(self._counts)


class RefusalLog:
    """Says what was refused: the first time at once, then once a minute at most."""

    def __init__(self) -> None:
        self._told: dict[str, int] = {}
        self._told_at = float("-inf")

    def line(self, counts: Mapping[str, int], now: float) -> str | None:
        """Return the line that is due, or None.

        Args:
            counts: as they are now.
            now: seconds by a clock that only goes forward.
        """
        if now - self._told_at < _SECONDS_BETWEEN_LINES:
            return None
        reasons = {
            **{refused(one): _words(one) for one in Refusal},
            FAILED: "failed by a fault of its own",
            LOST: "dropped since the tap was busy",
        }
        parts = [
            f"{fresh} {words}"
            for name, words in reasons.items()
            if (fresh := counts[name] - self._told.get(name, 0))
        ]
        if not parts:
            return None
        self._told, self._told_at = dict(counts), now
        return f"Webhook calls that did not ring: {', '.join(parts)}."


def _words(refusal: Refusal) -> str:
    return {
        Refusal.SIGNATURE: "not signed with one of the webhook_secrets",
        Refusal.STALE: "signed too long ago or in the future (is this machine's clock right?)",
        Refusal.TOO_LARGE: "too large",
        Refusal.SLOW: "too slow",
        Refusal.METHOD: "other than POST",
        Refusal.PATH: "for another path",
        Refusal.MALFORMED: "signed, but not a message",
        Refusal.BUSY: "too many at once",
    }[refusal]
