"""Whether there is something to look at, and how much: what each report says in its first line."""

from collections.abc import Mapping
from enum import Enum
from typing import Any


class Answer(Enum):
    """What a comparison comes to."""

    NOTHING = "nothing"
    """There was nothing to compare."""
    AGREES = "agrees"
    DIFFERS = "differs"


def answer(run: Mapping[str, Any]) -> Answer:
    """Return what a comparison comes to.

    Args:
        run: the row of the table `run`. Records that could not be read are findings and stand in no
            other number of it.
    """
    if not run["agrees"]:
        return Answer.DIFFERS
    compared = run["orders"] or run["payments"] or run["payouts"]
    return Answer.AGREES if compared else Answer.NOTHING


STAKE = """
WITH one AS (
    SELECT coalesce(order_id, transaction_reference, payout_id, finding_id) AS subject, currency,
        transaction_reference, max(amount) AS amount
    FROM findings WHERE counts AND currency IS NOT NULL GROUP BY ALL
), of_subject AS (
    SELECT subject, currency, greatest(
        coalesce(max(amount) FILTER (transaction_reference IS NULL), 0),
        coalesce(sum(amount) FILTER (transaction_reference IS NOT NULL), 0)) AS amount
    FROM one GROUP BY ALL
)
SELECT currency, CAST(sum(amount) AS BIGINT) AS amount FROM of_subject
GROUP BY currency HAVING sum(amount) > 0 ORDER BY amount DESC, currency
"""
"""SQL of currency and amount: money counts once where several findings of an order concern it."""

CONCERNED = """
SELECT
    count(DISTINCT order_id) AS orders,
    count(DISTINCT transaction_reference) FILTER (order_id IS NULL) AS payments,
    count(DISTINCT payout_id) FILTER (order_id IS NULL AND transaction_reference IS NULL)
        AS payouts,
    count(*) FILTER (coalesce(order_id, transaction_reference, payout_id) IS NULL) AS records
FROM findings WHERE counts
"""
"""SQL of how many orders, payments of no order, payouts and further records are concerned."""
