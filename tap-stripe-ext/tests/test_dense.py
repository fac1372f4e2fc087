"""Listing or fetching what changed: whichever costs fewer requests, on lists of any density."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tap_stripe_ext.dense import DenseStretches
from tap_stripe_ext.event_log import Entry
from tap_stripe_ext.sources import Chunk
from tap_stripe_ext.windows import Window

DAY = 86_400
NOW = 1_800_000_000
READERS = 12


class Listed:
    """A list of objects, and what it costs to read the changed ones of it."""

    def __init__(self, created: Iterable[int]) -> None:
        ordered = sorted(created, reverse=True)
        self.entries = [Entry(f"ch_{number}", made) for number, made in enumerate(ordered)]
        self._ages = [-one.created for one in self.entries]
        self.pages = 0

    def page(self, window: Window) -> Chunk:
        self.pages += 1
        first = 0 if window.end is None else bisect_right(self._ages, -window.end)
        if window.cursor is not None:
            first = max(first, int(window.cursor.removeprefix("ch_")) + 1)
        end = bisect_right(self._ages, -window.start)
        shown = tuple(self.entries[first : min(first + 100, end)])
        return Chunk(
            entries=shown,
            newest=shown[0].created if shown else 0,
            last=shown[-1] if shown else None,
            has_more=end - first > 100,
        )

    def read(self, changed: set[Entry]) -> tuple[int, int]:
        """Return how many pages are read, and how many of the changed objects are not found."""
        stretches = DenseStretches(one.created for one in changed)
        waiting = list(stretches.windows(READERS))
        left = set(changed)
        while waiting:
            assert self.pages <= 2 * len(self.entries) + READERS, "it never ends"
            window = waiting.pop(0)
            chunk = self.page(window)
            left -= set(chunk.entries)
            cut = len(waiting) < READERS - 1
            waiting += stretches.left_of(None, window, chunk, cut)  # type: ignore[arg-type]
        return self.pages, len(left)


def test_changes_of_the_last_days_are_listed():
    listed = Listed(NOW - number * 3 * DAY // 20_000 for number in range(20_000))

    pages, fetched = listed.read(set(listed.entries))

    assert pages <= 230
    assert fetched <= 20


def test_every_other_object_of_the_last_days_is_listed_all_the_same():
    listed = Listed(NOW - number * 60 for number in range(5_000))
    changed = set(random.Random(1).sample(listed.entries, 1_000))

    pages, fetched = listed.read(changed)

    assert pages + fetched <= 90


def test_few_changes_in_a_long_list_are_fetched():
    listed = Listed(NOW - number * 60 for number in range(20_000))
    changed = set(random.Random(1).sample(listed.entries, 100))

    pages, fetched = listed.read(changed)

    assert pages + fetched <= 135


def test_changes_in_a_short_list_cost_a_page_or_two():
    listed = Listed(NOW - number * DAY for number in range(90))

    pages, fetched = listed.read(set(listed.entries[::4]))

    assert pages <= 4
    assert fetched == 0


def test_each_stretch_is_judged_by_its_own_density():
    busy = [NOW - number for number in range(5_000)]
    quiet = [NOW - 100 * DAY - number * DAY for number in range(300)]
    listed = Listed(busy + quiet)
    changed = {one for one in listed.entries if one.created < NOW - 50 * DAY}
    changed |= {listed.entries[number] for number in (10, 1_000, 2_500, 4_000)}

    pages, fetched = listed.read(changed)

    assert pages + fetched <= 25


def test_less_than_some_objects_are_not_worth_a_try():
    assert DenseStretches([NOW] * 9).windows(READERS) == ()


@pytest.mark.parametrize("same", [150, 1_000])
def test_many_objects_of_one_second_are_read_to_the_last(same):
    listed = Listed([NOW] * same)

    pages, fetched = listed.read(set(listed.entries))

    assert fetched == 0
    assert pages == -(-same // 100)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 3 * DAY), max_size=60),
    st.lists(st.integers(0, 900 * DAY), max_size=60),
    st.integers(1, 40),
    st.integers(0, 2**32),
)
def test_it_never_costs_much_more_than_fetching_each(recent, old, each, seed):
    chance = random.Random(seed)
    ages = [age + chance.randint(0, 300) for age in recent + old for _ in range(each)]
    listed = Listed(NOW - age for age in ages)
    count = chance.randint(0, len(listed.entries))
    changed = set(chance.sample(listed.entries, count))

    pages, fetched = listed.read(changed)

    assert pages + fetched <= 1.2 * count + 2
