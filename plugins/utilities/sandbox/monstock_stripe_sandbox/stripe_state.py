"""Stripe's stand-in as JSON, to keep it in a file and take it up again."""

from __future__ import annotations

from typing import Any

import msgspec

from monstock_stripe_sandbox.stripe_store import Entry, Shelf
from monstock_stripe_sandbox.stripe_world import StripeWorld

_LOOSE = ("session_metadata", "paid_off_stripe")


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
            "idempotency": world.idempotency.to_json(),
            "shelves": {
                kind: _rows(shelf) for kind, shelf in world.shelves.items() if shelf.entries
            },
            "connected": {
                account: stripe_to_json(inner) for account, inner in world.connected.items()
            },
            **{name: getattr(world, name) for name in _LOOSE},
        }


def _rows(shelf: Shelf) -> list[list[Any]]:
    """Return the objects in the order of their making, those too that no list shows any more."""
    entries = sorted(shelf.entries.values(), key=lambda entry: entry.key)
    return [_row(shelf, entry) for entry in entries]


def _row(shelf: Shelf, entry: Entry) -> list[Any]:
    created, _, known_as = entry.key
    return [
        known_as,
        created,
        entry.visible_at,
        entry.changed_at,
        entry.home,
        entry.unseen,
        shelf.listed(known_as),
        msgspec.Raw(entry.encoded()),
    ]


def restore_stripe(world: StripeWorld, kept: dict[str, Any]) -> None:
    """Fill an empty world with what `stripe_to_json` gave."""
    with world.lock:
        world.ids.restore(kept["ids"])
        world.keys = {
            key: None if allowed is None else frozenset(allowed)
            for key, allowed in kept["keys"].items()
        }
        world.account = kept["account"]
        world.idempotency.restore(kept["idempotency"])
        for name in _LOOSE:
            setattr(world, name, kept[name])
        for kind, rows in kept["shelves"].items():
            _put_back(world, kind, rows)
        for account, inner in kept["connected"].items():
            restore_stripe(world.connect(account), inner)


def _put_back(world: StripeWorld, kind: str, rows: list[list[Any]]) -> None:
    for known_as, created, visible_at, changed_at, home, unseen, listed, value in rows:
        entry = world.put_back(
            kind,
            value,
            known_as=known_as,
            created=created,
            visible_at=visible_at,
            changed_at=changed_at,
            home=home,
            unseen=unseen,
        )
        if not listed:
            world.shelves[kind].unlist(entry)
