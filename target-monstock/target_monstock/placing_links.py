"""Which order shows an invoice or a Payment Link: the one that it names."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime

from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.monstock_errors import UnreadableOrder
from monstock_stripe_core.payment_link import PaymentLink
from monstock_stripe_core.scope import ScopeVerdict, owner_verdict
from target_common.ledger import Ledger
from target_common.ledger.sql import chunks
from target_common.waiting import all_results

from target_monstock.ledger.exceptions import Source, renew_exceptions
from target_monstock.ledger.orders import QUEUE
from target_monstock.ledger.payment_links import (
    StoredLink,
    known_links,
    links_to_place,
    save_places,
)
from target_monstock.monstock import Monstock
from target_monstock.rules import Rules


def place_payment_links(
    ledger: Ledger,
    monstock: Monstock,
    workers: Executor,
    rules: Rules,
    limit: int,
    first: Sequence[str],
    meanwhile: Callable[[], None],
    now: datetime,
) -> set[str] | None:
    """Find the order of a batch of invoices and Payment Links that ask for it.

    One that names the order's id is placed without asking; its number is looked up. Orders that
    one leaves or joins are marked to be derived again in the transaction that stores the place.

    Args:
        ledger: open for writing.
        monstock: the tenant.
        workers: threads for the requests.
        rules: of this run.
        limit: how many at most.
        first: ids of those that go before others.
        meanwhile: called now and then while workers are waited for.
        now: UTC.

    Returns:
        The orders concerned; None where nothing asks for its order any more.

    Raises:
        MonstockError: Monstock cannot be asked; nothing of the batch is placed.
        LedgerError: the ledger cannot be written.
    """
    with ledger.transaction() as connection:
        batch = links_to_place(connection, limit, first)
    if not batch:
        return None
    verdicts = {
        one.link.stripe_id: owner_verdict(one.link, rules.scope, rules.links.tenant)
        for one in batch
    }
    ours = [one.link for one in batch if verdicts[one.link.stripe_id] is ScopeVerdict.OURS]
    by_number = _by_number(ours, monstock, workers, meanwhile)
    with ledger.transaction() as connection:
        now_known = known_links(connection, verdicts)
        # One that was read again meanwhile is placed by what it says now.
        batch = [one for one in batch if now_known.get(one.link.stripe_id) == one]
        links = {one.link.stripe_id: one.link for one in batch}
        places = {
            name: _place(link, by_number) if verdicts[name] is ScopeVerdict.OURS else None
            for name, link in links.items()
        }
        found = {name: _exceptions(link, verdicts[name], by_number) for name, link in links.items()}
        touched = _touched(batch, places) if rules.writes.payment_url else set()
        save_places(connection, places)
        QUEUE.mark(connection, touched, "where to pay changed", now)
        renew_exceptions(connection, Source.LINK, found, {}, now)
    return touched


def _by_number(
    links: Sequence[PaymentLink],
    monstock: Monstock,
    workers: Executor,
    meanwhile: Callable[[], None],
) -> dict[str, list[str]]:
    """The ids of the orders that bear each number, for those that name no id."""
    numbers = sorted(
        {one.order_number for one in links if one.order_id is None and one.order_number}
    )
    calls = [
        workers.submit(monstock.find_many, "number", some, _not_now)
        for some in chunks(numbers, monstock.values_per_request("number"))
    ]
    return {
        number: [order.id for order in orders]
        for answer in all_results(calls, meanwhile)
        for number, orders in answer.items()
    }


def _not_now(error: UnreadableOrder) -> None:
    """An order that cannot be understood shows nothing; the sweep reports it and comes back."""


def _place(link: PaymentLink, by_number: Mapping[str, Sequence[str]]) -> str | None:
    if link.order_id is not None:
        return link.order_id
    bearing = by_number.get(link.order_number or "", ())
    return bearing[0] if len(bearing) == 1 else None


def _touched(batch: Sequence[StoredLink], places: Mapping[str, str | None]) -> set[str]:
    """The orders that one left or joined, or on which one may be shown now."""
    orders = {one.on_order for one in batch} | set(places.values())
    return {order_id for order_id in orders if order_id is not None}


def _exceptions(
    link: PaymentLink, verdict: ScopeVerdict, by_number: Mapping[str, Sequence[str]]
) -> tuple[ExceptionFound, ...]:
    """Only of what takes money: the rest concerns nobody any more."""
    if not link.is_open:
        return ()
    name = link.kind.value.replace("_", " ")
    if verdict is ScopeVerdict.WRONG_MODE:
        mode = "live" if link.livemode else "test"
        message = f"A {mode} {name} names an order where expect_livemode refuses it."
        return (ExceptionFound(ExceptionKind.WRONG_MODE, message, link.stripe_id),)
    bearing = by_number.get(link.order_number or "", ()) if link.order_id is None else ()
    if verdict is ScopeVerdict.OURS and len(bearing) > 1:
        message = (
            f"The {name} names order {link.order_number}, and several orders bear that number: "
            "add monstock_order_id to its metadata."
        )
        return (ExceptionFound(ExceptionKind.AMBIGUOUS_LINK, message, link.stripe_id),)
    return ()
