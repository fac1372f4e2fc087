"""What all writes share: finding what they name, and merging what they change."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from monstock_stripe_sandbox.stripe_announcing import on_change
from monstock_stripe_sandbox.stripe_errors import StripeError, invalid, no_such
from monstock_stripe_sandbox.stripe_kinds import KINDS
from monstock_stripe_sandbox.stripe_payments import merged
from monstock_stripe_sandbox.stripe_store import Value
from monstock_stripe_sandbox.stripe_world import StripeWorld

_MOST_KEYS = 50  # Stripe, 'Metadata'
_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")

Act = Callable[[StripeWorld, str, dict[str, Any]], str]
"""(world, the id in the path or "", what the request says) → the id of what is answered."""


@dataclass(frozen=True, slots=True)
class Write:
    """One POST or DELETE that the stand-in serves.

    Attributes:
        path: as the stripe package has it.
        kind: of the object that it makes, changes or deletes, and answers.
        act: what it does.
        imitated: the parameters that have an effect; `expand` always has.
        verb: `post` or `delete`.
        shown_once: what the store knows beside the object's fields and this answer shows, and
            none after it.
    """

    path: str
    kind: str
    act: Act
    imitated: Collection[str] = ()
    verb: str = "post"
    shown_once: tuple[str, ...] = ()


def subject(world: StripeWorld, kind: str, identifier: str, param: str = "") -> Value:
    """Return the object that the path of a write names.

    Args:
        param: how Stripe's error calls the id, where that is not as for a retrieve.

    Raises:
        StripeError: there is none, or it was deleted.
    """
    if not world.shelves[kind].listed(identifier):
        raise no_such(KINDS[kind].noun, identifier, param or KINDS[kind].id_param)
    return world.get(kind, identifier)


def named(world: StripeWorld, kind: str, identifier: str, param: str) -> Value:
    """Return the object that a parameter names.

    Raises:
        StripeError: there is none, or it was deleted.
    """
    if not world.shelves[kind].listed(identifier):
        raise no_such(KINDS[kind].noun, identifier, param, 400)
    return world.get(kind, identifier)


def change(world: StripeWorld, kind: str, identifier: str, **fields: Any) -> dict[str, Any]:
    """Change an object, with the events that Stripe makes of it; return what was before."""
    previous = world.alter(kind, identifier, **fields)
    for each in on_change(kind, world.get(kind, identifier), previous):
        world.emit(each, kind, identifier, previous)
    return previous


def merged_metadata(before: Mapping[str, str], edit: Mapping[str, str] | None) -> dict[str, str]:
    """Return metadata after an edit; None takes all of it away.

    Raises:
        StripeError: there would be more keys than Stripe keeps.
    """
    after = {} if edit is None else merged(before, edit)
    if len(after) > _MOST_KEYS:
        raise invalid(
            "metadata",
            f"Metadata can have up to {_MOST_KEYS} keys, but yours would have {len(after)}.",
        )
    return after


def merged_part(
    before: Mapping[str, Any] | None, edit: Mapping[str, Any] | None, names: Collection[str]
) -> dict[str, Any] | None:
    """Return a part of an object after an edit of some of its fields: it always has all."""
    if edit is None:
        return None
    return {**dict.fromkeys(names), **(before or {}), **edit}


def address(before: Mapping[str, Any] | None, edit: Mapping[str, Any] | None) -> Any:
    """Return an address after an edit."""
    return merged_part(before, edit, _ADDRESS)


def check_email(name: str, email: str | None) -> None:
    """Check that an e-mail address could be one.

    Raises:
        StripeError: it could not.
    """
    local, at, domain = (email or "a@b").rpartition("@")
    if not (local and at and domain) or " " in (email or ""):
        raise StripeError(400, f"Invalid email address: {email}", code="email_invalid", param=name)


def only_one(given: Mapping[str, Any], *names: str, at: str = "") -> None:
    """Check that a request does not bring two parameters that exclude each other.

    Raises:
        StripeError: it does.
    """
    found = [name for name in names if name in given]
    if len(found) > 1:
        raise invalid(
            f"{at}[{found[0]}]" if at else found[0],
            f"You may only specify one of these parameters: {', '.join(found)}.",
        )
