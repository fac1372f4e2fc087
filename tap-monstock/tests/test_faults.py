"""What goes wrong on the way: nothing is lost, little comes twice, and the run says so."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from monstock_stripe_core.monstock_errors import MonstockUnauthorized, MonstockUnreachable
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.live import free_address
from monstock_stripe_sandbox.testing import RunningSandbox
from tap_common.errors import OutputClosedError, StopRequestedError
from tap_common.testing import TapRun, following_tap
from tap_monstock.bookmark import Bookmark
from tap_monstock.errors import UnreadableRecordsError, WrongProfileError
from tap_monstock.stopping import Stopping
from tap_monstock.testing import SANDBOX_TOKEN, run_tap

Tap = Callable[..., TapRun]

TAP = Path(sys.executable).parent / "tap-monstock"
SHIPPED = {"monstock": "shipped: shipped", "monstock-fr": "shipped: [expédié, livré]"}


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=429, retry_after=0, times=4),
        Fault("status", status=500, times=3),
        Fault("status", status=503, times=3),
        Fault("cut_before", times=3),
        Fault("cut_half", times=3),
        Fault("half_json", times=3),
    ],
    ids=lambda fault: f"{fault.kind} {fault.status}",
)
def test_a_disturbance_that_passes_changes_nothing(
    sandbox: RunningSandbox, tap: Tap, fault: Fault
) -> None:
    orders = [sandbox.monstock.order(5, "EUR") for _ in range(60)]
    sandbox.monstock_controls.set_faults(fault)
    run = tap()
    assert run.error is None
    assert Counter(run.ids("orders")) == Counter(orders)


def test_a_run_that_is_cut_goes_on_from_what_it_emitted(
    sandbox: RunningSandbox, tap: Tap, profile: str
) -> None:
    now = sandbox.clock.now()
    orders = []
    for number in range(300):
        with sandbox.clock.at(now - 90_000 + 100 * number):
            orders.append(sandbox.monstock.order(5, "EUR"))
    refuse_from(sandbox, {"monstock": 3, "monstock-fr": 10}[profile])
    first = tap(streams=["orders"])
    assert isinstance(first.error, MonstockUnauthorized)
    assert 0 < len(first.ids("orders")) < 300
    sandbox.monstock_controls.on_request = None
    sandbox.monstock_controls.clear_faults()
    second = tap(streams=["orders"], state=first.state)
    assert second.error is None
    assert Counter(first.ids("orders") + second.ids("orders")) == Counter(orders)
    assert tap(streams=["orders"], state=second.state).record_count == 0


def refuse_from(sandbox: RunningSandbox, number: int) -> None:
    """Let the API refuse the token from its n-th request on."""
    sandbox.monstock_controls.reset_counters()

    def look() -> None:
        if sandbox.monstock_controls.requests == number:
            sandbox.monstock_controls.set_faults(Fault("status", status=403))

    sandbox.monstock_controls.on_request = look


class Pipe:
    """A target that takes so many lines and ends."""

    def __init__(self, lines: int) -> None:
        self.left = lines
        self.taken: list[dict[str, Any]] = []

    def write(self, data: bytes) -> int:
        for line in data.splitlines():
            if not self.left:
                raise BrokenPipeError
            self.left -= 1
            self.taken.append(json.loads(line))
        return len(data)

    def flush(self) -> None:
        return


@pytest.mark.parametrize("lines", [2, 400, 900])
def test_a_run_that_dies_goes_on_from_the_last_state(
    sandbox: RunningSandbox, tap: Tap, lines: int
) -> None:
    """No state comes before the records that it counts on."""
    orders = [sandbox.monstock.order(5, "EUR") for _ in range(1100)]
    pipe = Pipe(lines)
    assert isinstance(tap(streams=["orders"], sink=pipe).error, OutputClosedError)
    taken = [m["record"]["id"] for m in pipe.taken if m["type"] == "RECORD"]
    states = [m["value"] for m in pipe.taken if m["type"] == "STATE"]
    assert len(states) == (lines == 900)
    rest = tap(streams=["orders"], state=states[-1] if states else None)
    assert set(taken) | set(rest.ids("orders")) == set(orders)
    assert len(taken) + len(rest.ids("orders")) - 1100 <= lines - 500 * len(states)


def tenant(folder: Path, profile: str, shipped: str) -> str:
    """A profile that has another word for a state."""
    text = files("monstock_stripe_core").joinpath(f"profiles/{profile}.yml").read_text("utf-8")
    assert SHIPPED[profile] in text
    file = folder / "tenant.yml"
    file.write_text(text.replace(SHIPPED[profile], f"shipped: {shipped}"), "utf-8")
    return str(file)


def test_an_order_that_cannot_be_understood_hides_no_other_and_is_owed(
    sandbox: RunningSandbox, tap: Tap, profile: str, tmp_path: Path
) -> None:
    world = sandbox.monstock
    with sandbox.clock.at(sandbox.clock.now() - 7200):
        odd = world.order(5, "EUR", number="N-7", status="shipped")
        world.record_payment(odd, 5)
    plain = world.order(5, "EUR")
    first = tap(profile=tenant(tmp_path, profile, "gone"))
    assert isinstance(first.error, UnreadableRecordsError)
    assert f"order N-7 ({odd})" in str(first.error)
    assert first.ids("orders") == [plain]
    again = tap(profile=tenant(tmp_path, profile, "gone"), state=first.state)
    assert isinstance(again.error, UnreadableRecordsError)
    assert again.record_count == 0
    quiet = tap(profile=tenant(tmp_path, profile, "gone"), state=first.state, unreadable="report")
    assert quiet.error is None
    right = tap(state=again.state)
    assert right.error is None
    assert right.ids("orders") == [odd]
    assert len(right.records("order_payments")) == 1
    assert tap(state=right.state).record_count == 0


@pytest.mark.parametrize("status", [400, 403, 503])
def test_an_order_that_is_owed_and_cannot_be_had_hides_no_other(
    sandbox: RunningSandbox, tap: Tap, profile: str, tmp_path: Path, status: int
) -> None:
    with sandbox.clock.at(sandbox.clock.now() - 7200):
        odd = sandbox.monstock.order(5, "EUR", status="shipped")
    sandbox.monstock.order(5, "EUR")
    first = tap(profile=tenant(tmp_path, profile, "gone"))
    later = sandbox.monstock.order(5, "EUR")
    sandbox.monstock_controls.set_faults(Fault("status", status=status, path=f"*/{odd}"))
    again = tap(state=first.state)
    assert isinstance(again.error, UnreadableRecordsError)
    assert again.ids("orders") == [later]
    sandbox.monstock_controls.clear_faults()
    right = tap(state=again.state)
    assert right.error is None
    assert right.ids("orders") == [odd]


def test_what_a_run_that_follows_cannot_understand_is_said_once_and_counted(
    sandbox: RunningSandbox, profile: str, tmp_path: Path
) -> None:
    odd = sandbox.monstock.order(5, "EUR", status="shipped")
    listen = free_address()
    config = {
        "base_url": sandbox.monstock_base_url(profile),
        "api_token": SANDBOX_TOKEN,
        "profile": tenant(tmp_path, profile, "gone"),
        "follow": True,
        "poll_interval": 1,
        "metrics_listen": listen,
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    command = [str(TAP), "--config", str(tmp_path / "config.json")]

    def metrics() -> str:
        with urlopen(f"http://{listen}/metrics") as answer:
            return str(answer.read().decode())

    with following_tap(command, tmp_path / "tap.log") as running:
        running.wait_for(lambda: running.states)
        running.wait_for(lambda: "tap_looks_total 3.0" in metrics())
        assert "tap_unread 1.0" in metrics()
        assert running.log.read_text().count(odd) == 1


def test_what_is_gone_is_not_looked_for_while_something_is_not_understood(
    sandbox: RunningSandbox, tap: Tap, profile: str, tmp_path: Path
) -> None:
    """A target would take the order that could not be read for one that is gone."""
    sandbox.monstock.order(5, "EUR", status="shipped")
    run = tap(profile=tenant(tmp_path, profile, "gone"), full_table=["orders"])
    assert isinstance(run.error, UnreadableRecordsError)
    assert not [m for m in run.messages if m["type"] == "ACTIVATE_VERSION"]


def test_a_profile_that_fits_nothing_is_said_so_and_moves_no_bookmark(
    sandbox: RunningSandbox, tap: Tap, profile: str, tmp_path: Path
) -> None:
    for _ in range(120):
        sandbox.monstock.order(5, "EUR", status="shipped")
    run = tap(profile=tenant(tmp_path, profile, "gone"))
    assert isinstance(run.error, WrongProfileError)
    assert "replication_key_value" not in run.state["bookmarks"]["orders"]


@pytest.fixture
def command(sandbox: RunningSandbox, profile: str, tmp_path: Path) -> list[str]:
    config = {
        "base_url": sandbox.monstock_base_url(profile),
        "api_token": SANDBOX_TOKEN,
        "profile": profile,
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    return [str(TAP), "--config", str(tmp_path / "config.json")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_run_with_its_state(
    sandbox: RunningSandbox, command: list[str], tmp_path: Path, number: signal.Signals
) -> None:
    orders = [sandbox.monstock.order(5, "EUR") for _ in range(200)]
    # Each page comes so late that the signal falls into the wait for one of them.
    sandbox.monstock_controls.set_faults(Fault("latency", seconds=0.4))
    # Without a buffer: what `readline` has taken beforehand, `communicate` would not give.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(10)]
        process.send_signal(number)
        rest, errors = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert b"the state is written" in errors
    assert b"Traceback" not in errors
    messages = [json.loads(line) for line in b"".join([*lines, rest]).splitlines()]
    assert messages[-1]["type"] == "STATE"
    seen = [m["record"]["id"] for m in messages if m["type"] == "RECORD"]
    (tmp_path / "state.json").write_text(json.dumps(messages[-1]["value"]))
    sandbox.monstock_controls.clear_faults()
    done = subprocess.run(
        [*command, "--state", str(tmp_path / "state.json")], capture_output=True, check=True
    )
    later = [json.loads(line) for line in done.stdout.splitlines()]
    seen += [m["record"]["id"] for m in later if m["type"] == "RECORD"]
    assert Counter(seen) == Counter(orders)


def test_a_stop_that_something_on_its_way_has_caught_is_asked_for_again() -> None:
    stopping = Stopping()
    with contextlib.suppress(StopRequestedError):
        stopping.request(signal.SIGTERM)
    with pytest.raises(StopRequestedError):
        stopping.check()


def test_a_signal_while_the_state_is_put_together_loses_no_state(
    sandbox: RunningSandbox, tap: Tap, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = [sandbox.monstock.order(5, "EUR") for _ in range(3)]
    pack = Bookmark.packed
    asked: list[int] = []

    def packed(bookmark: Bookmark) -> str:
        if not asked:
            asked.append(signal.SIGTERM)
            signal.raise_signal(signal.SIGTERM)
        return pack(bookmark)

    monkeypatch.setattr(Bookmark, "packed", packed)
    before = signal.getsignal(signal.SIGTERM)
    try:
        stopped = tap(streams=["orders"])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert isinstance(stopped.error, StopRequestedError)
    assert stopped.ids("orders") == orders
    assert tap(streams=["orders"], state=stopped.state).record_count == 0


def test_a_host_that_does_not_answer_is_named() -> None:
    run = run_tap("http://127.0.0.1:9/api/v1")
    assert isinstance(run.error, MonstockUnreachable)
    assert "base_url" in str(run.error)
