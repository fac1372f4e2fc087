"""One account: back-fill what is new, look for what no event tells of, and follow the event log
once for all streams. Done once, or again and again while a run follows.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from monstock_stripe_core.stripe_client import StripeClient
from monstock_stripe_core.stripe_errors import StripeForbiddenError, StripeNotFoundError
from singer_sdk.streams import Stream
from tap_common.following import Look

from tap_stripe_ext.backfill_part import EVENTS, BackFillPart
from tap_stripe_ext.edit_part import EditPart
from tap_stripe_ext.errors import StreamsFailedError
from tap_stripe_ext.event_part import EventPart
from tap_stripe_ext.event_reader import EventReader
from tap_stripe_ext.failures import describe
from tap_stripe_ext.hearing import Hearing
from tap_stripe_ext.journal import PASSING, Journal
from tap_stripe_ext.output import Output
from tap_stripe_ext.payments_reader import PaymentsReader
from tap_stripe_ext.pool import Pool
from tap_stripe_ext.reader import Reader
from tap_stripe_ext.run_parts import RunParts
from tap_stripe_ext.settings import Settings
from tap_stripe_ext.state import StreamState, TapState
from tap_stripe_ext.stream_table import PAYMENTS
from tap_stripe_ext.versions import VersionClock
from tap_stripe_ext.whole_part import WholePart

logger = logging.getLogger(__name__)

QUICK_REACH = 30
"""Seconds of the event log before the bookmark that most looks of a run that follows read again."""


_A_DAY = 86_400


class Sync:
    """The selected streams of one account.

    Args:
        settings: the tap's settings.
        client: how Stripe is reached; for which account is its own affair.
        pool: where requests run side by side.
        streams: the selected streams, by name.
        state: what earlier runs left.
        output: where records and states go.
        account_id: what payments say they were read from; None for the key's own account, unnamed.
        clock: returns the present in seconds since 1970.
    """

    def __init__(
        self,
        settings: Settings,
        client: StripeClient,
        pool: Pool,
        streams: Mapping[str, Stream],
        state: TapState,
        output: Output,
        account_id: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        reader = Reader(client)
        last_version = state.streams.get(PAYMENTS, StreamState()).last_version
        self._versions = VersionClock(clock, last_version)
        self._client = client
        self._output = output
        self._events = EventReader(reader)
        self.journal = Journal(settings, pool, streams, state, output, self._versions, clock)
        self._parts = RunParts(
            settings,
            pool,
            reader,
            PaymentsReader(reader, self._versions, account_id),
            self.journal,
            clock,
            client.get_date,
        )
        self._hearing = Hearing(self._parts, self._versions)
        self._announced = False
        self._is_looking = False
        self._reached_at = 0.0
        self._looked_at: float | None = None

    def run(self) -> None:
        """Do it all, and say what was done.

        Raises:
            StreamsFailedError: after the other streams are done, if some could not be read.
            StripeApiError: if nothing can be read at all.
            OutputClosedError: if the target has ended.
            StopRequestedError: if the process was asked to end; the state has been written.
        """
        if not self.journal.names:
            logger.warning("No stream is selected, so there is nothing to do.")
            return
        self.read()
        log_summary(self._client, self._output)
        failed = self.journal.fatal()
        raise_incomplete(failed, failed)

    def read(self) -> None:
        """Read all streams; `journal` then knows which of them failed.

        Raises:
            StreamsFailedError: if the event log could not be read.
            StripeApiError: if nothing can be read at all.
            OutputClosedError: if the target has ended.
            StopRequestedError: if the process was asked to end; the state has been written.
        """
        self.journal.write_schemas()
        self._announced = True
        try:
            self._read_everything(None, frozenset())
        except (StripeForbiddenError, StripeNotFoundError) as error:
            # Only the event log is read outside of any stream.
            raise StreamsFailedError(describe(EVENTS, error)) from None
        finally:
            self.journal.write_state()

    def look(self) -> Look:
        """Read all streams again, with what failed before.

        Most looks read only the end of the event log, since what is there was just read. The whole
        overlap is read again when half of it has passed, and of a stream that failed at once:
        entries that show up late are not missed.

        Raises:
            StripeApiError: if nothing can be read.
            OutputClosedError: if the target has ended.
            StopRequestedError: if the process was asked to end; the state has been written.
        """
        written = sum(self._output.records.values())
        if not self._announced:
            self.read()
            return self._looked(written)
        behind = frozenset(self.journal.failures)
        self.journal.try_again()
        now, overlap = self._parts.clock(), self._parts.settings.overlap
        reach = QUICK_REACH if 0 <= now - self._reached_at < overlap / 2 else None
        try:
            self._read_everything(reach, behind)
        finally:
            self._hearing.forget(int(now) - 2 * overlap)
            self.journal.write_state_if_new()
        return self._looked(written)

    def _looked(self, written: int) -> Look:
        news = sum(self._output.records.values()) > written
        unread = len(self.journal.fatal())
        return Look(news, complete=self._is_complete(), unread=unread)

    def _is_complete(self) -> bool:
        # A permission that is lacking is no reason to look more often.
        return not any(isinstance(one, PASSING) for one in self.journal.errors.values())

    def hear(self, events: Sequence[Mapping[str, Any]]) -> bool:
        """Read at once what events tell of that webhooks brought; the bookmark stays.

        Args:
            events: whole, or what a doorbell leaves of them.

        Returns:
            Whether all of it could be read.

        Raises:
            StripeApiError: if nothing can be read.
            OutputClosedError: if the target has ended.
            StopRequestedError: if the process was asked to end.
        """
        return self._hearing.hear(events, in_a_look=self._is_looking)

    def listen_between(self, listen: Callable[[], None]) -> None:
        """Have `listen` called while results are waited for."""
        self._parts.pool.between = listen

    def _read_everything(self, reach: int | None, behind: Collection[str]) -> None:
        self._is_looking = True
        try:
            self._read_part_by_part(reach, behind)
        finally:
            self._is_looking = False

    def _read_part_by_part(self, reach: int | None, behind: Collection[str]) -> None:
        began = self._parts.clock()
        lists = BackFillPart(self._parts)
        # While a run follows, a clock that was set forward must not make bookmarks look old.
        if self._looked_at is None or time.monotonic() - self._looked_at > _A_DAY:
            lists.restart_what_is_too_old()
        lists.begin_new_streams(self._events, self._versions)
        lists.back_fill()
        lists.look_for_new()
        was_heard = self._hearing.was_heard
        EventPart(
            self._parts, self._events, self._versions, lists, reach, behind, was_heard
        ).follow()
        EditPart(self._parts, lists.filled).look()
        WholePart(self._parts, lists.filled).look()
        self._looked_at = time.monotonic()
        if reach is None:
            self._reached_at = began


def log_summary(client: StripeClient, output: Output) -> None:
    """Say what was written, and what it took."""
    counts = client.counts
    records, streams = sum(output.records.values()), len(output.records)
    lines = () if output.progress is None else output.progress.summary()
    logger.info(
        "%s. %d requests to Stripe, %d of them repeats, %d throttled.%s",
        f"{records:,} records of {streams} streams written" if records else "Nothing new",
        counts.made,
        counts.retries,
        counts.throttled,
        "".join(f"\n  {line}" for line in lines),
    )
    if output.progress is not None:
        output.progress.measure()


def raise_incomplete(named: Iterable[str], streams: Iterable[str]) -> None:
    """Raise a `StreamsFailedError` if there is anything that could not be read.

    Args:
        named: what that is, for the message.
        streams: the streams concerned.
    """
    if listed := ", ".join(named):
        raise StreamsFailedError(
            f"The run is not complete: {listed} could not be read (see above). "
            "What was read is written, and the next run goes on from there.",
            streams,
        )
