"""What the core says of orders, as functions for SQL to call.

Payments and rows come without their names: they are known by their positions here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeAlias

import msgspec
from monstock_stripe_core.allocation import PaymentShare, share_of
from monstock_stripe_core.discrepancy import Discrepancy
from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.link import Allocation
from monstock_stripe_core.money import currency_exponent
from monstock_stripe_core.order import Order, OrderPaymentRow, OrderPaymentStatus, OrderState
from monstock_stripe_core.order_comparison import ComparisonRules, compare_order
from monstock_stripe_core.payment import LinkRule, Payment, PaymentStatus
from monstock_stripe_core.row_discrepancies import KnownPayment

from monstock_stripe_reconcile.learning import Learning

_EVER = datetime(2000, 1, 1, tzinfo=UTC)
_SHARED = (
    "amount",
    "authorized",
    "captured",
    "funded",
    "refunded",
    "refund_failed",
    "disputed",
    "dispute_lost",
)


def share(asked: str) -> str:
    """Return the part of a payment that one of its orders gets.

    Args:
        asked: JSON: the payment's amounts, its `allocations`, the `order` and the `rule`.

    Returns:
        JSON: the part's amounts, and what is `unallocated`.
    """
    given = msgspec.json.decode(asked)
    whole = Payment(
        transaction_reference="p",
        version=0,
        livemode=True,
        created_at=_EVER,
        status=PaymentStatus(given["status"]),
        currency=given["currency"],
        refund_pending=given["refund_pending"],
        **{name: given[name] for name in _SHARED},
    )
    allocations = [Allocation(str(one["order"]), one["amount"]) for one in given["allocations"]]
    part = share_of(whole, allocations, str(given["order"]), LinkRule(given["rule"]))
    amounts = {name: getattr(part.payment, name) for name in _SHARED}
    return _text(amounts | {"unallocated": part.unallocated})


class Orders:
    """What orders come to.

    Args:
        rules: the tenant's.
        now: the moment at which everything is judged.
    """

    def __init__(self, rules: ComparisonRules, now: datetime) -> None:
        self._rules = rules
        self._now = now
        self._like = next(iter(rules.status.stripe_like_methods), "")
        self._learnt: Callable[[_Told, Sequence[int]], dict[str, Any]] = Learning(self._compared)

    def __call__(self, shape: str) -> str:
        """Return what an order comes to, and what there is to look at.

        Args:
            shape: three lines: the order, its payments, its rows; see `sql/comparison.sql`.

        Returns:
            JSON: the order's figures, and `found`: reason, amount, currency, positions of payment
            and row, facts. `error` where the core refuses it.
        """
        try:
            told, amounts, has_times = _told(shape)
            # Times are of one order, mostly, so nothing is learnt from it.
            said = (self._compared if has_times else self._learnt)(told, amounts)
        except (MonstockStripeError, TypeError, ValueError) as error:
            said = {"error": str(error), "found": []}
        for one in said["found"]:
            one["facts"] = _text(one["facts"]) if one["facts"] else None
        return _text(said)

    def _compared(self, told: _Told, amounts: Sequence[int]) -> dict[str, Any]:
        (currency, state, status, has_due), payments, shown = told
        currency_exponent(currency)
        given = iter(amounts)
        total, due = islice(given, 2)
        shares = [
            _share(position, fields, list(islice(given, _OF_PAYMENT)), currency)
            for position, fields in enumerate(payments)
        ]
        rows = [
            self._row(position, fields, list(islice(given, _OF_ROW)), currency)
            for position, fields in enumerate(shown)
        ]
        order = Order(
            id="this",
            number="this",
            currency=currency,
            total=total,
            state=OrderState(state),
            raw_state=state,
            updated_at=_EVER,
            payment_status=OrderPaymentStatus(status) if status else None,
            amount_due=due if has_due else None,
            payments=tuple(told.row for told in rows),
        )
        compared = compare_order(
            order,
            [told.share for told in shares],
            self._rules,
            self._now,
            known={told.row.row_id or "": told.known for told in rows if told.known},
            cleared=frozenset(
                (told.share.payment.transaction_reference, one.row.row_id or "")
                for told in shares
                if told.cleared
                for one in rows
            ),
            linked_elsewhere={
                told.row.transaction_reference or "": "elsewhere" for told in rows if told.elsewhere
            },
        )
        outcome = compared.outcome
        by_reference = {
            told.row.transaction_reference: position for position, told in enumerate(rows)
        }
        return {
            "status": outcome.status.value,
            "due": outcome.due,
            "net": outcome.totals.net,
            "outside": compared.outside,
            "disputed": compared.disputed,
            "authorized": outcome.totals.authorized,
            "shown_net": compared.shown_net,
            "awaited": compared.awaited,
            "released": compared.release.released,
            "release_reason": compared.release.reason.value,
            "found": [_found(one, by_reference) for one in compared.discrepancies],
        }

    def _row(
        self, position: int, fields: Sequence[str], amounts: Sequence[int], currency: str
    ) -> _ToldRow:
        paid_by, own, ours, known, elsewhere, named, like, status, other, at = fields
        amount, authorized, refunded, disputed, dispute_lost = amounts
        reference = f"{'p' if own else 'c'}{int(paid_by):03}" if paid_by else None
        if reference is None and named:
            reference = f"r{position:03}"
        our_method = self._rules.status.our_method
        row = OrderPaymentRow(
            row_id=f"{position:03}",
            method=our_method if ours else self._like if like else "",
            transaction_reference=reference,
            currency=other or currency,
            amount=amount,
            status=PaymentStatus(status),
            authorized=authorized,
            refunded=refunded,
            disputed=disputed,
            dispute_lost=dispute_lost,
            paid_at=_moment(at),
            ours=bool(ours),
        )
        return _ToldRow(row, KnownPayment(known) if known else None, bool(elsewhere))


_Told: TypeAlias = tuple[
    tuple[str, str, str, bool], tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]
]
"""An order's currency, state, status and whether it says what is due; the fields of its payments
and of its rows. All without amounts."""

_OF_PAYMENT, _OF_ROW = 9, 5
_BEFORE_PAYMENT, _BEFORE_ROW = 5, 9


def _told(shape: str) -> tuple[_Told, list[int], bool]:
    """Read a shape: what it says beside amounts, its amounts, and whether it names times."""
    said, payments, shown = shape.split("\n")
    currency, state, total, due, status = said.split("|")
    amounts = [total, due or "0"]
    shares, has_times = [], False
    for text in payments.split(";") if payments else ():
        fields = text.split("|")
        amounts += fields[_BEFORE_PAYMENT : _BEFORE_PAYMENT + _OF_PAYMENT]
        del fields[_BEFORE_PAYMENT : _BEFORE_PAYMENT + _OF_PAYMENT]
        until, acts, _, at = fields[_BEFORE_PAYMENT:]
        has_times = has_times or bool(until or acts or at)
        shares.append(tuple(fields))
    rows = []
    for text in shown.split(";") if shown else ():
        fields = text.split("|")
        amounts += fields[_BEFORE_ROW : _BEFORE_ROW + _OF_ROW]
        del fields[_BEFORE_ROW : _BEFORE_ROW + _OF_ROW]
        (at,) = fields[_BEFORE_ROW:]
        has_times = has_times or bool(at)
        rows.append(tuple(fields))
    told = (currency, state, status, bool(due)), tuple(shares), tuple(rows)
    return told, [int(amount) for amount in amounts], has_times


@dataclass(frozen=True, slots=True)
class _ToldShare:
    share: PaymentShare
    cleared: bool


@dataclass(frozen=True, slots=True)
class _ToldRow:
    row: OrderPaymentRow
    known: KnownPayment | None
    elsewhere: bool


def _share(
    position: int, fields: Sequence[str], amounts: Sequence[int], currency: str
) -> _ToldShare:
    status, rule, other, flags, is_open, until, acts, cleared, at = fields
    amount, authorized, captured, funded, refunded, failed, disputed, lost, rest = amounts
    taken_at = _moment(at) or _EVER + timedelta(seconds=position)
    payment = Payment(
        transaction_reference=f"p{position:03}",
        references=(f"c{position:03}",),
        version=0,
        livemode=True,
        created_at=taken_at,
        status=PaymentStatus(status),
        currency=other or currency,
        amount=amount,
        authorized=authorized,
        authorized_until=_moment(until),
        action_required_since=_moment(acts),
        captured=captured,
        captured_at=taken_at if captured else None,
        funded=funded,
        refunded=refunded,
        refund_failed=failed,
        disputed=disputed,
        dispute_open=bool(is_open),
        dispute_lost=lost,
        flags=tuple(flags.split("+")) if flags else (),
    )
    return _ToldShare(PaymentShare(payment, LinkRule(rule), rest), bool(cleared))


def _found(one: Discrepancy, by_reference: Mapping[str | None, int]) -> dict[str, Any]:
    reference = one.transaction_reference or ""
    of_row = by_reference.get(reference) if reference.startswith(("r", "c")) else None
    row = int(one.row_id) if one.row_id else of_row
    return {
        "reason": one.reason.value,
        "amount": one.amount,
        "currency": one.currency,
        "payment": int(reference[1:]) if reference.startswith(("p", "c")) else None,
        "row": row,
        "facts": one.facts,
    }


def _moment(seconds: str) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None


def facts(said: str, factor: int, first: Sequence[str] | None, elsewhere: str | None) -> str:
    """Return a finding's facts in the order's own amounts and names.

    Args:
        said: JSON of the facts in the proportions that were asked for.
        factor: what amounts are multiplied by.
        first: the order's payments by position.
        elsewhere: number of the order that a row's payment is linked to.
    """
    given: dict[str, Any] = msgspec.json.decode(said)
    told = {
        name: value * factor if isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in given.items()
    }
    if "first" in told and first:
        told["first"] = first[int(str(told["first"])[1:])]
    if elsewhere:
        told["elsewhere"] = elsewhere
    return _text(told)


def _text(value: Any) -> str:
    return msgspec.json.encode(dict(value) if isinstance(value, Mapping) else value).decode()
