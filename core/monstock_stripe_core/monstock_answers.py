"""What an HTTP answer means: the decoded body, or the error that names what is wrong."""

import time
from collections.abc import Mapping
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec

from monstock_stripe_core.json_paths import getter
from monstock_stripe_core.monstock_call import Answer, Call, Patience, TryAgain
from monstock_stripe_core.monstock_errors import (
    MonstockConflict,
    MonstockError,
    MonstockProtocolError,
    MonstockRejected,
    MonstockUnauthorized,
    MonstockUncertain,
    MonstockUnreachable,
)
from monstock_stripe_core.private_texts import MASK, masked, texts_under
from monstock_stripe_core.profile import Profile

_NOT_NOW = frozenset({408, 425, 429, 500, 502, 503, 504})
_NOT_DONE = frozenset({425, 429})
"""Statuses that say that the call had no effect, so that even a call that makes may be repeated."""

_OF_A_PERSON = ("name", "email", "phone", "line1", "line2", "postal_code", "city", "state")


class AnswerReader:
    """Reads answers of one tenant.

    Args:
        profile: where an error's code and sentence stand.
        base_url: for messages.
        token: what must never be in one.
        patience: how often each kind of failure is worth another attempt.
    """

    def __init__(self, profile: Profile, base_url: str, token: str, patience: Patience) -> None:
        self._base_url = base_url
        self._token = token
        self._patience = patience
        self._decoder = msgspec.json.Decoder(float_hook=Decimal)
        error_code, error_message = profile.answers.error_code, profile.answers.error_message
        self._error_code = getter(error_code) if error_code else _nothing
        self._error_message = getter(error_message) if error_message else _nothing
        self._private = _private_fields(profile)

    def read(self, call: Call, status: int, headers: Mapping[str, str], content: bytes) -> Answer:
        """Take an answer that came whole.

        Raises:
            TryAgain: another attempt can help.
            MonstockError: none can.
        """
        if status in _NOT_NOW:
            wait = self.retry_after(headers.get("Retry-After"))
            raise self.again(call, f"answers {_named(status)}", wait, done=status in _NOT_DONE)
        if 300 <= status < 400:
            raise MonstockProtocolError(
                f"{self.where(call)}: redirected ({status}) to "
                f"{_without_query(headers.get('Location', '?'))}, which is no API's "
                "way. Check the setting base_url (https?) and that the API is open to the token."
            )
        if not content.strip() and status < 400:
            return Answer(None, headers)
        try:
            body = self._decoder.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            body = None
            if status < 400:
                raise self._no_json(call, status, headers, content) from None
        if status < 400:
            return Answer(body, headers)
        raise self._refused(call, status, body, headers, content)

    def _no_json(
        self, call: Call, status: int, headers: Mapping[str, str], content: bytes
    ) -> Exception:
        kind = headers.get("Content-Type", "no content type")
        cut = "json" in kind and not content.lstrip().startswith(b"<")
        # Half a record may be a person's: it is not shown.
        what = f"{len(content)} bytes that are none" if cut else self._beginning(call, content)
        error = MonstockProtocolError(
            f"{self.where(call)}: expected JSON, got {_named(status)} with {kind}, "
            f"{what}. Check the setting base_url, and whether something in front of Monstock "
            "(login page, proxy) answers in its place."
        )
        if not call.repeatable:
            return MonstockUncertain(f"{error} The call may have had its effect.")
        return TryAgain(error, self._patience.attempts if cut else self._patience.first_attempts)

    def _refused(
        self, call: Call, status: int, body: Any, headers: Mapping[str, str], content: bytes
    ) -> MonstockError:
        message = self._error_message(body)
        code = self._error_code(body)
        said = (
            f": {self._said(call, message)[:300].rstrip('.')}" if isinstance(message, str) else ""
        )
        text = f"{self.where(call)}: {_named(status)}{said}"
        if status in (401, 403):
            right = "is wrong or was revoked" if status == 401 else "lacks a right for this"
            return MonstockUnauthorized(f"{text}. The setting api_token {right}.")
        if status in (409, 412):
            return MonstockConflict(f"{text}.")
        if not said:
            kind = headers.get("Content-Type", "no content type")
            text += f" with {kind}, {self._beginning(call, content)}"
        if status == 404 and not isinstance(code, str):
            return MonstockProtocolError(f"{text}. Check the setting base_url and the profile.")
        return MonstockRejected(f"{text}.", status, code if isinstance(code, str) else None)

    def again(self, call: Call, what: str, wait: float | None, *, done: bool) -> Exception:
        """What to raise where another attempt is the thing to do, if the call allows it."""
        text = f"{self.where(call)}: {what}"
        if not call.repeatable and not done:
            return MonstockUncertain(f"{text}; the call may have had its effect")
        error = MonstockUnreachable(f"{text}, also when tried again. Run again later.")
        return TryAgain(error, self._patience.attempts, wait)

    def retry_after(self, header: str | None) -> float | None:
        """The seconds that a Retry-After asks for (RFC 9110, 10.2.3: seconds, or a date)."""
        if header is None:
            return None
        try:
            seconds = float(header)
        except ValueError:
            try:
                seconds = parsedate_to_datetime(header).timestamp() - time.time()
            except ValueError:
                return None
        if seconds != seconds:  # "nan" is a float's text, too
            return None
        return min(max(seconds, 0.0), self._patience.wait_longest)

    def where(self, call: Call) -> str:
        """The call, for a message."""
        return f"Monstock ({self._base_url}), {call}"

    def clean(self, text: object) -> str:
        """Text for a message: one line, without the token."""
        return " ".join(str(text).replace(self._token, MASK).split())

    def _said(self, call: Call, text: str) -> str:
        """What Monstock says of a call, without what the call said of a person."""
        sent = texts_under((call.body, call.parameters), self._private)
        return self.clean(masked(text, sent))

    def _beginning(self, call: Call, content: bytes) -> str:
        words = self._said(call, content[:400].decode("utf-8", "replace"))[:120]
        return f"which begins: {words!r}"


def _private_fields(profile: Profile) -> frozenset[str]:
    """The names under which a tenant's calls say something of a person."""
    orders, customers = profile.orders, profile.customers
    paths = [orders.fields.customer_email, orders.fields.customer_name]
    filters = [orders.find.customer_email]
    if customers is not None:
        paths += [getattr(customers.fields, name) for name in _OF_A_PERSON]
        filters.append(customers.find.email)
    leaves = [path.rsplit(".", 1)[-1] for path in paths if path]
    return frozenset(leaves + [found.parameter for found in filters if found])


def _nothing(_data: object) -> None:
    return None


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _without_query(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else parts.path
