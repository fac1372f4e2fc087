"""Records into the ledger: read, judged by version, kept. Nothing here asks Monstock."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from monstock_stripe_core.errors import PaymentError
from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.link import references_wanted
from monstock_stripe_core.order_status import changes_at
from monstock_stripe_core.payment import LinkCandidate, Payment
from monstock_stripe_core.payment_record import (
    conflicts,
    payment_digest,
    payment_from_record,
    replaces,
)
from monstock_stripe_core.scope import ScopeVerdict, scope_verdict
from sqlalchemy import Connection
from target_common.ledger import Ledger
from target_common.ledger.exceptions import Amount
from target_common.ledger.forgotten import Subject, forgotten_among
from target_common.ledger.sql import is_reference, storable, unnamed
from target_common.sinks import REFUSED

from target_monstock.ledger.customers import QUEUE as CUSTOMERS
from target_monstock.ledger.customers import those_unknown
from target_monstock.ledger.exceptions import Source, renew_exceptions
from target_monstock.ledger.links import allocations_of
from target_monstock.ledger.orders import QUEUE, orders_with_rows
from target_monstock.ledger.payments import (
    CUSTOMER,
    OWN_IDS,
    StoredPayment,
    known_payments,
    link_basis,
    save_payments,
    save_references,
    save_versions,
    without_person,
)
from target_monstock.rules import Rules
from target_monstock.settings import CustomersMode

_LONGEST_TEXT = 1000


@dataclass(slots=True)
class Ingested:
    """What became of a batch of records.

    Attributes:
        changed: payments that are new or say something new.
        rejected: references (or a hint where there is none) and why they were refused.
        subjects: those that are new or say something new.
        moments: when those that are new were made, in seconds since 1970.
        orders: that are to be derived again for it.
    """

    records: int = 0
    changed: int = 0
    rejected: list[tuple[str, str]] = field(default_factory=list)
    subjects: tuple[str, ...] = ()
    moments: Mapping[str, float] = field(default_factory=dict)
    orders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    """A payment as it is kept, and whether it is ours, judged by all that the record said."""

    payment: Payment
    verdict: ScopeVerdict
    conflict: bool = False


def ingest(
    ledger: Ledger, records: Sequence[Mapping[str, Any]], rules: Rules, now: datetime
) -> Ingested:
    """Keep the newest snapshot of each payment, durably, and note what has to be done about it.

    One bad record never stops the others: it is kept as an exception with its reason, without its
    content.

    Raises:
        LedgerError: nothing of the batch is kept.
    """
    done = Ingested(records=len(records))
    read: dict[str, _Read] = {}
    refused: dict[str, str] = {}
    for record in records:
        try:
            new = _read(record, rules)
        except PaymentError as error:
            reference = _named(record)
            refused[reference] = storable(str(error))[:1000]
            done.rejected.append((reference, refused[reference]))
            continue
        name = new.payment.transaction_reference
        read[name] = _newer(new, read.get(name))
    with ledger.transaction() as connection:
        read = _without_forgotten(connection, read)
        known = known_payments(connection, read)
        news = {
            name: kept
            for name, new in read.items()
            if (kept := _against(new, known.get(name))) is not None
        }
        changed = {
            name: one
            for name, one in news.items()
            if name not in known
            or one.digest != known[name].digest
            or one.verdict is not known[name].verdict
        }
        save_payments(
            connection,
            list(changed.values()),
            {name: changes_at(one.payment, rules.status) for name, one in changed.items()},
            now,
        )
        save_versions(connection, [one for name, one in news.items() if name not in changed])
        save_references(
            connection,
            {name: _references(one, rules) for name, one in changed.items()},
        )
        if rules.customers is CustomersMode.CREATE:
            paying = {one.payment.customer_id for one in changed.values()} - {None}
            now_ours = those_unknown(connection, filter(None, paying))
            CUSTOMERS.mark(connection, now_ours, "a payment came", now)
        linked = allocations_of(connection, changed)
        touched = {a.order_id for allocations, _ in linked.values() for a in allocations}
        touched |= orders_with_rows(
            connection,
            [
                one
                for name in changed
                if name not in known
                for one in _own_ids(changed[name].payment)
            ],
        )
        QUEUE.mark(connection, touched, "a payment changed", now)
        _renew(connection, read, news, refused, now)
    done.changed = len(changed)
    done.subjects, done.orders = tuple(changed), tuple(touched)
    # What is known and changes is news, however old it is.
    done.moments = {
        name: one.payment.created_at.timestamp()
        for name, one in changed.items()
        if name not in known
    }
    return done


def _read(record: Mapping[str, Any], rules: Rules) -> _Read:
    """A record as a payment, its scope judged, then stripped of what no link needs.

    Metadata and description may hold anything about anybody; the mapper has already taken the
    candidates out of them, and the scope is judged here, so neither is kept.
    """
    reference = record.get("transaction_reference")
    if not is_reference(reference):
        raise PaymentError(
            "transaction_reference must be a text of 1 to 255 printable characters, "
            f"not {reference!r:.80}"
        )
    if REFUSED in record:
        raise PaymentError(str(record[REFUSED]))
    payment = payment_from_record(record)
    verdict = scope_verdict(payment, rules.scope)
    kept = replace(
        payment,
        account_id=_text(payment.account_id, "account_id"),
        method=_text(payment.method, "method"),
        method_detail=_text(payment.method_detail, "method_detail"),
        failure=_text(payment.failure, "failure"),
        customer_id=_text(payment.customer_id, "customer_id"),
        customer_email=_text(payment.customer_email, "customer_email"),
        metadata=MappingProxyType({}),
        description=None,
        products=(),
        references=tuple(one for one in payment.references if is_reference(one)),
        link_candidates=tuple(
            _candidate(candidate) for candidate in payment.link_candidates if candidate.reference[1]
        ),
    )
    return _Read(kept, verdict)


def _candidate(candidate: LinkCandidate) -> LinkCandidate:
    """A candidate that can be asked for; one that can name no order keeps its place.

    It is made storable in a way that no order answers to, not dropped: else a weaker reference
    would step into its place.
    """
    if is_reference(candidate.reference[1]):
        return candidate
    return replace(
        candidate,
        order_id=candidate.order_id and unnamed(candidate.order_id),
        order_number=candidate.order_number and unnamed(candidate.order_number),
        channel_reference=candidate.channel_reference and unnamed(candidate.channel_reference),
    )


def _text(value: object, name: str) -> str | None:
    """A text that any database and any JSON can carry; an overlong one is cut.

    Raises:
        PaymentError: neither text nor null.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise PaymentError(f"{name} must be a text or null, not {type(value).__name__}")
    return storable(value)[:_LONGEST_TEXT]


def _named(record: Mapping[str, Any]) -> str:
    """How a refused record is remembered: its reference, or a hash where it has none."""
    reference = record.get("transaction_reference")
    if is_reference(reference):
        return str(reference)
    digest = hashlib.sha256(repr(sorted(record.items(), key=str)).encode("utf-8", "replace"))
    return f"(no reference) {digest.hexdigest()[:12]}"


def _without_forgotten(connection: Connection, read: Mapping[str, _Read]) -> dict[str, _Read]:
    """The payments, without the person where that was erased before."""
    who = {one.payment.customer_id for one in read.values()} - {None}
    persons = forgotten_among(connection, Subject.STRIPE_CUSTOMER, filter(None, who))
    payments = forgotten_among(connection, Subject.PAYMENT, read)
    return {
        name: replace(one, payment=without_person(one.payment))
        if name in payments or one.payment.customer_id in persons
        else one
        for name, one in read.items()
    }


def _newer(new: _Read, old: _Read | None) -> _Read:
    """The one of two snapshots that counts."""
    if old is None:
        return new
    conflict = conflicts(new.payment, old.payment)
    if new.payment.version == old.payment.version:
        conflict = conflict or old.conflict
    if replaces(new.payment, old.payment):
        return replace(new, conflict=conflict)
    return replace(old, conflict=conflict or old.conflict)


def _against(new: _Read, known: StoredPayment | None) -> StoredPayment | None:
    """What is to be stored of a snapshot; None where the ledger already knows as much."""
    old = None if known is None else known.payment
    conflict = new.conflict or conflicts(new.payment, old)
    if known is not None and old is not None and new.payment.version == old.version:
        conflict = conflict or known.conflict
    if not replaces(new.payment, old):
        if known is None or conflict == known.conflict:
            return None
        return replace(known, conflict=conflict)
    basis = link_basis(new.payment)
    settled = (
        known is not None
        and not known.to_link
        and known.link_basis == basis
        and known.verdict is new.verdict
    )
    return StoredPayment(
        payment=new.payment,
        digest=payment_digest(new.payment),
        conflict=conflict,
        verdict=new.verdict,
        link_basis=basis,
        link_state=None,
        link_rule=None,
        to_link=not settled,
    )


def _references(stored: StoredPayment, rules: Rules) -> set[tuple[str, str]]:
    payment = stored.payment
    pays = stored.verdict is ScopeVerdict.OURS and payment.holds_money
    return {
        *references_wanted(payment, rules.links),
        *((OWN_IDS, reference) for reference in _own_ids(payment)),
        *((CUSTOMER, who) for who in (payment.customer_id,) if pays and is_reference(who) and who),
    }


def _own_ids(payment: Payment) -> set[str]:
    return {payment.transaction_reference, *payment.references}


def _renew(
    connection: Connection,
    read: Mapping[str, _Read],
    news: Mapping[str, StoredPayment],
    refused: Mapping[str, str],
    now: datetime,
) -> None:
    found: dict[str, tuple[ExceptionFound, ...]] = {}
    for name in read:
        stored = news.get(name)
        if stored is not None:
            found[name] = _conflict(stored)
    for name, reason in refused.items():
        found[name] = (
            *found.get(name, ()),
            ExceptionFound(
                ExceptionKind.REJECTED_RECORD, f"The record was refused: {reason}", name
            ),
        )
    amounts = {name: Amount(one.payment.amount, one.payment.currency) for name, one in news.items()}
    renew_exceptions(connection, Source.RECORD, found, amounts, now)


def _conflict(stored: StoredPayment) -> tuple[ExceptionFound, ...]:
    if not stored.conflict:
        return ()
    return (
        ExceptionFound(
            ExceptionKind.CONFLICTING_SNAPSHOTS,
            "Two readings of one moment say different things; one of them counts for now.",
            stored.payment.transaction_reference,
        ),
    )
