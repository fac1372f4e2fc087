"""Which subjects of a queue are worked on first."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from target_common.ledger import open_ledger
from target_common.ledger.queue import NO_BACKLOG, Backlog
from target_monstock.ledger import KIND
from target_monstock.ledger.orders import QUEUE

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_named_subjects_go_first_then_the_longest_waiting_without_those_left_out(
    tmp_path: Path,
) -> None:
    with (
        open_ledger(f"sqlite:///{tmp_path}/ledger.db", KIND) as ledger,
        ledger.transaction() as connection,
    ):
        for minute, subject in enumerate("abcdef"):
            QUEUE.mark(connection, [subject], "new", NOW + timedelta(minutes=minute))
        QUEUE.clean(connection, QUEUE.some(connection, 1))

        found = QUEUE.some(connection, 4, first=("f", "a"), skip={"c"})

        assert [one.subject for one in found] == ["f", "b", "d", "e"]
        assert QUEUE.backlog(connection) == Backlog(5, NOW + timedelta(minutes=1))
        QUEUE.clean(connection, QUEUE.some(connection, 5))
        assert QUEUE.backlog(connection) == NO_BACKLOG


def test_backlogs_together_are_as_old_as_the_older_one() -> None:
    none, old, young = NO_BACKLOG, Backlog(2, NOW), Backlog(3, NOW + timedelta(minutes=1))

    assert none + none == none
    assert none + old == old + none == old
    assert young + old == old + young == Backlog(5, NOW)
