"""One comparison: from the warehouse to a new results database."""

from __future__ import annotations

import json
import math
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
from duckdb.func import FunctionNullHandling
from duckdb.sqltypes import BIGINT, BOOLEAN, VARCHAR
from monstock_stripe_core.stripe_payment_facts import PAYMENT_REFERENCE

from monstock_stripe_reconcile.at_stake import Answer, answer
from monstock_stripe_reconcile.errors import ReconcileError
from monstock_stripe_reconcile.ledger import Decided, note_changes_by_hand, read_decided
from monstock_stripe_reconcile.links_asked import Links
from monstock_stripe_reconcile.orders_asked import Orders, facts, share
from monstock_stripe_reconcile.payments_asked import (
    NAMES_TYPE,
    PAYMENT_TYPE,
    Names,
    PlainPayments,
    payment,
)
from monstock_stripe_reconcile.reference import put_reference
from monstock_stripe_reconcile.results import new_results
from monstock_stripe_reconcile.results_model import VERSION
from monstock_stripe_reconcile.settings import Settings
from monstock_stripe_reconcile.warehouse import open_source


@dataclass(frozen=True, slots=True)
class Restriction:
    """What alone is to be shown: orders and payments changed since, one order, one payout."""

    since: datetime | None = None
    order: str | None = None
    payout: str | None = None

    def told(self) -> dict[str, str]:
        """Return what is restricted, by name."""
        given = {
            "since": self.since and self.since.isoformat(),
            "order": self.order,
            "payout": self.payout,
        }
        return {name: str(value) for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a comparison, in short; the rest stands in the results database."""

    results: Path
    orders: int
    payments: int
    findings: int
    answer: Answer
    exit_status: int

    @property
    def agrees(self) -> bool:
        """Whether there is nothing to look at."""
        return self.answer is not Answer.DIFFERS


def compare(
    settings: Settings,
    *,
    as_of: datetime | None = None,
    restriction: Restriction = Restriction(),
    during: Callable[[str], None] = lambda _step: None,
) -> Result:
    """Compare both systems and write the results database in place of the last one.

    Args:
        settings: of the run.
        as_of: the moment at which everything is judged; default: now.
        restriction: what alone is to be shown. All is compared, whatever is shown.
        during: called with the name of each step as it begins.

    Returns:
        The result in short.

    Raises:
        ReconcileError: nothing was compared, also where there is nothing to compare; the last
            results stand as they were.
    """
    moment = as_of or datetime.now(UTC)
    decided = read_decided(settings.ledger_url)
    with (
        _failures_told(),
        tempfile.TemporaryDirectory(prefix="reconcile-") as folder,
        new_results(settings.results) as connection,
    ):
        _prepare(connection, settings, moment, Path(folder))
        during("reading")
        schemas = {"stripe": settings.stripe_schema, "monstock": settings.monstock_schema}
        name = open_source(connection, settings.source, schemas, Path(folder))
        _set_variables(connection, settings, moment, restriction, name, decided)
        put_reference(connection, settings, decided)
        for step in ("payments", "orders", "links", "comparison"):
            during(step)
            connection.execute(_sql(step))
        _refuse_nothing(connection, restriction)
        _refuse_repeated(connection)
        for step in ("cases", "money", "findings"):
            during(step)
            connection.execute(_sql(step))
        during("results")
        note_changes_by_hand(connection, settings.ledger_url)
        connection.execute(_sql("results"))
        if restriction.told():
            connection.execute(_sql("restricted"))
        connection.execute(_sql("summary"))
        connection.execute("UPDATE run SET finished_at = ?", [_plain(datetime.now(UTC))])
        return _result(connection, settings.results)


@contextmanager
def _failures_told() -> Iterator[None]:
    """Say in a sentence what ended a comparison."""
    try:
        yield
    except duckdb.Error as error:
        raise ReconcileError(
            f"the comparison failed ({type(error).__name__}): {str(error).splitlines()[0]}"
        ) from error
    except OSError as error:
        raise ReconcileError(f"the comparison failed: {error}") from error


def _prepare(
    connection: duckdb.DuckDBPyConnection, settings: Settings, moment: datetime, folder: Path
) -> None:
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET memory_limit = $1", [settings.memory_limit])
    connection.execute("SET temp_directory = $1", [str(folder)])
    if settings.threads is not None:
        connection.execute("SET threads = $1", [settings.threads])
    connection.execute(f"ATTACH '{folder}/staging.duckdb' AS staging")
    names = Names(settings.scope, settings.candidates)
    snapshot: list[Any] = [*[VARCHAR] * 3, BOOLEAN, BOOLEAN, BIGINT, BIGINT, *[VARCHAR] * 6]
    functions: tuple[tuple[str, Callable[..., Any], list[Any]], ...] = (
        ("payment", payment, snapshot),
        ("plain_payment", PlainPayments().__call__, [VARCHAR]),
        ("names", names.alone, [VARCHAR, BOOLEAN, BOOLEAN, BIGINT, *[VARCHAR] * 4]),
        ("plain_names", names.plain, [VARCHAR]),
        ("verdict", names.verdict, [VARCHAR, BOOLEAN, BIGINT]),
        ("link", Links(settings.links).__call__, [VARCHAR]),
        ("share", share, [VARCHAR]),
        ("outcome", Orders(settings.comparison, moment).__call__, [VARCHAR]),
        ("facts", facts, [VARCHAR, BIGINT, duckdb.list_type(VARCHAR), VARCHAR]),
    )
    for name, function, parameters in functions:
        connection.create_function(
            name, function, parameters, VARCHAR, null_handling=FunctionNullHandling.SPECIAL
        )
    for name, value in {
        "payment_type": PAYMENT_TYPE,
        "names_type": NAMES_TYPE,
        "names_are_plain": names.are_plain,
        "eras": names.eras or [math.inf],
    }.items():
        connection.execute(f"SET VARIABLE {name} = $1", [value])


def _set_variables(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    moment: datetime,
    restriction: Restriction,
    source: str,
    decided: Decided,
) -> None:
    values: dict[str, Any] = {
        "run_id": str(uuid.uuid4()),
        "model_version": VERSION,
        "as_of": _plain(moment),
        "source_name": source,
        "ledger": decided.known,
        "usual_lag_minutes": settings.usual_lag // timedelta(minutes=1),
        "unpaid_days": settings.unpaid_days,
        "payment_reference": PAYMENT_REFERENCE,
        "only_since": None if restriction.since is None else _plain(restriction.since),
        "only_order": restriction.order,
        "only_payout": restriction.payout,
        "restricted_to": json.dumps(restriction.told()),
        "settings": json.dumps(settings.told, sort_keys=True),
    }
    for name, value in values.items():
        connection.execute(f"SET VARIABLE {name} = $1", [value])


def _refuse_nothing(connection: duckdb.DuckDBPyConnection, restriction: Restriction) -> None:
    """Nothing agrees with nothing, so it would pass for agreement."""

    def has(table: str, condition: str = "true") -> bool:
        found = connection.execute(f"SELECT 1 FROM {table} WHERE {condition} LIMIT 1")  # noqa: S608
        return found.fetchone() is not None

    if not has("staging.orders", "kind = 'order'") and not has("staging.payments"):
        raise ReconcileError(
            "the warehouse holds neither orders nor payments: load both taps into it first, or "
            "correct the settings source, stripe_schema and monstock_schema"
        )
    wanted = "kind = 'order' AND getvariable('only_order') IN (id, number)"
    if restriction.order and not has("staging.orders", wanted):
        raise ReconcileError(
            f"order: no order has the number or id {restriction.order} in the warehouse (quotes "
            "and deleted orders do not count); correct it, or load tap-monstock again"
        )
    if restriction.payout and not has("source.payouts", "id = getvariable('only_payout')"):
        raise ReconcileError(
            f"payout: there is no payout {restriction.payout} in the warehouse; correct the id, or "
            "load tap-stripe-ext's stream payouts again"
        )


def _refuse_repeated(connection: duckdb.DuckDBPyConnection) -> None:
    """A record that stands twice would be counted as further money."""
    for table, key, where in (
        ("staging.payments", "transaction_reference", "payments"),
        ("source.orders", "id", "orders"),
        ("source.payouts", "concat_ws('/', account_id, id)", "payouts"),
    ):
        repeated = connection.execute(
            f"SELECT {key}, count(*) FROM {table} GROUP BY ALL HAVING count(*) > 1 "  # noqa: S608
            "ORDER BY ALL LIMIT 1"
        ).fetchone()
        if repeated:
            raise ReconcileError(
                f"{repeated[0]} stands {repeated[1]} times in the warehouse's table {where}: load "
                "it with a target that replaces a record by its key, as target-duckdb does"
            )


def _sql(step: str) -> str:
    return resources.files("monstock_stripe_reconcile").joinpath(f"sql/{step}.sql").read_text()


def _plain(moment: datetime) -> datetime:
    """UTC without a zone, as all moments in DuckDB here."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _result(connection: duckdb.DuckDBPyConnection, results: Path) -> Result:
    names = ("orders", "payments", "payouts", "findings", "agrees", "exit_status")
    row = connection.execute(f"SELECT {', '.join(names)} FROM run").fetchone()  # noqa: S608
    if row is None:
        raise ReconcileError("the comparison left no result")
    run = dict(zip(names, row, strict=True))
    return Result(
        results,
        run["orders"],
        run["payments"],
        run["findings"],
        answer(run),
        run["exit_status"],
    )
