"""Records of invoices and Payment Links into the ledger. Nothing here asks Monstock."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from monstock_stripe_core.errors import RecordError
from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.payment_link import PaymentLink, merged
from monstock_stripe_core.payment_link_record import payment_link_from_record
from target_common.ledger import Ledger
from target_common.ledger.sql import is_reference, storable
from target_common.sinks import REFUSED

from target_monstock.ingest import Ingested
from target_monstock.ledger.exceptions import Source, renew_exceptions
from target_monstock.ledger.orders import QUEUE
from target_monstock.ledger.payment_links import known_links, save_links
from target_monstock.rules import Rules


def ingest_links(
    ledger: Ledger, records: Sequence[Mapping[str, Any]], rules: Rules, now: datetime
) -> Ingested:
    """Keep what is known of each invoice and Payment Link, durably, and note what follows.

    Their orders are derived again where the tenant has a field for the address. One bad record
    never stops the others: it is kept as an exception with its reason.

    Raises:
        LedgerError: nothing of the batch is kept.
    """
    done = Ingested(records=len(records))
    read: list[PaymentLink] = []
    refused: dict[str, str] = {}
    for record in records:
        try:
            read.append(_read(record))
        except RecordError as error:
            stripe_id = record.get("stripe_id")
            name = str(stripe_id) if is_reference(stripe_id) else "(no id)"
            refused[name] = storable(str(error))[:1000]
            done.rejected.append((name, refused[name]))
    with ledger.transaction() as connection:
        known = known_links(connection, {link.stripe_id for link in read})
        before = {stripe_id: stored.link for stripe_id, stored in known.items()}
        after = dict(before)
        for link in read:
            after[link.stripe_id] = merged(link, after.get(link.stripe_id))
        news = [link for name, link in after.items() if link != before.get(name)]
        changed = [link for link in news if not _alike(link, before.get(link.stripe_id))]
        unplaced = frozenset(
            link.stripe_id
            for link in changed
            if link.stripe_id not in before or _names(link) != _names(before[link.stripe_id])
        )
        save_links(connection, news, unplaced, now)
        if rules.writes.payment_url:
            orders = {known[one.stripe_id].on_order for one in changed if one.stripe_id in known}
            QUEUE.mark(connection, filter(None, orders), "where to pay changed", now)
        found: dict[str, list[ExceptionFound]] = {link.stripe_id: [] for link in read}
        for name, reason in refused.items():
            message = f"The record was refused: {reason}"
            rejected = ExceptionFound(ExceptionKind.REJECTED_RECORD, message, name)
            found.setdefault(name, []).append(rejected)
        renew_exceptions(connection, Source.RECORD, found, {}, now)
    done.changed = len(changed)
    done.subjects = tuple(link.stripe_id for link in changed)
    return done


def _read(record: Mapping[str, Any]) -> PaymentLink:
    if REFUSED in record:
        raise RecordError(str(record[REFUSED]))
    link = payment_link_from_record(record)
    for name in ("stripe_id", "order_id", "order_number", "account_id"):
        value = getattr(link, name)
        if value is not None and not is_reference(value):
            raise RecordError(f"{name} has characters that cannot be printed")
    return link


def _names(link: PaymentLink) -> tuple[object, ...]:
    """What decides which order shows it."""
    return link.order_id, link.order_number, link.tenant, link.livemode, link.account_id


def _alike(link: PaymentLink, before: PaymentLink | None) -> bool:
    """Whether a newer reading says the same."""
    return before is not None and link == replace(
        before, version=link.version, url_version=link.url_version
    )
