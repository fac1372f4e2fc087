"""Invoices and Payment Links in the ledger: what was last known of each, and its order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monstock_stripe_core.payment_link import (
    PaymentLink,
    PaymentLinkKind,
    PaymentLinkState,
    payment_url,
)
from sqlalchemy import Connection, bindparam, select, update
from target_common.ledger.sql import chunks, upsert

from target_monstock.ledger.schema import payment_links


@dataclass(frozen=True, slots=True)
class StoredLink:
    """An invoice or a Payment Link as the ledger knows it.

    Attributes:
        on_order: Monstock's id of the order that shows it; None while there is none.
    """

    link: PaymentLink
    on_order: str | None


def known_links(connection: Connection, stripe_ids: Iterable[str]) -> dict[str, StoredLink]:
    """Those of these that the ledger knows, by their id."""
    found = {}
    for chunk in chunks(stripe_ids):
        rows = connection.execute(select(payment_links).where(payment_links.c.stripe_id.in_(chunk)))
        found.update({row.stripe_id: _stored(row) for row in rows})
    return found


def save_links(
    connection: Connection, links: Sequence[PaymentLink], unplaced: frozenset[str], now: datetime
) -> None:
    """Insert or replace what is known of invoices and Payment Links; their order stays.

    Args:
        connection: inside a transaction.
        links: as they are known now.
        unplaced: ids of those whose order is to be found (again).
        now: UTC.
    """
    for to_place in (True, False):
        upsert(
            connection,
            payment_links,
            [
                {
                    "stripe_id": link.stripe_id,
                    "version": link.version,
                    "kind": link.kind.value,
                    "state": link.state.value,
                    "livemode": link.livemode,
                    "created_at": link.created_at,
                    "order_id": link.order_id,
                    "order_number": link.order_number,
                    "tenant": link.tenant,
                    "account_id": link.account_id,
                    "url": link.url,
                    "url_version": link.url_version,
                    "to_place": to_place,
                    "first_seen_at": now,
                    "updated_at": now,
                }
                for link in links
                if (link.stripe_id in unplaced) is to_place
            ],
            keep=("first_seen_at",) if to_place else ("first_seen_at", "to_place"),
        )


def links_to_place(
    connection: Connection, limit: int, first: Sequence[str] = ()
) -> list[StoredLink]:
    """Those whose order is to be found; see `payments_to_link`."""
    query = select(payment_links).where(payment_links.c.to_place)
    found: dict[str, StoredLink] = {}
    for wanted in (
        query.where(payment_links.c.stripe_id.in_(first[:limit])),
        query.order_by(payment_links.c.stripe_id).limit(limit),
    ):
        for row in connection.execute(wanted):
            if len(found) < limit:
                found.setdefault(row.stripe_id, _stored(row))
    return list(found.values())


def save_places(connection: Connection, places: Mapping[str, str | None]) -> None:
    """Store the order of each: id → Monstock's id of the order, None where there is none."""
    if places:
        connection.execute(
            update(payment_links)
            .where(payment_links.c.stripe_id == bindparam("which"))
            .values(on_order=bindparam("place"), to_place=False),
            [{"which": stripe_id, "place": place} for stripe_id, place in places.items()],
        )


def replace_links_of_numbers(connection: Connection, numbers: Iterable[str]) -> None:
    """Ask for the order again of those that name one of these numbers and no order's id."""
    for chunk in chunks(numbers):
        connection.execute(
            update(payment_links)
            .where(payment_links.c.order_number.in_(chunk), payment_links.c.order_id.is_(None))
            .values(to_place=True)
        )


def place_all_links(connection: Connection) -> None:
    """Ask for the order of each again: the rules changed."""
    connection.execute(update(payment_links).values(to_place=True))


def payment_urls(connection: Connection, order_ids: Iterable[str]) -> dict[str, str | None]:
    """Where each of these orders can be paid; an order of which nothing is known is left out."""
    links: dict[str, list[PaymentLink]] = {}
    for chunk in chunks(order_ids):
        rows = connection.execute(select(payment_links).where(payment_links.c.on_order.in_(chunk)))
        for row in rows:
            links.setdefault(row.on_order, []).append(_stored(row).link)
    return {order_id: payment_url(several) for order_id, several in links.items()}


def _stored(row: Any) -> StoredLink:
    return StoredLink(
        PaymentLink(
            stripe_id=row.stripe_id,
            version=row.version,
            kind=PaymentLinkKind(row.kind),
            state=PaymentLinkState(row.state),
            livemode=row.livemode,
            created_at=row.created_at,
            order_id=row.order_id,
            order_number=row.order_number,
            tenant=row.tenant,
            url=row.url,
            url_version=row.url_version,
            account_id=row.account_id,
        ),
        row.on_order,
    )
