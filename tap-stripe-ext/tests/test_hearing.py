"""What is heard while a look is under way, and readings that overtake each other.

Each test lets things happen at just the moment at which they could do harm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from tap_common.testing import SOON
from tap_stripe_ext.testing import looking_run


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
