"""Where an order can be paid: a Stripe invoice or Payment Link that names it.

Neither has a time of change. So readings are told apart by how far the object has come, and only
then by when they were made.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class PaymentLinkKind(StrEnum):
    """What it is at Stripe."""

    INVOICE = "invoice"
    PAYMENT_LINK = "payment_link"


class PaymentLinkState(StrEnum):
    """What has become of it; only `OPEN` takes money."""

    DRAFT = "draft"
    OPEN = "open"
    INACTIVE = "inactive"
    UNCOLLECTIBLE = "uncollectible"
    PAID = "paid"
    VOID = "void"
    DELETED = "deleted"
    COMPLETED = "completed"


_PROGRESS: Mapping[PaymentLinkState, int] = MappingProxyType(
    {
        PaymentLinkState.DRAFT: 0,
        PaymentLinkState.OPEN: 1,
        PaymentLinkState.INACTIVE: 1,
        PaymentLinkState.UNCOLLECTIBLE: 2,
        PaymentLinkState.PAID: 3,
        PaymentLinkState.VOID: 3,
        PaymentLinkState.DELETED: 3,
        PaymentLinkState.COMPLETED: 3,
    }
)
"""How far each state is on the way: none is left for one before it.

An invoice only goes forward (Stripe docs, 'Status transitions and finalization'); a Payment Link
can be switched off and on again until it has been paid as often as it may be.
"""

_ADDRESS_HOLDS = timedelta(days=7)
"""How long a known address of an invoice is preferred to a newer one.

Stripe makes `hosted_invoice_url` anew at each reading, and promises that one which the API gave is
good for ten days at least (Stripe docs, 'Hosted Invoice Page'). Taking each new one would write to
the order whenever its invoice is read.
"""


_LAST_SECOND = 253_402_300_799
"""Of the calendar that Python knows; a version may be any number."""


@dataclass(frozen=True, slots=True)
class PaymentLink:
    """An invoice or a Payment Link as it was read. At least one of order id and number is set.

    Attributes:
        stripe_id: the invoice's or the link's own id, which no other account has.
        version: when it was read, in microseconds since the epoch.
        created_at: when it was made; None for a Payment Link, of which Stripe does not say it.
        order_id: Monstock's id of the order that it names.
        order_number: the number that people know the order by.
        tenant: the tenant that it names, where one Stripe account feeds several.
        url: where the customer can pay; None where nobody can (any more).
        url_version: the version of the reading that `url` is of.
        account_id: the connected account; None for our own.
    """

    stripe_id: str
    version: int
    kind: PaymentLinkKind
    state: PaymentLinkState
    livemode: bool
    created_at: datetime | None = None
    order_id: str | None = None
    order_number: str | None = None
    tenant: str | None = None
    url: str | None = None
    url_version: int = 0
    account_id: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether a customer can pay there."""
        return self.state is PaymentLinkState.OPEN and self.url is not None


def merged(new: PaymentLink, known: PaymentLink | None) -> PaymentLink:
    """Return what is known of an invoice or a Payment Link after one more reading.

    The reading that has come further counts, of two alike the later one; of two of one moment the
    one where nobody can pay. An old reading after a newer one changes nothing but how long the
    thing is known. While an invoice stays open its known address does too, for as long as it is
    sure to be good.
    """
    if known is None:
        return replace(new, url_version=new.version, created_at=_made(new))
    made = min(_made(new), _made(known))
    if _rank(new) <= _rank(known):
        return replace(known, created_at=made)
    held = timedelta(microseconds=new.version - known.url_version)
    both_open = new.is_open and known.is_open and new.kind is PaymentLinkKind.INVOICE
    if both_open and held < _ADDRESS_HOLDS:
        return replace(new, url=known.url, url_version=known.url_version, created_at=made)
    return replace(new, url_version=new.version, created_at=made)


def _rank(link: PaymentLink) -> tuple[int, int, bool, str]:
    content = repr(replace(link, url_version=0, created_at=None))
    return _PROGRESS[link.state], link.version, not link.is_open, content


def _made(link: PaymentLink) -> datetime:
    """When it was made, as far as that is known: not after it was first read."""
    if link.created_at is not None:
        return link.created_at
    return datetime.fromtimestamp(min(link.version // 1_000_000, _LAST_SECOND), UTC)


def payment_url(links: Iterable[PaymentLink]) -> str | None:
    """Return where an order can be paid: at the newest that is open; None where nothing is."""
    newest = max(
        (link for link in links if link.is_open),
        key=lambda link: (_made(link), link.stripe_id),
        default=None,
    )
    return newest.url if newest else None
