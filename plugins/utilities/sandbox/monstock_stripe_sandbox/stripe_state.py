"""Stripe's stand-in as JSON, to keep it in a file and take it up again."""

from __future__ import annotations

from typing import Any

import msgspec

from monstock_stripe_sandbox.stripe_world import StripeWorld

_LOOSE = ("lines", "session_metadata", "paid_off_stripe")


def stripe_to_json(world: StripeWorld) -> dict[str, Any]:
    """Return everything that the world holds, for `msgspec.json.encode`."""
    with world.lock:
        return {
            "ids": world.ids.state(),
            "keys": {
                key: None if allowed is None else sorted(allowed)
                for key, allowed in world.keys.items()
            },
            "account": dict(world.account),
            "shelves": {
                kind: [
                    [entry.key[0], entry.visible_at, entry.changed_at, msgspec.Raw(entry.encoded())]
                    for key in shelf.ordered()
                    for entry in [shelf.entries[key[2]]]
                ]
                for kind, shelf in world.shelves.items()
            },
            "deleted": [
                dict(entry.value)
                for entry in world.shelves["customer"].entries.values()
                if entry.value.get("deleted")
            ],
            **{name: getattr(world, name) for name in _LOOSE},
        }


def restore_stripe(world: StripeWorld, kept: dict[str, Any]) -> None:
    """Fill an empty world with what `stripe_to_json` gave."""
    with world.lock:
        world.ids.restore(kept["ids"])
        world.keys = {
            key: None if allowed is None else frozenset(allowed)
            for key, allowed in kept["keys"].items()
        }
        world.account = kept["account"]
        for name in _LOOSE:
            setattr(world, name, kept[name])
        for kind, rows in kept["shelves"].items():
            for created, visible_at, changed_at, value in rows:
                world.put_back(kind, created, visible_at, changed_at, value)
        for gone in kept["deleted"]:
            entry = world.put_back("customer", 0, 0.0, 0.0, gone)
            world.shelves["customer"].unlist(entry)
