"""What is to be collected for an order, how it is written on an invoice, and why nothing is."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.order import OrderPaymentStatus, OrderState
from monstock_stripe_core.order_record import RecordLine
from monstock_stripe_core.payment import PaymentStatus
from monstock_stripe_core.stripe_annotation import AnnotationRules
from monstock_stripe_core.stripe_demand import (
    CollectionRules,
    Demand,
    OrderAs,
    Stance,
    demand_of,
)
from monstock_stripe_core.stripe_demand_lines import DemandLine
from monstock_stripe_core.testing import example_record, example_record_row

RULES = CollectionRules(order_as=OrderAs.INVOICE, annotation=AnnotationRules(tenant="acme"))


def demand(
    order_as: OrderAs = OrderAs.INVOICE, own: frozenset[str] = frozenset(), **fields: Any
) -> Demand:
    return demand_of(example_record(**fields), order_as, RULES, own)


def pending(reference: str | None = "pi_9") -> Any:
    return example_record_row(transaction_reference=reference, status=PaymentStatus.PENDING)


@pytest.mark.parametrize(
    ("fields", "stance", "why"),
    [
        ({}, Stance.COLLECT, "100.00 EUR are due"),
        ({"amount_due": 4000}, Stance.COLLECT, "40.00 EUR are due"),
        ({"state": OrderState.SHIPPED}, Stance.COLLECT, "100.00 EUR are due"),
        (
            {"payment_status": OrderPaymentStatus.FAILED, "amount_due": 10000},
            Stance.COLLECT,
            "100.00 EUR are due",
        ),
        ({"state": OrderState.DRAFT}, Stance.WAIT, "the order is draft"),
        ({"payments": (pending(),)}, Stance.WAIT, "a payment is on its way, or reserved"),
        ({"payments": (pending(None),)}, Stance.WAIT, "a payment is on its way, or reserved"),
        (
            {"payments": (example_record_row(status=PaymentStatus.AUTHORIZED),)},
            Stance.WAIT,
            "a payment is on its way, or reserved",
        ),
        ({"payment_status": OrderPaymentStatus.PENDING}, Stance.WAIT, "the order is pending"),
        ({"payment_status": OrderPaymentStatus.DISPUTED}, Stance.WAIT, "the order is disputed"),
        (
            {"payment_status": OrderPaymentStatus.PARTIALLY_REFUNDED, "amount_due": 3000},
            Stance.WAIT,
            "the order is partially_refunded",
        ),
        ({"state": OrderState.CANCELLED}, Stance.CLOSE, "the order was cancelled"),
        ({"deleted": True}, Stance.CLOSE, "the order was deleted"),
        ({"kind": "quote"}, Stance.CLOSE, "it is no order"),
        ({"payment_status": OrderPaymentStatus.PAID}, Stance.CLOSE, "the order is paid"),
        (
            {"payment_status": OrderPaymentStatus.REFUNDED, "amount_due": 10000},
            Stance.CLOSE,
            "the order is refunded",
        ),
        ({"amount_due": 0}, Stance.CLOSE, "nothing is due"),
        ({"total": 0}, Stance.CLOSE, "nothing is due"),
        ({"amount_due": 49}, Stance.CLOSE, "Stripe cannot collect it"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_when_money_is_asked_for(fields: dict[str, Any], stance: Stance, why: str) -> None:
    found = demand(**fields)

    assert (found.stance, found.why) == (stance, why)


def test_a_payment_under_way_through_what_collects_is_no_reason_to_wait() -> None:
    own = frozenset({"pi_9"})
    status = OrderPaymentStatus.PENDING

    assert demand(own=own, payments=(pending(),), payment_status=status).amount == 10000
    assert demand(own=own, payments=(pending("acct_1/pi_9"),)).amount == 10000
    assert demand(own=own, payments=(pending(), pending("pi_8"))).stance is Stance.WAIT


@pytest.mark.parametrize(
    ("amount_due", "rows", "due"),
    [
        (None, [], 10000),
        (None, [4000], 6000),
        (7000, [], 7000),
        (6000, [4000], 6000),
        # Paid and given back: Monstock says it is due, and nobody asks for it twice.
        (10000, [10000], None),
        (10000, [4000, -4000], 10000),
        (15000, [], 10000),
    ],
)
def test_what_is_due(amount_due: int | None, rows: list[int], due: int | None) -> None:
    payments = tuple(example_record_row(amount=amount) for amount in rows)

    found = demand(OrderAs.PAYMENT_INTENT, amount_due=amount_due, payments=payments)

    assert (found.amount or None) == due


def test_a_row_that_took_nothing_or_is_in_another_currency_pays_nothing() -> None:
    failed = example_record_row(status=PaymentStatus.FAILED)
    dollars = example_record_row(currency="USD")

    assert demand(payments=(failed, dollars)).amount == 10000


def test_an_order_that_stripe_cannot_charge_is_said() -> None:
    found = demand(currency="KWD", total=10_001)

    assert found.exception is not None
    assert found.exception.kind is ExceptionKind.NOT_COLLECTABLE
    assert found.exception.message == (
        "Order SO-1 cannot be collected by Stripe: Stripe's amounts of KWD end in 0: 10001 refused."
    )


@pytest.mark.parametrize(
    ("currency", "total", "units"),
    [("EUR", 10000, 10000), ("JPY", 500, 500), ("ISK", 500, 50000), ("KWD", 1230, 1230)],
)
def test_amounts_are_in_stripes_units(currency: str, total: int, units: int) -> None:
    found = demand(OrderAs.PAYMENT_LINK, currency=currency, total=total)

    assert (found.amount, found.currency) == (units, currency.lower())


def test_what_collects_names_the_order_and_the_tenant() -> None:
    found = demand(OrderAs.PAYMENT_INTENT)

    assert found.description == "Order SO-1"
    assert found.metadata == {
        "monstock_order_id": "ord_1",
        "monstock_order_number": "SO-1",
        "monstock_order_status": "validated",
        "monstock_tenant": "acme",
        "monstock_link_rule": "metadata; ord_1; SO-1",
    }


def test_an_invoice_has_the_orders_lines_with_their_taxes() -> None:
    lines = (
        RecordLine("Chair", 6000, "2", 1000, "20"),
        RecordLine("Shipping", 5000, "1", 450, "9.90001"),
        RecordLine("Advice", 500, "1.5", 80),
        RecordLine("Discount", -1500, "1", -250, "20"),
    )

    assert demand(lines=lines).lines == (
        DemandLine("2 × Chair", 6000, 1000, Decimal(20)),  # noqa: RUF001
        DemandLine("Shipping", 5000, 450, Decimal("9.9")),
        DemandLine("1.5 × Advice", 500, 80, Decimal(0)),  # noqa: RUF001
        DemandLine("Discount", -1500, -250, Decimal(20)),
    )


def test_what_came_otherwise_is_a_negative_line() -> None:
    lines = (RecordLine("Chair", 10000, tax=1597, tax_rate="19"),)

    assert demand(lines=lines, amount_due=2500).lines == (
        DemandLine("Chair", 10000, 1597, Decimal(19)),
        DemandLine("Already paid", -7500),
    )


def test_an_order_without_lines_is_one_line() -> None:
    assert demand().lines == (DemandLine("Order SO-1", 10000),)
    assert demand(amount_due=2500).lines == (
        DemandLine("Order SO-1", 10000),
        DemandLine("Already paid", -7500),
    )


@pytest.mark.parametrize(
    ("lines", "kind", "message"),
    [
        (
            [RecordLine("Chair", 9999)],
            ExceptionKind.LINES_DO_NOT_ADD_UP,
            "No invoice was made of order SO-1: its lines come to 99.99 EUR, its total is 100.00.",
        ),
        (
            [RecordLine("Chair", 10000, tax=10001, tax_rate="20")],
            ExceptionKind.LINES_DO_NOT_ADD_UP,
            "No invoice was made of order SO-1: 100.01 of tax are no part of the 100.00 EUR of a "
            "line.",
        ),
        (
            [RecordLine("Chair", 10000, tax=-100, tax_rate="20")],
            ExceptionKind.LINES_DO_NOT_ADD_UP,
            "No invoice was made of order SO-1: -1.00 of tax are no part of the 100.00 EUR of a "
            "line.",
        ),
        (
            [RecordLine("Chair", 10000, tax=100, tax_rate="101")],
            ExceptionKind.NOT_COLLECTABLE,
            "No invoice was made: order SO-1 has a line with 101 % of tax.",
        ),
        (
            [RecordLine("x" * 5001, 10000)],
            ExceptionKind.NOT_COLLECTABLE,
            "No invoice was made: order SO-1 has a line of over 5000 characters.",
        ),
        (
            [RecordLine("Nail", 40)] * 250,
            ExceptionKind.NOT_COLLECTABLE,
            "No invoice was made: order SO-1 has 250 lines, an invoice takes 249 and "
            "one of what was paid.",
        ),
    ],
    ids=["total", "tax beyond the line", "tax of the other sign", "rate", "text", "number"],
)
def test_lines_of_which_no_invoice_can_be_made_are_said(
    lines: list[RecordLine], kind: ExceptionKind, message: str
) -> None:
    found = demand(lines=tuple(lines))

    assert found.stance is Stance.CLOSE
    assert found.exception is not None
    assert (found.exception.kind, found.exception.message) == (kind, message)
    assert demand(OrderAs.PAYMENT_LINK, lines=tuple(lines)).stance is Stance.COLLECT


def test_a_line_that_stripe_cannot_express_is_said() -> None:
    lines = (RecordLine("Chair", 5001), RecordLine("Table", 4999))

    found = demand(currency="KWD", lines=lines)

    assert found.exception is not None
    assert found.exception.kind is ExceptionKind.NOT_COLLECTABLE


@given(
    st.lists(
        st.builds(
            RecordLine,
            st.text("ab", min_size=1, max_size=3),
            st.integers(-5000, 50000),
            st.sampled_from(["1", "2", "0.5"]),
        ),
        max_size=6,
    ),
    st.integers(0, 100_000),
    st.sampled_from(["EUR", "JPY", "ISK"]),
)
def test_the_lines_of_an_invoice_always_come_to_what_is_due(
    lines: list[RecordLine], amount_due: int, currency: str
) -> None:
    total = sum(line.total for line in lines) if lines else 12345
    found = demand(lines=tuple(lines), total=total, amount_due=amount_due, currency=currency)

    if found.stance is Stance.COLLECT:
        assert sum(line.amount for line in found.lines) == found.amount
        assert 0 < found.amount <= total * (100 if currency == "ISK" else 1)
