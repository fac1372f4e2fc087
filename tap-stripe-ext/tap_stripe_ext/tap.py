"""The Singer tap: settings, discovery, and the command line."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from copy import deepcopy
from types import FrameType
from typing import IO, Any, ClassVar

import click
from monstock_stripe_core.stripe_client import StripeClient
from singer_sdk import Stream, Tap
from singer_sdk.helpers.capabilities import (
    CapabilitiesEnum,
    PluginCapabilities,
    TapCapabilities,
)
from singer_sdk.plugin_base import PluginBase, _ConfigInput
from singer_sdk.singerlib import Catalog

from tap_stripe_ext.cli import read_catalog, read_file, read_json_object, with_our_manners
from tap_stripe_ext.output import Output, Sink
from tap_stripe_ext.pool import Pool
from tap_stripe_ext.sampling import sample
from tap_stripe_ext.settings import SETTINGS_SCHEMA, read_settings
from tap_stripe_ext.state import TapState, parse_state, state_to_json
from tap_stripe_ext.stream_table import PAYMENTS, STREAM_TABLE
from tap_stripe_ext.streams import StripeStream
from tap_stripe_ext.sync import Sync


class TapStripeExt(Tap):
    """Singer tap for Stripe: one pass over the event log, snapshots of whole payments."""

    name = "tap-stripe-ext"
    config_jsonschema: ClassVar[dict[str, Any]] = deepcopy(SETTINGS_SCHEMA)  # the SDK adds its own
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    sink: Sink | None = None
    """Where the messages go; standard output if None."""

    _parsed_state = TapState()
    _pool: Pool | None = None

    def load_state(self, state: dict[str, Any]) -> None:
        """Check the state of earlier runs and keep it.

        Raises:
            StateError: if it is not one that this tap wrote.
        """
        self._parsed_state = parse_state(state, stream_names())
        self._state.update(state_to_json(self._parsed_state))  # type: ignore[typeddict-item]

    def discover_streams(self) -> Sequence[Stream]:
        """Return all streams, or those that a catalog selects: their schemas are large."""
        catalog = self.input_catalog
        return [
            StripeStream(self, name, self._sample)
            for name in stream_names()
            if catalog is None or _is_wanted(catalog, name)
        ]

    def setup_mapper(self) -> None:
        """Prepare the stream maps, of the selected streams only."""
        catalog = self.input_catalog
        if catalog is not None:
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
        pool = Pool(settings.concurrency)
        self._pool = pool
        try:
            run = Sync(settings, client, pool, selected, self._parsed_state, Output(self.sink))
            run.run()
        finally:
            self._pool = None
            pool.close()
            client.close()

    @classmethod
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        """Run the tap from the command line.

        Args:
            about: only print what the tap is.
            about_format: how to print that.
            config: the settings.
            state: the state file.
            catalog: the catalog file.
        """
        if about:
            cls.print_about(about_format)
            return
        cls.print_version(print_fn=cls.logger.info)
        given = config or _ConfigInput()
        tap = cls(
            config=given.config,
            state=None if state is None else read_json_object(state.read(), "state"),
            catalog=None if catalog is None else read_catalog(catalog.read()),
            parse_env_config=given.parse_env,
        )
        tap.sync_all()

    @classmethod
    def cb_config(
        cls: type[PluginBase],
        ctx: click.Context,  # noqa: ARG003
        param: click.Option,  # noqa: ARG003
        value: tuple[str, ...],
    ) -> _ConfigInput:
        """Read the config files that are named on the command line.

        Raises:
            InputFileError: if one of them cannot be used.
        """
        given = _ConfigInput()
        for name in value:
            if name == "ENV":
                given.parse_env = True
            else:
                given.config |= read_json_object(read_file(name, "config"), "config")
        return given

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Return the command, which ends with a message where the SDK would show a traceback."""
        return with_our_manners(super().get_singer_command(), cls)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """End at the next safe moment, after the state has been written."""
        pool = self._pool
        if pool is None:
            sys.exit(128 + signum)
        pool.request_stop(signum)

    def _client(self) -> StripeClient:
        settings = read_settings(self.config)
        return StripeClient(
            settings.api_key,
            api_base=settings.api_base,
            limits=settings.limits,
            retries=settings.retries,
        )

    def _sample(self, stream_name: str) -> Iterator[dict[str, Any]]:
        client = self._client()
        try:
            yield from sample(stream_name, client, read_settings(self.config))
        finally:
            client.close()


def _is_wanted(catalog: Catalog, name: str) -> bool:
    entry = catalog.get_stream(name)
    return entry is not None and entry.metadata.root.selected is not False


def stream_names() -> tuple[str, ...]:
    """Return the names of all streams."""
    return (PAYMENTS, *(row.name for row in STREAM_TABLE))
