"""HTTP to a tenant's API: authentication, pace, retries, and errors that people can act on.

Retries rest on tenacity and not on stamina around it: where structlog is installed, stamina tells
of its retries on standard output, which in a tap or target is the Singer stream.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec
import requests
import tenacity
import urllib3
from pyrate_limiter import Limiter, Rate

from monstock_stripe_core.monstock_auth import TokenAuth, checked_base_url, checked_token
from monstock_stripe_core.monstock_errors import (
    MonstockConflict,
    MonstockError,
    MonstockProtocolError,
    MonstockRejected,
    MonstockUnauthorized,
    MonstockUncertain,
    MonstockUnreachable,
)
from monstock_stripe_core.monstock_mapping import getter
from monstock_stripe_core.profile import Profile

_logger = logging.getLogger(__name__)

_NOT_NOW = frozenset({408, 425, 429, 500, 502, 503, 504})
_NOT_DONE = frozenset({425, 429})
"""Statuses that say that the call had no effect, so that even a call that makes may be repeated."""
_LARGEST_ANSWER = 256 * 2**20
_CHUNK = 2**18


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an answer is waited for and how often a call is repeated; times in seconds.

    Attributes:
        attempts: how often a call is made at most.
        first_attempts: the same for a host that never answered, and for answers that are no
            JSON: most likely the settings are wrong, and waiting helps no one.
        longest: no further attempt after so long.
        wait_initial: before the first repeat; doubled each time, with as much again by chance.
        wait_longest: the cap of that, and of what a Retry-After may ask for.
        connect_timeout: to reach the host.
        read_timeout: between two pieces of an answer.
        answer_timeout: for a whole answer.
    """

    attempts: int = 8
    first_attempts: int = 3
    longest: float = 300.0
    wait_initial: float = 0.2
    wait_longest: float = 60.0
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    answer_timeout: float = 180.0


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call.

    Attributes:
        path: below the base URL, its parts percent-encoded.
        about: what it is about, for messages ("order SO-2026-00001").
        repeatable: whether doing it twice is the same as doing it once.
    """

    method: str
    path: str
    parameters: Mapping[str, str | int] = field(default_factory=dict)
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    about: str = ""
    repeatable: bool = True

    def __str__(self) -> str:
        return f"{self.method} {self.path}" + (f" ({self.about})" if self.about else "")


@dataclass(frozen=True, slots=True)
class Answer:
    """The decoded body (None where it is empty) and the headers of a 2xx answer."""

    body: Any
    headers: Mapping[str, str]


class _TryAgain(Exception):
    """What went wrong might not the next time."""

    def __init__(self, error: MonstockError, attempts: int, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.attempts = attempts
        self.wait = wait


class MonstockHttp:
    """Makes calls to one tenant. Any number of threads may use it at once.

    Args:
        base_url: what the profile's paths are below.
        api_token: never logged, nor in any error.
        profile: the tenant's API.
        patience: timeouts and retries.
        sleep: what waits, in seconds.

    Raises:
        MonstockError: the URL or the token cannot be one.
    """

    def __init__(
        self,
        base_url: str,
        api_token: str,
        profile: Profile,
        *,
        patience: Patience,
        sleep: Callable[[float], None],
    ) -> None:
        self.base_url = checked_base_url(base_url)
        self._token = checked_token(api_token)
        self._auth = TokenAuth(profile.auth, self._token)
        self._patience = patience
        self._sleep = sleep
        self._sessions = threading.local()
        self._answered = False
        self._not_before = 0.0
        self._encoder = msgspec.json.Encoder(decimal_format="number")
        self._decoder = msgspec.json.Decoder(float_hook=Decimal)
        error_code, error_message = profile.answers.error_code, profile.answers.error_message
        self._error_code = getter(error_code) if error_code else _nothing
        self._error_message = getter(error_message) if error_message else _nothing
        limit = profile.rate_limit
        self._limiter = Limiter(Rate(limit.requests, limit.seconds * 1000)) if limit else None

    def close(self) -> None:
        """Stop the rate limit's housekeeping."""
        if self._limiter is not None:
            self._limiter.close()

    def call(self, call: Call) -> Answer:
        """Make a call, again where that can help.

        Raises:
            MonstockError: see the tree in `monstock_errors`.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TryAgain),
            stop=self._gives_up,
            wait=self._wait,
            sleep=self._sleep,
            before_sleep=_tell,
            reraise=True,
        )
        try:
            return retrying(self._attempt, call)
        except _TryAgain as last:
            raise last.error from None

    # -- one attempt --

    def _attempt(self, call: Call) -> Answer:
        self._keep_pace()
        started = time.monotonic()
        try:
            response = self._session().request(
                call.method,
                self.base_url + call.path,
                params=dict(call.parameters),
                data=None if call.body is None else self._encoder.encode(call.body),
                headers={**call.headers, **({} if call.body is None else _JSON)},
                timeout=(self._patience.connect_timeout, self._patience.read_timeout),
                allow_redirects=False,
                stream=True,
            )
            try:
                self._answered = True
                content = self._read(response, started)
            finally:
                response.close()
        except requests.exceptions.SSLError as error:
            raise MonstockUnreachable(
                f"{self._where(call)}: no safe connection: {self._clean(error)}. Check the "
                "setting base_url and the server's certificate."
            ) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._lost(call, error) from None
        return self._judge(call, response, content)

    def _read(self, response: requests.Response, started: float) -> bytes:
        pieces = []
        size = 0
        # read1 gives what has come, so that an answer that trickles cannot outlast its time.
        while piece := response.raw.read1(_CHUNK, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            if size > _LARGEST_ANSWER:
                raise urllib3.exceptions.HTTPError("the answer is larger than 256 MB")
            if time.monotonic() - started > self._patience.answer_timeout:
                raise urllib3.exceptions.HTTPError("the answer takes too long")
        return b"".join(pieces)

    def _lost(self, call: Call, error: Exception) -> Exception:
        """What to raise where no whole answer came."""
        reason = _reason(error)
        if not self._answered:
            advice = "Check the setting base_url, the network, and that Monstock is up."
            known = MonstockUnreachable(f"{self._where(call)}: no answer ({reason}). {advice}")
            return _TryAgain(known, self._patience.first_attempts)
        return self._again(call, f"the connection failed ({reason})", None, done=False)

    def _again(self, call: Call, what: str, wait: float | None, *, done: bool) -> Exception:
        text = f"{self._where(call)}: {what}"
        if not call.repeatable and not done:
            return MonstockUncertain(f"{text}; the call may have had its effect")
        error = MonstockUnreachable(f"{text}, also when tried again. Run again later.")
        return _TryAgain(error, self._patience.attempts, wait)

    def _judge(self, call: Call, response: requests.Response, content: bytes) -> Answer:
        status = response.status_code
        if status in _NOT_NOW:
            wait = self._retry_after(response.headers.get("Retry-After"))
            if status == HTTPStatus.TOO_MANY_REQUESTS and wait is not None:
                self._not_before = max(self._not_before, time.monotonic() + wait)
            raise self._again(call, f"answers {_named(status)}", wait, done=status in _NOT_DONE)
        if 300 <= status < 400:
            raise MonstockProtocolError(
                f"{self._where(call)}: redirected ({status}) to "
                f"{_without_query(response.headers.get('Location', '?'))}, which is no API's "
                "way. Check the setting base_url (https?) and that the API is open to the token."
            )
        if not content.strip() and status < 400:
            return Answer(None, response.headers)
        try:
            body = self._decoder.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            body = None
            if status < 400:
                raise self._no_json(call, response, content) from None
        if status < 400:
            return Answer(body, response.headers)
        raise self._refused(call, status, body, response, content)

    def _no_json(self, call: Call, response: requests.Response, content: bytes) -> Exception:
        kind = response.headers.get("Content-Type", "no content type")
        words = self._clean(content[:400].decode("utf-8", "replace"))[:120]
        error = MonstockProtocolError(
            f"{self._where(call)}: expected JSON, got {_named(response.status_code)} with {kind}, "
            f"which begins: {words!r}. Check the setting base_url, and whether something in "
            "front of Monstock (login page, proxy) answers in its place."
        )
        if not call.repeatable:
            return MonstockUncertain(f"{error} The call may have had its effect.")
        cut = "json" in kind and not content.lstrip().startswith(b"<")
        return _TryAgain(error, self._patience.attempts if cut else self._patience.first_attempts)

    def _refused(
        self, call: Call, status: int, body: Any, response: requests.Response, content: bytes
    ) -> MonstockError:
        message = self._error_message(body)
        code = self._error_code(body)
        said = f": {self._clean(message)[:300].rstrip('.')}" if isinstance(message, str) else ""
        text = f"{self._where(call)}: {_named(status)}{said}"
        if status in (401, 403):
            right = "is wrong or was revoked" if status == 401 else "lacks a right for this"
            return MonstockUnauthorized(f"{text}. The setting api_token {right}.")
        if status in (409, 412):
            return MonstockConflict(f"{text}.")
        if not said:
            kind = response.headers.get("Content-Type", "no content type")
            words = self._clean(content[:400].decode("utf-8", "replace"))[:120]
            text += f" with {kind}, which begins: {words!r}"
        if status == 404 and not isinstance(code, str):
            return MonstockProtocolError(f"{text}. Check the setting base_url and the profile.")
        return MonstockRejected(f"{text}.", status, code if isinstance(code, str) else None)

    # -- pace --

    def _keep_pace(self) -> None:
        if self._limiter is not None:
            self._limiter.try_acquire("monstock")
        pause = self._not_before - time.monotonic()
        if pause > 0:
            self._sleep(pause)

    def _retry_after(self, header: str | None) -> float | None:
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

    def _gives_up(self, state: tenacity.RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        attempts = error.attempts if isinstance(error, _TryAgain) else 1
        elapsed = state.seconds_since_start or 0.0
        return state.attempt_number >= attempts or elapsed >= self._patience.longest

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _TryAgain) and error.wait is not None:
            return error.wait
        wait = self._patience.wait_initial * 2 ** (state.attempt_number - 1)
        chance = random.uniform(1, 2)  # noqa: S311 - spreads callers, guards nothing
        return min(wait * chance, self._patience.wait_longest)

    # -- small things --

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._sessions, "session", None)
        if session is None:
            session = requests.Session()
            session.auth = self._auth
            session.headers["Accept"] = "application/json"
            session.headers["User-Agent"] = "monstock-stripe"
            self._sessions.session = session
        return session

    def _where(self, call: Call) -> str:
        return f"Monstock ({self.base_url}), {call}"

    def _clean(self, text: object) -> str:
        """Text for a message: one line, without the token."""
        return " ".join(str(text).replace(self._token, "***").split())


_JSON = {"Content-Type": "application/json"}


def _nothing(_data: object) -> None:
    return None


def _tell(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    wait = state.next_action.sleep if state.next_action else 0.0
    _logger.info("%s (attempt %d; next in %.1f s)", error, state.attempt_number, wait)


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _without_query(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else parts.path


def _reason(error: Exception) -> str:
    """The cause in a few words: the texts of requests hold whole URLs, and so maybe the token."""
    names = {
        requests.exceptions.ConnectTimeout: "the host does not answer",
        requests.exceptions.ReadTimeout: "the answer does not come",
        requests.exceptions.ProxyError: "the proxy fails",
        urllib3.exceptions.ReadTimeoutError: "the answer does not go on",
    }
    for kind, text in names.items():
        if isinstance(error, kind):
            return text
    shown = repr(error)
    for sign, text in (
        ("NameResolutionError", "there is no host of this name"),
        ("Connection refused", "connection refused"),
        ("ConnectionResetError", "connection reset"),
        ("RemoteDisconnected", "connection closed without an answer"),
        ("IncompleteRead", "connection closed in the middle of the answer"),
        ("the answer", str(error)),
    ):
        if sign in shown:
            return text
    return type(error).__name__
