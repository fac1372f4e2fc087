"""Who calls: API keys, and what a restricted one may do."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monstock_stripe_sandbox.stripe_errors import (
    no_access,
    no_key,
    no_permission,
    publishable_key,
    wrong_key,
)
from monstock_stripe_sandbox.stripe_expandable import kinds_at
from monstock_stripe_sandbox.stripe_kinds import KINDS

if TYPE_CHECKING:
    from monstock_stripe_sandbox.stripe_world import StripeWorld


OWN_ACCOUNT = "account, the key's own"
"""What `GET /v1/account` answers: another permission than for the accounts that are connected."""


@dataclass(frozen=True, slots=True)
class Access:
    """A valid key; `allowed` is None for one that may do everything."""

    key: str
    account: str
    allowed: frozenset[str] | None

    def require(self, verb: str, kinds: Iterable[str]) -> None:
        """Check that the key may `read` or `write` objects of these kinds.

        Raises:
            StripeError: it may not; the message names the permissions that lack.
        """
        if self.allowed is None:
            return
        needed = {f"rak_{_permission(kind)}_{verb}" for kind in kinds}
        lacking = sorted(needed - self.allowed)
        if lacking:
            raise no_permission(self.key, self.account, lacking)


def _permission(kind: str) -> str:
    if kind == OWN_ACCOUNT:
        return "accounts_kyc_basic"
    at = kinds_at(kind)
    return KINDS[at[0]].permission if at else kind


def access_of(world: StripeWorld, headers: Mapping[str, str]) -> Access:
    """Return what a request's key may do; the key comes as a bearer token or as the user name.

    Raises:
        StripeError: there is no key, it is wrong, or it has nothing to do with the account.
    """
    key = key_of(headers)
    if not key:
        raise no_key()
    if key.startswith("pk_"):
        raise publishable_key()
    if key not in world.keys:
        raise wrong_key(key)
    own = str(world.account["id"])
    account = headers.get("Stripe-Account", own)
    if account != own and account not in world.connected:
        raise no_access(key, account)
    return Access(key, account, world.keys[key])


def key_of(headers: Mapping[str, str]) -> str:
    """Return the key that a request brought, or ""."""
    scheme, _, rest = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode("ascii").partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""
