"""Slices of a log: all of it, in order, in few pages, each of them short."""

from __future__ import annotations

import random
from bisect import bisect_left
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tap_stripe_ext.event_log import Entry
from tap_stripe_ext.log_slices import Found, LogSlices, Slice
from tap_stripe_ext.windows import Window

DAY = 86_400
AT_ONCE = 8
HELD = 16


class Log:
    """A log, and what it costs to read it. Newest entries have the smallest numbers."""

    def __init__(self, ages: list[int]) -> None:
        self.entries = [
            Entry(f"evt_{number}", 40 * DAY - age) for number, age in enumerate(sorted(ages))
        ]
        self.pages = 1
        self.held = 0

    def page(self, window: Window) -> tuple[list[Entry], bool]:
        first = 0 if window.cursor is None else int(window.cursor.removeprefix("evt_")) + 1
        if window.end is not None:
            first = max(
                first, bisect_left(self.entries, 1 - window.end, key=lambda one: -one.created)
            )
        end = bisect_left(self.entries, 1 - window.start, key=lambda one: -one.created)
        return self.entries[first : min(first + 100, end)], end - first > 100

    def found(self, begun: Slice[list[Entry]], waited: float) -> Found[list[Entry]]:
        window: Window | None = begun.window
        read: list[Entry] = []
        for _ in range(begun.pages):
            if window is None:
                break
            self.pages += 1
            page, more = self.page(window)
            read += page
            window = window.after(page[-1].id, page[-1].created) if more else None
        return Found(read, len(read) / 100, window, waited)

    def read(self, start: int, chance: random.Random) -> list[list[Entry]]:
        """Return what is taken, slice by slice; slices end in any order."""
        newest, _ = self.page(Window(start))
        rest = Window(start).after(newest[-1].id, newest[-1].created)
        span = newest[0].created - newest[-1].created
        slices: LogSlices[list[Entry]] = LogSlices(rest, span, AT_ONCE, HELD)
        under_way: list[Slice[list[Entry]]] = []
        taken: list[list[Entry]] = []
        while not slices.is_done:
            while (begun := slices.begin()) is not None:
                under_way.append(begun)
            assert 0 < len(under_way) <= AT_ONCE
            ended = under_way.pop(chance.randrange(len(under_way)))
            slices.end(ended, self.found(ended, chance.random()))
            while (content := slices.take()) is not None:
                taken.append(content)
        return [*taken, newest]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30 * DAY), st.integers(1, 400), st.integers(0, 9_000))),
    st.integers(100, 300),
    st.integers(0, 2**32),
)
def test_all_is_read_once_oldest_slices_first_whatever_the_density(bursts, recent, seed):
    chance = random.Random(seed)
    ages = [age + chance.randint(0, length) for age, many, length in bursts for _ in range(many)]
    log = Log([*ages, *(chance.randint(0, 600) for _ in range(recent))])

    taken = log.read(9 * DAY, chance)

    read = [one for part in taken for one in part]
    assert sorted(read, key=lambda one: one.id) == sorted(log.entries, key=lambda one: one.id)
    ends = [(part[-1].created, part[0].created) for part in taken if part]
    assert all(newest <= oldest for (_, newest), (oldest, _) in pairwise(ends))


@pytest.mark.parametrize("seed", range(3))
def test_busy_day_costs_hardly_more_than_its_full_pages(seed):
    log = Log([number * DAY // 80_000 for number in range(80_000)])

    taken = log.read(39 * DAY, random.Random(seed))

    assert log.pages <= 800 * 1.1
    assert max(len(part) for part in taken) <= 1_500


def test_first_slices_are_short():
    log = Log([number * DAY // 80_000 for number in range(80_000)])

    taken = log.read(39 * DAY, random.Random(1))

    assert [len(part) for part in taken[:3]] == pytest.approx([200, 300, 400], abs=10)


def test_bursts_of_an_hour_cost_no_more_than_their_pages():
    ages = [*range(1, 130), *(one % 3 + 1_500 for one in range(150)), *range(3_000, 3_100)]
    log = Log(ages)
    log.read(40 * DAY - 3_500, random.Random(1))
    assert log.pages <= 5


def test_few_events_of_a_long_time_cost_few_pages():
    log = Log([number * DAY // 20 for number in range(500)])

    log.read(9 * DAY, random.Random(1))

    assert log.pages <= 10


@pytest.mark.parametrize(
    ("waits", "counts"),
    [
        ([0.1, 0.1, 0.1, 0.1], [2, 4, 8, 8]),
        ([0.1, 0.4, 0.4], [2, 4, 4]),
        ([0.1, 0.1, 0.9, 0.9], [2, 4, 8, 2]),
    ],
)
def test_as_many_are_read_at_once_as_the_limit_needs(waits, counts):
    slices: LogSlices[str] = LogSlices(Window(0).after("evt_1", DAY), 1, 8, 100)

    seen = []
    for waited in waits:
        begun = list(iter(slices.begin, None))
        seen.append(len(begun))
        for one in begun:
            slices.end(one, Found("", one.pages, None, waited))
        while slices.take() is not None:
            pass

    assert seen == counts


def test_sparse_slices_side_by_side_make_the_next_one_no_longer_than_one_of_them_would():
    slices: LogSlices[str] = LogSlices(Window(0).after("evt_1", 40 * DAY), 60, 8, 100)
    for _ in range(3):
        for one in list(iter(slices.begin, None)):
            slices.end(one, Found("", length_of(one) / 60))
    begun = list(iter(slices.begin, None))
    assert [length_of(one) for one in begun] == [600] * 8

    for one in begun:
        slices.end(one, Found("", 0.1))

    following = slices.begin()
    assert following is not None
    assert length_of(following) == 4 * 600


def length_of(one: Slice[str]) -> int:
    assert one.window.end is not None
    return one.window.end - one.window.start


def test_what_could_not_be_read_is_raised_in_its_turn_and_nothing_newer_is_begun():
    slices: LogSlices[str] = LogSlices(Window(0).after("evt_1", DAY), 60, 4, 100)
    first, second = slices.begin(), slices.begin()
    assert first is not None and second is not None

    second.error = OSError("cut")

    assert slices.begin() is None
    assert slices.take() is None
    slices.end(first, Found("first", 1.0))
    assert slices.take() == "first"
    with pytest.raises(OSError, match="cut"):
        slices.take()
