"""How the API token is sent, and what a token and a base URL must look like."""

import logging
from base64 import b64encode
from ipaddress import ip_address
from urllib.parse import urlsplit

from monstock_stripe_core.monstock_errors import MonstockError
from monstock_stripe_core.profile import Auth

_logger = logging.getLogger(__name__)


class Token:
    """What puts the token into a request, as the profile says.

    Attributes:
        headers: to be sent.
        parameters: of the query, to be sent.
    """

    def __init__(self, auth: Auth, token: str) -> None:
        self.headers: dict[str, str] = {}
        self.parameters: dict[str, str] = {}
        if auth.scheme == "basic":
            user, password = (auth.username, token) if auth.username else (token, "")
            both = b64encode(f"{user}:{password}".encode()).decode("ascii")
            self.headers["Authorization"] = f"Basic {both}"
        elif auth.scheme == "query":
            self.parameters[str(auth.name)] = token
        elif auth.scheme == "header":
            self.headers[str(auth.name)] = auth.prefix + token
        else:
            self.headers["Authorization"] = f"Bearer {token}"


def checked_token(api_token: str) -> str:
    """A token that can be sent.

    Raises:
        MonstockError: it is empty, or has characters that no header can carry.
    """
    token = api_token.strip()
    if not token:
        raise MonstockError("the setting api_token is empty: give Monstock's API token")
    if not all("!" <= character <= "~" for character in token):
        raise MonstockError(
            "the setting api_token has spaces or characters outside ASCII: copy it anew"
        )
    return token


def checked_base_url(base_url: str) -> str:
    """A base URL without a slash at its end.

    Raises:
        MonstockError: it is no http or https URL, or carries credentials or a query.
    """
    setting = "the setting base_url"
    try:
        parts = urlsplit(base_url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise MonstockError(f"{setting} is no URL: {base_url!r:.60}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise MonstockError(
            f"{setting} must be like https://tenant.example.com/api/v1, not {base_url!r:.60}"
        )
    if "@" in parts.netloc:
        raise MonstockError(f"{setting} must not hold a user or password: use api_token")
    if parts.query or parts.fragment:
        raise MonstockError(f"{setting} must not have a part behind ? or #")
    if parts.scheme == "http" and not _is_loopback(host):
        _logger.warning("%s is http: the API token crosses the network in clear", setting)
    return parts._replace(path=parts.path.rstrip("/")).geturl()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
