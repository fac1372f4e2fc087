"""The state of several accounts around the state of each. Pure.

    {"bookmarks": {"by_account": {"acct_1": {"event_log": …, "charges": …}, "acct_2": {…}}}}

What stands under an account is what `state` writes under "bookmarks" where there is only one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from tap_common.errors import StateError

from tap_stripe_ext.state import StreamState, TapState, parse_state
from tap_stripe_ext.stream_table import PAYMENTS

BY_ACCOUNT = "by_account"
_BOOKMARKS = "bookmarks"


@dataclass(frozen=True, slots=True)
class SavedState:
    """What earlier runs left.

    Both parts are there where a state backend merged states of runs with and without the setting
    `account_ids`; each is then right for its kind of run.

    Args:
        unnamed: of runs without `account_ids`.
        accounts: of runs with it, by account.
    """

    unnamed: TapState = field(default_factory=TapState)
    accounts: Mapping[str, TapState] = field(default_factory=dict)

    @property
    def last_version(self) -> int:
        """The newest version that a snapshot of a payment was given, of whatever account."""
        states = (self.unnamed, *self.accounts.values())
        return max(one.streams.get(PAYMENTS, StreamState()).last_version for one in states)

    def fresh(self) -> TapState:
        """Return the state of an account that was never read: only versions go on."""
        if not self.last_version:
            return TapState()
        return TapState(streams={PAYMENTS: StreamState(last_version=self.last_version)})


def parse_saved_state(raw: object, known_streams: Collection[str]) -> SavedState:
    """Return the state that `raw` (the decoded JSON) holds.

    Raises:
        StateError: if it is not a state that this tap wrote.
    """
    bookmarks = raw.get(_BOOKMARKS) if isinstance(raw, dict) else None
    if not isinstance(bookmarks, dict) or BY_ACCOUNT not in bookmarks:
        return SavedState(parse_state(raw, known_streams))
    by_account = bookmarks[BY_ACCOUNT]
    if not isinstance(by_account, dict):
        raise StateError(f"{_BOOKMARKS}.{BY_ACCOUNT}", "is not a JSON object")
    others = {name: value for name, value in bookmarks.items() if name != BY_ACCOUNT}
    return SavedState(
        parse_state({_BOOKMARKS: others}, known_streams),
        {
            account_id: parse_state({_BOOKMARKS: one}, known_streams)
            for account_id, one in by_account.items()
        },
    )


def merged(states: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the one state made of each account's, as `state.state_to_json` gives it."""
    return {
        _BOOKMARKS: {
            BY_ACCOUNT: {account_id: one.get(_BOOKMARKS, {}) for account_id, one in states.items()}
        }
    }
