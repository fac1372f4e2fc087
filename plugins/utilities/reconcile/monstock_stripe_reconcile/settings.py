"""The settings, declared once: the command's options, the README's table and the plugin's
definition are made of `SETTINGS`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from monstock_stripe_core.discrepancy import Reason
from monstock_stripe_core.errors import MoneyError, MonstockStripeError, RecordError
from monstock_stripe_core.link import LinkRules
from monstock_stripe_core.money import tolerances
from monstock_stripe_core.order import OrderPaymentStatus
from monstock_stripe_core.order_comparison import ComparisonRules
from monstock_stripe_core.order_status import StatusRules
from monstock_stripe_core.profile import load_profile
from monstock_stripe_core.record_reading import moment
from monstock_stripe_core.row_discrepancies import ALL_FIELDS, RowStyle
from monstock_stripe_core.scope import Scope
from monstock_stripe_core.stripe_links import CandidateRules

from monstock_stripe_reconcile.errors import SettingError

DOES_NOT_FAIL = frozenset({Reason.UNPAID_TOO_LONG})
"""Reasons that leave the exit status at 0 where `fail_on` is not set: no system is wrong there."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        kind: the JSON type: string, integer, boolean, array (of texts), object, or `date-time`.
    """

    name: str
    kind: str
    description: str
    default: Any = None
    secret: bool = False


SETTINGS = (
    Setting(
        "source",
        "string",
        "SQLAlchemy URL of the warehouse that both taps were loaded into: duckdb:///path/to/file "
        "or postgresql+psycopg://user:password@host/database.",
        "duckdb:///warehouse.duckdb",
        secret=True,
    ),
    Setting("stripe_schema", "string", "Its schema that holds tap-stripe-ext's tables.", "stripe"),
    Setting("monstock_schema", "string", "Its schema with tap-monstock's tables.", "monstock"),
    Setting("results", "string", "The DuckDB file that results go to.", "reconciliation.duckdb"),
    Setting(
        "ledger_url",
        "string",
        "target-monstock's ledger, for what people decided and what was changed by hand; it is "
        "only read. Unset: links come from Stripe and from Monstock's rows alone.",
        secret=True,
    ),
    Setting("profile", "string", "The tenant's API profile, as for tap-monstock.", "monstock"),
    Setting(
        "expect_livemode",
        "boolean",
        "true takes test payments for strangers, false live ones; unset takes both.",
    ),
    Setting("tenant", "string", "As for target-monstock."),
    Setting("scope_accounts", "array", "As for target-monstock."),
    Setting("scope_metadata", "object", "As for target-monstock."),
    Setting("scope_description", "string", "As for target-monstock."),
    Setting("scope_products", "array", "As for target-monstock."),
    Setting("scope_created_from", "date-time", "As for target-monstock."),
    Setting("cutover_date", "date-time", "As for target-monstock."),
    Setting("shop_metadata_keys", "array", "As for map-payments."),
    Setting("description_pattern", "string", "As for map-payments."),
    Setting("zero_total_is_paid", "boolean", "As for target-monstock.", False),
    Setting("action_expires_after_hours", "number", "As for target-monstock.", 24),
    Setting("duplicate_days", "integer", "As for target-monstock.", 3),
    Setting(
        "currency_tolerance",
        "object",
        "Difference that counts as equal, in minor units by currency, as for target-monstock: "
        '{"EUR": 1} is one cent.',
    ),
    Setting(
        "usual_lag_minutes",
        "integer",
        "How long a change may take from one system to the other; a difference that is younger is "
        "timing and does not count.",
        30,
    ),
    Setting(
        "unpaid_days", "integer", "Days after which an order that waits for money is reported.", 30
    ),
    Setting(
        "release_statuses",
        "array",
        "Payment statuses that logistics may ship on, beside paid and overpaid.",
    ),
    Setting(
        "fail_on",
        "array",
        "Reasons that make the exit status 1, or [] for none. Unset: all but unpaid_too_long.",
    ),
    Setting("memory_limit", "string", "Memory that DuckDB may take.", "512MB"),
    Setting("threads", "integer", "Threads that DuckDB may use. Unset: one for each processor."),
)
"""All settings, as a configuration or the environment (`RECONCILE_…`) may say them."""


def json_schema() -> dict[str, Any]:
    """Return the settings as a JSON Schema, as `--about` shows it."""
    return {"type": "object", "properties": {one.name: _schema(one) for one in SETTINGS}}


def _schema(one: Setting) -> dict[str, Any]:
    is_time = one.kind == "date-time"
    found: dict[str, Any] = {"type": ["string" if is_time else one.kind, "null"]}
    if is_time:
        found["format"] = "date-time"
    if one.secret:
        found["secret"] = True
    if one.default is not None:
        found["default"] = one.default
    return found | {"description": one.description}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings with their types; see `SETTINGS` for what each means."""

    source: str
    stripe_schema: str
    monstock_schema: str
    results: Path
    ledger_url: str | None
    scope: Scope
    candidates: CandidateRules
    links: LinkRules
    comparison: ComparisonRules
    tolerance: Mapping[str, int]
    usual_lag: timedelta
    unpaid_days: int
    fail_on: frozenset[Reason]
    memory_limit: str
    threads: int | None
    told: Mapping[str, Any] = field(default_factory=dict)
    """What decided the results, without secrets, as it was given."""


def read_settings(config: Mapping[str, Any]) -> Settings:
    """Read the settings of a configuration.

    Args:
        config: by name; texts stand for other kinds, as an environment has them.

    Raises:
        SettingError: a name that is none, or a value that cannot be.
    """
    known = {one.name: one for one in SETTINGS}
    for name in config:
        if name not in known:
            raise SettingError(f"{name} is no setting of reconcile; see `reconcile --about`")
    given = {one.name: _value(one, config.get(one.name)) for one in SETTINGS}
    fail_on = given["fail_on"]
    tolerance = _tolerance(given["currency_tolerance"] or {})
    return Settings(
        source=given["source"],
        stripe_schema=given["stripe_schema"],
        monstock_schema=given["monstock_schema"],
        results=Path(given["results"]),
        ledger_url=given["ledger_url"],
        scope=Scope(
            expect_livemode=given["expect_livemode"],
            cutover=given["cutover_date"],
            accounts=frozenset(given["scope_accounts"] or ()),
            metadata=given["scope_metadata"] or {},
            description=_pattern("scope_description", given["scope_description"]),
            products=frozenset(given["scope_products"] or ()),
            created_from=given["scope_created_from"],
        ),
        candidates=CandidateRules(
            tuple(given["shop_metadata_keys"] or ()),
            _pattern("description_pattern", given["description_pattern"]),
        ),
        links=LinkRules(tenant=given["tenant"]),
        comparison=_comparison(given, tolerance),
        tolerance=tolerance,
        usual_lag=timedelta(minutes=_natural("usual_lag_minutes", given)),
        unpaid_days=_natural("unpaid_days", given),
        fail_on=frozenset(Reason) - DOES_NOT_FAIL
        if fail_on is None
        else frozenset(_words("fail_on", Reason, fail_on)),
        memory_limit=given["memory_limit"],
        threads=given["threads"],
        told={
            one.name: str(given[one.name]) if one.kind == "date-time" else given[one.name]
            for one in SETTINGS
            if not one.secret and given[one.name] is not None and one.name != "results"
        },
    )


def _comparison(given: Mapping[str, Any], tolerance: Mapping[str, int]) -> ComparisonRules:
    try:
        profile = load_profile(given["profile"])
    except MonstockStripeError as error:
        raise SettingError(f"profile: {error}") from None
    payments = profile.payments
    return ComparisonRules(
        status=StatusRules(
            our_method=payments.our_method,
            stripe_like_methods=frozenset(
                one.casefold() for one in (payments.our_method, *payments.stripe_like_methods)
            ),
            tolerance=tolerance,
            zero_total_is_paid=given["zero_total_is_paid"],
            action_expires_after=timedelta(hours=given["action_expires_after_hours"]),
            near=timedelta(days=_natural("duplicate_days", given)),
        ),
        rows=RowStyle(
            frozenset(
                name for name in ALL_FIELDS.keeps if getattr(payments.fields, name) is not None
            ),
            net=payments.amount == "net",
        ),
        keeps_status=profile.orders.fields.payment_status is not None,
        terms=frozenset(
            _words("release_statuses", OrderPaymentStatus, given["release_statuses"] or ())
        ),
    )


def _value(setting: Setting, value: Any) -> Any:
    """A value in its type; a text as an environment has it is read as JSON where it must be."""
    if value is None or value == "":
        return setting.default
    kind = setting.kind
    if kind == "date-time":
        return _moment(setting.name, value)
    if kind == "string":
        return str(value)
    if isinstance(value, str):
        try:
            value = json.loads(value.lower() if kind == "boolean" else value)
        except ValueError:
            raise SettingError(
                f"{setting.name} must be JSON of a {kind}, not {value!r:.40}"
            ) from None
    if not _IS[kind](value):
        raise SettingError(f"{setting.name} must be a {kind}, not {value!r:.40}")
    return value


_IS: Mapping[str, Callable[[Any], bool]] = {
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
    "object": lambda value: isinstance(value, dict),
}


def _natural(name: str, given: Mapping[str, Any]) -> int:
    number: int = given[name]
    if not 0 <= number <= 100_000:
        raise SettingError(f"{name} must lie between 0 and 100000, not {number}")
    return number


def _words(name: str, words: Any, given: Any) -> list[Any]:
    known = [one.value for one in words]
    for word in given:
        if word not in known:
            raise SettingError(f"{name}: {word!r:.40} is none of {', '.join(known)}")
    return [words(word) for word in given]


def _moment(name: str, value: Any) -> datetime:
    try:
        return moment(value, name)
    except RecordError:
        raise SettingError(
            f"{name} must be a date such as 2026-11-01 or 2026-11-01T08:00:00Z, not {value!r:.40}"
        ) from None


def _pattern(name: str, value: str | None) -> re.Pattern[str] | None:
    try:
        return None if value is None else re.compile(value)
    except re.error as error:
        raise SettingError(f"{name} is no regular expression: {error}") from None


def _tolerance(by_currency: Mapping[str, Any]) -> dict[str, int]:
    try:
        return tolerances(by_currency)
    except MoneyError as error:
        raise SettingError(f"currency_tolerance: {error}") from None
