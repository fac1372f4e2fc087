"""One run: records in, orders right. Ties ledger, Monstock and the rules together."""

import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from monstock_stripe_core.monstock_client import MonstockClient
from monstock_stripe_core.monstock_errors import MonstockError
from monstock_stripe_core.order import Order
from monstock_stripe_core.order_status import StatusRules
from monstock_stripe_core.profile import load_profile
from monstock_stripe_core.write_plan import WriteRules
from sqlalchemy import Connection

from target_monstock.derive import Derived
from target_monstock.errors import RunIncompleteError
from target_monstock.ingest import ingest
from target_monstock.ledger import open_ledger
from target_monstock.ledger.exceptions import exception_counts
from target_monstock.ledger.history import begin_run, end_run, keep_value, read_value
from target_monstock.ledger.links import relink_all
from target_monstock.ledger.orders import dirty_count, forget_looks, mark_dirty
from target_monstock.ledger.payments import orders_due, waiting_count
from target_monstock.links import link_payments
from target_monstock.monstock import Monstock
from target_monstock.orders import OrderWork
from target_monstock.plan_report import plan_lines
from target_monstock.rules import Rules, rules_of
from target_monstock.settings import Settings
from target_monstock.summary import Summary
from target_monstock.sweep import BOOKMARK, sweep

_logger = logging.getLogger("target-monstock")

_ROUNDS = 3
"""Links that an order's reading unsettles are resolved in the same run, but not for ever."""


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


class Run:
    """A run from its first record to its summary. Open it, feed it, finish it, close it.

    Args:
        settings: of the run.
        version: of the program, for the ledger.
        clock: the time, UTC.
        sleep: what waits between attempts at Monstock, in seconds.
        show: takes the lines of a dry run's plan.

    Raises:
        ProfileError: the profile cannot be used.
        MonstockError: base_url or api_token cannot be one.
        LedgerError: the ledger cannot be opened, or is in use.
    """

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
        self.stopping = False
        self._clock = clock
        self._show = show
        self._plans: list[Derived] = []
        self._problems: list[str] = []
        self._notes: list[str] = []
        self._linked: set[str] = set()
        self._closed = False
        self._fresh: dict[str, Order] = {}
        self._held: set[str] = set()
        self._run_id = str(uuid.uuid4())
        profile = load_profile(settings.profile)
        client = MonstockClient(settings.base_url, settings.api_token, profile, sleep=sleep)
        self._monstock = Monstock(client)
        self._rules = _rules(settings, client)
        self._ledger = open_ledger(settings.ledger_url, keeps=not settings.dry_run)
        self._workers = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="monstock")
        self._work = OrderWork(
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
        try:
            with self._ledger.transaction() as connection:
                begin_run(connection, self._run_id, version, clock())
                _follow_settings(connection, self._rules)
        except BaseException:
            self.close()
            raise

    def take(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Put records into the ledger; when this returns, they survive any crash.

        Raises:
            LedgerError: none of them is kept.
        """
        done = ingest(self._ledger, records, self._rules, self._clock())
        self.summary.records += done.records
        self.summary.changed += done.changed
        self.summary.rejected += len(done.rejected)
        for reference, reason in done.rejected:
            _logger.warning("record %s refused: %s", reference, reason)

    def place(self) -> None:
        """Link what came and write it onto its orders, as far as Monstock lets us.

        A dry run waits until all has come, so that each order is planned once.
        """
        if self.settings.dry_run or self._problems or self.stopping:
            return
        self._attempt(self._place)

    def finish(self) -> None:
        """Do all that is left, look at what changed in Monstock, and say what was done.

        Raises:
            RunIncompleteError: something is left to do; all of it is kept in the ledger.
            LedgerError: the ledger cannot be written.
        """
        if not self._problems and not self.stopping:
            self._attempt(self._sweep_and_place)
        self._sum_up()
        if self.settings.dry_run and not self._problems:
            for line in plan_lines(self._plans, as_json=self.settings.dry_run_json):
                self._show(line)
        _logger.info("%s", self.summary.line(dry_run=self.settings.dry_run))
        problems = [*self._notes, *self._problems, *self._left_over()]
        if problems:
            raise RunIncompleteError("The run is not complete: " + " ".join(problems))

    def note_problem(self, problem: str) -> None:
        """Something outside made the run incomplete; the rest goes on."""
        self._notes.append(problem)

    def close(self) -> None:
        """Let go of threads, connections and the lock; harmless when it was done before."""
        if self._closed:
            return
        self._closed = True
        self._workers.shutdown(wait=True, cancel_futures=True)
        self._monstock.client.close()
        self._ledger.close()

    def _attempt(self, step: Callable[[], None]) -> None:
        """A step that Monstock may break off: the ledger holds what is left of it."""
        try:
            step()
        except MonstockError as error:
            kept = "" if self.settings.dry_run else " What came is kept in the ledger; run again."
            self._problems.append(f"{error}{kept}")

    def _place(self) -> None:
        for _ in range(_ROUNDS):
            done = link_payments(
                self._ledger, self._monstock, self._workers, self._rules, self._clock()
            )
            self._linked |= done.linked
            self._fresh.update(done.fresh)
            derived = self._work.worked.derived
            self._work.work_off(self._fresh)
            self._fresh.clear()
            if self._work.worked.derived == derived:
                return

    def _sweep_and_place(self) -> None:
        now = self._clock()
        with self._ledger.transaction() as connection:
            mark_dirty(connection, orders_due(connection, now), "time passed", now)
        done = link_payments(self._ledger, self._monstock, self._workers, self._rules, now)
        self._linked |= done.linked
        swept = sweep(
            self._ledger, self._monstock, self._rules, self.settings.orders_since, self._run_id, now
        )
        self.summary.swept += swept.seen
        self._held |= swept.held
        self._fresh.update(swept.fresh)
        self._place()

    def _sum_up(self) -> None:
        summary = self.summary
        summary.linked = len(self._linked)
        summary.derived = self._work.worked.derived
        summary.writes = self._work.worked.writes
        with self._ledger.transaction() as connection:
            summary.waiting = waiting_count(connection)
            summary.exceptions = exception_counts(connection)
            summary.dirty = dirty_count(connection)
            end_run(connection, self._run_id, summary.as_data(), self._clock())

    def _left_over(self) -> list[str]:
        worked = self._work.worked
        left = []
        if self.summary.rejected:
            left.append(f"{self.summary.rejected} records were refused.")
        if worked.refused:
            first = next(iter(worked.refused.values()))
            left.append(f"Monstock refused {len(worked.refused)} orders: {first}")
        if worked.busy:
            left.append(f"{len(worked.busy)} orders kept changing while they were written.")
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


def _rules(settings: Settings, client: MonstockClient) -> Rules:
    payments = client.profile.payments
    status = StatusRules(
        our_method=payments.our_method,
        stripe_like_methods=frozenset(one.casefold() for one in payments.stripe_like_methods),
        tolerance=settings.currency_tolerance,
        zero_total_is_paid=settings.zero_total_is_paid,
        action_expires_after=settings.action_expires_after,
        near=settings.duplicates_near,
    )
    writes = WriteRules(
        payment_status=client.writes_payment_status,
        amount_due=client.writes_amount_due,
        other_currencies=client.holds_other_currencies,
        on_paid_state=settings.on_paid_order_status,
        on_paid_from=settings.on_paid_from_statuses,
    )
    return rules_of(settings, writes, status, repr(client.profile))


def _follow_settings(connection: Connection, rules: Rules) -> None:
    """Where settings changed since the last run, have everything that they decide decided again."""
    links = read_value(connection, "links_digest")
    if links != rules.links_digest:
        if links is not None:
            _logger.info("settings of linking changed: every payment looks for its order again")
        relink_all(connection)
        keep_value(connection, "links_digest", rules.links_digest)
    orders = read_value(connection, "orders_digest")
    if orders != rules.orders_digest:
        if orders is not None:
            _logger.info("settings of the status changed: every order is derived again")
        forget_looks(connection)
        keep_value(connection, BOOKMARK, "")
        keep_value(connection, "orders_digest", rules.orders_digest)
