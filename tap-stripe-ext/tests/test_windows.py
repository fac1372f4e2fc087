"""Windows of `created`: cutting, resuming, slicing, clustering."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tap_stripe_ext.windows import Window, replaced, slices

seconds = st.integers(min_value=0, max_value=2_000_000_000)


def test_window_over_everything_filters_nothing():
    assert Window(0).created_filter() == {}


def test_window_filters_from_its_start_to_before_its_end():
    assert Window(100, 200).created_filter() == {"gte": 100, "lt": 200}


def test_cut_keeps_the_cursor_in_the_newer_part():
    begun = Window(0, None).after("ch_9", 10_000)

    assert begun.cut_at(9_200) == (Window(9_200, None, "ch_9", 10_000), Window(0, 9_200))


def test_lost_cursor_means_reading_from_the_second_that_was_reached():
    assert Window(0, None, "ch_gone", 700).restarted() == Window(0, 701)


def test_replaced_keeps_the_other_windows():
    one, two, left = Window(0, 5), Window(5, 9), Window(0, 5, "x", 3)

    assert replaced((one, two), one, (left,)) == (two, left)
    assert replaced((one, two), two, ()) == (one,)


@given(
    start=seconds,
    span=st.integers(min_value=0, max_value=3_000_000),
    longest=st.integers(min_value=1, max_value=10_000),
)
def test_slices_follow_one_another_without_gap(start, span, longest):
    rest = Window(start).after("evt_last", start + span)
    parts = slices(start, rest, longest, most=96)

    assert len(parts) <= 97
    assert parts[0].start == start
    assert [one.end for one in parts[:-1]] == [one.start for one in parts[1:]]
    assert (parts[-1].end, parts[-1].cursor) == (None, "evt_last")
