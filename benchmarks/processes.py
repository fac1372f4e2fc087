"""What the processes of a running pipeline take: memory, open files, threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

import psutil


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
