"""Settings of a run that follows, the same for each tap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from singer_sdk import typing as th

from tap_common.errors import SettingError
from tap_common.following import Intervals

FOLLOW_PROPERTIES: tuple[th.Property[Any], ...] = (
    th.Property(
        "follow",
        th.BooleanType,
        default=False,
        title="Follow",
        description="Do not end once all is read, but go on reading what changes until SIGTERM.",
    ),
    th.Property(
        "poll_interval",
        th.IntegerType(minimum=1, maximum=86_400),
        title="Poll interval",
        description="With `follow`, seconds between two looks for what is new while there is "
        "news: 10 by default, 60 where webhooks ring. By chance, up to a tenth less.",
    ),
    th.Property(
        "poll_interval_idle",
        th.IntegerType(minimum=1, maximum=86_400),
        title="Poll interval when idle",
        description="With `follow`, the interval grows up to so many seconds while there is no "
        "news: by default 60, or the poll interval where that is longer.",
    ),
    th.Property(
        "webhook_listen",
        th.StringType,
        title="Webhook address",
        description="With `follow`, where webhooks are taken: host:port, such as "
        "127.0.0.1:8787; an IPv6 address stands in brackets. Without it, none are. TLS is the "
        "affair of the proxy in front.",
    ),
    th.Property(
        "webhook_path",
        th.StringType,
        title="Webhook path",
        description="The only path that webhooks are taken at.",
    ),
    th.Property(
        "webhook_secrets",
        th.ArrayType(th.StringType),
        secret=True,
        title="Webhook secrets",
        description="Signing secrets; a call is believed if one of them signed it, so that a new "
        "one can be brought in before the old one goes.",
    ),
    th.Property(
        "metrics_listen",
        th.StringType,
        title="Metrics address",
        description="With `follow`, where metrics are served in Prometheus' format: host:port, "
        "such as 127.0.0.1:9101. Without it, nowhere.",
    ),
)


@dataclass(frozen=True, slots=True)
class FollowSettings:
    """How a run follows.

    Args:
        intervals: between two looks.
        webhook_listen: host:port; None for no webhooks.
        webhook_path: the path they come at; None for the tap's own default.
        webhook_secrets: that sign them.
        metrics_listen: host:port; None for no metrics.
    """

    intervals: Intervals
    webhook_listen: str | None
    webhook_path: str | None
    webhook_secrets: tuple[str, ...]
    metrics_listen: str | None


def read_follow_settings(config: Mapping[str, Any]) -> FollowSettings | None:
    """Return how the run follows; None if it does not.

    Raises:
        SettingError: where a value makes no sense without another one.
    """
    if not config.get("follow"):
        return None
    listen = config.get("webhook_listen") or None
    secrets = tuple(_texts(config.get("webhook_secrets") or ()))
    if listen and not secrets:
        raise SettingError(
            "webhook_secrets", "is empty, but webhook_listen is set: nothing could be believed"
        )
    shortest = float(config.get("poll_interval") or (60 if listen else 10))
    longest = float(config.get("poll_interval_idle") or max(60.0, shortest))
    if longest < shortest:
        raise SettingError("poll_interval_idle", "is shorter than poll_interval")
    return FollowSettings(
        Intervals(shortest, longest),
        listen,
        config.get("webhook_path") or None,
        secrets,
        config.get("metrics_listen") or None,
    )


def _texts(values: Iterable[object]) -> Iterable[str]:
    return (text for value in values if (text := str(value).strip()))
