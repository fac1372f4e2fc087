"""What is worked off of customers: jobs, what was read for them, plans, and what was written."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.stripe_customer_plan import CustomerFacts, CustomerPlan
from monstock_stripe_core.stripe_intention import Intention, IntentionState
from target_common.ledger.queue import DirtySubject

from target_stripe.ledger.customers import KnownCustomer


@dataclass(frozen=True, slots=True)
class CustomerJob:
    """A customer that is to be worked on.

    Attributes:
        intention: the last one, if there is any.
        reads: whether it is read now, whatever was seen before.
    """

    work: DirtySubject
    known: KnownCustomer
    intention: Intention | None
    reads: bool = False

    @property
    def customer_id(self) -> str:
        """Monstock's id."""
        return self.work.subject

    @property
    def unanswered(self) -> Intention | None:
        """The intention whose answer is not known, if there is one."""
        one = self.intention
        return one if one is not None and one.state is IntentionState.INTENDED else None

    @property
    def stripe_id(self) -> str | None:
        """The id at Stripe by which it is read, if there is one."""
        return self.known.stripe_id or self.known.record.stripe_customer_id


@dataclass(frozen=True, slots=True)
class CustomerRead:
    """What is known of a customer at Stripe.

    Attributes:
        at: when it was read.
        facts: of the one whose id is known; None: there is none.
        named: those that carry its Monstock id, where no id was known.
        with_email: those with its e-mail address, where that was asked.
        looked_for: whether `named` are those that an unanswered intention made.
    """

    job: CustomerJob
    at: datetime
    facts: CustomerFacts | None = None
    named: tuple[CustomerFacts, ...] = ()
    with_email: tuple[CustomerFacts, ...] = ()
    looked_for: bool = False
    error: MonstockStripeError | None = None


@dataclass(frozen=True, slots=True)
class CustomerWritePlan:
    """A write that is to be made; of an intention, if it makes the customer."""

    job: CustomerJob
    plan: CustomerPlan
    intention: Intention | None = None


@dataclass(frozen=True, slots=True)
class CustomerWritten:
    """What became of a write: the customer as it is now, or a failure."""

    planned: CustomerWritePlan
    facts: CustomerFacts | None = None
    error: MonstockStripeError | None = None

    @property
    def job(self) -> CustomerJob:
        """What it was made for."""
        return self.planned.job


CustomerOutcome: TypeAlias = CustomerRead | CustomerWritten
