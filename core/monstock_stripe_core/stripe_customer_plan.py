"""Customers at Stripe: which one is Monstock's, and what of it is to be written.

What staff changed in Stripe's Dashboard stays: a field is written only where Monstock's value
changed since it was last dealt with, or where Stripe has none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from monstock_stripe_core.customer_record import Address, CustomerRecord, address_of
from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.link_annotation import TENANT_KEY
from monstock_stripe_core.stripe_fields import texts

CUSTOMER_ID_KEY = "monstock_customer_id"


class Creation(StrEnum):
    """Which customers are created where Stripe has none."""

    ALL = "all"
    NEEDED = "needed"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class CustomerRules:
    """What a tenant sets about customers.

    Attributes:
        tenant: our name in a Stripe account that feeds several.
        match_by_email: whether an e-mail address tells who a customer is.
        creation: which ones are created.
        expect_livemode: the mode that customers must be of; None: any.
    """

    tenant: str | None = None
    match_by_email: bool = False
    creation: Creation = Creation.NEEDED
    expect_livemode: bool | None = None


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """A customer as Stripe has it now."""

    id: str
    livemode: bool
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: Address | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Base:
    """Monstock's values as they were last dealt with."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class CustomerWrite:
    """An edit of a customer.

    Attributes:
        texts: name, email and phone to set; an empty text takes one away.
        address: to set, whole; None leaves it.
        takes_address_away: whether it is to be empty.
        metadata: keys to set.
    """

    id: str
    texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    address: Address | None = None
    takes_address_away: bool = False
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __bool__(self) -> bool:
        return bool(self.texts or self.address or self.takes_address_away or self.metadata)


@dataclass(frozen=True, slots=True)
class CustomerPlan:
    """What is to be done about a customer.

    Attributes:
        found: the one that it is at Stripe.
        write: what to change of it.
        creates: whether it is to be made.
    """

    found: CustomerFacts | None = None
    write: CustomerWrite | None = None
    creates: bool = False
    exception: ExceptionFound | None = None


def customer_facts(value: Mapping[str, Any]) -> CustomerFacts:
    """A Customer of Stripe's as facts."""
    return CustomerFacts(
        id=value["id"],
        livemode=bool(value.get("livemode")),
        name=value.get("name") or None,
        email=value.get("email") or None,
        phone=value.get("phone") or None,
        address=address_of(value.get("address")),
        metadata=MappingProxyType(texts(value.get("metadata"))),
        deleted=bool(value.get("deleted")),
    )


def customer_metadata(customer_id: str, rules: CustomerRules) -> dict[str, str]:
    """The keys that say which customer of Monstock's it is."""
    tenant = {} if rules.tenant is None else {TENANT_KEY: rules.tenant}
    return {CUSTOMER_ID_KEY: customer_id, **tenant}


def is_named(facts: CustomerFacts, customer_id: str, rules: CustomerRules) -> bool:
    """Whether a customer at Stripe carries this Monstock id, of our tenant."""
    tenant = facts.metadata.get(TENANT_KEY)
    ours = not tenant or rules.tenant is None or tenant == rules.tenant
    return ours and facts.metadata.get(CUSTOMER_ID_KEY) == customer_id


def plan_known(
    record: CustomerRecord, facts: CustomerFacts | None, base: Base | None, rules: CustomerRules
) -> CustomerPlan:
    """Plan a customer whose id at Stripe is known.

    Args:
        record: Monstock's.
        facts: as Stripe has it; None where it never had one of that id.
        base: Monstock's values as last dealt with; None where nothing is remembered.
        rules: the tenant's settings.
    """
    if facts is None or facts.deleted:
        message = "The customer was deleted at Stripe; nothing is written and none is made anew."
        return _exception(ExceptionKind.CUSTOMER_DELETED, message, record)
    refusal = _refusal(record, facts, rules)
    if refusal is not None:
        return refusal
    if record.deleted:
        return CustomerPlan(found=facts)
    write = _changes(record, facts, base or base_of(record))
    keys = customer_metadata(record.customer_id, rules)
    missing = {key: text for key, text in keys.items() if facts.metadata.get(key) != text}
    write = CustomerWrite(
        facts.id, write.texts, write.address, write.takes_address_away, MappingProxyType(missing)
    )
    return CustomerPlan(found=facts, write=write or None)


def plan_unknown(
    record: CustomerRecord,
    named: Sequence[CustomerFacts],
    with_email: Sequence[CustomerFacts],
    rules: CustomerRules,
    *,
    needed: bool,
    shares_email: bool = False,
) -> CustomerPlan:
    """Plan a customer whose id at Stripe is not known.

    Args:
        record: Monstock's.
        named: customers at Stripe that carry its Monstock id.
        with_email: customers at Stripe with its e-mail address that are no other Monstock
            customer's as far as we know; only asked where that counts.
        rules: the tenant's settings.
        needed: whether something cannot be done without it.
        shares_email: whether Monstock has another customer with that address.
    """
    if len(named) > 1:
        return _ambiguous(record, named, f"carry the Monstock id {record.customer_id}")
    if named:
        return plan_known(record, named[0], None, rules)
    if record.deleted:
        return CustomerPlan()
    if rules.match_by_email and record.email:
        free = [
            one for one in with_email if not one.deleted and CUSTOMER_ID_KEY not in one.metadata
        ]
        if len(free) > 1:
            return _ambiguous(record, free, "have this customer's e-mail address")
        if free and shares_email:
            return _ambiguous(record, free, "have an e-mail address of several Monstock customers")
        if free:
            return plan_known(record, free[0], None, rules)
    wanted = rules.creation is Creation.ALL or (rules.creation is Creation.NEEDED and needed)
    if wanted:
        return CustomerPlan(creates=True)
    if needed:
        message = (
            "An order's invoice needs this customer, Stripe has none that is surely the same, "
            "and create_customers is never."
        )
        return _exception(ExceptionKind.CUSTOMER_MISSING, message, record)
    return CustomerPlan()


def base_of(record: CustomerRecord) -> Base:
    """What is remembered of a customer once it has been dealt with."""
    return Base(record.name, record.email, record.phone, record.address)


def _changes(record: CustomerRecord, facts: CustomerFacts, base: Base) -> CustomerWrite:
    changed: dict[str, str] = {}
    for name in ("name", "email", "phone"):
        wanted, present, before = (getattr(one, name) for one in (record, facts, base))
        if _is_to_be_written(wanted, present, before):
            changed[name] = wanted or ""
    takes_away = False
    address = None
    if _is_to_be_written(record.address, facts.address, base.address):
        address, takes_away = record.address, record.address is None
    return CustomerWrite(facts.id, MappingProxyType(changed), address, takes_away)


def _is_to_be_written(wanted: object, present: object, before: object) -> bool:
    """Whether Monstock's value goes over Stripe's.

    A value that vanished in Monstock takes only its own copy with it.
    """
    if wanted == present:
        return False
    if wanted is None:
        return present == before
    return present is None or wanted != before


def _refusal(
    record: CustomerRecord, facts: CustomerFacts, rules: CustomerRules
) -> CustomerPlan | None:
    if rules.expect_livemode is not None and facts.livemode is not rules.expect_livemode:
        mode = "live" if facts.livemode else "test"
        message = f"The customer {facts.id} is of {mode} mode, which is not the expected one."
        return _exception(ExceptionKind.WRONG_MODE, message, record)
    named = facts.metadata.get(CUSTOMER_ID_KEY)
    if named and not is_named(facts, record.customer_id, rules):
        message = (
            f"{facts.id} at Stripe carries another customer's Monstock id ({named}); "
            "nothing was written on it."
        )
        return _exception(ExceptionKind.CUSTOMER_AMBIGUOUS, message, record)
    return None


def _ambiguous(record: CustomerRecord, several: Sequence[CustomerFacts], what: str) -> CustomerPlan:
    ids = ", ".join(sorted(one.id for one in several)[:5])
    return _exception(
        ExceptionKind.CUSTOMER_AMBIGUOUS,
        f"{len(several)} at Stripe {what}: {ids}. None of them was touched.",
        record,
    )


def _exception(kind: ExceptionKind, message: str, record: CustomerRecord) -> CustomerPlan:
    return CustomerPlan(exception=ExceptionFound(kind, message, customer_id=record.customer_id))
