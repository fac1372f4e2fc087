"""Metrics in Prometheus' format, by its own client library.

Each collector reads plain numbers at the moment of a scrape; nothing is counted twice, and a tap
without `metrics_listen` counts nothing for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from tap_common.doorbell import Doorbell, RingQueue
from tap_common.doorbell.listening import parse_address
from tap_common.errors import SettingError
from tap_common.following import Following


class FollowingCollector:
    """How a run that follows is.

    Args:
        following: the run.
    """

    def __init__(self, following: Following) -> None:
        self._following = following

    def collect(self) -> Iterable[Metric]:
        """Return the present numbers."""
        status = self._following.status
        if status.succeeded_at is not None:
            yield GaugeMetricFamily(
                "tap_last_success_timestamp_seconds",
                "When the tap last looked for news with success, in seconds since 1970.",
                value=status.succeeded_at,
            )
        yield GaugeMetricFamily(
            "tap_failing_seconds",
            "For how long looking for news has failed; 0 while it works.",
            value=status.failing_seconds,
        )
        yield GaugeMetricFamily(
            "tap_unread",
            "How many streams, or records, the last look could not read.",
            value=status.unread,
        )
        yield CounterMetricFamily(
            "tap_looks", "How often the tap looked for news.", value=status.looks
        )
        yield CounterMetricFamily(
            "tap_failed_looks", "How often that failed.", value=status.failed_looks
        )


class DoorbellCollector:
    """What webhooks came.

    Args:
        doorbell: that takes them.
        rings: where they wait.
    """

    def __init__(self, doorbell: Doorbell, rings: RingQueue) -> None:
        self._doorbell = doorbell
        self._rings = rings

    def collect(self) -> Iterable[Metric]:
        """Return the present numbers."""
        calls = CounterMetricFamily(
            "tap_webhook_calls", "Webhook calls by what became of them.", labels=["outcome"]
        )
        counts = Counter(self._doorbell.counts())
        counts["lost"] += self._rings.lost
        for name, count in counts.items():
            calls.add_metric([name], count)
        yield calls


@contextmanager
def serve_metrics(listen: str, collectors: Iterable[Any]) -> Iterator[None]:
    """Serve metrics at `listen` for as long as the block lasts.

    Args:
        listen: "host:port"; an IPv6 address stands in brackets.
        collectors: in the sense of Prometheus' client library.

    Raises:
        SettingError: the address cannot be listened on.
    """
    host, port = parse_address(listen, "metrics_listen")
    registry = CollectorRegistry()
    for one in collectors:
        registry.register(one)
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise SettingError(
            "metrics_listen", f"is {listen!r}, which cannot be listened on ({error.strerror})"
        ) from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
