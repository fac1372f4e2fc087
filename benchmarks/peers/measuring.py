"""Run one peer and say how fast it was, what it took, and what of Stripe's objects came out."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.list_server import ServedLists
from benchmarks.peers.environments import NotAvailable, environment_of
from benchmarks.peers.fields import missing_fields
from benchmarks.peers.peers import Output, Peer, Task

Shape = dict[str, Any]
_CHUNK = 1 << 20
_LONGEST = 1_800


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run gave.

    Attributes:
        records: how many were handed out.
        seconds: of the whole process.
        flow: seconds from the first record to the last; None where that cannot be seen.
        cpu: seconds of processor time, in user and system mode.
        memory: peak of resident memory, in MB.
        requests: that the server answered.
        refused: of these, by 429.
        lost: objects that never came.
        doubled: records beyond the first of an object.
        dropped: fields of the objects, at the top level, that hold something and never came.
        dropped_inside: likewise, inside of fields that came.
    """

    records: int
    seconds: float
    flow: float | None
    cpu: float
    memory: float
    requests: int
    refused: int
    lost: int
    doubled: int
    dropped: tuple[str, ...]
    dropped_inside: tuple[str, ...]

    @property
    def rate(self) -> float:
        """Records a second, over the whole process."""
        return self.records / self.seconds

    @property
    def flow_rate(self) -> float | None:
        """Records a second, from the first to the last."""
        return self.records / self.flow if self.flow else None

    @property
    def cpu_per_10_000(self) -> float:
        """Seconds of processor time for 10,000 records."""
        return self.cpu / max(self.records, 1) * 10_000


def measure(
    peer: Peer, programs: Path, importable: Path | None, task: Task, server: ServedLists
) -> Measured:
    """Run a peer once.

    Args:
        peer: who.
        programs: folder of its programs.
        importable: a folder with modules that it needs beside these.
        task: what to read.
        server: where from.

    Raises:
        NotAvailable: if it cannot be started, or fails.
    """
    command = peer.command(programs, task)
    server.reset()
    environment = environment_of(task.api_base if peer.redirected else None, importable)
    written = _run(command, environment, task.folder)
    counts = server.counts()
    objects = {name: _objects(task.api_base, name) for name in task.streams}
    ids: Counter[tuple[str, str]] = Counter()
    dropped: set[str] = set()
    inside: set[str] = set()
    ends: list[int] = []
    for stream, record, end in _records(peer.output, written.output, task):
        found = objects[stream].get(record["id"])
        ids[stream, record["id"]] += 1
        ends.append(end)
        if found is not None:
            top, deep = missing_fields(found, record, peer.output is Output.DLT)
            dropped |= {f"{stream}.{name}" for name in top}
            inside |= {f"{stream}.{name}" for name in deep}
    expected = {(name, identifier) for name, found in objects.items() for identifier in found}
    return Measured(
        records=ids.total(),
        seconds=written.seconds,
        flow=written.between(ends) if peer.output is not Output.DLT else None,
        cpu=written.cpu,
        memory=written.memory,
        requests=counts.requests.total(),
        refused=counts.refused.total(),
        lost=len(expected - ids.keys()),
        doubled=ids.total() - len(ids),
        dropped=tuple(sorted(dropped)),
        dropped_inside=tuple(sorted(inside)),
    )


@dataclass(frozen=True, slots=True)
class _Written:
    output: bytes
    arrivals: list[tuple[int, float]]  # so many bytes had come, at that moment
    seconds: float
    cpu: float
    memory: float

    def between(self, ends: Sequence[int]) -> float | None:
        """Seconds from the record that ended first to the one that ended last."""
        if len(ends) < 2:
            return None
        sizes = [size for size, _ in self.arrivals]
        first, last = (self.arrivals[bisect_left(sizes, end)][1] for end in (ends[0], ends[-1]))
        return last - first


# Starts a program and writes what it used. A process counts as its own peak of memory what the one
# that started it held: so that must be a small one.
_WATCHER = """
import json, os, sys
report, *command = sys.argv[1:]
_, status, used = os.wait4(os.posix_spawn(command[0], command, os.environ), 0)
with open(report, "w") as file:
    json.dump([os.waitstatus_to_exitcode(status), used[0] + used[1], used.ru_maxrss / 1024], file)
"""


def _run(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> _Written:
    """Run a command, taking what it writes as fast as it comes, and look at nothing meanwhile."""
    chunks: list[bytes] = []
    arrivals: list[tuple[int, float]] = []
    size = 0
    report = folder / "used.json"
    watched = [sys.executable, "-I", "-S", "-c", _WATCHER, str(report), *command]
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            watched,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd="/",
            start_new_session=True,
        )
        assert process.stdout is not None
        too_long = threading.Timer(_LONGEST, os.killpg, (process.pid, signal.SIGKILL))
        too_long.start()
        try:
            while chunk := os.read(process.stdout.fileno(), _CHUNK):
                size += len(chunk)
                chunks.append(chunk)
                arrivals.append((size, time.perf_counter()))
            process.communicate()
            seconds = time.perf_counter() - started
        finally:
            too_long.cancel()
            if process.poll() is None:  # this one was interrupted
                os.killpg(process.pid, signal.SIGKILL)
        if not report.exists():
            raise NotAvailable(f"{Path(command[0]).name} took more than {_LONGEST} s")
        status, cpu, memory = msgspec.json.decode(report.read_bytes())
        if status:
            errors.seek(0)
            said = errors.read()[-600:].decode(errors="replace").strip()
            raise NotAvailable(f"{Path(command[0]).name} ended with {status}: {said}")
    return _Written(b"".join(chunks), arrivals, seconds, cpu, memory)


def _records(output: Output, written: bytes, task: Task) -> Iterator[tuple[str, Shape, int]]:
    """Give each record with its stream and the place in the output where it ends."""
    if output is Output.DLT:
        for stream in task.streams:
            yield from ((stream, record, 0) for record in _dlt_records(task, stream))
        return
    end = 0
    for line in written.splitlines(keepends=True):
        end += len(line)
        message = _message(line)
        if message is None or message.get("type") != "RECORD":
            continue
        if output is Output.AIRBYTE:
            yield message["record"]["stream"], message["record"]["data"], end
        else:
            yield message["stream"], message["record"], end


def _message(line: bytes) -> Shape | None:
    try:
        found = msgspec.json.decode(line)
    except msgspec.DecodeError:  # peers print other things, too
        return None
    return found if isinstance(found, dict) else None


def _dlt_records(task: Task, stream: str) -> Iterator[Shape]:
    """Give each row of a stream's table, with the names of its child tables as further fields."""
    tables = {path.name: path for path in (task.folder / "out" / "stripe").iterdir()}
    name = stream.removesuffix("s")
    children = {table.removeprefix(f"{name}__"): True for table in tables if "__" in table}
    for path in sorted(tables[name].iterdir()) if name in tables else ():
        content = path.read_bytes()
        text = gzip.decompress(content) if path.suffix == ".gz" else content
        for line in text.splitlines():
            yield children | (_message(line) or {})


def _objects(api_base: str, name: str) -> dict[str, Shape]:
    """Return all objects of a list as the server has them, by id."""
    import requests

    found: dict[str, Shape] = {}
    query: dict[str, str] = {"limit": "100000"}
    answer = requests.get(f"{api_base}/v1/{name}", params=query, timeout=600)
    answer.raise_for_status()
    for entry in msgspec.json.decode(answer.content)["data"]:
        found[entry["id"]] = entry
    return found
