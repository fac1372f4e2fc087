"""For tests of the tap and of what it feeds: a run in this process, with what it wrote."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from monstock_stripe_core.stripe_client import StripeClient
from tap_common.testing import TapRun, run_caught

from tap_stripe_ext.output import Output
from tap_stripe_ext.pool import Pool
from tap_stripe_ext.settings import read_settings
from tap_stripe_ext.state import TapState
from tap_stripe_ext.sync import Sync
from tap_stripe_ext.tap import TapStripeExt

SANDBOX_CONFIG: Mapping[str, Any] = {
    "api_key": "sk_test_sandbox",
    "requests_per_second": 0,
    "requests_per_second_per_endpoint": 0,
    "max_wait": 0.05,
}


def run_tap(
    api_base: str,
    *,
    streams: Collection[str] = (),
    state: Mapping[str, Any] | None = None,
    catalog: Mapping[str, Any] | None = None,
    clock: Callable[[], float] = time.time,
    **config: Any,
) -> TapRun:
    """Run the tap against `api_base` and return what it wrote; errors are caught.

    Args:
        api_base: the sandbox's address.
        streams: the streams to select; if empty, those that are selected by default.
        state: the state to start from.
        catalog: the catalog, instead of `streams`.
        clock: returns the present in seconds since 1970, as the tap's machine has it.
        config: further settings; they replace those of `SANDBOX_CONFIG`.
    """
    chosen: Mapping[str, Any] | None = catalog
    if streams:
        names = [name for name in _discovered_entries() if name in streams]
        chosen = {"streams": [_entry(name, selected=True) for name in names]}

    def run() -> None:
        tap = TapStripeExt(
            config={**SANDBOX_CONFIG, "api_base": api_base, **config},
            state=None if state is None else json.loads(json.dumps(state)),
            catalog=None if chosen is None else json.loads(json.dumps(chosen)),
        )
        tap.clock = clock
        tap.sync_all()

    return run_caught(run)


@dataclass(frozen=True, slots=True)
class LookingRun:
    """A run that follows, whose looks are the test's to begin.

    Args:
        sync: looks and hears.
        pool: where its requests run.
        client: makes them.
        written: what was written so far.
    """

    sync: Sync
    pool: Pool
    client: StripeClient
    written: io.BytesIO

    @property
    def text(self) -> str:
        """What was written so far."""
        return self.written.getvalue().decode()

    def records(self, stream: str) -> list[dict[str, Any]]:
        """The stream's records so far, in order."""
        messages = (json.loads(line) for line in self.text.split("\n")[:-1])
        return [
            one["record"] for one in messages if one.get("stream") == stream and "record" in one
        ]


@contextmanager
def looking_run(
    api_base: str,
    *streams: str,
    state: TapState | None = None,
    clock: Callable[[], float] = time.time,
    client_class: type[StripeClient] = StripeClient,
    **config: Any,
) -> Iterator[LookingRun]:
    """Begin a run that follows `api_base`; nothing of it is left at the end of the block.

    Args:
        api_base: the sandbox's address.
        streams: the streams to select.
        state: the state to start from.
        clock: returns the present in seconds since 1970, as the tap's machine has it.
        client_class: makes the requests.
        config: further settings; they replace those of `SANDBOX_CONFIG`.
    """
    settings = read_settings({**SANDBOX_CONFIG, "api_base": api_base, "follow": True, **config})
    client = client_class(
        settings.api_key,
        api_base=settings.api_base,
        limits=settings.limits,
        retries=settings.retries,
    )
    tap = TapStripeExt(config=dict(SANDBOX_CONFIG), catalog=catalog_of(*streams))
    selected = {name: tap.streams[name] for name in streams}
    written, pool = io.BytesIO(), Pool(settings.concurrency)
    sync = Sync(settings, client, pool, selected, state or TapState(), Output(written), clock=clock)
    try:
        yield LookingRun(sync, pool, client, written)
    finally:
        pool.close()
        client.close()


def catalog_of(*streams: str) -> dict[str, Any]:
    """Return the discovered catalog with only these streams selected."""
    return {"streams": [_entry(name, selected=name in streams) for name in _discovered_entries()]}


def _entry(name: str, *, selected: bool) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(_discovered_entries()[name])
    for metadata in entry["metadata"]:
        if not metadata["breadcrumb"]:
            metadata["metadata"]["selected"] = selected
    return entry


@cache
def _discovered_entries() -> Mapping[str, str]:
    """Return the catalog's entries as JSON, by stream: all of them are megabytes to decode."""
    text = TapStripeExt(config=dict(SANDBOX_CONFIG), setup_mapper=False).catalog_json_text
    return {entry["tap_stream_id"]: json.dumps(entry) for entry in json.loads(text)["streams"]}
