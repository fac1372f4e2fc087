"""Stripe's stand-in as data: its objects and the operations that make and change them.

Amounts are in Stripe's own units of their currency, ids are Stripe's. Each operation makes the
events that Stripe makes of it, and none where Stripe makes none.
"""

from __future__ import annotations

from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.stripe_books import (
    StripeWorldError,
    UnknownObjectError,
    operation,
)
from monstock_stripe_sandbox.stripe_idempotency import IdempotencyKeys
from monstock_stripe_sandbox.stripe_ids import IdMaker
from monstock_stripe_sandbox.stripe_sales_shapes import account
from monstock_stripe_sandbox.stripe_webhooks import WebhookOperations

SECRET_KEY = "sk_test_sandbox"  # noqa: S105 - the stand-in's own, and no secret

__all__ = ["SECRET_KEY", "StripeWorld", "StripeWorldError", "UnknownObjectError"]


class StripeWorld(WebhookOperations):
    """All objects of one Stripe account.

    Attributes:
        keys: API keys and what each may do; None is everything. Connected accounts have none:
            they are read with the platform's.
        idempotency: what was answered to writes; also of the connected accounts, in the platform's.
    """

    def __init__(self, seed: int, clock: Clock, *, platform: StripeWorld | None = None) -> None:
        super().__init__(seed, clock)
        self.session_metadata = {}
        self.platform = platform
        self.courier = None
        self.connected = {}
        self.idempotency = IdempotencyKeys(clock.now)
        self.keys: dict[str, frozenset[str] | None] = {SECRET_KEY: None}
        self.account = account(self.ids.account, self.now() - 400 * 86400)

    def connect(self, identifier: str) -> StripeWorld:
        """Make the world of a connected account."""
        made = StripeWorld(self.seed, self.clock, platform=self)
        made.ids = IdMaker(f"{self.seed} {identifier}", identifier[-10:])
        made.account = {**made.account, "id": identifier}
        made.keys = {}
        made.visibility_delay, made.search_lag = self.visibility_delay, self.search_lag
        self.connected[identifier] = made
        return made

    def world_of(self, identifier: str) -> StripeWorld:
        """Return the world of this account, or of one that is connected to it.

        Raises:
            UnknownObjectError: there is no such account.
        """
        if identifier == self.account["id"]:
            return self
        if identifier not in self.connected:
            raise UnknownObjectError(f"No such account: '{identifier}'")
        return self.connected[identifier]

    @operation
    def restricted_key(self, allowed: set[str]) -> str:
        """Make a key that may do only this; return it.

        Args:
            allowed: permissions as Stripe names them (`rak_charge_read`); the `rak_` may be
                left out. To write includes to read.
        """
        names = {name if name.startswith("rak_") else f"rak_{name}" for name in allowed}
        names |= {name.removesuffix("write") + "read" for name in names if name.endswith("write")}
        key = f"rk_test_{self.ids.text(24)}"
        self.keys[key] = frozenset(names)
        return key
