"""What is due at a pause, how long a failing system is waited for, when a slice ends."""

import io
import os
from itertools import pairwise
from typing import Any

import pytest
from target_common.intake import PAUSE, Intake
from target_common.lines import GivenLines, PipeLines
from target_common.newest import BatchSize, Newest
from target_common.outage import Outage
from target_common.reader import MessageReader
from target_common.slices import Slice
from target_common.testing import Ticks
from target_common.timing import Timer


def test_a_pipe_says_that_no_line_is_ready_and_gives_half_a_line_once_it_is_whole() -> None:
    reading, writing = os.pipe()
    lines = PipeLines(reading)
    os.write(writing, b"one\ntw")

    assert lines.next(1) == b"one"
    assert lines.next(0.001) is None
    os.write(writing, b"o\nthree")
    os.close(writing)
    assert [lines.next(1), lines.next(1)] == [b"two", b"three"]
    assert lines.next(1) is None
    assert lines.ended
    lines.close()
    os.close(reading)


def test_a_woken_pipe_ends_its_wait_and_loses_no_line() -> None:
    reading, writing = os.pipe()
    lines = PipeLines(reading)
    os.write(writing, b"one\n")
    os.close(writing)

    assert lines.wake()
    assert lines.next(60) is None
    assert not lines.ended
    assert lines.next(60) == b"one"
    lines.close()
    os.close(reading)


def test_lines_are_taken_in_the_middle_of_something_no_more_than_so_many_and_in_order() -> None:
    reader = MessageReader()
    seen: list[int] = []
    counts: list[int] = []

    def state(message: dict[str, Any]) -> None:
        seen.append(message["value"])
        if message["value"] == 0:
            counts.extend([reader.take_ready(3), reader.take_ready(3), reader.take_ready(3)])

    lines = b"".join(b'{"type": "STATE", "value": %d}\n' % number for number in range(6))
    counted = reader.process_lines(io.BytesIO(lines), {"STATE": state})

    assert counts == [3, 2, 0]
    assert seen == [0, 1, 2, 3, 4, 5]
    assert counted["STATE"] == 6
    assert reader.take_ready(3) == 0


def test_given_lines_end_without_a_pause() -> None:
    lines = GivenLines([b"a", b"b"])

    assert [lines.next(0), lines.next(0), lines.next(0)] == [b"a", b"b", None]
    assert lines.ended


def test_a_batch_is_due_when_it_is_full_or_a_second_old() -> None:
    intake = Intake(3, now=0.0)
    intake.took_record(now=0.1)
    intake.took_record(now=0.2)

    assert not intake.is_batch_due(now=1.0)
    assert intake.is_batch_due(now=1.1)
    intake.took_record(now=0.3)
    assert intake.is_batch_due(now=0.3)
    intake.stored()
    assert not intake.is_batch_due(now=9.0)


def test_a_state_waits_a_second_at_most_while_nothing_comes() -> None:
    intake = Intake(5000, now=0.0)
    intake.took_state()
    assert intake.is_state_due(now=1.0)
    intake.returned_state(now=1.0)
    assert intake.rests(now=1.1) == float("inf")

    intake.took_state()

    assert not intake.is_state_due(now=1.5)
    assert intake.rests(now=1.5) == 0.5
    assert intake.is_state_due(now=2.0)


def test_pages_that_pour_are_not_taken_apart_at_each_pause() -> None:
    intake = Intake(5000, now=0.0)
    intake.took_record(now=0.0)
    assert intake.pause(now=0.0) == PAUSE
    for _ in range(150):
        intake.took_record(now=0.1)

    assert intake.pause(now=0.1) == 0.2
    assert intake.pause(now=0.1, work_waits=True) == PAUSE
    assert intake.pause(now=2.0) == PAUSE


def waits(outage: Outage, failures: int, *, needs_person: bool = False) -> list[float]:
    found = []
    now = 0.0
    for _ in range(failures):
        outage.failed("503", now, needs_person=needs_person)
        found.append(outage.rests(now))
        now += outage.rests(now)
    return found


def test_a_failing_system_is_tried_again_later_and_later_up_to_a_minute() -> None:
    assert waits(Outage("Monstock", chance=lambda: 1.0), 8) == [2, 4, 8, 16, 32, 60, 60, 60]
    assert waits(Outage("Monstock", chance=lambda: 0.0), 8) == [1, 2, 4, 8, 16, 30, 30, 30]


def test_where_a_person_is_needed_it_is_tried_once_a_minute() -> None:
    assert waits(Outage("Monstock"), 3, needs_person=True) == [60, 60, 60]


def test_a_night_of_failures_is_told_at_its_begin_at_growing_intervals_and_at_its_end() -> None:
    outage = Outage("Monstock", chance=lambda: 1.0)
    said: list[tuple[float, str]] = []
    now = 0.0
    while now < 8 * 3600:
        line = outage.failed("503", now, needs_person=False)
        if line:
            said.append((now, line))
        now += outage.rests(now)

    assert said[0][1].startswith("503 What comes meanwhile is kept")
    gaps = [after - before for (before, _), (after, _) in pairwise(said)]
    assert gaps == sorted(gaps)
    assert len(said) < 16
    assert outage.worked(now) == "Monstock works again after 8 h 0 min."
    assert outage.worked(now) is None
    assert outage.rests(now) == 0


@pytest.mark.parametrize(
    ("pours", "waiting", "over_at"), [(False, True, 0.1), (True, True, 1.0), (False, False, 5.0)]
)
def test_a_slice_ends_for_new_input_or_when_it_was_long(
    *, pours: bool, waiting: bool, over_at: float
) -> None:
    ticks = Ticks()
    slice_ = Slice(lambda: waiting, pours=pours, clock=ticks)

    ticks.now = over_at - 0.01
    assert not slice_.is_over()
    assert not slice_.was_cut
    ticks.now = over_at
    assert slice_.is_over()
    assert slice_.was_cut


def test_a_timer_is_due_after_its_time_and_again_after_as_much() -> None:
    timer = Timer(60, now=0.0)

    assert (timer.is_due(59.0), timer.is_due(60.0)) == (False, True)
    timer.restart(61.0)
    assert timer.rests(100.0) == 21.0


def test_what_came_last_goes_first_and_is_forgotten_where_it_is_too_much() -> None:
    newest = Newest()
    newest.add(["a", "b"])
    newest.add(["a", "c"])

    assert newest.take(2) == ("c", "a")
    assert newest.take(2) == ("b",)
    assert newest.take(2) == ()
    newest.add(map(str, range(5000)))
    assert len(newest.take(5000)) == 1000


def test_what_is_put_back_goes_behind_what_came_since() -> None:
    newest = Newest()
    newest.add(["a", "b", "c"])
    taken = newest.take(2)
    newest.add(["news"])

    newest.put_back(taken)

    assert newest.take(4) == ("news", "c", "b", "a")


def test_a_backlog_does_not_push_aside_what_happens_now() -> None:
    newest = Newest()
    newest.add(["now"])
    newest.add(map(str, range(5000)), {str(number): float(number) for number in range(5000)})
    assert newest.take(3) == ("now", "4999", "4998")


def test_batches_get_smaller_where_they_take_long() -> None:
    ticks = Ticks()
    batch = BatchSize(ticks)

    for seconds, size in ((6.0, 500), (3.0, 250), (0.3, 250), (0.1, 500)):
        with batch.timed():
            ticks.now += seconds
        assert batch.size == size
