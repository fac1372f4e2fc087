"""The tap's settings: declared once for the SDK, and read from there into one immutable object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from monstock_stripe_core.profile import Profile, load_profile
from singer_sdk import typing as th
from tap_common.errors import SettingError
from tap_common.follow_settings import (
    FOLLOW_PROPERTIES,
    FollowSettings,
    read_follow_settings,
)

DEFAULT_PROFILE = "monstock"

SETTINGS_SCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "base_url",
        th.StringType(nullable=False),
        required=True,
        title="API address",
        description="Root of the tenant's Monstock API, for example https://…/api/v1.",
    ),
    th.Property(
        "api_token",
        th.StringType(nullable=False),
        required=True,
        secret=True,
        title="API token",
        description="Monstock API token; one that may read is enough.",
    ),
    th.Property(
        "profile",
        th.StringType,
        default=DEFAULT_PROFILE,
        title="Profile",
        description="The tenant's API profile: the name of a packaged one, or the path of a file.",
    ),
    th.Property(
        "start_date",
        th.DateTimeType,
        title="Start date",
        description="What last changed before this moment is not read. Without it, everything is.",
    ),
    th.Property(
        "overlap",
        th.IntegerType(minimum=0, maximum=86_400),
        default=60,
        title="Overlap",
        description="Seconds before the bookmark that are read again at each run, since changes "
        "become visible some time after the moment that they carry. What was emitted is not "
        "emitted again.",
    ),
    th.Property(
        "unreadable",
        th.StringType,
        allowed_values=["fail", "report"],
        default="fail",
        title="Unreadable records",
        description="What a record that cannot be understood does to the run once all others are "
        "read: `fail` it, or only `report` it in the log. It is asked for again at each run.",
    ),
    *FOLLOW_PROPERTIES,
).to_dict()


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, checked."""

    base_url: str
    api_token: str
    profile: Profile
    start: datetime | None
    overlap: timedelta
    fails_on_unreadable: bool
    follow: FollowSettings | None


def read_settings(config: Mapping[str, Any]) -> Settings:
    """Return the settings in `config`, which has passed the schema's own checks.

    Raises:
        SettingError: a value makes no sense; the text names the setting.
        ProfileError: the profile cannot be used.
    """
    overlap = config.get("overlap")
    if overlap is None:
        overlap = SETTINGS_SCHEMA["properties"]["overlap"]["default"]
    return Settings(
        base_url=str(config["base_url"]),
        api_token=str(config["api_token"]),
        profile=read_profile(config),
        start=_moment(config.get("start_date")),
        overlap=timedelta(seconds=int(overlap)),
        fails_on_unreadable=config.get("unreadable") != "report",
        follow=read_follow_settings(config),
    )


def read_profile(config: Mapping[str, Any]) -> Profile:
    """Return the profile that `config` names; without one, the default's.

    Raises:
        ProfileError: it cannot be used.
    """
    return load_profile(config.get("profile") or DEFAULT_PROFILE)


def _moment(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise SettingError(
            "start_date", f"is {value!r}, but must look like 2026-01-31 or 2026-01-31T00:00:00Z"
        ) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
