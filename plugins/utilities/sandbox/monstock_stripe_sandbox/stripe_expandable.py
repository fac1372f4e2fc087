"""Which fields `expand[]` opens, for every object: what is modelled, and what the package says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monstock_stripe_sandbox.resources.data import Shape, resources
from monstock_stripe_sandbox.stripe_catalog import LISTS
from monstock_stripe_sandbox.stripe_expandable_fields import (
    Field,
    Included,
    Inner,
    Reference,
    References,
)
from monstock_stripe_sandbox.stripe_kinds import KINDS
from monstock_stripe_sandbox.stripe_modelled_fields import MODELLED

SHELVES: dict[str, tuple[str, ...]] = {
    "bank_account": ("external_account", "customer_source"),
    "card": ("external_account", "customer_source"),
    "source": ("source", "customer_source"),
}
"""Where an object of this name may stand, if not on the shelf of the same name."""

_BY_PARAMETER = {
    ("customer", "subscriptions"): ("/v1/subscriptions", "customer"),
    ("file", "links"): ("/v1/file_links", "file"),
    ("treasury.transaction", "entries"): ("/v1/treasury/transaction_entries", "transaction"),
}
_IN_HASHES = {
    "_payment_intent.PaymentIntent.AmountDetails": (
        "/v1/payment_intents/{intent}/amount_details_line_items"
    ),
    "_quote.Quote.Computed.Upfront": "/v1/quotes/{quote}/computed_upfront_line_items",
}


def kinds_at(object_name: str) -> tuple[str, ...]:
    """Return the shelves on which an object of this name may stand; none where none is served."""
    return SHELVES.get(object_name, (object_name,) if object_name in KINDS else ())


def _fields(shapes: Mapping[str, Shape], of: str, around: tuple[str, ...]) -> dict[str, Field]:
    found = {}
    for name, shape in shapes.items():
        field = _field(name, shape, of, around)
        if field is not None:
            found[name] = field
    return found


def _field(name: str, shape: Shape, of: str, around: tuple[str, ...]) -> Field | None:
    if shape.kind == "reference":
        return Reference(_served(shape.of))
    if shape.kind == "list":
        return _list(name, shape, of, around)
    if shape.kind == "array" and shape.items is not None:
        if shape.items.kind == "reference":
            return References(_served(shape.items.of))
        return _field(name, shape.items, of, around)
    if shape.kind in ("hash", "object") and shape.of[0] not in around and len(around) < 6:
        known = resources().hashes if shape.kind == "hash" else resources().models
        inner = _fields(known[shape.of[0]], shape.of[0], (*around, shape.of[0]))
        return Inner(inner) if inner else None
    return None


def _list(name: str, shape: Shape, of: str, around: tuple[str, ...]) -> Field:
    if shape.optional and (of, name) != ("account", "external_accounts"):
        return Included(shape.of, _path_of(of, name))
    inner: dict[str, Field] = {}
    for item in shape.of:
        if item not in around:
            inner |= _fields(resources().models[item], item, (*around, item))
    return Inner({"data": Inner(inner)})


def _path_of(of: str, name: str) -> str:
    """Return the list of which a field shows the beginning, with the id in braces."""
    if of in _IN_HASHES:
        return _IN_HASHES[of]
    if (of, name) in _BY_PARAMETER:
        path, parameter = _BY_PARAMETER[of, name]
        return f"{path}?{parameter}={{id}}"
    for served in LISTS.values():
        if served.parent == of and served.path.endswith(f"}}/{name}"):
            return served.path
    return ""


def _served(objects: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in objects if kinds_at(name))


def _merged(by_hand: Mapping[str, Field], derived: Mapping[str, Field]) -> dict[str, Field]:
    """Let what is modelled stand; fill in what it had no object for."""
    return {name: _completed(field, derived.get(name)) for name, field in by_hand.items()}


def _completed(by_hand: Field, derived: Field | None) -> Field:
    if isinstance(by_hand, Inner) and isinstance(derived, Inner):
        return Inner(_merged(by_hand.fields, derived.fields))
    if isinstance(by_hand, Reference) and isinstance(derived, Reference):
        if not by_hand.kinds:
            return derived
        return Reference(by_hand.kinds, tuple(set(derived.kinds) - set(by_hand.kinds)))
    if isinstance(by_hand, References) and not by_hand.kinds and isinstance(derived, References):
        return derived
    if isinstance(by_hand, Included) and not by_hand.kinds and isinstance(derived, Included):
        return derived
    if isinstance(by_hand, Included) and isinstance(derived, Included):
        return Included(by_hand.kinds, derived.path)
    return by_hand


class _Expandable(Mapping[str, Mapping[str, Field]]):
    """The expandable fields of each object, worked out when they are first asked for."""

    def __init__(self) -> None:
        self._known: dict[str, Mapping[str, Field]] = {}

    def __getitem__(self, name: str) -> Mapping[str, Field]:
        found = self._known.get(name)
        if found is None:
            shapes = resources().models.get(name)
            if shapes is None:
                raise KeyError(name)
            found = _fields(shapes, name, (name,))
            if name in MODELLED:
                found = {**found, **_merged(MODELLED[name], found)}
            self._known[name] = found
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(resources().models)

    def __len__(self) -> int:
        return len(resources().models)


EXPANDABLE: Mapping[str, Mapping[str, Field]] = _Expandable()
"""Every field that Stripe expands, by what the object says in `object`."""
