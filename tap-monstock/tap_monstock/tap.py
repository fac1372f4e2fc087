"""The Singer tap: settings, discovery, and the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from types import FrameType, MappingProxyType
from typing import Any, ClassVar

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.monstock_client import MonstockClient
from singer_sdk import Stream
from singer_sdk.helpers.capabilities import (
    CapabilitiesEnum,
    PluginCapabilities,
    TapCapabilities,
)
from tap_common.output import MessageOutput
from tap_common.tap import CommonTap, stated

from tap_monstock.follow import follow_monstock
from tap_monstock.settings import SETTINGS_SCHEMA, read_profile, read_settings
from tap_monstock.state import checked_state
from tap_monstock.stopping import Stopping
from tap_monstock.stream_table import STREAM_TABLE, StreamRow
from tap_monstock.streams import MonstockStream
from tap_monstock.sync import Sync


class TapMonstock(CommonTap):
    """Singer tap for Monstock: customer orders with lines and payments, and customers."""

    name = "tap-monstock"
    failures = (MonstockStripeError,)
    config_jsonschema: ClassVar[dict[str, Any]] = deepcopy(SETTINGS_SCHEMA)  # the SDK adds its own
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        TapCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    clock: Callable[[], datetime] = staticmethod(lambda: datetime.now(UTC))
    """Returns the present."""

    _saved: Mapping[str, Any] = MappingProxyType({})
    _stopping: Stopping | None = None

    def load_state(self, state: dict[str, Any]) -> None:
        """Check the state of earlier runs and keep it.

        Raises:
            StateError: if it is not one that this tap wrote.
        """
        state = stated(state)
        self._saved = checked_state(state)
        self._state.update(state)  # type: ignore[typeddict-item]

    def discover_streams(self) -> Sequence[Stream]:
        """Return the streams that the tenant has."""
        profile = read_profile(self.config)
        return [
            MonstockStream(self, row, profile, self._sample)
            for row in STREAM_TABLE
            if row.read_with == "orders" or profile.customers is not None
        ]

    def sync_all(self) -> None:  # type: ignore[misc]
        """Read all selected streams.

        The SDK's own way is stream by stream, and would read all orders once more for each.
        """
        settings = read_settings(self.config)
        streams = [
            stream
            for stream in self.streams.values()
            if isinstance(stream, MonstockStream) and stream.selected
        ]
        stopping = Stopping()
        with self._client() as client:
            output = MessageOutput(self.sink)
            sync = Sync(
                settings, client, streams, self._saved, output, stopping, self.clock, self.logger
            )
            self._stopping = stopping
            try:
                if settings.follow is None:
                    sync.run()
                else:
                    follow_monstock(sync, streams, settings.profile, settings.follow, stopping)
            finally:
                self._stopping = None

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """End after the record in hand, with the state written."""
        if self._stopping is None:
            sys.exit(128 + signum)
        self._stopping.request(signum)

    def _client(self) -> MonstockClient:
        settings = read_settings(self.config)
        return MonstockClient(settings.base_url, settings.api_token, settings.profile)

    def _sample(self, row: StreamRow) -> Iterator[Any]:
        start = read_settings(self.config).start
        with self._client() as client:
            if row.read_with == "orders":
                yield from client.orders_updated_since(start, with_deleted=True)
            else:
                yield from client.customers_updated_since(start, with_deleted=True)
