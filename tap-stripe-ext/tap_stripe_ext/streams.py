"""The streams as the SDK sees them: name, schema, keys, selection.

How they are read is not the SDK's business but that of `sync`, since one pass over the event log
serves all of them; `get_records` is only for the SDK's `--test`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from singer_sdk import Stream, Tap
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.helpers.types import Context, Record
from singer_sdk.singerlib.catalog import REPLICATION_LOG_BASED

from tap_stripe_ext.by_account import keys_by_account, schema_by_account
from tap_stripe_ext.schemas import load_schema
from tap_stripe_ext.stream_table import PAYMENTS, row_named

Sampler = Callable[[str], Iterator[dict[str, Any]]]


class StripeStream(Stream):
    """One stream of the table, or `payments`.

    Args:
        tap: the tap.
        name: the stream's name.
        sampler: yields the newest records of the stream with that name.
        by_account: whether records name the account that they were read from.
    """

    # Records go out as Stripe sent them; conforming would drop fields that are newer than ours.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(self, tap: Tap, name: str, sampler: Sampler, *, by_account: bool = False) -> None:
        row = None if name == PAYMENTS else row_named(name)
        # Before the SDK's part, which fills in the catalog's entry from it.
        self.selected_by_default = row is None or row.by_default
        schema, keys = load_schema(name), ["id"] if row is None else list(row.keys)
        if by_account:
            schema, keys = schema_by_account(name, schema), keys_by_account(keys)
        super().__init__(tap, schema=schema, name=name)
        self._sampler = sampler
        self.primary_keys = keys
        self.forced_replication_method = REPLICATION_LOG_BASED

    def get_records(self, context: Context | None) -> Iterable[Record]:  # noqa: ARG002
        """Yield the newest records, for the SDK's connection test."""
        return self._sampler(self.name)
