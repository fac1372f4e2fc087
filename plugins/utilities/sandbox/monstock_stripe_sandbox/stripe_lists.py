"""Stripe's lists: what their filters leave, and the pages that they give."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from monstock_stripe_sandbox import stripe_params as params
from monstock_stripe_sandbox.stripe_access import Access
from monstock_stripe_sandbox.stripe_books import DAY
from monstock_stripe_sandbox.stripe_errors import StripeError, invalid, no_such
from monstock_stripe_sandbox.stripe_expansion import EXPANDABLE, as_list, kinds_opened, tree_of
from monstock_stripe_sandbox.stripe_filters import FILTERS
from monstock_stripe_sandbox.stripe_kinds import KINDS
from monstock_stripe_sandbox.stripe_params import Check, Raw
from monstock_stripe_sandbox.stripe_render import rendered
from monstock_stripe_sandbox.stripe_store import Entry, Key, Value, indexed_value
from monstock_stripe_sandbox.stripe_world import StripeWorld

EVENT_DAYS = 30
"""Stripe, 'Events': the API lists those of the last 30 days."""

_PAGING: dict[str, Check] = {
    "limit": params.limit,
    "starting_after": params.text,
    "ending_before": params.text,
    "expand": params.texts(),
}


_CHECKS: dict[str, dict[str, Check]] = {
    kind: {**_PAGING, **{name: entry.check for name, entry in filters.items()}}
    for kind, filters in FILTERS.items()
}


def list_objects(
    world: StripeWorld,
    access: Access,
    kind: str,
    raw: Mapping[str, Raw],
    url: str,
    **fixed: str,
) -> bytes:
    """Return a page as JSON.

    Args:
        access: what the caller's key may read.
        url: of the list, for the answer.
        fixed: fields that the path itself fixes (`charge` of `/v1/charges/{id}/refunds`).

    Raises:
        StripeError: a parameter is refused, or the key may not read what it asks for.
    """
    given = params.checked(raw, _PAGING if fixed else _CHECKS[kind])
    paths = tuple(sorted(given.get("expand", ())))
    tree = tree_of(paths, kind, listed=True)
    access.require("read", {kind} | kinds_opened(tree, EXPANDABLE[kind]))
    narrowed = _Narrowed.of(world, kind, given, fixed)
    entries, more = _page(world, kind, given, narrowed)
    data = b",".join([rendered(world, entry, tree, paths) for entry in entries])
    end = b"true" if more else b"false"
    return b'{"object":"list","data":[%b],"has_more":%b,"url":"%b"}' % (data, end, url.encode())


@dataclass(frozen=True, slots=True)
class _Narrowed:
    """A list after its filters: keys to walk through, and what each object must still meet."""

    keys: list[Key]
    exact: tuple[tuple[str, Any], ...]
    special: tuple[tuple[str, Any], ...]
    first: int | None
    end: int | None

    @classmethod
    def of(
        cls, world: StripeWorld, kind: str, given: Mapping[str, Any], fixed: Mapping[str, str]
    ) -> _Narrowed:
        exact: list[tuple[str, Any]] = list(fixed.items())
        special: list[tuple[str, Any]] = []
        for name, entry in FILTERS[kind].items():
            if name not in given or name == "created":
                continue
            value = given[name]
            if entry.kind and value not in world.shelves[entry.kind].entries:
                raise no_such(KINDS[entry.kind].noun, value, name, 400)
            if entry.field:
                exact.append((entry.field, value))
            else:
                special.append(_special(world, name, value, exact))
        first, end = given.get("created", (None, None))
        if kind == "event":
            if "type" in given and "types" in given:
                raise invalid("types", "You may only specify one of these parameters: type, types.")
            first = max(first or 0, world.now() - EVENT_DAYS * DAY)
        wanted = {field: value for field, value in exact if isinstance(value, str)}
        return cls(world.shelves[kind].ordered(**wanted), tuple(exact), tuple(special), first, end)

    def takes(self, value: Value) -> bool:
        """Say whether an object meets the filters."""
        for field, wanted in self.exact:
            found = value.get(field) if "." not in field else indexed_value(value, field)
            if found != wanted:
                return False
        return all(_meets(value, name, wanted) for name, wanted in self.special)


def _special(
    world: StripeWorld, name: str, value: Any, exact: list[tuple[str, Any]]
) -> tuple[str, Any]:
    if name == "payment":
        intent = value.get("payment_intent")
        if "type" not in value:
            raise StripeError(
                400,
                "Missing required param: payment[type].",
                code="parameter_missing",
                param="payment[type]",
            )
        if intent is not None:
            if intent not in world.shelves["payment_intent"].entries:
                raise no_such("payment_intent", intent, "payment[payment_intent]", 400)
            exact.append(("payment.payment_intent", intent))
    if name == "type" and "*" not in value:
        exact.append(("type", value))
    return name, value


def _meets(value: Value, name: str, wanted: Any) -> bool:
    if name == "delivery_success":
        return bool(wanted)  # there are no webhooks, so no delivery that failed or still waits
    if name == "type":
        return fnmatchcase(str(value["type"]), wanted)
    if name == "types":
        return any(fnmatchcase(str(value["type"]), entry) for entry in wanted)
    if name == "payment":
        return bool(value["payment"]["type"] == wanted["type"])
    if name == "customer_details":
        return bool((value["customer_details"] or {}).get("email") == wanted.get("email"))
    if name == "ids":
        return value["id"] in wanted
    if name == "lookup_keys":
        return value["lookup_key"] in wanted
    if name == "recurring":
        return value["recurring"] is not None
    if name == "due_date":
        first, end = wanted
        due = value["due_date"]
        return due is not None and (first is None or due >= first) and (end is None or due < end)
    return True


def _page(
    world: StripeWorld, kind: str, given: Mapping[str, Any], narrowed: _Narrowed
) -> tuple[list[Entry], bool]:
    keys = narrowed.keys
    after, before = given.get("starting_after"), given.get("ending_before")
    if after is not None and before is not None:
        raise invalid(
            "starting_after",
            "You may only specify one of these parameters: starting_after, ending_before.",
        )
    low = 0 if narrowed.first is None else bisect_left(keys, (narrowed.first,))
    high = len(keys) if narrowed.end is None else bisect_left(keys, (narrowed.end,))
    if after is not None:
        high = min(high, bisect_left(keys, _cursor(world, kind, after, "starting_after")))
    if before is not None:
        low = max(low, bisect_right(keys, _cursor(world, kind, before, "ending_before")))
    limit = given.get("limit", 10)
    now = world.clock.now() if world.visibility_delay else None
    walk = range(low, high) if before is not None else range(high - 1, low - 1, -1)
    entries = world.shelves[kind].entries
    easy = not narrowed.exact and not narrowed.special
    found: list[Entry] = []
    for index in walk:
        entry = entries[keys[index][2]]
        if now is not None and entry.visible_at > now:
            continue
        if easy or narrowed.takes(entry.value):
            found.append(entry)
            if len(found) > limit:
                break
    more = len(found) > limit
    del found[limit:]
    return (found[::-1] if before is not None else found), more


def _cursor(world: StripeWorld, kind: str, identifier: str, param: str) -> Key:
    entry = world.shelves[kind].entries.get(identifier)
    if entry is None or hidden(world, kind, entry):
        raise no_such(KINDS[kind].noun, identifier, param, 400)
    return entry.key


def hidden(world: StripeWorld, kind: str, entry: Entry) -> bool:
    """Say whether an object is too old to be had: an event of more than 30 days."""
    return kind == "event" and entry.key[0] < world.now() - EVENT_DAYS * DAY


def list_plain(objects: list[Any], raw: Mapping[str, Raw], url: str) -> bytes:
    """Return a page of objects that live in no shelf (lines), in their own order, as JSON.

    Raises:
        StripeError: a parameter is refused.
    """
    given = params.checked(raw, _PAGING)
    kind = str(objects[0]["object"]) if objects else "item"
    paths = tuple(given.get("expand", ()))
    tree_of(paths, kind, listed=True)
    position = {str(entry["id"]): index for index, entry in enumerate(objects)}
    first, end = 0, len(objects)
    for name in ("starting_after", "ending_before"):
        cursor = given.get(name)
        if cursor is not None and cursor not in position:
            raise no_such(kind, cursor, name, 400)
        if cursor is not None and name == "starting_after":
            first = position[cursor] + 1
        elif cursor is not None:
            end = position[cursor]
    limit = given.get("limit", 10)
    if "ending_before" in given:
        shown, more = objects[max(first, end - limit) : end], end - first > limit
    else:
        shown, more = objects[first : min(end, first + limit)], end - first > limit
    return msgspec.json.encode(as_list(shown, more, url))
