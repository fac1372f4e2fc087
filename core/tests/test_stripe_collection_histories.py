"""Any history of an order, its payments and staff's acts, cut off anywhere, ends as it should."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from collection_model import Cut, Stripe, asked, new_intent
from hypothesis import given, settings
from hypothesis import strategies as st
from monstock_stripe_core.order import OrderState
from monstock_stripe_core.order_record import OrderRecord, RecordLine, RecordPayment
from monstock_stripe_core.payment import PaymentStatus
from monstock_stripe_core.stripe_collected import Action
from monstock_stripe_core.stripe_collection import plan_collection
from monstock_stripe_core.stripe_collection_params import (
    intent_params,
    invoice_params,
    link_params,
)
from monstock_stripe_core.stripe_demand import CollectionRules, Demand, OrderAs
from monstock_stripe_core.stripe_intention import Intention, IntentionState, intention_key
from monstock_stripe_core.testing import example_record

CUSTOMER = "cus_1"


@dataclass
class Shop:
    """An order, the ledger's intentions of it, and the Stripe that it is collected at."""

    rules: CollectionRules
    order: OrderRecord
    stripe: Stripe = field(default_factory=Stripe)
    intentions: list[Intention] = field(default_factory=list)

    def run(self) -> None:
        """What the target does with the order, until there is nothing left to do."""
        for _ in range(10):
            if not self._turn():
                return
        raise AssertionError("there is always more to do")

    def _turn(self) -> bool:
        last = self.intentions[-1] if self.intentions else None
        if last is not None and last.state is IntentionState.INTENDED:
            made = self.stripe.call(partial(self.stripe.make, last))
            self.intentions[-1] = replace(last, state=IntentionState.OPEN, object_id=made)
            return True
        present = None
        if last is not None and last.object_id is not None:
            present = self.stripe.present(OrderAs(last.kind), last.object_id)
        plan = plan_collection(self.order, last, present, CUSTOMER, self.rules)
        if plan.state is not None and last is not None:
            self.intentions[-1] = replace(last, state=plan.state)
        for step in plan.steps:
            self.stripe.call(
                partial(self.stripe.carry_out, step, f"{step.action}:{step.object_id}")
            )
            if step.action is Action.SEND:
                self.intentions[-1] = replace(self.intentions[-1], sent=True)
        if plan.creates is not None:
            self.intentions.append(self._intended(plan.creates))
        return plan.again

    def _intended(self, demand: Demand) -> Intention:
        kind, revision = self.rules.order_as, len(self.intentions) + 1
        parameters: Any
        if kind is OrderAs.PAYMENT_INTENT:
            parameters = intent_params(demand, revision, CUSTOMER)
        elif kind is OrderAs.INVOICE:
            parameters = invoice_params(demand, revision, CUSTOMER, 30)
        else:
            parameters = link_params(demand, revision)
        key = intention_key(kind.value, None, self.order.order_id, revision)
        return Intention(kind.value, self.order.order_id, revision, key, parameters)

    # -- what others do --

    def pay(self, *, tell: bool) -> None:
        """The customer pays what can be paid; Monstock may hear of it only later."""
        for value in self.stripe.payable()[:1]:
            amount = asked(value)
            if value["id"].startswith("pi_"):
                value.update(status="succeeded", amount_received=amount)
            elif value["id"].startswith("in_"):
                value.update(status="paid", amount_paid=amount)
            else:
                value.update(status="inactive", active=False)
                value["restrictions"]["completed_sessions"]["count"] = 1
                value["paid_by"] = [new_intent(f"pi_of_{value['id']}", {
                    "amount": amount, "currency": value["currency"], "metadata": {}
                }) | {"status": "succeeded", "amount_received": amount}]  # fmt: skip
            if tell:
                self.tell()

    def tell(self) -> None:
        """Monstock hears of all payments."""
        rows = [
            RecordPayment(reference, "EUR", amount, PaymentStatus.SUCCEEDED)
            for reference, amount in self.untold()
        ]
        payments = (*self.order.payments, *rows)
        due = self.order.total - sum(row.amount for row in payments)
        self.order = replace(self.order, payments=payments, amount_due=due)

    def untold(self) -> list[tuple[str, int]]:
        """Payments that Monstock has not heard of."""
        known = {row.transaction_reference for row in self.order.payments}
        return [(name, amount) for name, amount in self._received() if name not in known]

    def _received(self) -> list[tuple[str, int]]:
        found = []
        for value in self.stripe.objects.values():
            if value["status"] == "succeeded":
                found.append((value["id"], value["amount_received"]))
            elif value["status"] == "paid":
                found.append((f"pi_of_{value['id']}", value["amount_paid"]))
            found += [(one["id"], one["amount_received"]) for one in value.get("paid_by", ())]
        return found


def _total(shop: Shop, total: int) -> None:
    due = total - sum(row.amount for row in shop.order.payments)
    lines = (RecordLine("Chair", total - 100, tax=(total - 100) // 6, tax_rate="20"),
             RecordLine("Shipping", 100))  # fmt: skip
    shop.order = replace(shop.order, total=total, lines=lines, amount_due=due)


def _state(shop: Shop, state: OrderState) -> None:
    shop.order = replace(shop.order, state=state)


def _cash(shop: Shop) -> None:
    payments = (*shop.order.payments, RecordPayment(None, "EUR", 1000, ours=False))
    due = shop.order.total - sum(row.amount for row in payments)
    shop.order = replace(shop.order, payments=payments, amount_due=due)


Act = Callable[[Shop], None]

TRADE: dict[str, Act] = {
    "dearer": lambda shop: _total(shop, 12000),
    "cheaper": lambda shop: _total(shop, 8000),
    "as before": lambda shop: _total(shop, 10000),
    "cash": _cash,
    "cancel": lambda shop: _state(shop, OrderState.CANCELLED),
    "revive": lambda shop: _state(shop, OrderState.VALIDATED),
    "ship": lambda shop: _state(shop, OrderState.SHIPPED),
    "pay": lambda shop: shop.pay(tell=True),
    "pay untold": lambda shop: shop.pay(tell=False),
    "tell": lambda shop: shop.tell(),
    "run": lambda shop: shop.run(),
}
CUTS = {
    f"cut {'after' if after else 'before'} {calls}": (calls, after)
    for calls in range(4)
    for after in (True, False)
}


def play(shop: Shop, acts: list[str]) -> None:
    """Let things happen, and check after each what must never be."""
    for name in acts:
        if name in TRADE:
            TRADE[name](shop)
        else:
            shop.stripe.cut_in, shop.stripe.cut_after_effect = CUTS[name]
            with contextlib.suppress(Cut):
                shop.run()
            shop.stripe.cut_in = None
        payable = shop.stripe.payable()
        assert len(payable) <= 1, "a customer can pay twice"
        assert not (payable and shop.untold()), "what was paid is asked for again"
    shop.tell()
    shop.run()


HISTORIES = st.lists(st.sampled_from([*TRADE, *CUTS]), max_size=12)
COLLECTING = st.sampled_from([OrderAs.PAYMENT_INTENT, OrderAs.INVOICE, OrderAs.PAYMENT_LINK])


def a_shop(kind: OrderAs) -> Shop:
    shop = Shop(CollectionRules(order_as=kind), example_record(amount_due=10000))
    _total(shop, 10000)
    return shop


@settings(max_examples=300, deadline=None)
@given(COLLECTING, HISTORIES)
def test_in_the_end_exactly_what_is_due_can_be_paid_and_nothing_is_left_to_do(
    kind: OrderAs, acts: list[str]
) -> None:
    shop = a_shop(kind)

    play(shop, acts)

    due = shop.order.amount_due or 0
    open_for = due if shop.order.state is not OrderState.CANCELLED else 0
    assert [asked(value) for value in shop.stripe.payable()] == ([open_for] if open_for > 0 else [])
    writes = shop.stripe.writes
    shop.run()
    assert shop.stripe.writes == writes


@settings(max_examples=200, deadline=None)
@given(HISTORIES)
def test_an_invoice_is_mailed_once(acts: list[str]) -> None:
    shop = a_shop(OrderAs.INVOICE)

    play(shop, acts)

    assert len(shop.stripe.sent) == len(set(shop.stripe.sent))


@settings(max_examples=200, deadline=None)
@given(COLLECTING, HISTORIES)
def test_what_staff_closed_stays_closed(kind: OrderAs, acts: list[str]) -> None:
    shop = a_shop(kind)
    play(shop, acts)
    for value in shop.stripe.payable():
        closed = {OrderAs.PAYMENT_INTENT: "canceled", OrderAs.INVOICE: "void"}
        value.update(status=closed.get(kind, "inactive"), active=False)
        writes = shop.stripe.writes

        shop.run()
        _cash(shop)
        shop.run()
        _total(shop, shop.order.total + 50000)
        shop.run()
        assert (shop.stripe.writes, shop.stripe.payable()) == (writes, [])


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([OrderAs.PAYMENT_INTENT, OrderAs.INVOICE]), HISTORIES)
def test_an_amount_that_staff_changed_stays_as_long_as_the_order_is_to_be_paid(
    kind: OrderAs, acts: list[str]
) -> None:
    shop = a_shop(kind)
    play(shop, acts)
    for value in shop.stripe.payable():
        field_of_amount = "total" if kind is OrderAs.INVOICE else "amount"
        value[field_of_amount] += 7
        amount, writes = asked(value), shop.stripe.writes

        shop.run()
        _total(shop, shop.order.total + 50000)
        shop.run()
        assert (shop.stripe.writes, asked(value)) == (writes, amount)
