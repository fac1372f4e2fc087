"""Who is measured: how each is installed, configured and started, and what it calls its streams.

Peers on PyPI are installed from there, in pinned versions. The others are published only as git
repositories: whoever wants them measured installs them and says where they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from benchmarks.peers.environments import environment_of, run_checked
from benchmarks.stripe_objects import ACCOUNT

KEY = "sk_live_benchmark"
STREAMS = ("payment_intents", "charges", "customers", "balance_transactions")
_REDIRECT = Path(__file__).parent / "redirect"


class Output(Enum):
    """In what form a peer hands out records."""

    SINGER = "Singer messages on standard output"
    AIRBYTE = "Airbyte messages on standard output"
    DLT = "files that dlt's filesystem destination wrote"


@dataclass(frozen=True, slots=True)
class Task:
    """One run to be made.

    Attributes:
        api_base: address of the server.
        start_date: before the oldest object, in seconds since 1970.
        streams: which of `STREAMS` are read.
        limited: whether the server has Stripe's rate limits.
        folder: an empty one for the run's files.
    """

    api_base: str
    start_date: int
    streams: Sequence[str]
    limited: bool
    folder: Path

    @property
    def start(self) -> str:
        """`start_date` as ISO 8601, in UTC."""
        return datetime.fromtimestamp(self.start_date, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def write(self, name: str, content: dict[str, Any]) -> str:
        """Write JSON into the folder and return its path."""
        path = self.folder / name
        path.write_text(json.dumps(content))
        return str(path)


Command = Callable[[Path, Task], list[str]]
"""Returns the command line, from the folder of the environment's programs and the task."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One program that reads Stripe.

    Attributes:
        name: as `--only` names it.
        title: as the table shows it.
        output: in what form its records come.
        command: makes its command line.
        packages: what is installed from PyPI for it, pinned; empty where it is not there.
        python: the version of Python that it is installed for; one that it supports.
        wanted: what must be given by `--installed NAME=PATH`; empty where nothing must.
        streams: which of `STREAMS` it has.
        redirected: whether its requests to Stripe must be led to the server, since it has no
            setting for the address.
    """

    name: str
    title: str
    output: Output
    command: Command
    packages: tuple[str, ...] = ()
    python: str = "3.11"
    wanted: str = ""
    streams: tuple[str, ...] = STREAMS
    redirected: bool = True


def ours(programs: Path, task: Task) -> list[str]:
    """Return the command line of tap-stripe-ext; where the server has no limits, it has none."""
    settings: dict[str, Any] = {"api_key": KEY, "api_base": task.api_base, "start_date": task.start}
    if not task.limited:
        settings |= {"requests_per_second": 0, "requests_per_second_per_endpoint": 0}
    config = task.write("config.json", settings)
    tap = str(programs / "tap-stripe-ext")
    return [tap, "--config", config, "--catalog", _singer_catalog([tap], config, task)]


def _singer_io(programs: Path, task: Task) -> list[str]:
    config = task.write(
        "config.json",
        {"client_secret": KEY, "account_id": ACCOUNT, "start_date": task.start},
    )
    tap = str(programs / "tap-stripe")
    return [tap, "--config", config, "--catalog", _singer_catalog([tap], config, task)]


def _sdk_tap(program: str, key: str) -> Command:
    """Return the command of a tap on a Singer SDK, whose key goes by this name."""

    def command(programs: Path, task: Task) -> list[str]:
        config = task.write("config.json", {key: KEY, "start_date": task.start})
        tap = str(programs / program)
        return [tap, "--config", config, "--catalog", _singer_catalog([tap], config, task)]

    return command


def _airbyte(programs: Path, task: Task) -> list[str]:
    config = task.write(
        "config.json",
        {"client_secret": KEY, "account_id": ACCOUNT, "start_date": task.start},
    )
    streams = [
        {
            "stream": {
                "name": name,
                "json_schema": {},
                "supported_sync_modes": ["full_refresh", "incremental"],
            },
            "sync_mode": "incremental",
            "destination_sync_mode": "append",
        }
        for name in task.streams
    ]
    catalog = task.write("catalog.json", {"streams": streams})
    return [str(programs / "source-stripe"), "read", "--config", config, "--catalog", catalog]


def _dlt(programs: Path, task: Task) -> list[str]:
    endpoints = [name.title().replace("_", "").removesuffix("s") for name in task.streams]
    script = str(_REDIRECT / "run_dlt.py")
    return [str(programs / "python"), script, str(task.folder), KEY, task.start, *endpoints]


def _singer_catalog(tap: Sequence[str], config: str, task: Task) -> str:
    """Return the path of the catalog that the tap discovers, with the task's streams selected."""
    found = json.loads(
        run_checked([*tap, "--config", config, "--discover"], environment_of(task.api_base))
    )
    for stream in found["streams"]:
        selected = stream["tap_stream_id"] in task.streams
        stream["selected"] = selected
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = selected
            elif entry["metadata"].get("inclusion") == "available":
                entry["metadata"]["selected"] = True
    return task.write("catalog.json", found)


OURS = Peer("ours", "tap-stripe-ext", Output.SINGER, ours, redirected=False)
PEERS = (
    Peer(
        "singer-io",
        "singer-io/tap-stripe 3.3.0",
        Output.SINGER,
        _singer_io,
        packages=("tap-stripe==3.3.0",),
    ),
    Peer(
        "airbyte",
        "airbyte-source-stripe 5.14.1",
        Output.AIRBYTE,
        _airbyte,
        packages=("airbyte-source-stripe==5.14.1",),
    ),
    Peer(
        "dlt",
        "dlt 1.31.0, stripe_analytics",
        Output.DLT,
        _dlt,
        packages=("dlt[filesystem]==1.31.0", "stripe==15.0.0"),
        wanted="the folder that holds stripe_analytics, as `dlt init stripe_analytics filesystem` "
        "makes it",
    ),
    Peer(
        "hotglue",
        "hotglue tap-stripe-v2",
        Output.SINGER,
        _sdk_tap("tap-stripe-v2", "client_secret"),
        wanted="the bin folder of an environment in which it is installed",
    ),
    Peer(
        "ticketswap",
        "TicketSwap/tap-stripe",
        Output.SINGER,
        _sdk_tap("tap-stripe", "api_key"),
        wanted="the bin folder of an environment in which it is installed",
        streams=("payment_intents", "charges"),
    ),
)
