"""Reads the snapshots of payments: whole pages of them for a back-fill, single ones by id."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from tap_stripe_ext.payment_snapshot import (
    StripeObject,
    id_of,
    is_disputed,
    is_settled_without_payment,
    snapshot_of_charge,
    snapshot_of_intent,
    snapshot_of_invoice,
)
from tap_stripe_ext.reader import ObjectPage, Reader, list_params
from tap_stripe_ext.side_lists import (
    INVOICE_PAYMENT_EXPANSIONS,
    SESSION_EXPANSIONS,
    SLACK,
    SideLists,
)
from tap_stripe_ext.versions import VersionClock
from tap_stripe_ext.windows import Window

# At most four levels, the list's own "data" included (Stripe docs, 'Expanding responses').
INTENT_EXPANSIONS = ("latest_charge", "latest_charge.balance_transaction", "latest_charge.refunds")
CHARGE_EXPANSIONS = ("balance_transaction", "refunds")
INVOICE_EXPANSIONS = ("amount_paid_off_stripe",)

INTENTS = "payment_intents"
CHARGES = "charges"
INVOICES = "invoices"
# The lists that a back-fill of payments goes through.
PAYMENT_SOURCES: tuple[str, ...] = (INTENTS, CHARGES, INVOICES)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SnapshotPage:
    """The snapshots made of one page of a list, newest first, and where that page ended.

    Args:
        snapshots: the records; fewer than the page's objects, or more (see `SideLists`).
        newest: the `created` of the page's first object; 0 if it was empty.
        last_id: the id of the page's last object; None if it was empty.
        last_created: its `created`.
        has_more: whether another page follows.
    """

    snapshots: tuple[StripeObject, ...]
    newest: int
    last_id: str | None
    last_created: int
    has_more: bool


class PaymentsReader:
    """Reads payments. Thread-safe, but one window's pages must be read one after another.

    Args:
        reader: what the requests are made with.
        versions: gives the snapshots their versions.
        account_id: the connected account that is read, for the record.
    """

    def __init__(self, reader: Reader, versions: VersionClock, account_id: str | None) -> None:
        self._reader = reader
        self._versions = versions
        self._account_id = account_id

    def side_lists(self, source: str, window: Window) -> SideLists | None:
        """Return what has to be listed beside a window of this source."""
        if source == INVOICES:
            return None
        return SideLists(window, self._reader, self._versions, with_sessions=source == INTENTS)

    def page(
        self,
        source: str,
        window: Window,
        side: SideLists | None,
        wanted: frozenset[str] | None = None,
    ) -> SnapshotPage:
        """Return the next page of a source's window.

        Args:
            source: the list.
            window: what is left of it.
            side: what is listed beside, from page to page.
            wanted: make snapshots only of the objects with these ids; of all if None.

        Raises:
            CursorLostError: if the window's cursor is unknown to Stripe by now.
        """
        began = self._versions.begin()
        if source == INVOICES or side is None:
            params = list_params(window, INVOICE_EXPANSIONS) | {"status": "paid"}
            page = self._reader.objects("/v1/invoices", params, "invoice")
            snapshots = [
                self._invoice_snapshot(invoice, began)
                for invoice in page.objects
                if is_settled_without_payment(invoice)
            ]
        elif source == CHARGES:
            page = self._reader.objects(
                "/v1/charges", list_params(window, CHARGE_EXPANSIONS), "charge"
            )
            alone = [charge for charge in page.objects if charge.get("payment_intent") is None]
            snapshots = self._charge_snapshots(alone, side, began)
        else:
            page = self._reader.objects(
                "/v1/payment_intents", list_params(window, INTENT_EXPANSIONS), "payment_intent"
            )
            snapshots = self._intent_snapshots(page, side, window, began, wanted)
        last = page.objects[-1] if page.objects else None
        return SnapshotPage(
            tuple(snapshots),
            page.objects[0]["created"] if page.objects else 0,
            last["id"] if last else None,
            last["created"] if last else 0,
            page.has_more and last is not None,
        )

    def intent(self, intent_id: str) -> StripeObject | None:
        """Return the present snapshot of a PaymentIntent, or None if there is no such thing."""
        began = self._versions.begin()
        intent = self._reader.retrieve_object(
            "/v1/payment_intents", intent_id, INTENT_EXPANSIONS, "payment_intent"
        )
        if intent is None:
            _warn_of_missing(intent_id)
            return None
        sessions = list(
            self._reader.all_objects(
                "/v1/checkout/sessions",
                {"payment_intent": intent_id, "expand": _in_list(SESSION_EXPANSIONS)},
                "checkout.session",
            )
        )
        invoices = self._invoices_of_intent(intent_id)
        for invoice in invoices:
            sessions += self._sessions_of_subscription(invoice)
        return self._intent_snapshot(intent, sessions, invoices, began)

    def charge(self, charge_id: str) -> StripeObject | None:
        """Return the present snapshot of the payment that a Charge belongs to, or None."""
        began = self._versions.begin()
        charge = self._reader.retrieve_object("/v1/charges", charge_id, CHARGE_EXPANSIONS, "charge")
        if charge is None:
            _warn_of_missing(charge_id)
            return None
        intent_id = id_of(charge.get("payment_intent"))
        if intent_id is not None:
            return self.intent(intent_id)
        made = charge["created"]
        side = SideLists(Window(made, made + 1), self._reader, self._versions, with_sessions=False)
        side.read_down_to(made)
        return self._charge_snapshot(charge, side.invoices_of(charge_id), began)

    def invoice(self, invoice_id: str) -> StripeObject | None:
        """Return an invoice's snapshot if it was settled without a payment, else None."""
        began = self._versions.begin()
        invoice = self._reader.retrieve_object(
            "/v1/invoices", invoice_id, INVOICE_EXPANSIONS, "invoice"
        )
        if invoice is None or not is_settled_without_payment(invoice):
            return None
        return self._invoice_snapshot(invoice, began)

    def payments_of_invoice(self, invoice_id: str) -> tuple[set[str], set[str]]:
        """Return the ids of the PaymentIntents and of the Charges that pay an invoice."""
        intents, charges = set(), set()
        for one in self._reader.all_objects(
            "/v1/invoice_payments", {"invoice": invoice_id}, "invoice_payment"
        ):
            payment = one.get("payment") or {}
            intent_id, charge_id = (
                id_of(payment.get("payment_intent")),
                id_of(payment.get("charge")),
            )
            if intent_id is not None:
                intents.add(intent_id)
            elif charge_id is not None:
                charges.add(charge_id)
        return intents, charges

    def _intent_snapshots(
        self,
        page: ObjectPage,
        side: SideLists,
        window: Window,
        began: int,
        wanted: frozenset[str] | None,
    ) -> list[StripeObject]:
        ends_here = not page.has_more or not page.objects
        if page.objects:
            newest, oldest = page.objects[0]["created"], page.objects[-1]["created"]
        else:
            newest = oldest = window.start
        side.read_down_to(window.start if ends_here else oldest)
        version = side.version(began, newest)
        snapshots = []
        for intent in page.objects:
            invoices = side.invoices_of(intent["id"])
            if wanted is not None and intent["id"] not in wanted:
                continue
            sessions = side.sessions_of(intent["id"], invoices)
            snapshots.append(self._intent_snapshot(intent, sessions, invoices, version))
        stray = side.forget_down_to(-2 * SLACK if ends_here else oldest, window)
        if wanted is None:
            snapshots += filter(None, map(self.intent, stray))
        return snapshots

    def _charge_snapshots(
        self, charges: list[StripeObject], side: SideLists, began: int
    ) -> list[StripeObject]:
        if not charges:
            return []
        side.read_down_to(charges[-1]["created"])
        version = side.version(began, charges[0]["created"])
        return [
            self._charge_snapshot(charge, side.invoices_of(charge["id"]), version)
            for charge in charges
        ]

    def _intent_snapshot(
        self,
        intent: StripeObject,
        sessions: list[StripeObject],
        invoices: list[StripeObject],
        version: int,
    ) -> StripeObject:
        charge = intent.get("latest_charge")
        return snapshot_of_intent(
            intent,
            refunds=self._refunds(charge),
            disputes=self._disputes({"payment_intent": intent["id"]}, charge),
            sessions=sessions,
            invoices=invoices,
            version=version,
            account_id=self._account_id,
        )

    def _charge_snapshot(
        self, charge: StripeObject, invoices: list[StripeObject], version: int
    ) -> StripeObject:
        return snapshot_of_charge(
            charge,
            refunds=self._refunds(charge),
            disputes=self._disputes({"charge": charge["id"]}, charge),
            invoices=invoices,
            version=version,
            account_id=self._account_id,
        )

    def _invoice_snapshot(self, invoice: StripeObject, version: int) -> StripeObject:
        return snapshot_of_invoice(invoice, version=version, account_id=self._account_id)

    def _refunds(self, charge: object) -> list[StripeObject]:
        nested = charge.get("refunds") if isinstance(charge, dict) else None
        return self._reader.completed(nested) if isinstance(nested, dict) else []

    def _disputes(self, of: dict[str, str], charge: object) -> list[StripeObject]:
        if not is_disputed(charge):
            return []
        return list(self._reader.all_objects("/v1/disputes", of, "dispute"))

    def _invoices_of_intent(self, intent_id: str) -> list[StripeObject]:
        found = self._reader.all_objects(
            "/v1/invoice_payments",
            {
                "payment": {"type": "payment_intent", "payment_intent": intent_id},
                "expand": _in_list(INVOICE_PAYMENT_EXPANSIONS),
            },
            "invoice_payment",
        )
        invoices = {
            one["invoice"]["id"]: one["invoice"]
            for one in found
            if isinstance(one.get("invoice"), dict) and one.get("status") != "canceled"
        }
        return list(invoices.values())

    def _sessions_of_subscription(self, invoice: StripeObject) -> Iterator[StripeObject]:
        """Yield the session that began a subscription, if this is its first invoice."""
        details = (invoice.get("parent") or {}).get("subscription_details") or {}
        subscription = id_of(details.get("subscription"))
        if subscription is None or invoice.get("billing_reason") != "subscription_create":
            return
        for session in self._reader.all_objects(
            "/v1/checkout/sessions",
            {"subscription": subscription, "expand": _in_list(SESSION_EXPANSIONS)},
            "checkout.session",
        ):
            if id_of(session.get("invoice")) == invoice["id"]:
                yield session


def _warn_of_missing(object_id: str) -> None:
    """Neither PaymentIntents nor Charges can be deleted; an account's test data can, as a whole."""
    logger.warning("payments: an event tells of %s, but Stripe has no such object", object_id)


def _in_list(expansions: tuple[str, ...]) -> list[str]:
    return [f"data.{name}" for name in expansions]
