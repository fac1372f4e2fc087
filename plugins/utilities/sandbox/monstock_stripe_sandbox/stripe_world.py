"""Stripe's stand-in as data: its objects and the operations that make and change them."""

from __future__ import annotations

import threading

from monstock_stripe_sandbox.clock import Clock


class StripeWorld:
    """All objects of one Stripe account."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self.seed = seed
        self.clock = clock
        self.lock = threading.RLock()
