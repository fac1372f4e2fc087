"""The tap's settings: declared once for the SDK, and read from there into one immutable object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from monstock_stripe_core.stripe_calls import DEFAULT_API_BASE, RetryPolicy
from monstock_stripe_core.stripe_pacing import ENDPOINT_REQUESTS_PER_SECOND, RateLimits
from singer_sdk import typing as th
from tap_common.errors import SettingError
from tap_common.follow_settings import (
    FOLLOW_PROPERTIES,
    FollowSettings,
    read_follow_settings,
)

from tap_stripe_ext.event_log import LONGEST_OVERLAP

# What `account_ids` may hold beside ids.
OWN_ACCOUNT = "own"
ALL_ACCOUNTS = "all"
_ACCOUNT_ID = re.compile(r"acct_[0-9A-Za-z_]+\Z")

SETTINGS_SCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "api_key",
        th.StringType(nullable=False),
        required=True,
        secret=True,
        title="API key",
        description="Stripe secret key (sk_…) or, better, a restricted key (rk_…) that may read.",
    ),
    th.Property(
        "start_date",
        th.DateTimeType,
        title="Start date",
        description="Objects created before this moment are not back-filled. "
        "Without it, everything is.",
    ),
    th.Property(
        "account_ids",
        th.ArrayType(th.StringType),
        title="Accounts",
        description="Connected accounts to read (acct_…), `own` for the key's own among them, or "
        "`all` for the own and every connected one. Each record then carries its `account_id`. "
        "Without it, the key's own account is read, and records are as Stripe has them.",
    ),
    th.Property(
        "api_base",
        th.StringType,
        default=DEFAULT_API_BASE,
        title="API address",
        description="Scheme and host of Stripe's API; another one for a sandbox or a proxy.",
    ),
    th.Property(
        "concurrency",
        th.IntegerType(minimum=1, maximum=64),
        default=32,
        title="Concurrency",
        description="How many requests may be under way at once.",
    ),
    th.Property(
        "requests_per_second",
        th.IntegerType(minimum=0),
        title="Requests per second",
        description="Over all endpoints; 0 for no limit. Without it, Stripe's own limit: "
        "100 with a live key, 25 with a test key.",
    ),
    th.Property(
        "requests_per_second_per_endpoint",
        th.IntegerType(minimum=0),
        default=ENDPOINT_REQUESTS_PER_SECOND,
        title="Requests per second and endpoint",
        description="For each endpoint by itself; 0 for no limit. Stripe's own limit is 25.",
    ),
    th.Property(
        "max_attempts",
        th.IntegerType(minimum=1, maximum=50),
        default=9,
        title="Attempts",
        description="How often a request is made before the run gives up on it, where Stripe "
        "throttles, fails or cannot be reached.",
    ),
    th.Property(
        "max_wait",
        th.NumberType(minimum=0),
        default=30,
        title="Longest wait",
        description="No wait between two attempts is longer than this many seconds.",
    ),
    th.Property(
        "overlap",
        th.IntegerType(minimum=0, maximum=LONGEST_OVERLAP),
        default=600,
        title="Overlap",
        description="Seconds of the event log that are read again at each run, since events "
        "become visible some time after they were made.",
    ),
    th.Property(
        "relist_interval",
        th.IntegerType(minimum=0),
        default=3600,
        title="Re-list interval",
        description="Seconds between two looks for what no event tells of: edits of recent "
        "objects, and lists that are read whole; 0 looks at each run.",
    ),
    th.Property(
        "relist_recent_days",
        th.IntegerType(minimum=0, maximum=90),
        default=3,
        title="Re-list recent",
        description="Objects up to this many days old are looked at for edits without an event; "
        "0 for none.",
    ),
    th.Property(
        "relist_unlinked_days",
        th.IntegerType(minimum=0, maximum=365),
        default=30,
        title="Re-list unlinked",
        description="Payments that name no order are looked at for this many days.",
    ),
    th.Property(
        "link_keys",
        th.ArrayType(th.StringType),
        default=["monstock_order_id", "monstock_order_number"],
        title="Link keys",
        description="Metadata keys that name the order of a payment; one that has none of them, "
        "no client_reference_id and no order reference counts as unlinked.",
    ),
    th.Property(
        "optional_streams",
        th.ArrayType(th.StringType),
        default=[],
        title="Optional streams",
        description="Streams that the key may lack the permission for without failing the run.",
    ),
    *FOLLOW_PROPERTIES,
).to_dict()


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, checked and with their units. Times are in seconds."""

    api_key: str
    api_base: str
    account_ids: tuple[str, ...]
    start: int
    concurrency: int
    limits: RateLimits
    retries: RetryPolicy
    overlap: int
    relist_interval: int
    relist_recent: int
    relist_unlinked: int
    link_keys: tuple[str, ...]
    optional_streams: frozenset[str]
    follow: FollowSettings | None


# A run that follows does not list for edits at each of its looks, whatever relist_interval says.
_SHORTEST_RELIST_WHILE_FOLLOWING = 60
# A run that follows tries again by itself, and between two tries it can be asked to end.
_ATTEMPTS_WHILE_FOLLOWING = 4
_WAIT_WHILE_FOLLOWING = 5.0


def read_settings(config: Mapping[str, Any]) -> Settings:
    """Return the settings in `config`, which has passed the schema's own checks.

    Raises:
        SettingError: where a value makes no sense, with the setting's name.
    """
    defaults = {name: one.get("default") for name, one in SETTINGS_SCHEMA["properties"].items()}
    values = {**defaults, **{name: value for name, value in config.items() if value is not None}}
    api_key = str(values["api_key"]).strip()
    _check_key(api_key)
    total = values["requests_per_second"]
    follow = read_follow_settings(config)
    attempts, longest = int(values["max_attempts"]), float(values["max_wait"])
    relist_interval = int(values["relist_interval"])
    if follow is not None and config.get("batch_config"):
        raise SettingError(
            "batch_config",
            "is set, and so is follow: a run that does not end writes records as they come, and "
            "files only at its end. Leave out one of the two",
        )
    if follow is not None:
        attempts = min(attempts, _ATTEMPTS_WHILE_FOLLOWING)
        longest = min(longest, _WAIT_WHILE_FOLLOWING)
        relist_interval = max(relist_interval, _SHORTEST_RELIST_WHILE_FOLLOWING)
    return Settings(
        api_key=api_key,
        api_base=_checked_address(str(values["api_base"])),
        account_ids=read_account_ids(config),
        start=_timestamp(values["start_date"]) if values["start_date"] else 0,
        concurrency=int(values["concurrency"]),
        limits=RateLimits(
            total=RateLimits.for_key(api_key).total if total is None else int(total),
            endpoint=int(values["requests_per_second_per_endpoint"]),
        ),
        retries=_retry_policy(attempts, longest),
        overlap=int(values["overlap"]),
        relist_interval=relist_interval,
        relist_recent=int(values["relist_recent_days"]) * 86_400,
        relist_unlinked=int(values["relist_unlinked_days"]) * 86_400,
        link_keys=tuple(values["link_keys"]),
        optional_streams=frozenset(values["optional_streams"]),
        follow=follow,
    )


def read_account_ids(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the accounts that `config` asks for; none stands for the key's own, unnamed.

    Raises:
        SettingError: where one of them cannot be an account.
    """
    if config.get("account_id"):
        raise SettingError("account_id", 'is unknown; it is `account_ids`, such as ["acct_…"]')
    given = [one.strip() for one in config.get("account_ids") or ()]
    if given == [""]:  # an environment variable that is set to nothing
        return ()
    account_ids = tuple(dict.fromkeys(given))
    for account_id in account_ids:
        if account_id not in (OWN_ACCOUNT, ALL_ACCOUNTS) and not _ACCOUNT_ID.match(account_id):
            raise SettingError(
                "account_ids", f"holds {account_id!r}, which is none of acct_…, own and all"
            )
    if ALL_ACCOUNTS in account_ids and len(account_ids) > 1:
        raise SettingError("account_ids", "holds `all` beside others: give `all` alone")
    return account_ids


def _retry_policy(attempts: int, longest: float) -> RetryPolicy:
    usual = RetryPolicy()
    return RetryPolicy(
        attempts=attempts,
        wait_initial=min(usual.wait_initial, longest),
        wait_max=longest,
        wait_jitter=min(usual.wait_jitter, longest),
    )


def _check_key(api_key: str) -> None:
    if not api_key:
        raise SettingError(
            "api_key", "is empty: give a secret key (sk_…) or a restricted key (rk_…)"
        )
    if api_key.startswith("pk_"):
        raise SettingError("api_key", "is a publishable key, which cannot read: give sk_… or rk_…")
    if not api_key.isascii() or any(letter.isspace() for letter in api_key):
        raise SettingError("api_key", "holds a blank or a letter that no key has: copy it again")


def _checked_address(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingError("api_base", f"is {address!r}, but must look like {DEFAULT_API_BASE}")
    if parts.path.strip("/") or parts.query:
        raise SettingError("api_base", f"is {address!r}, but must end after the host: no /v1")
    return address


def _timestamp(value: str) -> int:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise SettingError(
            "start_date", f"is {value!r}, but must look like 2026-01-31 or 2026-01-31T00:00:00Z"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(int(moment.timestamp()), 0)
