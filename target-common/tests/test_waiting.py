"""Items that wait for the other system come in order, each drawn while the last is worked on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from target_common.waiting import drawn, nothing


@pytest.fixture
def workers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as workers:
        yield workers


def test_the_next_item_is_drawn_while_one_is_worked_on(workers: ThreadPoolExecutor) -> None:
    second_is_drawn, third_is_drawn = Event(), Event()

    def items() -> Iterator[str]:
        yield "first"
        second_is_drawn.set()
        yield "second"
        third_is_drawn.set()
        yield "third"

    coming = drawn(items(), workers, nothing)

    assert next(coming) == "first"
    assert second_is_drawn.wait(timeout=10)
    assert not third_is_drawn.is_set()
    assert list(coming) == ["second", "third"]


def test_no_item_is_none(workers: ThreadPoolExecutor) -> None:
    assert list(drawn(iter(()), workers, nothing)) == []


def test_items_before_a_failure_come_first(workers: ThreadPoolExecutor) -> None:
    failed = Event()

    def items() -> Iterator[str]:
        yield "first"
        failed.set()
        raise ConnectionError("lost")

    coming = drawn(items(), workers, nothing)

    assert next(coming) == "first"
    assert failed.wait(timeout=10)
    with pytest.raises(ConnectionError, match="lost"):
        next(coming)
