"""Records of Stripe's customers into the ledger. Nothing here asks Monstock."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from monstock_stripe_core.errors import RecordError
from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.scope import ScopeVerdict, owner_verdict
from monstock_stripe_core.stripe_customer import StripeCustomer, latest
from monstock_stripe_core.stripe_customer_record import stripe_customer_from_record
from sqlalchemy import Connection
from target_common.ledger import Ledger
from target_common.ledger.forgotten import Subject, forgotten_among
from target_common.ledger.sql import is_reference, storable
from target_common.sinks import REFUSED

from target_monstock.ingest import Ingested
from target_monstock.ledger.customers import (
    QUEUE,
    StoredCustomer,
    customer_digest,
    forget_customers,
    known_customers,
    save_readings,
    save_versions,
    those_naming,
    those_with_emails,
)
from target_monstock.ledger.exceptions import Source, renew_exceptions
from target_monstock.rules import Rules
from target_monstock.settings import CustomersMode


def ingest_customers(
    ledger: Ledger, records: Sequence[Mapping[str, Any]], rules: Rules, now: datetime
) -> Ingested:
    """Keep the newest reading of each customer of ours, durably, and note who is to be looked for.

    Where the setting `customers` is off, nothing is kept: personal data without a use.

    Raises:
        LedgerError: nothing of the batch is kept.
    """
    done = Ingested(records=len(records))
    if rules.customers is CustomersMode.OFF:
        return done
    read, refused = _read_all(records)
    with ledger.transaction() as connection:
        names = {one.stripe_customer_id for one in read} | refused.keys()
        forgotten = forgotten_among(connection, Subject.STRIPE_CUSTOMER, names)
        read = [one for one in read if one.stripe_customer_id not in forgotten]
        refused = {name: why for name, why in refused.items() if name not in forgotten}
        done.rejected += refused.items()
        known = known_customers(connection, {one.stripe_customer_id for one in read})
        newest: dict[str, StripeCustomer] = {}
        for one in read:
            name = one.stripe_customer_id
            before = known[name].customer if name in known else None
            newest[name] = latest(one, newest.get(name, before))
        strangers = {name for name, one in newest.items() if not _is_ours(one, rules)}
        changed, same = _sorted_out(newest, strangers, known)
        save_readings(connection, changed, now)
        save_versions(connection, same)
        forget_customers(connection, strangers & known.keys())
        _mark(connection, changed, strangers, known, now)
        renew_exceptions(connection, Source.RECORD, _exceptions(newest, refused), {}, now)
        renew_exceptions(connection, Source.CUSTOMER, dict.fromkeys(strangers, ()), {}, now)
    done.changed = len(changed)
    return done


def _read_all(
    records: Sequence[Mapping[str, Any]],
) -> tuple[list[StripeCustomer], dict[str, str]]:
    """The customers that can be read, and by name why the others cannot."""
    read: list[StripeCustomer] = []
    refused: dict[str, str] = {}
    for record in records:
        try:
            read.append(_read(record))
        except RecordError as error:
            stripe_id = record.get("stripe_customer_id")
            name = str(stripe_id) if is_reference(stripe_id) else "(no id)"
            refused[name] = storable(str(error))[:1000]
    return read, refused


def _sorted_out(
    newest: Mapping[str, StripeCustomer],
    strangers: Collection[str],
    known: Mapping[str, StoredCustomer],
) -> tuple[list[StoredCustomer], list[StripeCustomer]]:
    """Those of ours who say something new, and those who were only read again."""
    changed: list[StoredCustomer] = []
    same: list[StripeCustomer] = []
    for name, one in newest.items():
        before = known.get(name)
        if name in strangers or (before is not None and one is before.customer):
            continue
        digest = customer_digest(one)
        if before is not None and digest == before.digest:
            same.append(one)
        else:
            changed.append(StoredCustomer(one, digest))
    return changed, same


def _exceptions(
    newest: Collection[str], refused: Mapping[str, str]
) -> dict[str, list[ExceptionFound]]:
    found: dict[str, list[ExceptionFound]] = {name: [] for name in newest}
    for name, reason in refused.items():
        message = f"The record was refused: {reason}"
        rejected = ExceptionFound(ExceptionKind.REJECTED_RECORD, message, customer_id=name)
        found.setdefault(name, []).append(rejected)
    return found


def _mark(
    connection: Connection,
    changed: Sequence[StoredCustomer],
    strangers: set[str],
    known: Mapping[str, StoredCustomer],
    now: datetime,
) -> None:
    """Have looked for those who changed, and all in whose way they stand or stood.

    That is who shares an e-mail address with them, or is named by the metadata as the same one.
    """
    touched = {one.customer.stripe_customer_id for one in changed}
    before = [known[name].customer for name in (touched | strangers) & known.keys()]
    concerned = [*(one.customer for one in changed), *before]
    touched |= those_with_emails(connection, {one.email for one in concerned})
    touched |= those_naming(connection, {one.monstock_customer_id for one in concerned})
    QUEUE.mark(connection, touched, "a customer changed", now)


def _read(record: Mapping[str, Any]) -> StripeCustomer:
    if REFUSED in record:
        raise RecordError(str(record[REFUSED]))
    customer = stripe_customer_from_record(record)
    for name in ("stripe_customer_id", "monstock_customer_id", "account_id"):
        value = getattr(customer, name)
        if value is not None and not is_reference(value):
            raise RecordError(f"{name} has characters that cannot be printed")
    return customer


def _is_ours(customer: StripeCustomer, rules: Rules) -> bool:
    return owner_verdict(customer, rules.scope, rules.links.tenant) is ScopeVerdict.OURS
