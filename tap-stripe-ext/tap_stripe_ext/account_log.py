"""Names the account in the log lines of a run over several."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_account_id: ContextVar[str | None] = ContextVar("account_id", default=None)
_PACKAGE = __package__ or "tap_stripe_ext"


class _NameAccount(logging.Filter):
    """Puts the account whose thread logs before the message."""

    def filter(self, record: logging.LogRecord) -> bool:
        account_id = _account_id.get()
        if account_id is not None:
            record.msg = f"{account_id}: {record.msg}"
        return True


@contextmanager
def accounts_in_log() -> Iterator[None]:
    """Name accounts in the lines of this package's loggers for as long as this lasts.

    A filter on the package's logger alone would not see the lines of the loggers below it.
    """
    naming = _NameAccount()
    loggers = [
        logging.getLogger(name)
        for name in list(logging.root.manager.loggerDict)
        if name.startswith(f"{_PACKAGE}.")
    ]
    for one in loggers:
        one.addFilter(naming)
    try:
        yield
    finally:
        for one in loggers:
            one.removeFilter(naming)


@contextmanager
def named_in_log(account_id: str) -> Iterator[None]:
    """Let the lines that this thread logs name the account."""
    token = _account_id.set(account_id)
    try:
        yield
    finally:
        _account_id.reset(token)
