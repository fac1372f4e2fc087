"""What Stripe lists now, for tests that compare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec

from monstock_stripe_sandbox.stripe_access import Access
from monstock_stripe_sandbox.stripe_books import StripeWorldError, operation
from monstock_stripe_sandbox.stripe_catalog import LISTS, ServedList
from monstock_stripe_sandbox.stripe_connect import ConnectOperations
from monstock_stripe_sandbox.stripe_errors import StripeError
from monstock_stripe_sandbox.stripe_expandable import kinds_at
from monstock_stripe_sandbox.stripe_listings import LISTINGS
from monstock_stripe_sandbox.stripe_lists import list_objects
from monstock_stripe_sandbox.stripe_objects import kind_named


class PresenceOperations(ConnectOperations):
    """Enumerating what is there."""

    def lists(self) -> tuple[ServedList, ...]:
        """Return every list of the API that is served."""
        return tuple(LISTS.values())

    @operation
    def present(self, what: str, /, parent: str | None = None, **parameters: str) -> list[Any]:
        """Return the objects that a list gives now, all pages of it, newest first.

        Args:
            what: the path of the list, or the name of its kind.
            parent: whose part of a list that hangs on an object; without it those of all.
            parameters: of the list. Those that it demands may be left out here.

        Raises:
            StripeWorldError: there is no such list, or it refuses a parameter.
        """
        _, served = kind_named(what)
        if served is None:
            raise StripeWorldError(f"Stripe has no list of {what}")
        parents = [parent] if parent is not None else self._parents(served)
        found: list[Any] = []
        for each in parents:
            found += self._pages(served, each, parameters)
        return found

    def _parents(self, served: ServedList) -> list[str]:
        if not served.parent:
            return [""]
        found: list[str] = []
        for kind in kinds_at(served.parent):
            shelf = self.shelves[kind]
            found += [key[2] for key in reversed(shelf.ordered()) if shelf.listed(key[2])]
        return found

    def _pages(self, served: ServedList, parent: str, asked: dict[str, str]) -> Iterator[Any]:
        listing = replace(LISTINGS[served.path], required=())
        access = Access("", str(self.account["id"]), None)
        raw: dict[str, Any] = dict(asked)
        if served.paged:
            raw["limit"] = "100"
        fixed = {served.by_field: parent} if served.by_field else {}
        home = served.home(parent) if served.nested and not fixed else ""
        if served.parent_parameter:
            raw[served.parent_parameter] = parent
        while True:
            try:
                body = list_objects(self, access, listing, raw, "", home, **fixed)
            except StripeError as error:
                raise StripeWorldError(f"{served.path}: {error.message}") from error
            page = msgspec.json.decode(body)
            yield from page["data"]
            if not page["has_more"]:
                return
            raw["starting_after"] = page["data"][-1]["id"]
