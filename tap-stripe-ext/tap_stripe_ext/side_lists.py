"""What is listed beside a window of payments: their Checkout Sessions and invoice payments.

Neither PaymentIntent nor Charge names its session or (since API version 2025-03-31) its invoice,
and asking for each would be a request per payment. Both lists are read newest first in step with
the payments, so that no more is held than what one page may need.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from tap_stripe_ext.payment_snapshot import StripeObject, id_of
from tap_stripe_ext.reader import Reader, list_params
from tap_stripe_ext.versions import VersionClock
from tap_stripe_ext.windows import Window

# A Checkout Session lives 24 hours at most (Stripe API reference, 'Create a Checkout Session',
# `expires_at`), and makes its PaymentIntent in that time.
SESSION_LIFETIME = 24 * 3600
# Objects that are made together may carry neighbouring seconds.
SLACK = 3600

SESSION_EXPANSIONS = ("payment_link", "line_items")
INVOICE_PAYMENT_EXPANSIONS = ("invoice", "invoice.amount_paid_off_stripe")


@dataclass(slots=True)
class _Descending:
    """A list that is read newest first, only as far down as needed."""

    path: str
    object_name: str
    expansions: tuple[str, ...]
    window: Window | None
    # (oldest `created` on the page, version at which its reading began)
    pages: deque[tuple[int, int]] = field(default_factory=deque)

    def read_down_to(
        self, created: int, reader: Reader, versions: VersionClock
    ) -> list[StripeObject]:
        """Return the objects that come next, down to the first one made before `created`."""
        found: list[StripeObject] = []
        while self.window is not None and (
            self.window.reached is None or self.window.reached >= created
        ):
            version = versions.begin()
            page = reader.objects(
                self.path, list_params(self.window, self.expansions), self.object_name
            )
            found += page.objects
            if page.objects:
                last = page.objects[-1]
                self.pages.append((last["created"], version))
                self.window = self.window.after(last["id"], last["created"])
            if not page.has_more or not page.objects:
                self.pages.append((0, version))
                self.window = None
        return found

    def oldest_version(self, newest_needed: int) -> int | None:
        """Return when the oldest of the pages that still matter was read; forget the others."""
        while len(self.pages) > 1 and self.pages[0][0] > newest_needed:
            self.pages.popleft()
        return min((version for _, version in self.pages), default=None)


class SideLists:
    """The sessions and invoice payments for one window of payments.

    Args:
        window: the payments' window.
        reader: what to read with.
        versions: tells when each list was read.
        with_sessions: False where only charges without PaymentIntent are read: they have none.
    """

    def __init__(
        self, window: Window, reader: Reader, versions: VersionClock, *, with_sessions: bool
    ) -> None:
        self._reader = reader
        self._versions = versions
        top = window.reached + 1 if window.reached is not None else window.end
        self._sessions = _Descending(
            "/v1/checkout/sessions",
            "checkout.session",
            SESSION_EXPANSIONS,
            Window(
                max(window.start - SESSION_LIFETIME - SLACK, 0),
                None if top is None else top + SLACK,
            )
            if with_sessions
            else None,
        )
        self._invoice_payments = _Descending(
            "/v1/invoice_payments",
            "invoice_payment",
            INVOICE_PAYMENT_EXPANSIONS,
            Window(max(window.start - SLACK, 0), None if top is None else top + SLACK),
        )
        self._sessions_by_owner: dict[str, list[StripeObject]] = {}
        self._invoices_by_payment: dict[str, list[StripeObject]] = {}
        self._unclaimed: dict[str, int] = {}

    def read_down_to(self, created: int) -> None:
        """Read all that a payment made at `created` or later may need."""
        for session in self._sessions.read_down_to(
            created - SESSION_LIFETIME - SLACK, self._reader, self._versions
        ):
            for owner in (id_of(session.get("payment_intent")), id_of(session.get("invoice"))):
                if owner is not None:
                    self._sessions_by_owner.setdefault(owner, []).append(session)
        for invoice_payment in self._invoice_payments.read_down_to(
            created - SLACK, self._reader, self._versions
        ):
            self._keep_invoice_payment(invoice_payment)

    def invoices_of(self, payment_id: str) -> list[StripeObject]:
        """Return the invoices that the PaymentIntent or Charge pays."""
        self._unclaimed.pop(payment_id, None)
        return self._invoices_by_payment.pop(payment_id, [])

    def sessions_of(self, intent_id: str, invoices: list[StripeObject]) -> list[StripeObject]:
        """Return the Checkout Sessions that led to the PaymentIntent or to its invoices."""
        sessions: dict[str, StripeObject] = {}
        for owner in (intent_id, *(invoice["id"] for invoice in invoices)):
            for session in self._sessions_by_owner.get(owner, ()):
                sessions[session["id"]] = session
        return list(sessions.values())

    def version(self, began: int, newest: int) -> int:
        """Return when the reading of a page of payments began, its side lists included.

        Args:
            began: the version at which the page itself was asked for.
            newest: the newest `created` on it.
        """
        needed = newest + SLACK
        versions = (
            began,
            self._sessions.oldest_version(needed),
            self._invoice_payments.oldest_version(needed),
        )
        return min(version for version in versions if version is not None)

    def forget_down_to(self, created: int, window: Window) -> list[str]:
        """Drop what no payment made before `created` can need.

        Args:
            created: the oldest payment so far.
            window: the payments' window as it is now: it may have been cut since it was begun.

        Returns:
            PaymentIntents of this window's invoice payments that were not among the payments:
            they were made at quite another time, and have to be read by themselves.
        """
        for owner, sessions in list(self._sessions_by_owner.items()):
            if all(session["created"] > created + SLACK for session in sessions):
                del self._sessions_by_owner[owner]
        passed = [
            payment_id for payment_id, made in self._unclaimed.items() if made > created + SLACK
        ]
        stray = []
        for payment_id in passed:
            made = self._unclaimed.pop(payment_id)
            self._invoices_by_payment.pop(payment_id, None)
            if window.start <= made and (window.end is None or made < window.end):
                stray.append(payment_id)
        return stray

    def _keep_invoice_payment(self, invoice_payment: StripeObject) -> None:
        payment = invoice_payment.get("payment") or {}
        intent_id, charge_id = id_of(payment.get("payment_intent")), id_of(payment.get("charge"))
        payment_id = intent_id or charge_id
        invoice = invoice_payment.get("invoice")
        if (
            payment_id is None
            or not isinstance(invoice, dict)
            or invoice_payment.get("status") == "canceled"
        ):
            return
        known = self._invoices_by_payment.setdefault(payment_id, [])
        if all(one["id"] != invoice["id"] for one in known):
            known.append(invoice)
        if intent_id is not None:
            self._unclaimed[intent_id] = invoice_payment["created"]
