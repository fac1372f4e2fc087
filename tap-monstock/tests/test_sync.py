"""What the tap emits, on both packaged profiles, over real HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from monstock_stripe_core.profile import load_profile
from monstock_stripe_sandbox.testing import RunningSandbox
from tap_common.testing import TapRun
from tap_monstock.testing import run_tap

Tap = Callable[..., TapRun]

DEFAULT = files("monstock_stripe_core").joinpath("profiles/monstock.yml").read_text("utf-8")

QUIET = {"SCHEMA": 3, "STATE": 1}


def kinds(run: Any) -> Counter[str]:
    return Counter(message["type"] for message in run.messages)


def deletions_are_marked(profile: str) -> bool:
    return load_profile(profile).orders.removed is not None


def test_the_first_run_emits_everything_once_and_the_next_nothing(
    sandbox: RunningSandbox, tap: Tap
) -> None:
    """More than a page of each, with several changes in one second."""
    orders = [sandbox.monstock.order(5, "EUR") for _ in range(130)]
    customers = [sandbox.monstock.customer(f"C {number}") for number in range(110)]
    rows = [sandbox.monstock.record_payment(order, 5) for order in orders[:60]]
    first = tap()
    assert first.error is None
    assert Counter(first.ids("orders")) == Counter(orders)
    assert Counter(first.ids("customers")) == Counter(customers)
    assert Counter(row["row_id"] for row in first.records("order_payments")) == Counter(rows)
    second = tap(state=first.state)
    assert second.error is None
    assert kinds(second) == QUIET
    third = tap(state=second.state)
    assert third.state == second.state


def test_an_order_is_emitted_in_the_connectors_words(sandbox: RunningSandbox, tap: Tap) -> None:
    customer = sandbox.monstock.customer("Ann", email="ann@example.com")
    order_id = sandbox.monstock.order(
        1200,
        "EUR",
        number="N-1",
        status="shipped",
        customer_id=customer,
        channel_reference="#7",
        payment_status="partially_paid",
        lines=[("a chair", 2, 1200, 200, "20")],
    )
    sandbox.monstock.record_payment(order_id, 500, method="cash", reference="receipt 7")
    (order,) = tap().records("orders")
    assert order["id"] == order_id
    assert (order["number"], order["kind"], order["state"]) == ("N-1", "order", "shipped")
    assert (order["currency"], order["total"], order["amount_due"]) == ("EUR", 1200, 1200)
    assert (order["payment_status"], order["channel_reference"]) == ("partially_paid", "#7")
    named = (order["customer_id"], order["customer_email"], order["customer_name"])
    assert named == (customer, "ann@example.com", "Ann")
    assert order["lines"] == [
        {"description": "a chair", "quantity": "2", "total": 1200, "tax": 200, "tax_rate": "20"}
    ]
    (row,) = order["payments"]
    assert (row["method"], row["amount"], row["status"]) == ("cash", 500, "succeeded")
    assert (row["transaction_reference"], row["ours"]) == ("receipt 7", False)
    assert order["updated_at"].endswith("Z")


def test_a_payment_of_an_order_is_a_row_of_its_own(sandbox: RunningSandbox, tap: Tap) -> None:
    order_id = sandbox.monstock.order(1200, "EUR", number="N-1")
    row_id = sandbox.monstock.record_payment(order_id, 500)
    run = tap()
    (row,) = run.records("order_payments")
    (order,) = run.records("orders")
    assert (row["order_id"], row["order_number"], row["row_id"]) == (order_id, "N-1", row_id)
    assert (row["amount"], row["updated_at"]) == (500, order["updated_at"])


def test_a_customer_is_emitted_in_the_connectors_words(sandbox: RunningSandbox, tap: Tap) -> None:
    address = {"line1": "1 rue Mercière", "postal_code": "69002", "city": "Lyon", "country": "FR"}
    customer_id = sandbox.monstock.customer(
        "Ann", email="ann@example.com", phone="+33", address=address, stripe_customer_id="cus_1"
    )
    (customer,) = tap().records("customers")
    assert (customer["id"], customer["name"]) == (customer_id, "Ann")
    assert (customer["email"], customer["phone"]) == ("ann@example.com", "+33")
    assert customer["address"] == {"line2": None, "state": None, **address}
    assert customer["stripe_customer_id"] == "cus_1"


def test_what_changed_is_emitted_and_nothing_else(sandbox: RunningSandbox, tap: Tap) -> None:
    world = sandbox.monstock
    orders = [world.order(5, "EUR") for _ in range(5)]
    customers = [world.customer(str(number)) for number in range(3)]
    row = world.record_payment(orders[0], 5)
    state = tap().state
    world.edit_order(orders[1], status="cancelled")
    world.edit_payment(orders[0], row, note="by hand")
    world.edit_customer(customers[2], phone="1")
    new = world.order(5, "EUR")
    run = tap(state=state)
    assert sorted(run.ids("orders")) == sorted([orders[0], orders[1], new])
    assert {one["id"]: one["state"] for one in run.records("orders")}[orders[1]] == "cancelled"
    assert [one["note"] for one in run.records("order_payments")] == ["by hand"]
    assert run.ids("customers") == [customers[2]]


def test_orders_are_read_once_for_both_of_their_streams(sandbox: RunningSandbox, tap: Tap) -> None:
    for _ in range(20):
        sandbox.monstock.record_payment(sandbox.monstock.order(5, "EUR"), 5)
    sandbox.monstock_controls.reset_counters()
    tap(streams=["orders"])
    alone = sandbox.monstock_controls.requests
    sandbox.monstock_controls.reset_counters()
    tap(streams=["orders", "order_payments"])
    assert sandbox.monstock_controls.requests == alone


def test_a_row_that_becomes_visible_late_is_emitted(sandbox: RunningSandbox, tap: Tap) -> None:
    sandbox.monstock.order(5, "EUR")
    state = tap().state
    with sandbox.clock.at(sandbox.clock.now() - 50):
        late = sandbox.monstock.order(5, "EUR")
    assert tap(state=state).ids("orders") == [late]


def test_a_longer_overlap_finds_rows_that_are_later_still(
    sandbox: RunningSandbox, tap: Tap
) -> None:
    sandbox.monstock.order(5, "EUR")
    state = tap(overlap=600).state
    with sandbox.clock.at(sandbox.clock.now() - 500):
        late = sandbox.monstock.order(5, "EUR")
    assert tap(state=state, overlap=600).ids("orders") == [late]


def test_changes_within_one_second_are_all_emitted(sandbox: RunningSandbox, tap: Tap) -> None:
    """One profile keeps whole seconds only: the moment of change tells nothing then."""
    second = int(sandbox.clock.now()) - 30
    with sandbox.clock.at(second + 0.1):
        order_id = sandbox.monstock.order(5, "EUR")
    state = tap().state
    for number, status in enumerate(("shipped", "validated", "cancelled"), 2):
        with sandbox.clock.at(second + number / 10):
            sandbox.monstock.edit_order(order_id, status=status)
        run = tap(state=state)
        assert [order["state"] for order in run.records("orders")] == [status]
        state = run.state


def test_an_order_that_changes_while_it_is_read_is_emitted_again(
    sandbox: RunningSandbox, tap: Tap
) -> None:
    ids = [sandbox.monstock.order(5, "EUR") for _ in range(150)]
    sandbox.clock.advance(5)
    asked = []

    def change() -> None:
        asked.append(1)
        if len(asked) == 2:
            sandbox.monstock.edit_order(ids[0], total=7)

    sandbox.monstock_controls.on_request = change
    first = tap(streams=["orders"])
    sandbox.monstock_controls.on_request = None
    second = tap(streams=["orders"], state=first.state)
    totals: dict[str, int] = {}
    for order in (*first.records("orders"), *second.records("orders")):
        totals[order["id"]] = order["total"]
    assert totals == {order_id: 7 if order_id == ids[0] else 5 for order_id in ids}
    assert first.record_count + second.record_count == 151


def test_quotes_among_the_orders_say_so(sandbox: RunningSandbox, tap: Tap) -> None:
    quote = sandbox.monstock.order(5, "EUR", kind="quote", status="draft")
    sandbox.monstock.order(5, "EUR")
    first = tap()
    by_id = {order["id"]: order["kind"] for order in first.records("orders")}
    assert sorted(by_id.values()) == ["order", "quote"]
    assert by_id[quote] == "quote"
    sandbox.monstock.edit_order(quote, kind="order", status="validated")
    (order,) = tap(state=first.state).records("orders")
    assert (order["id"], order["kind"], order["state"]) == (quote, "order", "validated")


def test_deletions_are_emitted_where_the_tenant_marks_them(
    sandbox: RunningSandbox, tap: Tap, profile: str
) -> None:
    world = sandbox.monstock
    order_id, customer_id = world.order(5, "EUR"), world.customer("Ann")
    row_id = world.record_payment(order_id, 5)
    first = tap()
    world.delete_order(order_id)
    world.delete_customer(customer_id)
    run = tap(state=first.state)
    assert run.error is None
    if not deletions_are_marked(profile):
        assert run.record_count == 0
        return
    (order,) = run.records("orders")
    assert (order["id"], order["_sdc_deleted_at"]) == (order_id, order["updated_at"])
    (row,) = run.records("order_payments")
    assert (row["row_id"], row["_sdc_deleted_at"]) == (row_id, order["updated_at"])
    (customer,) = run.records("customers")
    assert (customer["id"], customer["_sdc_deleted_at"]) == (customer_id, customer["updated_at"])
    assert tap(state=run.state).record_count == 0


def test_full_table_finds_what_is_gone_without_a_trace(sandbox: RunningSandbox, tap: Tap) -> None:
    """A target removes what an ACTIVATE_VERSION finds with an older version."""
    world = sandbox.monstock
    kept, gone = world.order(5, "EUR"), world.order(5, "EUR")
    row = world.record_payment(kept, 1)
    lost = world.record_payment(kept, 2)
    first = tap(streams=["orders", "order_payments"])
    version = {m["stream"]: m["version"] for m in first.messages if m["type"] == "RECORD"}
    world.delete_order(gone)
    world.delete_payment(kept, lost)
    whole = {"streams": ["orders", "order_payments"], "full_table": ["orders", "order_payments"]}
    run = tap(state=first.state, **whole)
    live = [m for m in run.messages if m["type"] == "RECORD" and not deleted(m["record"])]
    assert [m["record"]["id"] for m in live if m["stream"] == "orders"] == [kept]
    assert [m["record"]["row_id"] for m in live if m["stream"] == "order_payments"] == [row]
    activated = {m["stream"]: m["version"] for m in run.messages if m["type"] == "ACTIVATE_VERSION"}
    assert set(activated) == {"orders", "order_payments"}
    for stream, new in activated.items():
        assert new > version[stream]
        assert {m["version"] for m in live if m["stream"] == stream} == {new}
    again = tap(streams=["orders", "order_payments"], state=run.state)
    assert again.record_count == 0


def deleted(record: dict[str, Any]) -> bool:
    return record.get("_sdc_deleted_at") is not None


def test_a_stream_that_is_selected_later_is_read_from_its_beginning(
    sandbox: RunningSandbox, tap: Tap
) -> None:
    for _ in range(3):
        with sandbox.clock.at(sandbox.clock.now() - 7200):
            sandbox.monstock.record_payment(sandbox.monstock.order(5, "EUR"), 5)
    state = tap(streams=["orders"]).state
    run = tap(streams=["orders", "order_payments"], state=state)
    assert run.ids("orders") == []
    assert len(run.records("order_payments")) == 3
    assert tap(state=run.state, streams=["orders", "order_payments"]).record_count == 0


def test_a_stream_that_is_not_selected_keeps_its_bookmark(
    sandbox: RunningSandbox, tap: Tap
) -> None:
    sandbox.monstock.customer("Ann")
    state = tap().state
    customer = sandbox.monstock.customer("Bob")
    state = tap(streams=["orders"], state=state).state
    assert tap(streams=["customers"], state=state).ids("customers") == [customer]


def test_what_changed_before_the_start_date_is_not_read(sandbox: RunningSandbox, tap: Tap) -> None:
    now = sandbox.clock.now()
    with sandbox.clock.at(now - 7200):
        sandbox.monstock.order(5, "EUR")
        sandbox.monstock.customer("Ann")
    new = sandbox.monstock.order(5, "EUR")
    start = datetime.fromtimestamp(now - 3600, UTC).isoformat()
    run = tap(start_date=start)
    assert (run.ids("orders"), run.ids("customers")) == ([new], [])
    assert tap(start_date=start, state=run.state).record_count == 0


def test_a_change_dated_in_the_future_hides_no_other(sandbox: RunningSandbox, tap: Tap) -> None:
    now = sandbox.clock.now()
    with sandbox.clock.at(now + 86_400):
        ahead = sandbox.monstock.order(5, "EUR")
    first = tap()
    assert first.ids("orders") == [ahead]
    new = sandbox.monstock.order(5, "EUR")
    run = tap(state=first.state)
    assert run.ids("orders") == [new]
    assert tap(state=run.state).record_count == 0


def test_stream_maps_apply(sandbox: RunningSandbox, tap: Tap) -> None:
    sandbox.monstock.order(5, "EUR", number="N-1")
    state = tap().state
    sandbox.monstock.order(5, "EUR", number="N-2")
    maps = {"orders": {"label": "record['number'] + '!'", "total": None}}
    run = tap(stream_maps=maps, state=state)
    assert run.error is None
    (order,) = run.records("orders")
    assert order["label"] == "N-2!"
    assert "total" not in order


def test_deselected_fields_are_left_out(sandbox: RunningSandbox, tap: Tap) -> None:
    sandbox.monstock.order(5, "EUR", lines=[("a chair", 1, 5)])
    run = tap(deselected={"orders": ["lines", "customer_email"]})
    (order,) = run.records("orders")
    assert not {"lines", "customer_email"} & set(order)
    assert order["total"] == 5


def test_a_tenant_without_customers_has_no_such_stream(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    begin, end = DEFAULT.index("customers:\n"), DEFAULT.index("formats:\n")
    file = tmp_path / "tenant.yml"
    file.write_text(DEFAULT[:begin] + DEFAULT[end:], "utf-8")
    sandbox.monstock.customer("Ann")
    sandbox.monstock.order(5, "EUR")
    run = run_tap(sandbox.monstock_base_url("monstock"), profile=str(file))
    assert run.error is None
    streams = {message["stream"] for message in run.messages if message["type"] == "SCHEMA"}
    assert streams == {"orders", "order_payments"}


def test_a_page_is_not_held_back_until_the_last_one_came(sandbox: RunningSandbox, tap: Tap) -> None:
    """States come in between, each only after the records that it counts on."""
    for _ in range(1200):
        sandbox.monstock.order(5, "EUR")
    run = tap(streams=["orders"])
    assert len(run.states) == 3
    seen = 0
    for message in run.messages:
        seen += message["type"] == "RECORD"
        if message["type"] == "STATE":
            assert seen in (500, 1000, 1200)


def test_the_same_run_twice_makes_the_same_states(sandbox: RunningSandbox, tap: Tap) -> None:
    sandbox.monstock.order(5, "EUR")
    state = tap().state
    assert tap(state=state).state == tap(state=state).state


def test_a_list_that_is_not_sorted_is_read_too(sandbox: RunningSandbox, tmp_path: Path) -> None:
    ids = [sandbox.monstock.order(5, "EUR") for _ in range(7)]
    sandbox.monstock.edit_order(ids[0], total=7)
    file = tmp_path / "tenant.yml"
    by_making = DEFAULT.replace("{sort: updated_at}", "{sort: created_at}")
    file.write_text(by_making.replace("sorted: true", "sorted: false"), "utf-8")
    url = sandbox.monstock_base_url("monstock")
    first = run_tap(url, profile=str(file))
    assert first.ids("orders") == [*ids[1:], ids[0]]
    sandbox.monstock.edit_order(ids[3], total=7)
    assert run_tap(url, profile=str(file), state=first.state).ids("orders") == [ids[3]]
