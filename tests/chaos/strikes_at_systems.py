"""Faults of either API: what it answers, how late, or not at all."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import requests
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox

from chaos.plan import Strike

BITES_WITHIN = 150.0
LASTS = 8.0
"""Seconds after which a fault that has hit something is left to itself."""

_STATUSES = (500, 502, 503, 504)
_CUTS = ("cut_before", "cut_after", "cut_half")


def _server_error(strike: Strike) -> Fault:
    status = _STATUSES[strike.variant % len(_STATUSES)]
    return Fault("status", status=status, times=_times(strike), every=1 + strike.variant % 3)


def _throttling(strike: Strike) -> Fault:
    wait = (None, 1)[strike.variant % 2]
    return Fault("status", status=429, retry_after=wait, times=2 * _times(strike))


def _slowness(strike: Strike) -> Fault:
    kind = ("latency", "slow_bytes")[strike.variant % 2]
    return Fault(kind, seconds=0.2 + 1.8 * strike.size, times=5 * _times(strike))


def _cut(strike: Strike) -> Fault:
    kind = _CUTS[strike.variant % len(_CUTS)]
    return Fault(kind, times=_times(strike), every=1 + strike.variant % 4)


def _garbage(strike: Strike) -> Fault:
    return Fault(("half_json", "html")[strike.variant % 2], times=_times(strike), every=2)


def _times(strike: Strike) -> int:
    return 1 + int(strike.size * 5)


FAULTS: Mapping[str, Callable[[Strike], Fault]] = {
    "5xx": _server_error,
    "429": _throttling,
    "slow": _slowness,
    "cut": _cut,
    "garbage": _garbage,
}


class ApiStrikes:
    """Arms faults at the sandbox and waits until they have hit requests.

    Args:
        sandbox: both systems.
    """

    def __init__(self, sandbox: RunningSandbox) -> None:
        self._sandbox = sandbox
        self._one_refusal = threading.Lock()

    def strike(self, strike: Strike) -> bool:
        """Let it happen, and return whether a request was hit."""
        system, kind = strike.kind.split(": ")
        if kind == "outage" and strike.variant % 2:
            with self._one_refusal:
                return self._refuse(system, 1 + 4 * strike.size)
        fault = (
            Fault("status", status=503, lasts=1 + 6 * strike.size)
            if kind == "outage"
            else FAULTS[kind](strike)
        )
        controls = {
            "stripe": self._sandbox.stripe_controls,
            "monstock": self._sandbox.monstock_controls,
        }[system]
        until = time.monotonic() + BITES_WITHIN
        while time.monotonic() < until:
            (armed,) = controls.arm(fault)
            enough = time.monotonic() + LASTS
            while not armed.over and time.monotonic() < until:
                if armed.hits and time.monotonic() > enough:
                    return True
                time.sleep(0.05)
            if armed.hits:
                return True
        return False

    def _refuse(self, system: str, seconds: float) -> bool:
        """Cut every connection and refuse new ones; say whether it did."""
        url = {"stripe": self._sandbox.stripe_url, "monstock": self._sandbox.monstock_url}[system]
        asked = {"seconds": seconds, "refused": True}
        requests.post(f"{url}/_sandbox/outage", json=asked, timeout=30).raise_for_status()
        address = urlsplit(url)
        refused = False
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                with socket.create_connection((str(address.hostname), address.port or 0), 1):
                    time.sleep(0.02)
            except ConnectionRefusedError:
                refused = True
                time.sleep(0.1)
        with contextlib.suppress(OSError):
            _wait_until_it_listens(str(address.hostname), address.port or 0)
        return refused


def _wait_until_it_listens(host: str, port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection((host, port), 1):
            return
        time.sleep(0.05)
