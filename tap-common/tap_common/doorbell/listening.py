"""The listening socket, which the tap opens itself: it outlives the server's process."""

from __future__ import annotations

import errno
import re
import socket
import time
from collections.abc import Callable

from tap_common.errors import SettingError

SETTING = "webhook_listen"

_ADDRESS = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^:\[\]]+)):(?P<port>[0-9]{1,5})")
_BACKLOG = 1024
# A server whose tap was killed lets go of the address within that time.
_PATIENCE_SECONDS = 3.0
_PROBLEMS = {
    errno.EADDRINUSE: "where another program listens already: stop it, or give another port",
    errno.EACCES: "where this user may not listen: give a port of 1024 or above",
    errno.EADDRNOTAVAIL: "which is no address of this machine",
}


def parse_address(listen: str, setting: str = SETTING) -> tuple[str, int]:
    """Return host and port of "host:port".

    Args:
        listen: the address; an IPv6 address stands in brackets.
        setting: where it was given.

    Raises:
        SettingError: if it is none.
    """
    found = _ADDRESS.fullmatch(listen.strip())
    if found is None or int(found["port"]) > 65_535:
        raise SettingError(
            setting, f"is {listen!r}, but must look like 127.0.0.1:8080 or [::1]:8080"
        )
    return found["v6"] or found["host"], int(found["port"])


def open_listening(
    listen: str,
    patience: float = _PATIENCE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> socket.socket:
    """Return a socket that listens at "host:port"; calls that come wait in it for the server.

    Args:
        listen: the address.
        patience: seconds to wait for an address that is taken.
        sleep: waits for so many seconds.

    Raises:
        SettingError: if that cannot be had, with the reason.
    """
    host, port = parse_address(listen)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise SettingError(SETTING, f"is {listen!r}, whose host cannot be found") from None
    # A name such as localhost may stand for both; proxies try the older one more surely.
    family, *_, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    give_up = time.monotonic() + patience
    while True:
        try:
            return _bound(family, address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > give_up:
                problem = _PROBLEMS.get(error.errno or 0, f"but: {error.strerror}")
                raise SettingError(SETTING, f"is {listen}, {problem}") from None
        sleep(0.1)


def name_of(listening: socket.socket) -> str:
    """Return where a socket listens, as "host:port"."""
    host, port, *_ = listening.getsockname()
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _bound(family: int, address: tuple[object, ...]) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind(address)
        one.listen(_BACKLOG)
        one.setblocking(False)
    except BaseException:
        one.close()
        raise
    return one
