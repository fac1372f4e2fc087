"""Each kind of thing is read once for all of its streams, and emitted where it is new.

Done once, or again and again while a run follows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from logging import Logger
from typing import Any

from monstock_stripe_core.monstock_client import MonstockClient
from monstock_stripe_core.monstock_errors import (
    MonstockError,
    MonstockProtocolError,
    MonstockRejected,
    UnreadableRecord,
)
from singer_sdk.mapper import RemoveRecordTransform
from tap_common.errors import StopRequestedError
from tap_common.following import Look
from tap_common.output import MessageOutput

from tap_monstock.bookmark import short_hash
from tap_monstock.errors import UnreadableRecordsError, WrongProfileError
from tap_monstock.settings import Settings
from tap_monstock.state import StreamState, stream_state, whole_state
from tap_monstock.stopping import Stopping
from tap_monstock.stream_table import changed_at
from tap_monstock.streams import MonstockStream

_THINGS_BETWEEN_STATES = 500
_MOST_UNREADABLE = 100


class Sync:
    """The selected streams.

    Args:
        settings: checked.
        client: of the tenant.
        streams: the selected ones.
        saved: the bookmarks of the run before, by stream.
        output: takes the messages.
        stopping: ends the run early.
        clock: returns the present, with a zone.
        logger: of the tap.
    """

    def __init__(
        self,
        settings: Settings,
        client: MonstockClient,
        streams: Sequence[MonstockStream],
        saved: Mapping[str, Any],
        output: MessageOutput,
        stopping: Stopping,
        clock: Callable[[], datetime],
        logger: Logger,
    ) -> None:
        self._settings = settings
        self._client = client
        self._streams = streams
        self._saved = saved
        self._output = output
        self._stopping = stopping
        self._clock = clock
        self._logger = logger
        self._emitted = {stream.name: 0 for stream in streams}
        self._unreadable: dict[str, str] = {}
        self._said: dict[str, str] = {}
        self._announced = False
        self._state_written: dict[str, Any] | None = None
        self._states = {stream.name: self._state_of(stream) for stream in streams}

    def run(self) -> None:
        """Read and emit all; the state is written also where that fails.

        Raises:
            MonstockError: Monstock cannot be read; what was read is in the state.
            UnreadableRecordsError: some records could not be understood.
            WrongProfileError: too many of them.
            StopRequestedError: the process was asked to end; what was read is in the state.
            OutputClosedError: the target has ended.
        """
        self._read_everything()
        self._tell()
        if self._unreadable and self._settings.fails_on_unreadable:
            raise UnreadableRecordsError(list(self._unreadable.values()))

    def look(self) -> Look:
        """Read what changed since the last look.

        Raises:
            MonstockError: Monstock cannot be read; what was read is in the state.
            WrongProfileError: too many records could not be understood.
            StopRequestedError: the process was asked to end; what was read is in the state.
            OutputClosedError: the target has ended.
        """
        before = sum(self._emitted.values())
        self._unreadable.clear()
        for state in self._states.values():
            state.bookmark.look_again()
        try:
            self._read_everything()
        finally:
            for record_id, reason in self._unreadable.items():
                if self._said.get(record_id) != reason:
                    self._say_unreadable(reason)
            self._said |= self._unreadable
        self._said = dict(self._unreadable)
        return Look(news=sum(self._emitted.values()) > before, unread=len(self._unreadable))

    def hear(self, _rings: Sequence[object]) -> bool:
        """Look at once: a list of changes says more than a call that tells of one."""
        self.look()
        return True

    def listen_between(self, listen: Callable[[], None]) -> None:
        """Do nothing: who is told of a change reads all that changed, as a look does."""

    def _read_everything(self) -> None:
        if not self._announced:
            for stream in self._streams:
                self._output.write_schema(stream)
            self._announced = True
        try:
            try:
                owed = {name: set(state.unreadable) for name, state in self._states.items()}
                for kind, streams in self._by_kind():
                    self._read(kind, streams)
                # After the lists: what cannot be had one by one must not hide all others.
                for kind, streams in self._by_kind():
                    still = (owed[one.name] & self._states[one.name].unreadable for one in streams)
                    self._read_owed(kind, streams, set().union(*still))
            finally:
                self._write_state()
        except StopRequestedError:
            self._write_state()  # it may have come just before the state was to be written
            raise

    def _by_kind(self) -> list[tuple[str, list[MonstockStream]]]:
        kinds = dict.fromkeys(stream.row.read_with for stream in self._streams)
        return [
            (kind, [one for one in self._streams if one.row.read_with == kind]) for kind in kinds
        ]

    # -- one kind of thing --

    def _read(self, kind: str, streams: Sequence[MonstockStream]) -> None:
        """Read all orders, or all customers, that changed, and emit what is new of them."""
        unreadable: set[str] = set()

        def on_unreadable(error: UnreadableRecord) -> None:
            if error.record_id is None:
                raise error  # it could never be asked for again
            unreadable.add(error.record_id)
            self._unreadable[error.record_id] = str(error)
            for stream in streams:
                self._states[stream.name].unreadable.add(error.record_id)
            if len(unreadable) >= _MOST_UNREADABLE:
                raise WrongProfileError(len(unreadable), str(error))

        since = self._since(streams)
        for count, thing in enumerate(self._changed(kind, since, on_unreadable), 1):
            self._handle(thing, streams)
            if count % _THINGS_BETWEEN_STATES == 0:
                self._write_state()
        for stream in streams:
            unread = len(self._states[stream.name].unreadable)
            if stream.is_full_table and not unread:
                self._activate_version(stream)
            elif stream.is_full_table:
                self._logger.warning(
                    "%s: what is gone was not looked for, since %d records could not be understood",
                    stream.name,
                    unread,
                )

    def _changed(
        self, kind: str, since: datetime | None, on_unreadable: Callable[[UnreadableRecord], None]
    ) -> Iterator[Any]:
        listed = {
            "orders": self._client.orders_updated_since,
            "customers": self._client.customers_updated_since,
        }[kind]
        return listed(since, on_unreadable=on_unreadable, with_deleted=True)

    def _read_owed(
        self, kind: str, streams: Sequence[MonstockStream], owed: Collection[str]
    ) -> None:
        """Ask again for what could not be understood in runs before; it may still not be."""
        one = {"orders": self._client.order, "customers": self._client.customer}[kind]
        for record_id in sorted(owed):
            try:
                thing = one(record_id)
            except MonstockError as error:
                self._unreadable[record_id] = str(error)
                if isinstance(error, MonstockProtocolError | MonstockRejected):
                    continue
                return  # it is not about this record: the others would be answered alike
            if thing is not None:
                self._handle(thing, streams, is_owed=True)
            for stream in streams:
                self._states[stream.name].unreadable.discard(record_id)

    def _handle(
        self, thing: Any, streams: Sequence[MonstockStream], *, is_owed: bool = False
    ) -> None:
        """Emit what is new of one order or customer.

        One that was owed was asked for out of its turn: it may have changed long ago, and what
        else changed up to then may not have been read, so the bookmark stays.
        """
        at = changed_at(thing)
        with self._stopping.held():
            for stream in streams:
                state = self._states[stream.name]
                for record in stream.records_of(thing):
                    key = short_hash([record[name] for name in stream.row.keys])
                    content = short_hash(record)
                    if is_owed or stream.is_full_table or state.bookmark.is_new(at, key, content):
                        self._emit(stream, record)
                        state.bookmark.emitted(at, key, content)
                if not is_owed:
                    state.bookmark.passed(at, self._clock())
                state.unreadable.discard(thing.id)

    def _emit(self, stream: MonstockStream, record: dict[str, Any]) -> None:
        for message in stream.messages(record):
            self._output.write_message(message)
        self._emitted[stream.name] += 1

    def _activate_version(self, stream: MonstockStream) -> None:
        version = self._states[stream.name].version
        for stream_map in stream.stream_maps:
            if not isinstance(stream_map, RemoveRecordTransform):
                self._output.write_message(
                    {
                        "type": "ACTIVATE_VERSION",
                        "stream": stream_map.stream_alias,
                        "version": version,
                    }
                )

    # -- state --

    def _state_of(self, stream: MonstockStream) -> StreamState:
        saved = self._saved.get(stream.name, {})
        state = stream_state(stream.name, saved, self._floor, self._settings.start)
        now = int(self._clock().timestamp())
        if state.version is None:
            state.version = now
        elif stream.is_full_table:
            state.version = max(now, state.version + 1)
        stream.set_version(state.version)
        return state

    def _floor(self, position: datetime) -> datetime:
        """From which moment a list must be read again where `position` is the newest handled."""
        return self._client.listed_from(position - self._settings.overlap)

    def _since(self, streams: Sequence[MonstockStream]) -> datetime | None:
        """The moment from which all of the streams are read; None: from the first."""
        moments = [
            self._settings.start
            if stream.is_full_table
            else self._states[stream.name].bookmark.since
            for stream in streams
        ]
        known = [moment for moment in moments if moment is not None]
        return min(known) if len(known) == len(moments) else None

    def _write_state(self) -> None:
        """Write the state, unless it is the one that was written last."""
        with self._stopping.held():
            state = whole_state(self._saved, self._states)
            if state != self._state_written:
                self._output.write_state(state)
                self._state_written = state

    def _tell(self) -> None:
        counts = ", ".join(f"{count} {name}" for name, count in self._emitted.items())
        self._logger.info("Emitted %s", counts or "nothing: no stream is selected")
        if self._unreadable and not self._settings.fails_on_unreadable:
            for reason in self._unreadable.values():
                self._say_unreadable(reason)

    def _say_unreadable(self, reason: str) -> None:
        self._logger.warning("Not understood, and asked for again next time: %s", reason)
