"""One run over several accounts: each is a `Sync` of its own, and they share requests, pace, output
and state.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from monstock_stripe_core.stripe_client import StripeClient
from monstock_stripe_core.stripe_errors import (
    StripeAccountError,
    StripeApiError,
    StripeUnauthorizedError,
)
from singer_sdk.streams import Stream

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
    """One run over the selected streams of several accounts.

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
        accounts = find_accounts(self._client, self._settings.account_ids)
        states = {account.id: self._state_of(account) for account in accounts}
        everybody = {**self._states_of_others(states), **states}
        shared = SharedOutput(
            self._output, {name: state_to_json(state) for name, state in everybody.items()}
        )
        shared.write_schemas(self._streams.values())
        try:
            with accounts_in_log():
                failed = self._read_all(accounts, states, shared)
        finally:
            shared.write_state()
        log_summary(self._client, self._output)
        raise_incomplete(
            [f"{account_id} ({_listed(names)})" for account_id, names in failed.items()],
            frozenset().union(*failed.values()),
        )

    def _read_all(
        self, accounts: Iterable[Account], states: Mapping[str, TapState], shared: SharedOutput
    ) -> dict[str, frozenset[str]]:
        """Read the accounts side by side; return what failed of which, in their order."""
        # Short increments first, so that no account waits for the back-fill of another.
        ordered = sorted(accounts, key=lambda account: states[account.id].log is None)
        threads = ThreadPoolExecutor(min(MOST_AT_ONCE, self._pool.size), "account")
        try:
            reading: dict[Future[frozenset[str]], Account] = {
                threads.submit(self._read, account, states[account.id], shared): account
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

    def _read(self, account: Account, state: TapState, shared: SharedOutput) -> frozenset[str]:
        """Read one account; return the streams of it that could not be read."""
        self._pool.check_stop()
        with named_in_log(account.id):
            sync = Sync(
                self._settings,
                client_for(self._client, account),
                self._pool,
                self._streams,
                state,
                shared.of(account),
                account.id,
                self._clock,
            )
            try:
                sync.read()
            except StripeAccountError as error:
                logger.error(
                    "The key may not act for this account, or no longer. Connect it again, or "
                    "leave it out of the setting account_ids. Stripe says: %s",
                    error,
                )
            except StripeUnauthorizedError:
                raise
            except (StreamsFailedError, StripeApiError) as error:
                logger.error("%s", error)
            else:
                return frozenset(sync.journal.fatal())
            return frozenset(self._streams)

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
