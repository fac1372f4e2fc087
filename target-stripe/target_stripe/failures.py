"""What a failure of a call to Stripe means for whoever made it."""

from enum import Enum, auto

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.stripe_errors import (
    StripeAccountError,
    StripeForbiddenError,
    StripeKeyReusedError,
    StripeNotFoundError,
    StripeProtocolError,
    StripeRejectedError,
    StripeReplayedError,
    StripeThrottledError,
    StripeUnauthorizedError,
    StripeUnreachableError,
)


class Failure(Enum):
    """What is to be done about a failure."""

    WHOLE = auto()
    """Nothing can be asked of Stripe any more, or nothing of this kind: the run ends."""
    UNSURE = auto()
    """Something may have been made; it is looked for."""
    MOVED = auto()
    """The object is no longer what it was: read again."""
    REFUSED = auto()
    """Stripe does not take this one."""


def failure_of(error: MonstockStripeError) -> Failure:
    """Sort a failure."""
    for kinds, failure in _TABLE:
        if isinstance(error, kinds):
            return failure
    return Failure.REFUSED


_TABLE: tuple[tuple[tuple[type[MonstockStripeError], ...], Failure], ...] = (
    ((StripeReplayedError, StripeKeyReusedError), Failure.UNSURE),
    ((StripeAccountError,), Failure.REFUSED),
    (
        (
            StripeUnreachableError,
            StripeThrottledError,
            StripeUnauthorizedError,
            StripeForbiddenError,
            StripeProtocolError,
        ),
        Failure.WHOLE,
    ),
    ((StripeNotFoundError,), Failure.MOVED),
    ((StripeRejectedError,), Failure.REFUSED),
)
"""Read from top to bottom: the first that fits, since some are kinds of others."""
