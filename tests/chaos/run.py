"""One run: trade, faults and a supervised pipeline beside each other, then the verdict."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from monstock_stripe_sandbox.delivery_settings import DeliverySettings
from monstock_stripe_sandbox.live import (
    LIVE_LIMITS,
    WEBHOOK_PATH,
    LivePayments,
    free_address,
    register_webhook,
)
from monstock_stripe_sandbox.meltano_project import MeltanoProject
from monstock_stripe_sandbox.pipeline import (
    PAYMENTS,
    PipelineError,
    write_catalog,
)
from monstock_stripe_sandbox.sensitive import Sensitive, leaks
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

from chaos.ending import differences, ledger_differences, rest, tracebacks
from chaos.market import Market, Sizes
from chaos.plan import Strike
from chaos.strikes import ALONE, Strikes
from chaos.supervisor import Supervisor
from chaos.trade import Trade

AT_ONCE = 6
"""Faults that may be under way beside each other."""

AHEAD = 1
"""By the share of so many faults, trade may be ahead of them."""

RESTS_WITHIN = 240.0
VISIBLE_AFTER = 1.0
"""Seconds until Stripe's lists show what its webhooks told of already."""

BATCH_LOG, FAULTS_LOG, FURTHER_LOG = "batch.log", "faults.log", "further.log"


@dataclass(slots=True)
class Outcome:
    """What came of a run.

    Attributes:
        struck: faults by kind.
        bit: how many of them were seen to hit.
        orders, payments: how many there were.
        starts: of the pipeline.
        writes: of the further run.
        rested_after: seconds from the last fault until all was right.
        seconds: in all.
        problems: all that is not as it must be.
    """

    struck: dict[str, int] = field(default_factory=dict)
    bit: dict[str, int] = field(default_factory=dict)
    orders: int = 0
    payments: int = 0
    starts: int = 0
    writes: int | None = None
    rested_after: float = 0.0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


def run(root: Path, folder: Path, seed: int, strikes: Sequence[Strike], sizes: Sizes) -> Outcome:
    """Run, and return what came of it.

    Args:
        root: the project (where meltano.yml is).
        folder: receives all that is kept and said; empty.
        seed: of the trade.
        strikes: the faults, in their order.
        sizes: how much happens.
    """
    began = time.monotonic()
    with running_sandbox(seed=seed, visibility_delay=VISIBLE_AFTER) as sandbox:
        chaos = _Chaos(root, folder, sandbox, seed, len(strikes), sizes)
        outcome = chaos.outcome
        try:
            chaos.strike(strikes)
            chaos.come_to_rest()
            chaos.run_once_more()
        except PipelineError as error:
            outcome.problems.append(str(error)[:2000])
        finally:
            chaos.close()
        outcome.problems += _in_logs(folder, sandbox.sensitive())
    outcome.seconds = time.monotonic() - began
    return outcome


class _Chaos:
    """A run from its first start to its verdict; arguments as for `run`."""

    def __init__(
        self,
        root: Path,
        folder: Path,
        sandbox: RunningSandbox,
        seed: int,
        strikes: int,
        sizes: Sizes,
    ) -> None:
        self.outcome = Outcome()
        self._folder = folder
        self._sandbox = sandbox
        self._sizes = sizes
        self._project = MeltanoProject(root, folder, sandbox.stripe_url, sandbox.monstock_url)
        listen = free_address()
        secret = register_webhook(sandbox.stripe_url, f"http://{listen}{WEBHOOK_PATH}")
        # Given a catalog, Meltano need not ask the tap for one, which takes most of each start.
        catalog = folder / "catalog.json"
        write_catalog(catalog, PAYMENTS.streams)
        self._project.environment["TAP_STRIPE_EXT__CATALOG"] = str(catalog)
        # For runs in between too: they share state with those that follow, and so its overlap.
        self._project.environment.update({**LIVE_LIMITS, **sizes.settings})
        live = LivePayments(self._project, folder, listen, secret)
        self._supervisor = Supervisor(live)
        self._trade = Trade(sandbox, seed)
        self._market = Market(self._trade, sizes, strikes)
        self._strikes = Strikes(sandbox, self._supervisor, live, folder / BATCH_LOG, self._market)

    def strike(self, strikes: Sequence[Strike]) -> None:
        """Let trade and faults go on beside each other.

        Raises:
            PipelineError: the pipeline does not get ready.
        """
        self._supervisor.start()
        self._supervisor.wait_until_ready()
        self._market.start()
        under_way: list[tuple[Strike, Future[bool]]] = []
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="strike") as workers:
            for strike in strikes:
                if self._supervisor.has_given_up:
                    raise PipelineError(f"it broke down at fault {strike.number}: {strike.kind}")
                self._market.allow(strike.number + AHEAD)
                future = workers.submit(self._struck, strike)
                under_way.append((strike, future))
                if strike.kind.split()[0] in ALONE:
                    future.exception()
                else:
                    time.sleep(self._sizes.gap * (0.5 + strike.moment))
        self._market.finish()
        if self._market.error is not None:
            self.outcome.problems.append(f"trade broke off: {self._market.error!r}")
        for strike, future in under_way:
            self._count(strike, future)

    def come_to_rest(self) -> None:
        """Take all faults away, wait until all is right, and end the pipeline.

        Raises:
            PipelineError: it does not get ready, or does not end.
        """
        self._sandbox.stripe_controls.clear_faults()
        self._sandbox.monstock_controls.clear_faults()
        self._sandbox.stripe_courier.settle(DeliverySettings())
        self._supervisor.wait_until_ready()
        wrong, self.outcome.rested_after = rest(self._sandbox, self._differences, RESTS_WITHIN)
        self.outcome.problems += _shortened(wrong, "does not come to rest: ")
        self._supervisor.finish()

    def run_once_more(self) -> None:
        """Let a run that ends find nothing to do."""
        both = (self._sandbox.stripe_controls, self._sandbox.monstock_controls)
        for controls in both:
            controls.reset_counters()
        ended = self._project.run("run", "--force", "stripe-to-monstock")
        (self._folder / FURTHER_LOG).write_text(ended.stderr)
        self.outcome.writes = sum(controls.writes for controls in both)
        if ended.status:
            self.outcome.problems.append(f"the further run ended with status {ended.status}")
        if self.outcome.writes:
            self.outcome.problems.append(f"the further run wrote {self.outcome.writes} times")
        self.outcome.problems += _shortened(self._differences(), "in the end: ")
        made = [one.reference for one in self._trade.payments]
        self.outcome.problems += _shortened(ledger_differences(self._project.ledger, made), "")

    def close(self) -> None:
        """End what still runs, and take over what the supervisor saw."""
        self._supervisor.close()
        self.outcome.problems += self._supervisor.problems
        self.outcome.starts = self._supervisor.starts
        self.outcome.orders = len(self._trade.orders)
        self.outcome.payments = len(self._trade.payments)

    def _differences(self) -> list[str]:
        return differences(self._sandbox, self._trade.orders)

    def _struck(self, strike: Strike) -> bool:
        """Let a fault happen, and write down when."""
        began = datetime.now(UTC)
        bit = self._strikes.strike(strike)
        with (self._folder / FAULTS_LOG).open("a") as log:
            hit = "hit" if bit else "hit nothing"
            log.write(f"{began:%H:%M:%S.%f} - {datetime.now(UTC):%H:%M:%S.%f} {strike} {hit}\n")
        return bit

    def _count(self, strike: Strike, future: Future[bool]) -> None:
        error = future.exception()
        bit = error is None and future.result()
        outcome = self.outcome
        outcome.struck[strike.kind] = outcome.struck.get(strike.kind, 0) + 1
        outcome.bit[strike.kind] = outcome.bit.get(strike.kind, 0) + bit
        if not bit:
            why = "hit nothing" if error is None else repr(error)
            outcome.problems.append(f"fault {strike.number} ({strike.kind}): {why}")


def _in_logs(folder: Path, sensitive: Sequence[Sensitive]) -> list[str]:
    """Return what no log may say: secrets, personal data, and that a program broke."""
    found = []
    for path in sorted(folder.glob("*.log")):
        said = path.read_text(errors="replace")
        found += [
            f"{path.name}:{leak.line_number} holds {leak.kind}" for leak in leaks(said, sensitive)
        ]
        if count := tracebacks(said):
            found.append(f"{path.name} has {count} tracebacks")
    return found


def _shortened(found: Sequence[str], before: str) -> list[str]:
    shown = [f"{before}{one}" for one in found[:10]]
    return [*shown, f"{before}… and {len(found) - 10} more"] if len(found) > 10 else shown
