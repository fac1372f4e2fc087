"""A run that follows: when it looks, what it does with rings and with failures. No real time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import msgspec
import pytest
from tap_common.doorbell import Ring, RingQueue
from tap_common.errors import SettingError
from tap_common.follow_settings import read_follow_settings
from tap_common.following import Following, Intervals, Look

RING = Ring("evt_1", 0.0, msgspec.Raw(b"{}"))


class Down(Exception):
    pass


class Followed:
    """Notes when it was looked at, and fails while it is told to."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.looks: list[float] = []
        self.heard: list[int] = []
        self.news = True
        self.down = False
        self.hears_all = True
        self.complete = True
        self.in_look: Callable[[], None] = lambda: None
        self.between: Callable[[], None] = lambda: None

    def look(self) -> Look:
        self.looks.append(self.clock())
        if self.down:
            raise Down("Stripe cannot be reached.")
        self.in_look()
        return Look(self.news, self.complete)

    def hear(self, rings: Sequence[Ring]) -> bool:
        if self.down:
            raise Down("Stripe cannot be reached.")
        self.heard.append(len(rings))
        self.between()
        return self.hears_all

    def listen_between(self, listen: Callable[[], None]) -> None:
        self.between = listen


class Queue(RingQueue):
    """Passes the time that it is waited for."""

    now = 1000.0

    def take(self, timeout: float | None = 0.0) -> list[Ring]:
        found = super().take(0.0)
        if not found:
            self.now += timeout or 0.0
        return found


class World:
    def __init__(self) -> None:
        self.rings = Queue()
        self.followed = Followed(lambda: self.rings.now)
        self.ready: list[bool] = []
        self.chance = 0.0
        self.following = Following(
            self.followed,
            self.rings,
            Intervals(10, 60),
            (Down,),
            lambda: None,
            on_ready=self.ready.append,
            clock=lambda: self.rings.now,
            dice=lambda: self.chance,
        )

    def until(self, moment: float) -> None:
        while self.rings.now < 1000 + moment:
            self.following.turn()

    @property
    def looks(self) -> list[float]:
        return [round(one - 1000, 1) for one in self.followed.looks]


def test_it_looks_at_once_and_then_at_the_interval_while_there_is_news() -> None:
    world = World()
    world.until(35)
    assert world.looks == [0, 10, 20, 30]
    assert world.ready == [True] * 4


@pytest.mark.parametrize(
    ("took", "looks"), [(3, [0, 10, 20, 30]), (12, [0, 13, 26, 39])], ids=["short", "long"]
)
def test_the_interval_counts_from_the_start_of_a_look(took: float, looks: list[float]) -> None:
    world = World()

    def pass_time() -> None:
        world.rings.now += took

    world.followed.in_look = pass_time
    world.until(39.5)
    assert world.looks == looks


def test_chance_has_it_look_sooner_and_never_later() -> None:
    world = World()
    world.chance = 1.0
    world.until(28)
    assert world.looks == [0, 9, 18, 27]


def test_what_rings_before_the_first_look_is_heard_after_it() -> None:
    world = World()
    heard_before: list[int] = []
    world.followed.in_look = lambda: heard_before.append(len(world.followed.heard))
    world.rings.put(RING)
    world.until(3)
    assert (world.looks, heard_before, world.followed.heard) == ([0], [0], [1])


def test_it_looks_more_and_more_seldom_while_there_is_none() -> None:
    world = World()
    world.followed.news = False
    world.until(250)
    pauses = [after - before for before, after in zip(world.looks, world.looks[1:], strict=False)]
    assert pauses == pytest.approx([15, 22.5, 33.75, 50.6, 60, 60], abs=0.2)
    world.followed.news = True
    world.until(310)
    world.until(325)
    assert world.looks[-1] - world.looks[-2] == pytest.approx(10, abs=0.2)


def test_a_ring_is_heard_at_once_and_moves_no_look() -> None:
    world = World()
    world.until(3)
    world.rings.put(RING)
    world.rings.put(RING)
    world.following.turn()
    assert world.followed.heard == [2]
    world.until(11)
    assert world.looks == [0, 10]


def test_what_could_not_be_heard_is_looked_for_soon() -> None:
    world = World()
    world.until(3)
    world.followed.hears_all = False
    world.rings.put(RING)
    world.until(5)
    assert world.looks == [0, 4]


def test_rings_are_heard_between_the_pieces_of_a_long_look_and_not_within_each_other() -> None:
    world = World()

    def long_look() -> None:
        world.rings.put(RING)
        world.followed.between()
        world.rings.put(RING)
        world.followed.between()

    world.followed.in_look = long_look
    world.following.turn()
    assert world.followed.heard == [1, 1]


def test_an_outage_is_waited_out_with_growing_pauses_and_said_seldom(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    world = World()
    world.until(5)
    world.followed.down = True
    world.until(1500)
    pauses = [b - a for a, b in zip(world.looks[1:], world.looks[2:], strict=False)]
    assert pauses[:7] == [1, 2, 4, 8, 16, 32, 60]
    assert set(pauses[7:]) == {60}
    said = [one.getMessage() for one in caplog.records]
    assert len(said) == 3  # at once, and every ten minutes
    assert "Stripe cannot be reached." in said[0]
    assert world.following.status.failing_seconds > 1400
    assert world.ready[-1] is False

    world.followed.down = False
    world.until(1600)
    assert "It works again" in caplog.records[-1].getMessage()
    assert world.ready[-1] is True
    assert world.following.status.failing_seconds == 0


def test_after_an_incomplete_look_the_next_comes_soon_and_rings_are_heard() -> None:
    world = World()
    world.followed.complete = False
    world.until(4)
    world.rings.put(RING)
    world.until(20)
    assert world.looks == [0, 1, 3, 7, 15]
    assert world.followed.heard == [1]
    assert world.ready[-1] is True


def test_a_ring_in_an_outage_has_the_next_look_tried_sooner_but_not_at_once() -> None:
    world = World()
    world.followed.down = True
    while len(world.looks) < 9:
        world.following.turn()
    last = world.looks[-1]
    world.until(last + 10)
    world.rings.put(RING)
    world.until(last + 11)
    world.rings.put(RING)
    world.until(last + 14)
    assert world.looks[-2:] == [last, pytest.approx(last + 10, abs=0.6)]


def test_what_is_no_passing_failure_ends_the_run() -> None:
    world = World()

    def refuse() -> None:
        raise PermissionError("the key is wrong")

    world.followed.in_look = refuse
    with pytest.raises(PermissionError):
        world.following.turn()


@pytest.mark.parametrize(
    ("config", "setting"),
    [
        ({"webhook_listen": "127.0.0.1:0"}, "webhook_secrets"),
        ({"poll_interval": 20, "poll_interval_idle": 10}, "poll_interval_idle"),
    ],
)
def test_settings_that_make_no_sense_together(config: dict[str, object], setting: str) -> None:
    with pytest.raises(SettingError, match=setting):
        read_follow_settings({"follow": True, **config})


def test_the_interval_is_longer_where_webhooks_ring() -> None:
    assert read_follow_settings({"follow": False}) is None
    plain = read_follow_settings({"follow": True})
    rung = read_follow_settings(
        {"follow": True, "webhook_listen": "127.0.0.1:0", "webhook_secrets": ["whsec_1"]}
    )
    assert plain is not None
    assert rung is not None
    assert plain.intervals == Intervals(10, 60)
    assert rung.intervals == Intervals(60, 60)
