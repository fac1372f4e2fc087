"""The ground of Stripe's stand-in: adding, changing and reading objects, and its event log."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec

from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.stripe_catalog import LISTS
from monstock_stripe_sandbox.stripe_ids import IdMaker
from monstock_stripe_sandbox.stripe_kinds import KINDS
from monstock_stripe_sandbox.stripe_methods import API_VERSION
from monstock_stripe_sandbox.stripe_shapes import event
from monstock_stripe_sandbox.stripe_store import Entry, Shelf, Value

DAY = 86400
FIRST = 10
"""How many objects of an embedded list Stripe sends."""


class StripeWorldError(ValueError):
    """An operation that Stripe would refuse: the object is not in a state for it."""


class UnknownObjectError(LookupError):
    """There is no such object."""


P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="StripeBooks")


def operation(
    method: Callable[Concatenate[S, P], R],
) -> Callable[Concatenate[S, P], R]:
    """Let a method hold the world's lock, so that no reader sees half of what it does."""

    @wraps(method)
    def locked(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.lock:
            return method(self, *args, **kwargs)

    return locked


class StripeBooks:
    """Shelves of objects, and the clock, ids and options that everything shares.

    Attributes:
        livemode: of objects for which nothing else is said.
        visibility_delay: seconds; a new object is in no list before a part of them has passed.
            The part differs from object to object, so they do not appear in their order.
        search_lag: seconds before a new or changed object is found by a search.
        paid_off_stripe: what was paid of each invoice outside of Stripe; in the answer only when
            `amount_paid_off_stripe` is expanded.
        request: (request id, idempotency key) of the API call that acts, for its events.
    """

    def __init__(self, seed: int, clock: Clock) -> None:
        self.seed = seed
        self.clock = clock
        self.lock = threading.RLock()
        self.ids = IdMaker(seed)
        self.livemode = False
        self.visibility_delay = 0.0
        self.search_lag = 0.0
        self.request: tuple[str | None, str | None] = (None, None)
        self.shelves = {name: Shelf(kind.indexes) for name, kind in KINDS.items()}
        self.paid_off_stripe: dict[str, int] = {}
        self._serial = 0
        self._request_ids = IdMaker(f"{seed} requests")

    def now(self) -> int:
        """Return the time as Stripe writes it: whole seconds since the epoch."""
        return int(self.clock.now())

    def request_id(self) -> str:
        """Return the id of a new API call; it does not touch the dice of the objects' ids."""
        return self._request_ids.make("req")

    def entry(self, kind: str, identifier: str) -> Entry:
        """Return an object with what the store knows of it.

        Raises:
            UnknownObjectError: there is none.
        """
        found = self.shelves[kind].entries.get(identifier)
        if found is None:
            raise UnknownObjectError(f"No such {KINDS[kind].noun}: '{identifier}'")
        return found

    def get(self, kind: str, identifier: str) -> Value:
        """Return an object's present value; not to be changed."""
        return self.entry(kind, identifier).value

    def read(self, kind: str, identifier: str) -> dict[str, Any]:
        """Return a copy of an object as the API answers it."""
        with self.lock:
            body = self.entry(kind, identifier).encoded()
        value: dict[str, Any] = msgspec.json.decode(body)
        return value

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Return copies of all objects of a kind, oldest first."""
        with self.lock:
            return [self.read(kind, key[2]) for key in self.shelves[kind].ordered()]

    def add(
        self,
        kind: str,
        value: Value,
        created: int | None = None,
        *,
        home: str = "",
        at_once: bool = False,
        unseen: Value | None = None,
        known_as: str = "",
    ) -> str:
        """Keep a new object; return the id that it is kept by.

        Args:
            created: only where the kind has no such field.
            home: what names its parent's part of a list.
            at_once: its list has it at once, as the parent shows it at once.
            unseen: what lists can filter by beside its fields.
            known_as: the id to keep it by, where its own is not unique.
        """
        identifier = known_as or str(value["id"])
        made = int(value["created"]) if created is None else created
        self._serial += 1
        key = (made, self._serial, identifier)
        visible_at = made + (0.0 if at_once else self._delay(identifier))
        entry = Entry(value, key, visible_at, self.clock.now(), home, unseen or {})
        self.shelves[kind].add(entry)
        return identifier

    def put_back(
        self,
        kind: str,
        value: Value,
        *,
        known_as: str,
        created: int,
        visible_at: float,
        changed_at: float,
        home: str,
        unseen: Value,
    ) -> Entry:
        """Keep an object as it was kept before; the order of the calls is the lists' order."""
        self._serial += 1
        key = (created, self._serial, known_as)
        entry = Entry(value, key, visible_at, changed_at, home, unseen)
        self.shelves[kind].add(entry)
        return entry

    def alter(self, kind: str, identifier: str, **fields: Any) -> dict[str, Any]:
        """Change fields of an object; return what they were, as `previous_attributes` has it."""
        entry = self.entry(kind, identifier)
        before = entry.value
        previous = {
            name: before.get(name) for name, new in fields.items() if before.get(name) != new
        }
        if previous:
            entry.replace({**before, **fields}, self.clock.now())
            self.shelves[kind].reindex(entry, before)
        return previous

    def put_line(self, path: str, parent: str, line: Value) -> str:
        """Keep a line in the list at `path` of an object; return the line's id."""
        served = LISTS[path]
        place = {"#list": path, "#parent": parent}
        home = served.home(parent)
        return self.add(served.kind, line, self.now(), home=home, at_once=True, unseen=place)

    def emit(self, kind_of_event: str, kind: str, identifier: str, previous: Any = None) -> str:
        """Write an event about an object as it is now; return the event's id."""
        subject = self.entry(kind, identifier)
        livemode = bool(subject.value.get("livemode", self.livemode))
        return self.write_event(kind_of_event, subject.encoded(), livemode, previous)

    def write_event(
        self, kind_of_event: str, subject: bytes, livemode: bool, previous: Any = None
    ) -> str:
        """Write an event about this JSON of an object; return the event's id."""
        made = event(self.ids.make("evt"), self.now(), livemode, kind_of_event, API_VERSION)
        data: dict[str, Any] = {"object": msgspec.Raw(subject)}
        if previous is not None:
            data["previous_attributes"] = previous
        made["data"] = data
        request_id, idempotency_key = self.request
        made["request"] = {"id": request_id, "idempotency_key": idempotency_key}
        wanting = self.endpoints_wanting(kind_of_event)
        made["pending_webhooks"] = len(wanting)
        identifier = self.add("event", made)
        if wanting:
            self.dispatch(identifier, wanting)
        return identifier

    def endpoints_wanting(self, _kind_of_event: str) -> tuple[Entry, ...]:
        """Return the webhook endpoints that events of this type are sent to."""
        return ()

    def dispatch(self, identifier: str, endpoints: tuple[Entry, ...]) -> None:
        """Send an event to webhook endpoints, without waiting for them."""
        raise NotImplementedError

    def _delay(self, identifier: str) -> float:
        if not self.visibility_delay:
            return 0.0
        share = (zlib.crc32(identifier.encode()) % 1000) / 1000
        return self.visibility_delay * (0.25 + 0.75 * share)
