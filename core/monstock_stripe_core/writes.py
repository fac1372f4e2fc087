"""What can be written on an order in Monstock."""

from dataclasses import dataclass
from typing import TypeAlias

from monstock_stripe_core.order import OrderPaymentRow, OrderPaymentStatus


@dataclass(frozen=True, slots=True)
class PutPayment:
    """Create or replace our row on the order.

    Attributes:
        restores: whether a hand had changed it.
        row_id: the one to replace, where several show the payment.
    """

    row: OrderPaymentRow
    restores: bool = False
    row_id: str | None = None


@dataclass(frozen=True, slots=True)
class AdoptPayment:
    """Make a hand-made row, which carries this payment's id, our row."""

    row_id: str
    row: OrderPaymentRow


@dataclass(frozen=True, slots=True)
class DeletePayment:
    """Take away a row of ours.

    Attributes:
        surplus: whether the payment's own row stays, and this is that row once more; else the
            payment no longer belongs to the order.
    """

    row_id: str
    transaction_reference: str
    surplus: bool = False


@dataclass(frozen=True, slots=True)
class PatchOrder:
    """Set what differs on the order itself; None leaves a field alone.

    Attributes:
        payment_url: an empty text takes the address away.
        restores: whether a hand had changed the payment status.
        restores_url: whether a hand had taken the address away.
    """

    payment_status: OrderPaymentStatus | None = None
    amount_due: int | None = None
    state: str | None = None
    restores: bool = False
    payment_url: str | None = None
    restores_url: bool = False


Write: TypeAlias = PutPayment | AdoptPayment | DeletePayment | PatchOrder
