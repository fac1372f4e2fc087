"""The settings, declared once: the SDK validates by them, the README's table is held to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monstock_stripe_core.order import OrderState
from monstock_stripe_core.stripe_annotation import DEFAULT_TEMPLATE, AnnotationRules
from monstock_stripe_core.stripe_calls import DEFAULT_API_BASE, RetryPolicy
from monstock_stripe_core.stripe_customer_plan import Creation, CustomerRules
from monstock_stripe_core.stripe_demand import CollectionRules, Delivery, OrderAs
from monstock_stripe_core.stripe_pacing import ENDPOINT_REQUESTS_PER_SECOND, RateLimits
from singer_sdk import typing as th
from target_common.errors import SettingError

DEFAULT_LEDGER_URL = "sqlite:///target-stripe.db"

_STATES = [state.value for state in OrderState]

CONFIG_JSONSCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "api_key",
        th.StringType,
        required=True,
        secret=True,
        description="Stripe secret key (sk_…) or, better, a restricted key (rk_…) that may do what "
        "the README lists.",
    ),
    th.Property(
        "api_base",
        th.StringType,
        default=DEFAULT_API_BASE,
        description="Scheme and host of Stripe's API; another one for a sandbox or a proxy.",
    ),
    th.Property(
        "account_id",
        th.StringType,
        description="The connected account (acct_…) whose customers they are and that collects. "
        "Unset: the key's own. A payment whose reference names an account is annotated there.",
    ),
    th.Property(
        "tenant",
        th.StringType,
        description="Name of this tenant in a Stripe account that feeds several; what names "
        "another is not touched.",
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
        description="Orders or customers that are read and written at the same time.",
    ),
    th.Property(
        "batch_size_rows",
        th.IntegerType(minimum=1),
        default=5000,
        description="Records that are put into the ledger, and then worked on, at a time.",
    ),
    th.Property(
        "sweep_interval",
        th.NumberType(exclusive_minimum=0),
        default=60,
        description="Seconds after which a run that goes on looks at what waits for a person, or "
        "was refused, and takes up again what was last looked at an hour ago. At the end of a run "
        "it is done anyway.",
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
        description="true refuses test objects and keys, false live ones; unset takes both.",
    ),
    th.Property(
        "order_as",
        th.StringType(allowed_values=[one.value for one in OrderAs]),
        default=OrderAs.ANNOTATE.value,
        description="annotate: the payments of orders are annotated, nothing is made. In the other "
        "modes an order that is to be paid is collected too, by a PaymentIntent, an invoice or a "
        "Payment Link.",
    ),
    th.Property(
        "collect_states",
        th.ArrayType(th.StringType(allowed_values=_STATES)),
        default=[OrderState.VALIDATED.value, OrderState.SHIPPED.value],
        description="States of an order in which its money is asked for.",
    ),
    th.Property(
        "invoice_delivery",
        th.StringType(allowed_values=[one.value for one in Delivery]),
        default=Delivery.SEND.value,
        description="What is done with an invoice: left as a draft, finalised, or sent too.",
    ),
    th.Property(
        "days_until_due",
        th.IntegerType(minimum=0),
        default=30,
        description="Days that a customer has to pay an invoice.",
    ),
    th.Property(
        "description_template",
        th.StringType,
        default=DEFAULT_TEMPLATE,
        description="Description of an order's payments; {order_number} and {order_id} are filled "
        "in.",
    ),
    th.Property(
        "create_customers",
        th.StringType(allowed_values=[one.value for one in Creation]),
        default=Creation.NEEDED.value,
        description="Which customers are created where Stripe has none: all, those that an order's "
        "invoice needs, or none.",
    ),
    th.Property(
        "match_customers_by_email",
        th.BooleanType,
        default=False,
        description="Whether the one customer at Stripe with the same e-mail address, and no other "
        "Monstock id, is the customer.",
    ),
    th.Property(
        "requests_per_second",
        th.IntegerType(minimum=0),
        description="Over all endpoints; 0 for no limit. Unset: Stripe's own limit, 100 with a "
        "live key, 25 with a test key.",
    ),
    th.Property(
        "requests_per_second_per_endpoint",
        th.IntegerType(minimum=0),
        default=ENDPOINT_REQUESTS_PER_SECOND,
        description="For each endpoint by itself; 0 for no limit. Stripe's own limit is 25.",
    ),
    th.Property(
        "max_attempts",
        th.IntegerType(minimum=1, maximum=50),
        default=9,
        description="How often a request is made at most before the run gives up.",
    ),
    th.Property(
        "max_wait",
        th.NumberType(minimum=0),
        default=30,
        description="Seconds to wait at most between two attempts, whatever Stripe asks for.",
    ),
    th.Property(
        "other_streams",
        th.StringType(allowed_values=["error", "ignore"]),
        default="error",
        description="What to do with streams that are neither orders nor customers.",
    ),
    th.Property(
        "dry_run",
        th.BooleanType,
        default=False,
        description="Show the plan of writes and change nothing: no write to Stripe, no STATE, no "
        "ledger.",
    ),
    th.Property(
        "dry_run_format",
        th.StringType(allowed_values=["table", "json"]),
        default="table",
        description="How a dry run shows its plan: a table for people, or JSON lines.",
    ),
).to_dict()
"""JSON Schema of the settings."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings with their types; see `CONFIG_JSONSCHEMA` for what each means."""

    api_key: str
    api_base: str
    account_id: str | None
    ledger_url: str
    concurrency: int
    sweep_interval: float
    metrics_listen: str | None
    customers: CustomerRules
    collection: CollectionRules
    limits: RateLimits
    retries: RetryPolicy
    dry_run: bool
    dry_run_json: bool

    @property
    def annotation(self) -> AnnotationRules:
        """How payments are annotated."""
        return self.collection.annotation

    @property
    def tenant(self) -> str | None:
        """Our name in a Stripe account that feeds several."""
        return self.collection.annotation.tenant


def read_settings(config: Mapping[str, Any]) -> Settings:
    """The settings of a configuration that the schema has let pass.

    Raises:
        SettingError: a value that the schema cannot judge.
    """
    api_key = str(config["api_key"])
    expected = config.get("expect_livemode")
    _check_key(api_key, expected)
    api_base = config.get("api_base") or DEFAULT_API_BASE
    if not str(api_base).startswith(("http://", "https://")):
        raise SettingError("api_base must begin with http:// or https://")
    account_id = config.get("account_id") or None
    if account_id is not None and not str(account_id).startswith("acct_"):
        raise SettingError("account_id must be the id of an account, acct_…")
    tenant = config.get("tenant") or None
    template = config.get("description_template") or DEFAULT_TEMPLATE
    if "{order_number}" not in template and "{order_id}" not in template:
        raise SettingError("description_template must hold {order_number} or {order_id}")
    default_limits = RateLimits.for_key(api_key)
    total = config.get("requests_per_second")
    return Settings(
        api_key=api_key,
        api_base=api_base,
        account_id=account_id,
        ledger_url=config.get("ledger_url", DEFAULT_LEDGER_URL),
        concurrency=int(config.get("concurrency", 8)),
        sweep_interval=float(config.get("sweep_interval", 60)),
        metrics_listen=config.get("metrics_listen") or None,
        customers=CustomerRules(
            tenant=tenant,
            match_by_email=bool(config.get("match_customers_by_email", False)),
            creation=Creation(config.get("create_customers", Creation.NEEDED)),
            expect_livemode=expected,
        ),
        collection=CollectionRules(
            order_as=OrderAs(config.get("order_as", OrderAs.ANNOTATE)),
            delivery=Delivery(config.get("invoice_delivery", Delivery.SEND)),
            days_until_due=int(config.get("days_until_due", 30)),
            collect_states=frozenset(
                OrderState(state)
                for state in config.get("collect_states", ("validated", "shipped"))
            ),
            annotation=AnnotationRules(tenant=tenant, template=template),
            expect_livemode=expected,
        ),
        limits=RateLimits(
            total=default_limits.total if total is None else int(total),
            endpoint=int(
                config.get("requests_per_second_per_endpoint", ENDPOINT_REQUESTS_PER_SECOND)
            ),
        ),
        retries=RetryPolicy(
            attempts=int(config.get("max_attempts", 9)), wait_max=float(config.get("max_wait", 30))
        ),
        dry_run=bool(config.get("dry_run", False)),
        dry_run_json=config.get("dry_run_format", "table") == "json",
    )


def _check_key(api_key: str, expect_livemode: bool | None) -> None:
    """Refuse a key of the other mode before anything is asked of Stripe.

    Raises:
        SettingError: it is one.
    """
    for mode, livemode in (("live", True), ("test", False)):
        is_of_it = api_key.startswith((f"sk_{mode}_", f"rk_{mode}_"))
        if is_of_it and expect_livemode not in {None, livemode}:
            raise SettingError(
                f"api_key is of {mode} mode, and expect_livemode is {str(not livemode).lower()}"
            )
