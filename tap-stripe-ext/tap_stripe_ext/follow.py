"""A run that follows Stripe: webhooks ring, the event log is looked at now and then."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from monstock_stripe_core.stripe_client import StripeClient
from prometheus_client.core import CounterMetricFamily, Metric
from tap_common.doorbell import DoorbellConfig, Ring
from tap_common.follow_settings import FollowSettings
from tap_common.followed_run import follow
from tap_common.following import Look
from tap_common.memory import keep_memory_small

from tap_stripe_ext.journal import PASSING
from tap_stripe_ext.output import Output
from tap_stripe_ext.pool import Pool
from tap_stripe_ext.settings import Settings
from tap_stripe_ext.webhooks.calls import DEFAULT_PATH, stripe_doorbell

logger = logging.getLogger(__name__)

_SECONDS_BETWEEN_WARNINGS = 60.0


class Reading(Protocol):
    """One account, or several."""

    def look(self) -> Look:
        """Read all again."""

    def hear(self, events: Sequence[Mapping[str, Any]]) -> bool:
        """Read at once what events tell of; return whether all of it could be read."""

    def listen_between(self, listen: Callable[[], None]) -> None:
        """Have `listen` called between the pieces of a long look, where that can be."""


def follow_stripe(
    reading: Reading,
    settings: Settings,
    following: FollowSettings,
    client: StripeClient,
    pool: Pool,
    output: Output,
) -> None:
    """Follow until the process is asked to end.

    Args:
        reading: reads and writes.
        settings: the tap's.
        following: how it follows.
        client: for its counts.
        pool: knows whether the process was asked to end.
        output: for its counts.

    Raises:
        SettingError: an address cannot be listened on.
        StripeUnauthorizedError: the key is of no use any more; a person has to give another one.
        StreamsFailedError: the event log may not be read.
        OutputClosedError: the target has ended.
        StopRequestedError: the process was asked to end; the state has been written.
    """
    keep_memory_small()
    pool.start_all_threads()
    follow(
        _Followed(reading, is_live=settings.api_key[3:7] == "live", given=settings.account_ids),
        following,
        _doorbell(following),
        PASSING,
        pool.check_stop,
        (_Collector(client, output),),
    )


def _doorbell(settings: FollowSettings) -> DoorbellConfig | None:
    if settings.webhook_listen is None:
        return None
    path = settings.webhook_path or DEFAULT_PATH
    return stripe_doorbell(settings.webhook_listen, settings.webhook_secrets, path)


class _Followed:
    """Hands on the events that are of the key's mode and of an account that is read."""

    def __init__(self, reading: Reading, *, is_live: bool, given: tuple[str, ...]) -> None:
        self._reading = reading
        self._is_live = is_live
        self._by_account = bool(given)
        self._warned_at = float("-inf")

    def look(self) -> Look:
        return self._reading.look()

    def listen_between(self, listen: Callable[[], None]) -> None:
        self._reading.listen_between(listen)

    def hear(self, rings: Sequence[Ring]) -> bool:
        events = [ring.message() for ring in rings]
        mine = [one for one in events if one.get("livemode", self._is_live) is self._is_live]
        if (
            len(mine) < len(events)
            and time.monotonic() - self._warned_at > _SECONDS_BETWEEN_WARNINGS
        ):
            self._warned_at = time.monotonic()
            logger.warning(
                "Webhooks come of %s mode, but the key is of %s mode; they are left alone. Have "
                "the endpoint's secret and the key be of one mode.",
                *(("test", "live") if self._is_live else ("live", "test")),
            )
        if not self._by_account:
            mine = [one for one in mine if not one.get("account")]
        return self._reading.hear(mine) if mine else True


class _Collector:
    """What was read from Stripe, as metrics."""

    def __init__(self, client: StripeClient, output: Output) -> None:
        self._counts = client.counts
        self._output = output

    def collect(self) -> Iterable[Metric]:
        records = CounterMetricFamily(
            "tap_records", "Records written, by stream.", labels=["stream"]
        )
        for name, count in list(self._output.records.items()):
            records.add_metric([name], count)
        yield records
        tally = self._counts.by_endpoint
        for name, text, counted in (
            ("stripe_requests", "Requests to Stripe, by endpoint.", tally.requests),
            ("stripe_repeated_requests", "Those that were made again.", tally.repeated),
            ("stripe_throttled_requests", "Those that Stripe answered by 429.", tally.refused),
        ):
            family = CounterMetricFamily(name, text, labels=["endpoint"])
            for endpoint, count in list(counted.items()):
                family.add_metric([endpoint], count)
            yield family
