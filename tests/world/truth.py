"""What the world knows of its own trade; shares no code with the connector.

Amounts are euro cents.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from monstock_stripe_sandbox.truth import HandMadeTruth, OrderTruth, RowTruth


@dataclass(slots=True, eq=False)
class Paid:
    """A payment at Stripe.

    Attributes:
        reference: its PaymentIntent.
        order: the order that it pays, by what it says of itself or by a person's word.
        state: untried, failed, processing, held, succeeded or canceled.
        edited: the note that staff wrote into its metadata, if they did.
        description: as staff wrote it, if they did.
        asked: whether it pays an invoice or a link, which names the order beside it.
    """

    reference: str
    amount: int
    order: Ordered | None = None
    state: str = "untried"
    refunded: int = 0
    dispute: str | None = None
    disputed: int = 0
    lost: int = 0
    edited: str | None = None
    description: str | None = None
    asked: bool = False

    @property
    def captured(self) -> int:
        return self.amount if self.state == "succeeded" else 0

    def row(self) -> RowTruth | None:
        """Return the row that its order must have."""
        if self.state == "untried":
            return None
        status = {"held": "authorized", "processing": "pending"}.get(self.state, self.state)
        return RowTruth(
            self.reference,
            self.captured,
            refunded=self.refunded,
            disputed=self.disputed,
            dispute_lost=self.lost,
            status=status,
            authorized=self.amount if self.state == "held" else 0,
        )


@dataclass(slots=True, eq=False)
class Ordered:
    """An order in Monstock.

    Attributes:
        cash: what staff recorded by hand, by the row's id.
        reference: the sales channel's number that staff wrote.
    """

    id: str
    number: str
    total: int
    state: str = "validated"
    cash: dict[str, int] = field(default_factory=dict)
    reference: str | None = None
    payments: list[Paid] = field(default_factory=list)

    @property
    def net(self) -> int:
        kept = sum(one.captured - one.refunded - one.lost for one in self.payments)
        return kept + sum(self.cash.values())

    @property
    def payment_status(self) -> str:
        """Return the word that logistics must read."""
        captured = sum(one.captured for one in self.payments) + sum(self.cash.values())
        went_back = sum(one.refunded + one.lost for one in self.payments)
        held = sum(one.amount for one in self.payments if one.state == "held")
        states = {one.state for one in self.payments}
        table = (
            ("disputed", any(one.disputed for one in self.payments)),
            ("refunded", captured > 0 and self.net <= 0),
            ("overpaid", self.net > self.total),
            ("paid", self.net == self.total > 0),
            ("partially_refunded", went_back > 0 and self.net < self.total),
            ("partially_paid", 0 < self.net < self.total),
            ("authorized", 0 < self.total <= held),
            ("pending", "processing" in states),
            ("failed", "failed" in states),
        )
        return next((word for word, holds in table if holds), "unpaid")

    def truth(self) -> OrderTruth:
        """Return how it must stand in Monstock."""
        return OrderTruth(
            self.id,
            "world",
            self.payment_status,
            tuple(row for one in self.payments if (row := one.row()) is not None),
            self.total - self.net,
            self.state,
            tuple(HandMadeTruth(row_id, amount) for row_id, amount in self.cash.items()),
        )
