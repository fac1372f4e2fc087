"""What collects an order's money at Stripe, as it is, and the calls that change it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from monstock_stripe_core.exception_kind import ExceptionFound
from monstock_stripe_core.stripe_annotation import AnnotationWrite
from monstock_stripe_core.stripe_demand import Demand, OrderAs, asked
from monstock_stripe_core.stripe_fields import id_of, texts
from monstock_stripe_core.stripe_intention import CONTENT_KEY, IntentionState

LINE_KEY = "monstock_line"
"""Metadata of the lines that we put on an invoice: others are somebody else's and stay."""


class Phase(StrEnum):
    """What has become of something that collects."""

    OPEN = "open"
    PAYING = "paying"
    """Money is on its way, reserved, or there in part."""
    PAID = "paid"
    SPENT = "spent"
    """It took a payment that failed for good, and takes no other one."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Collected:
    """Something that collects an order's money, as Stripe has it now.

    Attributes:
        amount: that it asks for, in Stripe's units.
        currency: as Stripe writes it.
        metadata: its own.
        content: what it asks for, as we wrote it (`Demand.content`); empty: it is being written.
        draft: whether it is an invoice that is not finalised.
        lines: ids of the draft's lines that are ours.
        paid_by: ids of the payments that paid it, or may yet; an invoice's own is one of them.
        received: what they brought in; None where that is not known.
    """

    kind: OrderAs
    id: str
    phase: Phase
    livemode: bool
    amount: int
    currency: str
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    content: str = ""
    description: str | None = None
    order_reference: str | None = None
    customer: str | None = None
    draft: bool = False
    lines: tuple[str, ...] = ()
    paid_by: frozenset[str] = frozenset()
    received: int | None = None

    @property
    def asked(self) -> int | None:
        """The amount that we let it ask for; None while it is being written."""
        return int(self.content.split(" ")[0]) if self.content else None

    @property
    def edited(self) -> bool:
        """Whether somebody else has changed what it asks for.

        A Payment Link's price cannot be changed, and its lines are not read.
        """
        if not self.content or self.kind is OrderAs.PAYMENT_LINK:
            return False
        return not self.content.startswith(f"{asked(self.amount, self.currency)} ")


class Action(StrEnum):
    """One call that changes something that collects."""

    AMOUNT = "amount"
    ANNOTATE = "annotate"
    REMOVE_LINES = "remove_lines"
    ADD_LINES = "add_lines"
    FINALIZE = "finalize"
    SEND = "send"
    CANCEL = "cancel"
    DELETE = "delete"
    VOID = "void"
    DEACTIVATE = "deactivate"


@dataclass(frozen=True, slots=True)
class CollectionStep:
    """A call and what it needs.

    Attributes:
        demand: what to ask for, where the call says it.
        customer: Stripe's, to be set; None leaves it.
        lines: ids of lines to remove.
        annotation: for `ANNOTATE`.
    """

    action: Action
    kind: OrderAs
    object_id: str
    demand: Demand | None = None
    customer: str | None = None
    lines: tuple[str, ...] = ()
    annotation: AnnotationWrite | None = None


@dataclass(frozen=True, slots=True)
class CollectionPlan:
    """What is to be done to have an order's money collected.

    Attributes:
        steps: in their order.
        state: of the intention, from before the steps; None leaves it.
        creates: what a new one is to ask for; None: none is made.
        again: whether there may be more to do once the steps are done.
    """

    steps: tuple[CollectionStep, ...] = ()
    state: IntentionState | None = None
    creates: Demand | None = None
    again: bool = False
    exceptions: tuple[ExceptionFound, ...] = ()


_INTENT_PHASES: Mapping[str, Phase] = MappingProxyType(
    {
        "requires_payment_method": Phase.OPEN,
        "requires_confirmation": Phase.OPEN,
        "requires_action": Phase.OPEN,
        "processing": Phase.PAYING,
        "requires_capture": Phase.PAYING,
        "succeeded": Phase.PAID,
        "canceled": Phase.CLOSED,
    }
)
_INVOICE_PHASES: Mapping[str, Phase] = MappingProxyType(
    {
        "draft": Phase.OPEN,
        "open": Phase.OPEN,
        "paid": Phase.PAID,
        "void": Phase.CLOSED,
        "uncollectible": Phase.CLOSED,
    }
)


def is_paying(intent: Mapping[str, Any]) -> bool:
    """Whether money of a PaymentIntent is on its way, reserved or partly there."""
    phase = _INTENT_PHASES.get(intent["status"], Phase.PAYING)
    return phase is Phase.PAYING or (phase is Phase.OPEN and _is_partly_funded(intent))


def intent_collected(intent: Mapping[str, Any]) -> Collected:
    """A PaymentIntent as something that collects."""
    metadata = MappingProxyType(texts(intent.get("metadata")))
    return Collected(
        kind=OrderAs.PAYMENT_INTENT,
        id=intent["id"],
        phase=_phase_of(intent),
        livemode=intent["livemode"],
        amount=intent["amount"],
        currency=intent["currency"],
        metadata=metadata,
        content=metadata.get(CONTENT_KEY, ""),
        description=intent.get("description"),
        order_reference=(intent.get("payment_details") or {}).get("order_reference"),
        customer=id_of(intent.get("customer")),
        paid_by=frozenset({intent["id"]}),
        received=intent.get("amount_received"),
    )


def _phase_of(intent: Mapping[str, Any]) -> Phase:
    phase = _INTENT_PHASES.get(intent["status"], Phase.PAYING)
    if phase is Phase.CLOSED and intent.get("amount_received"):
        return Phase.PAID  # captured in part, then cancelled
    return Phase.PAYING if is_paying(intent) else phase


def invoice_collected(
    invoice: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], *, paying: bool
) -> Collected:
    """An invoice as something that collects.

    Args:
        invoice: with its payments expanded.
        lines: all of its lines.
        paying: whether money of it is on its way.
    """
    phase = _INVOICE_PHASES.get(invoice["status"], Phase.PAYING)
    partly = phase is Phase.OPEN and (paying or (invoice.get("amount_paid") or 0) > 0)
    metadata = MappingProxyType(texts(invoice.get("metadata")))
    return Collected(
        kind=OrderAs.INVOICE,
        id=invoice["id"],
        phase=Phase.PAYING if partly else phase,
        livemode=invoice["livemode"],
        amount=invoice["total"],
        currency=invoice["currency"],
        metadata=metadata,
        content=metadata.get(CONTENT_KEY, ""),
        customer=id_of(invoice.get("customer")),
        draft=invoice["status"] == "draft",
        lines=tuple(line["id"] for line in lines if LINE_KEY in texts(line.get("metadata"))),
        paid_by=frozenset({invoice["id"], *invoice_payments(invoice)}),
        received=_settled(invoice) if phase is Phase.PAID else invoice.get("amount_paid"),
    )


def _settled(invoice: Mapping[str, Any]) -> int:
    """What a paid invoice settled: by payments, by credit, or outside of Stripe."""
    return int(invoice["total"]) - int(invoice.get("pre_payment_credit_notes_amount") or 0)


def invoice_payments(invoice: Mapping[str, Any]) -> list[str]:
    """The ids of an invoice's PaymentIntents and Charges, if its payments were expanded."""
    payments = (
        each.get("payment") or {} for each in (invoice.get("payments") or {}).get("data", ())
    )
    ids = (id_of(each.get(kind)) for each in payments for kind in ("payment_intent", "charge"))
    return [one for one in ids if one]


def link_collected(link: Mapping[str, Any], payments: Sequence[Mapping[str, Any]]) -> Collected:
    """A Payment Link as something that collects.

    Args:
        link: as it is now.
        payments: the PaymentIntents of its completed sessions. A completed link without them
            counts as paid: nothing is known of the money.
    """
    metadata = MappingProxyType(texts(link.get("metadata")))
    phases = {_phase_of(payment) for payment in payments}
    completed = (link.get("restrictions") or {}).get("completed_sessions") or {}
    if phases or completed.get("count"):
        phase = next((one for one in _OF_PAYMENTS if one in phases or not phases), Phase.SPENT)
    else:
        phase = Phase.OPEN if link["active"] else Phase.CLOSED
    return Collected(
        kind=OrderAs.PAYMENT_LINK,
        id=link["id"],
        phase=phase,
        livemode=link["livemode"],
        amount=0,
        currency=link["currency"],
        metadata=metadata,
        content=metadata.get(CONTENT_KEY, ""),
        paid_by=frozenset(payment["id"] for payment in payments),
        received=(
            sum(payment.get("amount_received") or 0 for payment in payments) if payments else None
        ),
    )


_OF_PAYMENTS = (Phase.PAID, Phase.PAYING)
"""What a completed Payment Link is by one of its payments: the first that one is."""


def _is_partly_funded(intent: Mapping[str, Any]) -> bool:
    """Whether a part of a bank transfer has come: the rest is shown as remaining."""
    action = intent.get("next_action") or {}
    shown = action.get("display_bank_transfer_instructions") or {}
    remaining = shown.get("amount_remaining")
    return isinstance(remaining, int) and remaining < intent["amount"]
