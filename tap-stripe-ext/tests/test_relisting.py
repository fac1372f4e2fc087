"""Silent edits: what is remembered of payments, and for how long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_stripe_ext.relisting import MOST_RECENT, EditMemory, Seen, seen_of, seen_of_json

INTENT = (
    b'{"id":"pi_1","object":"payment_intent","created":100,"metadata":{"b":"2","a":"1"},'
    b'"description":null,"amount":5}'
)


def snapshot(**changed):
    return {
        "version": 7,
        "payment_intent": {
            "id": "pi_1",
            "created": 100,
            "metadata": {},
            "description": None,
            "payment_details": None,
        },
        "charge": None,
        "checkout_sessions": [],
        "invoices": [],
        **changed,
    }


def test_payment_that_was_emitted_as_it_is_was_not_edited():
    seen = seen_of_json(INTENT)

    assert not EditMemory().with_seen([seen], 0, 0).is_edited(seen)


@pytest.mark.parametrize(
    "edit",
    [
        (b'"a":"1"', b'"a":"one"'),
        (b'"description":null', b'"description":"order 7"'),
        (b'"amount":5', b'"payment_details":{"order_reference":"SO-1"}'),
    ],
)
def test_edit_of_metadata_description_or_order_reference_is_noticed(edit):
    memory = EditMemory().with_seen([seen_of_json(INTENT)], 0, 0)

    assert memory.is_edited(seen_of_json(INTENT.replace(*edit)))


def test_order_of_metadata_does_not_matter():
    memory = EditMemory().with_seen([seen_of_json(INTENT)], 0, 0)

    assert not memory.is_edited(
        seen_of_json(INTENT.replace(b'{"b":"2","a":"1"}', b'{"a":"1","b":"2"}'))
    )


def test_change_of_amount_is_no_edit_since_an_event_tells_of_it():
    memory = EditMemory().with_seen([seen_of_json(INTENT)], 0, 0)

    assert not memory.is_edited(seen_of_json(INTENT.replace(b'"amount":5', b'"amount":6')))


@pytest.mark.parametrize(
    ("changed", "unlinked"),
    [
        ({}, True),
        ({"charge": {"metadata": {"monstock_order_id": "ord_1"}}}, False),
        ({"invoices": [{"metadata": {"monstock_order_number": "SO-1"}}]}, False),
        ({"invoices": [{"metadata": None}]}, True),
        ({"checkout_sessions": [{"client_reference_id": "SO-1", "metadata": {}}]}, False),
        (
            {
                "checkout_sessions": [
                    {"payment_link": {"id": "p", "metadata": {"monstock_order_id": "o"}}}
                ]
            },
            False,
        ),
        ({"charge": {"metadata": {"order_id": "1234"}}}, True),
    ],
)
def test_payment_is_unlinked_where_nothing_names_an_order(changed, unlinked):
    seen = seen_of(snapshot(**changed), ("monstock_order_id", "monstock_order_number"))

    assert seen is not None
    assert seen.unlinked is unlinked


def test_unlinked_payment_is_watched_after_it_is_recent_no_more():
    memory = EditMemory().with_seen([Seen("pi_old", 50, 7, unlinked=True)], 100, 0)

    assert memory.unlinked_before(100) == {"pi_old": 7}


def test_unlinked_payment_is_given_up_after_its_days():
    memory = EditMemory().with_seen([Seen("pi_old", 50, 7, unlinked=True)], 100, 0)

    assert memory.after_look(1_000, 100, 60).unlinked == {}


def test_payment_that_got_linked_is_watched_no_more():
    memory = EditMemory().with_seen([Seen("pi_old", 50, 7, unlinked=True)], 100, 0)

    linked = memory.with_seen([Seen("pi_old", 50, 8, unlinked=False)], 100, 0)
    assert linked.unlinked == {}


def test_memory_keeps_the_newest_and_looks_no_further_back():
    many = [Seen(f"pi_{number}", number, 1, unlinked=False) for number in range(MOST_RECENT + 10)]
    memory = EditMemory().with_seen(many, 0, 0)
    again = EditMemory.unpacked(0, memory.packed(), {})

    assert len(again.recent) == MOST_RECENT
    assert memory.look_from(0) == again.look_from(0) == 10
    assert len(memory.packed()) == 186_668


def test_oldest_recent_payments_are_dropped_as_ever_more_come():
    memory = EditMemory()
    for first in range(0, 3 * MOST_RECENT, 1_500):
        some = [Seen(f"pi_{one}", one, 1, unlinked=False) for one in range(first, first + 1_500)]
        memory = memory.with_seen(some, 0, 0)

        assert len(memory.recent) <= MOST_RECENT + 2_500
    assert memory.look_from(0) == 2 * MOST_RECENT


seen_payments = st.lists(
    st.builds(
        Seen,
        st.text(min_size=1, max_size=10),
        st.integers(0, 2_000_000_000),
        st.integers(0, 2**32 - 1),
        st.booleans(),
    )
)


@given(seen_payments)
def test_memory_survives_being_written_and_read(payments):
    memory = EditMemory(9).with_seen(payments, 0, 0)

    again = EditMemory.unpacked(9, memory.packed(), memory.unlinked)
    assert dict(again.recent) == dict(memory.recent)
    assert dict(again.unlinked) == dict(memory.unlinked)
