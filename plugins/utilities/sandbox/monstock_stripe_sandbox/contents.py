"""What stands in Monstock, in a form that two runs of the same world can be compared by."""

from __future__ import annotations

from typing import Any

import msgspec

from monstock_stripe_sandbox.monstock_world import MonstockWorld

_OF_THE_MOMENT = ("created_at", "updated_at", "etag")
_OF_THE_ROW = ("id", "paid_at")


def monstock_contents(world: MonstockWorld) -> dict[str, dict[str, Any]]:
    """Return all orders by number, without what differs between two equal runs.

    Left out are moments (a world is made at the time of its making) and the ids of rows (given
    in the order of writing). Rows are sorted, so that their order does not count either.
    """
    return {order["number"]: _order(order) for order in msgspec.to_builtins(world.orders())}


def _order(order: dict[str, Any]) -> dict[str, Any]:
    rows = [_without(row, _OF_THE_ROW) for row in order["payments"]]
    rows.sort(key=lambda row: (row["method"], row["transaction_reference"] or "", row["amount"]))
    return _without(order, _OF_THE_MOMENT) | {"payments": rows}


def _without(given: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in names}
