"""One output for several accounts: their records side by side, and one state of all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Any

from singer_sdk.streams import Stream

from tap_stripe_ext.account_state import merged
from tap_stripe_ext.by_account import Account, prefix_of
from tap_stripe_ext.output import Output

# A state message holds every account, so it is not written at each wish of each account.
SECONDS_PER_STATE = 1.0


class SharedOutput:
    """Lets several accounts write to one output. Thread-safe.

    A state message holds of each account what that account gave last, which counts on nothing but
    records that were written before.

    Args:
        output: where records and states go.
        states: the JSON states of the accounts that are not read in this run, and of the others
            before anything is read, by account.
        clock: returns seconds that never go back.
    """

    def __init__(
        self,
        output: Output,
        states: Mapping[str, Mapping[str, Any]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.output = output
        self._states = dict(states)
        self._clock = clock
        self._state_written_at = clock()
        self._lock = Lock()

    def of(self, account: Account) -> Output:
        """Return the output that one account writes to."""
        return _AccountOutput(self, account)

    def write_schemas(self, streams: Iterable[Stream]) -> None:
        """Write the SCHEMA messages, once for all accounts."""
        with self._lock:
            for stream in streams:
                self.output.write_schema(stream)

    def write_records(self, stream: Stream, records: list[bytes]) -> int:
        """Write RECORD messages that name their account."""
        with self._lock:
            return self.output.write_records(stream, records)

    def keep_state(self, account: Account, state: Mapping[str, Any]) -> None:
        """Remember an account's state, and write the state of all now and then."""
        with self._lock:
            self._states[account.id] = state
            if self._clock() - self._state_written_at >= SECONDS_PER_STATE:
                self._write_state()

    def write_state(self) -> None:
        """Write the state of all accounts."""
        with self._lock:
            self._write_state()

    def _write_state(self) -> None:
        self.output.write_state(merged(self._states))
        self._state_written_at = self._clock()


class _AccountOutput(Output):
    """What one account's run sees of the shared output; for that account's thread alone."""

    def __init__(self, shared: SharedOutput, account: Account) -> None:
        super().__init__()
        self._shared = shared
        self._account = account
        self._prefixes: dict[str, bytes] = {}

    def write_schema(self, stream: Stream) -> None:
        """Do nothing: the schemas are written once for all accounts."""

    def write_records(self, stream: Stream, records: Iterable[bytes]) -> int:
        """Write RECORD messages with the account in each."""
        prefix = self._prefixes.get(stream.name)
        if prefix is None:
            prefix = self._prefixes[stream.name] = prefix_of(stream.name, self._account)
        written = self._shared.write_records(stream, [prefix + one[1:] for one in records])
        if written:
            self.records[stream.name] = self.records.get(stream.name, 0) + written
        return written

    def write_state(self, state: dict[str, Any]) -> None:
        """Hand the account's state over."""
        self._shared.keep_state(self._account, state)
