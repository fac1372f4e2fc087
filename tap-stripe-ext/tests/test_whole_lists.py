"""Lists of which no event tells: looked at whole at an interval, and what settles by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from tap_common.testing import TapRun
from tap_stripe_ext import whole_list
from tap_stripe_ext.edit_part import EditPart
from tap_stripe_ext.settling import due, has_settled, list_name, span_of, with_pending
from tap_stripe_ext.testing import run_tap
from tap_stripe_ext.whole_list import WholeMemory, content_hash


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


def look(sandbox: RunningSandbox, before: TapRun | None, *streams: str, **config) -> TapRun:
    return run_tap(
        sandbox.stripe_url,
        streams=streams,
        state=before.state if before else None,
        **{"relist_interval": 0, **config},
    )


def test_object_that_changes_without_an_event_is_found_at_the_interval(sandbox):
    made = [sandbox.stripe.create("shipping_rate") for _ in range(3)]
    first = look(sandbox, None, "shipping_rates")
    sandbox.stripe.change("shipping_rate", made[1], metadata={"a": "b"})
    new = sandbox.stripe.create("shipping_rate")

    too_early = look(sandbox, first, "shipping_rates", relist_interval=3600)
    second = look(sandbox, too_early, "shipping_rates")
    third = look(sandbox, second, "shipping_rates")

    assert sorted(first.ids("shipping_rates")) == sorted(made)
    assert too_early.record_count == 0
    assert sorted(second.ids("shipping_rates")) == sorted([made[1], new])
    assert third.record_count == 0


def test_object_that_vanished_without_an_event_is_emitted_as_deleted(sandbox):
    stays = sandbox.stripe.create("radar.value_list")
    goes = sandbox.stripe.create("radar.value_list")
    first = look(sandbox, None, "value_lists")
    sandbox.stripe.delete("radar.value_list", goes)

    second = look(sandbox, first, "value_lists")

    (record,) = second.records("value_lists")
    assert (record["id"], record["object"], record["deleted"]) == (goes, "radar.value_list", True)
    assert record["_sdc_deleted_at"].startswith("20")
    assert set(first.ids("value_lists")) == {stays, goes}
    assert look(sandbox, second, "value_lists").record_count == 0


def test_nested_list_without_events_is_compared_by_its_whole_key(sandbox):
    accounts = [sandbox.stripe.create("account") for _ in range(2)]
    for account in accounts:
        sandbox.stripe.create("/v1/accounts/{account}/capabilities", account)
    first = look(sandbox, None, "capabilities")
    keys = {(one["account"], one["id"]) for one in first.records("capabilities")}
    second = look(sandbox, first, "capabilities")
    sandbox.stripe.create("/v1/accounts/{account}/capabilities", accounts[0])

    third = look(sandbox, second, "capabilities")

    assert first.error is None
    assert {account for account, _ in keys} == set(accounts)
    assert second.record_count == 0
    (record,) = third.records("capabilities")
    assert record["account"] == accounts[0]
    assert (record["account"], record["id"]) not in keys


def test_list_that_is_too_long_to_be_remembered_is_written_whole_and_that_is_said(
    sandbox, caplog, monkeypatch
):
    monkeypatch.setattr(whole_list, "MOST_KEPT", 3)
    monkeypatch.setattr("tap_stripe_ext.whole_part.MOST_KEPT", 3)
    made = [sandbox.stripe.create("shipping_rate") for _ in range(5)]
    first = look(sandbox, None, "shipping_rates")

    second = look(sandbox, first, "shipping_rates")

    assert sorted(second.ids("shipping_rates")) == sorted(made)
    assert "what is deleted cannot be told" in caplog.text
    assert not second.state["bookmarks"]["shipping_rates"].get("whole")


def test_pending_balance_transaction_is_emitted_again_once_it_is_available(sandbox):
    sandbox.stripe.succeed(sandbox.stripe.payment_intent(1000, "eur"))
    first = look(sandbox, None, "balance_transactions")
    (pending,) = first.records("balance_transactions")
    early = look(sandbox, first, "balance_transactions")
    # As if the money had become available a while ago.
    now = int(sandbox.clock.now())
    sandbox.stripe.alter("balance_transaction", pending["id"], available_on=now - 7200)
    sandbox.stripe.release_funds()
    state = early.state
    bookmark = state["bookmarks"]["balance_transactions"]
    moment = -(-(now - 7200) // 3600) * 3600
    _, made_first, made_last, _ = bookmark["settling"][0]
    bookmark["settling"] = [[moment, made_first, made_last, now - 7200]]

    settled = run_tap(sandbox.stripe_url, streams=["balance_transactions"], state=state)
    after = look(sandbox, settled, "balance_transactions")

    assert pending["status"] == "pending"
    assert early.record_count == 0
    (record,) = settled.records("balance_transactions")
    assert (record["id"], record["status"]) == (pending["id"], "available")
    assert after.record_count == 0
    assert not after.state["bookmarks"]["balance_transactions"].get("settling")


def test_payment_made_during_the_run_is_no_edit_and_is_left_to_the_next_run(sandbox, monkeypatch):
    streams = ("payments", "payment_intents")
    first = look(sandbox, None, *streams)
    made: list[str] = []
    look_for_edits = EditPart.look

    def one_more_first(part: EditPart) -> None:
        made.append(sandbox.stripe.payment_intent(1000, "eur"))
        look_for_edits(part)

    with monkeypatch.context() as patched:
        patched.setattr(EditPart, "look", one_more_first)
        second = look(sandbox, first, *streams)
    third = look(sandbox, second, *streams)

    assert second.record_count == 0
    assert third.ids("payments") == third.ids("payment_intents") == made


def test_edit_without_an_event_is_found_in_any_stream_that_has_such(sandbox):
    kept, edited = (sandbox.stripe.create("setup_intent") for _ in range(2))
    first = look(sandbox, None, "setup_intents")
    sandbox.stripe.alter("setup_intent", edited, metadata={"order": "7"})

    second = look(sandbox, first, "setup_intents")

    assert set(first.ids("setup_intents")) == {kept, edited}
    assert second.ids("setup_intents") == [edited]
    assert look(sandbox, second, "setup_intents").record_count == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b'{"id":"a","x":1}', b'{"x":1,"id":"a"}', True),
        (b'{"id":"a","x":1}', b'{"id":"a","x":2}', False),
        (b'{"id":"a","x":[1,2]}', b'{"id":"a","x":[2,1]}', False),
    ],
)
def test_content_is_what_json_says_and_not_how(one, other, same):
    assert (content_hash(one) == content_hash(other)) is same


def test_memory_of_a_whole_list_stays_bounded(monkeypatch):
    monkeypatch.setattr(whole_list, "MOST_KEPT", 10)
    memory = WholeMemory()
    for number in range(11):
        memory = memory.with_written([(f"id_{number}", "hash")])

    assert memory.is_too_long
    assert not memory.contents
    assert memory.with_written([("id_1", "hash")]) == memory


def test_list_that_became_short_enough_is_remembered_again():
    memory = WholeMemory(1, {}, is_too_long=True).after_look(5, {"a": "1"})

    assert (memory.looked_at, dict(memory.contents), memory.is_too_long) == (5, {"a": "1"}, False)


@given(
    st.lists(st.tuples(st.integers(0, 10**10), st.integers(0, 10**10))),
    st.integers(0, 10**10),
    st.integers(0, 10**10),
)
def test_each_pending_object_is_looked_for_once_its_hour_has_passed(pending, seen, now):
    past, later = due(with_pending({}, pending, seen), now)

    for available_on, created in pending:
        moments = [
            moment
            for moment, one in {**past, **later}.items()
            if one.first <= created <= one.last
            and has_settled(
                b'{"status":"available","available_on":%d}' % available_on, one.since, moment
            )
        ]
        assert moments
        assert max(moments) >= available_on
        if now > max(available_on, seen) + 3600:
            assert any(moment in past for moment in moments)
    assert all(moment <= now for moment in past)
    assert all(moment > now for moment in later)


def test_what_is_pending_beyond_its_moment_is_looked_at_again_in_an_hour():
    (moment,) = with_pending({}, [(7_200, 100)], now=720_000)

    assert moment == 723_600


def test_hours_that_have_passed_together_are_listed_as_one_stretch():
    pending = [(3_600 * hour, 1_000 * hour) for hour in range(1, 200)]

    past, later = due(with_pending({}, pending, now=0), now=3_600 * 200)

    assert [tuple(one) for one in past.values()] == [(1_000, 199_000, 3_600)]
    assert not later


def test_list_of_what_settles_is_told_by_its_name():
    assert span_of(list_name(3600, 7200)) == (3600, 7200)
    assert span_of("balance_transactions") is None
