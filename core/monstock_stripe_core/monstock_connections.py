"""Connections to one tenant: through the environment's proxies, with its certificates."""

from collections.abc import Mapping
from typing import cast

import requests
import urllib3
from requests.adapters import HTTPAdapter

from monstock_stripe_core.monstock_call import Patience
from monstock_stripe_core.monstock_errors import MonstockError

_MOST_IDLE = 100
_ONCE = urllib3.Retry(total=False)


class Connections:
    """Connections to a tenant. Any number of threads may use them at once.

    How the tenant is reached is worked out by requests, once: `HTTPS_PROXY`, `NO_PROXY`,
    `REQUESTS_CA_BUNDLE`, …, but no `.netrc`. Each request then goes to urllib3 alone: a session
    would follow redirects, keep cookies and look for settings, none of which is wanted, and take
    as long as the rest of a call.

    Args:
        base_url: what every target is below.
        patience: its timeouts hold.

    Raises:
        MonstockError: the URL, or the environment's proxy or certificates, cannot be used.
    """

    def __init__(self, base_url: str, patience: Patience) -> None:
        self._timeout = urllib3.Timeout(
            connect=patience.connect_timeout, read=patience.read_timeout
        )
        adapter = HTTPAdapter(pool_maxsize=_MOST_IDLE)
        try:
            request = requests.Request("GET", base_url).prepare()
            route = requests.Session().merge_environment_settings(
                base_url, {}, stream=True, verify=True, cert=None
            )
            proxies, verify = route["proxies"], route["verify"] or True
            self._pool = cast(
                urllib3.HTTPConnectionPool,
                adapter.get_connection_with_tls_context(request, verify, proxies),
            )
            adapter.cert_verify(self._pool, base_url, verify, None)  # type: ignore[no-untyped-call]
            self._root = adapter.request_url(request, proxies).rstrip("/")
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError):
            # Their texts may hold the password of a proxy.
            raise MonstockError(
                f"Monstock ({base_url}) cannot be reached: the setting base_url, or the address "
                "of a proxy in the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY), is no URL "
                "that can be used."
            ) from None
        except OSError as error:
            raise MonstockError(
                f"Monstock ({base_url}) cannot be reached: {error}. Check REQUESTS_CA_BUNDLE and "
                "CURL_CA_BUNDLE in the environment."
            ) from None

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None
    ) -> urllib3.BaseHTTPResponse:
        """Make a request, once.

        Args:
            method: GET, PUT, …
            target: path and query below the base URL, percent-encoded.
            headers: all of them.
            body: None for none.

        Returns:
            The answer, of which the body is yet to be read; to be closed and released.

        Raises:
            urllib3.exceptions.HTTPError: no answer came.
        """
        return self._pool.urlopen(
            method,
            (self._root + target) or "/",
            body=body,
            headers=headers,
            retries=_ONCE,
            redirect=False,
            assert_same_host=False,
            timeout=self._timeout,
            preload_content=False,
        )

    def close(self) -> None:
        """Close all connections; no request can be made any more."""
        self._pool.close()
