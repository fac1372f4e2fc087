"""What happens at Stripe, as Stripe lets it happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from monstock_stripe_sandbox.resources.data import resources
from monstock_stripe_sandbox.stripe_catalog import LISTS
from monstock_stripe_sandbox.stripe_world import (
    StripeWorld,
    StripeWorldError,
    UnknownObjectError,
)
from tap_stripe_ext.stream_table import PAYMENTS, StreamRow, row_named

from histories.listed import Row, listed
from histories.plan import EVENTS, MANY, Action

# Far enough in the past for no machine's clock to be behind it.
BEGINNING = 1_750_000_000

FRESH_PARENT = frozenset(
    {
        "checkout_session_line_items",
        "credit_note_line_items",
        "payment_intent_line_items",
        "payment_link_line_items",
    }
)
"""Nested lists that Stripe fills when it makes the parent, and never again."""

TOLD_OF_PARENT = {
    "financial_connections_transactions": "financial_connections.account.refreshed_transactions",
    "payout_balance_transactions": "payout.reconciliation_completed",
    "setup_attempts": "setup_intent.setup_failed",
}
"""The event about the parent with which Stripe tells of a new object in a nested list."""

PARENT_SHOWS = {"customer_balance_transactions": "balance"}
"""The field of the parent that changes with each new object of a nested list."""

CHANGEABLE: dict[str, str] = {
    "billing_alerts": "title",
    "climate_products": "name",
    "climate_suppliers": "name",
    "early_fraud_warnings": "fraud_type",
    "feedback_options": "description",
    "meters": "display_name",
    "payment_method_configurations": "name",
    "physical_bundles": "name",
    "tax_codes": "description",
    "terminal_configurations": "name",
    "trial_offers": "nickname",
}
"""Texts that change, in objects without metadata."""

COUNTED: dict[str, str] = {
    "invoice_payments": "amount_paid",
    "report_types": "data_available_end",
    "issuing_tokens": "network_updated_at",
}
"""Numbers that change, in objects without metadata."""

BECOMES = {
    "report_runs": "succeeded",
    "three_d_secure_authentications": "succeeded",
    "treasury_credit_reversals": "posted",
    "treasury_debit_reversals": "completed",
    "treasury_inbound_transfers": "succeeded",
    "treasury_outbound_payments": "posted",
    "treasury_outbound_transfers": "posted",
}
"""What the status of objects becomes that have no update."""

EDITED_BY_ANOTHER_PATH = frozenset({"invoice_line_items"})

UNNOTICED_CHANGES = frozenset(
    {
        # As each row says in `unnoticed`: Stripe tells nobody, until something else changes.
        "checkout_sessions",
        "customer_balance_transactions",
        "transfer_reversals",
    }
)
UNNOTICED_DELETIONS = frozenset(
    {
        # As each row says in `unnoticed`.
        "active_entitlements",
        "customer_payment_methods",
        "invoice_line_items",
        "subscription_items",
    }
)


class Time:
    """Simulated time, in seconds since 1970."""

    def __init__(self) -> None:
        self.now = float(BEGINNING)

    def __call__(self) -> float:
        return self.now


class Trade:
    """What happens at Stripe.

    Args:
        world: Stripe.
        time: its clock.
        streams: those whose objects are made, changed and deleted.
    """

    def __init__(self, world: StripeWorld, time: Time, streams: tuple[str, ...]) -> None:
        self.world = world
        self.time = time
        self.streams = streams
        self.deleted: dict[tuple[str, str], float] = {}
        self._serial = 0

    def act(self, action: Action) -> None:
        """Let it happen; nothing happens where Stripe would refuse."""
        name = self.streams[action.where % len(self.streams)]
        try:
            with self.world.lock:
                if action.verb == "trade" or name in (PAYMENTS, EVENTS):
                    self._trade(action)
                elif action.verb == "create":
                    self.create(row_named(name), action.which)
                elif action.verb == "many":
                    for _ in range(MANY):
                        self.create(row_named(name), action.which)
                elif action.verb == "change":
                    self.change(row_named(name), action.which)
                else:
                    self.delete(row_named(name), action.which)
        except (StripeWorldError, UnknownObjectError):
            return

    def wait(self, seconds: float) -> None:
        """Let time pass, and money become available."""
        self.time.now += seconds
        self.world.release_funds()

    def create(self, row: StreamRow, which: int = 0) -> None:
        """Make an object of the stream; in a nested list under a parent that there is, if any.

        Raises:
            StripeWorldError: Stripe would not.
        """
        world, parent, name = self.world, self._parent(row, which), row.name
        self._serial += 1
        if name == "payout_balance_transactions":
            world.create(row.path, payout=parent)
        elif name in ("payment_methods", "customer_payment_methods"):
            world.create("/v1/payment_methods", customer=parent or self._customer())
        elif len(LISTS[row.path].objects) > 1:
            world.create(row.path, parent, object=row.object_name)
        else:
            world.create(row.path, parent)
        if parent is None or row.parent is None:
            return
        above = LISTS[row_named(row.parent.stream).path].kind
        if name in TOLD_OF_PARENT:
            world.emit(TOLD_OF_PARENT[name], above, parent)
        if name in PARENT_SHOWS:
            world.change(above, parent, **{PARENT_SHOWS[name]: self._serial})

    def change(self, row: StreamRow, which: int = 0) -> None:
        """Change an object of the stream, as its owner or Stripe may.

        Raises:
            StripeWorldError: neither of them may.
            UnknownObjectError: there is none.
        """
        found = self._choose(row, which)
        self._serial += 1
        self.world.change(row.path, _known_as(row, found), **self._changed_fields(row))

    def delete(self, row: StreamRow, which: int = 0) -> None:
        """Delete an object of the stream.

        Raises:
            StripeWorldError: Stripe knows no such thing.
            UnknownObjectError: there is none.
        """
        if row.name in UNNOTICED_DELETIONS:
            raise StripeWorldError("nobody is told")
        found = self._choose(row, which)
        self.world.delete(row.path, _known_as(row, found))
        self.deleted[row.name, found["id"]] = self.time.now

    def _changed_fields(self, row: StreamRow) -> Row:
        if row.name in UNNOTICED_CHANGES:
            raise StripeWorldError("nobody is told")
        if row.name in CHANGEABLE:
            return {CHANGEABLE[row.name]: f"text {self._serial}"}
        if row.name in COUNTED:
            return {COUNTED[row.name]: self._serial}
        if row.name in BECOMES:
            return {"status": BECOMES[row.name]}
        if "metadata" in resources().models[row.object_name] and _is_editable(row):
            return {"metadata": {"n": str(self._serial)}}
        raise StripeWorldError("it stays as it was made")

    def _parent(self, row: StreamRow, which: int) -> str | None:
        if row.parent is None:
            return None
        above = row_named(row.parent.stream)
        if row.name in FRESH_PARENT:
            return self.world.create(above.path)
        wanted = row.parent.only_if
        parents = [one for one in listed(self.world, above) if wanted is None or one.get(wanted)]
        if parents and which % 3:
            return str(parents[which % len(parents)]["id"])
        given: dict[str, Any] = {} if wanted is None else {wanted: True}
        return self.world.create(above.path, **given)

    def _customer(self) -> str:
        customers = self.world.present("/v1/customers")
        return str(customers[0]["id"]) if customers else self.world.customer()

    def _choose(self, row: StreamRow, which: int) -> Row:
        found = listed(self.world, row)
        if not found:
            raise UnknownObjectError(row.name)
        return found[which % len(found)]

    def _trade(self, action: Action) -> None:
        world, which = self.world, action.which
        self._serial += 1
        amount = 1000 + self._serial
        kinds: tuple[Callable[[], Any], ...] = (
            lambda: world.succeed(world.payment_intent(amount, "eur")),
            lambda: world.payment_intent(amount, "eur"),
            lambda: world.succeed(self._any("payment_intent", which)),
            lambda: world.decline(self._any("payment_intent", which)),
            lambda: world.cancel(self._any("payment_intent", which)),
            lambda: world.refund(self._any("charge", which), 10),
            lambda: [world.refund(self._any("charge", which), 1) for _ in range(MANY)],
            lambda: world.fail_refund(self._any("refund", which)),
            lambda: world.dispute(self._any("charge", which), 10),
            lambda: world.close_dispute(self._any("dispute", which), "won"),
            lambda: world.edit_payment_intent(
                self._any("payment_intent", which), metadata={"n": str(self._serial)}
            ),
            lambda: world.checkout_session(amount, "eur"),
            lambda: world.complete_checkout(self._any("checkout.session", which)),
            lambda: world.expire_checkout(self._any("checkout.session", which)),
            lambda: world.invoice(amount, "eur"),
            lambda: world.pay_invoice(self._any("invoice", which)),
            lambda: world.pay_invoice_out_of_band(self._any("invoice", which)),
            lambda: world.void_invoice(self._any("invoice", which)),
            lambda: world.direct_charge(amount, "eur"),
        )
        kinds[(action.where + 5 * action.which) % len(kinds)]()

    def _any(self, kind: str, which: int) -> str:
        keys = self.world.shelves[kind].ordered()
        if not keys:
            raise UnknownObjectError(kind)
        return keys[-1 - which % len(keys)][2]


def _known_as(row: StreamRow, found: Row) -> str:
    """Return what the world knows the object by: names of capabilities are not unique."""
    named_within = row.object_name == "capability"
    return f"{found['account']}/{found['id']}" if named_within else str(found["id"])


def _is_editable(row: StreamRow) -> bool:
    """Tell whether Stripe's API has an update of such objects."""
    if row.name in EDITED_BY_ANOTHER_PATH:
        return True
    single = LISTS[row.path].single
    return bool(single) and single in resources().updates
