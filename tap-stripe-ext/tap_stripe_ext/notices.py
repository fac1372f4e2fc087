"""What an event tells: which objects of which streams have to be read again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tap_stripe_ext.event_log import Entry
from tap_stripe_ext.nested import carries_whole_list, children_in
from tap_stripe_ext.payment_snapshot import StripeObject, id_of
from tap_stripe_ext.payments_reader import CHARGES, INTENTS, INVOICES
from tap_stripe_ext.stream_table import (
    CHARGE_ANNOUNCEMENTS,
    INVOICE_ANNOUNCEMENTS,
    PAYMENT_INTENT_ANNOUNCEMENTS,
    PAYMENTS,
    Announcement,
    StreamRow,
)

# Stands for objects that an event does not name; no object has this id.
UNKNOWN = ""
# A snapshot of a payment shows these by their ids; of several Charges only the latest.
SHOWN_IN_PAYMENTS = frozenset({"payment_intent", "refund", "dispute"})


@dataclass(frozen=True, slots=True)
class Target:
    """An object that an event says has changed.

    Args:
        stream: the stream that it belongs to.
        source: the list that it is in; the stream's own, but one of several for `payments`.
        id: its id; in a nested list, the id of the parent whose list has changed.
        created: its `created`, where the event carried the object itself.
        deleted: the object as it last was, if the event says that it is gone.
        children: in a nested list, the objects that the event names, as they last were; those
            that the list no longer has are gone.
        named: ids that were there when the event was made. A reading that lacks one of them may
            have come too early: lists may show an object later than the log its event.
    """

    stream: str
    source: str
    id: str
    created: int | None = None
    deleted: StripeObject | None = None
    children: tuple[StripeObject, ...] = ()
    named: frozenset[str] = frozenset()

    @property
    def gone(self) -> frozenset[str]:
        """The ids that the event itself says are gone."""
        if self.deleted is not None:
            return frozenset({self.id})
        return frozenset() if self.named else frozenset(one["id"] for one in self.children)


@dataclass(frozen=True, slots=True)
class Notice:
    """An event, cut down to what has to be known of it.

    Args:
        entry: its id and `created`.
        targets: what has to be read again.
    """

    entry: Entry
    targets: tuple[Target, ...]


def notice_of(event: Mapping[str, Any], rows: Iterable[StreamRow], *, payments: bool) -> Notice:
    """Return what an event tells.

    Args:
        event: the event, decoded.
        rows: the streams that are read.
        payments: whether `payments` is read.
    """
    subject = (event.get("data") or {}).get("object") or {}
    targets = [target for row in rows for target in _targets_of_row(event, subject, row)]
    if payments:
        targets += _targets_of_payments(event["type"], subject)
    return Notice(Entry(event["id"], event["created"]), tuple(targets))


def _targets_of_row(
    event: Mapping[str, Any], subject: StripeObject, row: StreamRow
) -> Iterable[Target]:
    for announcement in row.announced_by:
        changed = _changed_id(announcement, event["type"], subject)
        if changed is None:
            continue
        if row.parent is not None:
            yield from _target_of_list(event, subject, row, changed)
            return
        itself = announcement.id_field == "id"
        gone = row.deletable and itself and _is_deletion(event)
        yield Target(
            row.name,
            row.name,
            changed,
            created=(subject.get("created") or subject.get("date")) if itself else None,
            deleted={**subject, "deleted": True} if gone else None,
            named=frozenset() if _is_deletion(event) else frozenset({changed}),
        )
        return


def _target_of_list(
    event: Mapping[str, Any], subject: StripeObject, row: StreamRow, parent_id: str
) -> Iterable[Target]:
    """Yield the list that hangs on the object `parent_id`, unless it can have none."""
    is_parent = subject.get("id") == parent_id
    condition = row.parent.only_if if row.parent else None
    if is_parent and condition is not None and not subject.get(condition):
        return
    yield Target(
        row.name,
        row.name,
        parent_id,
        created=subject.get("created") if is_parent else None,
        children=_children_named(event, subject, row) if row.deletable else (),
        named=_present_children(event, subject, row),
    )


def _children_named(
    event: Mapping[str, Any], subject: StripeObject, row: StreamRow
) -> tuple[StripeObject, ...]:
    """Return the objects of a nested list that an event names: some may be there no more."""
    if subject.get("object") == row.object_name:
        return (subject,) if _is_deletion(event) else ()
    before = (event.get("data") or {}).get("previous_attributes") or {}
    named = {one["id"]: one for holder in (before, subject) for one in children_in(holder, row)}
    return tuple(named.values())


def _present_children(
    event: Mapping[str, Any], subject: StripeObject, row: StreamRow
) -> frozenset[str]:
    """Return the ids of the nested list's objects that were there when the event was made.

    Where the event does not carry the whole list, nobody knows what a reading would have to show.
    """
    if _is_deletion(event):
        return frozenset()
    if subject.get("object") == row.object_name:
        return frozenset({subject["id"]})
    known = frozenset(one["id"] for one in children_in(subject, row))
    return known if carries_whole_list(subject, row) else known | {UNKNOWN}


def _is_deletion(event: Mapping[str, Any]) -> bool:
    return bool(event["type"].endswith(".deleted"))


def _targets_of_payments(event_type: str, subject: StripeObject) -> list[Target]:
    for announcements, source in (
        (PAYMENT_INTENT_ANNOUNCEMENTS, INTENTS),
        (CHARGE_ANNOUNCEMENTS, CHARGES),
    ):
        changed = _first_changed(announcements, event_type, subject)
        if changed is not None:
            itself = subject.get("id") == changed
            created = subject.get("created") if itself and source == INTENTS else None
            shown = subject.get("object") in SHOWN_IN_PAYMENTS
            named = frozenset({subject["id"]}) if shown else frozenset()
            return [Target(PAYMENTS, source, changed, created=created, named=named)]
    # A draft's changes concern no payment; finalizing it makes an event of its own.
    if subject.get("object") == "invoice" and subject.get("status") == "draft":
        return []
    changed = _first_changed(INVOICE_ANNOUNCEMENTS, event_type, subject)
    return [] if changed is None else [Target(PAYMENTS, INVOICES, changed)]


def _first_changed(
    announcements: Iterable[Announcement], event_type: str, subject: StripeObject
) -> str | None:
    for announcement in announcements:
        changed = _changed_id(announcement, event_type, subject)
        if changed is not None:
            return changed
    return None


def _changed_id(announcement: Announcement, event_type: str, subject: StripeObject) -> str | None:
    if not announcement.applies_to(event_type, str(subject.get("object"))):
        return None
    value: Any = subject
    for name in announcement.id_field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return id_of(value)
