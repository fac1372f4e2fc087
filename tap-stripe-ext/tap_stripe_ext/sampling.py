"""Yields the newest records of one stream, for the SDK's connection test."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from monstock_stripe_core.stripe_client import StripeClient

from tap_stripe_ext.nested import NestedSource
from tap_stripe_ext.payments_reader import PAYMENT_SOURCES, PaymentsReader
from tap_stripe_ext.reader import Reader, decode
from tap_stripe_ext.settings import Settings
from tap_stripe_ext.stream_table import PAYMENTS, StreamRow, row_named
from tap_stripe_ext.versions import VersionClock
from tap_stripe_ext.windows import Window


def sample(
    stream_name: str, client: StripeClient, settings: Settings, account_id: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the records of the newest page of each of the stream's lists.

    Args:
        stream_name: the stream.
        client: how Stripe is reached.
        settings: the tap's settings.
        account_id: what payments say they were read from.
    """
    reader = Reader(client)
    window = Window(settings.start)
    if stream_name != PAYMENTS:
        for raw in _raw_records(row_named(stream_name), reader, window):
            record: dict[str, Any] = decode(raw)
            yield record
        return
    payments = PaymentsReader(reader, VersionClock(time.time), account_id)
    for source in PAYMENT_SOURCES:
        yield from payments.page(source, window, payments.side_lists(source, window)).snapshots


def _raw_records(row: StreamRow, reader: Reader, window: Window) -> Iterator[bytes]:
    if row.parent is None:
        yield from (item.raw for item in reader.page(row, window).items)
        return
    source = NestedSource(row, reader)
    newest = source.chunk(window, None)
    yield from newest.records
    for rest in newest.rests:
        yield from source.rest(rest).records
