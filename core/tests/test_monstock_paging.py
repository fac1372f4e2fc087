"""Lists that change while they are read lose no order."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from monstock_stripe_core.monstock_client import MonstockClient
from monstock_stripe_core.monstock_errors import MonstockProtocolError
from monstock_stripe_core.profile import Profile, load_profile
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

TOKEN = "monstock-sandbox-token"
START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[RunningSandbox]:
    with running_sandbox(clock=clock) as running:
        yield running


def small_pages(size: int = 5) -> Profile:
    profile = load_profile("monstock")
    return replace(profile, pagination=replace(profile.pagination, size=size))


def client_of(sandbox: RunningSandbox, profile: Profile | None = None) -> MonstockClient:
    return MonstockClient(sandbox.monstock_url + "/api/v1", TOKEN, profile or small_pages())


def orders(sandbox: RunningSandbox, count: int, *, apart: float) -> list[str]:
    """Make orders whose times of change are so many seconds apart; 0: all the same."""
    ids = []
    for index in range(count):
        with sandbox.clock.at(START.timestamp() + index * apart):
            ids.append(sandbox.monstock.order(100, "EUR"))
    return ids


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 9, 10, 11, 23])
@pytest.mark.parametrize("apart", [0, 1])
def test_every_order_is_listed_once(sandbox: RunningSandbox, count: int, apart: float) -> None:
    ids = orders(sandbox, count, apart=apart)
    listed = [order.id for order in client_of(sandbox).orders_updated_since(None)]
    assert sorted(listed) == sorted(ids)


def test_orders_come_oldest_change_first_from_the_moment_asked_for(
    sandbox: RunningSandbox,
) -> None:
    ids = orders(sandbox, 12, apart=1)
    sandbox.monstock.edit_order(ids[0], total=5)
    since = START + timedelta(seconds=3)
    listed = list(client_of(sandbox).orders_updated_since(since))
    assert [order.id for order in listed] == [*ids[3:], ids[0]]
    assert listed[0].updated_at == since


def test_few_requests_are_made_where_nothing_changes(sandbox: RunningSandbox) -> None:
    orders(sandbox, 100, apart=1)
    sandbox.monstock_controls.reset_counters()
    list(client_of(sandbox, small_pages(20)).orders_updated_since(None))
    assert sandbox.monstock_controls.requests <= 6


def test_an_order_that_changes_meanwhile_pushes_none_out_of_sight(
    sandbox: RunningSandbox,
) -> None:
    """By number of page the sixth order would be lost: it moves up when the first leaves."""
    ids = orders(sandbox, 12, apart=1)
    listed = []
    for order in client_of(sandbox).orders_updated_since(None):
        listed.append(order.id)
        if len(listed) == 5:
            sandbox.monstock.edit_order(ids[0], total=5)
    assert listed == [*ids, ids[0]]


def test_orders_of_one_moment_that_fill_pages_are_not_lost_when_some_change(
    sandbox: RunningSandbox,
) -> None:
    ids = orders(sandbox, 23, apart=0)
    listed = []
    for order in client_of(sandbox).orders_updated_since(None):
        listed.append(order.id)
        if len(listed) in (5, 10):
            sandbox.monstock.edit_order(listed[0], total=len(listed))
    assert set(listed) == set(ids)


@pytest.mark.parametrize("seed", range(6))
def test_any_changes_at_any_time_are_seen_then_or_from_the_last_time_seen(
    sandbox: RunningSandbox, seed: int
) -> None:
    dice = random.Random(seed)
    ids = orders(sandbox, 40, apart=dice.choice([0, 0.2, 1]))
    client = client_of(sandbox, small_pages(dice.choice([3, 5, 7])))
    last_seen: dict[str, int] = {}
    changes = 0
    bookmark = START
    for order in client.orders_updated_since(None):
        last_seen[order.id] = order.total
        bookmark = max(bookmark, order.updated_at)
        if changes < 60 and dice.random() < 0.4:
            changes += 1
            sandbox.monstock.edit_order(dice.choice(ids), total=1000 + changes)
    assert set(last_seen) == set(ids)
    for order in client.orders_updated_since(bookmark):
        last_seen[order.id] = order.total
    assert last_seen == {order.id: order.total_amount for order in sandbox.monstock.orders()}


def test_a_list_that_is_not_sorted_as_the_profile_says_is_refused(
    sandbox: RunningSandbox,
) -> None:
    ids = orders(sandbox, 12, apart=1)
    sandbox.monstock.edit_order(ids[0], total=5)
    profile = small_pages()
    by_making = replace(profile.orders.updated_since, parameters={"sort": "created_at"})
    profile = replace(profile, orders=replace(profile.orders, updated_since=by_making))
    with pytest.raises(MonstockProtocolError, match="not sorted by their time of change"):
        list(client_of(sandbox, profile).orders_updated_since(None))
    unsorted = replace(by_making, sorted=False)
    profile = replace(profile, orders=replace(profile.orders, updated_since=unsorted))
    listed = [order.id for order in client_of(sandbox, profile).orders_updated_since(None)]
    assert listed == [*ids[1:], ids[0]]


def test_a_list_without_a_total_ends_at_the_page_that_is_not_full(
    sandbox: RunningSandbox,
) -> None:
    ids = orders(sandbox, 10, apart=1)
    profile = small_pages()
    profile = replace(profile, pagination=replace(profile.pagination, total=None))
    listed = [order.id for order in client_of(sandbox, profile).orders_updated_since(None)]
    assert listed == ids


def test_a_profile_that_looks_for_the_rows_in_the_wrong_place_is_told(
    sandbox: RunningSandbox,
) -> None:
    profile = small_pages()
    profile = replace(profile, answers=replace(profile.answers, data="items"))
    with pytest.raises(MonstockProtocolError, match=r"items must be a list.*answers\.data"):
        list(client_of(sandbox, profile).orders_updated_since(None))
