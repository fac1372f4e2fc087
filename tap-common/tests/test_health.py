"""Whether what should listen answers."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest
from tap_common.health import problems

FREE = "127.0.0.1:9"


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = self.path in ("/healthz", "/metrics")
        self.send_response(200 if known else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


class Fails(Answers):
    def do_GET(self) -> None:
        self.send_response(500)
        self.end_headers()


@pytest.fixture
def listening(request: pytest.FixtureRequest) -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), request.param)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("listening", [Answers], indirect=True)
@pytest.mark.parametrize("name", ["TAP_STRIPE_EXT_WEBHOOK_LISTEN", "TARGET_STRIPE_METRICS_LISTEN"])
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_what_answers_is_alive(listening: int, name: str, host: str) -> None:
    assert list(problems({name: f"{host}:{listening}"})) == []


@pytest.mark.parametrize("listening", [Fails], indirect=True)
def test_an_error_is_no_sign_of_life(listening: int) -> None:
    name = "TAP_MONSTOCK_METRICS_LISTEN"
    (problem,) = problems({name: f"127.0.0.1:{listening}"})
    assert problem == f"{name}: 127.0.0.1:{listening}/metrics answers 500"


@pytest.mark.parametrize("listening", [Answers], indirect=True)
def test_one_that_is_silent_is_named_though_another_answers(listening: int) -> None:
    alive = {"TAP_STRIPE_EXT_WEBHOOK_LISTEN": f"127.0.0.1:{listening}"}
    (problem,) = problems(alive | {"TARGET_MONSTOCK_METRICS_LISTEN": FREE})
    assert problem.startswith(f"TARGET_MONSTOCK_METRICS_LISTEN: {FREE}/metrics does not answer")


def test_an_address_that_is_none_is_named() -> None:
    (problem,) = problems({"TAP_STRIPE_EXT_WEBHOOK_LISTEN": "8787"})
    assert "TAP_STRIPE_EXT_WEBHOOK_LISTEN" in problem


def test_where_nothing_listens_nothing_can_be_said() -> None:
    (problem,) = problems({})
    assert "nothing listens" in problem
