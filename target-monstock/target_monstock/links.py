"""Where payments belong: their references looked up in Monstock in bulk, judged by the core."""

from collections.abc import Callable, Mapping, Sequence, Set
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime

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
from target_common.waiting import all_results, nothing

from target_monstock.ledger.decisions import link_decisions
from target_monstock.ledger.exceptions import Source, renew_exceptions
from target_monstock.ledger.links import LinkFound, save_links
from target_monstock.ledger.orders import QUEUE, orders_with_rows
from target_monstock.ledger.payments import (
    StoredPayment,
    payments_to_link,
    those_unchanged,
)
from target_monstock.monstock import Monstock
from target_monstock.rules import Rules

_MOST_KEPT = 5000
"""Names of orders whose answers are kept in memory for the payments to come."""


@dataclass(slots=True)
class Linked:
    """What linking did.

    Attributes:
        linked: payments that have an order now.
        fresh: orders as they were just read, for whoever works on them next.
        orders: those that are to be derived again for it.
        named: those that its payments name or are on, whether or not anything changed.
    """

    linked: set[str] = field(default_factory=set)
    fresh: Sequence[Order] = ()
    orders: Set[str] = frozenset()
    named: Set[str] = frozenset()


class Linker:
    """Resolves the links of payments that ask for it, a batch at a time.

    Args:
        ledger: open for writing.
        monstock: the tenant.
        workers: threads for the requests.
        rules: of this run.

    Attributes:
        meanwhile: called now and then while workers are waited for.
    """

    def __init__(self, ledger: Ledger, monstock: Monstock, workers: Executor, rules: Rules) -> None:
        self.meanwhile: Callable[[], None] = nothing
        self._ledger = ledger
        self._monstock = monstock
        self._workers = workers
        self._rules = rules
        self._unreadable: list[UnreadableOrder] = []
        self._found: dict[Reference, tuple[Order, ...]] = {}

    def forget(self) -> None:
        """Forget which orders answer to what: they may change at any time."""
        self._found.clear()
        self._unreadable.clear()

    def link(self, limit: int, first: Sequence[str], now: datetime) -> Linked | None:
        """Resolve the links of a batch.

        Orders that a payment leaves or joins are marked to be derived again in the transaction
        that stores the link, so that a crash in between loses nothing.

        Args:
            limit: payments of the batch at most.
            first: those that go before others.
            now: UTC.

        Returns:
            What it did; None where no payment asks for it any more.

        Raises:
            MonstockError: Monstock cannot be asked; nothing of the batch is resolved.
            LedgerError: the ledger cannot be written.
        """
        with self._ledger.transaction() as connection:
            batch = payments_to_link(connection, limit, first)
            decided = link_decisions(connection, [_name(one) for one in batch])
        if not batch:
            return None
        if len(self._found) > _MOST_KEPT:
            self._found.clear()
        to_ask = [
            one.payment
            for one in batch
            if one.verdict is ScopeVerdict.OURS and _name(one) not in decided
        ]
        new = self._look_up(to_ask)
        self._found.update(new)
        likely = self._likely(to_ask)
        done = Linked(fresh=[order for orders in new.values() for order in orders])
        mine = {_name(one): self._found_for(one.payment) for one in batch}
        outcomes = {
            name: _outcome(one, mine[name], likely, decided.get(name), self._rules)
            for name, one in zip(mine, batch, strict=True)
        }
        found = (mine[payment.transaction_reference].values() for payment in to_ask)
        done.named = {order.id for each in found for orders in each for order in orders}
        done.named |= {one.order_id for each in outcomes.values() for one in each.allocations}
        unreadable = {one.order_id for one in self._unreadable if one.order_id}
        stored = _store(self._ledger, batch, decided, outcomes, unreadable, done, now)
        done.linked.update(name for name in stored if outcomes[name].state is LinkState.LINKED)
        return done

    def _look_up(self, payments: Sequence[Payment]) -> dict[Reference, tuple[Order, ...]]:
        """The orders that answer to each reference, in as few requests as the profile allows."""
        links = self._rules.links
        wanted = {ref for payment in payments for ref in references_wanted(payment, links)}
        by_field: dict[str, list[str]] = {}
        for name, value in sorted(wanted - self._found.keys()):
            by_field.setdefault(name, []).append(value)
        asked = [
            (name, chunk)
            for name, values in by_field.items()
            for chunk in chunks(values, self._monstock.values_per_request(name))
        ]
        find, unreadable = self._monstock.find_many, self._unreadable.append
        calls = [self._workers.submit(find, name, chunk, unreadable) for name, chunk in asked]
        answers = all_results(calls, self.meanwhile)
        return {
            (name, value): tuple(answer.get(value, ()))
            for (name, chunk), answer in zip(asked, answers, strict=True)
            for value in chunk
        }

    def _found_for(self, payment: Payment) -> dict[Reference, tuple[Order, ...]]:
        """The orders that answer to what a payment names, as far as they were looked up."""
        wanted = references_wanted(payment, self._rules.links)
        return {reference: self._found.get(reference, ()) for reference in wanted}

    def _likely(self, payments: Sequence[Payment]) -> Mapping[str, tuple[Order, ...]]:
        """Orders of the customers who paid without naming one, by e-mail in lower case."""
        emails = sorted(
            {
                payment.customer_email.casefold()
                for payment in payments
                if payment.customer_email
                and payment.holds_money
                and not payment.link_candidates
                and self._monstock.finds_by_email
            }
        )
        find, unreadable = self._monstock.find_by_email, self._unreadable.append
        calls = [self._workers.submit(find, email, unreadable) for email in emails]
        return dict(zip(emails, all_results(calls, self.meanwhile), strict=True))


def _name(stored: StoredPayment) -> str:
    return stored.payment.transaction_reference


def _outcome(
    stored: StoredPayment,
    mine: Mapping[Reference, tuple[Order, ...]],
    likely: Mapping[str, tuple[Order, ...]],
    decision: Decision | None,
    rules: Rules,
) -> LinkOutcome:
    payment = stored.payment
    if stored.verdict is not ScopeVerdict.OURS:
        return _refused(payment, stored.verdict)
    email = (payment.customer_email or "").casefold()
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
    done: Linked,
    now: datetime,
) -> list[str]:
    """Store the links of a batch; return the payments whose link was stored.

    While Monstock was asked, a person may have decided on a payment, or it was read again. What was
    resolved without that is dropped, and the payment is resolved again.
    """
    with ledger.transaction(synced=False) as connection:
        in_force = link_decisions(connection, [_name(one) for one in batch])
        unchanged = those_unchanged(connection, batch)
        settled = [
            one
            for one in batch
            if _name(one) in unchanged and in_force.get(_name(one)) == decided.get(_name(one))
        ]
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
        done.orders = change.orders | orders_with_rows(connection, own_ids)
        QUEUE.mark(connection, done.orders, "a link changed", now)
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
