"""What a payment says of its order: every reference on Stripe's objects, with its rule."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monstock_stripe_core.link_annotation import (
    ORDER_ID_KEY,
    ORDER_NUMBER_KEY,
    TENANT_KEY,
    annotated_rule,
    stale_keys,
)
from monstock_stripe_core.payment import LinkCandidate, LinkRule

_LONGEST_REFERENCE = 500
"""Stripe allows 500 characters in a metadata value ('Metadata' in the API reference)."""


@dataclass(frozen=True, slots=True)
class CandidateRules:
    """Where to look beside our own keys.

    Attributes:
        shop_metadata_keys: keys under which a shop writes its own number ("order_id"); off by
            default, since that number is not Monstock's.
        description_pattern: a pattern whose group `number` or `id` (else the first group, else
            the whole match) is an order's reference.
    """

    shop_metadata_keys: tuple[str, ...] = ()
    description_pattern: re.Pattern[str] | None = None


def link_candidates(record: Mapping[str, Any], rules: CandidateRules) -> tuple[LinkCandidate, ...]:
    """Every reference to an order in a `payments` record, most trusted first, each once.

    The metadata of a PaymentIntent is copied to its Charge once, at confirmation (API reference,
    'PaymentIntent'), so the Charge's copy speaks only where the PaymentIntent has none of our
    keys: a payment relinked in the Dashboard names its new order on the PaymentIntent alone.

    With our annotation we also write the order reference and the description; they say nothing
    that the annotation does not.
    """
    intent = record.get("payment_intent")
    charge = record.get("charge")
    sessions = record.get("checkout_sessions") or ()
    invoices = record.get("invoices") or ()
    links = [s["payment_link"] for s in sessions if isinstance(s.get("payment_link"), Mapping)]
    own = [source for source in (intent, charge) if source and _has_keys(source)]
    annotated = _annotated(own[0]) if own else frozenset()
    found = [
        *_from_metadata([*own[:1], *sessions, *invoices, *links]),
        *_named(LinkRule.CLIENT_REFERENCE, (s.get("client_reference_id") for s in sessions)),
        *_named(LinkRule.ORDER_REFERENCE, _but({_order_reference(intent)}, annotated)),
        *_from_shop([intent, charge, *sessions], rules),
        *_named(LinkRule.DESCRIPTION, _but(_in_descriptions([intent, charge], rules), annotated)),
    ]
    return tuple(dict.fromkeys(found))


def _has_keys(source: Mapping[str, Any]) -> bool:
    metadata = source.get("metadata") or {}
    return bool(_text(metadata.get(ORDER_ID_KEY)) or _text(metadata.get(ORDER_NUMBER_KEY)))


def _annotated(source: Mapping[str, Any]) -> frozenset[object]:
    """The order's id and number, where they are our own annotation."""
    metadata = source.get("metadata") or {}
    if annotated_rule(metadata) is None:
        return frozenset()
    return frozenset({metadata[ORDER_ID_KEY], metadata[ORDER_NUMBER_KEY]})


def _but(values: Iterable[object], known: frozenset[object]) -> Iterator[object]:
    return (value for value in values if value not in known)


def _from_metadata(sources: Iterable[Mapping[str, Any]]) -> Iterator[LinkCandidate]:
    for source in sources:
        metadata = source.get("metadata") or {}
        rule = annotated_rule(metadata) or LinkRule.METADATA
        tenant = _text(metadata.get(TENANT_KEY))
        stale = stale_keys(metadata)
        order_id = _text(metadata.get(ORDER_ID_KEY))
        if order_id and ORDER_ID_KEY not in stale:
            yield LinkCandidate(rule, order_id=order_id, tenant=tenant)
        order_number = _text(metadata.get(ORDER_NUMBER_KEY))
        if order_number and ORDER_NUMBER_KEY not in stale:
            yield LinkCandidate(rule, order_number=order_number, tenant=tenant)


def _named(rule: LinkRule, values: Iterable[object]) -> Iterator[LinkCandidate]:
    """A reference that may be an order's number or its id: both are looked up."""
    for value in values:
        if text := _text(value):
            yield LinkCandidate(rule, order_number=text)
            yield LinkCandidate(rule, order_id=text)


def _order_reference(intent: Mapping[str, Any] | None) -> object:
    return ((intent or {}).get("payment_details") or {}).get("order_reference")


def _from_shop(
    sources: Iterable[Mapping[str, Any] | None], rules: CandidateRules
) -> Iterator[LinkCandidate]:
    for source in sources:
        metadata = (source or {}).get("metadata") or {}
        for key in rules.shop_metadata_keys:
            if text := _text(metadata.get(key)):
                yield LinkCandidate(LinkRule.SHOP_METADATA, channel_reference=text)


def _in_descriptions(
    sources: Iterable[Mapping[str, Any] | None], rules: CandidateRules
) -> Iterator[str]:
    if rules.description_pattern is None:
        return
    for source in sources:
        match = rules.description_pattern.search((source or {}).get("description") or "")
        if match is not None:
            groups = match.groupdict()
            yield groups.get("number") or groups.get("id") or (match.groups() or (match[0],))[0]


def _text(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    return value.strip()[:_LONGEST_REFERENCE] or None
