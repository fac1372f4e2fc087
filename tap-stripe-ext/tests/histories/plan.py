"""Histories as data, so that hypothesis can shrink and print them."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from monstock_stripe_sandbox.faults import Fault

DAY = 86_400
EVENTS = "events"
MANY = 12  # more than an embedded list holds
COMMERCE = (
    "payments",
    "payment_intents",
    "charges",
    "refunds",
    "disputes",
    "checkout_sessions",
    "invoices",
    "customers",
    "balance_transactions",
    "events",
)


@dataclass(frozen=True)
class Action:
    """Something that happens at Stripe.

    Args:
        verb: see `trade.Trade`.
        where: chooses the stream.
        which: chooses the object.
    """

    verb: str
    where: int = 0
    which: int = 0


@dataclass(frozen=True)
class Reading:
    """A run of the tap, and what happens before and during it.

    Args:
        before: what happens at Stripe before it.
        wait: seconds that pass before it.
        meanwhile: what happens during it, each with the number of the request before which it does.
        cut: after so many thousandths of its messages the target is gone; None for never.
        back: so many states before the last one are where the next run goes on.
        keeps: whether the target then still has what it got after that state.
        fault: what goes wrong.
        attempts: how often the tap tries; with 1 the run fails.
    """

    before: tuple[Action, ...] = ()
    wait: int = 0
    meanwhile: tuple[tuple[int, Action], ...] = ()
    cut: int | None = None
    back: int = 0
    keeps: bool = True
    fault: Fault | None = None
    attempts: int = 9


@dataclass(frozen=True)
class History:
    """A history of one account and of its readers.

    Args:
        streams: those that are read.
        late: so many of them are only read from the second run on.
        delay: within so many seconds, rows and events become visible.
        interval: the setting relist_interval.
        concurrency: the setting.
        rest: seconds from the last event of the history to the run at its end.
        small: whether pages, stretches between states and the like are so small that a history
            has many of them.
        readings: the runs; one more comes at the end, when all has come to rest.
    """

    streams: tuple[str, ...]
    late: int = 0
    delay: int = 0
    interval: int = 0
    concurrency: int = 1
    small: bool = False
    rest: int = 7_200
    readings: tuple[Reading, ...] = ()


VERBS = ("create", "create", "change", "change", "delete", "delete", "many", "trade", "trade")
WAITS = (0, 0, 1, 40, 700, 4_000, 3 * DAY, 31 * DAY)
FAULTS = (
    None,
    None,
    None,
    Fault("status", status=500, every=3, times=2),
    Fault("status", status=429, every=2, times=2),
    Fault("cut_before", every=4, times=2),
    Fault("cut_half", every=3, times=1),
    Fault("half_json", every=2, times=1),
    # Only what is read for the sake of an event.
    Fault("status", path="/v1/*/*_*", status=500, times=2),
    Fault("status", path="/v1/*/*_*", status=500, every=2, times=4),
)


def actions() -> st.SearchStrategy[Action]:
    return st.builds(Action, st.sampled_from(VERBS), st.integers(0, 11), st.integers(0, 7))


def readings() -> st.SearchStrategy[Reading]:
    return st.builds(
        Reading,
        before=st.lists(actions(), min_size=3, max_size=8).map(tuple),
        wait=st.sampled_from(WAITS),
        meanwhile=st.lists(st.tuples(st.integers(1, 25), actions()), min_size=1, max_size=4).map(
            lambda some: tuple(sorted(some, key=lambda one: one[0]))
        ),
        cut=st.none() | st.integers(0, 1000),
        back=st.sampled_from((0, 0, 0, 1, 2)),
        keeps=st.booleans(),
        fault=st.sampled_from(FAULTS),
        attempts=st.sampled_from((9, 9, 1)),
    )


def histories(streams: tuple[str, ...], most: int | None = None) -> st.SearchStrategy[History]:
    """Draw histories of so many neighbours among the streams, or of all of them."""
    count = len(streams) if most is None else most
    places = st.just(0) if most is None else st.integers(0, len(streams) - 1)
    return st.builds(
        History,
        streams=places.map(lambda first: (streams[first:] + streams[:first])[:count]),
        late=st.integers(0, 2),
        delay=st.sampled_from((0, 3, 45)),
        interval=st.sampled_from((0, 3_600)),
        concurrency=st.sampled_from((1, 1, 1, 3)),
        small=st.booleans(),
        rest=st.sampled_from((7_200, 4 * DAY)),  # money becomes available within three days
        readings=st.lists(readings(), min_size=2, max_size=4).map(tuple),
    )
