"""What the core says of links, as a function of JSON texts for SQL to call."""

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
            shape: JSON: `money` (whether it holds any), `names` (each with the positions of its
                orders), `orders`, and `decision`, a person's word.

        Returns:
            JSON: `state`, `rule`, `orders` and `suggested` (positions), `exception`, `other` (the
            position of an order that a weaker reference leads to).
        """
        asked = msgspec.json.decode(shape)
        if asked["decision"] is not None:
            # Whose allocations they are does not matter here: the orders are looked up by SQL.
            taken = asked["decision"] not in ("", "[]")
            return _text({"state": "linked" if taken else "not_ours", "rule": "decision"})
        orders = [_order(position, one) for position, one in enumerate(asked["orders"])]
        candidates = tuple(_candidate(name) for name in asked["names"])
        found: dict[Reference, list[Order]] = {
            candidate.reference: [orders[position] for position in name["orders"] or ()]
            for candidate, name in zip(candidates, asked["names"], strict=True)
        }
        outcome = resolve_link(_payment(asked, candidates), found, self._rules)
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


def _candidate(name: Mapping[str, Any]) -> LinkCandidate:
    reference = {_FIELDS[name["field"]]: str(name["value"])}
    return LinkCandidate(LinkRule(name["rule"]), tenant=name["tenant"], **reference)


def _order(position: int, one: Mapping[str, Any]) -> Order:
    return Order(
        id=str(position),
        number=str(position),
        currency=one["currency"] or "",
        total=one["total"] or 0,
        state=OrderState.VALIDATED,
        raw_state="",
        updated_at=_EVER,
        kind=one["kind"] or "order",
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
            for row in one["rows"] or ()
        ),
    )


def _payment(asked: Mapping[str, Any], candidates: tuple[LinkCandidate, ...]) -> Payment:
    return Payment(
        transaction_reference="this",
        version=0,
        livemode=True,
        created_at=_EVER,
        status=PaymentStatus.SUCCEEDED,
        currency=asked["currency"] or "",
        amount=asked["amount"] or 0,
        captured=1 if asked["money"] else 0,
        link_candidates=candidates,
    )


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
