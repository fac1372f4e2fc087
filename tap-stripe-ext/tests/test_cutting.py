"""Cutting windows: everything is read once, by few requests, with readers at work side by side."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tap_stripe_ext.cutting import Cutting
from tap_stripe_ext.event_log import Entry
from tap_stripe_ext.side_lists import SideLists
from tap_stripe_ext.sources import Chunk, Rest
from tap_stripe_ext.windows import Window

DAY = 86_400


@dataclass
class Simulated:
    """A list of Stripe's whose objects are the numbers 0, 1, … with these moments of creation."""

    created: list[int]  # newest first
    page_size: int = 100
    stream: str = "charges"
    name: str = "charges"
    is_cut: bool = True
    read: list[int] = field(default_factory=list)
    requests: int = 0

    def __post_init__(self) -> None:
        self.ages = [-created for created in self.created]

    def begin(self, window: Window) -> None:  # noqa: ARG002
        return None

    def rest(self, rest: Rest) -> Chunk:
        raise NotImplementedError(rest)

    def chunk(self, window: Window, side: SideLists | None = None) -> Chunk:  # noqa: ARG002
        first = 0 if window.end is None else bisect_left(self.ages, 1 - window.end)
        if window.cursor is not None:
            first = int(window.cursor) + 1
        end = bisect_left(self.ages, 1 - window.start)
        numbers = range(first, max(min(first + self.page_size, end), first))
        self.read += numbers
        self.requests += 1
        last = Entry(str(numbers[-1]), self.created[numbers[-1]]) if numbers else None
        newest = self.created[numbers[0]] if numbers else 0
        return Chunk(newest=newest, last=last, has_more=first + self.page_size < end)


def rounds(one: Simulated, readers: int, start: int = 0) -> int:
    """Read all windows, `readers` pages at a time; return how many such rounds it took."""
    cutting = Cutting()
    windows = [Window(start)]
    done = 0
    while windows:
        done += 1
        now, windows = windows[:readers], windows[readers:]
        for position, window in enumerate(now, start=1):
            chunk = one.chunk(window)
            others = len(now) - position + len(windows)
            windows += cutting.left_of(one, window, chunk, cut=others + 1 < readers)
    return done


@settings(max_examples=60)
@given(
    created=st.lists(st.integers(min_value=0, max_value=10**6), max_size=300),
    readers=st.integers(min_value=1, max_value=8),
    page_size=st.integers(min_value=1, max_value=7),
    start=st.integers(min_value=0, max_value=10**6),
)
def test_each_object_is_read_once(created, readers, page_size, start):
    one = Simulated(sorted(created, reverse=True), page_size)

    rounds(one, readers, start)

    wanted = [number for number, made in enumerate(one.created) if made >= start]
    assert sorted(one.read) == wanted


@pytest.mark.parametrize("days", [1, 30, 3_000])
def test_many_readers_are_at_work_and_few_requests_are_for_nothing(days):
    pages, readers = 600, 8
    step = days * DAY / (pages * 100)
    one = Simulated([int(1_800_000_000 - number * step) for number in range(pages * 100)])

    took = rounds(one, readers)

    assert one.requests <= pages * 1.08
    assert took <= pages / readers * 1.25


def test_busy_days_between_empty_years_are_shared_out():
    busy = [1_800_000_000 - number * 3 for number in range(20_000)]
    old = [1_500_000_000 - number * 3 for number in range(20_000)]
    one = Simulated(busy + old)

    took = rounds(one, readers=8)

    assert took <= 400 / 8 * 1.7


def test_without_need_nothing_is_cut():
    one = Simulated(list(range(1_000, 0, -1)))
    chunk = one.chunk(Window(0))

    left = Cutting().left_of(one, Window(0), chunk, cut=False)

    assert left == (Window(0).after("99", 901),)
