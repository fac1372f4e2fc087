"""For tests of the tap and of what it feeds: a run in this process, with what it wrote."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any

from tap_common.testing import TapRun, run_caught

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
