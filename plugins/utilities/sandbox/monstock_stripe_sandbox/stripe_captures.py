"""Operations on held money: capturing it, releasing it, and letting the hold run out."""

from __future__ import annotations

from monstock_stripe_sandbox import stripe_shapes as shapes
from monstock_stripe_sandbox.stripe_books import StripeWorldError, operation
from monstock_stripe_sandbox.stripe_methods import most_capturable
from monstock_stripe_sandbox.stripe_payments import PaymentOperations

_OPEN = (
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "requires_capture",
    "processing",
)


class CaptureOperations(PaymentOperations):
    """What ends an authorisation, one way or the other."""

    @operation
    def capture(
        self,
        pi: str,
        amount: int | None = None,
        final: bool = True,
        *,
        fee: int | None = None,
        refund_row: bool = True,
    ) -> str:
        """Capture held money; return the balance transaction's id.

        A final capture of a part releases the rest. Stripe counts what it released in the
        Charge's `amount_refunded`, mostly with a Refund that has no balance transaction
        (`refund_row`): it looks like a refund, and no money went back.

        Args:
            amount: all that is held by default; up to 20 % more are allowed (overcapture).
            final: False leaves the rest capturable (multicapture).
        """
        intent = self._in_state(pi, "requires_capture")
        charge = str(intent["latest_charge"])
        held = self.get("charge", charge)
        left = int(intent["amount_capturable"])
        taken = left if amount is None else amount
        captured = int(held["amount_captured"]) + taken
        if taken <= 0 or captured > most_capturable(int(held["amount"])):
            raise StripeWorldError(f"{pi}: {taken} cannot be captured, {left} is held")
        booked = self.move_money(taken, held["currency"], charge, "charge", "charge", fee)
        self.alter(
            "charge",
            charge,
            amount_captured=captured,
            captured=True,
            balance_transaction=booked,
        )
        if not final and taken < left:
            self.alter(
                "payment_intent", pi, amount_capturable=left - taken, amount_received=captured
            )
            self.emit("charge.captured", "charge", charge)
            self.emit("payment_intent.amount_capturable_updated", "payment_intent", pi)
            return booked
        if taken < left:
            self._release(charge, left - taken, refund_row)
        self.emit("charge.captured", "charge", charge)
        self._intent_succeeded(pi, charge)
        return booked

    @operation
    def cancel(self, pi: str, reason: str | None = None) -> None:
        """Cancel a payment; what is held is released, what was captured before stays."""
        intent = self._in_state(pi, *_OPEN)
        held = int(intent["amount_capturable"])
        charge = intent["latest_charge"]
        if intent["status"] == "processing":
            raise StripeWorldError(f"{pi} is processing and cannot be canceled")
        self.alter(
            "payment_intent",
            pi,
            status="canceled",
            canceled_at=self.now(),
            cancellation_reason=reason,
            amount_capturable=0,
            next_action=None,
        )
        if held and charge is not None:
            self._release(charge, held, refund_row=True)
            self.emit("charge.refunded", "charge", charge)
        self.emit("payment_intent.canceled", "payment_intent", pi)

    @operation
    def expire_authorization(self, pi: str) -> None:
        """Let a hold run out, as it does by itself when `capture_before` has passed."""
        intent = self._in_state(pi, "requires_capture")
        charge = str(intent["latest_charge"])
        self._release(charge, int(intent["amount_capturable"]), refund_row=True, expired=True)
        self.alter(
            "payment_intent",
            pi,
            status="canceled",
            canceled_at=self.now(),
            cancellation_reason="automatic",
            amount_capturable=0,
        )
        self.emit("charge.expired", "charge", charge)
        self.emit("payment_intent.canceled", "payment_intent", pi)

    def _release(
        self, charge: str, amount: int, refund_row: bool, *, expired: bool = False
    ) -> None:
        held = self.get("charge", charge)
        refunded = int(held["amount_refunded"]) + amount
        self.alter("charge", charge, amount_refunded=refunded, refunded=refunded == held["amount"])
        if refund_row:
            row = shapes.refund(self.ids.make("re"), self.now(), amount, held)
            row["destination_details"] = {"type": "card", "card": {"type": "reversal"}}
            row["reason"] = "expired_uncaptured_charge" if expired else None
            self.add("refund", row)
