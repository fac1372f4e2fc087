"""Plays a history: runs the tap over a sandbox, and keeps what a target would keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from monstock_stripe_sandbox import stripe_lists
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from tap_common.testing import TapRun
from tap_stripe_ext import journal
from tap_stripe_ext.stream_table import PAYMENTS, Parent, StreamRow, row_named
from tap_stripe_ext.testing import run_tap

from histories.listed import Key, Row, get_all, key_of, listed
from histories.plan import DAY, EVENTS, History, Reading
from histories.trade import BEGINNING, Time, Trade

REQUEST_SECONDS = 0.3
EVENT_DAYS = 30
SMALL = 4
# Bookmarks older than this are given up, a day before Stripe forgets their events.
LOST_AFTER = 29 * DAY


class Target:
    """Holds the newest record by key, as a target does; deleted ones go."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[Key, Row]] = {}
        self._keys: dict[str, list[str]] = {}

    def take(self, messages: tuple[Row, ...]) -> None:
        for message in messages:
            if message["type"] == "SCHEMA":
                self._keys[message["stream"]] = message["key_properties"]
                self.rows.setdefault(message["stream"], {})
            elif message["type"] == "RECORD":
                self._put(message["stream"], message["record"])

    def copy(self) -> Target:
        made = Target()
        made.rows = {name: dict(rows) for name, rows in self.rows.items()}
        made._keys = dict(self._keys)
        return made

    def _put(self, stream: str, record: Row) -> None:
        rows, key = self.rows[stream], key_of(self._keys[stream], record)
        if record.get("deleted"):
            rows.pop(key, None)
        elif stream != PAYMENTS or rows.get(key, {}).get("version", 0) <= record["version"]:
            rows[key] = record


@dataclass
class Play:
    """One history against one sandbox."""

    sandbox: RunningSandbox
    time: Time
    history: History
    trade: Trade
    target: Target = field(default_factory=Target)
    state: Row | None = None
    unaccounted: dict[str, set[Key]] = field(default_factory=dict)
    gaps: list[tuple[float, float]] = field(default_factory=list)
    last_whole: float = float(BEGINNING)

    def play(self) -> None:
        late = self.history.streams[: len(self.history.streams) - self.history.late]
        for number, reading in enumerate(self.history.readings):
            for action in reading.before:
                self.trade.act(action)
            self.trade.wait(reading.wait)
            self.read(reading, late if number == 0 and late else self.history.streams)
        self.trade.wait(self.history.rest)
        self.time.now += 3_600  # settled money is looked for by the hour
        self.read(Reading(), self.history.streams)
        self.compare()
        self.time.now += 2 * 3_600
        before = self.target.copy()
        assert self.read(Reading(), self.history.streams).record_count == 0
        assert before.rows == self.target.rows

    def read(self, reading: Reading, streams: tuple[str, ...]) -> TapRun:
        """Run the tap; let the target take what it lives to see."""
        controls = self.sandbox.stripe_controls
        left = list(reading.meanwhile)
        requests = 0

        def on_request() -> None:
            nonlocal requests
            requests += 1
            self.time.now += REQUEST_SECONDS
            while left and left[0][0] <= requests:
                self.trade.act(left.pop(0)[1])

        began = self.time.now
        if began - self.last_whole > LOST_AFTER:
            self.gaps.append((self.last_whole, began))
        controls.on_request = on_request
        if reading.fault is not None:
            controls.set_faults(reading.fault)
        run = run_tap(
            self.sandbox.stripe_url,
            catalog=catalog_of(streams),
            state=self.state,
            clock=self.time,
            concurrency=self.history.concurrency,
            relist_interval=self.history.interval,
            relist_recent_days=90,
            relist_unlinked_days=90,
            max_attempts=reading.attempts,
        )
        controls.on_request = None
        controls.clear_faults()
        for _, action in left:
            self.trade.act(action)
        if reading.fault is None or reading.attempts > 1:
            assert run.error is None, run.error
        self._take(reading, run)
        if run.error is None and reading.cut is None and not reading.back:
            self.last_whole = began
        return run

    def _take(self, reading: Reading, run: TapRun) -> None:
        seen = run.messages
        if reading.cut is not None:
            seen = seen[: len(seen) * reading.cut // 1000]
        points: list[tuple[Row | None, Target]] = [(self.state, self.target.copy())]
        begun = 0
        for number, message in enumerate(seen):
            if message["type"] == "STATE":
                self.target.take(seen[begun : number + 1])
                begun = number + 1
                points.append((message["value"], self.target.copy()))
        self.target.take(seen[begun:])
        self.state, held = points[max(len(points) - 1 - reading.back, 0)]
        if not reading.keeps:
            self.target = held
        for name, rows in self.target.rows.items():
            beyond = rows.keys() - held.rows.get(name, {}).keys()
            self.unaccounted.setdefault(name, set()).update(beyond)

    def compare(self) -> None:
        """Hold what the target has against what Stripe lists."""
        wrong = []
        for name in self.history.streams:
            have, want = self.target.rows.get(name, {}), self._expected(name)
            if name == PAYMENTS:
                have = _unversioned(have)
            wrong += [
                f"{name} lacks {key}"
                for key in want.keys() - have.keys()
                if not _may_lack(name, want[key])
            ]
            wrong += [
                f"{name} {key} differs in {differences(have[key], want[key])}"
                for key in want.keys() & have.keys()
                if have[key] != want[key]
            ]
            wrong += [
                f"{name} has {key}, which Stripe has not"
                for key in have.keys() - want.keys()
                if not self._may_stay(name, have[key])
            ]
        assert not wrong, "\n".join(wrong)

    def _expected(self, name: str) -> dict[Key, Row]:
        if name != PAYMENTS:
            row = row_named(name)
            return {
                key_of(row.keys, one): self._whole(row, one)
                for one in listed(self.trade.world, row)
            }
        fresh = Target()
        run = run_tap(self.sandbox.stripe_url, catalog=catalog_of((PAYMENTS,)), clock=self.time)
        assert run.error is None, run.error
        fresh.take(run.messages)
        return _unversioned(fresh.rows[PAYMENTS])

    def _whole(self, row: StreamRow, one: Row) -> Row:
        """Return the object with the lists inside of it followed to their ends."""
        for name in row.nested_lists:
            inside = one.get(name)
            if inside and inside["has_more"]:
                data = get_all(self.sandbox.stripe_url, inside["url"])
                one = {**one, name: {**inside, "data": data, "has_more": False}}
        return one

    def _may_stay(self, name: str, record: Row) -> bool:
        """Tell whether nobody could have told the tap that this is gone."""
        if name == EVENTS:  # Stripe lists those of 30 days
            return bool(record["created"] < self.time.now - EVENT_DAYS * DAY)
        row = row_named(name)
        if row.parent is not None and not self._is_there(row.parent, record):
            return True  # it went with its parent, of which Stripe tells, but not of the children
        deleted_at = self.trade.deleted.get((name, record["id"]))
        if deleted_at is None:
            return False
        if row.listed_whole:
            # Written after the state from which the next run went on, and gone before that run.
            return key_of(row.keys, record) in self.unaccounted.get(name, set())
        return any(start <= deleted_at <= end for start, end in self.gaps)

    def _is_there(self, parent: Parent, record: Row) -> bool:
        above = listed(self.trade.world, row_named(parent.stream))
        return any(one["id"] == record[parent.id_field] for one in above)


def _may_lack(name: str, record: Row) -> bool:
    """Tell whether nobody could have told the tap that this is there."""
    # Stripe tells of a payment method when it is attached to a customer.
    return name == "payment_methods" and record["customer"] is None


def _unversioned(rows: Mapping[Key, Row]) -> dict[Key, Row]:
    return {key: _as_announced({**row, "version": 0}) for key, row in rows.items()}


def _as_announced(snapshot: Row) -> Row:
    """Return a payment without what changes of it in silence: its money becomes available.

    `balance_transactions` follows that.
    """
    charge = snapshot["charge"] or {}
    booked = charge.get("balance_transaction")
    if not isinstance(booked, dict):
        return snapshot
    return {**snapshot, "charge": {**charge, "balance_transaction": {**booked, "status": ""}}}


def differences(have: Row, want: Row) -> Row:
    names = [name for name in {**have, **want} if have.get(name, "-") != want.get(name, "-")]
    return {name: (have.get(name, "-"), want.get(name, "-")) for name in names}


def catalog_of(streams: tuple[str, ...]) -> Row:
    """Return a catalog of small schemas: the SDK takes half a second for each of the real ones."""
    return {
        "streams": [
            {
                "tap_stream_id": name,
                "stream": name,
                "schema": schema_of(name),
                "key_properties": keys_of(name),
                "metadata": [{"breadcrumb": [], "metadata": {"selected": True}}],
            }
            for name in streams
        ]
    }


def schema_of(name: str) -> Row:
    properties = {key: {"type": "string"} for key in keys_of(name)}
    return {"type": "object", "properties": properties}


def keys_of(name: str) -> list[str]:
    return ["id"] if name == PAYMENTS else list(row_named(name).keys)


@contextmanager
def playing(history: History) -> Iterator[Play]:
    """Serve an account for a history, which is then to be played."""
    time = Time()
    with (
        pytest.MonkeyPatch.context() as patch,
        running_sandbox(visibility_delay=history.delay, clock=Clock(time)) as sandbox,
    ):
        if history.small:
            _make_small(patch)
        trade = Trade(sandbox.stripe, time, history.streams)
        yield Play(sandbox, time, history, trade)


def _make_small(patch: pytest.MonkeyPatch) -> None:
    whole_page = stripe_lists._page

    def small_page(world: Any, listing: Any, given: Any, narrowed: Any) -> Any:
        limit = min(int(given.get("limit", SMALL)), SMALL)
        return whole_page(world, listing, {**given, "limit": limit}, narrowed)

    patch.setattr(stripe_lists, "_page", small_page)
    patch.setattr(journal, "RECORDS_PER_STATE", SMALL)
