"""The state: what it says, and what is not one."""

from __future__ import annotations

import pytest
from tap_common.errors import StateError
from tap_stripe_ext.event_log import Entry, LogBookmark
from tap_stripe_ext.settling import Stretch
from tap_stripe_ext.state import StreamState, TapState, parse_state, state_to_json
from tap_stripe_ext.whole_list import WholeMemory
from tap_stripe_ext.windows import Window

NAMES = ("charges", "payments")
LOG = LogBookmark(0).advanced([Entry("evt_1", 1_000)], 600)


def test_no_state_is_the_first_run():
    assert parse_state({}, NAMES) == TapState()


def test_state_survives_being_written_and_read():
    state = TapState(
        LOG,
        1_200,
        {
            "charges": StreamState(log=LOG),
            "payments": StreamState(
                log=LogBookmark(7),
                backfill={"charges": (Window(0, None, "ch_1", 5), Window(3, 9))},
                lists={"refunds": LogBookmark(8)},
                last_version=99,
            ),
        },
    )

    assert state_to_json(parse_state(state_to_json(state), NAMES)) == state_to_json(state)


def test_streams_in_step_share_one_bookmark():
    state = TapState(LOG, 0, {"charges": StreamState(log=LOG)})

    assert state_to_json(state)["bookmarks"]["charges"] == {"in_step": True}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ([], "is not a JSON object"),
        ({"charges": "2026-01-01"}, 'no object "bookmarks"'),
        ({"bookmarks": []}, 'no object "bookmarks"'),
        ({"bookmarks": {"orders": {}}}, "'orders' is of no stream"),
        ({"bookmarks": {"charges": {"replication_key_value": "2026"}}}, "replication_key_value"),
        ({"bookmarks": {"charges": {"log": {"position": "now"}}}}, "Expected `int`, got `str`"),
        ({"bookmarks": {"charges": {"in_step": True}}}, "in step with"),
        ({"bookmarks": {"charges": {"log": {"position": 5, "handled": "AAA"}}}}, "damaged"),
        ({"bookmarks": {"charges": {"backfill": {"charges": [[0]]}}}}, "backfill"),
        ({"bookmarks": {"charges": {"backfill": {}}}}, "not since when"),
        (
            {"bookmarks": {"event_log": {"format": 9, "position": 1, "handled": "", "checked": 1}}},
            "format 9",
        ),
        ({"bookmarks": {"payments": {"edits": "AAAA"}}}, "damaged"),
        ({"bookmarks": {"payments": {"unlinked": {"pi_1": "x"}}}}, "damaged"),
    ],
)
def test_state_from_elsewhere_is_refused_with_the_place(state, message):
    with pytest.raises(StateError, match=message) as refused:
        parse_state(state, NAMES)
    assert "or none for a full back-fill" in str(refused.value)


def test_what_the_sdk_adds_to_a_bookmark_is_passed_over():
    state = {"bookmarks": {"charges": {"starting_replication_value": None, "progress_markers": {}}}}

    assert parse_state(state, NAMES).streams == {"charges": StreamState()}


def test_state_of_the_version_before_is_still_read():
    state = {
        "bookmarks": {
            "event_log": {"format": 1, "position": 5, "handled": "", "checked": 6},
            "charges": {"in_step": True},
            "payments": {"in_step": True, "edits_at": 3, "unlinked": {"pi_1": "1:ff"}},
        }
    }

    assert state_to_json(parse_state(state, NAMES)) == state


def test_memory_of_whole_lists_and_of_what_settles_survives_being_written_and_read():
    state = TapState(
        LOG,
        0,
        {
            "charges": StreamState(
                log=LOG,
                whole=WholeMemory(9, {"acct_1 card": "0a"}),
                settling={7200: Stretch(1, 5, 7000)},
            ),
            "payments": StreamState(log=LOG, whole=WholeMemory(9, {}, is_too_long=True)),
        },
    )

    again = parse_state(state_to_json(state), NAMES)
    assert again.streams["charges"] == state.streams["charges"]
    assert again.streams["payments"] == state.streams["payments"]
