"""Linking: which order a payment pays, from what it says of its order and what Monstock has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.money import minor_units
from monstock_stripe_core.order import Order
from monstock_stripe_core.payment import LinkCandidate, LinkRule, Payment, PaymentStatus

RANK: Mapping[LinkRule, int] = MappingProxyType(
    {
        LinkRule.DECISION: 0,
        LinkRule.METADATA: 1,
        LinkRule.CLIENT_REFERENCE: 2,
        LinkRule.ORDER_REFERENCE: 3,
        LinkRule.SHOP_METADATA: 4,
        LinkRule.DESCRIPTION: 5,
        LinkRule.SUGGESTION: 6,
        LinkRule.MONSTOCK: 7,
    }
)
"""How far each rule is trusted; 0 is a person's word."""

RULE_TEXT: Mapping[LinkRule, str] = MappingProxyType(
    {
        LinkRule.DECISION: "A person said so.",
        LinkRule.METADATA: "Its metadata name the order.",
        LinkRule.CLIENT_REFERENCE: "Its Checkout Session's client_reference_id names the order.",
        LinkRule.ORDER_REFERENCE: "Its payment_details.order_reference names the order.",
        LinkRule.SHOP_METADATA: "Its metadata name the shop's number of the order.",
        LinkRule.DESCRIPTION: "Its description names the order.",
        LinkRule.SUGGESTION: "It is the only order of its customer with this currency and amount.",
        LinkRule.MONSTOCK: "An annotation of ours names the order.",
    }
)
"""What each rule means, in a sentence for a person."""

Reference: TypeAlias = tuple[str, str]
"""A field of an order (id, number, channel_reference) and its value."""


class LinkState(StrEnum):
    """What became of a payment's search for its order."""

    LINKED = "linked"
    WAITING = "waiting"
    AMBIGUOUS = "ambiguous"
    UNLINKED = "unlinked"
    NOT_OURS = "not_ours"


@dataclass(frozen=True, slots=True)
class Allocation:
    """A part of a payment for one order, in minor units of its currency; None is all that is left.

    Raises:
        MoneyError: an amount that is no whole number above 0.
    """

    order_id: str
    amount: int | None = None

    def __post_init__(self) -> None:
        if self.amount is not None and minor_units(self.amount, what="allocated amount") <= 0:
            raise MoneyError(f"allocated amount must be above 0, not {self.amount}")


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word on a payment: the orders it pays, or none of ours (no allocations).

    Attributes:
        rule: a suggestion, where a link by one is to stay although its reason is gone.
    """

    allocations: tuple[Allocation, ...] = ()
    rule: LinkRule = LinkRule.DECISION


@dataclass(frozen=True, slots=True)
class LinkRules:
    """What a tenant sets about linking.

    Attributes:
        tenant: our name in a Stripe account that feeds several; keys of other names are not ours.
        accept_single_suggestion: whether a lone suggestion links without a person.
        suggestion_days: how far payment and order may lie apart for a suggestion.
    """

    tenant: str | None = None
    accept_single_suggestion: bool = False
    suggestion_days: int = 7


@dataclass(frozen=True, slots=True)
class LinkOutcome:
    """Where a payment belongs, by which rule, and what is still missing.

    Attributes:
        waits_for: references that no order answers to yet; when one does, resolve again.
        suggested: orders that a person might choose.
    """

    state: LinkState
    allocations: tuple[Allocation, ...] = ()
    rule: LinkRule | None = None
    waits_for: tuple[Reference, ...] = ()
    suggested: tuple[str, ...] = ()
    exceptions: tuple[ExceptionFound, ...] = ()


def references_wanted(payment: Payment, rules: LinkRules) -> tuple[Reference, ...]:
    """Every reference of ours that the payment names, to be looked up in Monstock in one go."""
    return tuple(dict.fromkeys(candidate.reference for candidate in _ours(payment, rules)))


def resolve_link(
    payment: Payment,
    found: Mapping[Reference, Sequence[Order]],
    rules: LinkRules,
    *,
    decision: Decision | None = None,
    likely: Iterable[Order] = (),
) -> LinkOutcome:
    """Decide which order a payment pays.

    The highest rank that the payment names decides, even if its order is still to come; lower
    ranks never step in, they only raise a flag where they name another order.

    Args:
        payment: with its candidates.
        found: the orders that answer to each reference of `references_wanted`.
        rules: the tenant's settings.
        decision: a person's word, which beats everything.
        likely: orders of the same customer, asked only for payments without any reference.

    Returns:
        The outcome; exceptions only for payments that hold or held money.
    """
    if decision is not None:
        state = LinkState.LINKED if decision.allocations else LinkState.NOT_OURS
        return LinkOutcome(state, decision.allocations, decision.rule)
    candidates = _ours(payment, rules)
    if not candidates:
        if payment.link_candidates:
            return LinkOutcome(LinkState.NOT_OURS)
        return _without_reference(payment, likely, rules)
    matches = {
        reference: _that_fit(payment, reference, orders) for reference, orders in found.items()
    }
    missing = tuple(
        reference
        for reference in dict.fromkeys(candidate.reference for candidate in candidates)
        if not matches.get(reference)
    )
    rule = min((candidate.rule for candidate in candidates), key=RANK.__getitem__)
    decisive = [candidate for candidate in candidates if candidate.rule is rule]
    orders = _orders_of(decisive, matches)
    if not orders:
        return _waiting(payment, decisive, missing)
    if len(orders) > 1:
        numbers = ", ".join(sorted(order.number for order in orders.values()))
        return LinkOutcome(
            LinkState.AMBIGUOUS,
            rule=rule,
            waits_for=missing,
            suggested=tuple(sorted(orders)),
            exceptions=_if_money(
                payment,
                ExceptionKind.AMBIGUOUS_LINK,
                f"{_reference_text(candidates[0])} leads to several orders: {numbers}.",
            ),
        )
    (order,) = orders.values()
    return LinkOutcome(
        LinkState.LINKED,
        (Allocation(order.id),),
        rule,
        missing,
        exceptions=_disagreements(payment, candidates, matches, order, rule),
    )


def suggestions(payment: Payment, orders: Iterable[Order], rules: LinkRules) -> tuple[Order, ...]:
    """The orders that a payment without a reference might pay: same e-mail, currency and amount.

    Args:
        payment: a payment with a customer's e-mail.
        orders: candidates, in any order.
        rules: how many days payment and order may lie apart.

    Returns:
        The fitting orders, by id.
    """
    email = (payment.customer_email or "").casefold()
    near = timedelta(days=rules.suggestion_days)
    if not email:
        return ()
    fitting = (
        order
        for order in orders
        if order.kind == "order"
        and (order.customer_email or "").casefold() == email
        and order.currency == payment.currency
        and order.total == payment.amount
        and order.created_at is not None
        and abs(order.created_at - payment.created_at) <= near
    )
    return tuple(sorted(fitting, key=lambda order: order.id))


def _ours(payment: Payment, rules: LinkRules) -> tuple[LinkCandidate, ...]:
    """Candidates that do not name another tenant, most trusted first."""
    mine = (
        candidate
        for candidate in payment.link_candidates
        if candidate.tenant is None or rules.tenant is None or candidate.tenant == rules.tenant
    )
    return tuple(sorted(mine, key=lambda candidate: RANK[candidate.rule]))


def _that_fit(payment: Payment, reference: Reference, orders: Sequence[Order]) -> list[Order]:
    """The orders among those found that may count: no quotes, and a shop's number must add up.

    A shop's own number is weak evidence. It counts only where the currency agrees and the amount
    is at most what staff have not already recorded by hand.
    """
    real = [order for order in orders if order.kind == "order"]
    if reference[0] != "channel_reference":
        return real
    return [
        order
        for order in real
        if order.currency == payment.currency
        and payment.amount <= order.total - _recorded_by_hand(order, payment)
    ]


def _recorded_by_hand(order: Order, payment: Payment) -> int:
    """Money on an order that staff recorded, but for rows that are this very payment."""
    return sum(
        row.amount - row.refunded
        for row in order.payments
        if not row.ours
        and row.status is PaymentStatus.SUCCEEDED
        and row.currency == order.currency
        and row.transaction_reference not in (payment.transaction_reference, *payment.references)
    )


def _orders_of(
    candidates: Iterable[LinkCandidate], matches: Mapping[Reference, Sequence[Order]]
) -> dict[str, Order]:
    return {
        order.id: order
        for candidate in candidates
        for order in matches.get(candidate.reference, ())
    }


def _waiting(
    payment: Payment, decisive: Sequence[LinkCandidate], missing: tuple[Reference, ...]
) -> LinkOutcome:
    rule = decisive[0].rule
    names = " or ".join(dict.fromkeys(candidate.reference[1] for candidate in decisive))
    why = (
        "Monstock has none by it with this currency and as much still due"
        if rule is LinkRule.SHOP_METADATA
        else "Monstock has no such order"
    )
    return LinkOutcome(
        LinkState.WAITING,
        rule=rule,
        waits_for=missing,
        exceptions=_if_money(
            payment,
            ExceptionKind.WAITING_FOR_ORDER,
            f"The payment names order {names!r:.120} by {rule.value}; {why}.",
        ),
    )


def _without_reference(payment: Payment, likely: Iterable[Order], rules: LinkRules) -> LinkOutcome:
    suggested = suggestions(payment, likely, rules)
    if len(suggested) == 1 and rules.accept_single_suggestion:
        return LinkOutcome(LinkState.LINKED, (Allocation(suggested[0].id),), LinkRule.SUGGESTION)
    hint = (
        f" Perhaps it pays {', '.join(order.number for order in suggested)}." if suggested else ""
    )
    return LinkOutcome(
        LinkState.UNLINKED,
        suggested=tuple(order.id for order in suggested),
        exceptions=_if_money(payment, ExceptionKind.UNLINKED, f"The payment names no order.{hint}"),
    )


def _disagreements(
    payment: Payment,
    candidates: Iterable[LinkCandidate],
    matches: Mapping[Reference, Sequence[Order]],
    chosen: Order,
    rule: LinkRule,
) -> tuple[ExceptionFound, ...]:
    for candidate in candidates:
        others = matches.get(candidate.reference, ())
        if others and all(order.id != chosen.id for order in others):
            return _if_money(
                payment,
                ExceptionKind.LINK_DISAGREEMENT,
                f"Linked to {chosen.number} by {rule.value}, but {_reference_text(candidate)} "
                f"leads to {others[0].number}.",
                chosen.id,
            )
    return ()


def _reference_text(candidate: LinkCandidate) -> str:
    field, value = candidate.reference
    return f"{candidate.rule.value} ({field} {value!r:.80})"


def _if_money(
    payment: Payment, kind: ExceptionKind, message: str, order_id: str | None = None
) -> tuple[ExceptionFound, ...]:
    """An exception, if the payment holds or held money; else nobody needs to look."""
    if not payment.holds_money:
        return ()
    return (ExceptionFound(kind, message, payment.transaction_reference, order_id),)
