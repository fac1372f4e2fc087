"""The Singer tap: settings, discovery, and the command line."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from types import FrameType
from typing import Any, ClassVar

import click
from monstock_stripe_core.stripe_client import StripeClient
from monstock_stripe_core.stripe_errors import StripeApiError
from singer_sdk import Stream
from singer_sdk.helpers._batch import BatchConfig
from singer_sdk.helpers.capabilities import (
    CapabilitiesEnum,
    PluginCapabilities,
    TapCapabilities,
)
from singer_sdk.singerlib import Catalog
from tap_common.tap import CommonTap

from tap_stripe_ext.account_state import SavedState, parse_saved_state
from tap_stripe_ext.accounts import client_for, first_account
from tap_stripe_ext.bars import bars_on_terminal
from tap_stripe_ext.batch_output import BatchOutput
from tap_stripe_ext.by_account import fit_catalog, record_by_account
from tap_stripe_ext.cli import with_commands
from tap_stripe_ext.fan_out import FanOut
from tap_stripe_ext.follow import follow_stripe
from tap_stripe_ext.output import Output
from tap_stripe_ext.pool import Pool
from tap_stripe_ext.progress import Progress
from tap_stripe_ext.sampling import sample
from tap_stripe_ext.settings import SETTINGS_SCHEMA, read_account_ids, read_settings
from tap_stripe_ext.state import TapState
from tap_stripe_ext.stream_table import PAYMENTS, STREAM_TABLE
from tap_stripe_ext.streams import StripeStream
from tap_stripe_ext.sync import Sync


class TapStripeExt(CommonTap):
    """Singer tap for Stripe: one pass over the event log, snapshots of whole payments."""

    name = "tap-stripe-ext"
    failures = (StripeApiError,)
    config_jsonschema: ClassVar[dict[str, Any]] = deepcopy(SETTINGS_SCHEMA)  # the SDK adds its own
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.BATCH,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    clock: Callable[[], float] = staticmethod(time.time)
    """Returns the present in seconds since 1970."""

    _saved_state = SavedState()
    _fitted_catalog: Catalog | None = None
    _pool: Pool | None = None

    @property
    def input_catalog(self) -> Catalog | None:
        """The given catalog, with keys and properties as the setting `account_ids` wants them."""
        if self._fitted_catalog is None and self._input_catalog is not None:
            self._fitted_catalog = fit_catalog(
                self._input_catalog, stream_names(), by_account=self._by_account
            )
        return self._fitted_catalog

    def load_state(self, state: dict[str, Any]) -> None:
        """Check the state of earlier runs and keep it.

        Raises:
            StateError: if it is not one that this tap wrote.
        """
        self._saved_state = parse_saved_state(state, stream_names())
        self._state.update(state)  # type: ignore[typeddict-item]

    def discover_streams(self) -> Sequence[Stream]:
        """Return all streams, or those that a catalog selects: their schemas are large."""
        catalog = self.input_catalog
        return [
            StripeStream(self, name, self._sample, by_account=self._by_account)
            for name in stream_names()
            if catalog is None or _is_wanted(catalog, name)
        ]

    def setup_mapper(self) -> None:
        """Prepare the stream maps, of the selected streams only."""
        catalog = self.input_catalog
        if catalog is None:
            # Discovery comes without stream maps; anything else is about what is read by default.
            self._streams = {
                name: one for name, one in self.streams.items() if one.selected_by_default
            }
        else:
            self._catalog = Catalog(
                (name, entry) for name, entry in catalog.items() if _is_wanted(catalog, name)
            )
        super().setup_mapper()

    def sync_all(self) -> None:  # type: ignore[misc]
        """Read all selected streams in one go.

        The SDK's own way is stream by stream, and would read the event log for each.
        """
        selected = {name: stream for name, stream in self.streams.items() if stream.selected}
        settings = read_settings(self.config)
        client = self._client()
        with bars_on_terminal() as bars:
            progress = Progress(client.counts, settings.limits, bars=bars)
            pool = Pool(settings.concurrency, client.pacing.waited, progress)
            output, clock = self._output(progress), self.clock
            self._pool = pool
            try:
                reading: FanOut | Sync
                if settings.account_ids:
                    saved = self._saved_state
                    reading = FanOut(settings, client, pool, selected, saved, output, clock)
                else:
                    state = self._unnamed_state()
                    reading = Sync(settings, client, pool, selected, state, output, clock=clock)
                if settings.follow is None:
                    reading.run()
                else:
                    follow_stripe(reading, settings, settings.follow, client, pool, output)
            finally:
                self._pool = None
                pool.close()
                client.close()
                output.finish()

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Return the command, which can also verify and register webhooks."""
        # The stripe package logs each request at INFO.
        logging.getLogger("stripe").setLevel(logging.WARNING)
        return with_commands(super().get_singer_command(), cls)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """End at the next safe moment, after the state has been written."""
        pool = self._pool
        if pool is None:
            sys.exit(128 + signum)
        pool.request_stop(signum)

    @property
    def _by_account(self) -> bool:
        return bool(read_account_ids(self.config))

    def _unnamed_state(self) -> TapState:
        saved = self._saved_state
        if saved.accounts and not saved.unnamed.streams:
            self.logger.warning(
                "The state is of runs with the setting account_ids, whose records name their "
                "account, so everything of the key's own account is listed again"
            )
            return saved.fresh()
        return saved.unnamed

    def _output(self, progress: Progress) -> Output:
        given = self.config.get("batch_config")
        if not given:
            return Output(self.sink, progress)
        return BatchOutput(BatchConfig.from_dict(given), self.name, self.sink, progress)

    def _client(self) -> StripeClient:
        settings = read_settings(self.config)
        return StripeClient(
            settings.api_key,
            api_base=settings.api_base,
            limits=settings.limits,
            retries=settings.retries,
        )

    def _sample(self, stream_name: str) -> Iterator[dict[str, Any]]:
        settings = read_settings(self.config)
        client = self._client()
        try:
            if not settings.account_ids:
                yield from sample(stream_name, client, settings)
                return
            first = first_account(client, settings.account_ids)
            acting = client_for(client, first)
            for record in sample(stream_name, acting, settings, first.id):
                yield record_by_account(stream_name, record, first)
        finally:
            client.close()


def _is_wanted(catalog: Catalog, name: str) -> bool:
    entry = catalog.get_stream(name)
    return entry is not None and entry.metadata.root.selected is not False


def stream_names() -> tuple[str, ...]:
    """Return the names of all streams."""
    return (PAYMENTS, *(row.name for row in STREAM_TABLE))
