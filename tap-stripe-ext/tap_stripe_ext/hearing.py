"""Hears of events by webhooks, and reads at once what they tell of.

The bookmark moves by the event log alone. When the log comes to an event that was heard of, what it
tells of has been read since, so it is not read once more.

What is heard while a look is under way is read between the look's own readings, and one of those
may be older and yet end later. Of payments the version says which reading is newer, and the older
one is left out. Of all other streams, what such an event tells of is read once more when the log
comes to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from monstock_stripe_core.stripe_counts import requested_for

from tap_stripe_ext.awaited import Awaited
from tap_stripe_ext.backfill_part import EVENTS
from tap_stripe_ext.event_log import Entry, LogBookmark
from tap_stripe_ext.notices import notice_of
from tap_stripe_ext.run_parts import RunParts
from tap_stripe_ext.stream_table import PAYMENTS, STREAM_TABLE
from tap_stripe_ext.told import ToldReader
from tap_stripe_ext.versions import VersionClock


class Hearing:
    """Reads what events tell of, for all streams that have been back-filled.

    Args:
        parts: the run's tools.
        versions: told of each event, so that no later version is older.
    """

    def __init__(self, parts: RunParts, versions: VersionClock) -> None:
        self._parts = parts
        self._versions = versions
        self._journal = parts.journal
        self._told = ToldReader(parts, lambda _stream, _record: False)
        # By event id, when the event was made.
        self._heard: dict[str, int] = {}
        self._in_a_look: set[str] = set()

    def was_heard(self, name: str, event_id: str) -> bool:
        """Tell whether an event need not be handled for a stream when the log comes to it."""
        return event_id in self._heard and (name == PAYMENTS or event_id not in self._in_a_look)

    def hear(self, events: Iterable[Mapping[str, Any]], *, in_a_look: bool) -> bool:
        """Read what events tell of; return whether all of it could be read.

        Args:
            events: whole, or what a doorbell leaves of them.
            in_a_look: whether readings of a look are under way, or wait to be written.

        Raises:
            StripeApiError: if nothing can be read.
        """
        following = [
            name for name in self._journal.working if name != EVENTS and self._is_followed(name)
        ]
        rows = tuple(row for row in STREAM_TABLE if row.name in following)
        notices = [
            notice_of(event, rows, payments=PAYMENTS in following)
            for event in events
            if event["id"] not in self._heard and not self._has_handled(event)
        ]
        for one in notices:
            self._versions.saw_event(one.entry.created)
        missed: set[str] = set()
        complete = True
        for name in following:
            concerned = [one for one in notices if any(to.stream == name for to in one.targets)]
            if not concerned:
                continue
            awaited = Awaited.of(name, concerned, young=0)
            with requested_for(name):
                was_read = self._told.read(name, concerned, awaited)
            complete = complete and was_read
            missed |= awaited.early() if was_read else {one.entry.id for one in concerned}
        if {*following, EVENTS}.issuperset(self._journal.names):
            heard = [one.entry for one in notices if one.entry.id not in missed]
            self._heard.update((entry.id, entry.created) for entry in heard)
            if in_a_look:
                self._in_a_look.update(entry.id for entry in heard)
        return complete

    def forget(self, before: int) -> None:
        """Forget events that the log is not going to show as new any more.

        Args:
            before: those made before this second.
        """
        overlap, logs = self._parts.settings.overlap, self._logs()
        self._heard = {
            event_id: made
            for event_id, made in self._heard.items()
            if made >= before and any(log.is_new(Entry(event_id, made), overlap) for log in logs)
        }
        self._in_a_look &= self._heard.keys()

    def _has_handled(self, event: Mapping[str, Any]) -> bool:
        """Tell whether all streams have come to an event in the log: it is told of once more."""
        logs, entry = self._logs(), Entry(event["id"], event["created"])
        return bool(logs) and all(log.has_handled(entry) for log in logs)

    def _logs(self) -> list[LogBookmark]:
        """Return how far the streams are in the log; those in step share one bookmark."""
        logs: list[LogBookmark] = []
        for name in self._journal.names:
            log = self._journal.state(name).log
            if log is not None and not any(log is other for other in logs):
                logs.append(log)
        return logs

    def _is_followed(self, name: str) -> bool:
        state = self._journal.state(name)
        return state.backfill is None and state.log is not None
