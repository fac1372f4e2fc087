"""On a terminal: a bar for each stream, in place of lines of progress."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

SECONDS_PER_LOOK = 0.2
_RECORDS_PER_PAGE = 100
_KNOWN = (
    "{desc}: {percentage:3.0f}%|{bar}| {n_fmt} of about {total_fmt} "
    "[{rate_fmt}, {remaining} left{postfix}]"
)
_UNKNOWN = "{desc}: {n_fmt} [{elapsed}, {rate_fmt}{postfix}]"


class Bars:
    """The bars of one run. Not thread-safe: the caller holds a lock."""

    def __init__(self) -> None:
        self._bars: dict[str, tqdm[Any]] = {}

    def show(self, stream: str, records: int, pages: float | None, note: str) -> None:
        """Show how far a stream is.

        Args:
            stream: the stream.
            records: how many have been written.
            pages: about how many pages are left; None if nobody knows.
            note: what stands behind it.
        """
        bar = self._bars.get(stream)
        if bar is None:
            bar = tqdm(
                desc=stream, unit=" records", unit_scale=True, file=sys.stderr, dynamic_ncols=True
            )
            self._bars[stream] = bar
        bar.n = records
        bar.total = None if pages is None else records + round(pages * _RECORDS_PER_PAGE)
        bar.bar_format = _UNKNOWN if bar.total is None else _KNOWN
        bar.set_postfix_str(note, refresh=True)

    def close(self) -> None:
        """Leave the bars as they are, and go on below them."""
        for bar in self._bars.values():
            bar.close()


@contextmanager
def bars_on_terminal() -> Iterator[Bars | None]:
    """Give bars where standard error is a terminal, else None; log lines then come above them."""
    if not sys.stderr.isatty():
        yield None
        return
    bars = Bars()
    with logging_redirect_tqdm():
        try:
            yield bars
        finally:
            bars.close()
