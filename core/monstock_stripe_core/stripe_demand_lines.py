"""The lines of an invoice of what is due, with their taxes, in Stripe's units."""

from dataclasses import dataclass
from decimal import Decimal

from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.money import to_decimal_text, to_stripe
from monstock_stripe_core.order_record import OrderRecord, RecordLine

ALREADY_PAID = "Already paid"
_LONGEST_TEXT = 5000
"""Characters of a line's description, as of every text where Stripe's specification of its API
says nothing else."""

_MOST_LINES = 250
"""Of one invoice (API reference, 'Create an invoice item')."""

_RATE_DECIMALS = Decimal("0.0001")
_MOST_PER_CENT = 100
"""What a tax rate may be at Stripe (API reference, `tax_rate_data.percentage`)."""


@dataclass(frozen=True, slots=True)
class DemandLine:
    """A line of an invoice, in Stripe's units of the currency.

    Attributes:
        amount: taxes included.
        tax: the part of `amount` that is tax; 0 where there is none, or it is not known.
        percentage: of the tax; 0 where it is not known, which invoices do not show.
    """

    description: str
    amount: int
    tax: int = 0
    percentage: Decimal = Decimal(0)


def wrong_lines(order: OrderRecord) -> ExceptionFound | None:
    """Why no invoice can be made of the order's lines."""
    currency = order.currency
    if len(order.lines) >= _MOST_LINES:
        return unlike_stripe(
            order,
            f"has {len(order.lines)} lines, an invoice takes {_MOST_LINES - 1} and one of what "
            "was paid",
        )
    if any(len(_text(line)) > _LONGEST_TEXT for line in order.lines):
        return unlike_stripe(order, f"has a line of over {_LONGEST_TEXT} characters")
    for line in order.lines:
        rate = Decimal(line.tax_rate or 0)
        if not 0 <= rate <= _MOST_PER_CENT:
            return unlike_stripe(order, f"has a line with {line.tax_rate} % of tax")
        if line.tax and not 0 < line.tax * (1 if line.total > 0 else -1) <= abs(line.total):
            return _not_adding_up(
                order,
                f"{to_decimal_text(line.tax, currency)} of tax are no part of the "
                f"{to_decimal_text(line.total, currency)} {currency} of a line",
            )
    total = sum(line.total for line in order.lines)
    if order.lines and total != order.total:
        return _not_adding_up(
            order,
            f"its lines come to {to_decimal_text(total, currency)} {currency}, "
            f"its total is {to_decimal_text(order.total, currency)}",
        )
    return None


def unlike_stripe(order: OrderRecord, why: str) -> ExceptionFound:
    """The exception of an order that Stripe's invoices are not made for."""
    message = f"No invoice was made: order {order.order_number} {why}."
    return ExceptionFound(ExceptionKind.NOT_COLLECTABLE, message, order_id=order.order_id)


def _not_adding_up(order: OrderRecord, why: str) -> ExceptionFound:
    message = f"No invoice was made of order {order.order_number}: {why}."
    return ExceptionFound(ExceptionKind.LINES_DO_NOT_ADD_UP, message, order_id=order.order_id)


def lines_of(order: OrderRecord, due: int, description: str) -> tuple[DemandLine, ...]:
    """The lines of an invoice of what is due; nothing may be wrong with the order's.

    Args:
        order: without lines of its own, it is one line.
        due: in minor units; what the total has more than that is a line of its own.
        description: of an order without lines.

    Raises:
        MoneyError: Stripe cannot express an amount.
    """
    currency = order.currency
    if order.lines:
        lines = [_line(line, currency) for line in order.lines]
    else:
        lines = [DemandLine(description, to_stripe(order.total, currency))]
    if due != order.total:
        lines.append(DemandLine(ALREADY_PAID, to_stripe(due - order.total, currency)))
    return tuple(lines)


def _line(line: RecordLine, currency: str) -> DemandLine:
    amount, tax = to_stripe(line.total, currency), to_stripe(line.tax or 0, currency)
    rate = Decimal(line.tax_rate or 0).quantize(_RATE_DECIMALS).normalize() if tax else Decimal(0)
    return DemandLine(_text(line), amount, tax, rate)


def _text(line: RecordLine) -> str:
    """What stands on the invoice; the number of pieces is text, since pieces may be 1.5."""
    return line.description if line.quantity == "1" else f"{line.quantity} × {line.description}"  # noqa: RUF001
