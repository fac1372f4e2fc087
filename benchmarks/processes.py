"""What processes take: those of a running pipeline, and a command from its start to its end."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

import psutil
from monstock_stripe_sandbox.pipeline import clean_environment


@dataclass(frozen=True, slots=True)
class Taken:
    """What one process takes at a moment.

    Args:
        memory: bytes that belong to it alone ("USS").
        files: open files, sockets and pipes.
        threads: their number.
    """

    memory: int
    files: int
    threads: int


@dataclass(frozen=True, slots=True)
class Used:
    """What a command used from its start to its end.

    Args:
        seconds: on the clock.
        processors: seconds of all processors.
        megabytes: of memory, at its most.
        status: with which it ended.
        said: on its standard output.
    """

    seconds: float
    processors: float
    megabytes: int
    status: int
    said: str


def use_of(command: Sequence[str]) -> Used:
    """Run a command to its end. It must start no further process."""
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            command, stdout=said, stderr=subprocess.DEVNULL, env=clean_environment()
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return Used(
            time.monotonic() - started,
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss // 1024,
            process.returncode,
            said.read(),
        )


def name_of(command: Sequence[str]) -> str:
    """Return what a process is called: its program or module, not the Python that runs it."""
    words = [word for word in command if not word.startswith("-")]
    named = [PurePath(word).name for word in words]
    programs = [name for name in named if not name.startswith("python")]
    return (programs or named or ["?"])[0]


def taken(pid: int) -> dict[tuple[str, int], Taken]:
    """Return what a process and all that it started take, by name and process id."""
    found: dict[tuple[str, int], Taken] = {}
    for process in _with_children(pid):
        try:
            name = name_of(process.cmdline())
            found[name, process.pid] = Taken(
                process.memory_full_info().uss, process.num_fds(), process.num_threads()
            )
        except psutil.NoSuchProcess:
            continue
    return found


def processor_seconds(pid: int) -> dict[str, float]:
    """Return how long a process and all that it started have used a processor, by name."""
    found: dict[str, float] = {}
    for process in _with_children(pid):
        try:
            name, times = name_of(process.cmdline()), process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        found[name] = found.get(name, 0.0) + times.user + times.system
    return found


def _with_children(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]
