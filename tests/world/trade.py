"""What happens in the world: customers, staff in Monstock, staff in Stripe's Dashboard, banks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from monstock_stripe_sandbox.stripe_world import StripeWorldError
from monstock_stripe_sandbox.testing import RunningSandbox

from world.plan import Act
from world.truth import Ordered, Paid

T = TypeVar("T")
# In these states an invoice, or a PaymentIntent that nobody tried, asks for money.
ASKING = ("open", "requires_payment_method")


class Nothing(Exception):
    """There is nothing that this could happen to."""


class Trade:
    """The world's trade, with its truth beside it.

    Args:
        sandbox: both systems.
    """

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.stripe = sandbox.stripe
        self.monstock = sandbox.monstock
        self.orders: list[Ordered] = []
        self.payments: list[Paid] = []
        self.customers: list[str] = []
        self.phones: dict[str, str] = {}
        self.changed_by_hand: set[tuple[str, str]] = set()
        self.closed_by_hand: set[str] = set()
        self._serial = 0
        self._acts: dict[str, Callable[[Act], None]] = {
            "order": self._order,
            "retotal": self._retotal,
            "cancel": self._cancel,
            "ship": self._ship,
            "refer": self._refer,
            "cash": self._cash,
            "cash back": self._cash_back,
            "edit row": self._edit_row,
            "delete row": self._delete_row,
            "edit status": self._edit_status,
            "edit customer": self._edit_customer,
            "pay": self._pay,
            "begin": self._begin,
            "try": self._try,
            "capture": self._capture,
            "settle": self._settle,
            "refund": self._refund,
            "dispute": self._dispute,
            "close dispute": self._close_dispute,
            "link": self._link,
            "relink": self._relink,
            "annotate by hand": self._annotate_by_hand,
            "pay what is asked": self._pay_what_is_asked,
            "close what is asked": self._close_what_is_asked,
        }

    def act(self, act: Act) -> None:
        """Let it happen, if there is anything that it can happen to."""
        try:
            self._acts[act.verb](act)
        except Nothing:
            return

    # -- staff in Monstock --

    def _order(self, act: Act) -> None:
        self._serial += 1
        if act.which % 3 or not self.customers:
            customer = self.monstock.customer(
                f"Customer {self._serial}", email=f"customer{act.which % 4}@example.com"
            )
            self.customers.append(customer)
        customer = self.customers[act.which % len(self.customers)]
        total = 100 * (1 + act.size)
        order = self.monstock.order(total, "EUR", customer_id=customer, lines=[("Goods", 1, total)])
        shown = self.monstock.get(order)
        if shown is None:
            raise Nothing
        self.orders.append(Ordered(order, shown.number, total))

    def _retotal(self, act: Act) -> None:
        order = _any(self.orders, act)
        order.total = 100 * (1 + act.size)
        self.monstock.edit_order(order.id, total=order.total, lines=[("Goods", 1, order.total)])

    def _cancel(self, act: Act) -> None:
        self._set_state(_any(self._in_state("validated"), act), "cancelled")

    def _ship(self, act: Act) -> None:
        self._set_state(_any(self._in_state("validated"), act), "shipped")

    def _set_state(self, order: Ordered, state: str) -> None:
        self.monstock.edit_order(order.id, status=state)
        order.state = state

    def _in_state(self, state: str) -> list[Ordered]:
        return [order for order in self.orders if order.state == state]

    def _refer(self, act: Act) -> None:
        self._serial += 1
        order = _any(self.orders, act)
        order.reference = f"shop {self._serial}"
        self.monstock.edit_order(order.id, channel_reference=order.reference)

    def _cash(self, act: Act) -> None:
        order = _any(self.orders, act)
        amount = 10 * (1 + act.size)
        order.cash[self.monstock.record_payment(order.id, amount)] = amount

    def _cash_back(self, act: Act) -> None:
        order = _any([order for order in self.orders if order.cash], act)
        row = next(iter(order.cash))
        self.monstock.delete_payment(order.id, row)
        del order.cash[row]

    def _edit_row(self, act: Act) -> None:
        order, row = self._row_of_ours(act)
        # No amount of this world is odd, so this is never the truth by chance.
        self.monstock.edit_payment(order.id, row.id, amount=row.amount + 1)
        self.changed_by_hand.add((order.id, str(row.transaction_reference)))

    def _delete_row(self, act: Act) -> None:
        order, row = self._row_of_ours(act)
        self.monstock.delete_payment(order.id, row.id)
        self.changed_by_hand.add((order.id, str(row.transaction_reference)))

    def _row_of_ours(self, act: Act) -> tuple[Ordered, Any]:
        """Choose a row that no hand has touched: a second change would be left as it is."""
        found = [
            (order, row)
            for order in self.orders
            for row in self._rows(order)
            if row.method == "stripe"
            and (order.id, row.transaction_reference) not in self.changed_by_hand
            and any(one.reference == row.transaction_reference for one in order.payments)
        ]
        return _any(found, act)

    def _rows(self, order: Ordered) -> list[Any]:
        shown = self.monstock.get(order.id)
        return list(shown.payments) if shown and isinstance(shown.payments, list) else []

    def _edit_status(self, act: Act) -> None:
        order = _any(self.orders, act)
        if (order.id, "status") in self.changed_by_hand:
            raise Nothing
        shown = self.monstock.get(order.id)
        if shown is not None and shown.payment_status not in (None, "unpaid"):
            self.changed_by_hand.add((order.id, "status"))
            self.monstock.edit_order(order.id, payment_status="unpaid")

    def _edit_customer(self, act: Act) -> None:
        self._serial += 1
        customer = _any(self.customers, act)
        self.phones[customer] = f"+33 1 {self._serial:08}"
        self.monstock.edit_customer(customer, phone=self.phones[customer])

    # -- customers --

    def _pay(self, act: Act) -> None:
        """Pay an order, or a part of it; the payment says so in one of several ways, or not."""
        order = _any(self.orders, act)
        amount = order.total if act.which % 2 else 10 * (1 + act.size)
        how = act.size % 5
        if how == 0:
            session = self.stripe.checkout_session(amount, "eur", client_reference_id=order.number)
            paid = Paid(self.stripe.complete_checkout(session), amount, order, "succeeded")
            order.payments.append(paid)
            self.payments.append(paid)
            return
        self._known(self._intent(order, amount, how), amount, order if how != 4 else None)
        self._try_one(self.payments[-1], act.which)

    def _begin(self, act: Act) -> None:
        """Begin a payment that is captured by hand, or is tried later."""
        order = _any(self.orders, act)
        amount = 10 * (1 + act.size)
        by_hand: dict[str, Any] = {"capture_method": "manual"} if act.which % 2 else {}
        self._known(self._intent(order, amount, 1 + act.size % 3, **by_hand), amount, order)
        if by_hand:
            self.stripe.authorize(self.payments[-1].reference)
            self.payments[-1].state = "held"

    def _intent(self, order: Ordered, amount: int, how: int, **fields: Any) -> str:
        ways: dict[int, dict[str, Any]] = {
            1: {"metadata": {"monstock_order_id": order.id}},
            2: {"metadata": {"monstock_order_number": order.number}},
            3: {"order_reference": order.number},
            4: {},
        }
        return self.stripe.payment_intent(amount, "eur", **ways[how], **fields)

    def _known(self, reference: str, amount: int, order: Ordered | None) -> None:
        paid = Paid(reference, amount, order)
        self.payments.append(paid)
        if order is not None:
            order.payments.append(paid)

    def _try(self, act: Act) -> None:
        self._try_one(_any(self._payments("untried", "failed"), act), act.which)

    def _try_one(self, paid: Paid, which: int) -> None:
        kind = which % 6
        if kind == 0:
            self.stripe.decline(paid.reference)
            paid.state = "failed"
        elif kind == 1:
            self.stripe.process(paid.reference)
            paid.state = "processing"
        else:
            self.stripe.succeed(paid.reference)
            paid.state = "succeeded"

    def _payments(self, *states: str) -> list[Paid]:
        return [one for one in self.payments if one.state in states]

    def _settle(self, act: Act) -> None:
        paid = _any(self._payments("processing"), act)
        if act.which % 3:
            self.stripe.settle(paid.reference)
            paid.state = "succeeded"
        else:
            self.stripe.fail_processing(paid.reference)
            paid.state = "failed"

    # -- staff in the Dashboard, and banks --

    def _pay_what_is_asked(self, act: Act) -> None:
        """Pay an invoice, a link or a PaymentIntent that the connector made."""
        order, kind, asking = _any(self.asked(), act)
        with suppress(StripeWorldError):  # a link that has done its duty takes no more
            reference = self.stripe.pay(asking["id"])
            amount = self.stripe.get("payment_intent", reference)["amount"]
            paid = Paid(reference, amount, order, "succeeded", asked=kind != "payment_intent")
            order.payments.append(paid)
            self.payments.append(paid)

    def _close_what_is_asked(self, act: Act) -> None:
        """Close it in the Dashboard: the order is to be paid in another way."""
        order, kind, asking = _any(self.asked(), act)
        if kind == "payment_intent":
            self.stripe.cancel(asking["id"])
        elif kind == "invoice":
            self.stripe.void_invoice(asking["id"])
        else:
            self.stripe.alter(kind, asking["id"], active=False)
        self.closed_by_hand.add(order.id)

    def asked(self) -> list[tuple[Ordered, str, Any]]:
        """What the connector made that asks for an order's money: the order, what it is, it."""
        known = {one.reference for one in self.payments}
        return [
            (order, kind, entry.value)
            for kind in ("payment_intent", "invoice", "payment_link")
            for entry in self.stripe.shelves[kind].entries.values()
            for order in self.orders
            if (entry.value.get("metadata") or {}).get("monstock_order_id") == order.id
            and entry.value["id"] not in known
            and (entry.value.get("status") in ASKING or entry.value.get("active"))
        ]

    def _capture(self, act: Act) -> None:
        paid = _any(self._payments("held"), act)
        if act.which % 3:
            self.stripe.capture(paid.reference)
            paid.state = "succeeded"
        else:
            self.stripe.cancel(paid.reference)
            paid.state = "canceled"

    def _refund(self, act: Act) -> None:
        paid = _any(
            [
                one
                for one in self._payments("succeeded")
                if one.dispute is None and one.refunded < one.amount
            ],
            act,
        )
        left = paid.amount - paid.refunded
        amount = left if act.which % 3 == 0 else min(left, 10 * (1 + act.size % 9))
        self.stripe.refund(paid.reference, amount)
        paid.refunded += amount

    def _dispute(self, act: Act) -> None:
        paid = _any(
            [
                one
                for one in self._payments("succeeded")
                if one.dispute is None and one.refunded == 0
            ],
            act,
        )
        paid.dispute = self.stripe.dispute(paid.reference)
        paid.disputed = paid.amount

    def _close_dispute(self, act: Act) -> None:
        paid = _any([one for one in self.payments if one.disputed], act)
        lost = act.which % 2 == 0
        self.stripe.close_dispute(str(paid.dispute), "lost" if lost else "won")
        paid.disputed, paid.lost = 0, paid.amount if lost else 0

    def _link(self, act: Act) -> None:
        """Name the order of a payment that names none."""
        paid = _any([one for one in self.payments if one.order is None], act)
        self._say(paid, _any(self.orders, act))

    def _relink(self, act: Act) -> None:
        """Name another order than the payment named so far."""
        paid = _any([one for one in self.payments if one.order and not one.asked], act)
        other = _any([order for order in self.orders if order is not paid.order], act)
        self._say(paid, other)

    def _say(self, paid: Paid, order: Ordered) -> None:
        shown = self.stripe.get("payment_intent", paid.reference)["metadata"]
        said = {"monstock_order_id": order.id}
        if "monstock_order_number" in shown and "monstock_link_rule" not in shown:
            said["monstock_order_number"] = ""
        self.stripe.edit_payment_intent(paid.reference, metadata=said)
        if paid.order is not None:
            paid.order.payments.remove(paid)
        paid.order = order
        order.payments.append(paid)

    def _annotate_by_hand(self, act: Act) -> None:
        """Write into the payment what is none of the connector's business."""
        self._serial += 1
        paid = _any(self.payments, act)
        paid.edited = f"note {self._serial}"
        self.stripe.edit_payment_intent(paid.reference, metadata={"colour": paid.edited})
        if act.which % 2:
            paid.description = f"Described by hand {self._serial}"
            self.stripe.edit_payment_intent(paid.reference, description=paid.description)


def _any(found: Sequence[T], act: Act) -> T:
    if not found:
        raise Nothing
    return found[act.which % len(found)]
