"""One run: records in, orders right. Ties ledger, Monstock and the rules together."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.monstock_client import MonstockClient
from monstock_stripe_core.monstock_errors import (
    MonstockError,
    MonstockUnauthorized,
    MonstockUnsupported,
)
from monstock_stripe_core.profile import load_profile
from sqlalchemy import Connection
from target_common.ledger.history import keep_value, read_value
from target_common.ledger.queue import Backlog
from target_common.newest import BatchSize, Newest
from target_common.run import LedgerRun, utc_now
from target_common.waiting import drawn, nothing

from target_monstock.customer_sweep import sweep_customers
from target_monstock.customers import CustomerPlan, CustomerWork
from target_monstock.derive import Derived
from target_monstock.fresh import FreshOrders
from target_monstock.ingest import ingest
from target_monstock.ingest_customers import ingest_customers
from target_monstock.ingest_links import ingest_links
from target_monstock.ledger import open_ledger
from target_monstock.ledger.customers import QUEUE as CUSTOMERS
from target_monstock.ledger.customers import everybody
from target_monstock.ledger.due import orders_due, set_due_again
from target_monstock.ledger.exceptions import EXCEPTIONS
from target_monstock.ledger.links import relink_all
from target_monstock.ledger.orders import QUEUE, forget_looks
from target_monstock.ledger.payment_links import place_all_links
from target_monstock.ledger.payments import backlog_to_link, waiting_count
from target_monstock.links import Linked, Linker
from target_monstock.monstock import Monstock
from target_monstock.orders import OrderWork
from target_monstock.placing_links import place_payment_links
from target_monstock.plan_report import plan_lines
from target_monstock.rules import Rules, rules_for
from target_monstock.settings import CustomersMode, Settings, check_customers
from target_monstock.sink import PAYMENT_LINKS, PAYMENTS, STREAMS, STRIPE_CUSTOMERS
from target_monstock.summary import Summary
from target_monstock.sweep import BOOKMARK, sweep

_logger = logging.getLogger("target-monstock")

T = TypeVar("T")

_AT_A_TIME = 1000
"""Orders or payments that are taken up together."""

_TOGETHER = 200
"""Payments that are linked, and their orders worked on, before more are, while more may come."""

_MOST_KEPT = 5000
"""Names of linked payments kept in memory, so that each is counted once."""

_BEHIND_NEWS = 60.0
"""Seconds for which a payment is news: those that a sweep asks for go behind it."""

_ROUNDS = 3
"""Links that an order's reading unsettles are resolved in the same run, but not for ever."""


class Run(LedgerRun):
    """A run from its first record to its summary. Open it, feed it, finish it, close it.

    Args:
        settings: of the run.
        version: of the program, for the ledger.
        clock: the time, UTC.
        sleep: what waits between attempts at Monstock, in seconds; None: until the run is to end.
        show: takes the lines of a dry run's plan.

    Raises:
        ProfileError: the profile cannot be used.
        SettingError: a setting asks for what the profile does not describe.
        MonstockError: base_url or api_token cannot be one.
        LedgerError: the ledger cannot be opened, or is in use.
    """

    program: ClassVar[str] = "target-monstock"
    system: ClassVar[str] = "Monstock"
    remote_error: ClassVar[type[MonstockStripeError]] = MonstockError
    person_errors: ClassVar[tuple[type[MonstockStripeError], ...]] = (
        MonstockUnauthorized,
        MonstockUnsupported,
    )
    summary: Summary

    def __init__(
        self,
        settings: Settings,
        version: str,
        *,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] | None = None,
        show: Callable[[str], None] = print,
    ) -> None:
        self.settings = settings
        self.summary = Summary()
        self._plans: list[Derived] = []
        self._customer_plans: list[CustomerPlan] = []
        self._linked: set[str] = set()
        self._linked_before = 0
        self._fresh = FreshOrders()
        self._held: set[str] = set()
        self._first = {stream: Newest() for stream in STREAMS}
        self._first_orders = Newest()
        self._link_batch = BatchSize()
        profile = load_profile(settings.profile)
        check_customers(settings, profile)
        client = MonstockClient(
            settings.base_url, settings.api_token, profile, sleep=sleep or self._nap
        )
        self._monstock = Monstock(client)
        self._rules = rules_for(settings, client)
        ledger = open_ledger(settings.ledger_url, keeps=not settings.dry_run)
        super().__init__(ledger, settings, clock=clock, show=show)
        self._linker = Linker(self._ledger, self._monstock, self._workers, self._rules)
        self._order_work = OrderWork(
            self._ledger,
            self._monstock,
            self._workers,
            settings.concurrency,
            self._rules,
            clock,
            self._run_id,
            self._fresh,
            stopping=lambda: self.stopping,
            show=self._plans.append if settings.dry_run else None,
        )
        self._customer_work = CustomerWork(
            self._ledger,
            self._monstock,
            self._workers,
            settings.concurrency,
            self._rules,
            clock,
            self._run_id,
            stopping=lambda: self.stopping,
            show=self._customer_plans.append if settings.dry_run else None,
        )
        self._begin(version)

    def _take(self, stream: str, records: Sequence[Mapping[str, Any]]) -> None:
        done = _INGEST[stream](self._ledger, records, self._rules, self._clock())
        self.summary.records += done.records
        self.summary.changed += done.changed
        self.summary.rejected += len(done.rejected)
        self._first[stream].add(done.subjects, done.moments)
        self._first_orders.add(done.orders)
        for reference, reason in done.rejected:
            _logger.warning("record %s refused: %s", reference, reason)

    def _follow_settings(self, connection: Connection) -> None:
        self._started_at = self._clock()
        _follow_settings(connection, self._rules, self._started_at)

    def _work(self) -> None:
        for _ in range(_ROUNDS):
            derived = self._order_work.worked.derived
            if self._slice.more_comes:
                # So an order is worked on as it was just read, and a backlog holds up no news.
                self._link(_TOGETHER, self._derive_first)
            else:
                # All payments of an order are linked before it is written.
                self._link()
            self._place_links()
            self._derive()
            if self._enough() or self._order_work.worked.derived == derived:
                break
        work = self._customer_work
        work.pausing, work.meanwhile = self._is_slice_over, self.meanwhile
        while self._follows_customers and work.work_off(self._limit):
            if self._enough():
                break

    def _link(self, most: int = _AT_A_TIME, between: Callable[[], None] = nothing) -> None:
        """Resolve the links of payments, as many at a time as take a part of a slice.

        Args:
            most: at a time.
            between: called after each of these batches.
        """
        self._linker.forget()
        self._linker.meanwhile = self.meanwhile
        while True:
            limit = min(self._limit, self._link_batch.size, most)
            with self._link_batch.timed():
                first = self._first[PAYMENTS].take(limit)
                done = self._linker.link(limit, first, self._clock())
            if done is None:
                return
            self._keep_linked(done)
            between()
            if self._enough():
                return

    def _keep_linked(self, done: Linked) -> None:
        self._linked |= done.linked
        if len(self._linked) > _MOST_KEPT:
            self._forget_linked()
        self._fresh.add(done.fresh)
        self._first_orders.add(done.orders | done.named)

    def _place_links(self) -> None:
        while True:
            limit = min(self._limit, self._link_batch.size)
            touched = place_payment_links(
                self._ledger,
                self._monstock,
                self._workers,
                self._rules,
                limit,
                self._first[PAYMENT_LINKS].take(limit),
                self.meanwhile,
                self._clock(),
            )
            if touched is None:
                return
            self._first_orders.add(touched)
            if self._enough():
                return

    def _derive(self) -> None:
        while self._work_off(self._limit, self._first_orders.take(self._limit)):
            if self._enough():
                break

    def _derive_first(self) -> None:
        """Work on the newest orders alone: they are fresh, and nothing older holds them up."""
        if first := self._first_orders.take(self._limit):
            self._work_off(len(first), first)

    def _work_off(self, limit: int, first: Sequence[str]) -> bool:
        work = self._order_work
        work.pausing, work.meanwhile = self._is_slice_over, self.meanwhile
        found = work.work_off(limit, first)
        if self._enough():
            self._first_orders.put_back(first)
        return found

    @property
    def _limit(self) -> int:
        """Subjects that are taken up together."""
        return 1 if self._probing else _AT_A_TIME

    @property
    def _follows_customers(self) -> bool:
        return self.settings.customers is not CustomersMode.OFF

    def _sweep(self) -> Iterator[object]:
        now = self._clock()
        with self._ledger.transaction() as connection:
            due = orders_due(connection, now)
            QUEUE.mark(connection, due, "time passed", now)
        self._first_orders.add(due)
        self._link(_TOGETHER if self._slice.more_comes else _AT_A_TIME)
        pages = sweep(
            self._ledger,
            self._monstock,
            self._rules,
            self.settings.orders_since,
            self._run_id,
            self._clock,
            self._drawn,
        )
        for swept in pages:
            self.summary.swept += swept.seen
            self._held |= swept.held
            self._fresh.add(swept.fresh)
            behind_news = time.time() - _BEHIND_NEWS
            self._first[PAYMENTS].add(swept.payments, dict.fromkeys(swept.payments, behind_news))
            self._first_orders.add(swept.orders)
            yield swept
        if self._follows_customers:
            customers = sweep_customers(
                self._ledger, self._monstock, self._started_at, self._clock, self._drawn
            )
            for changed in customers:
                self.summary.customers_swept += changed
                yield changed

    def _drawn(self, pages: Iterator[T]) -> Iterator[T]:
        return drawn(pages, self._workers, self.meanwhile)

    def _forget(self) -> None:
        self._order_work.forget()
        self._customer_work.forget()
        self._linker.forget()
        self._fresh.forget()
        self._held.clear()
        self._forget_linked()

    def _forget_linked(self) -> None:
        self._linked_before += len(self._linked)
        self._linked.clear()

    def _be_brief(self, *, brief: bool) -> None:
        self._monstock.client.be_brief(brief=brief)

    def _sum_up(self, connection: Connection) -> None:
        summary = self.summary
        summary.linked = self._linked_before + len(self._linked)
        summary.derived = self._order_work.worked.derived
        summary.writes = self._order_work.worked.writes + self._customer_work.worked.writes
        summary.customers = self._customer_work.worked.matched
        summary.waiting = waiting_count(connection)
        summary.exceptions = EXCEPTIONS.counts(connection)
        summary.dirty = QUEUE.backlog(connection).count

    def _backlog(self, connection: Connection) -> Backlog:
        subjects = QUEUE.backlog(connection) + CUSTOMERS.backlog(connection)
        return subjects + backlog_to_link(connection)

    def _repeats(self) -> int:
        return self._monstock.client.repeats

    def _answers(self) -> int:
        return self._monstock.client.answers

    def _plan_lines(self, *, as_json: bool) -> Iterable[str]:
        customers = sorted(self._customer_plans, key=lambda plan: plan.job.subject)
        return plan_lines(self._plans, customers, as_json=as_json)

    def _close_remote(self) -> None:
        self._monstock.client.close()

    def _left_over(self) -> list[str]:
        worked = self._order_work.worked
        left = []
        if self.summary.rejected:
            left.append(f"{self.summary.rejected} records were refused.")
        if worked.refused:
            first = next(iter(worked.refused.values()))
            left.append(f"Monstock refused {len(worked.refused)} orders: {first}")
        if worked.busy:
            left.append(f"{len(worked.busy)} orders kept changing while they were written.")
        customers = self._customer_work.worked
        if customers.refused:
            first = next(iter(customers.refused.values()))
            left.append(f"Monstock refused {len(customers.refused)} customers: {first}")
        if customers.busy:
            left.append(f"{len(customers.busy)} customers kept changing while they were written.")
        held = self._held | worked.held
        if held:
            left.append(
                f"{len(held)} orders have payments of which the ledger has never heard; nothing "
                "was written on them. If this ledger replaces one that was lost, run the tap once "
                "from the beginning (full refresh)."
            )
        if left:
            left.append("`target-monstock exceptions` lists them.")
        return left


_INGEST = {PAYMENTS: ingest, PAYMENT_LINKS: ingest_links, STRIPE_CUSTOMERS: ingest_customers}
"""What takes the records of each stream into the ledger."""


def _follow_settings(connection: Connection, rules: Rules, now: datetime) -> None:
    """Where settings changed since the last run, have everything that they decide decided again."""
    links = read_value(connection, "links_digest")
    if links != rules.links_digest:
        if links is not None:
            _logger.info("settings of linking changed: every payment looks for its order again")
        relink_all(connection)
        place_all_links(connection)
        keep_value(connection, "links_digest", rules.links_digest)
    orders = read_value(connection, "orders_digest")
    if orders != rules.orders_digest:
        if orders is not None:
            _logger.info("settings of the status changed: every order is derived again")
        forget_looks(connection)
        keep_value(connection, BOOKMARK, "")
        keep_value(connection, "orders_digest", rules.orders_digest)
    expires_after = str(rules.status.action_expires_after)
    if read_value(connection, "action_expires_after") != expires_after:
        set_due_again(connection, rules.status, now)
        keep_value(connection, "action_expires_after", expires_after)
    if rules.customers is CustomersMode.OFF:
        return
    if read_value(connection, "customers_digest") != rules.customers_digest:
        CUSTOMERS.mark(connection, everybody(connection), "settings changed", now)
        keep_value(connection, "customers_digest", rules.customers_digest)
