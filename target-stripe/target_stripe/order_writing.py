"""Carrying out an order's plan at Stripe. Called by workers."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.stripe_annotation import AnnotationWrite
from monstock_stripe_core.stripe_collected import CollectionStep
from monstock_stripe_core.stripe_collection_calls import (
    carry_out,
)
from monstock_stripe_core.stripe_intention import Intention
from monstock_stripe_core.stripe_making import make
from monstock_stripe_core.stripe_payment_calls import (
    update_charge,
    update_invoice,
    update_payment_intent,
)
from monstock_stripe_core.stripe_writer import StripeWriter

from target_stripe.failures import Failure, failure_of
from target_stripe.order_jobs import Acted, OrderPlan, OrderWritten, PaymentEdit

if TYPE_CHECKING:
    from stripe.params import (
        ChargeUpdateParams,
        PaymentIntentUpdateParams,
    )


class OrderWriter:
    """Writes what orders need. Thread-safe.

    Args:
        stripe: of the key's own account.
        account_id: the account that collects.
        stopping: whether somebody asked us to end.
    """

    def __init__(
        self, stripe: StripeWriter, account_id: str | None, stopping: Callable[[], bool]
    ) -> None:
        self._stripe = stripe
        self._collecting = stripe.for_account(account_id)
        self._stopping = stopping

    def write(self, plan: OrderPlan) -> OrderWritten:
        """Make the writes of a plan; failures are in the result.

        What Stripe refuses on one payment does not keep the others from being written.
        """
        acted: list[Acted] = []
        for edit in plan.edits:
            if self._stopping():
                break
            acted.append(self._try(edit, lambda edit=edit: self._edit(edit)))  # type: ignore[misc]
            if not _goes_on(acted[-1]):
                return OrderWritten(plan, tuple(acted))
        for step in plan.steps:
            if self._stopping():
                break
            acted.append(self._try(step, lambda step=step: self._step(plan, step)))  # type: ignore[misc]
            if acted[-1].error is not None:
                return OrderWritten(plan, tuple(acted))
        if plan.creates is not None and not self._stopping():
            intention = plan.creates
            acted.append(self._try(intention, lambda: self._make(intention)))
        return OrderWritten(plan, tuple(acted))

    def _try(self, act: PaymentEdit | CollectionStep | Intention, call: Callable[[], str]) -> Acted:
        try:
            return Acted(act, object_id=call())
        except MonstockStripeError as error:
            return Acted(act, error=error)

    def _edit(self, edit: PaymentEdit) -> str:
        stripe = self._stripe.for_account(edit.account_id)
        write = edit.write
        if write.kind == "payment_intent":
            update_payment_intent(stripe, write.id, _intent_params(write))
        elif write.kind == "charge":
            update_charge(stripe, write.id, _charge_params(write))
        else:
            update_invoice(stripe, write.id, {"metadata": dict(write.metadata)})
        return write.id

    def _step(self, plan: OrderPlan, step: CollectionStep) -> str:
        carry_out(self._collecting, step, _step_key(plan, step))
        return step.object_id

    def _make(self, intention: Intention) -> str:
        value = make(self._collecting, intention)
        return str(value["id"])


def _goes_on(acted: Acted) -> bool:
    return acted.error is None or failure_of(acted.error) is Failure.REFUSED


def _step_key(plan: OrderPlan, step: CollectionStep) -> str:
    """The key of what must not happen twice to one object."""
    intention = plan.job.intention
    revision = 0 if intention is None else intention.revision
    return f"monstock:{step.action.value}:{step.object_id}:{revision}"


def _intent_params(write: AnnotationWrite) -> "PaymentIntentUpdateParams":
    params: PaymentIntentUpdateParams = {}
    if write.metadata:
        params["metadata"] = dict(write.metadata)
    if write.description is not None:
        params["description"] = write.description
    if write.order_reference is not None:
        params["payment_details"] = {"order_reference": write.order_reference}
    return params


def _charge_params(write: AnnotationWrite) -> "ChargeUpdateParams":
    params: ChargeUpdateParams = {}
    if write.metadata:
        params["metadata"] = dict(write.metadata)
    if write.description is not None:
        params["description"] = write.description
    return params
