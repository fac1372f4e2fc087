"""Lists that hang on an object: the lines of an invoice, the persons of an account.

They are found by going through the list of their parents. Where the parent carries the beginning
of the list, that costs no request of its own; each is followed to its end, a page at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from monstock_stripe_core.stripe_errors import (
    StripeApiError,
    StripeNotFoundError,
    StripeProtocolError,
    StripeRejectedError,
)

from tap_stripe_ext.event_log import Entry
from tap_stripe_ext.payment_snapshot import StripeObject
from tap_stripe_ext.reader import PAGE_SIZE, Item, Reader, decode, row_params
from tap_stripe_ext.side_lists import SideLists
from tap_stripe_ext.sources import Chunk, Rest, Wants, chunk_of, key_of
from tap_stripe_ext.stream_table import Parent, StreamRow, row_named
from tap_stripe_ext.windows import Window

# Stripe docs, 'Expanding responses': four levels at most, "data" counted.
_MOST_LEVELS = 4

_Fields = dict[str, msgspec.Raw]
_NOTHING = msgspec.Raw(b"null")
_NO_OBJECTS = msgspec.Raw(b"{}")


class _Embedded(msgspec.Struct):
    data: list[msgspec.Raw] = []
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class _Beginning:
    """What a parent carries of its list: its first objects, and what is left of it."""

    items: tuple[Item, ...] = ()
    rest: Rest | None = None


@dataclass(frozen=True, slots=True)
class NestedSource:
    """A nested row: its windows are those of the parents' list.

    Args:
        row: the row; its `parent` is not None.
        reader: what to read with.
        wants: tells whose lists are wanted; None for all.
    """

    row: StreamRow
    reader: Reader
    wants: Wants | None = None

    @property
    def stream(self) -> str:
        """The stream's name."""
        return self.row.name

    @property
    def name(self) -> str:
        """The list's name, which is the stream's."""
        return self.row.name

    @property
    def parent(self) -> Parent:
        """What the list hangs on."""
        return parent_of(self.row)

    @property
    def is_cut(self) -> bool:
        """Whether the parents' list takes the filter `created`."""
        return row_named(self.parent.stream).created_filter

    def begin(self, window: Window) -> SideLists | None:  # noqa: ARG002
        """Return nothing: pages stand for themselves."""
        return None

    def chunk(self, window: Window, side: SideLists | None) -> Chunk:  # noqa: ARG002
        """Read the next page of parents, and what they carry of their lists."""
        row = row_named(self.parent.stream)
        page = self.reader.raw_page(row.path, self._parents_params(row, window))
        entries, beginnings = [], []
        first: Entry | None = None
        last: Entry | None = None
        for raw in page.objects:
            fields = _fields_of(raw)
            last = _entry_of(row, fields)
            first = first or last
            if self._is_wanted(last, fields, window):
                entries.append(last)
                beginnings.append(self._beginning(last.id, fields))
        items = [item for one in beginnings for item in one.items]
        return replace(
            self._chunk_of(items),
            entries=tuple(entries),
            newest=first.created if first else 0,
            last=last,
            has_more=page.has_more and row.paged and last is not None,
            rests=tuple(one.rest for one in beginnings if one.rest is not None),
        )

    def rest(self, rest: Rest) -> Chunk:
        """Read the next page of one parent's list; it is empty if the parent is gone."""
        path, params = self._address(rest)
        try:
            page = self.reader.raw_page(path, params, self._endpoint())
        except (StripeNotFoundError, StripeRejectedError) as error:
            if is_about_missing_parent(error, self.parent):
                return Chunk()
            raise
        items = [self._item(raw, rest.parent) for raw in page.objects]
        goes_on = page.has_more and self.row.paged and bool(items)
        return replace(
            self._chunk_of(items),
            rests=(Rest(rest.parent, items[-1].id),) if goes_on else (),
        )

    def _chunk_of(self, items: list[Item]) -> Chunk:
        """Return the records; those of whole or deletable lists are told apart by their keys."""
        chunk = replace(chunk_of(self.row, items), entries=())
        if self.row.deletable and not chunk.keys:
            return replace(chunk, keys=tuple(key_of(self.row, one.id, one.raw) for one in items))
        return chunk

    def _is_wanted(self, parent: Entry, fields: _Fields, window: Window) -> bool:
        if not self.is_cut and 0 < parent.created < window.start:
            return False
        if self.wants is not None and not self.wants(parent):
            return False
        condition = self.parent.only_if
        return condition is None or bool(decode(bytes(fields.get(condition, _NOTHING))))

    def _beginning(self, parent_id: str, fields: _Fields) -> _Beginning:
        """Return what a parent carries of its list, and what is left of it."""
        embedded = self._embedded_in(fields)
        if embedded is None or (embedded.has_more and (self.row.parameters or not embedded.data)):
            # What the parent carries is not narrowed by parameters, so it is no place to go on.
            return _Beginning(rest=Rest(parent_id))
        last = decode(bytes(embedded.data[-1]))["id"] if embedded.has_more else None
        return _Beginning(
            tuple(
                self._item(bytes(raw), parent_id)
                for raw in embedded.data
                if self._is_of_this_kind(bytes(raw))
            ),
            Rest(parent_id, last) if last else None,
        )

    def _embedded_in(self, fields: _Fields) -> _Embedded | None:
        if self.parent.embedded is None or not self._takes_expansions():
            return None
        first, *deeper = self.parent.embedded.split(".")
        found = fields.get(first, _NOTHING)
        for name in deeper:
            inner = msgspec.json.decode(found, type=_Fields | None) or {}
            # An optional part of the parent: most payments have no line items, nor room for them.
            found = inner.get(name, _NO_OBJECTS)
        return msgspec.json.decode(found, type=_Embedded | None)

    def _is_of_this_kind(self, raw: bytes) -> bool:
        return bool(decode(raw).get("object") == self.row.object_name)

    def _takes_expansions(self) -> bool:
        """Tell whether what the record expands can be expanded from as far away as the parent."""
        return all(path.count(".") < _MOST_LEVELS for path in self._expansions())

    def _expansions(self) -> tuple[str, ...]:
        embedded = self.parent.embedded
        if embedded is None:
            return ()
        inner = tuple(f"data.{embedded}.data.{name}" for name in self.row.expansions)
        return inner or ((f"data.{embedded}",) if self.parent.expanded else ())

    def _parents_params(self, row: StreamRow, window: Window) -> dict[str, Any]:
        params = row_params(replace(row, expansions=()), window)
        expansions = self._expansions()
        if expansions and self._takes_expansions():
            params["expand"] = list(expansions)
        return params

    def _address(self, rest: Rest) -> tuple[str, Mapping[str, Any]]:
        """Return the path and parameters of the next page of one parent's list."""
        window = Window(0) if rest.cursor is None else Window(0, cursor=rest.cursor)
        params = row_params(self.row, window, PAGE_SIZE)
        name = self.parent.parameter
        if f"{{{name}}}" in self.row.path:
            return self.row.path.replace(f"{{{name}}}", rest.parent), params
        return self.row.path, {**params, name: rest.parent}

    def _endpoint(self) -> str:
        return self.row.path.replace(f"{{{self.parent.parameter}}}", "{id}")

    def _item(self, raw: bytes, parent_id: str) -> Item:
        return self.reader.item(self.row, with_parent_id(raw, self.parent.id_field, parent_id))


def parent_of(row: StreamRow) -> Parent:
    """Return what the row's list hangs on.

    Raises:
        ValueError: if it hangs on nothing.
    """
    if row.parent is None:
        raise ValueError(f"{row.name} is no nested list")
    return row.parent


def with_parent_id(raw: bytes, field: str, parent_id: str) -> bytes:
    """Return an object's JSON with its parent's id, where Stripe has not put it there."""
    fields = _fields_of(raw)
    found = fields.get(field)
    if found is None:
        return b'{"%b":%b,%b' % (field.encode(), msgspec.json.encode(parent_id), raw[1:])
    if bytes(found) == b"null":
        fields[field] = msgspec.Raw(msgspec.json.encode(parent_id))
        return msgspec.json.encode(fields)
    return raw


def children_in(parent: StripeObject, row: StreamRow) -> Iterator[StripeObject]:
    """Yield the objects of the row's list that a (maybe partial) parent carries."""
    embedded = _list_in(parent, row)
    listed = embedded.get("data") if isinstance(embedded, Mapping) else embedded
    if isinstance(listed, list):
        for one in listed:
            if isinstance(one, dict) and one.get("object") == row.object_name and one.get("id"):
                yield one


def carries_whole_list(parent: StripeObject, row: StreamRow) -> bool:
    """Tell whether all of the row's list is in a parent, or nothing belongs into it."""
    embedded = _list_in(parent, row)
    return isinstance(embedded, Mapping) and embedded.get("has_more") is False


def _list_in(parent: StripeObject, row: StreamRow) -> Any:
    embedded: Any = parent
    for name in (parent_of(row).embedded or "").split("."):
        embedded = embedded.get(name) if isinstance(embedded, Mapping) else None
    return embedded


def is_about_missing_parent(error: StripeApiError, parent: Parent) -> bool:
    """Tell whether a list was refused since the object that it hangs on is gone."""
    if isinstance(error, StripeNotFoundError):
        return error.code == "resource_missing"
    return (
        isinstance(error, StripeRejectedError)
        and error.code == "resource_missing"
        and error.parameter == parent.parameter
    )


def _fields_of(raw: bytes) -> _Fields:
    fields: _Fields = msgspec.json.decode(raw, type=_Fields)
    return fields


def _entry_of(row: StreamRow, fields: _Fields) -> Entry:
    kind = decode(bytes(fields.get("object", _NOTHING)))
    if kind != row.object_name:
        raise StripeProtocolError(
            f"{row.path} gave an object that says it is {kind!r} where {row.object_name!r} was "
            "expected. Check the setting api_base",
            endpoint=f"GET {row.path}",
        )
    created = decode(bytes(fields.get("created", fields.get("date", _NOTHING))))
    return Entry(decode(bytes(fields["id"])), created or 0)
