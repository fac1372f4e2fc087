"""Which of Monstock's customers a Stripe customer surely is, and what follows from that.

A link is written only where it is sure. Everything else is left to a person, never guessed.
"""

from dataclasses import dataclass
from enum import StrEnum

from monstock_stripe_core.customer import Customer
from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.stripe_customer import StripeCustomer


class CustomerState(StrEnum):
    """What became of a Stripe customer's search for themselves in Monstock."""

    LINKED = "linked"
    LINK = "link"
    CREATE = "create"
    UNKNOWN = "unknown"
    UNDECIDED = "undecided"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Found:
    """What Monstock has of a Stripe customer now.

    Attributes:
        bearing: the customers that carry the Stripe id.
        named: the one that the metadata name; None where there is none.
        by_email: those with the same e-mail address; asked for only where nothing better is there.
    """

    bearing: tuple[Customer, ...] = ()
    named: Customer | None = None
    by_email: tuple[Customer, ...] = ()

    @property
    def candidates(self) -> tuple[str, ...]:
        """The ids of those who may be the same."""
        named = () if self.named is None else (self.named,)
        return tuple(customer.id for customer in (*named, *self.by_email))


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of a Stripe customer.

    Attributes:
        linked_to: the customer in Monstock that carried the Stripe id when we last looked.
        same_email: how many Stripe customers that are not deleted have this e-mail address.
        has_paid: whether they paid for something of ours.
        older: another Stripe customer with this e-mail who has paid too and was there before.
        claimed: ids of Monstock's customers that the metadata of other Stripe customers name.
    """

    linked_to: str | None = None
    same_email: int = 1
    has_paid: bool = False
    older: str | None = None
    claimed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CustomerMatch:
    """The verdict on a Stripe customer.

    Attributes:
        customer: in Monstock: who carries the Stripe id, or is to carry it.
        rule: what makes it sure: `metadata`, `email`, `carried` or `paid`.
    """

    state: CustomerState
    customer: Customer | None = None
    rule: str | None = None
    exceptions: tuple[ExceptionFound, ...] = ()


def match_customer(
    stripe: StripeCustomer, found: Found, known: Known, *, may_create: bool
) -> CustomerMatch:
    """Decide who a Stripe customer is in Monstock.

    The first that applies: who carries the id already; who carried it, of whom somebody took it
    away, which is obeyed; whom the metadata name, who never gives way to a weaker rule; the only
    one with the e-mail address, where no other Stripe customer has it. Who is unknown to Monstock
    is made where that is allowed, and only once they have paid for something of ours.

    Args:
        stripe: the customer.
        found: what Monstock has.
        known: what the ledger knows.
        may_create: whether customers may be made in Monstock.
    """
    if stripe.deleted:
        return _deleted(stripe, found)
    if found.bearing:
        return _carried(stripe, found)
    if known.linked_to is not None and stripe.monstock_customer_id in (None, known.linked_to):
        return _undecided(
            stripe,
            ExceptionKind.CUSTOMER_BY_HAND,
            f"Customer {known.linked_to} in Monstock carried this Stripe customer's id and does "
            "so no more; it is not written again.",
        )
    if stripe.monstock_customer_id is not None:
        return _named(stripe, found.named, known)
    if found.by_email:
        return _by_email(stripe, found, known)
    if not (may_create and known.has_paid):
        return CustomerMatch(CustomerState.UNKNOWN)
    return _new(stripe, known)


def _deleted(stripe: StripeCustomer, found: Found) -> CustomerMatch:
    """Nothing is undone: what stands in Monstock is told, and left to people."""
    if not found.bearing:
        return CustomerMatch(CustomerState.DELETED)
    message = (
        f"The Stripe customer was deleted; {_listed(found.bearing)} in Monstock still carries "
        "their id."
    )
    exception = _exception(stripe, ExceptionKind.CUSTOMER_DELETED, message)
    return CustomerMatch(CustomerState.DELETED, found.bearing[0], None, (exception,))


def _carried(stripe: StripeCustomer, found: Found) -> CustomerMatch:
    if len(found.bearing) > 1:
        return _ambiguous(
            stripe, f"Several customers in Monstock carry the Stripe id: {_listed(found.bearing)}."
        )
    (bearer,) = found.bearing
    if found.named is not None and found.named.id != bearer.id:
        return _ambiguous(
            stripe,
            f"Stripe's metadata name customer {found.named.id}, but customer {bearer.id} in "
            "Monstock carries the Stripe id.",
        )
    return CustomerMatch(CustomerState.LINKED, bearer, "carried")


def _named(stripe: StripeCustomer, named: Customer | None, known: Known) -> CustomerMatch:
    if named is None:
        return _ambiguous(
            stripe,
            f"Stripe's metadata name customer {stripe.monstock_customer_id}, whom Monstock does "
            "not have.",
        )
    if named.stripe_customer_id is not None:
        return _ambiguous(
            stripe,
            f"Stripe's metadata name customer {named.id}, who carries another Stripe id.",
        )
    if named.id in known.claimed:
        return _ambiguous(
            stripe,
            f"The metadata of several Stripe customers name customer {named.id} in Monstock.",
        )
    return CustomerMatch(CustomerState.LINK, named, "metadata")


def _by_email(stripe: StripeCustomer, found: Found, known: Known) -> CustomerMatch:
    if len(found.by_email) > 1:
        names = _listed(found.by_email)
        return _ambiguous(
            stripe, f"Several customers in Monstock have the e-mail address: {names}."
        )
    (only,) = found.by_email
    if only.stripe_customer_id is not None:
        return _ambiguous(
            stripe,
            f"Customer {only.id} in Monstock has the e-mail address and carries another Stripe id.",
        )
    if only.id in known.claimed:
        return _ambiguous(
            stripe,
            f"Customer {only.id} in Monstock has the e-mail address, but the metadata of another "
            "Stripe customer name them.",
        )
    if known.same_email > 1:
        return _ambiguous(
            stripe,
            f"{known.same_email} Stripe customers have the e-mail address of customer {only.id} "
            "in Monstock.",
        )
    return CustomerMatch(CustomerState.LINK, only, "email")


def _new(stripe: StripeCustomer, known: Known) -> CustomerMatch:
    if known.older is not None:
        return _ambiguous(
            stripe,
            f"Stripe customer {known.older} has the same e-mail address and was there first.",
        )
    if stripe.name is None and stripe.email is None:
        return _ambiguous(
            stripe, "The Stripe customer has neither name nor e-mail: nothing to make a contact of."
        )
    return CustomerMatch(CustomerState.CREATE, None, "paid")


def _ambiguous(stripe: StripeCustomer, message: str) -> CustomerMatch:
    return _undecided(stripe, ExceptionKind.CUSTOMER_AMBIGUOUS, message)


def _undecided(stripe: StripeCustomer, kind: ExceptionKind, message: str) -> CustomerMatch:
    exceptions = (_exception(stripe, kind, message),)
    return CustomerMatch(CustomerState.UNDECIDED, exceptions=exceptions)


def _exception(stripe: StripeCustomer, kind: ExceptionKind, message: str) -> ExceptionFound:
    return ExceptionFound(kind, message, customer_id=stripe.stripe_customer_id)


def _listed(customers: tuple[Customer, ...]) -> str:
    return ", ".join(sorted(customer.id for customer in customers))
