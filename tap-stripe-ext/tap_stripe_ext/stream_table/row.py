"""What a row of the table of streams is: all that the tap knows of one list of Stripe's API."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Announcement:
    """Events that tell that an object of the stream is new, changed or gone.

    Args:
        types: a pattern for the event's type, such as "charge.*".
        object_name: the kind of object that such an event carries.
        id_field: where in that object the id of the changed object stands; dots go deeper. In a
            nested list it is the id of the parent, all of whose objects are then listed again.
    """

    types: str
    object_name: str
    id_field: str = "id"

    def applies_to(self, event_type: str, object_name: str) -> bool:
        """Tell whether an event of this type about this kind of object is meant."""
        return object_name == self.object_name and fnmatchcase(event_type, self.types)


@dataclass(frozen=True, slots=True)
class Parent:
    """What a nested list hangs on.

    Args:
        stream: the row of the parents, which need not be selected, and is not nested itself.
        parameter: the parent's name in the path ("customer" for "{customer}"), else the list's
            parameter that takes its id.
        id_field: the field of each record that holds the parent's id; the tap adds it where
            Stripe's object has none.
        embedded: the field of the parent in which the beginning of the list stands, so that it
            costs no request of its own (dots go deeper); None where there is none. Objects of
            another kind in it belong to another stream.
        expanded: whether `embedded` is only there where it is expanded.
        only_if: a field of the parent without which (or where it is false) Stripe refuses to
            list: only automatic payouts have balance transactions of their own.
    """

    stream: str
    parameter: str
    id_field: str
    embedded: str | None = None
    expanded: bool = False
    only_if: str | None = None


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One list of Stripe's API.

    Args:
        name: the stream's name.
        path: the list's path; "{customer}" in it is the id of the parent.
        object_name: what each object says of itself in `object`; anything else is refused.
        model: the class in the stripe package that describes it, for the schema.
        permission: what a restricted key needs, as the Dashboard calls it.
        parent: what the list hangs on, if it is nested.
        keys: the fields that tell one record from another.
        parameters: what is always asked for beside, such as ("status", "all").
        created_filter: whether the list takes `created[...]`.
        paged: whether the list takes `limit` and `starting_after`.
        announced_by: the events that announce changes; none: only new ones are noticed.
        expansions: fields to expand, as seen from the object (no "data." before it).
        nested_lists: lists inside the object that are followed to their end.
        deletable: whether objects can vanish; then records may carry `_sdc_deleted_at`. In a
            nested list, an event that ends in ".deleted" and carries an object of the list itself
            tells which one is gone.
        listed_by_created: whether new objects are also looked for by `created` at each run,
            since no event tells of their creation, or not for all of them. In a nested list: the
            objects of new parents.
        listed_whole: whether the whole list is read again at an interval and compared with what
            it was, since no event tells of its changes.
        edited_silently: whether objects change without an event; recent ones are listed again.
        settles: whether an object changes without an event at the moment in its `available_on`.
        unnoticed: what changes without being noticed all the same; for the README.
        by_default: whether the catalog selects the stream: the core of commerce.
    """

    name: str
    path: str
    object_name: str
    model: str
    permission: str
    parent: Parent | None = None
    keys: tuple[str, ...] = ("id",)
    parameters: tuple[tuple[str, str], ...] = ()
    created_filter: bool = True
    paged: bool = True
    announced_by: tuple[Announcement, ...] = ()
    expansions: tuple[str, ...] = ()
    nested_lists: tuple[str, ...] = ()
    deletable: bool = False
    listed_by_created: bool = False
    listed_whole: bool = False
    edited_silently: bool = False
    settles: bool = False
    unnoticed: str = ""
    by_default: bool = False
