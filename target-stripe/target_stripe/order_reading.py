"""Reading for an order: its payments, and what collects it. Called by workers."""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.link_annotation import ORDER_ID_KEY, TENANT_KEY
from monstock_stripe_core.stripe_collected import (
    Collected,
    Phase,
    intent_collected,
    invoice_collected,
    invoice_payments,
    is_paying,
    link_collected,
)
from monstock_stripe_core.stripe_collection_calls import (
    payments_through,
    read_intent,
    read_invoice,
    read_link,
)
from monstock_stripe_core.stripe_demand import CollectionRules, OrderAs, Stance, demand_of
from monstock_stripe_core.stripe_errors import StripeNotFoundError
from monstock_stripe_core.stripe_fields import id_of, texts
from monstock_stripe_core.stripe_intention import (
    KEY_LIVES,
    REVISION_KEY,
    Intention,
    is_aged,
)
from monstock_stripe_core.stripe_lookup import made_between, with_metadata
from monstock_stripe_core.stripe_payment_calls import (
    retrieve_charge,
    retrieve_invoice,
    retrieve_payment_intent,
)
from monstock_stripe_core.stripe_payment_facts import (
    PaymentFacts,
    charge_facts,
    intent_facts,
    invoice_facts,
    payment_reference,
)
from monstock_stripe_core.stripe_writer import StripeWriter, Value

from target_stripe.order_jobs import OrderJob, OrderRead

VISIBLE_AFTER = 10.0
"""Seconds after which what was made stands in Stripe's lists, with much to spare."""


class OrderReader:
    """Reads what Stripe has for orders. Thread-safe.

    Args:
        stripe: of the key's own account.
        account_id: the account that collects.
        rules: the tenant's settings.
        clock: the time, UTC.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        stripe: StripeWriter,
        account_id: str | None,
        rules: CollectionRules,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self._stripe = stripe
        self._collecting = stripe.for_account(account_id)
        self._rules = rules
        self._clock = clock
        self._sleep = sleep
        self._links: dict[str, list[Value]] | None = None
        self._links_lock = threading.Lock()

    def read(self, job: OrderJob) -> OrderRead:
        """Read all that an order's plan depends on; a failure is in the result."""
        try:
            payments = {name: self._payment(name) for name in sorted(job.claims | job.leaves)}
            unanswered = job.unanswered
            if unanswered is not None:
                if not job.looks and not is_aged(unanswered, self._clock()):
                    return OrderRead(job, payments)
                found = self._looked_for(job, unanswered)
                return OrderRead(job, payments, found=found, looked_for=True)
            followed = job.followed
            if followed is not None and followed.object_id is not None:
                present = self._present(OrderAs(followed.kind), followed.object_id)
                return OrderRead(job, payments, present=present)
            found = self._known_before(job) if job.intention is None else None
            return OrderRead(job, payments, found=found)
        except MonstockStripeError as error:
            return OrderRead(job, error=error)

    # -- payments --

    def _payment(self, name: str) -> PaymentFacts | None:
        reference = payment_reference(name)
        if reference is None:
            return None
        account = reference.account_id
        stripe = self._stripe.for_account(account)
        try:
            if reference.kind == "payment_intent":
                return intent_facts(retrieve_payment_intent(stripe, reference.id), name, account)
            if reference.kind == "invoice":
                return invoice_facts(retrieve_invoice(stripe, reference.id), name, account)
            charge = retrieve_charge(stripe, reference.id)
            intent = id_of(charge.get("payment_intent"))
            if intent is not None:
                return intent_facts(retrieve_payment_intent(stripe, intent), name, account)
            return charge_facts(charge, name, account)
        except StripeNotFoundError:
            return None

    # -- what collects --

    def _present(self, kind: OrderAs, object_id: str) -> Collected | None:
        stripe = self._collecting
        try:
            if kind is OrderAs.PAYMENT_INTENT:
                return intent_collected(read_intent(stripe, object_id))
            if kind is OrderAs.PAYMENT_LINK:
                value = read_link(stripe, object_id)
                link = link_collected(value, ())
                if link.phase is not Phase.PAID:
                    return link
                return link_collected(value, payments_through(stripe, object_id))
            invoice, lines = read_invoice(stripe, object_id)
            paying = invoice["status"] == "open" and any(
                is_paying(read_intent(stripe, one))
                for one in invoice_payments(invoice)
                if one.startswith("pi_")
            )
            return invoice_collected(invoice, lines, paying=paying)
        except StripeNotFoundError:
            return None

    def _known_before(self, job: OrderJob) -> Collected | None:
        """What was made for an order of which the ledger knows nothing."""
        kind = self._rules.order_as
        if kind is OrderAs.ANNOTATE:
            return None
        if demand_of(job.record, kind, self._rules).stance is not Stance.COLLECT:
            return None
        if kind is OrderAs.PAYMENT_LINK:
            values: Iterable[Value] = self._all_links().get(job.order_id, ())
        else:
            values = with_metadata(self._collecting, kind.value, ORDER_ID_KEY, [job.order_id])
        return self._newest(kind, job, values)

    def _looked_for(self, job: OrderJob, intention: Intention) -> Collected | None:
        """What was made by an intention whose key is of no use any more."""
        kind = OrderAs(intention.kind)
        made_at = intention.made_at or self._clock()
        for attempt in range(2):
            if attempt:
                self._sleep(VISIBLE_AFTER)
            listed = made_between(self._collecting, kind.value, made_at, made_at + KEY_LIVES)
            made = (one for one in listed if revision_of(one) == intention.revision)
            found = self._newest(kind, job, made)
            if found is not None or is_aged(intention, self._clock()):
                return found
        return None

    def _newest(self, kind: OrderAs, job: OrderJob, values: Iterable[Value]) -> Collected | None:
        """Of those that we made for an order, the one that counts, as it is now."""
        ours = [value for value in values if self._is_ours(value, job.order_id)]
        for value in sorted(ours, key=revision_of, reverse=True):
            present = self._present(kind, value["id"])
            if present is not None:
                return present
        return None

    def _is_ours(self, value: Value, order_id: str) -> bool:
        metadata = texts(value.get("metadata"))
        tenant = self._rules.annotation.tenant
        return (
            metadata.get(ORDER_ID_KEY) == order_id
            and REVISION_KEY in metadata
            and metadata.get(TENANT_KEY) == tenant
        )

    def _all_links(self) -> dict[str, list[Value]]:
        """Every Payment Link by its order: they can neither be searched nor listed by time."""
        with self._links_lock:
            if self._links is None:
                links: dict[str, list[Value]] = {}
                now = self._clock()
                for link in made_between(self._collecting, "payment_link", now, now):
                    order_id = texts(link.get("metadata")).get(ORDER_ID_KEY)
                    if order_id:
                        links.setdefault(order_id, []).append(link)
                self._links = links
            return self._links


def revision_of(value: Value) -> int:
    """By which intention an object was made; 0 where it does not say."""
    text = texts(value.get("metadata")).get(REVISION_KEY, "")
    return int(text) if text.isdigit() else 0
