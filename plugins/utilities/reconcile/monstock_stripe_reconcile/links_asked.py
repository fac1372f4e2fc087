"""What the core says of links, as a function for SQL to call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from monstock_stripe_core.link import LinkRules, Reference, resolve_link
from monstock_stripe_core.order import Order, OrderPaymentRow, OrderState
from monstock_stripe_core.payment import LinkCandidate, LinkRule, Payment, PaymentStatus

_EVER = datetime(2000, 1, 1, tzinfo=UTC)
_FIELDS = {"id": "order_id", "number": "order_number", "channel_reference": "channel_reference"}


class Links:
    """Where payments belong.

    Args:
        rules: the tenant's.
    """

    def __init__(self, rules: LinkRules) -> None:
        self._rules = rules

    def __call__(self, shape: str) -> str:
        """Return which of the orders that a payment's references lead to it pays.

        Args:
            shape: four lines: `money` where it holds any; a person's word, else -; the names, each
                with rule, field, number of its value, tenant, place and kind of an order that it
                leads to, between them |, and ; between the names; JSON of amounts where a shop's
                own number is among them.

        Returns:
            JSON: `state`, `rule`, `orders` and `suggested` (positions), `exception`, `other` (the
            position of an order that a weaker reference leads to).
        """
        money, decision, said, fits = shape.split("\n", 3)
        if decision != "-":
            # Whose allocations they are does not matter here: the orders are looked up by SQL.
            taken = decision not in ("", "[]")
            return _text({"state": "linked" if taken else "not_ours", "rule": "decision"})
        amounts: dict[str, Any] = {"currency": "", "amount": 0, "orders": []}
        if fits:
            amounts = msgspec.json.decode(fits)
        by_place = {one["place"]: one for one in amounts["orders"]}
        found: dict[Reference, list[Order]] = {}
        candidates: dict[LinkCandidate, None] = {}
        for name in said.split(";") if said else ():
            rule, field, value, tenant, place, kind = name.split("|")
            candidate = LinkCandidate(
                LinkRule(rule), tenant=tenant or None, **{_FIELDS[field]: value}
            )
            candidates[candidate] = None
            orders = found.setdefault(candidate.reference, [])
            order = _order(int(place), kind, by_place.get(int(place)))
            if int(place) >= 0 and order not in orders:
                orders.append(order)
        payment = _payment(bool(money), amounts, tuple(candidates))
        outcome = resolve_link(payment, found, self._rules)
        kinds = [exception.kind.value for exception in outcome.exceptions]
        chosen = [int(one.order_id) for one in outcome.allocations]
        others = [
            int(order.id)
            for candidate in candidates
            for order in found[candidate.reference]
            if int(order.id) not in chosen
        ]
        return _text(
            {
                "state": outcome.state.value,
                "rule": None if outcome.rule is None else outcome.rule.value,
                "orders": chosen,
                "suggested": [int(order_id) for order_id in outcome.suggested],
                "exception": kinds[0] if kinds else None,
                "other": others[0] if kinds and chosen and others else None,
            }
        )


def _order(place: int, kind: str, fits: Mapping[str, Any] | None) -> Order:
    given = fits or {"currency": "", "total": 0, "rows": ()}
    return Order(
        id=str(place),
        number=str(place),
        currency=given["currency"],
        total=given["total"],
        state=OrderState.VALIDATED,
        raw_state="",
        updated_at=_EVER,
        kind=kind or "order",
        payments=tuple(
            OrderPaymentRow(
                method="",
                transaction_reference="this" if row["this"] else None,
                currency=row["currency"],
                amount=row["amount"],
                status=PaymentStatus(row["status"]),
                refunded=row["refunded"],
                ours=row["ours"],
            )
            for row in given["rows"] or ()
        ),
    )


def _payment(
    money: bool,
    amounts: Mapping[str, Any],
    candidates: tuple[LinkCandidate, ...],
) -> Payment:
    return Payment(
        transaction_reference="this",
        version=0,
        livemode=True,
        created_at=_EVER,
        status=PaymentStatus.SUCCEEDED,
        currency=amounts["currency"],
        amount=amounts["amount"],
        captured=1 if money else 0,
        link_candidates=candidates,
    )


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
