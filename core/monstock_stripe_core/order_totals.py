"""What an order's payments come to, in minor units of the order's currency."""

from collections.abc import Sequence
from dataclasses import dataclass

from monstock_stripe_core.hand_made import HandMade
from monstock_stripe_core.payment import Payment, PaymentStatus


@dataclass(frozen=True, slots=True)
class Totals:
    """What an order's payments in its own currency come to."""

    captured: int = 0
    refunded: int = 0
    dispute_lost: int = 0
    authorized: int = 0
    disputed: bool = False
    pending: bool = False
    failed: bool = False

    @property
    def net(self) -> int:
        """Captured less refunded less lost disputes."""
        return self.captured - self.refunded - self.dispute_lost


def totals_of(currency: str, payments: Sequence[Payment], hand_made: HandMade) -> Totals:
    """Add up an order's payments and its hand-made rows.

    Money in another currency than the order's never adds up, but an open dispute on it counts.

    Args:
        currency: the order's.
        payments: the order's parts of them, as they count now.
        hand_made: what staff recorded.
    """
    same = [payment for payment in payments if payment.currency == currency]
    statuses = {payment.status for payment in same}
    return Totals(
        captured=sum(p.captured for p in same) + hand_made.received,
        refunded=sum(p.refunded for p in same) + hand_made.given_back,
        dispute_lost=sum(p.dispute_lost for p in same),
        authorized=sum(p.authorized for p in same),
        disputed=any(payment.disputed > 0 or payment.dispute_open for payment in payments),
        pending=PaymentStatus.PENDING in statuses,
        failed=PaymentStatus.FAILED in statuses,
    )
