"""One run: records in, orders right. Ties ledger, Monstock and the rules together."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.monstock_client import MonstockClient
from monstock_stripe_core.monstock_errors import MonstockError
from monstock_stripe_core.order import Order
from monstock_stripe_core.order_status import StatusRules
from monstock_stripe_core.profile import load_profile
from monstock_stripe_core.write_plan import WriteRules
from sqlalchemy import Connection
from target_common.ledger.history import keep_value, read_value
from target_common.run import LedgerRun, utc_now

from target_monstock.customer_sweep import sweep_customers
from target_monstock.customers import CustomerPlan, CustomerWork
from target_monstock.derive import Derived
from target_monstock.ingest import ingest
from target_monstock.ingest_customers import ingest_customers
from target_monstock.ingest_links import ingest_links
from target_monstock.ledger import open_ledger
from target_monstock.ledger.customers import QUEUE as CUSTOMERS
from target_monstock.ledger.customers import everybody
from target_monstock.ledger.exceptions import EXCEPTIONS
from target_monstock.ledger.links import relink_all
from target_monstock.ledger.orders import QUEUE, forget_looks
from target_monstock.ledger.payment_links import place_all_links
from target_monstock.ledger.payments import orders_due, waiting_count
from target_monstock.links import link_payments
from target_monstock.monstock import Monstock
from target_monstock.orders import OrderWork
from target_monstock.placing_links import place_payment_links
from target_monstock.plan_report import plan_lines
from target_monstock.rules import Rules, rules_of
from target_monstock.settings import CustomersMode, Settings, check_customers
from target_monstock.sink import PAYMENT_LINKS, PAYMENTS, STRIPE_CUSTOMERS
from target_monstock.summary import Summary
from target_monstock.sweep import BOOKMARK, sweep

_logger = logging.getLogger("target-monstock")

_ROUNDS = 3
"""Links that an order's reading unsettles are resolved in the same run, but not for ever."""


class Run(LedgerRun):
    """A run from its first record to its summary. Open it, feed it, finish it, close it.

    Args:
        settings: of the run.
        version: of the program, for the ledger.
        clock: the time, UTC.
        sleep: what waits between attempts at Monstock, in seconds.
        show: takes the lines of a dry run's plan.

    Raises:
        ProfileError: the profile cannot be used.
        SettingError: a setting asks for what the profile does not describe.
        MonstockError: base_url or api_token cannot be one.
        LedgerError: the ledger cannot be opened, or is in use.
    """

    remote_error: ClassVar[type[MonstockStripeError]] = MonstockError
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
        self._plans: list[Derived] = []
        self._customer_plans: list[CustomerPlan] = []
        self._linked: set[str] = set()
        self._fresh: dict[str, Order] = {}
        self._held: set[str] = set()
        profile = load_profile(settings.profile)
        check_customers(settings, profile)
        client = MonstockClient(settings.base_url, settings.api_token, profile, sleep=sleep)
        self._monstock = Monstock(client)
        self._rules = _rules(settings, client)
        ledger = open_ledger(settings.ledger_url, keeps=not settings.dry_run)
        super().__init__(ledger, settings, clock=clock, show=show)
        self._order_work = OrderWork(
            self._ledger,
            self._monstock,
            self._workers,
            settings.concurrency,
            self._rules,
            clock,
            self._run_id,
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

    def take(self, stream: str, records: Sequence[Mapping[str, Any]]) -> None:
        """Put records into the ledger; when this returns, they survive any crash.

        Raises:
            LedgerError: none of them is kept.
        """
        done = _INGEST[stream](self._ledger, records, self._rules, self._clock())
        self.summary.records += done.records
        self.summary.changed += done.changed
        self.summary.rejected += len(done.rejected)
        for reference, reason in done.rejected:
            _logger.warning("record %s refused: %s", reference, reason)

    def _follow_settings(self, connection: Connection) -> None:
        self._started_at = self._clock()
        _follow_settings(connection, self._rules, self._started_at)

    def _work(self) -> None:
        for _ in range(_ROUNDS):
            done = link_payments(
                self._ledger, self._monstock, self._workers, self._rules, self._clock()
            )
            self._linked |= done.linked
            self._fresh.update(done.fresh)
            place_payment_links(self._ledger, self._monstock, self._rules, self._clock())
            derived = self._order_work.worked.derived
            self._order_work.work_off(self._fresh)
            self._fresh.clear()
            if self._order_work.worked.derived == derived:
                break
        if self._follows_customers:
            self._customer_work.work_off()

    @property
    def _follows_customers(self) -> bool:
        return self.settings.customers is not CustomersMode.OFF

    def _work_to_the_end(self) -> None:
        now = self._clock()
        with self._ledger.transaction() as connection:
            QUEUE.mark(connection, orders_due(connection, now), "time passed", now)
        done = link_payments(self._ledger, self._monstock, self._workers, self._rules, now)
        self._linked |= done.linked
        swept = sweep(
            self._ledger, self._monstock, self._rules, self.settings.orders_since, self._run_id, now
        )
        self.summary.swept += swept.seen
        self._held |= swept.held
        self._fresh.update(swept.fresh)
        if self._follows_customers:
            self.summary.customers_swept += sweep_customers(
                self._ledger, self._monstock, self._started_at, now
            )
        self._work()

    def _sum_up(self, connection: Connection) -> None:
        summary = self.summary
        summary.linked = len(self._linked)
        summary.derived = self._order_work.worked.derived
        summary.writes = self._order_work.worked.writes + self._customer_work.worked.writes
        summary.customers = self._customer_work.worked.matched
        summary.waiting = waiting_count(connection)
        summary.exceptions = EXCEPTIONS.counts(connection)
        summary.dirty = QUEUE.count(connection)

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


def _rules(settings: Settings, client: MonstockClient) -> Rules:
    payments = client.profile.payments
    status = StatusRules(
        our_method=payments.our_method,
        stripe_like_methods=frozenset(
            one.casefold() for one in (payments.our_method, *payments.stripe_like_methods)
        ),
        tolerance=settings.currency_tolerance,
        zero_total_is_paid=settings.zero_total_is_paid,
        action_expires_after=settings.action_expires_after,
        near=settings.duplicates_near,
    )
    writes = WriteRules(
        payment_status=client.writes_payment_status,
        amount_due=client.writes_amount_due,
        payment_url=client.writes_payment_url,
        other_currencies=client.holds_other_currencies,
        on_paid_state=settings.on_paid_order_status,
        on_paid_from=settings.on_paid_from_statuses,
    )
    return rules_of(settings, writes, status, repr(client.profile))


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
    if rules.customers is CustomersMode.OFF:
        return
    if read_value(connection, "customers_digest") != rules.customers_digest:
        CUSTOMERS.mark(connection, everybody(connection), "settings changed", now)
        keep_value(connection, "customers_digest", rules.customers_digest)
