"""The streams as the SDK sees them: name, schema, keys, selection, replication.

How they are read is not the SDK's business but that of `sync`, since one reading of the orders
serves two streams; `get_records` is only for the SDK's `--test`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from monstock_stripe_core.profile import Profile
from singer_sdk import Stream, Tap
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.helpers.types import Context, Record
from singer_sdk.singerlib import Catalog
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from tap_monstock.fields import known_fields, record_of, schema_of
from tap_monstock.stream_table import REPLICATION_KEY, StreamRow

Sampler = Callable[[StreamRow], Iterator[Any]]


class MonstockStream(Stream):
    """One stream of the table, with the fields that a tenant has.

    Args:
        tap: the tap.
        row: the stream.
        profile: the tenant's.
        sampler: yields orders or customers for the SDK's connection test.
    """

    # Records are made of the very fields of the schema, with the right types.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.ROOT_ONLY

    def __init__(self, tap: Tap, row: StreamRow, profile: Profile, sampler: Sampler) -> None:
        self.row = row
        self._fields = known_fields(row.fields, profile)
        self._sampler = sampler
        super().__init__(tap, schema=schema_of(self._fields), name=row.name)
        self.primary_keys = list(row.keys)
        self.replication_key = REPLICATION_KEY

    def apply_catalog(self, catalog: Catalog) -> None:
        """Take what a catalog says; FULL_TABLE wherever it says so.

        A discovered catalog says INCREMENTAL beside the metadata, which would hide that its user
        has forced another method there.
        """
        super().apply_catalog(catalog)
        entry = catalog.get_stream(self.name)
        if entry is not None:
            methods = (entry.replication_method, entry.metadata.root.forced_replication_method)
            if REPLICATION_FULL_TABLE in methods:
                self.forced_replication_method = REPLICATION_FULL_TABLE
        self.replication_key = REPLICATION_KEY

    @property
    def is_full_table(self) -> bool:
        """Whether all of it is read at each run, so that what is gone is found."""
        return self.replication_method == REPLICATION_FULL_TABLE

    def set_version(self, version: int) -> None:
        """Let each record carry a version."""
        self._stream_version = version

    def records_of(self, source: Any) -> Iterator[dict[str, Any]]:
        """Return the records that come of one order or customer."""
        for one in self.row.sources(source):
            yield record_of(self._fields, one)

    def messages(self, record: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Return the RECORD messages of a record, as catalog and stream maps want them."""
        for message in self._generate_record_messages(record):
            yield message.to_dict()

    def get_records(self, context: Context | None) -> Iterable[Record]:  # noqa: ARG002
        """Yield some records, for the SDK's connection test."""
        for source in self._sampler(self.row):
            yield from self.records_of(source)
