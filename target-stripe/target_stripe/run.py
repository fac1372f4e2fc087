"""One run: records in, Stripe right. Ties ledger, Stripe and the rules together."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.stripe_demand import OrderAs
from monstock_stripe_core.stripe_errors import (
    StripeApiError,
    StripeForbiddenError,
    StripeUnauthorizedError,
)
from monstock_stripe_core.stripe_writer import StripeWriter
from sqlalchemy import Connection
from target_common.ledger.history import keep_value, read_value
from target_common.ledger.queue import Backlog, DirtySubject
from target_common.newest import Newest
from target_common.run import LedgerRun, utc_now

from target_stripe.customers import CustomerWork
from target_stripe.ingest import ingest
from target_stripe.ledger import customers, open_ledger, orders
from target_stripe.ledger.exceptions import EXCEPTIONS, Source, subjects_with_exceptions
from target_stripe.needed import need_customers
from target_stripe.orders import OrderWork
from target_stripe.outcome import PlannedWrite, Worked
from target_stripe.plan_report import plan_lines
from target_stripe.settings import Settings
from target_stripe.summary import Summary

_logger = logging.getLogger("target-stripe")

_AT_A_TIME = 1000
"""Orders or customers that are taken up together."""

_LOOK_AGAIN = timedelta(hours=1)
"""What waits for a person may have been put right at Stripe, of which nobody tells us."""


class Run(LedgerRun):
    """A run from its first record to its summary. Open it, feed it, finish it, close it.

    Args:
        settings: of the run.
        version: of the program, for the ledger.
        clock: the time, UTC.
        sleep: waits for so many seconds.
        show: takes the lines of a dry run's plan.

    Raises:
        LedgerError: the ledger cannot be opened, or is in use.
    """

    program: ClassVar[str] = "target-stripe"
    system: ClassVar[str] = "Stripe"
    remote_error: ClassVar[type[MonstockStripeError]] = StripeApiError
    person_errors: ClassVar[tuple[type[MonstockStripeError], ...]] = (
        StripeUnauthorizedError,
        StripeForbiddenError,
    )
    summary: Summary

    def __init__(
        self,
        settings: Settings,
        version: str,
        *,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        show: Callable[[str], None] = print,
    ) -> None:
        self.settings = settings
        self.summary = Summary()
        self._planned: list[PlannedWrite] = []
        self._worked = Worked()
        self._first_orders = Newest()
        ledger = open_ledger(settings.ledger_url, keeps=not settings.dry_run)
        super().__init__(ledger, settings, clock=clock, show=show)
        self._stripe = StripeWriter(
            settings.api_key,
            api_base=settings.api_base,
            limits=settings.limits,
            retries=settings.retries,
        )
        shows = self._planned.append if settings.dry_run else None
        self._customers = CustomerWork(
            ledger,
            self._stripe.for_account(settings.account_id),
            self._workers,
            settings.concurrency,
            settings.customers,
            clock,
            sleep,
            self._run_id,
            self._worked,
            stopping=lambda: self.stopping,
            show=shows,
        )
        self._orders = OrderWork(
            ledger,
            self._stripe,
            settings.account_id,
            self._workers,
            settings.concurrency,
            settings.collection,
            clock,
            sleep,
            self._run_id,
            self._worked,
            stopping=lambda: self.stopping,
            show=shows,
        )
        self._begin(version)

    def _take(self, stream: str, records: Sequence[Mapping[str, Any]]) -> None:
        done = ingest(self._ledger, stream, records, self._clock())
        self.summary.records += done.records
        self.summary.changed += done.changed
        self.summary.rejected += len(done.rejected)
        self._first_orders.add(done.orders)
        for subject, reason in done.rejected:
            _logger.warning("record %s of %s refused: %s", subject, stream, reason)

    def _work(self) -> None:
        for work in (self._customers, self._orders):
            work.pausing, work.meanwhile = self._is_slice_over, self.meanwhile
        limit = 1 if self._probing else _AT_A_TIME
        tried: set[DirtySubject] = set()
        first = self._first_orders.take(limit)
        while True:
            with self._ledger.transaction() as connection:
                dirty = self._orders.some(connection, limit, first)
                ids = [one.subject for one in dirty]
                need_customers(connection, ids, self.settings.collection, self._clock())
            if self._work_on_customers(limit):
                if self._enough():
                    self._first_orders.put_back(first)
                    return
                continue  # it may have led to more orders, and they to more customers
            self._orders.work_off(dirty)
            if self._enough():
                self._first_orders.put_back(first)
                return
            if tried.issuperset(dirty):
                return
            tried.update(dirty)
            first = self._first_orders.take(limit)

    def _work_on_customers(self, limit: int) -> bool:
        """Work on customers, who come before the orders that they are needed for.

        Returns:
            Whether there was one.
        """
        worked = False
        while self._customers.work_off(limit):
            worked = True
            touched = self._customers.take_touched()
            if touched and self.settings.collection.order_as is not OrderAs.ANNOTATE:
                with self._ledger.transaction() as connection:
                    theirs = orders.orders_of_customers(connection, touched)
                    orders.QUEUE.mark(connection, theirs, "its customer is known", self._clock())
            if self._enough():
                break
        return worked

    def _sweep(self) -> Iterator[object]:
        now = self._clock()
        with self._ledger.transaction() as connection:
            self._look_again(connection, now)
        yield True

    def _forget(self) -> None:
        self._worked.forget()
        self._customers.forget()
        self._orders.forget()

    def _be_brief(self, *, brief: bool) -> None:
        self._stripe.be_brief(brief=brief)

    def _look_again(self, connection: Connection, now: datetime) -> None:
        waiting = subjects_with_exceptions(connection, Source.ORDER)
        seen = orders.last_looked_at(connection, waiting)
        due = [one for one, at in seen.items() if now - at >= _LOOK_AGAIN]
        orders.QUEUE.mark(connection, due, "something waits", now)
        waiting = subjects_with_exceptions(connection, Source.CUSTOMER)
        seen = customers.customers_last_looked_at(connection, waiting)
        due = [one for one, at in seen.items() if now - at >= _LOOK_AGAIN]
        customers.QUEUE.mark(connection, due, "something waits", now)

    def _follow_settings(self, connection: Connection) -> None:
        """Where settings changed, have everything that they decide decided again."""
        now = self._clock()
        collection = self.settings.collection
        of_orders = _digest(
            sorted(collection.collect_states),
            replace(collection, collect_states=frozenset()),
            self.settings.account_id,
        )
        if read_value(connection, "orders_digest") != of_orders:
            orders.QUEUE.mark(connection, orders.all_orders(connection), "settings changed", now)
            keep_value(connection, "orders_digest", of_orders)
        of_customers = _digest(self.settings.customers, self.settings.account_id)
        if read_value(connection, "customers_digest") != of_customers:
            unlinked = customers.unlinked_customers(connection)
            customers.QUEUE.mark(connection, unlinked, "settings changed", now)
            keep_value(connection, "customers_digest", of_customers)

    def _sum_up(self, connection: Connection) -> None:
        summary = self.summary
        summary.planned = self._worked.planned
        summary.requests = self._stripe.counts.made
        summary.writes = self._worked.writes
        summary.exceptions = EXCEPTIONS.counts(connection)
        summary.dirty = self._backlog(connection).count

    def _backlog(self, connection: Connection) -> Backlog:
        return orders.QUEUE.backlog(connection) + customers.QUEUE.backlog(connection)

    def _repeats(self) -> int:
        return self._stripe.counts.by_endpoint.repeated.total()

    def _answers(self) -> int:
        return self._stripe.counts.answers

    def _plan_lines(self, *, as_json: bool) -> Iterable[str]:
        return plan_lines(self._planned, as_json=as_json)

    def _left_over(self) -> list[str]:
        worked = self._worked
        left = []
        if self.summary.rejected:
            left.append(f"{self.summary.rejected} records were refused.")
        if worked.refused:
            first = next(iter(worked.refused.values()))
            left.append(
                f"Stripe refused something of {len(worked.refused)} orders or customers: {first}"
            )
        if worked.busy:
            left.append(f"{len(worked.busy)} orders or customers kept changing under our hands.")
        if left:
            left.append("`target-stripe exceptions` lists them.")
        return left

    def _close_remote(self) -> None:
        self._stripe.close()


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()
