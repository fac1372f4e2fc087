"""What the setting `account_ids` adds to streams: the account in key, schema and record. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from singer_sdk.singerlib import (
    Catalog,
    CatalogEntry,
    Metadata,
    MetadataMapping,
    Schema,
)

from tap_stripe_ext.schemas import load_schema
from tap_stripe_ext.stream_table import PAYMENTS

ACCOUNT_ID = "account_id"
OWN_ACCOUNT = "own_account"

_ACCOUNT_ID_SCHEMA = {"type": "string", "description": "The account that it was read from."}
_OWN_ACCOUNT_SCHEMA = {
    "type": "boolean",
    "description": "Whether that is the API key's own account.",
}
_SAY_WHOSE = frozenset({PAYMENTS, "customers", "invoices", "payment_links"})
"""Streams whose records also say whether the account is the key's own: those that programs act on,
for which an object of our own must be the same with and without `account_ids`."""
_AUTOMATIC = Metadata.InclusionType.AUTOMATIC
_AVAILABLE = Metadata.InclusionType.AVAILABLE


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
    return Catalog(
        (name, _fitted(entry, by_account=by_account) if name in names else entry)
        for name, entry in catalog.items()
    )


def _fitted(entry: CatalogEntry, *, by_account: bool) -> CatalogEntry:
    given = list(entry.key_properties or ())
    if (ACCOUNT_ID in given) == by_account:
        return entry
    name = entry.tap_stream_id
    keys = keys_by_account(given) if by_account else [key for key in given if key != ACCOUNT_ID]
    properties = _without(name, entry.schema.properties or {})
    if by_account:
        added = _properties(name)
    else:
        own = load_schema(PAYMENTS)["properties"]
        added = {ACCOUNT_ID: own[ACCOUNT_ID]} if name == PAYMENTS else {}
    properties |= {key: Schema.from_dict(value) for key, value in added.items()}
    metadata = MetadataMapping(entry.metadata)
    for key in added:
        how = _AUTOMATIC if key in keys else _AVAILABLE
        metadata["properties", key] = Metadata(inclusion=how)
    metadata[()] = replace(metadata.root, table_key_properties=keys)
    schema = replace(entry.schema, properties=properties)
    return replace(entry, key_properties=keys, schema=schema, metadata=metadata)


def _properties(name: str) -> dict[str, Any]:
    if name in _SAY_WHOSE:
        return {ACCOUNT_ID: _ACCOUNT_ID_SCHEMA, OWN_ACCOUNT: _OWN_ACCOUNT_SCHEMA}
    return {ACCOUNT_ID: _ACCOUNT_ID_SCHEMA}


def _fields(name: str, account: Account) -> dict[str, Any]:
    if name in _SAY_WHOSE:
        return {ACCOUNT_ID: account.id, OWN_ACCOUNT: account.own}
    return {ACCOUNT_ID: account.id}


def _without(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    ours = _properties(name)
    return {key: value for key, value in properties.items() if key not in ours}
