"""The customers at Stripe, found by lists and searches instead of one by one.

A list gives a hundred customers a request and knows what was made a moment ago; a search gives
those that are asked for, some time later. Which is cheaper depends on how many customers there are
at Stripe, which nobody says. So pages of the list are read for as many requests as searching would
take; if it has not ended by then, the rest is searched for.
"""

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime

from monstock_stripe_core.stripe_customer_calls import customers_page, customers_with_email
from monstock_stripe_core.stripe_customer_plan import (
    CUSTOMER_ID_KEY,
    CustomerFacts,
    CustomerRules,
    customer_facts,
    is_named,
)
from monstock_stripe_core.stripe_lookup import MOST_CLAUSES, with_metadata
from monstock_stripe_core.stripe_writer import StripeWriter

_MOST_KEPT = 200_000
"""Customers kept in memory; a list that is longer is not read to its end."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A customer as it was read at some moment."""

    facts: CustomerFacts
    at: datetime


@dataclass(slots=True)
class _Listed:
    by_id: dict[str, Seen] = field(default_factory=dict)
    by_name: dict[str, list[str]] = field(default_factory=dict)
    by_email: dict[str, list[str]] = field(default_factory=dict)
    after: str | None = None
    whole: bool = False


class CustomerDirectory:
    """Which customers there are at Stripe, as far as it was asked.

    Args:
        stripe: of the account whose customers they are.
        rules: the tenant's settings.
        workers: threads for searches.
    """

    def __init__(self, stripe: StripeWriter, rules: CustomerRules, workers: Executor) -> None:
        self._stripe = stripe
        self._rules = rules
        self._workers = workers
        self._listed = _Listed()
        self._searched: set[str] = set()

    def prepare(self, names: Collection[str], ids: Collection[str], now: datetime) -> None:
        """Ask for many customers at once.

        Args:
            names: Monstock's ids of customers whose ids at Stripe are not known.
            ids: ids at Stripe of customers that are to be read.
            now: UTC.

        Raises:
            StripeApiError: Stripe cannot be asked.
        """
        unknown = [one for one in names if one not in self._searched and not self._named(one)]
        unread = [one for one in ids if one not in self._listed.by_id]
        self._list(-(-len(unknown) // MOST_CLAUSES) + len(unread), now)
        if not self._listed.whole:
            left = [one for one in unknown if not self._named(one)]
            self._search(left, now)

    def seen(self, stripe_id: str) -> Seen | None:
        """A customer that was read along the way; None if it was not."""
        return self._listed.by_id.get(stripe_id)

    def named(self, customer_id: str) -> list[Seen]:
        """The customers that carry a Monstock id of our tenant."""
        return [self._listed.by_id[one] for one in self._named(customer_id)]

    def with_email(self, email: str) -> list[CustomerFacts] | None:
        """The customers with an e-mail address; None if the list was not read to its end."""
        if not self._listed.whole:
            return None
        return [
            self._listed.by_id[one].facts for one in self._listed.by_email.get(email.casefold(), ())
        ]

    def ask_for_email(self, email: str) -> list[CustomerFacts]:
        """The same, asked for by itself. Called by a worker.

        Raises:
            StripeApiError: Stripe cannot be asked.
        """
        return [customer_facts(one) for one in customers_with_email(self._stripe, email)]

    def keep(self, facts: CustomerFacts, now: datetime) -> None:
        """Remember a customer as it is now."""
        self._add(facts, now)

    def _named(self, customer_id: str) -> list[str]:
        ids = self._listed.by_name.get(customer_id, ())
        return [
            one for one in ids if is_named(self._listed.by_id[one].facts, customer_id, self._rules)
        ]

    def _list(self, most_pages: int, now: datetime) -> None:
        for _ in range(most_pages):
            if self._listed.whole or len(self._listed.by_id) >= _MOST_KEPT:
                return
            page, more = customers_page(self._stripe, self._listed.after)
            for value in page:
                self._add(customer_facts(value), now)
            self._listed.after = page[-1]["id"] if page else self._listed.after
            self._listed.whole = not (more and page)

    def _search(self, names: Sequence[str], now: datetime) -> None:
        def find(some: Sequence[str]) -> list[CustomerFacts]:
            found = with_metadata(self._stripe, "customer", CUSTOMER_ID_KEY, some)
            return [customer_facts(one) for one in found]

        groups = [names[at : at + MOST_CLAUSES] for at in range(0, len(names), MOST_CLAUSES)]
        for found in self._workers.map(find, groups):
            self._add_all(found, now)
        self._searched.update(names)

    def _add_all(self, found: Iterable[CustomerFacts], now: datetime) -> None:
        for facts in found:
            self._add(facts, now)

    def _add(self, facts: CustomerFacts, now: datetime) -> None:
        listed = self._listed
        known = listed.by_id.get(facts.id)
        listed.by_id[facts.id] = Seen(facts, now)
        if known is None or known.facts.metadata != facts.metadata:
            name = facts.metadata.get(CUSTOMER_ID_KEY)
            if name and facts.id not in listed.by_name.setdefault(name, []):
                listed.by_name[name].append(facts.id)
        if facts.email:
            ids = listed.by_email.setdefault(facts.email.casefold(), [])
            if facts.id not in ids:
                ids.append(facts.id)
