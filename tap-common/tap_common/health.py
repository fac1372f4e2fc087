"""`python -m tap_common.health`: whether a live pipeline on this machine is alive, for a container.

It asks every address at which the environment says that something listens: `/healthz` of webhooks,
`/metrics` of taps and targets. Being alive is not being up to date: a night without Stripe or
Monstock is waited out, and a restart would not help; the metrics say more (docs/operations.md).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException

from tap_common.doorbell.config import HEALTH_PATH
from tap_common.doorbell.listening import parse_address
from tap_common.errors import SettingError

_PATHS = {"_WEBHOOK_LISTEN": HEALTH_PATH, "_METRICS_LISTEN": "/metrics"}
_PLUGINS = ("TAP_STRIPE_EXT", "TAP_MONSTOCK", "TARGET_MONSTOCK", "TARGET_STRIPE")
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asked by another name
_TIMEOUT = 4.0


def problems(environment: Mapping[str, str]) -> Iterator[str]:
    """What is not as it should be, one sentence each.

    Args:
        environment: with the plugins' settings, such as `TAP_STRIPE_EXT_WEBHOOK_LISTEN`.
    """
    asked = 0
    for plugin in _PLUGINS:
        for ending, path in _PATHS.items():
            name = plugin + ending
            if environment.get(name):
                asked += 1
                problem = _problem(name, environment[name], path)
                if problem:
                    yield problem
    if not asked:
        yield "nothing listens that could be asked: set webhook_listen or metrics_listen"


def _problem(name: str, listen: str, path: str) -> str | None:
    try:
        host, port = parse_address(listen, name)
        connection = HTTPConnection(_EVERYWHERE.get(host, host), port, timeout=_TIMEOUT)
        try:
            connection.request("GET", path)
            status = connection.getresponse().status
        finally:
            connection.close()
    except SettingError as error:
        return str(error)
    except (OSError, HTTPException) as error:
        return f"{name}: {listen}{path} does not answer ({error})"
    return None if status == 200 else f"{name}: {listen}{path} answers {status}"


def main() -> int:
    """Say what is wrong, if anything; return the exit status."""
    found = list(problems(os.environ))
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
