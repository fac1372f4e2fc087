"""Figures of a run for Prometheus, served by its own client library.

The run's thread puts figures here now and then; a scrape shows the last ones and touches nothing
else, least of all the ledger.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from target_common.errors import SettingError
from target_common.ledger.queue import NO_BACKLOG, Backlog

_logger = logging.getLogger("singer-target")


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run can say of itself.

    Attributes:
        records: taken so far.
        refused: those of them that could not be used.
        writes: made so far, by action.
        backlog: what is still to be worked on.
        exceptions: that wait for a person, by kind.
        failures: attempts to work that the other system broke off.
        repeats: requests that were made again.
        is_up: whether the last attempt to work succeeded.
        retry_in: seconds until the next attempt; 0 where nothing speaks against one.
        worked_at: when work last went well, unix time; None: never.
        swept_at: when a sweep last ended, unix time; None: never.
    """

    records: int = 0
    refused: int = 0
    writes: Mapping[str, int] = field(default_factory=dict)
    backlog: Backlog = NO_BACKLOG
    exceptions: Mapping[str, int] = field(default_factory=dict)
    failures: int = 0
    repeats: int = 0
    is_up: bool = True
    retry_in: float = 0.0
    worked_at: float | None = None
    swept_at: float | None = None


class Metrics(Collector):
    """Serves figures until it is closed.

    Args:
        name: of the target; begins the name of each metric.
        listen: host and port, such as 127.0.0.1:9464.

    Attributes:
        port: that it listens at.

    Raises:
        SettingError: metrics_listen cannot be used.
    """

    def __init__(self, name: str, listen: str) -> None:
        host, colon, port = listen.rpartition(":")
        if not colon or not host or not port.isdigit():
            raise SettingError("metrics_listen must be a host and a port, such as 127.0.0.1:9464")
        self._prefix = name.removeprefix("target-") + "_target"
        self._figures = Figures()
        registry = CollectorRegistry()
        registry.register(self)
        try:
            self._server, _ = start_http_server(int(port), host.strip("[]"), registry)
        except (OSError, OverflowError) as error:
            raise SettingError(f"metrics_listen: cannot listen at {listen}: {error}") from None
        self.port: int = self._server.server_port
        _logger.info("metrics at http://%s:%d/metrics", host, self.port)

    def show(self, figures: Figures) -> None:
        """Show these from now on."""
        self._figures = figures

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def collect(self) -> Iterator[Metric]:
        """The metrics; called by the server's threads."""
        now = self._figures
        oldest = now.backlog.oldest
        age = 0.0 if oldest is None else max(0.0, time.time() - oldest.timestamp())
        yield self._counter("records", "Records taken.", now.records)
        yield self._counter("records_refused", "Records that could not be used.", now.refused)
        writes = CounterMetricFamily(
            f"{self._prefix}_writes", "Writes made, by action.", labels=["action"]
        )
        for action, count in sorted(now.writes.items()):
            writes.add_metric([action], count)
        yield writes
        yield self._gauge("dirty_subjects", "What is still to be worked on.", now.backlog.count)
        yield self._gauge("oldest_dirty_age_seconds", "How long the oldest of them waits.", age)
        waiting = GaugeMetricFamily(
            f"{self._prefix}_exceptions_waiting",
            "Exceptions that wait for a person, by kind.",
            labels=["kind"],
        )
        for kind, count in sorted(now.exceptions.items()):
            waiting.add_metric([kind], count)
        yield waiting
        yield self._counter(
            "remote_failures", "Attempts that the other system broke off.", now.failures
        )
        yield self._counter("request_retries", "Requests that were made again.", now.repeats)
        yield self._gauge("remote_up", "1 if the last attempt went well.", float(now.is_up))
        yield self._gauge(
            "retry_wait_seconds", "Until the next attempt, when last looked.", now.retry_in
        )
        for name, text, at in (
            ("last_work_timestamp_seconds", "When work last went well.", now.worked_at),
            ("last_sweep_timestamp_seconds", "When a sweep last ended.", now.swept_at),
        ):
            if at is not None:
                yield self._gauge(name, text, at)

    def _counter(self, name: str, text: str, value: float) -> Metric:
        return CounterMetricFamily(f"{self._prefix}_{name}", text, value=value)

    def _gauge(self, name: str, text: str, value: float) -> Metric:
        return GaugeMetricFamily(f"{self._prefix}_{name}", text, value=value)
