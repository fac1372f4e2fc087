"""Stripe's lists: what their filters leave, and the pages that they give."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from monstock_stripe_sandbox.stripe_access import Access
from monstock_stripe_sandbox.stripe_books import DAY, StripeBooks
from monstock_stripe_sandbox.stripe_errors import invalid, missing_parameter, no_such
from monstock_stripe_sandbox.stripe_expandable import EXPANDABLE
from monstock_stripe_sandbox.stripe_expansion import kinds_opened, tree_of
from monstock_stripe_sandbox.stripe_filters import Test
from monstock_stripe_sandbox.stripe_kinds import KINDS
from monstock_stripe_sandbox.stripe_listings import Hides, Listing
from monstock_stripe_sandbox.stripe_params import Raw
from monstock_stripe_sandbox.stripe_render import rendered
from monstock_stripe_sandbox.stripe_store import Entry, Key, Value, indexed_value

EVENT_DAYS = 30
"""Stripe, 'Events': the API lists those of the last 30 days."""


def list_objects(
    world: StripeBooks,
    access: Access,
    listing: Listing,
    raw: Mapping[str, Raw],
    url: str,
    home: str = "",
    **fixed: str,
) -> bytes:
    """Return a page as JSON.

    Args:
        access: what the caller's key may read.
        listing: which list.
        url: of the list, for the answer.
        home: what names the parent's part of the list, where there is a parent in the path.
        fixed: fields that the path itself fixes (`charge` of `/v1/charges/{id}/refunds`).

    Raises:
        StripeError: a parameter is refused, or the key may not read what it asks for.
    """
    given = listing.parameters(raw)
    paths = tuple(sorted(given.get("expand", ())))
    tree = tree_of(paths, *listing.objects, listed=True)
    opened = kinds_opened(tree, EXPANDABLE[listing.objects[0]]) if tree else set()
    access.require("read", {listing.permission} | opened)
    narrowed = _Narrowed.of(world, listing, given, home, fixed)
    entries, more = _page(world, listing, given, narrowed)
    data = b",".join([rendered(world, entry, tree, paths) for entry in entries])
    end = b"true" if more else b"false"
    return b'{"object":"list","data":[%b],"has_more":%b,"url":"%b"}' % (data, end, url.encode())


@dataclass(frozen=True, slots=True)
class _Narrowed:
    """A list after its filters: keys to walk through, and what each object must still meet."""

    keys: list[Key]
    exact: tuple[tuple[str, Any], ...]
    special: tuple[tuple[str, Any], ...]
    tests: tuple[tuple[Test, Any], ...]
    first: int | None
    end: int | None

    @classmethod
    def of(
        cls,
        world: StripeBooks,
        listing: Listing,
        given: Mapping[str, Any],
        home: str,
        fixed: Mapping[str, str],
    ) -> _Narrowed:
        exact: list[tuple[str, Any]] = list(fixed.items())
        special: list[tuple[str, Any]] = []
        tests: list[tuple[Test, Any]] = []
        for name, entry in listing.filters.items():
            if name not in given or name == "created":
                continue
            value = given[name]
            if entry.kind and value not in world.shelves[entry.kind].entries:
                raise no_such(KINDS[entry.kind].noun, value, name, 400)
            if entry.test is not None:
                tests.append((entry.test, value))
            elif entry.field:
                exact.append((entry.field, value))
            else:
                special.append(_special(world, name, value, exact))
        if listing.hides is not None:
            tests.append((_not_hidden(listing.hides), given))
        first, end = given.get("created", (None, None))
        if listing.kind == "event":
            if "type" in given and "types" in given:
                raise invalid("types", "You may only specify one of these parameters: type, types.")
            first = max(first or 0, world.now() - EVENT_DAYS * DAY)
        shelf = world.shelves[listing.kind]
        wanted = {field: value for field, value in exact if isinstance(value, str)}
        keys = shelf.at_home(home) if home else shelf.ordered(**wanted)
        return cls(keys, tuple(exact), tuple(special), tuple(tests), first, end)

    @property
    def everything(self) -> bool:
        """Whether no object is left out."""
        return not (self.exact or self.special or self.tests)

    def takes(self, world: StripeBooks, entry: Entry) -> bool:
        """Say whether an object meets the filters."""
        value = entry.value
        for field, wanted in self.exact:
            found = value.get(field) if "." not in field else indexed_value(value, field)
            if found != wanted and not _refers_to(found, wanted):
                return False
        if not all(_meets(value, name, wanted) for name, wanted in self.special):
            return False
        return all(test(world, entry, wanted) for test, wanted in self.tests)


def _refers_to(found: Any, wanted: Any) -> bool:
    """Say whether a whole object stands where its id was asked for."""
    return isinstance(found, Mapping) and found.get("id") == wanted


def _not_hidden(hides: Hides) -> Test:
    def test(_world: StripeBooks, entry: Entry, given: Any) -> bool:
        return not hides(entry.value, given)

    return test


def _special(
    world: StripeBooks, name: str, value: Any, exact: list[tuple[str, Any]]
) -> tuple[str, Any]:
    if name == "payment":
        intent = value.get("payment_intent")
        if "type" not in value:
            raise missing_parameter("payment[type]")
        if intent is not None:
            if intent not in world.shelves["payment_intent"].entries:
                raise no_such("payment_intent", intent, "payment[payment_intent]", 400)
            exact.append(("payment.payment_intent", intent))
    if name == "type" and "*" not in value:
        exact.append(("type", value))
    return name, value


def _meets(value: Value, name: str, wanted: Any) -> bool:
    if name == "delivery_success":
        return (value["pending_webhooks"] == 0) is bool(wanted)
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
    world: StripeBooks, listing: Listing, given: Mapping[str, Any], narrowed: _Narrowed
) -> tuple[list[Entry], bool]:
    keys, kind = narrowed.keys, listing.kind
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
    limit = given.get("limit", 10) if "limit" in listing.checks else len(keys)
    now = world.clock.now() if world.visibility_delay else None
    walk = range(low, high) if before is not None else range(high - 1, low - 1, -1)
    entries = world.shelves[kind].entries
    easy = narrowed.everything
    found: list[Entry] = []
    for index in walk:
        entry = entries[keys[index][2]]
        if now is not None and entry.visible_at > now:
            continue
        if easy or narrowed.takes(world, entry):
            found.append(entry)
            if len(found) > limit:
                break
    more = len(found) > limit
    del found[limit:]
    return (found[::-1] if before is not None else found), more


def _cursor(world: StripeBooks, kind: str, identifier: str, param: str) -> Key:
    entry = world.shelves[kind].entries.get(identifier)
    if entry is None or hidden(world, kind, entry):
        raise no_such(KINDS[kind].noun, identifier, param, 400)
    return entry.key


def hidden(world: StripeBooks, kind: str, entry: Entry) -> bool:
    """Say whether an object is too old to be had: an event of more than 30 days."""
    return kind == "event" and entry.key[0] < world.now() - EVENT_DAYS * DAY
