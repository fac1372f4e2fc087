"""The table of an order's payment status: its rows are tried from the top, the first that holds
decides. Each row says of itself, in a sentence, why it does."""

from collections.abc import Callable
from dataclasses import dataclass

from monstock_stripe_core.order import Order, OrderPaymentStatus, OrderState
from monstock_stripe_core.order_totals import Totals


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """What the rows look at. Amounts are minor units of the order's currency.

    Attributes:
        total: of the order.
        totals: what its payments come to.
        tolerance: within which sums count as equal; it never makes money of nothing.
        free: whether it is a validated order of 0, and a setting lets such be paid by nothing.
    """

    total: int
    totals: Totals
    tolerance: int
    free: bool

    @property
    def equal(self) -> bool:
        """Whether what is kept is the total."""
        return abs(self.totals.net - self.total) <= self.tolerance

    @property
    def went_back(self) -> bool:
        """Whether any money was given or taken back."""
        return self.totals.refunded + self.totals.dispute_lost > 0

    @property
    def covered(self) -> bool:
        """Whether what is reserved would do."""
        authorized = self.totals.authorized
        return authorized > 0 and authorized + self.tolerance >= self.total


@dataclass(frozen=True, slots=True)
class StatusRow:
    """A row of the table.

    Attributes:
        name: of the row; no other one has it.
        status: what it makes of the order.
        because: why, in a sentence for a person.
        holds: whether it does.
    """

    name: str
    status: OrderPaymentStatus
    because: str
    holds: Callable[[StatusFacts], bool]


STATUS_TABLE = (
    StatusRow(
        "dispute_open",
        OrderPaymentStatus.DISPUTED,
        "A dispute on one of its payments is open.",
        lambda facts: facts.totals.disputed,
    ),
    StatusRow(
        "nothing_left",
        OrderPaymentStatus.REFUNDED,
        "Money came, and nothing of it is left after refunds and lost disputes.",
        lambda facts: facts.totals.captured > 0 and facts.totals.net <= 0,
    ),
    StatusRow(
        "more_than_total",
        OrderPaymentStatus.OVERPAID,
        "What is kept is more than the total.",
        lambda facts: facts.totals.net > facts.total and not facts.equal,
    ),
    StatusRow(
        "total_reached",
        OrderPaymentStatus.PAID,
        "What is kept is the total.",
        lambda facts: facts.totals.captured > 0 and facts.equal and facts.total > 0,
    ),
    StatusRow(
        "part_went_back",
        OrderPaymentStatus.PARTIALLY_REFUNDED,
        "Something was given or taken back, and less than the total is kept.",
        lambda facts: facts.went_back and facts.totals.net < facts.total,
    ),
    StatusRow(
        "part_came",
        OrderPaymentStatus.PARTIALLY_PAID,
        "Something came, and it is less than the total.",
        lambda facts: 0 < facts.totals.net < facts.total,
    ),
    StatusRow(
        "total_reserved",
        OrderPaymentStatus.AUTHORIZED,
        "What is reserved and can be captured covers the total.",
        lambda facts: facts.total > 0 and facts.covered,
    ),
    StatusRow(
        "on_its_way",
        OrderPaymentStatus.PENDING,
        "A payment is on its way.",
        lambda facts: facts.totals.pending,
    ),
    StatusRow(
        "declined",
        OrderPaymentStatus.FAILED,
        "A payment failed, and none does better.",
        lambda facts: facts.totals.failed,
    ),
    StatusRow(
        "costs_nothing",
        OrderPaymentStatus.PAID,
        "The order is validated and costs nothing, which a setting takes for paid.",
        lambda facts: facts.free,
    ),
    StatusRow(
        "nothing_came",
        OrderPaymentStatus.UNPAID,
        "Nothing came, and nothing is on its way.",
        lambda facts: True,  # noqa: ARG005 - the row that always holds
    ),
)
"""The rows, from the top. The last one always holds."""


def deciding_row(
    order: Order, totals: Totals, tolerance: int, *, zero_total_is_paid: bool
) -> StatusRow:
    """Return the row that decides an order's payment status.

    Args:
        order: with its total and state.
        totals: what its payments come to.
        tolerance: minor units within which sums count as equal.
        zero_total_is_paid: whether a validated order of 0 needs no money to be paid.
    """
    validated = order.state in (OrderState.VALIDATED, OrderState.SHIPPED)
    free = zero_total_is_paid and order.total == 0 and validated
    facts = StatusFacts(order.total, totals, tolerance, free)
    return next(row for row in STATUS_TABLE if row.holds(facts))


def row_named(name: str) -> StatusRow:
    """Return the row of a name.

    Raises:
        KeyError: the table has none by it.
    """
    return _BY_NAME[name]


_BY_NAME = {row.name: row for row in STATUS_TABLE}
