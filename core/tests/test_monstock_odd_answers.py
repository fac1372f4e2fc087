"""Answers that no Monstock should give: each ends in one error that says what came."""

import gzip
import json
import threading
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from typing import Any

import pytest
from monstock_stripe_core.monstock_call import Patience
from monstock_stripe_core.monstock_client import MonstockClient
from monstock_stripe_core.monstock_errors import (
    MonstockError,
    MonstockProtocolError,
    MonstockRejected,
    MonstockUnauthorized,
    MonstockUnreachable,
    UnreadableOrder,
)
from monstock_stripe_core.profile import load_profile

TOKEN = "a-token-that-must-not-show"
ORDER = {
    "id": "ord_1",
    "number": "N-1",
    "kind": "order",
    "status": "validated",
    "currency": "EUR",
    "total_amount": 1000,
    "amount_due": 1000,
    "payment_status": "unpaid",
    "channel_reference": None,
    "customer": {"id": "cus_1", "email": None},
    "created_at": "2026-03-01T08:00:00Z",
    "updated_at": "2026-03-01T08:00:00Z",
    "etag": '"1"',
    "payments": [],
}
PAYMENT = {
    "id": "pay_1",
    "method": "cash",
    "transaction_reference": None,
    "status": "succeeded",
    "amount": 5,
    "currency": "EUR",
}


class Odd:
    """A server that gives the answers it is told to, the last one again and again."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.requests = 0
        odd = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                odd.requests += 1
                status, headers, body = odd.answers[min(odd.requests, len(odd.answers)) - 1]
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def say(self, body: object, status: int = 200, **headers: str) -> None:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, {"Content-Type": "application/json", **given}, content))


@pytest.fixture
def odd() -> Iterator[Odd]:
    odd = Odd()
    thread = threading.Thread(target=odd.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield odd
    odd.server.shutdown()
    odd.server.server_close()


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(odd: Odd, slept: list[float]) -> MonstockClient:
    return MonstockClient(
        odd.url, TOKEN, load_profile("monstock"), sleep=slept.append, patience=Patience(attempts=4)
    )


@pytest.mark.parametrize("excepted", [False, True])
def test_the_proxy_that_the_environment_names_is_asked(
    odd: Odd, monkeypatch: pytest.MonkeyPatch, excepted: bool
) -> None:
    for name in ("NO_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", odd.url)
    monkeypatch.setenv("no_proxy", "tenant.invalid" if excepted else "")
    odd.say({"data": ORDER})
    client = MonstockClient(
        "http://tenant.invalid/api/v1", TOKEN, load_profile("monstock"), sleep=lambda _: None
    )

    if excepted:
        with pytest.raises(MonstockUnreachable):
            client.order("ord_1")
    else:
        order = client.order("ord_1")
        assert order is not None
        assert order.number == "N-1"
    assert odd.requests == (0 if excepted else 1)


@pytest.mark.parametrize(
    "proxy",
    [
        "http://user:sec@ret@proxy:80800",
        "http://user:sec#ret@proxy:8080",
        "http://user:sec/ret@proxy:8080",
        "user:secret@proxy:8080",
        "http://user:sec\N{EURO SIGN}ret@proxy:8080",
    ],
)
def test_a_proxy_that_is_no_url_is_said_without_its_password(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.delenv("https_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(MonstockError, match="a proxy in the environment") as caught:
        MonstockClient("https://tenant.invalid/api/v1", TOKEN, load_profile("monstock"))
    for part in ("sec", "user"):
        assert part not in str(caught.value)


def test_a_bundle_of_certificates_that_is_not_there_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/none/bundle.pem")
    with pytest.raises(MonstockError, match=r"/none/bundle.pem. Check REQUESTS_CA_BUNDLE"):
        MonstockClient("https://tenant.invalid/api/v1", TOKEN, load_profile("monstock"))


def test_a_redirect_to_a_login_page_is_not_followed(odd: Odd, client: MonstockClient) -> None:
    odd.say(b"", 302, Location="https://login.example.com/signin?back=secret")
    with pytest.raises(MonstockProtocolError) as caught:
        client.order("ord_1")
    assert "redirected (302) to https://login.example.com/signin," in str(caught.value)
    assert "secret" not in str(caught.value)
    assert odd.requests == 1


@pytest.mark.parametrize(
    "body", [{"data": None}, {"data": []}, {"data": "x"}, {}, [], "x", None, 5, b"", b"   "]
)
def test_what_is_no_order_is_said_so(odd: Odd, client: MonstockClient, body: object) -> None:
    odd.say(body)
    with pytest.raises(UnreadableOrder, match="an order must be a JSON object"):
        client.order("ord_1")
    if body != {"data": []}:
        with pytest.raises(MonstockProtocolError, match=r"data must be a list of rows"):
            client.find_orders(number="1")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"total_amount": 10.5}, "total_amount must be a whole number of minor units"),
        ({"total_amount": "1000"}, "total_amount must be a whole number"),
        ({"total_amount": 2**63}, "total_amount is beyond 64 bits"),
        ({"total_amount": 10**400}, "total_amount is beyond 64 bits"),
        ({"total_amount": None}, "total_amount is missing"),
        ({"currency": "EURO"}, "unknown currency 'EURO'"),
        ({"currency": 978}, "currency must be a three-letter text"),
        ({"status": "lost"}, "status 'lost' is not in the profile's vocabulary.state (draft, "),
        ({"kind": "invoice"}, "kind 'invoice' is not in the profile's vocabulary.kind"),
        ({"updated_at": "today"}, "updated_at is no time in the form ISO 8601: 'today'"),
        ({"updated_at": 1}, "updated_at must be a time in text"),
        ({"number": ["N"]}, "number must be a text"),
        ({"payments": None}, "payments must be a list of payments, not None"),
        ({"payments": [5]}, "a payment must be a JSON object, not 5"),
        ({"payments": [{**PAYMENT, "id": None}]}, "payment None: id is missing"),
        ({"payments": [{**PAYMENT, "amount": 0.1}]}, "payment pay_1: amount must be a whole"),
        ({"payments": [{**PAYMENT, "currency": "E"}]}, "unknown currency 'E'"),
        ({"payments": [{**PAYMENT, "status": "ok"}]}, "payment pay_1: status 'ok' is not in"),
        ({"payments": [{**PAYMENT, "paid_at": "x"}]}, "payment pay_1: paid_at is no time"),
    ],
)
def test_a_wrong_field_names_order_field_and_profile(
    odd: Odd, client: MonstockClient, change: dict[str, Any], reason: str
) -> None:
    odd.say({"data": {**ORDER, **change}})
    with pytest.raises(UnreadableOrder) as caught:
        client.order("ord_1")
    assert reason in str(caught.value)
    assert caught.value.order_id == "ord_1"
    assert "check the order, and the profile 'monstock'" in str(caught.value)


def test_a_payment_status_that_the_profile_lacks_is_none_yet(
    odd: Odd, client: MonstockClient
) -> None:
    odd.say({"data": {**ORDER, "payment_status": "on_hold"}})
    order = client.order("ord_1")
    assert order is not None
    assert order.payment_status is None


def test_ids_that_are_numbers_are_texts(odd: Odd, client: MonstockClient) -> None:
    odd.say({"data": {**ORDER, "id": 17, "number": 2026001}})
    order = client.order("17")
    assert order is not None
    assert (order.id, order.number) == ("17", "2026001")


@pytest.mark.parametrize(
    "body", [b'{"data": NaN}', b'{"data": ', b"[" * 100_000, b'{"data": "\xff"}', b"<html>", b"x"]
)
def test_what_is_no_json_is_tried_again_and_then_shown(
    odd: Odd, client: MonstockClient, body: bytes
) -> None:
    odd.say(body)
    with pytest.raises(MonstockProtocolError, match="expected JSON, got 200 OK with application"):
        client.order("ord_1")
    assert odd.requests > 1


def test_a_compressed_answer_is_read_and_a_broken_one_tried_again(
    odd: Odd, client: MonstockClient
) -> None:
    whole = gzip.compress(json.dumps({"data": ORDER}).encode())
    odd.say(b"\x1f\x8b" + b"rubbish", Content_Encoding="gzip")
    odd.say(whole[:-20], Content_Encoding="gzip")
    odd.say(whole, Content_Encoding="gzip")
    assert client.order("ord_1") is not None
    assert odd.requests == 3


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("5", 5, 5),
        ("0", 0, 0),
        ("-3", 0, 0),
        ("0.5", 0.5, 0.5),
        ("1e9", 60, 60),
        ("inf", 60, 60),
        ("nan", 0.2, 0.4),
        ("soon", 0.2, 0.4),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
    ],
)
def test_every_form_of_retry_after_is_understood(
    odd: Odd, client: MonstockClient, slept: list[float], header: str, least: float, most: float
) -> None:
    odd.say({}, 503, Retry_After=header)
    odd.say({"data": ORDER})
    client.order("ord_1")
    assert len(slept) == 1
    assert least <= slept[0] <= most


def test_a_retry_after_can_be_a_date(odd: Odd, client: MonstockClient, slept: list[float]) -> None:
    odd.say({}, 503, Retry_After=formatdate(time() + 30, usegmt=True))
    odd.say({"data": ORDER})
    client.order("ord_1")
    assert 27 < slept[0] <= 30


def test_a_server_that_echoes_the_token_does_not_make_us_tell_it(
    odd: Odd, client: MonstockClient
) -> None:
    for status in (400, 401, 403, 409, 418, 404):
        odd.answers.clear()
        odd.say({"error": {"code": "bad", "message": f"token {TOKEN} is bad"}}, status)
        if status == 404:
            assert client.order("ord_1") is None
            continue
        with pytest.raises(MonstockError) as caught:
            client.order("ord_1")
        assert TOKEN not in str(caught.value)
        assert "token *** is bad" in str(caught.value)
    odd.answers.clear()
    odd.say(f"<p>{TOKEN}".encode(), Content_Type="text/html")
    with pytest.raises(MonstockProtocolError) as shown:
        client.order("ord_1")
    assert TOKEN not in str(shown.value)


def test_an_error_without_monstocks_shape_shows_its_first_words(
    odd: Odd, client: MonstockClient
) -> None:
    odd.say(b"I am a teapot", 418, Content_Type="text/plain")
    with pytest.raises(MonstockRejected, match=r"418 .*text/plain.* begins: 'I am a teapot'"):
        client.order("ord_1")


def test_a_404_that_is_not_monstocks_is_no_missing_order(odd: Odd, client: MonstockClient) -> None:
    """A proxy's 404 would otherwise make every order look as if it were not there."""
    odd.say(b"<html>Not here</html>", 404, Content_Type="text/html")
    with pytest.raises(MonstockProtocolError, match=r"404 Not Found.*setting base_url"):
        client.order("ord_1")


def test_a_403_says_that_a_right_lacks(odd: Odd, client: MonstockClient) -> None:
    odd.say({"error": {"code": "forbidden", "message": "read only"}}, 403)
    with pytest.raises(
        MonstockUnauthorized, match=r"read only. The setting api_token lacks a righ"
    ):
        client.order("ord_1")


def test_an_answer_that_is_too_short_for_its_length_is_tried_again(
    odd: Odd, client: MonstockClient
) -> None:
    odd.say(b'{"data": {}}', Content_Length="500", Connection="close")
    odd.answers[0][1]["Connection"] = "close"
    odd.say({"data": ORDER})
    assert client.order("ord_1") is not None


def test_cursors_that_repeat_are_refused(odd: Odd, slept: list[float]) -> None:
    client = MonstockClient(odd.url, TOKEN, load_profile("monstock-fr"), sleep=slept.append)
    odd.say({"resultat": [], "suite": {"curseur": "again"}})
    with pytest.raises(MonstockProtocolError, match="the next cursor is the same again"):
        client.find_orders(number="1")


def test_a_host_that_stays_away_is_unreachable(odd: Odd, client: MonstockClient) -> None:
    odd.say({}, 503)
    with pytest.raises(MonstockUnreachable):
        client.order("ord_1")
    assert odd.requests == 4
