"""What is made of measured values: percentiles, whether they stay flat, pictures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import linear_regression, median

import pygal
from rich.console import Console
from rich.table import Table

_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)


def at(ordered: Sequence[float], part: float) -> float:
    """Return the value below which so much of the sorted values lies."""
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def milliseconds(seconds: float) -> str:
    """Return seconds as a table shows them."""
    return f"{seconds * 1000:,.0f} ms"


def tell(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; its first column is text, the others are numbers."""
    table = Table(title=title)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


@dataclass(frozen=True, slots=True)
class Course:
    """How a value went once it had settled.

    Args:
        first: its median in the first two minutes after that.
        lowest: the least of the medians of each minute after those.
        highest: the greatest of them.
        drift: what the least-squares line through all values gains from end to end.
    """

    first: float
    lowest: float
    highest: float
    drift: float

    def is_flat(self, within: float) -> bool:
        """Tell whether every minute's median and the drift stay within a part of `first`."""
        most = within * self.first
        return (
            self.highest - self.first <= most
            and self.first - self.lowest <= most
            and abs(self.drift) <= most
        )


def course(values: Sequence[tuple[float, float]], settled: float) -> Course:
    """Return how a value went.

    Args:
        values: moment (seconds, ascending) and value.
        settled: the moment from which on it is looked at.

    Raises:
        ValueError: there are values of less than three minutes after it.
    """
    minutes: dict[int, list[float]] = {}
    later = [(moment, value) for moment, value in values if moment >= settled]
    for moment, value in later:
        minutes.setdefault(int((moment - settled) // 60), []).append(value)
    if len(minutes) < 3:
        raise ValueError("less than three minutes were measured after it had settled")
    first = median([value for minute in (0, 1) for value in minutes.get(minute, ())])
    medians = [median(of_minute) for minute, of_minute in minutes.items() if minute >= 2]
    slope = linear_regression(*zip(*later, strict=True)).slope
    return Course(first, min(medians), max(medians), slope * (later[-1][0] - later[0][0]))


def picture(chart: pygal.graph.graph.Graph) -> bytes:
    """Return a chart as SVG, the same bytes for the same chart."""
    return _COMMENT.sub(b"", bytes(chart.render()))
