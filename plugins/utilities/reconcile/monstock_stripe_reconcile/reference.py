"""What SQL needs to know of the core's tables and of the settings, as small tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
from iso4217 import Currency
from monstock_stripe_core.ageing import AGE_BUCKETS
from monstock_stripe_core.discrepancy import CHANGEABLE, HEALS, REASON_TEXT, Reason
from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.link import RANK
from monstock_stripe_core.money import currency_exponent, stripe_exponent
from monstock_stripe_core.release import RELEASE_TEXT, RELEASES
from monstock_stripe_core.stripe_balance import CATEGORY_KIND

from monstock_stripe_reconcile.ledger import Decided
from monstock_stripe_reconcile.settings import Settings

_LONGEST = 1 << 31


def put_reference(
    connection: duckdb.DuckDBPyConnection, settings: Settings, decided: Decided
) -> None:
    """Fill the small tables of `staging`.

    Args:
        connection: with the source attached.
        settings: of the run.
        decided: people's decisions.
    """
    ranks = sorted(RANK, key=RANK.__getitem__)
    connection.execute("SET VARIABLE ranks = $1", [[rule.value for rule in ranks]])
    currencies = _currencies()
    plain = [code for code, _, _, is_plain in currencies if is_plain]
    connection.execute("SET VARIABLE plain_currencies = $1", [plain])
    _put(connection, "currencies", "code VARCHAR, numerator BIGINT, denominator BIGINT, "
         "plain BOOLEAN", currencies)  # fmt: skip
    _put(
        connection,
        "money_kinds",
        "category VARCHAR, kind VARCHAR",
        [(category, kind.value) for category, kind in CATEGORY_KIND.items()],
    )
    _put(
        connection,
        "reasons",
        "reason VARCHAR, position INTEGER, meaning VARCHAR, next_step VARCHAR, fails BOOLEAN",
        [
            (reason.value, position, text.meaning, text.next_step, reason in settings.fail_on)
            for position, reason in enumerate(Reason, 1)
            for text in (REASON_TEXT[reason],)
        ],
    )
    _put(
        connection,
        "release_reasons",
        "release_reason VARCHAR, meaning VARCHAR, released BOOLEAN",
        [(reason.value, text, reason in RELEASES) for reason, text in RELEASE_TEXT.items()],
    )
    _put(
        connection,
        "buckets",
        "bucket VARCHAR, position INTEGER, first BIGINT, last BIGINT",
        [
            (bucket.name, position, bucket.first, _LONGEST if bucket.last is None else bucket.last)
            for position, bucket in enumerate(AGE_BUCKETS, 1)
        ],
    )
    _put(connection, "healing", "reason VARCHAR", [(reason.value,) for reason in HEALS])
    _put(connection, "changeable", "reason VARCHAR", [(one.value,) for one in CHANGEABLE])
    _put(
        connection,
        "tolerances",
        "currency VARCHAR, amount BIGINT",
        [pair for pair in settings.tolerance.items() if pair[1]],
    )
    _put(
        connection,
        "like_methods",
        "method VARCHAR",
        [(method,) for method in settings.comparison.status.stripe_like_methods],
    )
    _put(
        connection,
        "decisions",
        "transaction_reference VARCHAR, decision VARCHAR",
        decided.links,
    )
    _put(
        connection,
        "dismissed",
        "reason VARCHAR, order_id VARCHAR, transaction_reference VARCHAR",
        decided.dismissed,
    )
    _put(
        connection,
        "cleared_ids",
        "order_id VARCHAR, transaction_reference VARCHAR",
        decided.cleared,
    )


def _currencies() -> list[tuple[str, int, int, bool]]:
    """How Stripe's units become ISO minor units, for each currency, by Stripe's spelling."""
    found = []
    for entry in Currency:
        try:
            shift = currency_exponent(entry.code) - stripe_exponent(entry.code)
        except MoneyError:
            continue  # gold and the like
        factor = (10 ** max(shift, 0), 10 ** max(-shift, 0), shift == 0)
        found.append((entry.code.lower(), *factor))
    return found


def _put(
    connection: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Sequence[Sequence[Any]]
) -> None:
    connection.execute(f"CREATE TABLE staging.{name} ({columns})")
    if rows:
        places = ", ".join("?" for _ in rows[0])
        connection.executemany(f"INSERT INTO staging.{name} VALUES ({places})", rows)  # noqa: S608
