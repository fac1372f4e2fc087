"""For tests, the demo and benchmarks: the real pipelines as processes, against a sandbox.

A `BarePipe` starts tap, mapper and target as a shell would (`tap | mapper | target`) and keeps the
Singer state as any runner does: the last whole STATE line that the target wrote.
"""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class Programs:
    """The commands of a pipeline, and the streams that its tap reads."""

    tap: str
    mapper: str
    target: str
    streams: tuple[str, ...]


PAYMENTS = Programs(
    "tap-stripe-ext",
    "map-payments",
    "target-monstock",
    ("payments", "invoices", "payment_links"),
)
ORDERS = Programs("tap-monstock", "map-orders", "target-stripe", ("orders", "customers"))


class BarePipe:
    """A pipeline without a runner, its files in one folder.

    Args:
        folder: receives configuration, catalog, state, ledger and what the processes say.
        programs: its commands.
        configs: the settings of tap, mapper and target.
    """

    def __init__(
        self, folder: Path, programs: Programs, configs: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.folder = folder
        self.programs = programs
        self.state_file = folder / "state.json"
        self.ledger = ledger_in(folder)
        self.catalog = folder / "catalog.json"
        self._environment = clean_environment()
        for link, config in configs.items():
            self.configure(link, config)

    def configure(self, link: str, config: Mapping[str, Any]) -> None:
        """Write the settings of one of tap, mapper, target."""
        self._config(link).write_text(json.dumps(config))

    def write_catalog(self) -> None:
        """Have the tap discover the pipeline's streams."""
        write_catalog(self.catalog, self.programs.streams, self.programs.tap, self._config("tap"))

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
            self.write_catalog()
        state_arguments = ["--state", str(self.state_file)] if self.state_file.exists() else []
        commands = {
            "tap": source
            or [
                *(executable(self.programs.tap), "--config", str(self._config("tap"))),
                *("--catalog", str(self.catalog), *state_arguments),
            ],
            "mapper": [executable(self.programs.mapper), "--config", str(self._config("mapper"))],
            "target": [
                *(executable(self.programs.target), "--config", str(self._config("target"))),
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


class PaymentsPipe(BarePipe):
    """`tap-stripe-ext | map-payments | target-monstock`.

    Args:
        folder: receives its files.
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
        ledger_url = f"sqlite:///{ledger_in(folder)}"
        configs = {
            "tap": tap_config(stripe_url) | dict(tap or {}),
            "mapper": dict(mapper or {}),
            "target": target_config(monstock_url, ledger_url) | dict(target or {}),
        }
        super().__init__(folder, PAYMENTS, configs)


class OrdersPipe(BarePipe):
    """`tap-monstock | map-orders | target-stripe`; arguments as for `PaymentsPipe`."""

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
        ledger_url = f"sqlite:///{ledger_in(folder)}"
        configs = {
            "tap": monstock_config(monstock_url) | dict(tap or {}),
            "mapper": dict(mapper or {}),
            "target": stripe_target_config(stripe_url, ledger_url) | dict(target or {}),
        }
        super().__init__(folder, ORDERS, configs)


def ledger_in(folder: Path) -> Path:
    """Return the SQLite file of a pipeline's ledger."""
    return folder / "ledger.sqlite"


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
    return monstock_config(monstock_url) | {
        "ledger_url": ledger_url,
        "expect_livemode": False,
        "tenant": "sandbox",
    }


def monstock_config(monstock_url: str) -> dict[str, Any]:
    """Return what a program needs to know of the sandbox's Monstock."""
    return {"base_url": f"{monstock_url}/api/v1", "api_token": MONSTOCK_TOKEN}


def stripe_target_config(stripe_url: str, ledger_url: str) -> dict[str, Any]:
    """Return target-stripe's settings for a sandbox."""
    return {
        "api_key": STRIPE_KEY,
        "api_base": stripe_url,
        "ledger_url": ledger_url,
        "expect_livemode": False,
        "tenant": "sandbox",
    }


def write_catalog(
    catalog: Path,
    streams: Sequence[str],
    tap: str = PAYMENTS.tap,
    config: Path | None = None,
) -> None:
    """Write what a tap discovers of `streams`, all of them selected, and of no other.

    Args:
        catalog: the file.
        streams: their names.
        tap: the command.
        config: its settings, if it needs any to discover.

    Raises:
        PipelineError: the tap failed; with what it said.
    """
    content = json.loads(_discovered(tap, config if tap != PAYMENTS.tap else None))
    content["streams"] = [one for one in content["streams"] if one["tap_stream_id"] in streams]
    for stream in content["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = True
    catalog.write_text(json.dumps(content))


@cache
def _discovered(tap: str, config: Path | None) -> bytes:
    """Return what a tap discovers; for tap-stripe-ext that takes seconds."""
    settings = [] if config is None else ["--config", str(config)]
    found = subprocess.run(  # noqa: S603 - our own command
        [executable(tap), *settings, "--discover"],
        capture_output=True,
        check=False,
        env=clean_environment(),
    )
    if found.returncode:
        raise PipelineError(f"{tap} --discover: {found.stderr.decode(errors='replace')}")
    return found.stdout


def clean_environment() -> dict[str, str]:
    """Return this process's environment without what would change a setting behind a test.

    Python may keep what it compiled: a start without takes two and a half times as long.
    """
    dropped = (
        *("TAP_STRIPE_EXT_", "MAP_PAYMENTS_", "TARGET_MONSTOCK_"),
        *("TAP_MONSTOCK_", "MAP_ORDERS_", "TARGET_STRIPE_"),
        *("MELTANO_", "SANDBOX_", "TARGET_DUCKDB_", "RECONCILE_"),
    )
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(dropped) and key != "PYTHONDONTWRITEBYTECODE"
    }
