"""Operations that take money back: refunds and disputes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monstock_stripe_sandbox import stripe_shapes as shapes
from monstock_stripe_sandbox.stripe_books import DAY, StripeWorldError, operation
from monstock_stripe_sandbox.stripe_captures import CaptureOperations
from monstock_stripe_sandbox.stripe_methods import refund_destination
from monstock_stripe_sandbox.stripe_store import Value

DISPUTE_FEE = 2000
"""Euro cents that Stripe takes for a dispute."""

OPEN_DISPUTES = ("needs_response", "under_review")
_INQUIRIES = ("warning_needs_response", "warning_under_review", "warning_closed")
_CLOSED = ("won", "lost", "warning_closed", "prevented")


class ReversalOperations(CaptureOperations):
    """Refunds with their failures, disputes with their ends."""

    @operation
    def refund(
        self,
        payment: str,
        amount: int | None = None,
        status: str = "succeeded",
        *,
        reason: str | None = None,
        pending_reason: str = "processing",
        metadata: Mapping[str, str] | None = None,
    ) -> str:
        """Give money back; return the Refund's id.

        Args:
            payment: a PaymentIntent's or a Charge's id.
            amount: all that is left by default.
            status: `succeeded`, `pending` or `requires_action`; `failed` fails at once.
            pending_reason: of a pending one; `insufficient_funds` moves no money yet.
        """
        if status == "failed":
            failing = self.refund(payment, amount, "pending", reason=reason, metadata=metadata)
            self.fail_refund(failing)
            return failing
        charge = self.charge_of(payment)
        paid = self.get("charge", charge)
        left = max(int(paid["amount"]), int(paid["amount_captured"]))
        left -= int(paid["amount_refunded"])
        given = left if amount is None else amount
        if paid["status"] != "succeeded" or not paid["captured"]:
            raise StripeWorldError(f"{charge} holds no captured money to refund")
        if not 0 < given <= left:
            raise StripeWorldError(f"{charge}: {given} cannot be refunded, {left} is left")
        method = str(paid["payment_method_details"]["type"])
        prefix = "re" if charge.startswith("ch_") else "pyr"
        row = shapes.refund(self.ids.make(prefix), self.now(), given, paid)
        row.update(status=status, reason=reason, metadata=dict(metadata or {}))
        row["destination_details"] = refund_destination(method, status != "succeeded")
        moves = status == "succeeded"
        if status == "pending":
            row["pending_reason"] = pending_reason
            moves = pending_reason == "processing"
        if status == "requires_action":
            row["instructions_email"] = paid["receipt_email"] or "customer@example.com"
            row["next_action"] = {
                "type": "display_details",
                "display_details": {
                    "email_sent": {
                        "email_sent_at": self.now(),
                        "email_sent_to": row["instructions_email"],
                    },
                    "expires_at": self.now() + 90 * DAY,
                },
            }
        identifier = self.add("refund", row)
        if moves:
            self._move_refund(identifier)
        refunded = int(paid["amount_refunded"]) + given
        previous = self.alter(
            "charge", charge, amount_refunded=refunded, refunded=refunded >= paid["amount"]
        )
        self.emit("refund.created", "refund", identifier)
        self.emit("charge.refunded", "charge", charge, previous)
        return identifier

    @operation
    def settle_refund(self, refund: str) -> None:
        """Let a pending refund arrive."""
        self._refund_in(refund, "pending", "requires_action")
        self._move_refund(refund)
        self._refund_became(refund, status="succeeded", pending_reason=None, next_action=None)

    @operation
    def fail_refund(self, refund: str, reason: str = "expired_or_canceled_card") -> None:
        """Let a refund come back, also one that had succeeded: the money is ours again."""
        row = self._refund_in(refund, "pending", "requires_action", "succeeded")
        fields: dict[str, Any] = {"status": "failed", "failure_reason": reason}
        if row["balance_transaction"] is not None:
            fields["failure_balance_transaction"] = self.move_money(
                row["amount"], row["currency"], refund, "refund_failure", "refund_failure", 0
            )
        self._give_back(row)
        self._refund_became(refund, **fields)
        self.emit("refund.failed", "refund", refund)

    @operation
    def cancel_refund(self, refund: str) -> None:
        """Cancel a refund for which the customer had to do something."""
        row = self._refund_in(refund, "requires_action")
        self._give_back(row)
        self._refund_became(refund, status="canceled", next_action=None)

    @operation
    def dispute(
        self,
        payment: str,
        amount: int | None = None,
        status: str = "needs_response",
        reason: str = "fraudulent",
    ) -> str:
        """Let the customer's bank take money back; return the Dispute's id.

        Args:
            payment: a PaymentIntent's or a Charge's id.
            amount: the Charge's by default; exchange rates may make it differ.
            status: one that begins with `warning_` moves no money.
        """
        charge = self.charge_of(payment)
        paid = self.get("charge", charge)
        if paid["status"] != "succeeded" or not paid["captured"]:
            raise StripeWorldError(f"{charge} holds no captured money to dispute")
        taken = int(paid["amount_captured"]) if amount is None else amount
        made = shapes.dispute(self.ids.make("dp"), self.now(), taken, paid, self.now() + 9 * DAY)
        made.update(status=status, reason=reason)
        inquiry = status in _INQUIRIES
        if inquiry:
            made["is_charge_refundable"] = True
            if made["payment_method_details"] and "card" in made["payment_method_details"]:
                made["payment_method_details"]["card"]["case_type"] = "inquiry"
        identifier = self.add("dispute", made)
        self.alter("charge", charge, disputed=True)
        if not inquiry:
            self._move_disputed(identifier, -taken, DISPUTE_FEE)
        self.emit("charge.dispute.created", "dispute", identifier)
        if not inquiry:
            self.emit("charge.dispute.funds_withdrawn", "dispute", identifier)
        return identifier

    @operation
    def update_dispute(self, dispute: str, status: str) -> None:
        """Let an open dispute reach another open status (`under_review`)."""
        self._dispute_open(dispute)
        evidence = {**self.get("dispute", dispute)["evidence_details"], "has_evidence": True}
        previous = self.alter("dispute", dispute, status=status, evidence_details=evidence)
        self.emit("charge.dispute.updated", "dispute", dispute, previous)

    @operation
    def close_dispute(self, dispute: str, status: str) -> None:
        """End a dispute: `won`, `lost`, `warning_closed` or `prevented`."""
        if status not in _CLOSED:
            raise StripeWorldError(f"a dispute ends as {', '.join(_CLOSED)}, not {status!r}")
        made = self._dispute_open(dispute)
        self.alter("dispute", dispute, status=status)
        returned = status != "lost" and bool(made["balance_transactions"])
        if returned:
            self._move_disputed(dispute, int(made["amount"]), 0)
        self.emit("charge.dispute.closed", "dispute", dispute)
        if returned:
            self.emit("charge.dispute.funds_reinstated", "dispute", dispute)

    # -- shared --

    def _refund_in(self, refund: str, *states: str) -> Value:
        row = self.get("refund", refund)
        if row["status"] not in states:
            raise StripeWorldError(f"{refund} is {row['status']}; it must be {' or '.join(states)}")
        return row

    def _move_refund(self, refund: str) -> None:
        row = self.get("refund", refund)
        if row["balance_transaction"] is None:
            kind = "refund" if str(row["charge"]).startswith("ch_") else "payment_refund"
            moved = self.move_money(-row["amount"], row["currency"], refund, kind, "refund", 0)
            self.alter("refund", refund, balance_transaction=moved)

    def _refund_became(self, refund: str, **fields: Any) -> None:
        known = self.get("refund", refund)
        changes = {
            name: value for name, value in fields.items() if value is not None or name in known
        }
        previous = self.alter("refund", refund, **changes)
        self.emit("charge.refund.updated", "refund", refund, previous)
        self.emit("refund.updated", "refund", refund, previous)

    def _give_back(self, row: Value) -> None:
        paid = self.get("charge", row["charge"])
        refunded = int(paid["amount_refunded"]) - int(row["amount"])
        self.alter("charge", row["charge"], amount_refunded=refunded, refunded=False)

    def _dispute_open(self, dispute: str) -> Value:
        made = self.get("dispute", dispute)
        if made["status"] in _CLOSED:
            raise StripeWorldError(f"{dispute} is closed already ({made['status']})")
        return made

    def _move_disputed(self, dispute: str, amount: int, fee: int) -> None:
        made = self.get("dispute", dispute)
        category = "dispute" if amount < 0 else "dispute_reversal"
        moved = self.move_money(amount, made["currency"], dispute, "adjustment", category, fee)
        listed = [*made["balance_transactions"], self.get("balance_transaction", moved)]
        self.alter("dispute", dispute, balance_transactions=listed)
