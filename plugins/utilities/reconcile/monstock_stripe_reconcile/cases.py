"""Asking the core about many cases, in as many processes as there are processors."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context

import duckdb
from monstock_stripe_core.order_comparison import ComparisonRules

from monstock_stripe_reconcile.orders_asked import Orders

_AT_ONCE = 5000
# Below this a second process takes longer to start than it saves.
_WORTH_A_PROCESS = 20_000


def ask_about_orders(
    connection: duckdb.DuckDBPyConnection, rules: ComparisonRules, now: datetime, processes: int
) -> None:
    """Fill `staging.cases`: for each distinct shape in `staging.asked` what the core says of it.

    Args:
        connection: with `staging.asked` filled.
        rules: the tenant's.
        now: the moment at which everything is judged.
        processes: how many may work at the same time.
    """
    connection.execute("CREATE TABLE staging.shapes AS SELECT DISTINCT shape FROM staging.asked")
    (number,) = connection.execute("SELECT count(*) FROM staging.shapes").fetchone() or (0,)
    shapes = connection.cursor().execute("SELECT shape FROM staging.shapes")
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as answers:
        for part in _answers(
            _parts(shapes), rules, now, processes if number > _WORTH_A_PROCESS else 1
        ):
            answers.write(part)
        answers.flush()
        connection.execute(
            "CREATE TABLE staging.cases AS SELECT shape, answer FROM read_json($1, "
            "format = 'newline_delimited', maximum_object_size = 16777216, columns = {"
            "'shape': 'VARCHAR', 'answer': 'STRUCT(error VARCHAR, status VARCHAR, due BIGINT, "
            "net BIGINT, outside BIGINT, disputed BIGINT, authorized BIGINT, shown_net BIGINT, "
            "awaited BIGINT, released BOOLEAN, release_reason VARCHAR, found STRUCT("
            "reason VARCHAR, amount BIGINT, currency VARCHAR, payment INTEGER, row INTEGER, "
            "facts VARCHAR)[])'})",
            [answers.name],
        )
    connection.execute("DROP TABLE staging.shapes")


def _parts(shapes: duckdb.DuckDBPyConnection) -> Iterator[list[str]]:
    while rows := shapes.fetchmany(_AT_ONCE):
        yield [shape for (shape,) in rows]


def _answers(
    parts: Iterable[list[str]], rules: ComparisonRules, now: datetime, processes: int
) -> Iterator[bytes]:
    orders = Orders(rules, now)
    if processes == 1:
        yield from map(orders.lines, parts)
        return
    # Not forked: DuckDB has threads of its own, which would not come along.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        asked: deque[Future[bytes]] = deque()
        for part in parts:
            asked.append(pool.submit(orders.lines, part))
            if len(asked) > 2 * processes:
                yield asked.popleft().result()
        while asked:
            yield asked.popleft().result()
