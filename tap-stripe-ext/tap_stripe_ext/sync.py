"""One run over one account: back-fill what is new, look for what no event tells of, and follow the
event log once for all streams.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping

from monstock_stripe_core.stripe_client import StripeClient
from monstock_stripe_core.stripe_errors import StripeForbiddenError, StripeNotFoundError
from singer_sdk.streams import Stream

from tap_stripe_ext.backfill_part import EVENTS, BackFillPart
from tap_stripe_ext.edit_part import EditPart
from tap_stripe_ext.errors import StreamsFailedError
from tap_stripe_ext.event_part import EventPart
from tap_stripe_ext.event_reader import EventReader
from tap_stripe_ext.failures import describe
from tap_stripe_ext.journal import Journal
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


class Sync:
    """One run over the selected streams of one account.

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
        try:
            self._read_everything()
        except (StripeForbiddenError, StripeNotFoundError) as error:
            # Only the event log is read outside of any stream.
            raise StreamsFailedError(describe(EVENTS, error)) from None
        finally:
            self.journal.write_state()

    def _read_everything(self) -> None:
        lists = BackFillPart(self._parts)
        lists.restart_what_is_too_old()
        lists.begin_new_streams(self._events, self._versions)
        lists.back_fill()
        lists.look_for_new()
        EventPart(self._parts, self._events, self._versions, lists).follow()
        EditPart(self._parts, lists.filled).look()
        WholePart(self._parts, lists.filled).look()


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
