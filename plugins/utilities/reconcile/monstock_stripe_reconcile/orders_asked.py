"""What the core says of orders, as functions of JSON texts for SQL to call.

Payments and rows come without their names: they are known by their positions here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

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

    def __call__(self, shape: str) -> str:
        """Return what an order comes to, and what there is to look at.

        Args:
            shape: JSON: the order, its `payments` and its `rows`; see `sql/comparison.sql`.

        Returns:
            JSON: the order's figures, and `found`: reason, amount, currency, positions of payment
            and row, facts. `error` where the core refuses it.
        """
        asked = msgspec.json.decode(shape)
        try:
            return _text(self._compared(asked))
        except (MonstockStripeError, TypeError, ValueError) as error:
            return _text({"error": str(error), "found": []})

    def _compared(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        currency_exponent(asked["currency"])
        shares = [_share(i, one, asked["currency"]) for i, one in enumerate(asked["payments"])]
        rows = [self._row(i, one, asked["currency"]) for i, one in enumerate(asked["rows"])]
        order = Order(
            id="this",
            number="this",
            currency=asked["currency"],
            total=asked["total"],
            state=OrderState(asked["state"]),
            raw_state=asked["state"],
            updated_at=_EVER,
            payment_status=None if not asked["status"] else OrderPaymentStatus(asked["status"]),
            amount_due=asked["due"],
            payments=tuple(rows),
        )
        flagged = list(zip(rows, asked["rows"], strict=True))
        compared = compare_order(
            order,
            shares,
            self._rules,
            self._now,
            known={
                row.row_id or "": KnownPayment(said["known"])
                for row, said in flagged
                if said["known"]
            },
            cleared=frozenset(
                (share.payment.transaction_reference, row.row_id or "")
                for share, one in zip(shares, asked["payments"], strict=True)
                if one["cleared"]
                for row in rows
            ),
            linked_elsewhere={
                row.transaction_reference or "": "elsewhere"
                for row, said in flagged
                if said["elsewhere"]
            },
        )
        outcome = compared.outcome
        by_reference = {row.transaction_reference: position for position, row in enumerate(rows)}
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

    def _row(self, position: int, said: Mapping[str, Any], currency: str) -> OrderPaymentRow:
        amount, authorized, refunded, disputed, dispute_lost = said["amounts"]
        reference = _reference(said["paid_by"], own=said["own"])
        if reference is None and said["named"]:
            reference = f"r{position:03}"
        return OrderPaymentRow(
            row_id=f"{position:03}",
            method=self._rules.status.our_method if said["ours"] else said["method"] or "",
            transaction_reference=reference,
            currency=said["currency"] or currency,
            amount=amount,
            status=PaymentStatus(said["status"]),
            authorized=authorized,
            refunded=refunded,
            disputed=disputed,
            dispute_lost=dispute_lost,
            paid_at=_moment(said["at"]),
            ours=said["ours"],
        )


def _share(position: int, said: Mapping[str, Any], currency: str) -> PaymentShare:
    (amount, authorized, captured, funded, refunded, failed, disputed, lost, rest) = said["amounts"]
    taken_at = _moment(said["at"]) or _EVER + timedelta(seconds=position)
    payment = Payment(
        transaction_reference=f"p{position:03}",
        references=(f"c{position:03}",),
        version=0,
        livemode=True,
        created_at=taken_at,
        status=PaymentStatus(said["status"]),
        currency=said["currency"] or currency,
        amount=amount,
        authorized=authorized,
        authorized_until=_moment(said["until"]),
        action_required_since=_moment(said["acts"]),
        captured=captured,
        captured_at=taken_at if captured else None,
        funded=funded,
        refunded=refunded,
        refund_failed=failed,
        disputed=disputed,
        dispute_open=said["open"],
        dispute_lost=lost,
        flags=tuple(said["flags"]),
    )
    return PaymentShare(payment, LinkRule(said["rule"]), rest)


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
        "facts": _text(one.facts) if one.facts else None,
    }


def _reference(paid_by: int | None, *, own: bool) -> str | None:
    return None if paid_by is None else f"{'p' if own else 'c'}{paid_by:03}"


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


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
