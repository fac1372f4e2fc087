"""The log's bookmark: overlap, late entries, ties within a second, and its size."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_stripe_ext.event_log import Entry, LogBookmark

OVERLAP = 600


def test_bookmark_reads_the_overlap_again():
    assert LogBookmark(10_000).read_from(OVERLAP) == 9_400


def test_handled_entry_of_the_overlap_is_not_new():
    bookmark = LogBookmark(0).advanced([Entry("evt_1", 1_000)], OVERLAP)

    assert not bookmark.is_new(Entry("evt_1", 1_000), OVERLAP)


def test_late_entry_of_the_overlap_is_new():
    bookmark = LogBookmark(0).advanced([Entry("evt_1", 1_000)], OVERLAP)

    assert bookmark.is_new(Entry("evt_late", 400), OVERLAP)


def test_entry_of_the_same_second_as_the_position_is_new():
    bookmark = LogBookmark(0).advanced([Entry("evt_1", 1_000)], OVERLAP)

    assert bookmark.is_new(Entry("evt_tie", 1_000), OVERLAP)


def test_entry_before_the_overlap_is_not_new():
    assert not LogBookmark(10_000).is_new(Entry("evt_old", 9_399), OVERLAP)


def test_bookmark_forgets_what_left_the_overlap():
    bookmark = LogBookmark(0).advanced([Entry("evt_1", 1_000), Entry("evt_2", 1_601)], OVERLAP)

    assert list(bookmark.handled) == [1_601]


def test_bookmark_never_goes_back():
    assert LogBookmark(5_000).advanced([Entry("evt_1", 10)], OVERLAP).position == 5_000


def test_ten_thousand_entries_take_134_kilobytes():
    entries = [Entry(f"evt_{number}", 1_000 + number % 600) for number in range(10_000)]

    assert len(LogBookmark(0).advanced(entries, OVERLAP).packed()[0]) == 133_336


def test_fifty_thousand_entries_take_half_a_megabyte_in_memory():
    entries = [Entry(f"evt_{number}", 1_000 + number % 600) for number in range(50_000)]
    handled = LogBookmark(0).advanced(entries, OVERLAP).handled

    assert sum(map(len, handled.values())) == 50_000
    assert sys.getsizeof(dict(handled)) + sum(map(sys.getsizeof, handled.values())) < 500_000


@pytest.mark.parametrize("text", ["AAAA", "not base64!", "AAAAAAAAAAAAA"])
def test_damaged_bookmark_is_refused(text):
    with pytest.raises(ValueError):
        LogBookmark.unpacked(1, text)


entries = st.lists(
    st.builds(Entry, st.text(min_size=1, max_size=12), st.integers(0, 2_000_000_000)),
    unique_by=lambda one: one.id,
)


@given(entries)
def test_bookmark_survives_being_written_and_read(some):
    bookmark = LogBookmark(0).advanced(some, OVERLAP)

    again = LogBookmark.unpacked(bookmark.position, *bookmark.packed())
    assert again == bookmark


@given(entries)
def test_sealed_bookmark_opened_by_the_same_entries_is_as_it_was(some):
    bookmark = LogBookmark(0).advanced(some, OVERLAP)

    again = LogBookmark.unpacked(bookmark.position, *bookmark.to_write(fewest=0).packed())
    assert again.opened(some) == bookmark


def _of_a_busy_account() -> LogBookmark:
    entries = [Entry(f"evt_{number}", 1_000 + number % 601) for number in range(48_080)]
    return LogBookmark(0).advanced(entries, OVERLAP)


def test_eighty_events_a_second_take_73_kilobytes_in_a_state():
    handled, sealed = _of_a_busy_account().to_write().packed()

    assert (len(handled), len(sealed)) == (65_068, 7_200)


def test_young_seconds_and_those_of_one_event_are_not_sealed():
    some = [Entry("evt_1", 1_000), Entry("evt_2", 1_500), Entry("evt_3", 1_500)]
    bookmark = LogBookmark(0).advanced(some, OVERLAP)

    assert bookmark.to_write(fewest=0).sealed == {}
    later = bookmark.advanced([Entry("evt_4", 1_561)], OVERLAP)
    assert list(later.to_write(fewest=0).sealed) == [1_500]
    assert later.to_write() == later


@pytest.mark.parametrize(
    ("there", "new"),
    [
        (["evt_1", "evt_2"], []),
        (["evt_1", "evt_2", "evt_late"], ["evt_1", "evt_2", "evt_late"]),
        (["evt_1"], ["evt_1"]),
    ],
    ids=["as before", "one more", "one less"],
)
def test_second_that_is_not_as_it_was_sealed_is_new_as_a_whole(there, new):
    sealed = LogBookmark(1_600, sealed=_sealed(["evt_1", "evt_2"], 1_010))
    entries = [Entry(name, 1_010) for name in there]

    opened = sealed.opened(entries)
    assert [one.id for one in entries if opened.is_new(one, OVERLAP)] == new


def _sealed(names: list[str], second: int) -> dict[int, int]:
    entries = [*(Entry(name, second) for name in names), Entry("evt_last", 1_600)]
    return dict(LogBookmark(0).advanced(entries, OVERLAP).to_write(fewest=0).sealed)


@given(
    events=st.lists(
        st.tuples(st.integers(0, 5_000), st.integers(0, OVERLAP)),  # created, seconds till visible
        max_size=60,
    ),
    pauses=st.lists(st.integers(1, 2_000), max_size=20),
)
def test_each_event_is_handled_exactly_once_however_late_it_becomes_visible(events, pauses):
    log = [
        (Entry(f"evt_{number}", created), created + delay)
        for number, (created, delay) in enumerate(events)
    ]
    handled: list[str] = []
    bookmark = LogBookmark(0)
    now = 0
    for pause in [*pauses, 10_000]:
        now += pause
        visible = [entry for entry, at in log if at <= now]
        read = [entry for entry in visible if entry.created >= bookmark.read_from(OVERLAP)]
        handled += [entry.id for entry in read if bookmark.is_new(entry, OVERLAP)]
        bookmark = bookmark.advanced(read, OVERLAP)

    assert sorted(handled) == sorted(entry.id for entry, _ in log)


@given(
    events=st.lists(st.tuples(st.integers(0, 1_500), st.integers(0, OVERLAP)), max_size=60),
    pauses=st.lists(st.integers(1, 600), max_size=20),
)
def test_no_event_is_missed_by_runs_that_have_only_the_state_of_the_one_before(events, pauses):
    log = [
        (Entry(f"evt_{number}", created), created + delay)
        for number, (created, delay) in enumerate(events)
    ]
    handled: set[str] = set()
    bookmark = LogBookmark(0)
    now = 0
    for pause in [*pauses, 10_000]:
        now += pause
        sealed = LogBookmark.unpacked(bookmark.position, *bookmark.to_write(fewest=0).packed())
        visible = [entry for entry, at in log if at <= now]
        bookmark = sealed.opened(visible)
        read = [entry for entry in visible if entry.created >= bookmark.read_from(OVERLAP)]
        handled |= {entry.id for entry in read if bookmark.is_new(entry, OVERLAP)}
        bookmark = bookmark.advanced(read, OVERLAP)

    assert handled == {entry.id for entry, _ in log}
