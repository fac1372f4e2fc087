"""For tests, the demo and benchmarks: the real pipeline as processes, against a sandbox.

`BarePipe` starts tap, mapper and target as a shell would (`tap | mapper | target`) and keeps the
Singer state as any runner does: the last whole STATE line that the target wrote. `MeltanoProject`
starts the same pipeline through `meltano run`, with a system database and a ledger of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

STRIPE_KEY = "sk_test_sandbox"
MONSTOCK_TOKEN = "monstock-sandbox-token"  # noqa: S105 - the sandbox's, known to all
LINKS = ("tap", "mapper", "target")


class PipelineError(Exception):
    """A pipeline that did not end in time, or that could not be prepared."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How one process ended: its exit status (negative: the signal) and what it said."""

    status: int
    stderr: str


@dataclass(frozen=True, slots=True)
class PipelineRun:
    """One run of a pipeline: how each process ended, what came of it, how long it took.

    `output` is what the target wrote to its standard output: states, or the plan of a dry run;
    `state` the last state among them, None where there was none (an older one then stays).
    """

    tap: Ended
    mapper: Ended
    target: Ended
    output: str
    state: dict[str, Any] | None
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether all three ended with exit status 0."""
        return not (self.tap.status or self.mapper.status or self.target.status)

    @property
    def stderr(self) -> str:
        """What all three said, each under its name."""
        parts = ((name, getattr(self, name)) for name in LINKS)
        return "\n".join(f"--- {name} ({end.status})\n{end.stderr}" for name, end in parts)


Processes = Mapping[str, subprocess.Popen[bytes]]
Meddle = Callable[[Processes], None]
"""Called in the test's thread once all three run: kills one at its moment, or does nothing."""


def executable(name: str) -> str:
    """Return the path of a command that is installed beside this Python."""
    return str(Path(sys.executable).parent / name)


class BarePipe:
    """`tap-stripe-ext | map-payments | target-monstock`, its files in one folder.

    Args:
        folder: receives configuration, catalog, state, ledger and what the processes say.
        stripe_url, monstock_url: the sandbox's.
        tap, mapper, target: settings over those that the sandbox needs.
    """

    def __init__(
        self,
        folder: Path,
        stripe_url: str,
        monstock_url: str,
        *,
        tap: Mapping[str, Any] | None = None,
        mapper: Mapping[str, Any] | None = None,
        target: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        self.state_file = folder / "state.json"
        self.ledger = folder / "ledger.sqlite"
        self.catalog = folder / "catalog.json"
        self._environment = _clean_environment()
        self.configure("tap", tap_config(stripe_url) | dict(tap or {}))
        self.configure("mapper", dict(mapper or {}))
        self.configure(
            "target", target_config(monstock_url, f"sqlite:///{self.ledger}") | dict(target or {})
        )

    def configure(self, link: str, config: Mapping[str, Any]) -> None:
        """Write the settings of one of tap, mapper, target."""
        self._config(link).write_text(json.dumps(config))

    def run(
        self,
        meddle: Meddle | None = None,
        *,
        source: Sequence[str] = (),
        target_arguments: Sequence[str] = (),
        timeout: float = 120,
    ) -> PipelineRun:
        """Run once, from the state that the last run left.

        Args:
            meddle: what is done to the processes while they run.
            source: a command that stands in for the tap, for example `cat` with a file.
            target_arguments: given to the target beside its configuration.
            timeout: seconds.

        Raises:
            PipelineError: it did not end within `timeout` seconds; its processes are gone.
        """
        if not source and not self.catalog.exists():
            write_catalog(self.catalog, ("payments",))
        state_arguments = ["--state", str(self.state_file)] if self.state_file.exists() else []
        commands = {
            "tap": source
            or [
                *(executable("tap-stripe-ext"), "--config", str(self._config("tap"))),
                *("--catalog", str(self.catalog), *state_arguments),
            ],
            "mapper": [executable("map-payments"), "--config", str(self._config("mapper"))],
            "target": [
                *(executable("target-monstock"), "--config", str(self._config("target"))),
                *target_arguments,
            ],
        }
        started = time.monotonic()
        with self._started(commands) as processes:
            if meddle is not None:
                meddle(processes)
            for name in LINKS:
                left = started + timeout - time.monotonic()
                try:
                    processes[name].wait(timeout=max(left, 0.1))
                except subprocess.TimeoutExpired:
                    message = f"{name} still runs after {timeout:g} s"
                    raise PipelineError(f"{message}\n{self._said(name)}") from None
        seconds = time.monotonic() - started
        ends = {name: Ended(processes[name].returncode, self._said(name)) for name in LINKS}
        output = (self.folder / "target.stdout").read_text(errors="replace")
        state = None if "--dry-run" in target_arguments else self._keep_state()
        return PipelineRun(**ends, output=output, state=state, seconds=seconds)

    @contextmanager
    def _started(self, commands: Mapping[str, Sequence[str]]) -> Iterator[Processes]:
        processes: dict[str, subprocess.Popen[bytes]] = {}
        upstream: Any = subprocess.DEVNULL
        try:
            for name in LINKS:
                last = name == LINKS[-1]
                with (
                    (self.folder / f"{name}.stderr").open("wb") as stderr,
                    (self.folder / "target.stdout").open("wb") as stdout,
                ):
                    processes[name] = subprocess.Popen(  # noqa: S603 - our own commands
                        commands[name],
                        stdin=upstream,
                        stdout=stdout if last else subprocess.PIPE,
                        stderr=stderr,
                        cwd=self.folder,
                        env=self._environment,
                    )
                if upstream is not subprocess.DEVNULL:
                    upstream.close()  # only the next process holds it, so that a death is noticed
                upstream = processes[name].stdout
            yield processes
        finally:
            for process in processes.values():
                if process.poll() is None:
                    process.kill()
                process.wait()
                if process.stdout is not None:
                    process.stdout.close()

    def _keep_state(self) -> dict[str, Any] | None:
        """Take the last whole line of the target's output as the state; none leaves the old."""
        for line in reversed((self.folder / "target.stdout").read_bytes().splitlines(True)):
            if line.endswith(b"\n") and line.startswith(b"{"):
                state: dict[str, Any] = json.loads(line)
                self.state_file.write_text(json.dumps(state))
                return state
        return None

    def _said(self, name: str) -> str:
        return (self.folder / f"{name}.stderr").read_text(errors="replace")

    def _config(self, link: str) -> Path:
        return self.folder / f"{link}.config.json"


def kill_when(link: str, moment: Callable[[], bool], killed: list[str] | None = None) -> Meddle:
    """Make the meddling that kills (SIGKILL) one process as soon as `moment()` holds.

    `killed` receives the process's name only if it was still alive then.
    """

    def meddle(processes: Processes) -> None:
        process = processes[link]
        while process.poll() is None:
            if moment():
                process.kill()
                if process.wait() < 0 and killed is not None:
                    killed.append(link)
                return
            time.sleep(0.0005)

    return meddle


def tap_config(stripe_url: str) -> dict[str, Any]:
    """Return the tap's settings for a sandbox."""
    return {
        "api_key": STRIPE_KEY,
        "api_base": stripe_url,
        "start_date": "2020-01-01T00:00:00Z",
        "relist_interval": 0,
    }


def target_config(monstock_url: str, ledger_url: str) -> dict[str, Any]:
    """Return the target's settings for a sandbox."""
    return {
        "base_url": f"{monstock_url}/api/v1",
        "api_token": MONSTOCK_TOKEN,
        "ledger_url": ledger_url,
        "expect_livemode": False,
        "tenant": "sandbox",
    }


def write_catalog(catalog: Path, streams: Sequence[str]) -> None:
    """Write what the tap discovers of `streams`, all of them selected, and of no other.

    Raises:
        PipelineError: the tap failed; with what it said.
    """
    content = json.loads(_discovered())
    content["streams"] = [one for one in content["streams"] if one["tap_stream_id"] in streams]
    for stream in content["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = True
    catalog.write_text(json.dumps(content))


@cache
def _discovered() -> bytes:
    """Return what the tap discovers, which takes seconds and is the same for all accounts."""
    found = subprocess.run(  # noqa: S603 - our own command
        [executable("tap-stripe-ext"), "--discover"],
        capture_output=True,
        check=False,
        env=_clean_environment(),
    )
    if found.returncode:
        raise PipelineError(f"tap-stripe-ext --discover: {found.stderr.decode(errors='replace')}")
    return found.stdout


class MeltanoProject:
    """The project's own meltano.yml, run with a system folder, database and ledger of its own.

    Args:
        root: the project (where meltano.yml is).
        folder: receives all that Meltano and the target keep.
    """

    def __init__(self, root: Path, folder: Path, stripe_url: str, monstock_url: str) -> None:
        self.root = root
        self.ledger = folder / "ledger.sqlite"
        self.environment = _clean_environment() | {
            "MELTANO_SYS_DIR_ROOT": str(folder / "meltano"),
            "MELTANO_DATABASE_URI": f"sqlite:///{folder / 'meltano.db'}",
            "MELTANO_ENVIRONMENT": "sandbox",
            "NO_COLOR": "1",
            "TAP_STRIPE_EXT_API_BASE": stripe_url,
            "TAP_MONSTOCK_BASE_URL": f"{monstock_url}/api/v1",
            "TARGET_MONSTOCK_BASE_URL": f"{monstock_url}/api/v1",
            "TARGET_MONSTOCK_LEDGER_URL": f"sqlite:///{self.ledger}",
            "SANDBOX_STRIPE_URL": stripe_url,
            "SANDBOX_MONSTOCK_URL": monstock_url,
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `meltano …`; its output, errors included, is the process's stdout."""
        command = [executable("meltano"), "--cwd", str(self.root), "--log-format=uncolored"]
        return subprocess.Popen(  # noqa: S603 - Meltano, with arguments of ours
            [*command, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, timeout: float = 170) -> Ended:
        """Run `meltano …` to its end.

        Raises:
            PipelineError: it did not end within `timeout` seconds; it was stopped.
        """
        process = self.start(*arguments)
        try:
            said, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            said, _ = process.communicate()
            raise PipelineError(f"meltano still runs after {timeout:g} s\n{said}") from None
        return Ended(process.returncode, said)


def _clean_environment() -> dict[str, str]:
    """Return this process's environment without what would change a setting behind a test.

    Python may keep what it compiled: a start without takes two and a half times as long.
    """
    dropped = (
        *("TAP_STRIPE_EXT_", "TAP_MONSTOCK_", "TARGET_MONSTOCK_", "MAP_PAYMENTS_"),
        *("MELTANO_", "SANDBOX_"),
    )
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(dropped) and key != "PYTHONDONTWRITEBYTECODE"
    }
