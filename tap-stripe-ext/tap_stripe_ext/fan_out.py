"""Several accounts: each is a `Sync` of its own; they share requests, pace, output and state."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any

from monstock_stripe_core.stripe_client import StripeClient
from monstock_stripe_core.stripe_errors import (
    StripeAccountError,
    StripeApiError,
    StripeUnauthorizedError,
)
from singer_sdk.streams import Stream
from tap_common.following import Look

from tap_stripe_ext.account_log import accounts_in_log, named_in_log
from tap_stripe_ext.account_output import SharedOutput
from tap_stripe_ext.account_state import SavedState
from tap_stripe_ext.accounts import client_for, find_accounts
from tap_stripe_ext.backfill_part import EVENT_LIFETIME
from tap_stripe_ext.by_account import Account
from tap_stripe_ext.errors import StreamsFailedError
from tap_stripe_ext.output import Output
from tap_stripe_ext.pool import Pool
from tap_stripe_ext.settings import ALL_ACCOUNTS, Settings
from tap_stripe_ext.state import TapState, state_to_json
from tap_stripe_ext.sync import Sync, log_summary, raise_incomplete

logger = logging.getLogger(__name__)

# So many accounts are read side by side; the requests of all of them go through one pool.
MOST_AT_ONCE = 8


class FanOut:
    """The selected streams of several accounts.

    Args:
        settings: the tap's settings, with `account_ids`.
        client: acts for the key's own account.
        pool: where the requests of all accounts run side by side.
        streams: the selected streams, by name.
        saved: what earlier runs left.
        output: where records and states go.
        clock: returns the present in seconds since 1970.
    """

    def __init__(
        self,
        settings: Settings,
        client: StripeClient,
        pool: Pool,
        streams: Mapping[str, Stream],
        saved: SavedState,
        output: Output,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._client = client
        self._pool = pool
        self._streams = streams
        self._saved = saved
        self._output = output
        self._clock = clock
        self._syncs: dict[str, Sync] = {}
        self._own: str | None = None
        self._shared: SharedOutput | None = None
        self._said: dict[str, str] = {}
        self._incomplete: set[str] = set()

    def run(self) -> None:
        """Read all accounts, and say what was done.

        Raises:
            StreamsFailedError: after the others are done, if an account or a stream of one could
                not be read.
            SettingError: if the key may not ask for the accounts.
            StripeApiError: if nothing can be read at all.
            OutputClosedError: if the target has ended.
            StopRequestedError: if the process was asked to end; the state has been written.
        """
        if not self._streams:
            logger.warning("No stream is selected, so there is nothing to do.")
            return
        failed = self._read_all()
        log_summary(self._client, self._output)
        raise_incomplete(
            [f"{account_id} ({_listed(names)})" for account_id, names in failed.items()],
            frozenset().union(*failed.values()),
        )

    def look(self) -> Look:
        """Read all accounts again, also those that are new.

        Raises:
            StripeApiError: if nothing can be read.
            OutputClosedError: if the target has ended.
            StopRequestedError: if the process was asked to end; the state has been written.
        """
        written = sum(self._output.records.values())
        self._incomplete.clear()
        failed = self._read_all()
        news = sum(self._output.records.values()) > written
        unread = sum(map(len, failed.values()))
        return Look(news, complete=not self._incomplete, unread=unread)

    def hear(self, events: Sequence[Mapping[str, Any]]) -> bool:
        """Read at once what events tell of, each of its account; return whether all was read."""
        by_account: dict[str, list[Mapping[str, Any]]] = {}
        for event in events:
            by_account.setdefault(event.get("account") or self._own or "", []).append(event)
        complete = True
        with accounts_in_log():
            for account_id, some in by_account.items():
                sync = self._syncs.get(account_id)
                if sync is not None:
                    with named_in_log(account_id):
                        complete = sync.hear(some) and complete
        return complete

    def listen_between(self, listen: Callable[[], None]) -> None:
        """Do nothing: accounts are read by threads of their own, and events wait for their end."""

    def _read_all(self) -> dict[str, frozenset[str]]:
        """Read the accounts side by side; return what failed of which, in their order."""
        wanted = self._settings.account_ids
        accounts = self._pool.result_of(
            self._pool.submit(lambda: find_accounts(self._client, wanted))
        )
        self._own = next((one.id for one in accounts if one.own), None)
        shared = self._shared or self._begin(accounts)
        try:
            with accounts_in_log():
                return self._read_side_by_side(accounts, shared)
        finally:
            shared.write_state()

    def _begin(self, accounts: Iterable[Account]) -> SharedOutput:
        states = {account.id: self._state_of(account) for account in accounts}
        everybody = {**self._states_of_others(states), **states}
        shared = self._shared = SharedOutput(
            self._output, {name: state_to_json(state) for name, state in everybody.items()}
        )
        shared.write_schemas(self._streams.values())
        return shared

    def _read_side_by_side(
        self, accounts: Iterable[Account], shared: SharedOutput
    ) -> dict[str, frozenset[str]]:
        # Short increments first, so that no account waits for the back-fill of another.
        syncs = {account.id: self._sync_of(account, shared) for account in accounts}
        ordered = sorted(accounts, key=lambda account: syncs[account.id].journal.shared is None)
        threads = ThreadPoolExecutor(min(MOST_AT_ONCE, self._pool.size), "account")
        try:
            reading: dict[Future[frozenset[str]], Account] = {
                threads.submit(self._read, account, syncs[account.id]): account
                for account in ordered
            }
            failed = {reading[one].id: one.result() for one in as_completed(reading)}
        except BaseException:
            # It is of no single account: have the others end at their next safe moment.
            self._pool.request_stop(signal.SIGTERM)
            raise
        finally:
            threads.shutdown(wait=True, cancel_futures=True)
        return {account.id: failed[account.id] for account in ordered if failed[account.id]}

    def _sync_of(self, account: Account, shared: SharedOutput) -> Sync:
        if account.id not in self._syncs:
            self._syncs[account.id] = Sync(
                self._settings,
                client_for(self._client, account),
                self._pool,
                self._streams,
                self._state_of(account),
                shared.of(account),
                account.id,
                self._clock,
            )
        return self._syncs[account.id]

    def _read(self, account: Account, sync: Sync) -> frozenset[str]:
        """Read one account; return the streams of it that could not be read."""
        self._pool.check_stop()
        with named_in_log(account.id):
            try:
                if not sync.look().complete:
                    self._incomplete.add(account.id)
            except StripeAccountError as error:
                self._say(
                    account,
                    "The key may not act for this account, or no longer. Connect it again, or "
                    f"leave it out of the setting account_ids. Stripe says: {error}",
                )
            except StripeUnauthorizedError:
                raise
            except (StreamsFailedError, StripeApiError) as error:
                self._say(account, str(error))
                self._incomplete.add(account.id)
            else:
                self._said.pop(account.id, None)
                return frozenset(sync.journal.fatal())
            return frozenset(self._streams)

    def _say(self, account: Account, problem: str) -> None:
        """Log a problem, unless it is the one that was said of this account last."""
        if self._said.get(account.id) != problem:
            self._said[account.id] = problem
            logger.error("%s", problem)

    def _state_of(self, account: Account) -> TapState:
        if account.id in self._saved.accounts:
            return self._saved.accounts[account.id]
        if account.own and self._saved.unnamed.streams:
            logger.warning(
                "The state is of runs without the setting account_ids, whose records name no "
                "account, so everything of %s is listed again",
                account.id,
            )
            return self._saved.fresh()
        return TapState()

    def _states_of_others(self, read: Collection[str]) -> dict[str, TapState]:
        """Return the states of accounts that this run does not read, while they are of use."""
        oldest = self._clock() - EVENT_LIFETIME
        kept = {}
        for account_id, state in self._saved.accounts.items():
            if account_id in read or state.log is None:
                continue
            if max(state.log.position, state.checked) < oldest:
                logger.warning(
                    "Account %s was not read for so long that its state is given up; should it "
                    "come back, everything of it is listed again",
                    account_id,
                )
                continue
            kept[account_id] = state
            if ALL_ACCOUNTS in self._settings.account_ids:
                logger.warning(
                    "Account %s is not connected any more, so it is not read; its state is kept "
                    "as long as Stripe keeps its events",
                    account_id,
                )
        return kept


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
