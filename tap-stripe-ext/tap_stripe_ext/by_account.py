"""What the setting `account_ids` adds to streams: the account in key, schema and record. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import msgspec
from singer_sdk.singerlib import Catalog

from tap_stripe_ext.schemas import load_schema
from tap_stripe_ext.stream_table import PAYMENTS

ACCOUNT_ID = "account_id"
OWN_ACCOUNT = "own_account"

_ACCOUNT_ID_SCHEMA = {"type": "string", "description": "The account that it was read from."}
_OWN_ACCOUNT_SCHEMA = {
    "type": "boolean",
    "description": "Whether that is the API key's own account.",
}


@dataclass(frozen=True, slots=True)
class Account:
    """An account to read.

    Args:
        id: acct_…
        own: whether it is the API key's own.
    """

    id: str
    own: bool


def keys_by_account(keys: Sequence[str]) -> list[str]:
    """Return a stream's keys with the account before them."""
    return [ACCOUNT_ID, *(key for key in keys if key != ACCOUNT_ID)]


def schema_by_account(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return a stream's schema with the properties that name the account."""
    return {**schema, "properties": {**_properties(name), **_without(name, schema["properties"])}}


def prefix_of(name: str, account: Account) -> bytes:
    """Return what stands at the beginning of each record's JSON, in the place of its "{".

    A payment has its `account_id` further behind.
    """
    fields = _fields(name, account)
    fields.pop(ACCOUNT_ID if name == PAYMENTS else "", None)
    return msgspec.json.encode(fields)[:-1] + b","


def record_by_account(name: str, record: dict[str, Any], account: Account) -> dict[str, Any]:
    """Return a record with the account in it."""
    return {**_fields(name, account), **record}


def fit_catalog(catalog: Catalog, names: Collection[str], *, by_account: bool) -> Catalog:
    """Return the catalog with keys and properties as the setting `account_ids` wants them.

    A catalog that was discovered under another setting would otherwise drop the account from the
    keys, so that objects of two accounts become one, or demand it where there is none.

    Args:
        catalog: the given one; it stays as it is.
        names: the streams of this tap.
        by_account: whether the setting is given.
    """
    if all(
        (ACCOUNT_ID in (entry.key_properties or ())) == by_account
        for name, entry in catalog.items()
        if name in names
    ):
        return catalog
    fitted: dict[str, Any] = deepcopy(catalog.to_dict())
    for entry in fitted["streams"]:
        if entry["tap_stream_id"] in names:
            _fit_entry(entry, by_account=by_account)
    return Catalog.from_dict(fitted)


def _fit_entry(entry: dict[str, Any], *, by_account: bool) -> None:
    name = entry["tap_stream_id"]
    keys = [key for key in entry.get("key_properties") or () if key != ACCOUNT_ID]
    entry["key_properties"] = keys_by_account(keys) if by_account else keys
    known = entry["schema"].get("properties", {})
    schema = {**entry["schema"], "properties": _without(name, known)}
    if by_account:
        schema = schema_by_account(name, schema)
    elif name == PAYMENTS:
        schema["properties"][ACCOUNT_ID] = load_schema(PAYMENTS)["properties"][ACCOUNT_ID]
    entry["schema"] = schema
    for metadata in entry.get("metadata", ()):
        if not metadata["breadcrumb"]:
            metadata["metadata"]["table-key-properties"] = entry["key_properties"]
        elif metadata["breadcrumb"] == ["properties", ACCOUNT_ID]:
            metadata["metadata"]["inclusion"] = "automatic" if by_account else "available"


def _properties(name: str) -> dict[str, Any]:
    if name == PAYMENTS:
        return {ACCOUNT_ID: _ACCOUNT_ID_SCHEMA, OWN_ACCOUNT: _OWN_ACCOUNT_SCHEMA}
    return {ACCOUNT_ID: _ACCOUNT_ID_SCHEMA}


def _fields(name: str, account: Account) -> dict[str, Any]:
    if name == PAYMENTS:
        return {ACCOUNT_ID: account.id, OWN_ACCOUNT: account.own}
    return {ACCOUNT_ID: account.id}


def _without(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    ours = _properties(name)
    return {key: value for key, value in properties.items() if key not in ours}
