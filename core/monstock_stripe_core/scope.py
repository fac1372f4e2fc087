"""Which payments are ours: shops also sell outside Monstock, and test keys get mixed up."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from monstock_stripe_core.payment import Payment


class ScopeVerdict(StrEnum):
    """What becomes of a payment before anybody asks for its order."""

    OURS = "ours"
    OUT_OF_SCOPE = "out_of_scope"
    WRONG_MODE = "wrong_mode"
    BEFORE_CUTOVER = "before_cutover"


@dataclass(frozen=True, slots=True)
class Scope:
    """The filter that a tenant sets. What is left empty does not filter.

    Attributes:
        expect_livemode: payments of the other mode are refused; None takes both.
        cutover: payments begun before it were copied by hand: they are never added, only known.
        accounts: connected accounts that count; "" stands for our own.
        metadata: keys that must be there with these values ("*" is any value).
        description: a pattern that the description must contain.
        products: of which at least one must have been bought.
        created_from: payments begun before it are none of ours.
    """

    expect_livemode: bool | None = None
    cutover: datetime | None = None
    accounts: frozenset[str] = frozenset()
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    description: re.Pattern[str] | None = None
    products: frozenset[str] = frozenset()
    created_from: datetime | None = None


class Owned(Protocol):
    """What says of itself to whom it belongs: an invoice, a Payment Link, a customer."""

    @property
    def livemode(self) -> bool:
        """False for a test object."""

    @property
    def tenant(self) -> str | None:
        """The tenant that it names, where one Stripe account feeds several."""

    @property
    def account_id(self) -> str | None:
        """The connected account; None for our own."""


def owner_verdict(thing: Owned, scope: Scope, tenant: str | None) -> ScopeVerdict:
    """Say whether something other than a payment is of this tenant, mode and account.

    Args:
        thing: what is judged.
        scope: the filter that the tenant sets; what it says of payments alone does not count here.
        tenant: our name in a Stripe account that feeds several; None takes all names.
    """
    if thing.tenant is not None and tenant is not None and thing.tenant != tenant:
        return ScopeVerdict.OUT_OF_SCOPE
    if scope.expect_livemode is not None and thing.livemode != scope.expect_livemode:
        return ScopeVerdict.WRONG_MODE
    if scope.accounts and (thing.account_id or "") not in scope.accounts:
        return ScopeVerdict.OUT_OF_SCOPE
    return ScopeVerdict.OURS


def scope_verdict(payment: Payment, scope: Scope) -> ScopeVerdict:
    """Say whether a payment is ours to place.

    The mode is looked at first: a test payment in a live tenant is refused even where the filter
    would have let it pass unseen.
    """
    if scope.expect_livemode is not None and payment.livemode != scope.expect_livemode:
        return ScopeVerdict.WRONG_MODE
    if not _in_filter(payment, scope):
        return ScopeVerdict.OUT_OF_SCOPE
    if scope.cutover is not None and payment.created_at < scope.cutover:
        return ScopeVerdict.BEFORE_CUTOVER
    return ScopeVerdict.OURS


def _in_filter(payment: Payment, scope: Scope) -> bool:
    if scope.accounts and (payment.account_id or "") not in scope.accounts:
        return False
    if scope.created_from is not None and payment.created_at < scope.created_from:
        return False
    if scope.products and scope.products.isdisjoint(payment.products):
        return False
    if scope.description is not None and not scope.description.search(payment.description or ""):
        return False
    return all(
        key in payment.metadata and value in ("*", payment.metadata[key])
        for key, value in scope.metadata.items()
    )
