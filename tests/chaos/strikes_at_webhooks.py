"""Faults of Stripe's webhooks on their way."""

from __future__ import annotations

import threading
import time
from collections import Counter

import requests
from monstock_stripe_sandbox.delivery_settings import DeliverySettings
from monstock_stripe_sandbox.testing import RunningSandbox

from chaos.plan import Strike

BITES_WITHIN = 150.0
SPEED = 60.0
"""Failed deliveries are tried again after 5 seconds, 30 seconds and 2 minutes."""

_SHARES = {"lost": "lost", "doubled": "doubled", "late": "delayed", "re-ordered": "reordered"}
_REFUSED = ("forged", "unsigned", "stale", "oversized")


class WebhookStrikes:
    """Lets deliveries go wrong for a while, or sends wrong ones.

    Args:
        sandbox: both systems.
    """

    def __init__(self, sandbox: RunningSandbox) -> None:
        self._url = sandbox.stripe_url
        self._courier = sandbox.stripe_courier
        self._lock = threading.Lock()
        self._on: Counter[str] = Counter()
        self._settle(0)

    def strike(self, strike: Strike) -> bool:
        """Let it happen, and return whether a delivery was hit, or a wrong one refused."""
        kind = strike.kind.removeprefix("webhooks: ")
        return self._send_forged(strike) if kind == "forged" else self._disturb(kind, strike)

    def _disturb(self, kind: str, strike: Strike) -> bool:
        share = _SHARES[kind]
        before = self._count(share)
        self._turn(share, 1, strike.variant)
        try:
            time.sleep(0.5 + 3 * strike.size)
            until = time.monotonic() + BITES_WITHIN
            while self._count(share) == before and time.monotonic() < until:
                time.sleep(0.05)
        finally:
            self._turn(share, -1, strike.variant)
        return self._count(share) > before

    def _turn(self, share: str, step: int, seed: int) -> None:
        with self._lock:
            self._on[share] += step
            self._settle(seed)

    def _settle(self, seed: int) -> None:
        shares = {share: 0.5 for share, count in self._on.items() if count > 0}
        self._courier.settle(DeliverySettings(speed=SPEED, delay=2.0, seed=seed, **shares))

    def _count(self, share: str) -> int:
        return sum(int(getattr(count, share)) for count in list(self._courier.counts.values()))

    def _send_forged(self, strike: Strike) -> bool:
        """Send what nobody may believe; it has bitten once the doorbell has answered 4xx."""
        kind = _REFUSED[strike.variant % len(_REFUSED)]
        until = time.monotonic() + BITES_WITHIN
        while time.monotonic() < until:
            if any(400 <= status < 500 for status in self._statuses_of(kind)):
                return True
            time.sleep(0.3)
        return False

    def _statuses_of(self, kind: str) -> list[int]:
        """Send one, and return how it was answered; nothing where the sandbox is not there."""
        try:
            answer = requests.post(
                f"{self._url}/_sandbox/deliveries/send", json={"kind": kind}, timeout=60
            )
        except requests.ConnectionError:
            return []
        return [one["status"] for one in answer.json()["sent"]] if answer.ok else []
