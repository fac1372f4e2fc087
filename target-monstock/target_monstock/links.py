"""Where payments belong: their references looked up in Monstock in bulk, judged by the core."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.link import (
    Decision,
    LinkOutcome,
    LinkState,
    Reference,
    references_wanted,
    resolve_link,
)
from monstock_stripe_core.monstock_errors import UnreadableOrder
from monstock_stripe_core.order import Order
from monstock_stripe_core.payment import Payment
from monstock_stripe_core.scope import ScopeVerdict
from target_common.ledger import Ledger
from target_common.ledger.exceptions import Amount
from target_common.ledger.sql import chunks

from target_monstock.ledger.decisions import link_decisions
from target_monstock.ledger.exceptions import Source, renew_exceptions
from target_monstock.ledger.links import LinkFound, save_links
from target_monstock.ledger.orders import QUEUE, orders_with_rows
from target_monstock.ledger.payments import StoredPayment, payments_to_link
from target_monstock.monstock import Monstock, OnUnreadable
from target_monstock.rules import Rules

_AT_A_TIME = 1000
"""Payments whose links are resolved, and made durable, together."""

_MOST_KEPT = 5000
"""Orders kept in memory for the payments to come, and for the work on them; others are read
again."""


@dataclass(slots=True)
class Linked:
    """What linking did.

    Attributes:
        linked: payments that have an order now.
        fresh: orders as they were just read, for whoever works on them next.
    """

    linked: set[str] = field(default_factory=set)
    fresh: dict[str, Order] = field(default_factory=dict)


def link_payments(
    ledger: Ledger, monstock: Monstock, workers: Executor, rules: Rules, now: datetime
) -> Linked:
    """Resolve the link of every payment that asks for it.

    Orders that a payment leaves or joins are marked to be derived again in the transaction that
    stores the link, so that a crash in between loses nothing.

    Raises:
        MonstockError: Monstock cannot be asked; what was resolved until then is kept.
        LedgerError: the ledger cannot be written.
    """
    done = Linked()
    unreadable: list[UnreadableOrder] = []
    found: dict[Reference, tuple[Order, ...]] = {}
    while True:
        if len(found) > _MOST_KEPT:
            found.clear()
        with ledger.transaction() as connection:
            batch = payments_to_link(connection, _AT_A_TIME)
            decided = link_decisions(connection, [_name(one) for one in batch])
        if not batch:
            return done
        to_ask = [
            one.payment
            for one in batch
            if one.verdict is ScopeVerdict.OURS and _name(one) not in decided
        ]
        wanted = {ref for payment in to_ask for ref in references_wanted(payment, rules.links)}
        new = _look_up(monstock, workers, wanted - found.keys(), unreadable.append)
        found.update(new)
        likely = _likely(monstock, workers, to_ask, unreadable.append)
        read = (order for orders in new.values() for order in orders)
        done.fresh.update((one.id, one) for one in islice(read, _MOST_KEPT - len(done.fresh)))
        outcomes = {
            _name(one): _outcome(one, found, likely, decided.get(_name(one)), rules)
            for one in batch
        }
        stored = _store(
            ledger,
            batch,
            decided,
            outcomes,
            {one.order_id for one in unreadable if one.order_id},
            now,
        )
        done.linked.update(name for name in stored if outcomes[name].state is LinkState.LINKED)


def _name(stored: StoredPayment) -> str:
    return stored.payment.transaction_reference


def _look_up(
    monstock: Monstock,
    workers: Executor,
    wanted: Iterable[Reference],
    on_unreadable: OnUnreadable,
) -> dict[Reference, tuple[Order, ...]]:
    """The orders that answer to each reference, in as few requests as the profile allows."""
    by_field: dict[str, list[str]] = {}
    for name, value in sorted(wanted):
        by_field.setdefault(name, []).append(value)
    calls = [
        (name, chunk, workers.submit(monstock.find_many, name, chunk, on_unreadable))
        for name, values in by_field.items()
        for chunk in chunks(values, monstock.values_per_request(name))
    ]
    return {
        (name, value): tuple(call.result().get(value, ()))
        for name, chunk, call in calls
        for value in chunk
    }


def _likely(
    monstock: Monstock,
    workers: Executor,
    payments: Sequence[Payment],
    on_unreadable: OnUnreadable,
) -> Mapping[str, tuple[Order, ...]]:
    """Orders of the customers who paid without naming an order, by e-mail in lower case."""
    emails = {
        payment.customer_email.casefold()
        for payment in payments
        if payment.customer_email
        and payment.holds_money
        and not payment.link_candidates
        and monstock.finds_by_email
    }
    calls = {
        email: workers.submit(monstock.find_by_email, email, on_unreadable)
        for email in sorted(emails)
    }
    return {email: call.result() for email, call in calls.items()}


def _outcome(
    stored: StoredPayment,
    found: Mapping[Reference, tuple[Order, ...]],
    likely: Mapping[str, tuple[Order, ...]],
    decision: Decision | None,
    rules: Rules,
) -> LinkOutcome:
    payment = stored.payment
    if stored.verdict is not ScopeVerdict.OURS:
        return _refused(payment, stored.verdict)
    email = (payment.customer_email or "").casefold()
    mine = {
        reference: found.get(reference, ()) for reference in references_wanted(payment, rules.links)
    }
    return resolve_link(payment, mine, rules.links, decision=decision, likely=likely.get(email, ()))


def _refused(payment: Payment, verdict: ScopeVerdict) -> LinkOutcome:
    """A payment that is not ours at all; only the wrong mode is worth a person's look."""
    if verdict is not ScopeVerdict.WRONG_MODE or not payment.holds_money:
        return LinkOutcome(LinkState.NOT_OURS)
    mode = "live" if payment.livemode else "test"
    return LinkOutcome(
        LinkState.NOT_OURS,
        exceptions=(
            ExceptionFound(
                ExceptionKind.WRONG_MODE,
                f"A {mode} payment came where expect_livemode refuses it; it is on no order.",
                payment.transaction_reference,
            ),
        ),
    )


def _store(
    ledger: Ledger,
    batch: Sequence[StoredPayment],
    decided: Mapping[str, Decision],
    outcomes: Mapping[str, LinkOutcome],
    unreadable: set[str],
    now: datetime,
) -> list[str]:
    """Store the links of a batch; return the payments whose link was stored.

    A person may have decided on a payment while Monstock was asked. What was resolved without
    that word is dropped, and the payment is resolved again.
    """
    with ledger.transaction() as connection:
        in_force = link_decisions(connection, [_name(one) for one in batch])
        settled = [one for one in batch if in_force.get(_name(one)) == decided.get(_name(one))]
        links = [
            LinkFound(
                transaction_reference=_name(one),
                state=outcomes[_name(one)].state,
                rule=outcomes[_name(one)].rule,
                allocations=outcomes[_name(one)].allocations,
                customer_email=_email_to_wait_by(one.payment, outcomes[_name(one)]),
            )
            for one in settled
        ]
        change = save_links(connection, links, now)
        own_ids = {
            reference
            for one in settled
            if _name(one) in change.payments
            for reference in (_name(one), *one.payment.references)
        }
        QUEUE.mark(
            connection,
            change.orders | orders_with_rows(connection, own_ids),
            "a link changed",
            now,
        )
        # Reading it alone will say what is wrong with it, and show that to people.
        QUEUE.mark(connection, unreadable, "unreadable", now)
        renew_exceptions(
            connection,
            Source.LINK,
            {_name(one): outcomes[_name(one)].exceptions for one in settled},
            {_name(one): Amount(one.payment.amount, one.payment.currency) for one in settled},
            now,
        )
    return [_name(one) for one in settled]


def _email_to_wait_by(payment: Payment, outcome: LinkOutcome) -> str | None:
    if outcome.state is not LinkState.UNLINKED or not payment.customer_email:
        return None
    return payment.customer_email.casefold()[:320]
