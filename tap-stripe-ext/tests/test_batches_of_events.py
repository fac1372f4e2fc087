"""When events are handed on: at once where they tell of new objects, else many at a time."""

from __future__ import annotations

from tap_stripe_ext.event_log import Entry
from tap_stripe_ext.event_reader import FEWEST_PER_BATCH, MOST_PER_BATCH, EventSlice, Gathered
from tap_stripe_ext.notices import Notice, Target

NOW = 1_800_000_000


def events(count: int, age: int | None, first: int = 0) -> EventSlice:
    """Return events that each tell of an object of its own, made `age` seconds before."""
    created = None if age is None else NOW - age
    return EventSlice(
        tuple(
            Notice(
                Entry(f"evt_{number}", NOW),
                (Target("charges", "charges", f"ch_{number}", created=created),),
            )
            for number in range(first, first + count)
        )
    )


def is_enough(*slices: EventSlice, more: bool = False) -> bool:
    gathered = Gathered()
    for one in slices:
        gathered.add(one)
    return gathered.is_enough(more=more)


def test_events_of_new_objects_are_handed_on_soon():
    assert is_enough(events(FEWEST_PER_BATCH, age=60))
    assert not is_enough(events(FEWEST_PER_BATCH - 1, age=60))


def test_what_can_be_had_at_once_is_taken_along():
    assert not is_enough(events(FEWEST_PER_BATCH, age=60), more=True)


def test_events_of_old_objects_wait_for_more():
    assert not is_enough(events(FEWEST_PER_BATCH, age=86_400))
    assert not is_enough(events(FEWEST_PER_BATCH, age=None))
    assert is_enough(events(MOST_PER_BATCH, age=86_400))


def test_object_is_new_if_any_of_its_events_says_so():
    same = events(FEWEST_PER_BATCH, age=None)

    assert is_enough(same, events(FEWEST_PER_BATCH, age=60))


def test_some_old_objects_among_new_ones_change_nothing():
    few = FEWEST_PER_BATCH // 50

    assert is_enough(events(FEWEST_PER_BATCH, age=60), events(few, age=None, first=10_000))


def test_what_was_taken_is_not_gathered_any_more():
    gathered = Gathered()
    gathered.add(events(FEWEST_PER_BATCH, age=60))

    assert len(gathered.taken().notices) == FEWEST_PER_BATCH
    assert gathered.taken().notices == ()
