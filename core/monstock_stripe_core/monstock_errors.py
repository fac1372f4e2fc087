"""What can go wrong with Monstock's API, as a tree: catch it at the level you want."""

from monstock_stripe_core.errors import MonstockStripeError


class MonstockError(MonstockStripeError):
    """Anything that went wrong with Monstock's API. Its text never holds the API token."""


class MonstockUnreachable(MonstockError):
    """No answer, or none but "not now", after all retries: run again later."""


class MonstockUncertain(MonstockUnreachable):
    """No answer to a call that must not be made twice: look whether it had its effect."""


class MonstockUnauthorized(MonstockError):
    """401 or 403: the token is wrong, or lacks a right."""


class MonstockConflict(MonstockError):
    """409 or 412: the order changed since it was read. Read it again and compare.

    A write of our own whose answer got lost can be what changed it.
    """


class MonstockRejected(MonstockError):
    """Any other 4xx: Monstock refuses the call, and says why.

    Attributes:
        status: the HTTP status.
        code: Monstock's error code, if it gave one.
    """

    def __init__(self, message: str, status: int, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class MonstockProtocolError(MonstockError):
    """An answer that is not what the profile describes: HTML, half a JSON, another shape."""


class UnreadableRecord(MonstockProtocolError):
    """One order or customer that cannot be understood; the others can.

    Attributes:
        record_id: its id, if at least that could be read.
    """

    def __init__(self, message: str, record_id: str | None) -> None:
        super().__init__(message)
        self.record_id = record_id


class UnreadableOrder(UnreadableRecord):
    """One order that cannot be understood."""

    @property
    def order_id(self) -> str | None:
        """Its id, if at least that could be read."""
        return self.record_id


class UnreadableCustomer(UnreadableRecord):
    """One customer that cannot be understood."""


class MonstockUnsupported(MonstockError):
    """The profile describes no way to do this."""
