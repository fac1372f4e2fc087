"""What is worked off of orders: jobs, what was read for them, plans, and what was written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.exception_kind import ExceptionFound
from monstock_stripe_core.order_record import OrderRecord
from monstock_stripe_core.stripe_annotation import AnnotationWrite, LastAnnotation
from monstock_stripe_core.stripe_collected import Collected, CollectionStep
from monstock_stripe_core.stripe_intention import SETTLED, Intention, IntentionState
from monstock_stripe_core.stripe_payment_facts import PaymentFacts
from target_common.ledger.queue import DirtySubject


@dataclass(frozen=True, slots=True)
class OrderJob:
    """An order that is to be worked on.

    Attributes:
        claims: the payments that it has rows of.
        annotates: those of them that are annotated with it: the others are shared with an order
            that comes before it.
        leaves: payments that are annotated with it and that no order has a row of any more.
        shared: claims that other orders have too.
        last: what we wrote on payments, for whatever order.
        intention: the last one that collects it.
        customer: its customer's id at Stripe, where it is known.
        looks: whether what the intention made is looked for, although its key is not old.
    """

    work: DirtySubject
    record: OrderRecord
    claims: frozenset[str] = frozenset()
    annotates: frozenset[str] = frozenset()
    leaves: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    last: Mapping[str, LastAnnotation] = field(default_factory=lambda: MappingProxyType({}))
    intention: Intention | None = None
    customer: str | None = None
    looks: bool = False

    @property
    def order_id(self) -> str:
        """Monstock's id."""
        return self.work.subject

    @property
    def unanswered(self) -> Intention | None:
        """The intention whose answer is not known, if there is one."""
        one = self.intention
        return one if one is not None and one.state is IntentionState.INTENDED else None

    @property
    def followed(self) -> Intention | None:
        """The intention that made something which is to be followed, if there is one."""
        one = self.intention
        if one is None or one.object_id is None or one.state in SETTLED:
            return None
        return one


@dataclass(frozen=True, slots=True)
class OrderRead:
    """What Stripe has for an order.

    Attributes:
        payments: by transaction reference; None where there is no such payment.
        present: what the followed intention made.
        found: what was made for the order before, where the ledger did not know.
        looked_for: whether `found` is what an unanswered intention made.
    """

    job: OrderJob
    payments: Mapping[str, PaymentFacts | None] = field(
        default_factory=lambda: MappingProxyType({})
    )
    present: Collected | None = None
    found: Collected | None = None
    looked_for: bool = False
    error: MonstockStripeError | None = None


@dataclass(frozen=True, slots=True)
class PaymentEdit:
    """A write on a payment.

    Attributes:
        reference: the transaction reference, which names the account too.
        takes_away: whether it takes the order's annotation away.
    """

    reference: str
    account_id: str | None
    write: AnnotationWrite
    takes_away: bool = False


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """What is to be written for an order, in this order: edits, then steps or the new intention.

    Attributes:
        creates: an intention that is durable by now.
        again: whether there may be more to do afterwards.
        exceptions: what was found, before anything is written.
        standing: what of ours was found standing on payments that are annotated.
    """

    job: OrderJob
    edits: tuple[PaymentEdit, ...] = ()
    steps: tuple[CollectionStep, ...] = ()
    creates: Intention | None = None
    again: bool = False
    exceptions: tuple[ExceptionFound, ...] = ()
    standing: Mapping[str, LastAnnotation] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def acts(self) -> bool:
        """Whether anything is to be written."""
        return bool(self.edits or self.steps or self.creates)


Act: TypeAlias = PaymentEdit | CollectionStep | Intention


@dataclass(frozen=True, slots=True)
class Acted:
    """One write and what became of it.

    Attributes:
        object_id: Stripe's, of what was written.
    """

    act: Act
    object_id: str = ""
    error: MonstockStripeError | None = None


@dataclass(frozen=True, slots=True)
class OrderWritten:
    """What became of a plan; writes that were not tried are not in it."""

    plan: OrderPlan
    acted: tuple[Acted, ...]

    @property
    def job(self) -> OrderJob:
        """What it was made for."""
        return self.plan.job


OrderOutcome: TypeAlias = OrderRead | OrderWritten
