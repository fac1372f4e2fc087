"""Single objects of the kinds that are not modelled by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from monstock_stripe_sandbox import stripe_params as params
from monstock_stripe_sandbox.stripe_access import Access
from monstock_stripe_sandbox.stripe_books import StripeBooks
from monstock_stripe_sandbox.stripe_catalog import LISTS, SINGLES, kind_at, placeholders
from monstock_stripe_sandbox.stripe_errors import no_such
from monstock_stripe_sandbox.stripe_expandable import EXPANDABLE
from monstock_stripe_sandbox.stripe_expansion import kinds_opened, tree_of
from monstock_stripe_sandbox.stripe_kinds import KINDS, MODELLED
from monstock_stripe_sandbox.stripe_listings import single_checks
from monstock_stripe_sandbox.stripe_params import Check, Raw
from monstock_stripe_sandbox.stripe_render import rendered

NAMED_WITHIN_PARENT = frozenset({"capability"})
"""Kinds whose ids are no more than names: every account has a capability `card_payments`."""


@dataclass(frozen=True, slots=True)
class Single:
    """The address of one object.

    Attributes:
        kind: the shelf that it stands on.
        objects: what it may say in `object`.
        checks: how its parameters are read.
        name: of its id in the path.
        parent_name: of its parent's id in the path, or "".
        parent: the kind of the parent, or "".
        list_path: the list that it is in under this parent, or "".
        by_field: the field that names the parent where the object lives in another list.
    """

    path: str
    kind: str
    objects: tuple[str, ...]
    checks: Mapping[str, Check]
    name: str
    parent_name: str = ""
    parent: str = ""
    list_path: str = ""
    by_field: str = ""


def further_singles() -> Iterator[Single]:
    """Yield the single objects that are not modelled by hand."""
    for normal, endpoint in SINGLES.items():
        above = normal.rpartition("/")[0]
        kind = kind_at(above, endpoint.objects)
        names = placeholders(endpoint.path)
        checks = single_checks(endpoint.parameters)
        if len(names) == 1:
            if kind != "account" and kind not in MODELLED:
                yield Single(endpoint.path, kind, endpoint.objects, checks, names[0])
            continue
        served = next(each for each in LISTS.values() if each.single == endpoint.path)
        yield Single(
            endpoint.path,
            kind,
            endpoint.objects,
            checks,
            names[1],
            names[0],
            served.parent,
            served.path,
            served.by_field,
        )


def answer_single(
    world: StripeBooks,
    access: Access,
    single: Single,
    parent: str,
    identifier: str,
    raw: Mapping[str, Raw],
) -> bytes:
    """Return one object as JSON.

    Raises:
        StripeError: there is none, or not under this parent; a parameter is refused; or the key
            may not read what it asks for.
    """
    given = params.checked(raw, single.checks)
    paths = tuple(sorted(given.get("expand", ())))
    tree = tree_of(paths, *single.objects, listed=False)
    opened = kinds_opened(tree, EXPANDABLE[single.objects[0]]) if tree else set()
    access.require("read", {single.kind} | opened)
    kept = f"{parent}/{identifier}" if single.kind in NAMED_WITHIN_PARENT else identifier
    entry = world.shelves[single.kind].entries.get(kept)
    if entry is not None and parent:
        if single.by_field:
            is_there = entry.value.get(single.by_field) == parent
        else:
            is_there = entry.home == LISTS[single.list_path].home(parent)
        entry = entry if is_there else None
    if entry is None:
        kind = KINDS[single.kind]
        raise no_such(kind.noun, identifier, kind.id_param)
    return rendered(world, entry, tree, paths)
