"""Which messages have rung lately."""

from __future__ import annotations


class RecentIds:
    """Remembers the last ids that it was shown.

    Args:
        most: how many.
    """

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._ids: dict[str, None] = {}

    def has_seen(self, one: str) -> bool:
        """Tell whether an id was shown before, and remember it."""
        if one in self._ids:
            return True
        self._ids[one] = None
        if len(self._ids) > self._most:
            del self._ids[next(iter(self._ids))]
        return False
