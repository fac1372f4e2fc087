"""What every part of a run works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tap_stripe_ext.journal import Journal
from tap_stripe_ext.nested import NestedSource
from tap_stripe_ext.payments_reader import PAYMENT_SOURCES, PaymentsReader
from tap_stripe_ext.pool import Pool
from tap_stripe_ext.reader import Reader
from tap_stripe_ext.settings import Settings
from tap_stripe_ext.settling import has_settled, list_name
from tap_stripe_ext.sources import PaymentSource, Source, TableSource, Wants
from tap_stripe_ext.stream_table import PAYMENTS, row_named


@dataclass(frozen=True, slots=True)
class RunParts:
    """The tools of one run.

    Args:
        settings: the tap's settings.
        pool: where requests run side by side.
        reader: reads the table's lists.
        payments: reads snapshots of payments.
        journal: writes records and states.
        clock: returns the present in seconds since 1970.
        server_clock: returns Stripe's present as of its last answer.
    """

    settings: Settings
    pool: Pool
    reader: Reader
    payments: PaymentsReader
    journal: Journal
    clock: Callable[[], float]
    server_clock: Callable[[], float]

    def now(self) -> int:
        """Return the present, in seconds since 1970."""
        return int(self.clock())

    def careful_now(self) -> int:
        """Return the earlier of this machine's and Stripe's present: neither is ahead of both."""
        return int(min(self.clock(), self.server_clock()))

    def sources(self, name: str) -> tuple[Source, ...]:
        """Return the lists that a back-fill of the stream goes through."""
        if name == PAYMENTS:
            return tuple(self.payment_source(source) for source in PAYMENT_SOURCES)
        return (self.source(name),)

    def source(self, name: str, wants: Wants | None = None) -> Source:
        """Return the list of a stream of the table, or what is wanted of it (or of its parents)."""
        row = row_named(name)
        if row.parent is not None:
            return NestedSource(row, self.reader, wants)
        return TableSource(row, self.reader, self.now() - self.settings.relist_recent, wants)

    def settled(self, name: str, since: int, moment: int) -> Source:
        """Return the list of a stream, of which only what settled in this time is written."""
        return TableSource(
            row_named(name),
            self.reader,
            called=list_name(since, moment),
            writes=lambda raw: has_settled(raw, since, moment),
        )

    def payment_source(self, source: str, wanted: frozenset[str] | None = None) -> Source:
        """Return one of the lists that payments are made of."""
        return PaymentSource(PAYMENTS, source, self.payments, self.settings.link_keys, wanted)
