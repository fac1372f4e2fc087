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
from monstock_stripe_sandbox.stripe_invoices import InvoiceOperations
from monstock_stripe_sandbox.stripe_sales_shapes import account
from monstock_stripe_sandbox.stripe_shapes import Shape

SECRET_KEY = "sk_test_sandbox"  # noqa: S105 - the stand-in's own, and no secret

__all__ = ["SECRET_KEY", "StripeWorld", "StripeWorldError", "UnknownObjectError"]


class StripeWorld(InvoiceOperations):
    """All objects of one Stripe account.

    Attributes:
        keys: API keys and what each may do; None is everything.
    """

    def __init__(self, seed: int, clock: Clock) -> None:
        super().__init__(seed, clock)
        self.lines = {}
        self.session_metadata = {}
        self.paid_off_stripe = {}
        self.keys: dict[str, frozenset[str] | None] = {SECRET_KEY: None}
        self.account: Shape = account(self.ids.account, self.now() - 400 * 86400)

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
