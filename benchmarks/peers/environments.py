"""Each peer in an environment of its own, made once and kept in a cache folder.

The folder's name holds a hash of what is installed, so a new pin makes a new environment.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_REDIRECT = Path(__file__).parent / "redirect"
_REPOSITORY = Path(__file__).parents[2]


class NotAvailable(Exception):
    """A peer that cannot be run here; the message says why, and what to do."""


def programs_of(
    name: str, packages: Sequence[str], python: str, installed: Path | None, cache: Path
) -> Path:
    """Return the folder with a peer's programs, made first where it is not there yet.

    Args:
        name: the peer's.
        packages: what is installed from PyPI; with none, `installed` is the answer, or where
            this Python's own programs are.
        python: the version that it is installed for.
        installed: the folder of an environment's programs that somebody else made.
        cache: holds the environments.

    Raises:
        NotAvailable: if uv, that Python or the packages are not to be had.
    """
    if not packages:
        return installed.absolute() if installed else Path(sys.executable).parent
    mark = hashlib.sha256("\n".join((python, *packages)).encode()).hexdigest()[:8]
    folder = cache / f"{name}-{mark}"
    if not (folder / "ready").exists():
        _make(folder, packages, python)
    return (folder / "bin").absolute()


def environment_of(api_base: str | None, importable: Path | None = None) -> dict[str, str]:
    """Return the variables for a process whose requests to Stripe go to `api_base` instead.

    Args:
        api_base: address of the server; None for a program that has a setting for it.
        importable: a folder with modules that the process shall find.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    if api_base is None:
        return kept
    paths = [str(_REDIRECT), *([str(importable)] if importable else [])]
    return kept | {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "",
        "BENCHMARK_API_BASE": api_base,
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "CRITICAL",
        "DO_NOT_TRACK": "1",
    }


def run_checked(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run a command and return what it wrote to standard output.

    Raises:
        NotAvailable: if it fails, with the end of what it said.
    """
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip()[-600:]
        raise NotAvailable(f"{' '.join(command[:3])} ended with {ended.returncode}: {said}")
    return ended.stdout


def _make(folder: Path, packages: Sequence[str], python: str) -> None:
    uv = shutil.which("uv") or shutil.which("uv", path=str(_REPOSITORY / ".uv" / "bin"))
    if uv is None:
        raise NotAvailable("uv is not installed: `make install` brings it")
    variables = dict(os.environ)
    run_checked([uv, "venv", "--quiet", "--clear", "--python", python, str(folder)], variables)
    into = str(folder / "bin" / "python")
    run_checked([uv, "pip", "install", "--quiet", "--python", into, *packages], variables)
    (folder / "ready").touch()
