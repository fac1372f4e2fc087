"""What an explanation says. Amounts are minor units of the currency beside them."""

from dataclasses import dataclass
from datetime import datetime

from monstock_stripe_core.link import Allocation, LinkState
from monstock_stripe_core.order import OrderPaymentRow
from monstock_stripe_core.order_status_table import StatusRow
from monstock_stripe_core.order_totals import Totals
from monstock_stripe_core.payment import LinkRule, Payment
from monstock_stripe_core.scope import ScopeVerdict
from target_common.ledger.decisions import Decided
from target_common.ledger.exceptions import OpenException

from target_monstock.ledger.history import Written


@dataclass(frozen=True, slots=True)
class ExplainedPayment:
    """A payment as the ledger has it, and where it was put.

    Attributes:
        payment: the whole payment, as it counts now.
        state: of its link; None while nobody has looked for its order.
        looks_again: whether its link is to be resolved again in the next run.
        since: when it got the orders that it has.
    """

    payment: Payment
    verdict: ScopeVerdict
    state: LinkState | None
    rule: LinkRule | None
    allocations: tuple[Allocation, ...]
    looks_again: bool
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Part:
    """What an order has of a payment.

    Attributes:
        whole: the payment.
        share: with the amounts of this order's part.
        counts: False where its currency is not the order's: it adds nothing up.
        held: whether its row waits, since a hand-made one seems to be the same.
        adopted: id of the hand-made row that is this very payment.
    """

    whole: ExplainedPayment
    share: Payment
    rule: LinkRule
    counts: bool
    held: bool = False
    adopted: str | None = None


@dataclass(frozen=True, slots=True)
class ExplainedOrder:
    """An order, and why its payment status is what it is.

    Attributes:
        source: `monstock` where it was read a moment ago, `ledger` where it is as last derived.
        derived_at: when the ledger derived it last.
        shown: the payment status that Monstock shows; None where it was not asked, or has none.
        status: the payment status as it is derived; None where nothing was.
        row: the row of the table of statuses that decides; None where that is not known.
        by_hand: the hand-made rows that count.
        to_write: what the next run will write, in words.
        again: why it will be derived again in the next run; None where it will not.
    """

    order_id: str
    number: str | None
    kind: str | None
    state: str | None
    currency: str | None
    total: int | None
    source: str
    derived_at: datetime | None
    shown: str | None
    status: str | None
    row: StatusRow | None
    totals: Totals
    due: int | None
    parts: tuple[Part, ...]
    by_hand: tuple[OrderPaymentRow, ...]
    to_write: tuple[str, ...]
    again: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to a question about an order or a payment.

    Attributes:
        asked: as it was asked.
        note: why Monstock was not asked, where it was not.
        payments: those that were asked about.
        orders: those that were asked about, or that have a part of such a payment.
        written: oldest first.
    """

    asked: str
    note: str | None
    payments: tuple[ExplainedPayment, ...]
    orders: tuple[ExplainedOrder, ...]
    exceptions: tuple[OpenException, ...]
    decisions: tuple[Decided, ...]
    written: tuple[Written, ...]
