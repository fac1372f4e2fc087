"""The filters of the lists that are not modelled by hand, derived from their parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from monstock_stripe_sandbox import stripe_params as params
from monstock_stripe_sandbox.resources.data import Parameter
from monstock_stripe_sandbox.stripe_catalog import PAGING, ServedList, model
from monstock_stripe_sandbox.stripe_filters import Filter, Test
from monstock_stripe_sandbox.stripe_params import Check
from monstock_stripe_sandbox.stripe_store import Entry

if TYPE_CHECKING:
    from monstock_stripe_sandbox.stripe_books import StripeBooks


def filters_of(served: ServedList) -> dict[str, Filter]:
    """Return the filters of a list, by parameter."""
    known = model(served.objects[0])
    found: dict[str, Filter] = {}
    for name, parameter in served.parameters.items():
        if name in PAGING:
            continue
        kind = ""
        if name == served.parent_parameter:
            kind = served.parent
        elif name == "customer":
            kind = "customer"
        check = check_of(parameter)
        test = SPECIAL.get((served.path, name))
        if name == "created" and parameter.kind == "range":
            found[name] = Filter(check, "")
        elif test is not None:
            found[name] = Filter(check, "", kind, test)
        elif parameter.kind in ("text", "word", "boolean", "integer") and name in known:
            found[name] = Filter(check, name, kind)
        elif parameter.kind == "range" and name in known:
            found[name] = Filter(check, "", test=_within(name))
        elif parameter.kind == "fields":
            found[name] = Filter(check, "", test=_alike(name))
        else:
            found[name] = Filter(check, "", kind, _unseen(name))
    return found


def check_of(parameter: Parameter) -> Check:
    """Return how a parameter is read."""
    simple: dict[str, Check] = {
        "anything": lambda _, raw: raw,
        "boolean": params.boolean,
        "integer": params.integer,
        "number": params.text,
        "range": params.moments,
        "text": params.text,
        "texts": params.texts(),
    }
    if parameter.kind == "word":  # one that knows no word but the empty one takes any text
        return params.one_of(*parameter.of) if parameter.of else params.text
    if parameter.kind == "fields":
        demanded = [name for name, entry in parameter.fields.items() if entry.required]
        inner = {name: check_of(entry) for name, entry in parameter.fields.items()}
        return params.demanding(params.fields(**inner), demanded)
    return simple[parameter.kind]


def _within(field: str) -> Test:
    def test(_world: StripeBooks, entry: Entry, bounds: Any) -> bool:
        return _inside(entry.value.get(field), bounds)

    return test


def _inside(found: Any, bounds: tuple[int | None, int | None]) -> bool:
    first, end = bounds
    return found is not None and (first is None or found >= first) and (end is None or found < end)


def _alike(field: str) -> Test:
    """Compare every part that was given with the same part of the field."""

    def test(_world: StripeBooks, entry: Entry, wanted: Any) -> bool:
        found = entry.value.get(field) or entry.unseen.get(field) or {}
        return all(_same(found.get(name), value) for name, value in wanted.items())

    return test


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, tuple):
        return _inside(found, wanted)
    if isinstance(wanted, dict) and isinstance(found, Mapping):
        return all(_same(found.get(name), value) for name, value in wanted.items())
    return bool(found == wanted)


def _unseen(name: str) -> Test:
    """Compare with what the maker of the object said beside its fields; unsaid is a match."""

    def test(_world: StripeBooks, entry: Entry, wanted: Any) -> bool:
        return bool(entry.unseen.get(name, wanted) == wanted)

    return test


def _status_or_all(_world: StripeBooks, entry: Entry, wanted: Any) -> bool:
    return wanted in ("all", entry.value["status"])


def _status_of_subscription(_world: StripeBooks, entry: Entry, wanted: Any) -> bool:
    status = entry.value["status"]
    if wanted == "all":
        return True
    ended = ("canceled", "incomplete_expired")
    return bool(status in ended if wanted == "ended" else status == wanted)


def _has_item(field: str) -> Test:
    def test(_world: StripeBooks, entry: Entry, wanted: Any) -> bool:
        for item in entry.value["items"]["data"]:
            of = item.get(field)
            if wanted == (of.get("id") if isinstance(of, Mapping) else of):
                return True
        return False

    return test


def _period(field: str) -> Test:
    def test(_world: StripeBooks, entry: Entry, bounds: Any) -> bool:
        moments = [item[field] for item in entry.value["items"]["data"]]
        choose = max if field.endswith("start") else min
        return bool(moments) and _inside(choose(moments), bounds)

    return test


def _pending(_world: StripeBooks, entry: Entry, wanted: Any) -> bool:
    return wanted is (entry.value["invoice"] is None)


def _expired(world: StripeBooks, entry: Entry, wanted: Any) -> bool:
    ends = entry.value["expires_at"]
    return wanted is (ends is not None and ends <= world.now())


def _scheduled(_world: StripeBooks, entry: Entry, wanted: Any) -> bool:
    return wanted is bool(entry.value["status"] == "not_started")


def _one_of(field: str) -> Test:
    def test(_world: StripeBooks, entry: Entry, wanted: Any) -> bool:
        return entry.value.get(field) in wanted

    return test


def _coupon(_world: StripeBooks, entry: Entry, wanted: Any) -> bool:
    return bool((entry.value.get("promotion") or {}).get("coupon") == wanted)


def _owner(_world: StripeBooks, entry: Entry, wanted: Any) -> bool:
    owner = entry.value["owner"] or {"type": "self"}
    return all(owner.get(name) == value for name, value in wanted.items())


def _contains(world: StripeBooks, entry: Entry, wanted: Any) -> bool:
    items = world.shelves["radar.value_list_item"].where("value_list", entry.key[2])
    return any(wanted in item.value["value"] for item in items)


def _either_way(_world: StripeBooks, _entry: Entry, _wanted: Any) -> bool:
    return True  # in what order they come is no filter, and Stripe's default is the only one here


def _made(after: bool) -> Test:
    def test(_world: StripeBooks, entry: Entry, wanted: Any) -> bool:
        return bool(entry.key[0] > wanted if after else entry.key[0] < wanted)

    return test


def _from_then(_world: StripeBooks, entry: Entry, wanted: Any) -> bool:
    return bool(entry.value["start_time"] >= wanted)


def _until_then(_world: StripeBooks, entry: Entry, wanted: Any) -> bool:
    return bool(entry.value["end_time"] <= wanted)


def _meter_of_alert(_world: StripeBooks, entry: Entry, wanted: Any) -> bool:
    return bool((entry.value["usage_threshold"] or {}).get("meter") == wanted)


_SUMMARIES = "/v1/billing/meters/{id}/event_summaries"
_SUBSCRIPTIONS = "/v1/subscriptions"
SPECIAL: dict[tuple[str, str], Test] = {
    ("/v1/billing/alerts", "meter"): _meter_of_alert,
    (_SUMMARIES, "end_time"): _until_then,
    (_SUMMARIES, "start_time"): _from_then,
    (_SUMMARIES, "value_grouping_window"): _either_way,
    ("/v1/customers/{customer}/balance_transactions", "invoice"): lambda _, entry, wanted: bool(
        entry.value["invoice"] == wanted
    ),
    ("/v1/file_links", "expired"): _expired,
    ("/v1/invoiceitems", "pending"): _pending,
    ("/v1/issuing/personalization_designs", "lookup_keys"): _one_of("lookup_key"),
    ("/v1/payment_records", "created_after"): _made(after=True),
    ("/v1/payment_records", "created_before"): _made(after=False),
    ("/v1/product_catalog/trial_offers", "prices"): _one_of("price"),
    ("/v1/promotion_codes", "coupon"): _coupon,
    ("/v1/tax/registrations", "status"): _status_or_all,
    ("/v1/radar/value_lists", "contains"): _contains,
    (_SUBSCRIPTIONS, "current_period_end"): _period("current_period_end"),
    (_SUBSCRIPTIONS, "current_period_start"): _period("current_period_start"),
    (_SUBSCRIPTIONS, "plan"): _has_item("plan"),
    (_SUBSCRIPTIONS, "price"): _has_item("price"),
    (_SUBSCRIPTIONS, "status"): _status_of_subscription,
    ("/v1/subscription_schedules", "scheduled"): _scheduled,
    ("/v1/tax_ids", "owner"): _owner,
    ("/v1/treasury/transaction_entries", "order_by"): _either_way,
    ("/v1/treasury/transactions", "order_by"): _either_way,
}
"""Filters that are more than a comparison with the field of the same name."""
