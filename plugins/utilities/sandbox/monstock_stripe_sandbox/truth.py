"""What must be true in Monstock: the outcome that a world's maker knows beforehand.

Whoever writes a world (a scenario, a test, the maker of bulk payments) says in these types what
the connector must bring about. `check.py` compares Monstock with them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RowTruth:
    """One payment row that an order must have; amounts in ISO minor units.

    Attributes:
        transaction_reference: the PaymentIntent's id (or the Charge's, or the Invoice's).
        amount: what was taken; 0 while nothing was.
        authorized: what can still be captured.
        currency: None stands for the order's.
        row_id: Monstock's id of the row, where a hand-made one must have been adopted.
        fee: what Stripe kept, in minor units of its own currency; None where nobody cares.
    """

    transaction_reference: str
    amount: int
    refunded: int = 0
    disputed: int = 0
    dispute_lost: int = 0
    status: str = "succeeded"
    authorized: int = 0
    currency: str | None = None
    row_id: str | None = None
    fee: int | None = None


@dataclass(frozen=True, slots=True)
class HandMadeTruth:
    """A row that staff recorded, which the connector must leave as it is."""

    row_id: str
    amount: int
    method: str = "cash"
    transaction_reference: str | None = None


@dataclass(frozen=True, slots=True)
class OrderTruth:
    """One order's right end: the payment status, and exactly these rows.

    Attributes:
        label: the scenario's name, for people.
        rows: all rows of Stripe payments.
        amount_due: total less net, in minor units; None where nobody cares.
        state: the order's own status, which the connector leaves alone; None as above.
        hand_made: all rows of staff's.
    """

    order_id: str
    label: str
    payment_status: str
    rows: tuple[RowTruth, ...] = ()
    amount_due: int | None = None
    state: str | None = None
    hand_made: tuple[HandMadeTruth, ...] = ()


@dataclass(frozen=True, slots=True)
class ExceptionTruth:
    """An exception that the target must show, about a payment or about an order."""

    kind: str
    transaction_reference: str | None = None
    order_id: str | None = None
    label: str = ""
