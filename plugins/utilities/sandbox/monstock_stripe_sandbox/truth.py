"""What must be true in Monstock at the end: the outcome that a world's maker knows beforehand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RowTruth:
    """One payment row that an order must have; amounts in ISO minor units.

    `transaction_reference` is the PaymentIntent's id (or the Charge's, or the Invoice's).
    """

    transaction_reference: str
    amount: int
    refunded: int = 0
    disputed: int = 0
    dispute_lost: int = 0
    status: str = "succeeded"


@dataclass(frozen=True, slots=True)
class OrderTruth:
    """One order's right end: the payment status, and exactly these rows of Stripe payments."""

    order_id: str
    label: str
    payment_status: str
    rows: tuple[RowTruth, ...] = ()
