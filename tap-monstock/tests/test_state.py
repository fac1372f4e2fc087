"""The state: what it says, and what is not one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tap_common.errors import StateError
from tap_monstock.state import checked_state, stream_state, whole_state


def floor(position: datetime) -> datetime:
    return position


NOON = "2026-10-01T12:00:00Z"
SAVED = {
    "replication_key": "updated_at",
    "replication_key_value": "2026-10-01T12:00:00.000005Z",
    "seen": "",
    "unreadable": ["ord_1"],
    "version": 5,
}


def test_a_state_survives_being_read_and_written() -> None:
    assert stream_state("orders", SAVED, floor).to_json() == SAVED


def test_no_state_is_the_first_run() -> None:
    state = stream_state("orders", {}, floor)
    assert (state.bookmark.since, state.unreadable, state.version) == (None, set(), None)
    assert state.to_json() == {"replication_key": "updated_at"}


def test_a_state_with_a_moment_alone_is_enough() -> None:
    saved = {"replication_key_value": NOON}
    assert stream_state("orders", saved, floor).bookmark.since == datetime(
        2026, 10, 1, 12, tzinfo=UTC
    )


def test_streams_that_are_not_read_keep_their_bookmark() -> None:
    read = {"orders": stream_state("orders", {"replication_key_value": NOON}, floor)}
    whole = whole_state({"customers": SAVED, "orders": {}}, read)["bookmarks"]
    assert whole["customers"] == SAVED
    assert whole["orders"]["replication_key_value"] == NOON


def test_what_the_sdk_adds_to_a_bookmark_is_passed_over() -> None:
    saved = SAVED | {"starting_replication_value": None, "progress_markers": {}}
    assert checked_state({"bookmarks": {"orders": saved}}) == {"orders": saved}


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ([], "is not a JSON object"),
        ({"orders": NOON}, 'no object "bookmarks"'),
        ({"bookmarks": []}, 'no object "bookmarks"'),
        ({"bookmarks": {"charges": {}}}, "'charges' is of no stream"),
        ({"bookmarks": {"orders": 5}}, "bookmarks.orders is not right"),
        ({"bookmarks": {"orders": {"replication_key_value": "noon"}}}, "replication_key_value"),
        ({"bookmarks": {"orders": {"replication_key_value": NOON[:-1]}}}, "has no time zone"),
        ({"bookmarks": {"orders": {"replication_key": "created_at"}}}, "is not updated_at"),
        ({"bookmarks": {"orders": {"replication_key_value": NOON, "seen": "AAAA"}}}, "is cut off"),
        ({"bookmarks": {"orders": {"unreadable": "ord_1"}}}, "unreadable"),
    ],
)
def test_a_state_from_elsewhere_is_refused_with_the_place(state: Any, said: str) -> None:
    with pytest.raises(StateError, match=said) as refused:
        checked_state(state)
    assert "or none for a full back-fill" in str(refused.value)
