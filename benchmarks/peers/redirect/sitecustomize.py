"""Loaded by Python at the start of a peer's process, since its folder is on PYTHONPATH.

Every peer speaks to https://api.stripe.com by `requests`, and has no setting for another address.
So requests to that host go to the server that BENCHMARK_API_BASE names, and those to any other
host are refused: a benchmark sends nothing off this machine. The peers' code stays as published.
"""

import os
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

_SERVER = urlsplit(os.environ["BENCHMARK_API_BASE"])
_send = HTTPAdapter.send


def _send_to_server(self, request, *given, **named):  # type: ignore[no-untyped-def] # requests' own
    asked = urlsplit(request.url)
    if asked.hostname not in ("api.stripe.com", _SERVER.hostname):
        raise requests.ConnectionError(f"no request to {asked.hostname} in a benchmark")
    request.url = urlunsplit((_SERVER.scheme, _SERVER.netloc, *asked[2:]))
    return _send(self, request, *given, **named)


HTTPAdapter.send = _send_to_server  # type: ignore[method-assign]
