"""Plays a world: both pipelines in this process, over HTTP, and the comparison at the end."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from map_orders.mapper import MapOrders
from map_payments.mapper import MapPayments
from monstock_stripe_sandbox.check import order_differences
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.pipeline import MONSTOCK_TOKEN, STRIPE_KEY
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from msgspec import to_builtins
from tap_monstock import testing as monstock_tap
from tap_stripe_ext import testing as stripe_tap
from target_monstock.testing import TargetRunner as MonstockTarget
from target_stripe.testing import TargetRunner as StripeTarget

from world.plan import TO_MONSTOCK, TO_STRIPE, Act, Plan, Running
from world.trade import Trade

# More rounds than a world can need: each direction answers the other at most once or twice.
MOST_ROUNDS = 6


class Play:
    """One world, and the two pipelines between its systems.

    Args:
        sandbox: both systems.
        folder: receives the ledgers.
        order_as: how orders are made known to Stripe.
        profile: of Monstock's API.
    """

    def __init__(self, sandbox: RunningSandbox, folder: Path, order_as: str, profile: str) -> None:
        self.sandbox = sandbox
        self.trade = Trade(sandbox)
        self.reported: set[str] = set()
        self._states: dict[str, dict[str, Any] | None] = {TO_MONSTOCK: None, TO_STRIPE: None}
        self._monstock: dict[str, Any] = {
            "base_url": sandbox.monstock_base_url(profile),
            "api_token": MONSTOCK_TOKEN,
            "profile": profile,
        }
        self._to_monstock = MonstockTarget(
            {
                **self._monstock,
                "ledger_url": f"sqlite:///{folder / 'monstock.sqlite'}",
                "customers": "link",
            }
        )
        self._to_stripe = StripeTarget(
            {
                "api_key": STRIPE_KEY,
                "api_base": sandbox.stripe_url,
                "ledger_url": f"sqlite:///{folder / 'stripe.sqlite'}",
                "order_as": order_as,
                "requests_per_second": 0,
                "requests_per_second_per_endpoint": 0,
                "max_wait": 0.05,
            }
        )

    # -- runs --

    def run(self, running: Running) -> None:
        """Let trade go on, then run a pipeline while it goes on further."""
        for act in running.before:
            self.trade.act(act)
        if running.fault:
            self._disturb(running)
        try:
            with self._meanwhile(running.meanwhile):
                self.run_once(running.pipeline, running.cut)
        finally:
            for controls in (self.sandbox.stripe_controls, self.sandbox.monstock_controls):
                controls.set_faults()

    def run_once(self, pipeline: str, cut: int | None = None) -> None:
        """Run a pipeline from where its last run got to."""
        state = self._states[pipeline]
        if pipeline == TO_MONSTOCK:
            read = stripe_tap.run_tap(
                self.sandbox.stripe_url,
                streams=["payments", "invoices", "payment_links", "customers"],
                state=state,
                relist_interval=0,
            )
            lines = _mapped(MapPayments(config={}), read.lines[:cut])
            states = self._to_monstock.run_lines(lines).states
            self.reported |= {
                f"{one.kind.value} {one.order_id} {one.transaction_reference or 'status'}"
                for one in self._to_monstock.exceptions()
            }
        else:
            read = monstock_tap.run_tap(
                streams=["orders", "customers"], state=state, **self._monstock
            )
            lines = _mapped(MapOrders(config={}), read.lines[:cut])
            states = self._to_stripe.run_lines(lines).states
        if states:
            self._states[pipeline] = states[-1]

    def _disturb(self, running: Running) -> None:
        kind = "status" if running.fault.isdigit() else running.fault
        status = int(running.fault) if running.fault.isdigit() else 0
        fault = Fault(kind, status=status, every=running.every)
        self.sandbox.stripe_controls.set_faults(fault)
        self.sandbox.monstock_controls.set_faults(fault)

    @contextmanager
    def _meanwhile(self, acts: Sequence[tuple[int, Act]]) -> Iterator[None]:
        left = list(acts)
        requests = 0

        def on_request() -> None:
            nonlocal requests
            requests += 1
            while left and left[0][0] <= requests:
                self.trade.act(left.pop(0)[1])

        both = (self.sandbox.stripe_controls, self.sandbox.monstock_controls)
        for controls in both:
            controls.on_request = on_request
        try:
            yield
        finally:
            for controls in both:
                controls.on_request = None

    # -- the end --

    def come_to_rest(self) -> int:
        """Run both pipelines until neither writes; return how many rounds that took.

        Raises:
            AssertionError: they never fall silent.
        """
        for rounds in range(MOST_ROUNDS):
            if self.writes_of_a_round() == 0:
                return rounds
        raise AssertionError(f"still writing after {MOST_ROUNDS} rounds")

    def writes_of_a_round(self) -> int:
        """Run each pipeline once; return how many writes the sandboxes counted."""
        both = (self.sandbox.stripe_controls, self.sandbox.monstock_controls)
        for controls in both:
            controls.reset_counters()
        self.run_once(TO_MONSTOCK)
        self.run_once(TO_STRIPE)
        return sum(controls.writes for controls in both)

    def differences(self) -> list[str]:
        """Return where the two systems are not as the world's truth has them."""
        shown = to_builtins(self.sandbox.monstock.orders())
        truths = [order.truth() for order in self.trade.orders]
        found = [str(one) for one in order_differences(shown, truths)]
        found += self._in_other_fields(shown)
        found += self._at_stripe()
        found += self._where_to_pay(shown)
        return found + self._unreported()

    def _in_other_fields(self, shown: Sequence[Mapping[str, Any]]) -> Iterator[str] | list[str]:
        by_id = {one["id"]: one for one in shown}
        found = [
            f"order {order.number}: channel_reference was {order.reference!r}"
            for order in self.trade.orders
            if order.reference and by_id[order.id]["channel_reference"] != order.reference
        ]
        for customer, phone in self.trade.phones.items():
            contact = self.sandbox.monstock.get_customer(customer)
            if contact is None or contact.phone != phone:
                found.append(f"customer {customer}: phone was {phone!r}")
        return found

    def _at_stripe(self) -> list[str]:
        """Compare what payments say of their orders, and what staff wrote into them."""
        found = []
        for paid in self.trade.payments:
            intent = self.sandbox.stripe.get("payment_intent", paid.reference)
            holders = [intent]
            if paid.order is not None and paid.row() is not None:
                if intent["latest_charge"]:
                    holders.append(self.sandbox.stripe.get("charge", intent["latest_charge"]))
                said = {
                    "monstock_order_id": paid.order.id,
                    "monstock_order_number": paid.order.number,
                    "monstock_order_status": paid.order.state,
                }
                found += [
                    f"{holder['object']} of {paid.reference}: {key} is "
                    f"{holder['metadata'].get(key)!r}, not {value!r}"
                    for holder in holders
                    for key, value in said.items()
                    if holder["metadata"].get(key) != value
                ]
            elif paid.order is None and "monstock_order_id" in intent["metadata"]:
                found.append(f"{paid.reference} names an order that nobody named")
            if paid.edited and intent["metadata"].get("colour") != paid.edited:
                found.append(f"{paid.reference}: the note {paid.edited!r} is gone")
            if paid.description and intent["description"] != paid.description:
                found.append(f"{paid.reference}: description was {paid.description!r}")
        return found

    def _where_to_pay(self, shown: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """Compare where orders say that they can be paid with what asks for their money."""
        urls = {one["id"]: one["payment_url"] for one in shown}
        for order, kind, asking in self.trade.asked():
            if order.id in self.trade.closed_by_hand:
                yield f"order {order.number}: {asking['id']} was made though one had been closed"
            url = asking.get({"invoice": "hosted_invoice_url"}.get(kind, "url"))
            if kind != "payment_intent" and urls[order.id] != url:
                yield f"order {order.number}: is to be paid at {urls[order.id]}, not at {url}"

    def _unreported(self) -> list[str]:
        return [
            f"order {order_id}: what a hand changed in {what} was not reported"
            for order_id, what in self.trade.changed_by_hand
            if what != "status"  # what the status was changed to may have become the truth
            and f"changed_by_hand {order_id} {what}" not in self.reported
            and any(
                one.reference == what
                for order in self.trade.orders
                if order.id == order_id
                for one in order.payments
            )
        ]


def _mapped(mapper: Any, lines: Sequence[str]) -> bytes:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        mapper.listen(io.StringIO("".join(f"{line}\n" for line in lines)))
    return output.getvalue().encode()


@contextmanager
def playing(plan: Plan, folder: Path) -> Iterator[Play]:
    """Open a world; everything in it is gone at the end of the block."""
    with running_sandbox(seed=plan.seed) as sandbox:
        yield Play(sandbox, folder, plan.order_as, plan.profile)
