"""What is heard while a look is under way, and readings that overtake each other.

Each test lets things happen at just the moment at which they could do harm.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import Any

import msgspec
import pytest
from monstock_stripe_core.stripe_client import StripeClient
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from tap_common.doorbell import Ring, RingQueue
from tap_common.following import Following, Intervals, Look
from tap_common.testing import SOON
from tap_stripe_ext.payments_reader import INTENT_EXPANSIONS
from tap_stripe_ext.reader import Reader
from tap_stripe_ext.state import parse_state
from tap_stripe_ext.sync import Sync
from tap_stripe_ext.testing import looking_run, run_tap


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


def once(work: Callable[[], None]) -> Callable[[], None]:
    """Return what does it when it is called first, and nothing from then on."""
    left = [work]

    def do() -> None:
        if left:
            left.pop()()

    return do


def test_an_older_reading_of_a_look_does_not_outlast_what_was_heard_meanwhile(
    sandbox: RunningSandbox,
) -> None:
    customer = sandbox.stripe.customer("a@example.com")
    # One thread: what was begun before has ended once something that is begun now has.
    with looking_run(sandbox.stripe_url, "customers", concurrency=1) as run:
        run.sync.look()
        known = {one["id"] for one in sandbox.stripe.all("event")}

        def change_and_hear() -> None:
            run.pool.submit(lambda: None).result(SOON)
            sandbox.stripe.change("customer", customer, name="Newest")
            events = [one for one in sandbox.stripe.all("event") if one["id"] not in known]
            assert run.sync.hear(events[-1:])
            assert run.records("customers")[-1]["name"] == "Newest"

        sandbox.stripe.change("customer", customer, name="Newer")
        known |= {one["id"] for one in sandbox.stripe.all("event")}
        run.sync.listen_between(once(change_and_hear))
        run.sync.look()
        # The look's own reading was made before.
        assert run.records("customers")[-1]["name"] == "Newer"

        run.sync.look()
        assert run.records("customers")[-1]["name"] == "Newest"
        written = len(run.records("customers"))
        run.sync.look()
        assert len(run.records("customers")) == written


def test_a_payment_that_was_heard_in_a_look_is_not_read_once_more(
    sandbox: RunningSandbox,
) -> None:
    with looking_run(sandbox.stripe_url, "payments") as run:
        run.sync.look()

        def pay_and_hear() -> None:
            payment = sandbox.stripe.payment_intent(2000, "eur")
            assert run.sync.hear(sandbox.stripe.all("event")[-1:])
            assert payment in run.text

        sandbox.stripe.payment_intent(1000, "eur")
        run.sync.listen_between(once(pay_and_hear))
        run.sync.look()
        sandbox.stripe_controls.reset_counters()
        run.sync.look()

        assert set(sandbox.stripe_controls.endpoints) == {"GET /v1/events"}
        assert len(run.records("payments")) == 2


class HeldClient(StripeClient):
    """Holds the first reading of a payment back, as one is whose request has to be repeated."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.is_held, self.may_go_on = Event(), Event()

    def get(self, *args: Any, **options: Any) -> Any:
        is_payment = options.get("endpoint") == "/v1/payment_intents/{id}"
        if is_payment and not self.is_held.is_set():
            self.is_held.set()
            assert self.may_go_on.wait(SOON)
        return super().get(*args, **options)


def test_an_edit_that_only_an_outdated_reading_has_shown_is_found(sandbox: RunningSandbox) -> None:
    ahead = 0.0
    with looking_run(
        sandbox.stripe_url,
        "payments",
        clock=lambda: time.time() + ahead,
        client_class=HeldClient,
        relist_interval=3600,
    ) as run:
        assert isinstance(run.client, HeldClient)
        client = run.client
        run.sync.look()
        payment = sandbox.stripe.payment_intent(1000, "eur")
        events = sandbox.stripe.all("event")

        def hear_and_edit() -> None:
            assert client.is_held.wait(SOON)
            assert run.sync.hear(events)
            sandbox.stripe.edit_payment_intent(payment, metadata={"monstock_order_id": "ord_1"})
            client.may_go_on.set()

        run.sync.listen_between(once(hear_and_edit))
        run.sync.look()
        # The look's own reading began before, and a target may overwrite whatever the version.
        (heard,) = run.records("payments")
        assert heard["payment_intent"]["metadata"] == {}

        ahead = 3600.0
        run.sync.look()
        _, found = run.records("payments")
        assert found["version"] > heard["version"]
        assert found["payment_intent"]["metadata"] == {"monstock_order_id": "ord_1"}
        ahead = 7200.0
        run.sync.look()
        assert len(run.records("payments")) == 2


class LaggingClient(HeldClient):
    """Shows the payment that is read second as it was before."""

    before: Any = None

    def get(self, *args: Any, **options: Any) -> Any:
        is_second = self.is_held.is_set() and not self.may_go_on.is_set()
        if is_second and options.get("endpoint") == "/v1/payment_intents/{id}":
            return self.before
        return super().get(*args, **options)


def test_what_only_a_reading_that_is_left_out_has_shown_is_read_once_more(
    sandbox: RunningSandbox,
) -> None:
    payment = sandbox.stripe.payment_intent(1000, "eur")
    sandbox.stripe.succeed(payment)
    with looking_run(sandbox.stripe_url, "payments", client_class=LaggingClient) as run:
        client = run.client
        assert isinstance(client, LaggingClient)
        client.may_go_on.set()
        run.sync.look()
        known = {one["id"] for one in sandbox.stripe.all("event")}
        client.before = Reader(client).retrieve_body(
            "/v1/payment_intents", payment, INTENT_EXPANSIONS
        )
        client.is_held.clear()
        client.may_go_on.clear()
        sandbox.stripe.refund(payment, 400)
        events = [one for one in sandbox.stripe.all("event") if one["id"] not in known]

        def hear() -> None:
            assert client.is_held.wait(SOON)
            assert run.sync.hear(events)
            client.may_go_on.set()

        run.sync.listen_between(once(hear))
        run.sync.look()
        assert run.records("payments")[-1]["refunds"] == []

        run.sync.look()
        assert [one["amount"] for one in run.records("payments")[-1]["refunds"]] == [400]


def test_a_stream_that_failed_reads_the_whole_overlap_at_its_next_look(
    sandbox: RunningSandbox,
) -> None:
    ahead = 0.0
    payment = sandbox.stripe.payment_intent(1000, "eur")
    sandbox.stripe.succeed(payment)
    with looking_run(
        sandbox.stripe_url, "payments", clock=lambda: time.time() + ahead, overlap=600
    ) as run:
        run.sync.look()
        sandbox.stripe.payment_intent(2000, "eur")
        run.sync.look()
        with sandbox.clock.at(sandbox.clock.now() - 100):  # its events come late
            sandbox.stripe.refund(payment, 400)
        ahead = 301.0
        sandbox.stripe_controls.set_faults(Fault("status", status=500, path="/v1/payment_intents*"))
        assert not run.sync.look().complete
        sandbox.stripe_controls.clear_faults()

        assert run.sync.look().complete
        assert [one["amount"] for one in run.records("payments")[-1]["refunds"]] == [400]


class Reading:
    """A run, as it is followed."""

    def __init__(self, sync: Sync) -> None:
        self._sync = sync

    def look(self) -> Look:
        return self._sync.look()

    def hear(self, rings: Sequence[Ring]) -> bool:
        return self._sync.hear([ring.message() for ring in rings])

    def listen_between(self, listen: Callable[[], None]) -> None:
        self._sync.listen_between(listen)


def test_streams_are_announced_before_what_rings_tell_of_at_the_start(
    sandbox: RunningSandbox,
) -> None:
    state = parse_state(run_tap(sandbox.stripe_url, streams=["payments"]).state, ["payments"])
    payment = sandbox.stripe.payment_intent(1000, "eur")
    rings = RingQueue()
    for event in sandbox.stripe.all("event"):
        rings.put(Ring(event["id"], time.time(), msgspec.Raw(msgspec.json.encode(event))))
    with looking_run(sandbox.stripe_url, "payments", state=state) as run:
        following = Following(Reading(run.sync), rings, Intervals(1, 1), (), run.pool.check_stop)
        following.turn()
        types = [msgspec.json.decode(line)["type"] for line in run.text.splitlines()]
        assert types.index("SCHEMA") < types.index("RECORD")
        assert {one["id"] for one in run.records("payments")} == {payment}
