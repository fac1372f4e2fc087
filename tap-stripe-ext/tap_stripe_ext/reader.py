"""Reads pages and single objects of the table's lists, as bytes where nothing needs to be known.

Stripe's objects are passed on as they came: a page is only looked through for each object's id,
kind and `created`, and its blanks are taken out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
from monstock_stripe_core.stripe_client import StripeClient
from monstock_stripe_core.stripe_errors import (
    StripeApiError,
    StripeNotFoundError,
    StripeProtocolError,
    StripeRejectedError,
)

from tap_stripe_ext.payment_snapshot import StripeObject
from tap_stripe_ext.stream_table import StreamRow
from tap_stripe_ext.windows import Window

PAGE_SIZE = 100

# Numbers with a fraction (exchange rates) stay exact: no float is ever made of them.
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
# A high half without a low one after it, or a low half without a high one before it.
_HALF_PAIR = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_MORE_INSIDE = b'"has_more":true'
# An id within a path, such as the "/in_1Mt" of "/v1/invoices/in_1Mt/lines".
_ID_IN_PATH = re.compile(r"/[a-z]+_\w+(?=/)")


class _RawPage(msgspec.Struct, gc=False):
    object: str
    data: list[msgspec.Raw]
    has_more: bool = False


class _Head(msgspec.Struct, gc=False):
    object: str
    id: str
    created: int | None = 0
    date: int | None = 0  # what an invoice item has for `created`
    deleted: bool = False


_PAGE_DECODER = msgspec.json.Decoder(_RawPage)
_HEAD_DECODER = msgspec.json.Decoder(_Head)


class Item(msgspec.Struct, frozen=True, gc=False):
    """One object on its way through: what must be known of it, and its JSON on one line."""

    id: str
    created: int
    raw: bytes
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, newest first."""

    items: tuple[Item, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class RawPage:
    """One page of a list of anything: each object's JSON on one line."""

    objects: tuple[bytes, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class ObjectPage:
    """One page of a list, decoded."""

    objects: list[StripeObject]
    has_more: bool


class CursorLostError(StripeApiError):
    """Stripe no longer knows the object after which the next page was asked for.

    A window of a back-fill is then begun again; anything else fails like any call.
    """


class Reader:
    """Reads Stripe's lists. Thread-safe.

    Args:
        client: what the requests are made with.
    """

    def __init__(self, client: StripeClient) -> None:
        self.client = client

    def page(self, row: StreamRow, window: Window, limit: int = PAGE_SIZE) -> Page:
        """Return the next page of `window`.

        Raises:
            CursorLostError: if the window's cursor is unknown to Stripe by now.
            StripeApiError: if it cannot be read.
        """
        raw_page = self.raw_page(row.path, row_params(row, window, limit))
        items = tuple(self.item(row, raw) for raw in raw_page.objects)
        return Page(items, raw_page.has_more and row.paged)

    def raw_page(
        self, path: str, params: Mapping[str, Any], endpoint: str | None = None
    ) -> RawPage:
        """Return one page of a list of anything, each object as JSON on one line.

        Args:
            path: the list's path.
            params: the list's parameters.
            endpoint: the rate limit's name for it, where the path holds an id.
        """
        page: _RawPage = self._get_list(path, params, _RawPage, endpoint)
        return RawPage(tuple(bytes(one) for one in page.data), page.has_more)

    def retrieve(self, row: StreamRow, object_id: str) -> Item | None:
        """Return the object as it is now, or None if Stripe has no such object any more."""
        body = self.retrieve_body(row.path, object_id, row.expansions)
        return None if body is None else self.item(row, body)

    def objects(self, path: str, params: Mapping[str, Any], object_name: str) -> ObjectPage:
        """Return one page of a list, decoded, each object being an `object_name`."""
        endpoint = _ID_IN_PATH.sub("/{id}", path)
        body = self._get_list(path, params, StripeObject, endpoint)
        if body.get("object") != "list" or not isinstance(body.get("data"), list):
            raise _unexpected(path, "list", body.get("object"))
        for one in body["data"]:
            if one.get("object") != object_name:
                raise _unexpected(path, object_name, one.get("object"))
        return ObjectPage(body["data"], bool(body.get("has_more")))

    def all_objects(
        self, path: str, params: Mapping[str, Any], object_name: str
    ) -> Iterator[StripeObject]:
        """Yield all objects of a list, page by page."""
        more = {**params, "limit": PAGE_SIZE}
        while True:
            page = self.objects(path, more, object_name)
            yield from page.objects
            if not page.has_more or not page.objects:
                return
            more["starting_after"] = page.objects[-1]["id"]

    def retrieve_object(
        self, path: str, object_id: str, expansions: Sequence[str], object_name: str
    ) -> StripeObject | None:
        """Return one object, decoded, or None if there is no such object."""
        body = self.retrieve_body(path, object_id, expansions)
        if body is None:
            return None
        found: StripeObject = decode(body)
        if found.get("object") != object_name:
            raise _unexpected(path, object_name, found.get("object"))
        return found

    def retrieve_body(self, path: str, object_id: str, expansions: Sequence[str]) -> bytes | None:
        """Return one object's JSON on one line, or None if there is no such object."""
        params = {"expand": list(expansions)} if expansions else {}
        try:
            return self.client.get(
                f"{path}/{object_id}", params, one_line, endpoint=f"{path}/{{id}}"
            )
        except StripeNotFoundError:
            return None

    def completed(self, nested: Mapping[str, Any]) -> list[StripeObject]:
        """Return all objects of a list that was found inside an object, following it to its end."""
        objects: list[StripeObject] = list(nested.get("data") or ())
        if nested.get("has_more") and objects:
            params = {"starting_after": objects[-1]["id"]}
            objects += self.all_objects(nested["url"], params, objects[-1]["object"])
        return objects

    def _get_list(
        self, path: str, params: Mapping[str, Any], kind: type[Any], endpoint: str | None = None
    ) -> Any:
        def decode_list(body: bytes) -> Any:
            if kind is _RawPage:
                return _PAGE_DECODER.decode(one_line(body))
            return decode(body)

        try:
            return self.client.get(path, params, decode_list, endpoint=endpoint)
        except (StripeNotFoundError, StripeRejectedError) as error:
            about_cursor = getattr(error, "parameter", None) == "starting_after"
            if "starting_after" in params and (
                about_cursor or isinstance(error, StripeNotFoundError)
            ):
                raise CursorLostError(
                    f"The list {path} changed while it was read ({error}). Run again",
                    endpoint=error.endpoint,
                    request_id=error.request_id,
                ) from error
            raise

    def item(self, row: StreamRow, raw: bytes) -> Item:
        """Return an object of the row's list, from its JSON on one line.

        Raises:
            StripeProtocolError: if it is another kind of object.
        """
        head = _HEAD_DECODER.decode(raw)
        if head.object != row.object_name:
            raise _unexpected(row.path, row.object_name, head.object)
        if row.nested_lists and _MORE_INSIDE in raw:
            raw = self._with_whole_lists(row, raw)
        return Item(head.id, head.created or head.date or 0, raw, head.deleted)

    def _with_whole_lists(self, row: StreamRow, raw: bytes) -> bytes:
        found: StripeObject = decode(raw)
        for name in row.nested_lists:
            nested = found.get(name)
            if isinstance(nested, dict) and nested.get("has_more"):
                found[name] = {**nested, "data": self.completed(nested), "has_more": False}
        return encode(found)


def row_params(row: StreamRow, window: Window, limit: int = PAGE_SIZE) -> dict[str, Any]:
    """Return the parameters that ask for the next page of `window` of a row's own list."""
    params = list_params(window, row.expansions, limit)
    if not row.created_filter:
        params.pop("created", None)
    if not row.paged:
        params.pop("limit")
    return {**dict(row.parameters), **params}


def list_params(
    window: Window, expansions: Sequence[str] = (), limit: int = PAGE_SIZE
) -> dict[str, Any]:
    """Return the parameters that ask for the next page of `window`."""
    params: dict[str, Any] = {"limit": limit}
    created = window.created_filter()
    if created:
        params["created"] = created
    if window.cursor is not None:
        params["starting_after"] = window.cursor
    if expansions:
        params["expand"] = [f"data.{name}" for name in expansions]
    return params


def decode(body: bytes) -> Any:
    """Return what the JSON says; integers of any size, fractions as Decimal."""
    try:
        return _DECODER.decode(body)
    except msgspec.DecodeError:
        return _DECODER.decode(_without_half_pairs(body))


def encode(value: Any) -> bytes:
    """Return `value` as JSON on one line."""
    return _ENCODER.encode(value)


def one_line(body: bytes) -> bytes:
    """Return the JSON in `body` without the blanks and line ends that Stripe prints it with."""
    try:
        return msgspec.json.format(body, indent=-1)
    except msgspec.DecodeError:
        return msgspec.json.format(_without_half_pairs(body), indent=-1)


def _without_half_pairs(body: bytes) -> bytes:
    """Replace escaped halves of surrogate pairs, which are valid JSON but no valid text."""
    return _HALF_PAIR.sub(rb"\\ufffd", body)


def _unexpected(path: str, wanted: str, got: object) -> StripeProtocolError:
    return StripeProtocolError(
        f"{path} gave an object that says it is {got!r} where {wanted!r} was expected. "
        "Check the setting api_base",
        endpoint=f"GET {path}",
    )
