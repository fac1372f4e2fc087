"""Why a call does not ring, and what is answered then."""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """Why a call is refused."""

    SIGNATURE = "signature"
    """No signature, or none that belongs to body and secret."""
    STALE = "stale"
    """Rightly signed, but too long ago, or in the future."""
    TOO_LARGE = "too_large"
    SLOW = "slow"
    METHOD = "method"
    PATH = "path"
    MALFORMED = "malformed"
    """Rightly signed, but not a message."""
    BUSY = "busy"

    @property
    def status(self) -> int:
        """The HTTP status that is answered."""
        return _STATUS[self]

    @property
    def leaves_body(self) -> bool:
        """Whether the call's body may not have been read to its end."""
        return self not in (Refusal.SIGNATURE, Refusal.STALE, Refusal.MALFORMED)


_STATUS = {
    Refusal.SIGNATURE: 400,
    Refusal.STALE: 400,
    Refusal.TOO_LARGE: 413,
    Refusal.SLOW: 408,
    Refusal.METHOD: 405,
    Refusal.PATH: 404,
    Refusal.MALFORMED: 400,
    Refusal.BUSY: 503,
}
