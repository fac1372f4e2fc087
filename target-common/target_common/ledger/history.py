"""Runs, and the few values that a ledger keeps by name."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from target_common.ledger.sql import upsert
from target_common.ledger.tables import meta, runs


def begin_run(connection: Connection, run_id: str, version: str, now: datetime) -> None:
    """Note that a run began."""
    connection.execute(runs.insert().values(run_id=run_id, started_at=now, program_version=version))


def end_run(
    connection: Connection, run_id: str, summary: Mapping[str, object], now: datetime
) -> None:
    """Note that a run ended, and what it did."""
    connection.execute(
        runs.update()
        .where(runs.c.run_id == run_id)
        .values(ended_at=now, summary=json.dumps(summary))
    )


def keep_progress(connection: Connection, run_id: str, summary: Mapping[str, object]) -> None:
    """Note what a run has done so far."""
    connection.execute(
        runs.update().where(runs.c.run_id == run_id).values(summary=json.dumps(summary))
    )


def read_value(connection: Connection, key: str) -> str | None:
    """A value kept by name; None where there is none."""
    return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar_one_or_none()


def keep_value(connection: Connection, key: str, value: str) -> None:
    """Keep a value by name."""
    upsert(connection, meta, [{"key": key, "value": value}])
