"""A bookmark: read again from the overlap on, emit what is new, never pass the present."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tap_monstock.bookmark import Bookmark, short_hash

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def floor(position: datetime) -> datetime:
    return position - timedelta(seconds=60)


def seconds(number: float) -> datetime:
    return NOON + timedelta(seconds=number)


def handled(*records: tuple[float, int, int]) -> Bookmark:
    """A bookmark after these records: (seconds after noon, key, content)."""
    bookmark = Bookmark(floor)
    for at, key, content in records:
        bookmark.emitted(seconds(at), key, content)
        bookmark.passed(seconds(at), LATER)
    return bookmark


def again(bookmark: Bookmark) -> Bookmark:
    """What the next run knows."""
    return Bookmark(floor, bookmark.position, bookmark.packed())


def test_the_first_run_reads_everything_or_from_a_start() -> None:
    assert Bookmark(floor).since is None
    assert Bookmark(floor, begin=NOON).since == NOON


def test_the_next_run_begins_before_the_newest_moment() -> None:
    assert again(handled((0, 1, 1), (90, 2, 2))).since == seconds(30)


def test_what_was_emitted_is_not_new_and_all_else_is() -> None:
    bookmark = again(handled((0, 1, 1), (50, 2, 2), (90, 3, 3)))
    assert not bookmark.is_new(seconds(90), 3, 3)
    assert not bookmark.is_new(seconds(50), 2, 2)
    assert bookmark.is_new(seconds(50), 2, 7), "changed without another moment"
    assert bookmark.is_new(seconds(50), 4, 4), "became visible late"
    assert bookmark.is_new(seconds(90), 5, 5), "has the same moment"
    assert not bookmark.is_new(seconds(20), 6, 6), "read for another stream that is behind"


def test_a_change_that_is_taken_back_within_one_moment_is_emitted() -> None:
    bookmark = handled((0, 1, 1), (0, 1, 2))
    assert bookmark.is_new(NOON, 1, 1)
    assert again(bookmark).is_new(NOON, 1, 1)


def test_only_what_the_overlap_holds_is_remembered() -> None:
    many = handled(*((float(number), number, number) for number in range(1000)))
    assert len(many.packed()) < 61 * 28
    last = again(many)
    assert not last.is_new(seconds(999), 999, 999)
    assert not last.is_new(seconds(939), 939, 939)


def test_a_moment_of_the_future_does_not_hide_what_comes_before_it() -> None:
    bookmark = Bookmark(floor)
    bookmark.emitted(LATER, 1, 1)
    bookmark.passed(LATER, NOON)
    assert bookmark.position == NOON
    next_run = again(bookmark)
    assert next_run.is_new(seconds(5), 2, 2)
    assert not next_run.is_new(LATER, 1, 1)


def test_a_moment_of_another_century_is_kept_like_any_of_the_future() -> None:
    far = datetime(2199, 12, 31, tzinfo=UTC)
    bookmark = Bookmark(floor)
    bookmark.emitted(far, 1, 1)
    bookmark.passed(far, NOON)
    assert not again(again(bookmark)).is_new(far, 1, 1)


def test_a_bookmark_never_goes_back() -> None:
    bookmark = handled((90, 1, 1))
    bookmark.passed(NOON, LATER)
    assert bookmark.position == seconds(90)


def test_a_bookmark_survives_being_packed_again_and_again() -> None:
    bookmark = handled((0.25, 1, 1), (59.75, 2, 2))
    for _ in range(3):
        bookmark = again(bookmark)
        assert not bookmark.is_new(seconds(0.25), 1, 1)
        assert not bookmark.is_new(seconds(59.75), 2, 2)


@pytest.mark.parametrize(("seen", "said"), [("?", "damaged"), ("AAAA", "cut off")])
def test_what_was_not_packed_is_refused(seen: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Bookmark(floor, NOON, seen)


def test_a_hash_depends_on_all_of_a_value_and_on_nothing_else() -> None:
    assert short_hash({"a": [1, None]}) == short_hash({"a": [1, None]})
    assert short_hash(["1", "2"]) != short_hash(["12", ""])
    assert short_hash(["ord_1"]) == 2845773733886446098
