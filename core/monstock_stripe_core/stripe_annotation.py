"""The annotation: what is to stand of an order on a payment at Stripe, and what that changes.

What a person wrote is never overwritten; where it names the same order, it is completed. Our own
annotation is told from a person's word by its bound rule, see `link_annotation`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.link_annotation import (
    LINK_RULE_KEY,
    ORDER_ID_KEY,
    ORDER_NUMBER_KEY,
    ORDER_STATUS_KEY,
    SAID_BY_OTHERS,
    TENANT_KEY,
    annotated_rule,
    bound_rule,
    is_said_by_others,
    stale_keys,
)
from monstock_stripe_core.order_record import OrderRecord

OUR_KEYS = (ORDER_ID_KEY, ORDER_NUMBER_KEY, ORDER_STATUS_KEY, TENANT_KEY, LINK_RULE_KEY)
MOST_KEYS = 50
LONGEST_VALUE = 500
"""Stripe, 'Metadata': keys on one object, characters of a value; ours are shorter than 40."""

_DESCRIBED = frozenset({"payment_intent", "charge"})
_REFERENCED = frozenset({"payment_intent"})
"""An invoice's description is its memo to the customer, and only PaymentIntents have details."""

DEFAULT_TEMPLATE = "Order {order_number}"


@dataclass(frozen=True, slots=True)
class AnnotationRules:
    """What a tenant sets about annotations.

    Attributes:
        tenant: our name in a Stripe account that feeds several.
        template: of a payment's description; may hold {order_number} and {order_id}.
    """

    tenant: str | None = None
    template: str = DEFAULT_TEMPLATE


@dataclass(frozen=True, slots=True)
class Annotated:
    """One of Stripe's objects that carries an annotation, as it is now.

    Attributes:
        kind: payment_intent, charge or invoice.
        description: None where it is not ours to write, as on an invoice.
        order_reference: of a PaymentIntent's `payment_details`.
    """

    kind: str
    id: str
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    description: str | None = None
    order_reference: str | None = None


@dataclass(frozen=True, slots=True)
class LastAnnotation:
    """What we wrote last for an order beside the metadata, as the ledger remembers it."""

    description: str | None = None
    order_reference: str | None = None


@dataclass(frozen=True, slots=True)
class AnnotationWrite:
    """An edit of one object.

    Attributes:
        metadata: keys to set; an empty text takes a key away.
        description: to set; an empty text takes it away; None leaves it.
        order_reference: likewise.
    """

    kind: str
    id: str
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    description: str | None = None
    order_reference: str | None = None

    def __bool__(self) -> bool:
        return bool(self.metadata) or (self.description, self.order_reference) != (None, None)


@dataclass(frozen=True, slots=True)
class AnnotationStep:
    """What is to be done on one object, and what a person has to know."""

    write: AnnotationWrite | None = None
    exception: ExceptionFound | None = None


def description_of(order_id: str, order_number: str, rules: AnnotationRules) -> str:
    """The description of an order's payments."""
    return rules.template.replace("{order_number}", order_number).replace("{order_id}", order_id)


def annotation(order: OrderRecord, rule: str, rules: AnnotationRules) -> dict[str, str]:
    """The metadata that annotates an order's payment."""
    metadata = {
        ORDER_ID_KEY: order.order_id,
        ORDER_NUMBER_KEY: order.order_number,
        ORDER_STATUS_KEY: order.state.value,
        LINK_RULE_KEY: bound_rule(rule, order.order_id, order.order_number),
    }
    return metadata if rules.tenant is None else {**metadata, TENANT_KEY: rules.tenant}


def annotate(
    thing: Annotated,
    order: OrderRecord,
    rule: str,
    rules: AnnotationRules,
    last: LastAnnotation | None,
    reference: str,
    intent: Annotated | None = None,
) -> AnnotationStep:
    """Plan the annotation of one object.

    A Charge's metadata is a copy of its PaymentIntent's, made once, at confirmation (API reference,
    'PaymentIntent'): where somebody names this order on the PaymentIntent, the copy counts no more.

    Args:
        thing: as it is now.
        order: that the payment belongs to.
        rule: by which it belongs to it, as Monstock's row says.
        rules: the tenant's settings.
        last: what we wrote on it before, for whatever order.
        reference: how exceptions name the payment.
        intent: of a Charge, its PaymentIntent.
    """
    metadata = thing.metadata
    other = _names_another(metadata, order, rules)
    if other is not None and not _is_outdated_copy(metadata, intent, order, rules):
        message = (
            f"{thing.kind} {thing.id} names {other}, and the row of order {order.order_number} "
            "names the payment; nothing was written on it."
        )
        return _refused(ExceptionKind.OTHER_ORDER_NAMED, message, order, reference)
    if other is None and is_said_by_others(metadata):
        rule = SAID_BY_OTHERS
    wanted = annotation(order, rule, rules)
    refusal = _beyond_limits({**metadata, **wanted})
    if refusal is not None:
        message = f"{thing.kind} {thing.id} cannot be annotated: {refusal}"
        return _refused(ExceptionKind.METADATA_LIMIT, message, order, reference)
    description = description_of(order.order_id, order.order_number, rules)
    ours = _ours(metadata, rules, last)
    write = AnnotationWrite(
        thing.kind,
        thing.id,
        metadata={key: text for key, text in wanted.items() if metadata.get(key, "") != text},
        description=(
            _new(thing.description, description, ours.description)
            if thing.kind in _DESCRIBED
            else None
        ),
        order_reference=(
            _new(thing.order_reference, order.order_number, ours.order_reference)
            if thing.kind in _REFERENCED
            else None
        ),
    )
    return AnnotationStep(write or None)


def unannotate(
    thing: Annotated, order_id: str, rules: AnnotationRules, last: LastAnnotation
) -> AnnotationWrite | None:
    """Plan to take away what we wrote for an order that the payment has left.

    A person's keys stay; another order's annotation stays as it is.
    """
    metadata = thing.metadata
    if _other_tenant(metadata, rules) is not None:
        return None
    keys: tuple[str, ...]
    if is_said_by_others(metadata):
        keys = (ORDER_STATUS_KEY, LINK_RULE_KEY)
    elif metadata.get(ORDER_ID_KEY) == order_id:
        keys = OUR_KEYS
    else:
        return None
    ours = _ours(metadata, rules, last)
    write = AnnotationWrite(
        thing.kind,
        thing.id,
        metadata={key: "" for key in keys if metadata.get(key)},
        description=_none_of_it(thing.description, ours.description),
        order_reference=_none_of_it(thing.order_reference, ours.order_reference),
    )
    return write or None


@dataclass(frozen=True, slots=True)
class _Ours:
    description: frozenset[str]
    order_reference: frozenset[str]


def _ours(
    metadata: Mapping[str, str], rules: AnnotationRules, last: LastAnnotation | None
) -> _Ours:
    """Texts that are ours if they stand there: what we wrote, or would write for what is bound."""
    descriptions = {last.description if last else None}
    references = {last.order_reference if last else None}
    if annotated_rule(metadata) is not None:
        order_id, number = metadata[ORDER_ID_KEY], metadata[ORDER_NUMBER_KEY]
        descriptions.add(description_of(order_id, number, rules))
        references.add(number)
    return _Ours(
        frozenset(text for text in descriptions if text),
        frozenset(text for text in references if text),
    )


def _new(present: str | None, wanted: str, ours: frozenset[str]) -> str | None:
    """The text to set: where there is none, or ours, and another one is wanted."""
    if present == wanted or (present and present not in ours):
        return None
    return wanted


def _none_of_it(present: str | None, ours: frozenset[str]) -> str | None:
    return "" if present and present in ours else None


def _names_another(
    metadata: Mapping[str, str], order: OrderRecord, rules: AnnotationRules
) -> str | None:
    """What the keys name, if that is not ours to change; None if they may be written."""
    tenant = _other_tenant(metadata, rules)
    if tenant is not None:
        return f"the tenant {tenant}"
    if not is_said_by_others(metadata):
        return None
    said = {key: text for key, text in metadata.items() if key not in stale_keys(metadata)}
    order_id, number = said.get(ORDER_ID_KEY), said.get(ORDER_NUMBER_KEY)
    if order_id == order.order_id and annotated_rule(metadata) is not None:
        return None  # the number beside the id is what we completed; orders can be renumbered
    if order_id and order_id != order.order_id:
        return f"the order with the id {order_id}"
    if number and number != order.order_number:
        return f"the order {number}"
    return None


def _is_outdated_copy(
    metadata: Mapping[str, str],
    intent: Annotated | None,
    order: OrderRecord,
    rules: AnnotationRules,
) -> bool:
    """Whether somebody has named this order on the PaymentIntent since it was copied."""
    if intent is None or _other_tenant(metadata, rules) is not None:
        return False
    named = _names_another(intent.metadata, order, rules) is None
    return named and is_said_by_others(intent.metadata)


def _other_tenant(metadata: Mapping[str, str], rules: AnnotationRules) -> str | None:
    """Another tenant's name, where the keys name one and we have one."""
    tenant = metadata.get(TENANT_KEY)
    return tenant if tenant and rules.tenant and tenant != rules.tenant else None


def _beyond_limits(metadata: Mapping[str, str]) -> str | None:
    count = sum(1 for value in metadata.values() if value)
    if count > MOST_KEYS:
        return f"Stripe keeps {MOST_KEYS} metadata keys, and with ours there would be {count}."
    for key in OUR_KEYS:
        length = len(metadata.get(key, ""))
        if length > LONGEST_VALUE:
            return (
                f"Stripe keeps {LONGEST_VALUE} characters of a metadata value, and {key} "
                f"would have {length}."
            )
    return None


def _refused(
    kind: ExceptionKind, message: str, order: OrderRecord, reference: str
) -> AnnotationStep:
    found = ExceptionFound(kind, message, reference, order.order_id)
    return AnnotationStep(exception=found)
