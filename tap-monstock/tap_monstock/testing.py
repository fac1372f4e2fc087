"""For tests of the tap and of what it feeds: a run in this process, with what it wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from tap_common.output import Sink
from tap_common.testing import TapRun, run_caught

from tap_monstock.tap import TapMonstock

SANDBOX_TOKEN = "monstock-sandbox-token"  # noqa: S105 - the sandbox's, known to all


def run_tap(
    base_url: str,
    *,
    streams: Collection[str] = (),
    full_table: Collection[str] = (),
    deselected: Mapping[str, Collection[str]] = MappingProxyType({}),
    state: Mapping[str, Any] | None = None,
    clock: Callable[[], datetime] | None = None,
    sink: Sink | None = None,
    **config: Any,
) -> TapRun:
    """Run the tap against `base_url` and return what it wrote; errors are caught.

    Args:
        base_url: the root of the API.
        streams: the streams to select; if empty, all that the tenant has.
        full_table: those of them of which all is read.
        deselected: fields to leave out, by stream.
        state: the state to start from.
        clock: returns the present, as the tap's machine has it.
        sink: where the messages go instead; the run then holds none.
        config: further settings.
    """
    settings = {"base_url": base_url, "api_token": SANDBOX_TOKEN, **config}

    def run() -> None:
        tap = TapMonstock(
            config=settings,
            state=None if state is None else json.loads(json.dumps(state)),
            catalog=catalog_of(settings, streams, full_table, deselected),
        )
        tap.sink = sink
        if clock is not None:
            tap.clock = clock
        tap.sync_all()

    return run_caught(run)


def catalog_of(
    config: Mapping[str, Any],
    streams: Collection[str] = (),
    full_table: Collection[str] = (),
    deselected: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return the discovered catalog as its user would have changed it; see `run_tap`."""
    catalog: dict[str, Any] = TapMonstock(config=dict(config), setup_mapper=False).catalog_dict
    catalog = json.loads(json.dumps(catalog))
    for entry in catalog["streams"]:
        name = entry["tap_stream_id"]
        if name in full_table:
            entry["replication_method"] = "FULL_TABLE"
        for metadata in entry["metadata"]:
            if not metadata["breadcrumb"]:
                metadata["metadata"]["selected"] = not streams or name in streams
            elif metadata["breadcrumb"][-1] in deselected.get(name, ()):
                metadata["metadata"]["selected"] = False
    return catalog
