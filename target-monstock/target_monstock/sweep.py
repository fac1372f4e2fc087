"""The sweep: orders that changed in Monstock since the last one are derived again.

A new total, cash recorded by hand, an order that came after its payment, a cancellation: the truth
follows either side. What the sweep finds is settled or durably dirty before its bookmark moves.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.monstock_errors import UnreadableOrder
from monstock_stripe_core.order import Order
from sqlalchemy import Connection
from target_common.ledger import Ledger
from target_common.ledger.history import keep_value, read_value
from target_common.ledger.sql import chunks

from target_monstock.bookkeeping import keep_derived, keep_quote
from target_monstock.derive import derive_orders
from target_monstock.ledger.exceptions import Source, renew_exceptions
from target_monstock.ledger.links import (
    relink_payments_of,
    retry_emails,
    retry_links,
    waiting_payments,
)
from target_monstock.ledger.orders import (
    QUEUE,
    KnownOrder,
    known_orders,
    order_digest,
)
from target_monstock.ledger.payment_links import replace_links_of_numbers
from target_monstock.monstock import Monstock
from target_monstock.rules import Rules

BOOKMARK = "sweep_bookmark"

_OVERLAP = timedelta(seconds=60)
"""Orders may become visible later than their `updated_at` says, and clocks differ a little."""

_AT_A_TIME = 100


@dataclass(slots=True)
class Swept:
    """What the sweep found on one page.

    Attributes:
        changed: orders that are not as they were last seen.
        retried: payments that look for their order again.
        fresh: changed orders as just read, for whoever works on them next.
        payments: that name changed orders and are to be linked; before a backlog, so that an order
            is written with them.
        orders: to be written, none of which such a payment names.
        held: orders on which nothing is written, see `Derived.unknown`.
    """

    seen: int = 0
    changed: int = 0
    retried: int = 0
    fresh: Sequence[Order] = ()
    payments: Sequence[str] = ()
    orders: Sequence[str] = ()
    held: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Page:
    """Orders that changed.

    Attributes:
        orders: by the time of their change.
        unreadable: why those between them could not be read, by id.
    """

    orders: list[Order]
    unreadable: Mapping[str, str]


def sweep(
    ledger: Ledger,
    monstock: Monstock,
    rules: Rules,
    first_since: datetime | None,
    run_id: str,
    clock: Callable[[], datetime],
    draw: Callable[[Iterator[Page]], Iterator[Page]] = iter,
) -> Iterator[Swept]:
    """Look at every order that changed since the last sweep, a page at a time.

    Args:
        ledger: open for writing.
        monstock: the tenant.
        rules: of this run.
        first_since: where the first sweep begins; None: with the oldest order.
        run_id: for the audit.
        clock: the time, UTC.
        draw: how pages are waited for.

    Yields:
        What was found by one page.

    Raises:
        MonstockError: Monstock cannot be asked; the bookmark is as far as was settled.
        LedgerError: the ledger cannot be written.
    """
    with ledger.transaction() as connection:
        text = read_value(connection, BOOKMARK)
    since = datetime.fromisoformat(text) - _OVERLAP if text else first_since
    newest = datetime.fromisoformat(text) if text else None
    for page in draw(_pages(monstock, since)):
        swept, now = Swept(), clock()
        # An order that changes while the list is read comes twice; the later one counts.
        orders = list({order.id: order for order in page.orders}.values())
        times = [order.updated_at for order in orders]
        newest = max(times if newest is None else [newest, *times], default=None)
        with ledger.transaction() as connection:
            _keep_unreadable(connection, page.unreadable, now)
            _look_at(connection, orders, swept, monstock, rules, run_id, now)
            if newest is not None:
                # One order that says it changes in the future must not hide all others till then.
                keep_value(connection, BOOKMARK, min(newest, now).isoformat())
        yield swept


def _pages(monstock: Monstock, since: datetime | None) -> Iterator[Page]:
    unreadable: dict[str, str] = {}

    def told(error: UnreadableOrder) -> None:
        unreadable[error.order_id or "?"] = str(error)

    for orders in chunks(monstock.orders_updated_since(since, told), _AT_A_TIME):
        yield Page(orders, dict(unreadable))
        unreadable.clear()
    if unreadable:
        yield Page([], dict(unreadable))


def _look_at(
    connection: Connection,
    orders: Sequence[Order],
    swept: Swept,
    monstock: Monstock,
    rules: Rules,
    run_id: str,
    now: datetime,
) -> None:
    swept.seen += len(orders)
    known = known_orders(connection, [order.id for order in orders])
    changed = [order for order in orders if _is_news(order, known.get(order.id))]
    if not changed:
        return
    swept.changed += len(changed)
    swept.retried += _retry(connection, changed, known)
    keep_quote(connection, [(None, order) for order in changed if order.kind != "order"], now)
    derived = derive_orders(
        connection,
        [order for order in changed if order.kind == "order"],
        rules,
        monstock.client.as_stored,
        now,
    )
    swept.held.update(each.order.id for each in derived if each.unknown)
    quiet = [each for each in derived if not each.plan.writes]
    keep_derived(connection, [(None, each) for each in quiet], run_id, now, carry_out=True)
    differing = [each.order for each in derived if each.plan.writes]
    QUEUE.mark(connection, [order.id for order in differing], "the order changed", now)
    swept.fresh = changed
    waiting = waiting_payments(connection, _names(changed))
    swept.payments = [name for names in waiting.values() for name in names]
    swept.orders = [order.id for order in differing if waiting.keys().isdisjoint(_names([order]))]


def _is_news(order: Order, known: KnownOrder | None) -> bool:
    """Whether an order is not as it was last seen.

    One that we wrote after its page was read is in the list once more, as it is now.
    """
    if known is None or (known.updated_at is not None and known.updated_at > order.updated_at):
        return known is None
    return known.digest != order_digest(order)


def _retry(connection: Connection, changed: Sequence[Order], known: dict[str, KnownOrder]) -> int:
    """Ask payments that could belong to these orders to look again.

    Those without an order always. Those with one only where the order answers to another name
    than before, or by the shop's number, which counts only while the amounts fit. The name that an
    order gave up counts as well: it may have been one of two that bore it.
    """
    renamed = [order for order in changed if not _same_name(order, known.get(order.id))]
    by_shop = [("channel_reference", one.channel_reference) for one in changed]
    asked = retry_links(connection, _names(changed), even_linked=False)
    asked += retry_links(connection, _names(renamed), even_linked=True)
    asked += retry_links(connection, _names_before(renamed, known), even_linked=False)
    asked += retry_links(connection, [(f, v) for f, v in by_shop if v], even_linked=True)
    relink_payments_of(connection, [order.id for order in renamed if order.id in known])
    numbers = {value for field, value in _names(renamed) if field == "number"}
    numbers |= {value for field, value in _names_before(renamed, known) if field == "number"}
    replace_links_of_numbers(connection, sorted(numbers))
    emails = {order.customer_email.casefold() for order in changed if order.customer_email}
    asked += retry_emails(connection, emails)
    return asked


def _same_name(order: Order, known: KnownOrder | None) -> bool:
    return known is not None and (known.number, known.channel_reference, known.kind) == (
        order.number,
        order.channel_reference,
        order.kind,
    )


def _names(orders: Sequence[Order]) -> list[tuple[str, str]]:
    names = [("id", order.id) for order in orders]
    names += [("number", order.number) for order in orders]
    names += [
        ("channel_reference", order.channel_reference)
        for order in orders
        if order.channel_reference
    ]
    return names


def _names_before(renamed: Sequence[Order], known: dict[str, KnownOrder]) -> list[tuple[str, str]]:
    """What orders answered to when they were last seen."""
    before = [known[order.id] for order in renamed if order.id in known]
    names = [("number", one.number) for one in before]
    names += [("channel_reference", one.channel_reference) for one in before]
    return [(field, value) for field, value in names if value]


def _keep_unreadable(connection: Connection, unreadable: Mapping[str, str], now: datetime) -> None:
    for order_id, reason in unreadable.items():
        found = ExceptionFound(ExceptionKind.WRITE_REFUSED, reason, None, order_id)
        renew_exceptions(connection, Source.WRITE, {order_id: (found,)}, {}, now)
    QUEUE.mark(
        connection,
        [order_id for order_id in unreadable if order_id != "?"],
        "unreadable",
        now,
    )
