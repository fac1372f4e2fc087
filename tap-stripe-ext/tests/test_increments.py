"""What comes after the back-fill, each rule by the fault that it answers, against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from tap_common.testing import TapRun
from tap_stripe_ext.testing import run_tap

DAY = 86_400


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


def later(sandbox: RunningSandbox, before: TapRun, *streams: str, **config) -> TapRun:
    return run_tap(sandbox.stripe_url, streams=streams, state=before.state, **config)


def requests_to(sandbox: RunningSandbox, endpoint: str) -> int:
    counted = sandbox.stripe_controls.counters()["endpoints"].get(endpoint)
    return counted["requests"] if counted else 0


def test_run_without_news_emits_no_record_and_asks_only_for_events(sandbox):
    sandbox.stripe.succeed(sandbox.stripe.payment_intent(1000, "eur"))
    first = run_tap(sandbox.stripe_url, streams=["payments", "charges"])
    sandbox.clock.advance(120)
    second = later(sandbox, first, "payments", "charges")
    sandbox.stripe_controls.reset_counters()

    third = later(sandbox, second, "payments", "charges")

    assert third.record_count == 0
    assert sandbox.stripe_controls.counters()["requests"] == 1


def test_one_pass_over_the_event_log_serves_all_streams(sandbox):
    first = run_tap(sandbox.stripe_url)
    sandbox.stripe.succeed(sandbox.stripe.payment_intent(1000, "eur"))
    sandbox.stripe_controls.reset_counters()

    run = later(sandbox, first)

    assert len(run.records("payments")) == 1
    assert len(run.records("charges")) == 1
    assert requests_to(sandbox, "GET /v1/events") == 1


def test_changed_object_is_read_as_it_is_now_and_not_as_the_event_has_it(sandbox):
    first = run_tap(sandbox.stripe_url, streams=["charges"])
    charge = sandbox.stripe.succeed(sandbox.stripe.payment_intent(1000, "eur"))
    sandbox.stripe.refund(charge, 400)

    run = later(sandbox, first, "charges")

    (record,) = run.records("charges")
    assert (record["id"], record["amount_refunded"]) == (charge, 400)


def test_event_that_becomes_visible_late_is_not_lost(sandbox):
    sandbox.stripe.customer("a@example.com")
    first = run_tap(sandbox.stripe_url, streams=["customers"])
    second = later(sandbox, first, "customers")
    now = sandbox.clock.now()
    # Made before the bookmark, seen by no run so far: as if its row had come to light late.
    with sandbox.clock.at(now - 300):
        late = sandbox.stripe.customer("late@example.com")

    third = later(sandbox, second, "customers")

    assert third.ids("customers") == [late]
    assert later(sandbox, third, "customers").record_count == 0


def test_event_that_becomes_visible_late_in_a_sealed_second_is_not_lost(sandbox):
    first = run_tap(sandbox.stripe_url, streams=["customers"])
    busy = int(sandbox.clock.now())
    with sandbox.clock.at(busy):
        made = {sandbox.stripe.customer(f"{number}@example.com") for number in range(1_000)}
    sandbox.clock.advance(120)
    made.add(sandbox.stripe.customer("newest@example.com"))
    second = later(sandbox, first, "customers")
    with sandbox.clock.at(busy):
        late = sandbox.stripe.customer("late@example.com")
    sandbox.clock.advance(3_600)
    newer = sandbox.stripe.customer("newer@example.com")

    third = later(sandbox, second, "customers")
    fourth = later(sandbox, third, "customers")

    assert set(second.ids("customers")) == made
    assert second.state["bookmarks"]["event_log"]["sealed"]
    assert {late, newer} <= set(third.ids("customers"))
    assert fourth.record_count == 0


def test_run_without_news_after_sealed_seconds_emits_no_record(sandbox):
    first = run_tap(sandbox.stripe_url, streams=["customers", "balance_transactions"])
    trade_for_five_minutes(sandbox)
    now = sandbox.clock.now()  # the state tells when the log was read
    second = later(sandbox, first, "customers", "balance_transactions", clock=lambda: now)

    third = later(sandbox, second, "customers", "balance_transactions", clock=lambda: now)

    assert second.state["bookmarks"]["event_log"]["sealed"]
    assert third.record_count == 0
    assert third.state == second.state


def test_streams_that_need_no_event_do_not_ask_for_those_of_sealed_seconds(sandbox):
    trade_for_five_minutes(sandbox)
    first = run_tap(sandbox.stripe_url, streams=["balance_transactions"])
    sandbox.stripe_controls.reset_counters()

    second = later(sandbox, first, "balance_transactions")

    assert first.state["bookmarks"]["event_log"]["sealed"]
    assert requests_to(sandbox, "GET /v1/events") == 0
    assert second.state["bookmarks"]["balance_transactions"]["in_step"]


def trade_for_five_minutes(sandbox: RunningSandbox) -> None:
    began = int(sandbox.clock.now()) - 400
    for number in range(1_200):
        with sandbox.clock.at(began + number // 4):
            sandbox.stripe.customer(f"{number}@example.com")


def test_events_of_one_second_are_all_handled(sandbox):
    first = run_tap(sandbox.stripe_url, streams=["customers"])
    with sandbox.clock.at(int(sandbox.clock.now())):
        made = [sandbox.stripe.customer("1@example.com")]
        second = later(sandbox, first, "customers")
        made.append(sandbox.stripe.customer("2@example.com"))
    third = later(sandbox, second, "customers")

    assert second.ids("customers") + third.ids("customers") == made


def test_nothing_is_lost_where_rows_and_events_become_visible_seconds_late():
    with running_sandbox(visibility_delay=2.0) as sandbox:
        made = set()
        emitted: set[str] = set()
        run = run_tap(sandbox.stripe_url, streams=["payments"])
        for _ in range(6):
            made.add(sandbox.stripe.payment_intent(500, "eur"))
            emitted |= set(run.ids("payments"))
            run = later(sandbox, run, "payments")
        sandbox.clock.advance(5)
        emitted |= set(run.ids("payments"))
        emitted |= set(later(sandbox, run, "payments").ids("payments"))

        assert emitted == made


def test_dispute_that_the_list_shows_after_its_event_reaches_the_payment():
    with running_sandbox(visibility_delay=1e-6) as sandbox:
        charge = sandbox.stripe.succeed(sandbox.stripe.payment_intent(1000, "eur"))
        first = run_tap(sandbox.stripe_url, streams=["payments"])
        dispute = sandbox.stripe.dispute(charge)
        entry = sandbox.stripe.shelves["dispute"].entries[dispute]
        entry.visible_at = sandbox.clock.now() + 3_600

        second = later(sandbox, first, "payments")
        entry.visible_at = 0.0
        third = later(sandbox, second, "payments")

        assert second.records("payments")[-1]["disputes"] == []
        (shown,) = third.records("payments")[-1]["disputes"]
        assert shown["id"] == dispute


def test_bookmark_older_than_thirty_days_means_a_full_list_in_the_same_run(sandbox, caplog):
    old = sandbox.stripe.customer("old@example.com")
    first = run_tap(sandbox.stripe_url, streams=["customers"])
    state = first.state
    state["bookmarks"]["event_log"].update(position=1_700_000_000, checked=1_700_000_000)
    new = sandbox.stripe.customer("new@example.com")

    run = run_tap(sandbox.stripe_url, streams=["customers"], state=state)

    assert run.error is None
    assert set(run.ids("customers")) == {old, new}
    assert "everything is listed again" in caplog.text


def test_quiet_account_is_not_listed_again_after_thirty_days_of_runs(sandbox):
    sandbox.stripe.customer("old@example.com")
    first = run_tap(sandbox.stripe_url, streams=["customers"])
    state = first.state
    # The last event is long ago, but the log was read to its end a moment ago.
    state["bookmarks"]["event_log"].update(position=1_700_000_000, handled="")
    sandbox.stripe_controls.reset_counters()

    run_tap(sandbox.stripe_url, streams=["customers"], state=state)

    assert requests_to(sandbox, "GET /v1/customers") == 0


def test_deleted_object_is_emitted_with_the_time_of_its_deletion(sandbox):
    customer = sandbox.stripe.customer("gone@example.com", "Gone")
    first = run_tap(sandbox.stripe_url, streams=["customers"])
    sandbox.stripe.delete_customer(customer)

    (record,) = later(sandbox, first, "customers").records("customers")

    assert (record["id"], record["deleted"], record["name"]) == (customer, True, "Gone")
    assert record["_sdc_deleted_at"].startswith("20")


def test_list_without_events_is_read_by_created_with_an_overlap(sandbox):
    sandbox.stripe.succeed(sandbox.stripe.payment_intent(1000, "eur"))
    first = run_tap(sandbox.stripe_url, streams=["balance_transactions"])
    sandbox.stripe.succeed(sandbox.stripe.payment_intent(2000, "eur"))

    second = later(sandbox, first, "balance_transactions")
    third = later(sandbox, second, "balance_transactions")

    assert [one["amount"] for one in second.records("balance_transactions")] == [2000]
    assert third.record_count == 0


def test_run_that_ends_an_earlier_back_fill_finds_what_has_come_since(sandbox):
    sandbox.stripe.succeed(sandbox.stripe.payment_intent(1000, "eur"))
    first = run_tap(sandbox.stripe_url, streams=["balance_transactions"])
    state = first.state
    state["bookmarks"]["balance_transactions"]["backfill"] = {"balance_transactions": []}
    sandbox.stripe.succeed(sandbox.stripe.payment_intent(2000, "eur"))

    run = run_tap(sandbox.stripe_url, streams=["balance_transactions"], state=state)

    assert [one["amount"] for one in run.records("balance_transactions")] == [2000]


def test_new_checkout_session_of_which_no_event_tells_is_found(sandbox):
    first = run_tap(sandbox.stripe_url, streams=["checkout_sessions"])
    session = sandbox.stripe.checkout_session(1000, "eur")

    second = later(sandbox, first, "checkout_sessions")
    sandbox.stripe.complete_checkout(session)
    third = later(sandbox, second, "checkout_sessions")

    assert [one["status"] for one in second.records("checkout_sessions")] == ["open"]
    assert [one["status"] for one in third.records("checkout_sessions")] == ["complete"]


def test_object_that_a_list_and_an_event_both_tell_of_is_emitted_once(sandbox):
    charge = sandbox.stripe.succeed(sandbox.stripe.payment_intent(1000, "eur"))
    first = run_tap(sandbox.stripe_url, streams=["refunds"])
    refund = sandbox.stripe.refund(charge, 100)

    assert later(sandbox, first, "refunds").ids("refunds") == [refund]


def test_payment_edited_without_an_event_is_found_at_the_interval(sandbox):
    payment = sandbox.stripe.payment_intent(1000, "eur")
    other = sandbox.stripe.payment_intent(2000, "eur")
    first = run_tap(sandbox.stripe_url, streams=["payments", "payment_intents"])
    second = later(sandbox, first, "payments", "payment_intents")
    sandbox.stripe.edit_payment_intent(payment, metadata={"monstock_order_number": "SO-1"})

    too_early = later(sandbox, second, "payments", "payment_intents")
    due = later(sandbox, too_early, "payments", "payment_intents", relist_interval=0)
    after = later(sandbox, due, "payments", "payment_intents", relist_interval=0)

    assert too_early.record_count == 0
    assert due.ids("payments") == due.ids("payment_intents") == [payment]
    assert due.records("payments")[0]["payment_intent"]["metadata"] == {
        "monstock_order_number": "SO-1"
    }
    assert after.record_count == 0
    assert other not in due.ids("payments")


def test_unlinked_payment_is_watched_for_longer_than_a_linked_one(sandbox):
    with sandbox.clock.at(sandbox.clock.now() - 10 * DAY):
        unlinked = sandbox.stripe.payment_intent(1000, "eur")
        linked = sandbox.stripe.payment_intent(
            1000, "eur", metadata={"monstock_order_number": "SO-1"}
        )
    first = run_tap(sandbox.stripe_url, streams=["payments"])
    for payment in (unlinked, linked):
        sandbox.stripe.edit_payment_intent(payment, description="order 17")

    run = later(sandbox, first, "payments", relist_interval=0)

    assert run.ids("payments") == [unlinked]
    assert later(sandbox, run, "payments", relist_interval=0).record_count == 0


def test_edit_of_a_payment_is_not_looked_for_where_that_is_switched_off(sandbox):
    payment = sandbox.stripe.payment_intent(1000, "eur")
    first = run_tap(sandbox.stripe_url, streams=["payments"])
    second = later(sandbox, first, "payments")
    sandbox.stripe.edit_payment_intent(payment, description="order 17")

    run = later(sandbox, second, "payments", relist_interval=0, relist_recent_days=0)

    assert run.record_count == 0


def test_stream_that_is_selected_later_is_back_filled_while_the_others_go_on(sandbox):
    charge = sandbox.stripe.succeed(sandbox.stripe.payment_intent(1000, "eur"))
    customer = sandbox.stripe.customer("a@example.com")
    first = run_tap(sandbox.stripe_url, streams=["customers"])
    newer = sandbox.stripe.customer("b@example.com")

    run = later(sandbox, first, "customers", "charges")

    assert set(run.ids("charges")) == {charge}
    assert run.ids("customers") == [newer]
    assert customer not in run.ids("customers")


def test_stream_that_was_deselected_for_a_while_catches_up(sandbox):
    first = run_tap(sandbox.stripe_url, streams=["customers", "charges"])
    missed = sandbox.stripe.customer("a@example.com")
    sandbox.stripe.succeed(sandbox.stripe.payment_intent(1000, "eur"))
    without = later(sandbox, first, "charges")
    sandbox.clock.advance(3600)
    sandbox.stripe.succeed(sandbox.stripe.payment_intent(1000, "eur"))
    without = later(sandbox, without, "charges")

    run = later(sandbox, without, "customers", "charges")

    assert run.ids("customers") == [missed]
    assert run.ids("charges") == []


def test_versions_grow_from_run_to_run_and_are_never_before_an_event(sandbox):
    payment = sandbox.stripe.payment_intent(1000, "eur")
    first = run_tap(sandbox.stripe_url, streams=["payments"])
    sandbox.clock.advance(5000)  # Stripe's clock is ahead of ours
    sandbox.stripe.succeed(payment)

    second = later(sandbox, first, "payments")

    before = first.records("payments")[-1]["version"]
    (after,) = second.records("payments")
    assert after["version"] > before
    assert after["version"] >= after["charge"]["created"] * 1_000_000


def test_back_fill_on_a_clock_that_was_set_back_is_still_newer_than_what_happened(sandbox):
    sandbox.clock.advance(5000)  # as far as our clock, or that of another machine, was set back
    charge = sandbox.stripe.succeed(sandbox.stripe.payment_intent(1000, "eur"))

    (back_filled, *_) = run_tap(sandbox.stripe_url, streams=["payments"]).records("payments")

    assert back_filled["charge"]["id"] == charge
    assert back_filled["version"] >= back_filled["charge"]["created"] * 1_000_000


def test_many_changes_close_together_are_listed_and_not_fetched_one_by_one(sandbox):
    first = run_tap(sandbox.stripe_url, streams=["payments", "payment_intents"])
    made = {sandbox.stripe.payment_intent(100 + number, "eur") for number in range(60)}
    sandbox.stripe_controls.reset_counters()

    run = later(sandbox, first, "payments", "payment_intents")

    assert set(run.ids("payments")) == set(run.ids("payment_intents")) == made
    assert requests_to(sandbox, "GET /v1/payment_intents/{id}") == 0
    assert sandbox.stripe_controls.counters()["requests"] <= 10


def test_long_event_log_is_read_in_slices_and_loses_nothing(sandbox):
    run = run_tap(sandbox.stripe_url, streams=["customers", "events"])
    now = sandbox.clock.now()
    made = []
    for number in range(230):
        with sandbox.clock.at(now + number * 60):
            made.append(sandbox.stripe.customer(f"{number}@example.com"))

    run = later(sandbox, run, "customers", "events")

    assert sorted(run.ids("customers")) == sorted(made)
    assert len(set(run.ids("events"))) == 230


def test_start_date_leaves_older_objects_out(sandbox):
    with sandbox.clock.at(1_760_000_000):
        sandbox.stripe.payment_intent(1000, "eur")
    new = sandbox.stripe.payment_intent(2000, "eur")

    run = run_tap(sandbox.stripe_url, streams=["payments"], start_date="2026-01-01T00:00:00+00:00")

    assert set(run.ids("payments")) == {new}


def test_event_of_a_payment_that_stripe_no_longer_has_is_said_and_stops_nothing(sandbox, caplog):
    first = run_tap(sandbox.stripe_url, streams=["payments"])
    gone = sandbox.stripe.payment_intent(1000, "eur")
    stays = sandbox.stripe.payment_intent(2000, "eur")
    shelf = sandbox.stripe.shelves["payment_intent"]
    (key,) = [key for key, entry in shelf.entries.items() if entry.value["id"] == gone]
    shelf.unlist(shelf.entries[key])
    del shelf.entries[key]

    run = later(sandbox, first, "payments")

    assert run.error is None
    assert run.ids("payments") == [stays]
    assert f"an event tells of {gone}, but Stripe has no such object" in caplog.text
