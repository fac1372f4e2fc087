"""What writes to orders and to customers have in common."""

from collections.abc import Callable
from typing import TypeVar

from monstock_stripe_core.json_paths import JsonObject, set_path
from monstock_stripe_core.monstock_call import Answer, Call
from monstock_stripe_core.monstock_errors import (
    MonstockConflict,
    MonstockRejected,
    MonstockUncertain,
)
from monstock_stripe_core.monstock_http import MonstockHttp
from monstock_stripe_core.monstock_pages import Pages
from monstock_stripe_core.profile import Profile

_MOST_TRIES_TO_CREATE = 5
_WAIT_BEFORE_LOOKING = 0.5
"""Seconds between a call whose answer got lost and the look whether it had its effect."""

T = TypeVar("T")


class Writer:
    """Makes calls that write: with the record's condition, and never twice what must be once."""

    def __init__(
        self,
        http: MonstockHttp,
        pages: Pages,
        profile: Profile,
        sleep: Callable[[float], None],
    ) -> None:
        self._http = http
        self._pages = pages
        self._profile = profile
        self._sleep = sleep

    def _call(
        self,
        about: str,
        etag: str | None,
        method: str,
        path: str,
        body: JsonObject | None,
        *,
        repeatable: bool = True,
    ) -> Call:
        """A call that writes.

        Args:
            about: the record, for messages.
            etag: the condition, where there is one.
            method, path, body: of the call.
            repeatable: whether doing it twice is the same as doing it once.
        """
        condition = self._profile.condition
        headers = {}
        if condition.style == "etag" and etag is not None:
            headers[condition.header] = etag
        return Call(method, path, {}, body, headers, about, repeatable)

    def _send(self, call: Call) -> Answer:
        """Make a call about a record that was there when it was read."""
        try:
            return self._http.call(call)
        except MonstockRejected as error:
            if error.status == 404:
                raise MonstockConflict(f"{error} It is gone since it was read.") from None
            raise

    def _made_once(
        self, find: Callable[[], T | None], make: Callable[[], T], looked: bool = False
    ) -> T:
        """Look for a thing as it is now, and make it where there is none.

        A call that makes is not repeated blindly: where its answer got lost, its effect is
        looked for first, else the thing would stand twice.

        Args:
            find: what is there, brought to what it should be; None where nothing is.
            make: makes it by a call that is not repeatable.
            looked: whether it was looked for just now, and is not there.
        """
        for tries_left in reversed(range(_MOST_TRIES_TO_CREATE)):
            found = None if looked else find()
            if found is not None:
                return found
            looked = False
            try:
                return make()
            except MonstockUncertain:
                if not tries_left:
                    raise
                self._sleep(_WAIT_BEFORE_LOOKING)
        raise AssertionError("unreachable: the last try returns or raises")


def wrapped(wrapper: str | None, body: JsonObject) -> JsonObject:
    """A body below the key that the tenant wants it under."""
    if wrapper is None:
        return body
    whole: JsonObject = {}
    set_path(whole, wrapper, body)
    return whole
