"""tap-stripe-ext beside other programs that read Stripe: `python -m benchmarks.peers`.

All read the same objects from the same list server, one program after the other in one run. Without
latency nobody is limited; with it, the server refuses what goes beyond Stripe's rate limits. The
event log is empty, so that all do the same: a first run. Environments are made at the first run,
with packages from PyPI, and are kept in the cache folder.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.list_server import DAY, ServedLists, Spread, served_lists
from benchmarks.peers.environments import NotAvailable, programs_of
from benchmarks.peers.measuring import Measured, measure
from benchmarks.peers.peers import OURS, PEERS, STREAMS, Peer, Task

_DAYS = 700
_AGE = 3_600.0
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "monstock-benchmark-peers"
_COLUMNS = (
    "records/s",
    "ours/theirs",
    "1st to last/s",
    "CPU s/10,000",
    "theirs/ours",
    "MB",
    "requests",
    "429",
    "lost",
    "doubled",
    "fields dropped",
)


@dataclass(frozen=True, slots=True)
class Round:
    """What is asked of everyone: so many objects of these streams, answers late by so much."""

    count: int
    latency: float
    streams: tuple[str, ...]

    def __str__(self) -> str:
        limits = "Stripe's rate limits" if self.latency else "no rate limits"
        what = (
            self.streams[0] if len(self.streams) == 1 else f"of each of {len(self.streams)} streams"
        )
        return f"{self.count:,} {what}, {self.latency * 1000:.0f} ms latency, {limits}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to run, and where what is not on PyPI was installed."""

    peers: Sequence[Peer]
    installed: Mapping[str, Path]
    cache: Path


def run_round(asked: Round, wanted: Wanted, console: Console) -> dict[str, Measured]:
    """Run everyone who has the streams once, print the table, and return what was measured."""
    found: dict[str, Measured] = {}
    with served_lists(
        Spread(asked.count, _DAYS),
        latency=asked.latency,
        limited=bool(asked.latency),
        age=_AGE,
        kinds=asked.streams,
    ) as server:
        for peer in wanted.peers:
            if not set(asked.streams) <= set(peer.streams):
                console.print(f"{peer.title}: left out, has not all of these streams")
                continue
            console.print(f"{peer.title}: {asked} …", style="dim")
            try:
                found[peer.name] = _measured(peer, asked, server, wanted)
            except NotAvailable as reason:
                console.print(f"{peer.title}: left out: {reason}", style="yellow")
    _print_table(asked, wanted.peers, found, console)
    return found


def _measured(peer: Peer, asked: Round, server: ServedLists, wanted: Wanted) -> Measured:
    given = wanted.installed.get(peer.name)
    if peer.wanted and given is None:
        raise NotAvailable(f"give --installed {peer.name}=PATH: {peer.wanted}")
    programs = programs_of(peer.name, peer.packages, peer.python, given, wanted.cache)
    importable = given.absolute() if given is not None and peer.packages else None
    with tempfile.TemporaryDirectory() as folder:
        start_date = int(time.time() - _AGE - (_DAYS + 2) * DAY)
        task = Task(server.url, start_date, asked.streams, bool(asked.latency), Path(folder))
        return measure(peer, programs, importable, task, server)


def _print_table(
    asked: Round, peers: Sequence[Peer], found: Mapping[str, Measured], console: Console
) -> None:
    table = Table(title=str(asked))
    table.add_column("program", no_wrap=True)
    for column in _COLUMNS:
        table.add_column(column, justify="right")
    ours = found.get(OURS.name)
    for peer in peers:
        if (one := found.get(peer.name)) is None:
            continue
        beside = ours is not None and one is not ours
        table.add_row(
            peer.title,
            f"{one.rate:,.0f}",
            f"{ours.rate / one.rate:.1f}" if beside and ours else "",
            f"{one.flow_rate:,.0f}" if one.flow_rate else "-",
            f"{one.cpu_per_10_000:.2f}",
            f"{one.cpu_per_10_000 / ours.cpu_per_10_000:.1f}" if beside and ours else "",
            f"{one.memory:,.0f}",
            f"{one.requests:,}",
            f"{one.refused:,}",
            f"{one.lost:,}",
            f"{one.doubled:,}",
            f"{len(one.dropped)} + {len(one.dropped_inside)}",
        )
    if found:
        console.print(table)
    for peer in peers:
        if (one := found.get(peer.name)) is not None and (one.dropped or one.dropped_inside):
            inside = f"; inside: {', '.join(one.dropped_inside)}" if one.dropped_inside else ""
            console.print(f"{peer.title} drops: {', '.join(one.dropped) or 'none whole'}{inside}")


def print_targets(found: Mapping[Round, Mapping[str, Measured]], console: Console) -> None:
    """Print what ours is to reach beside the best of the others, and what it reached.

    Four streams are compared with the best of the others on one stream, or on four where it was
    measured on four and is faster so.
    """
    table = Table(title="ours beside the best of the others")
    for column in ("what", "best of the others", "ours", "ratio", "at least", ""):
        table.add_column(column, justify="left" if column == "what" else "right")
    for asked, goal in _goals(found):
        ours = found[asked].get(OURS.name)
        others = [
            one
            for other, measured in found.items()
            if other.latency == asked.latency and len(other.streams) <= len(asked.streams)
            for name, one in measured.items()
            if name != OURS.name
        ]
        if ours is None or not others:
            continue
        rates = [
            ("records/s", ours.rate, max(one.rate for one in others)),
            (
                "1st to last/s",
                ours.flow_rate or 0.0,
                max(one.flow_rate or one.rate for one in others),
            ),
        ]
        for name, mine, best in rates:
            _add_goal(table, f"{name}: {asked}", (best, mine), mine / best, goal)
        cpu, least = ours.cpu_per_10_000, min(one.cpu_per_10_000 for one in others)
        _add_goal(table, f"CPU s/10,000: {asked}", (least, cpu), least / cpu, 1.0)
    if table.row_count:
        console.print(table)


def _add_goal(
    table: Table, what: str, figures: tuple[float, float], ratio: float, goal: float
) -> None:
    theirs, ours = (f"{one:,.0f}" if one >= 100 else f"{one:.2f}" for one in figures)
    met = "met" if ratio >= goal else "missed"
    table.add_row(what, theirs, ours, f"{ratio:.1f}", f"{goal:.0f}", met)


def _goals(found: Mapping[Round, Mapping[str, Measured]]) -> list[tuple[Round, float]]:
    return [
        (asked, 3.0 if not asked.latency else 5.0 if len(asked.streams) == 1 else 20.0)
        for asked in found
    ]


def _installed(text: str) -> tuple[str, Path]:
    name, _, path = text.partition("=")
    names = [peer.name for peer in PEERS if peer.wanted]
    if name not in names or not Path(path).is_dir():
        raise argparse.ArgumentTypeError(
            f"{text}: not NAME=FOLDER, where NAME is one of {', '.join(names)}, and FOLDER is there"
        )
    return name, Path(path)


def main() -> None:
    """Measure everyone that the command line names, and print the tables."""
    wanted = [peer for peer in PEERS if peer.wanted]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers",
        description=__doc__,
        epilog="--installed takes: " + "; ".join(f"{p.name}: {p.wanted}" for p in wanted),
    )
    names = [peer.name for peer in (OURS, *PEERS)]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument(
        "--installed", type=_installed, action="append", default=[], metavar="NAME=FOLDER"
    )
    parser.add_argument("--objects", type=int, default=10_000, help="of each stream")
    parser.add_argument("--quick", action="store_true", help="1,000 objects")
    parser.add_argument(
        "--four", action="store_true", help="the others on four streams, too, not only ours"
    )
    parser.add_argument("--latency", type=float, nargs="+", default=[0.0, 0.2], help="in seconds")
    parser.add_argument("--cache", type=Path, default=_CACHE, help="folder of the environments")
    given = parser.parse_args()
    console = Console(width=160)
    count = 1_000 if given.quick else given.objects
    chosen = [peer for peer in (OURS, *PEERS) if peer.name in given.only]
    found: dict[Round, dict[str, Measured]] = {}
    for latency in given.latency:
        for streams in (STREAMS[:1], STREAMS):
            alone = len(streams) > 1 and not given.four
            peers = [peer for peer in chosen if peer is OURS] if alone else chosen
            if alone and not (latency and peers):
                continue
            asked = Round(count, latency, streams)
            found[asked] = run_round(
                asked, Wanted(peers, dict(given.installed), given.cache), console
            )
    print_targets(found, console)


if __name__ == "__main__":
    main()
