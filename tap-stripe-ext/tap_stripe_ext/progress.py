"""Says on standard error how far a long run is, and at its end what it took.

A line comes every few seconds while records are read, none where there is no news. For machines the
same goes out as the SDK's metrics (`METRIC: {…}`: record_count, http_request_count, sync_duration),
which the SDK's own logging settings silence or redirect.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from monstock_stripe_core.stripe_counts import RequestCounts, Tally
from monstock_stripe_core.stripe_pacing import RateLimits
from singer_sdk import metrics

from tap_stripe_ext.bars import SECONDS_PER_LOOK, Bars
from tap_stripe_ext.windows import Window

logger = logging.getLogger(__name__)

SECONDS_PER_LINE = 5.0
ALL_STREAMS = "all streams"


@dataclass(slots=True)
class _Stream:
    """What is known of one stream. Moments are in seconds of the progress's clock."""

    began: float
    records: int = 0
    told: int = 0
    last: float = 0.0
    window: Window | None = None
    pages: float | None = None


class Progress:
    """Collects what is done, and tells of it now and then. Thread-safe.

    Args:
        counts: the requests that were made.
        limits: the pace in force.
        clock: returns seconds that never go back.
        bars: where there is a terminal, what is shown there while records are read.
    """

    def __init__(
        self,
        counts: RequestCounts,
        limits: RateLimits,
        clock: Callable[[], float] = time.monotonic,
        bars: Bars | None = None,
    ) -> None:
        self._bars = bars
        self._counts = counts
        self._limits = limits
        self._clock = clock
        self._lock = Lock()
        self._streams: dict[str, _Stream] = {}
        self._began = self._told_at = clock()

    def wrote(self, stream: str, records: int) -> None:
        """Count records that were written."""
        now = self._clock()
        with self._lock:
            one = self._streams.setdefault(stream, _Stream(self._told_at))
            one.records += records
            one.last = now

    def reads(self, stream: str, window: Window, pages: float | None) -> None:
        """Take note of where a stream is.

        Args:
            stream: the stream.
            window: a window of which a page was just read.
            pages: about how many pages are left of all its windows; None if nobody knows.
        """
        with self._lock:
            one = self._streams.setdefault(stream, _Stream(self._told_at))
            one.window, one.pages = window, pages

    def tell_now_and_then(self) -> None:
        """Log a line for each stream that has news, if the last lines are some seconds ago.

        On a terminal, move the bars instead.
        """
        now = self._clock()
        if self._bars is not None:
            self._move(self._bars, now)
            return
        with self._lock:
            passed = now - self._told_at
            if passed < SECONDS_PER_LINE:
                return
            self._told_at = now
            news = [
                self._line(name, one, passed)
                for name, one in self._streams.items()
                if one.records > one.told
            ]
            for one in self._streams.values():
                one.told = one.records
        for line in news:
            logger.info("%s", line)
        if not news and self._counts.throttled:
            logger.info("Nothing new for %.0f s; %s", passed, self._requests())

    def _move(self, bars: Bars, now: float) -> None:
        with self._lock:
            if now - self._told_at < SECONDS_PER_LOOK:
                return
            self._told_at = now
            for name, one in self._streams.items():
                if one.records > one.told:
                    one.told = one.records
                    place = "" if one.window is None else f"at {_day(one.window)}, "
                    bars.show(name, one.records, one.pages, f"{place}{self._requests()}")

    def summary(self) -> tuple[str, ...]:
        """Return a line for each stream and each endpoint with what it took; none if all was idle.

        Seconds of a stream are those from the beginning of the run to its last record. Requests
        for all streams together (the event log, the accounts) stand in a line of their own.
        """
        with self._lock:
            written = {name: one for name, one in self._streams.items() if one.records}
        if not written and not self._counts.retries:
            return ()
        streams, endpoints = self._counts.by_purpose, self._counts.by_endpoint
        names = sorted({*written, *filter(None, streams.requests)})
        shared = [""] if streams.requests[""] else []
        width = max(map(len, (*names, *endpoints.requests, ALL_STREAMS)))
        return (
            *(
                f"{name or ALL_STREAMS:{width}}  {_records_of(written.get(name)):>11,} records"
                f"  {_tallied(streams, name)}{self._pace(written.get(name))}"
                for name in (*names, *shared)
            ),
            *(
                f"{endpoint:{width}}  {'':>19}  {_tallied(endpoints, endpoint)}"
                for endpoint in sorted(endpoints.requests)
            ),
        )

    def _pace(self, one: _Stream | None) -> str:
        if one is None:
            return ""
        seconds = self._seconds(one)
        return f"  {seconds:>9,.1f} s  {one.records / seconds:>9,.0f} records/s"

    def measure(self) -> None:
        """Log the SDK's metrics of the whole run, if anything was read."""
        with self._lock:
            written = {name: one for name, one in self._streams.items() if one.records}
        for name, one in written.items():
            tags = {metrics.Tag.STREAM: name}
            _log_metric("counter", metrics.Metric.RECORD_COUNT, one.records, tags)
            seconds = round(self._seconds(one), 3)
            _log_metric("timer", metrics.Metric.SYNC_DURATION, seconds, tags)
        if not written and not self._counts.retries:
            return
        for endpoint, count in sorted(self._counts.by_endpoint.requests.items()):
            tags = {metrics.Tag.ENDPOINT: endpoint}
            _log_metric("counter", metrics.Metric.HTTP_REQUEST_COUNT, count, tags)

    def _seconds(self, one: _Stream) -> float:
        return max(one.last - self._began, 0.001)

    def _line(self, name: str, one: _Stream, passed: float) -> str:
        rate = (one.records - one.told) / passed
        parts = [f"{name}: {one.records:,} records", f"{rate:,.0f} records/s", self._requests()]
        if one.window is not None:
            parts.append(f"at {_day(one.window)}")
        if one.pages is not None and rate > 0:
            parts.append(f"about {one.pages * 100 / rate:,.0f} s left")
        return ", ".join(parts)

    def _requests(self) -> str:
        text = f"{self._counts.made:,} requests of at most {self._limit()}"
        throttled = self._counts.throttled
        return f"{text}, {throttled:,} throttled by Stripe" if throttled else text

    def _limit(self) -> str:
        if not self._limits.total and not self._limits.endpoint:
            return "any number a second"
        total = self._limits.total or "any number"
        endpoint = self._limits.endpoint or "any number"
        return f"{total}/s ({endpoint}/s for an endpoint)"


def _records_of(one: _Stream | None) -> int:
    return 0 if one is None else one.records


def _tallied(tally: Tally, name: str) -> str:
    return (
        f"{tally.requests[name]:>9,} requests  {tally.repeated[name]:>7,} repeated"
        f"  {tally.refused[name]:>7,} throttled"
    )


def _day(window: Window) -> str:
    moment = window.reached if window.reached is not None else window.end
    if moment is None:
        return "the present"
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M")


def _log_metric(kind: str, metric: metrics.Metric, value: float, tags: dict[Any, Any]) -> None:
    metrics.log(metrics.get_metrics_logger(), metrics.Point(kind, metric, value, tags))
