"""Lists that hang on an object, each rule by the fault that it answers, against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from tap_common.testing import TapRun
from tap_stripe_ext.backfill_part import SETTLED
from tap_stripe_ext.nested import with_parent_id
from tap_stripe_ext.testing import run_tap

DAY = 86_400
ITEMS = "/v1/subscription_items"


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


def later(sandbox: RunningSandbox, before: TapRun, *streams: str, **config) -> TapRun:
    return run_tap(sandbox.stripe_url, streams=streams, state=before.state, **config)


def requests_to(sandbox: RunningSandbox, endpoint: str) -> int:
    counted = sandbox.stripe_controls.counters()["endpoints"].get(endpoint)
    return counted["requests"] if counted else 0


def subscription_with(sandbox: RunningSandbox, items: int) -> tuple[str, set[str]]:
    """Make a subscription; return its id and those of its items."""
    stripe = sandbox.stripe
    made = stripe.create("subscription")
    for _ in range(items - 1):
        stripe.create(ITEMS, made)
    found = {
        str(entry.value["id"])
        for entry in stripe.shelves["subscription_item"].entries.values()
        if entry.value["subscription"] == made
    }
    assert len(found) == items
    return made, found


def test_beginning_that_the_parent_carries_costs_no_request(sandbox):
    with sandbox.clock.at(sandbox.clock.now() - DAY):  # its events are none of this run's
        made = {one for _ in range(3) for one in subscription_with(sandbox, 2)[1]}
    sandbox.stripe_controls.reset_counters()

    run = run_tap(sandbox.stripe_url, streams=["subscription_items"])

    assert run.error is None
    assert sorted(run.ids("subscription_items")) == sorted(made)
    assert requests_to(sandbox, "GET /v1/subscription_items") == 0


def test_list_inside_an_object_is_followed_to_its_end(sandbox):
    few, made = subscription_with(sandbox, 2), subscription_with(sandbox, 130)

    run = run_tap(sandbox.stripe_url, streams=["subscription_items"])

    assert sorted(run.ids("subscription_items")) == sorted(few[1] | made[1])


def test_record_names_its_parent_where_stripes_object_does_not(sandbox):
    session = sandbox.stripe.checkout_session(1000, "eur")

    (record,) = run_tap(sandbox.stripe_url, streams=["checkout_session_line_items"]).records(
        "checkout_session_line_items"
    )

    assert record["checkout_session"] == session


def test_change_of_the_parent_brings_its_whole_list_again(sandbox):
    with sandbox.clock.at(sandbox.clock.now() - 2 * SETTLED):
        other, _ = subscription_with(sandbox, 1)
        changed, items = subscription_with(sandbox, 15)
    first = run_tap(sandbox.stripe_url, streams=["subscription_items"])
    with sandbox.clock.at(sandbox.clock.now() - SETTLED):
        new = sandbox.stripe.create(ITEMS, changed)

    second = later(sandbox, first, "subscription_items")

    assert set(second.ids("subscription_items")) == items | {new}
    assert later(sandbox, second, "subscription_items").record_count == 0
    assert other not in {one["subscription"] for one in second.records("subscription_items")}


@pytest.mark.parametrize("before", [3, 15])  # the parent carries ten of them
def test_object_that_its_nested_list_shows_after_its_event_is_not_lost(before: int):
    with running_sandbox(visibility_delay=1e-6) as sandbox:
        parent, items = subscription_with(sandbox, before)
        first = run_tap(sandbox.stripe_url, streams=["subscription_items"])
        new = sandbox.stripe.create(ITEMS, parent)
        entry = sandbox.stripe.shelves["subscription_item"].entries[new]
        entry.visible_at = sandbox.clock.now() + 3_600

        second = later(sandbox, first, "subscription_items")
        entry.visible_at = 0.0
        third = later(sandbox, second, "subscription_items")

        assert new not in second.ids("subscription_items")
        assert set(third.ids("subscription_items")) == items | {new}


def test_list_of_a_new_parent_of_which_no_event_tells_is_found(sandbox):
    first = run_tap(sandbox.stripe_url, streams=["checkout_session_line_items"])
    session = sandbox.stripe.checkout_session(1000, "eur")

    second = later(sandbox, first, "checkout_session_line_items")

    (record,) = second.records("checkout_session_line_items")
    assert record["checkout_session"] == session
    assert later(sandbox, second, "checkout_session_line_items").record_count == 0


def test_parents_without_created_filter_are_walked_through(sandbox):
    links = {sandbox.stripe.payment_link() for _ in range(110)}

    run = run_tap(sandbox.stripe_url, streams=["payment_links", "payment_link_line_items"])

    assert run.error is None
    assert sorted(run.ids("payment_links")) == sorted(links)
    records = run.records("payment_link_line_items")
    assert sorted(one["payment_link"] for one in records) == sorted(links)
    assert requests_to(sandbox, "GET /v1/payment_links/{id}/line_items") == 0


def test_back_fill_of_nested_lists_resumes_where_it_was_cut(sandbox):
    made = [
        one
        for number in range(210)
        for one in subscription_with(sandbox, 12 if number % 70 == 0 else 1)[1]
    ]
    whole = run_tap(sandbox.stripe_url, streams=["subscription_items"], concurrency=2)
    assert sorted(whole.ids("subscription_items")) == sorted(made)

    messages = whole.messages
    states = [n for n, one in enumerate(messages) if one["type"] == "STATE"]
    cut = states[len(states) // 2]
    before = [one["record"]["id"] for one in messages[:cut] if one["type"] == "RECORD"]
    rest = run_tap(
        sandbox.stripe_url, streams=["subscription_items"], state=messages[cut]["value"]
    ).ids("subscription_items")

    assert set(before) | set(rest) == set(made)


def test_child_that_the_list_no_longer_has_is_emitted_as_deleted(sandbox):
    customer = sandbox.stripe.create("customer")
    stays = sandbox.stripe.create("/v1/customers/{customer}/tax_ids", customer)
    goes = sandbox.stripe.create("/v1/customers/{customer}/tax_ids", customer)
    first = run_tap(sandbox.stripe_url, streams=["customer_tax_ids"])
    assert set(first.ids("customer_tax_ids")) == {stays, goes}
    sandbox.stripe.delete("tax_id", goes)

    second = later(sandbox, first, "customer_tax_ids")

    latest = {one["id"]: one for one in second.records("customer_tax_ids")}
    assert latest[goes]["deleted"] is True
    assert latest[goes]["_sdc_deleted_at"].startswith("20")
    assert latest[goes]["customer"] == customer
    assert "deleted" not in latest[stays]
    assert later(sandbox, second, "customer_tax_ids").record_count == 0


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"id":"li_1"}', b'{"session":"cs_1","id":"li_1"}'),
        (b'{"id":"li_1","session":null}', b'{"id":"li_1","session":"cs_1"}'),
        (b'{"id":"li_1","session":"cs_0"}', b'{"id":"li_1","session":"cs_0"}'),
        (b'{"id":"li_1","x":{"session":1}}', b'{"session":"cs_1","id":"li_1","x":{"session":1}}'),
    ],
)
def test_parents_id_is_set_only_where_it_is_missing(raw, expected):
    assert with_parent_id(raw, "session", "cs_1") == expected


def test_item_that_was_taken_off_its_subscription_is_emitted_as_deleted(sandbox):
    subscription, items = subscription_with(sandbox, 3)
    first = run_tap(sandbox.stripe_url, streams=["subscription_items"])
    goes = sorted(items)[1]
    sandbox.stripe.delete("subscription_item", goes)

    second = later(sandbox, first, "subscription_items")

    latest = {one["id"]: one for one in second.records("subscription_items")}
    assert {one for one in latest if latest[one].get("deleted")} == {goes}
    assert latest[goes]["subscription"] == subscription


def test_deleted_parent_takes_its_known_children_with_it(sandbox):
    customer = sandbox.stripe.create("customer")
    child = sandbox.stripe.create("/v1/customers/{customer}/tax_ids", customer)
    first = run_tap(sandbox.stripe_url, streams=["customers", "customer_tax_ids"])
    sandbox.stripe.delete("customer", customer)

    second = later(sandbox, first, "customers", "customer_tax_ids")

    assert second.error is None
    assert [one["id"] for one in second.records("customers") if one.get("deleted")] == [customer]
    assert child not in [
        one["id"] for one in second.records("customer_tax_ids") if not one.get("deleted")
    ]
