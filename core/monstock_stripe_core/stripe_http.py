"""The HTTP client below the stripe package: bodies stay bytes, and a page costs little.

A page of a hundred objects has about 600 kB. `requests` would read it in pieces of 10 kB and look
for proxies in the environment at each request, which together cost as much as all the rest of a
page. Here a body is read in one go, and the environment is looked at once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import requests
import stripe

from monstock_stripe_core.private_texts import masked

_PRIVATE = frozenset(
    {"email", "name", "phone", "receipt_email", "line1", "line2", "postal_code", "city", "state"}
)
"""Parameters of Stripe's that say something of a person."""


class RawHeaders(Mapping[str, str]):
    """An answer's headers, and beside them the body that the stripe package was spared."""

    def __init__(self, headers: Mapping[str, str], content: bytes) -> None:
        self._headers = headers
        self.content = content

    def __getitem__(self, name: str) -> str:
        return self._headers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)


class RawBodyClient(stripe.HTTPClient):
    """The stripe package's HTTP client, on requests, that keeps successful bodies as bytes.

    Proxies and certificates are taken from the environment as requests does (`HTTPS_PROXY`,
    `NO_PROXY`, `REQUESTS_CA_BUNDLE`, …), but no password from a `.netrc`: it would take the place
    of the API key.

    Args:
        timeout: seconds to wait for a connection, and between two bytes of an answer.
        address: scheme and host of all requests.
    """

    name = "requests"

    def __init__(self, timeout: tuple[float, float], address: str) -> None:
        super().__init__()
        self.has_answered = False
        self.last_date: float | None = None
        self._timeout = timeout
        self._proxies = requests.utils.get_environ_proxies(address, no_proxy=None)
        self._certificates = (
            os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        )
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._sessions_lock = threading.Lock()

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Make a request; see `stripe.HTTPClient`.

        Returns:
            The body (an empty object where the request succeeded, the real one being in the
            headers' `content`), the status, and the headers.

        Raises:
            requests.RequestException: if no answer came.
            urllib3.exceptions.HTTPError: if half of it came.
        """
        with self._session().request(
            method,
            url,
            headers=dict(headers or {}),
            data=post_data,
            timeout=self._timeout,
            allow_redirects=False,
            stream=True,
        ) as response:
            content = response.raw.read(decode_content=True)
        self._keep_date(response.headers.get("Date"))
        if 200 <= response.status_code < 300:
            return b"{}", response.status_code, RawHeaders(response.headers, content)
        return _discreet(content, url, post_data), response.status_code, response.headers

    def close(self) -> None:
        """Close all connections."""
        with self._sessions_lock:
            for session in self._sessions:
                session.close()
            self._sessions.clear()

    def _session(self) -> requests.Session:
        """Return this thread's session."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.proxies = dict(self._proxies)
            session.verify = self._certificates
            self._local.session = session
            with self._sessions_lock:
                self._sessions.append(session)
        return session

    def _keep_date(self, date: str | None) -> None:
        if date:
            try:
                self.last_date = parsedate_to_datetime(date).timestamp()
            except ValueError:
                self.last_date = None


def _discreet(content: bytes, url: str, post_data: object) -> bytes:
    """Return an error's body without what the request said of a person: Stripe quotes it."""
    try:
        body = msgspec.json.decode(content)
        message = body["error"]["message"]
    except (msgspec.DecodeError, LookupError, TypeError):
        return content  # none of Stripe's, so nothing of it is shown
    fields = parse_qsl(urlsplit(url).query) + parse_qsl(str(post_data or ""))
    sent = (value for name, value in fields if name.split("[")[-1].rstrip("]") in _PRIVATE)
    body["error"]["message"] = masked(str(message), sent)
    return msgspec.json.encode(body)


class WholeBodyClient(stripe.HTTPClient):
    """Gives the stripe package real bodies, over the connections of a `RawBodyClient`."""

    name = "requests"

    def __init__(self, raw: RawBodyClient) -> None:
        super().__init__()
        self._raw = raw

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Make a request; see `RawBodyClient.request`.

        Returns:
            The body, the status and the headers.
        """
        content, status, given = self._raw.request(method, url, headers, post_data)
        return (given.content if isinstance(given, RawHeaders) else content), status, given

    def close(self) -> None:
        """Leave the connections open: they are the other client's."""
