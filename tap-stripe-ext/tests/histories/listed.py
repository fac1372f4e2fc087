"""What Stripe lists, as a target is to hold it; shares no code with the tap."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

from monstock_stripe_sandbox.stripe_catalog import LISTS
from monstock_stripe_sandbox.stripe_world import StripeWorld
from tap_stripe_ext.stream_table import StreamRow, row_named

Key = tuple[str, ...]
Row = dict[str, Any]


def listed(world: StripeWorld, row: StreamRow) -> list[Row]:
    """Return the objects of a row as the tap is to write them, newest first, by Stripe's lists."""
    asked: dict[str, Any] = dict(row.parameters)
    if row.expansions:
        asked["expand"] = [f"data.{name}" for name in row.expansions]
    if row.parent is None:
        return world.present(row.path, **asked)
    found = []
    for parent in listed(world, row_named(row.parent.stream)):
        if row.parent.only_if is None or parent.get(row.parent.only_if):
            for one in _under(world, row, parent["id"], asked):
                field_of_parent = one.get(row.parent.id_field) or parent["id"]
                found.append({**one, row.parent.id_field: field_of_parent})
    return found


def _under(world: StripeWorld, row: StreamRow, parent: str, asked: Row) -> list[Row]:
    if row.parent is not None and not LISTS[row.path].parent:
        return world.present(row.path, **asked, **{row.parent.parameter: parent})
    return world.present(row.path, parent, **asked)


def key_of(names: tuple[str, ...] | list[str], record: Mapping[str, Any]) -> Key:
    return tuple(str(record[name]) for name in names)


def get_all(base: str, url: str) -> list[Row]:
    found: list[Row] = []
    joined = "&" if "?" in url else "?"
    while True:
        after = f"&starting_after={found[-1]['id']}" if found else ""
        request = urllib.request.Request(
            f"{base}{url}{joined}limit=100{after}",
            headers={"Authorization": "Bearer sk_test_sandbox"},
        )
        with urllib.request.urlopen(request) as answer:
            page = json.load(answer)
        found += page["data"]
        if not page["has_more"]:
            return found
