"""Chaos: 10,000 payments live while 200 faults happen. `make chaos`, or `python -m chaos`.

Options: --seed (a random one by default), --payments, --faults, --folder.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from chaos.market import Sizes
from chaos.plan import plan, shared
from chaos.run import Outcome, run

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Run, tell, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--payments", type=int, default=10_000)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=ROOT / "output" / "chaos")
    given = parser.parse_args()
    again = (
        f'make chaos CHAOS_ARGS="--seed {given.seed} --payments {given.payments} '
        f'--faults {given.faults}"'
    )
    print(f"Seed {given.seed}; to repeat it: {again}", flush=True)
    shutil.rmtree(given.folder, ignore_errors=True)
    given.folder.mkdir(parents=True)
    strikes = plan(given.seed, shared(given.faults))
    # What a day brings comes in minutes here, so the tap need not look ten minutes back.
    sizes = Sizes(given.payments, rate=25, gap=1.5, settings={"TAP_STRIPE_EXT_OVERLAP": "60"})
    outcome = run(ROOT, given.folder, given.seed, strikes, sizes)
    tell(outcome)
    if not outcome.problems:
        return 0
    print(f"FAILED. To repeat it: {again}\nLogs: {given.folder}", file=sys.stderr)
    for problem in outcome.problems:
        print(f"- {problem}", file=sys.stderr)
    return 1


def tell(outcome: Outcome) -> None:
    """Print what happened."""
    table = Table(title="Faults")
    table.add_column("kind")
    table.add_column("struck", justify="right")
    table.add_column("bit", justify="right")
    for kind in sorted(outcome.struck):
        table.add_row(kind, str(outcome.struck[kind]), str(outcome.bit[kind]))
    table.add_section()
    table.add_row("all", str(sum(outcome.struck.values())), str(sum(outcome.bit.values())))
    console = Console()
    console.print(table)
    facts = Table(show_header=False)
    for name, value in (
        ("payments", f"{outcome.payments:,}"),
        ("orders checked", f"{outcome.orders:,}"),
        ("starts of the pipeline", str(outcome.starts)),
        ("right again after the last fault", f"{outcome.rested_after:.1f} s"),
        ("writes of the further run", "none" if outcome.writes is None else str(outcome.writes)),
        ("seconds in all", f"{outcome.seconds:.0f}"),
    ):
        facts.add_row(name, value)
    console.print(facts)


if __name__ == "__main__":
    sys.exit(main())
