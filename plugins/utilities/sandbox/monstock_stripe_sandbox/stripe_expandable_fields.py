"""What kinds of fields `expand[]` opens (Stripe, 'Expanding responses')."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """An id that becomes its object.

    Attributes:
        kinds: of one of these, which a restricted key must be allowed to read; none: always
            null in this world.
        also: or of one of these, which are opened if they happen to be there.
    """

    kinds: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class References:
    """A list of ids or objects in the field itself."""

    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inner:
    """A hash of the object itself, in which something can be expanded."""

    fields: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Included:
    """A field that is left out unless it is expanded.

    Attributes:
        kinds: what it holds, where it is a list.
        path: of the list that it shows the beginning of.
    """

    kinds: tuple[str, ...] = ()
    path: str = ""


Field = Reference | References | Inner | Included
