"""The settings, declared once: the SDK validates by them, the README's table is held to them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from monstock_stripe_core.errors import MoneyError, RecordError
from monstock_stripe_core.link import LinkRules
from monstock_stripe_core.money import tolerances
from monstock_stripe_core.profile import Profile
from monstock_stripe_core.record_reading import moment
from monstock_stripe_core.scope import Scope
from singer_sdk import typing as th
from target_common.errors import SettingError

DEFAULT_LEDGER_URL = "sqlite:///target-monstock.db"

_TEXTS = th.ArrayType(th.StringType)

CONFIG_JSONSCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "base_url",
        th.StringType,
        required=True,
        description="Root of the tenant's Monstock API, for example https://…/api/v1.",
    ),
    th.Property(
        "api_token", th.StringType, required=True, secret=True, description="Monstock API token."
    ),
    th.Property(
        "profile",
        th.StringType,
        default="monstock",
        description="The tenant's API profile: the name of a packaged one, or the path of a file.",
    ),
    th.Property(
        "ledger_url",
        th.StringType,
        default=DEFAULT_LEDGER_URL,
        secret=True,
        description="SQLAlchemy URL of the ledger: a SQLite file, or postgresql://… where several "
        "machines run. One ledger per tenant.",
    ),
    th.Property(
        "concurrency",
        th.IntegerType(minimum=1, maximum=64),
        default=8,
        description="Orders that are read and written at the same time.",
    ),
    th.Property(
        "batch_size_rows",
        th.IntegerType(minimum=1),
        default=5000,
        description="Payments that are put into the ledger, and then onto their orders, at a time.",
    ),
    th.Property(
        "sweep_interval",
        th.NumberType(exclusive_minimum=0),
        default=60,
        description="Seconds after which a run that goes on looks at what changed in Monstock, and "
        "tries again what was refused. At the end of a run it is done anyway.",
    ),
    th.Property(
        "metrics_listen",
        th.StringType,
        description="Host and port, such as 127.0.0.1:9464, at which figures are served for "
        "Prometheus. Unset: none are.",
    ),
    th.Property(
        "expect_livemode",
        th.BooleanType,
        description="true refuses test payments, false refuses live ones; unset takes both.",
    ),
    th.Property(
        "tenant",
        th.StringType,
        description="Name of this tenant in the keys of a Stripe account that feeds several; keys "
        "that name another are not ours.",
    ),
    th.Property(
        "scope_accounts",
        _TEXTS,
        description='Stripe accounts whose payments count; "" is the own account. Unset: all.',
    ),
    th.Property(
        "scope_metadata",
        th.ObjectType(additional_properties=th.StringType),
        description='Metadata that a payment must carry, as {key: value}; the value "*" is any.',
    ),
    th.Property(
        "scope_description",
        th.StringType,
        description="Regular expression that a payment's description must contain.",
    ),
    th.Property(
        "scope_products",
        _TEXTS,
        description="Stripe product ids of which a payment must have bought one.",
    ),
    th.Property(
        "scope_created_from",
        th.DateTimeType,
        description="Payments begun before this moment are not ours and are not reported.",
    ),
    th.Property(
        "cutover_date",
        th.DateTimeType,
        description="Going live: payments begun before it were copied by hand and are left alone.",
    ),
    th.Property(
        "orders_since",
        th.DateTimeType,
        description="The first sweep looks at orders changed since then. Default: cutover_date, "
        "else all orders.",
    ),
    th.Property(
        "on_paid_order_status",
        th.StringType,
        description="The order's own status, in the tenant's word, to set once it is paid. Unset: "
        "the status is never touched.",
    ),
    th.Property(
        "on_paid_from_statuses",
        _TEXTS,
        default=[],
        description="The statuses, in the tenant's words, from which on_paid_order_status is set.",
    ),
    th.Property(
        "currency_tolerance",
        th.ObjectType(additional_properties=th.IntegerType(minimum=0)),
        default={},
        description='Difference that counts as equal, in minor units: {"EUR": 1} is one cent.',
    ),
    th.Property(
        "zero_total_is_paid",
        th.BooleanType,
        default=False,
        description="Whether a validated order with a total of 0 is paid without money.",
    ),
    th.Property(
        "action_expires_after_hours",
        th.NumberType(minimum=0),
        default=24,
        description="Hours after which a customer asked to act (3-D Secure) counts as gone.",
    ),
    th.Property(
        "duplicate_days",
        th.IntegerType(minimum=0),
        default=3,
        description="How many days a hand-made row may lie from a payment that it seems to copy.",
    ),
    th.Property(
        "accept_single_suggestion",
        th.BooleanType,
        default=False,
        description="Link a payment without reference to the one order of the same customer "
        "e-mail, currency and amount, instead of only suggesting it.",
    ),
    th.Property(
        "suggestion_days",
        th.IntegerType(minimum=0),
        default=7,
        description="How many days payment and order may lie apart for a suggestion.",
    ),
    th.Property(
        "customers",
        th.StringType(allowed_values=["off", "link", "create"]),
        default="off",
        description="What to do with Stripe's customers. link: write the Stripe id to the Monstock "
        "customer who is surely the same. create: also make those whom Monstock does not know and "
        "who have paid for something of ours.",
    ),
    th.Property(
        "other_streams",
        th.StringType(allowed_values=["error", "ignore"]),
        default="error",
        description="What to do with streams that are not for this target.",
    ),
    th.Property(
        "dry_run",
        th.BooleanType,
        default=False,
        description="Show the plan of writes and change nothing: no write to Monstock, no STATE, "
        "no ledger.",
    ),
    th.Property(
        "dry_run_format",
        th.StringType(allowed_values=["table", "json"]),
        default="table",
        description="How a dry run shows its plan: a table for people, or JSON lines.",
    ),
).to_dict()
"""JSON Schema of the settings."""


class CustomersMode(StrEnum):
    """What becomes of Stripe's customers."""

    OFF = "off"
    LINK = "link"
    CREATE = "create"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings with their types; see `CONFIG_JSONSCHEMA` for what each means."""

    base_url: str
    api_token: str
    profile: str
    ledger_url: str
    concurrency: int
    batch_size: int
    sweep_interval: float
    metrics_listen: str | None
    scope: Scope
    links: LinkRules
    orders_since: datetime | None
    on_paid_order_status: str | None
    on_paid_from_statuses: frozenset[str]
    currency_tolerance: Mapping[str, int]
    zero_total_is_paid: bool
    action_expires_after: timedelta
    duplicates_near: timedelta
    customers: CustomersMode
    ignore_other_streams: bool
    dry_run: bool
    dry_run_json: bool


def read_settings(config: Mapping[str, Any]) -> Settings:
    """The settings of a configuration that the schema has let pass.

    Raises:
        SettingError: a value that the schema cannot judge (a date, a pattern, a currency).
    """
    cutover = _moment(config, "cutover_date")
    hours = config.get("action_expires_after_hours", 24)
    if config.get("on_paid_order_status") and not config.get("on_paid_from_statuses"):
        raise SettingError(
            "on_paid_order_status is set, but on_paid_from_statuses is empty: name the statuses "
            "from which an order may be moved, or unset on_paid_order_status."
        )
    if not str(config["base_url"]).startswith(("http://", "https://")):
        raise SettingError("base_url must begin with http:// or https://")
    return Settings(
        base_url=str(config["base_url"]).rstrip("/"),
        api_token=config["api_token"],
        profile=config.get("profile", "monstock"),
        ledger_url=config.get("ledger_url", DEFAULT_LEDGER_URL),
        concurrency=int(config.get("concurrency", 8)),
        batch_size=int(config.get("batch_size_rows", 5000)),
        sweep_interval=float(config.get("sweep_interval", 60)),
        metrics_listen=config.get("metrics_listen") or None,
        scope=Scope(
            expect_livemode=config.get("expect_livemode"),
            cutover=cutover,
            accounts=frozenset(config.get("scope_accounts") or ()),
            metadata=config.get("scope_metadata") or {},
            description=_pattern(config, "scope_description"),
            products=frozenset(config.get("scope_products") or ()),
            created_from=_moment(config, "scope_created_from"),
        ),
        links=LinkRules(
            tenant=config.get("tenant") or None,
            accept_single_suggestion=bool(config.get("accept_single_suggestion", False)),
            suggestion_days=int(config.get("suggestion_days", 7)),
        ),
        orders_since=_moment(config, "orders_since") or cutover,
        on_paid_order_status=config.get("on_paid_order_status") or None,
        on_paid_from_statuses=frozenset(config.get("on_paid_from_statuses") or ()),
        currency_tolerance=_tolerance(config.get("currency_tolerance") or {}),
        zero_total_is_paid=bool(config.get("zero_total_is_paid", False)),
        action_expires_after=timedelta(seconds=round(hours * 3600)),
        duplicates_near=timedelta(days=int(config.get("duplicate_days", 3))),
        customers=CustomersMode(config.get("customers", "off")),
        ignore_other_streams=config.get("other_streams", "error") == "ignore",
        dry_run=bool(config.get("dry_run", False)),
        dry_run_json=config.get("dry_run_format", "table") == "json",
    )


def check_customers(settings: Settings, profile: Profile) -> None:
    """Hold the setting `customers` against what the profile can do.

    Both look-ups are needed, so that nobody gets a second contact or a second Stripe id.

    Raises:
        SettingError: the profile lacks what the setting needs; the text names the keys.
    """
    if settings.customers is CustomersMode.OFF:
        return
    described = profile.customers
    needed = {
        "customers": described,
        "customers.update": described and described.update,
        "customers.fields.stripe_customer_id": described and described.fields.stripe_customer_id,
        "customers.find.stripe_customer_id": described and described.find.stripe_customer_id,
        "customers.find.email": described and described.find.email,
    }
    if settings.customers is CustomersMode.CREATE:
        needed["customers.create"] = described and described.create
    missing = [key for key, value in needed.items() if value is None]
    if missing:
        raise SettingError(
            f"customers is {settings.customers.value}, but the profile {profile.name!r} lacks "
            f"{', '.join(missing)}: describe them there, or set customers to off."
        )


def _moment(config: Mapping[str, Any], name: str) -> datetime | None:
    value = config.get(name)
    if value is None or value == "":
        return None
    try:
        return moment(value, name)
    except RecordError:
        raise SettingError(
            f"{name} must be a date such as 2026-11-01 or 2026-11-01T08:00:00Z, not {value!r:.40}"
        ) from None


def _pattern(config: Mapping[str, Any], name: str) -> re.Pattern[str] | None:
    value = config.get(name)
    if not value:
        return None
    try:
        return re.compile(value)
    except re.error as error:
        raise SettingError(f"{name} is not a regular expression: {error}") from None


def _tolerance(by_currency: Mapping[str, Any]) -> Mapping[str, int]:
    try:
        return tolerances(by_currency)
    except MoneyError as error:
        raise SettingError(f"currency_tolerance: {error}") from None
