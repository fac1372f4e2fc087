"""HTTP to a tenant's API: authentication, pace and retries.

Retries rest on tenacity and not on stamina around it: where structlog is installed, stamina tells
of its retries on standard output, which in a tap or target is the Singer stream.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode

import msgspec
import tenacity
import urllib3
from pyrate_limiter import Limiter, Rate

from monstock_stripe_core.monstock_answers import AnswerReader
from monstock_stripe_core.monstock_auth import Token, checked_base_url, checked_token
from monstock_stripe_core.monstock_call import Answer, Call, Patience, TryAgain
from monstock_stripe_core.monstock_connections import Connections
from monstock_stripe_core.monstock_errors import (
    MonstockConflict,
    MonstockRejected,
    MonstockUnreachable,
)
from monstock_stripe_core.profile import Profile

_logger = logging.getLogger(__name__)

_LARGEST_ANSWER = 256 * 2**20
_CHUNK = 2**18


class MonstockHttp:
    """Makes calls to one tenant. Any number of threads may use it at once.

    Args:
        base_url: what the profile's paths are below.
        api_token: never logged, nor in any error.
        profile: the tenant's API.
        patience: timeouts and retries.
        sleep: what waits, in seconds.

    Attributes:
        brief: each call is made once, since whoever makes it comes back to it by itself.
        repeats: how often a call was made again.
        answers: how many calls Monstock itself answered, a refusal of just this call included; not
            by "not now", nor for a token that it refuses.

    Raises:
        MonstockError: the URL or the token cannot be one, or the environment's proxy or
            certificates cannot be used.
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
        token = checked_token(api_token)
        sent = Token(profile.auth, token)
        self._headers = {**_HEADERS, **sent.headers}
        self._parameters = sent.parameters
        self._patience = patience
        self._sleep = sleep
        self._connections = Connections(self.base_url, patience)
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TryAgain),
            stop=self._gives_up,
            wait=self._wait,
            sleep=sleep,
            before_sleep=_tell,
            reraise=True,
        )
        self.brief = False
        self.repeats = 0
        self.answers = 0
        self._counting = threading.Lock()
        self._answered = False
        self._not_before = 0.0
        self._encoder = msgspec.json.Encoder(decimal_format="number")
        self._reader = AnswerReader(profile, self.base_url, token, patience)
        limit = profile.rate_limit
        self._limiter = Limiter(Rate(limit.requests, limit.seconds * 1000)) if limit else None

    def close(self) -> None:
        """Close the connections, and stop the rate limit's housekeeping."""
        self._connections.close()
        if self._limiter is not None:
            self._limiter.close()

    def call(self, call: Call) -> Answer:
        """Make a call, again where that can help.

        Raises:
            MonstockError: see the tree in `monstock_errors`.
        """
        try:
            answer = self._retrying(self._attempt, call)
        except TryAgain as last:
            raise last.error from None
        except (MonstockConflict, MonstockRejected):
            self._count_answer()
            raise
        self._count_answer()
        return answer

    # -- one attempt --

    def _attempt(self, call: Call) -> Answer:
        self._keep_pace()
        started = time.monotonic()
        response = None
        try:
            response = self._send(call)
            self._answered = True
            content = self._read(response, started)
        except urllib3.exceptions.SSLError as error:
            if response is not None:
                raise self._lost(call, error) from None
            # The error itself holds the whole address, and so maybe an e-mail address.
            cause = error.args[0] if error.args else None
            reason = self._reader.clean(cause or "the certificate or the protocol is refused")
            raise MonstockUnreachable(
                f"{self._reader.where(call)}: no safe connection: {reason}. Check the setting "
                "base_url and the server's certificate."
            ) from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._lost(call, error) from None
        finally:
            if response is not None:
                response.close()
                response.release_conn()
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = self._reader.retry_after(response.headers.get("Retry-After")) or 0.0
            self._not_before = max(self._not_before, time.monotonic() + wait)
        return self._reader.read(call, response.status, response.headers, content)

    def _read(self, response: urllib3.BaseHTTPResponse, started: float) -> bytes:
        pieces = []
        size = 0
        # read1 gives what has come, so that an answer that trickles cannot outlast its time.
        while piece := response.read1(_CHUNK, decode_content=True):
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
        if not self._answered and _never_reached(error):
            advice = "Check the setting base_url, the network, and that Monstock is up."
            known = MonstockUnreachable(
                f"{self._reader.where(call)}: no answer ({reason}). {advice}"
            )
            return TryAgain(known, self._patience.first_attempts)
        return self._reader.again(call, f"the connection failed ({reason})", None, done=False)

    def _count_answer(self) -> None:
        with self._counting:
            self.answers += 1

    # -- pace --

    def _keep_pace(self) -> None:
        if self._limiter is not None:
            self._limiter.try_acquire("monstock")
        pause = self._not_before - time.monotonic()
        if pause > 0:
            self._sleep(pause)

    def _gives_up(self, state: tenacity.RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        attempts = error.attempts if isinstance(error, TryAgain) else 1
        elapsed = state.seconds_since_start or 0.0
        return self.brief or state.attempt_number >= attempts or elapsed >= self._patience.longest

    def _wait(self, state: tenacity.RetryCallState) -> float:
        self.repeats += 1
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, TryAgain) and error.wait is not None:
            return error.wait
        wait = self._patience.wait_initial * float(2 ** (state.attempt_number - 1))
        chance = random.uniform(1, 2)  # noqa: S311 - spreads callers, guards nothing
        return min(wait * chance, self._patience.wait_longest)

    # -- small things --

    def _send(self, call: Call) -> urllib3.BaseHTTPResponse:
        parameters = {**call.parameters, **self._parameters}
        headers = {**self._headers, **call.headers}
        body = None
        if call.body is not None:
            body = self._encoder.encode(call.body)
            headers["Content-Type"] = "application/json"
        target = f"{call.path}?{urlencode(parameters)}" if parameters else call.path
        return self._connections.send(call.method, target, headers, body)


_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": "monstock-stripe",
}


def _tell(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    wait = state.next_action.sleep if state.next_action else 0.0
    _logger.info("%s (attempt %d; next in %.1f s)", error, state.attempt_number, wait)


def _never_reached(error: Exception) -> bool:
    return isinstance(error, urllib3.exceptions.ConnectTimeoutError | urllib3.exceptions.ProxyError)


def _reason(error: Exception) -> str:
    """The cause in a few words: the errors' own texts hold addresses, and so maybe the token."""
    shown = repr(error)
    for sign, text in (
        ("ProxyError", "the proxy fails"),
        ("NameResolutionError", "there is no host of this name"),
        ("Connection refused", "connection refused"),
        ("ConnectTimeoutError", "the host does not answer"),
        ("ReadTimeoutError", "the answer does not come"),
        ("ConnectionResetError", "connection reset"),
        ("RemoteDisconnected", "connection closed without an answer"),
        ("IncompleteRead", "connection closed in the middle of the answer"),
        ("the answer", str(error)),
    ):
        if sign in shown:
            return text
    return type(error).__name__
