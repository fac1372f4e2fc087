"""`webhook register`, `list` and `remove`, against what Stripe has of endpoints."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from tap_stripe_ext.tap import TapStripeExt
from tap_stripe_ext.testing import SANDBOX_CONFIG
from tap_stripe_ext.webhooks.event_types import types_for

URL = "https://shop.example/webhooks/stripe"
VERSION = "2026-10-28.endive"
PATH = "/v1/webhook_endpoints"


class Stripe:
    """Webhook endpoints, as much of them as is called for."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, str, dict[str, Any]]] = []

    def answer(self, method: str, path: str, given: dict[str, Any]) -> tuple[int, Any]:
        self.calls.append((method, path, given))
        _, _, one = path.partition(PATH + "/")
        if method == "GET":
            return 200, {
                "object": "list",
                "data": [
                    {name: value for name, value in each.items() if name != "secret"}
                    for each in reversed(self.endpoints.values())
                ],
                "has_more": False,
                "url": PATH,
            }
        if method == "DELETE":
            del self.endpoints[one]
            return 200, {"id": one, "object": "webhook_endpoint", "deleted": True}
        if one:
            given["status"] = "disabled" if given.pop("disabled") == "true" else "enabled"
            self.endpoints[one] |= given
            kept = {name: v for name, v in self.endpoints[one].items() if name != "secret"}
            return 200, kept
        return 200, self.add(**given)

    def add(self, **fields: Any) -> dict[str, Any]:
        number = len(self.endpoints) + 1
        made: dict[str, Any] = {
            "id": f"we_{number}",
            "object": "webhook_endpoint",
            "api_version": None,
            "enabled_events": ["*"],
            "metadata": {},
            "status": "enabled",
            "secret": f"whsec_{number}",
            "url": URL,
            **fields,
        }
        self.endpoints[made["id"]] = made
        return made


def form(text: str) -> dict[str, Any]:
    """Return a form as the stripe package writes it: a[b]=1, c[0]=2."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text):
        outer, _, inner = name.rstrip("]").partition("[")
        if not inner:
            found[outer] = value
        elif inner.isdigit():
            found.setdefault(outer, []).append(value)
        else:
            found.setdefault(outer, {})[inner] = value
    return found


class Handler(BaseHTTPRequestHandler):
    stripe: Stripe

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("content-length") or 0)
        given = form(query or self.rfile.read(length).decode())
        status, value = self.stripe.answer(self.command, path, given)
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_DELETE = do_GET  # noqa: N815 - the names that the library wants

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def stripe() -> Iterator[Stripe]:
    handler = type("Bound", (Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        one = Stripe(f"http://127.0.0.1:{server.server_port}")
        handler.stripe = one  # type: ignore[attr-defined]
        serving = threading.Thread(target=server.serve_forever, args=(0.05,))
        serving.start()
        yield one
        server.shutdown()
        serving.join()


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    stripe: Stripe,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Run:
    def webhook(*arguments: object, key: str = "sk_test_sandbox") -> tuple[int, str, str]:
        config = tmp_path / "config.json"
        settings = {**SANDBOX_CONFIG, "api_base": stripe.address, "api_key": key}
        config.write_text(json.dumps(settings))
        command = TapStripeExt.get_singer_command()
        caplog.clear()
        with pytest.raises(SystemExit) as ended:
            command.main(
                ["webhook", *map(str, arguments), "--config", str(config)],
                prog_name="tap-stripe-ext",
            )
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err + caplog.text

    return webhook


def test_new_endpoint_is_for_what_payments_need_and_its_secret_is_shown_once(stripe, run):
    status, out, said = run("register", URL)

    assert (status, out) == (0, "whsec_1\n")
    assert "Registered we_1" in said
    assert "never shows it again" in said
    assert "whsec_" not in said
    (_, (method, path, given)) = stripe.calls
    assert (method, path) == ("POST", PATH)
    assert given == {
        "url": URL,
        "enabled_events": list(types_for(["payments"])),
        "api_version": VERSION,
        "description": "tap-stripe-ext: tells that there is something to read",
        "metadata": {"monstock_webhook": "account"},
    }


def test_registering_again_writes_nothing(stripe, run):
    run("register", URL)
    stripe.calls.clear()

    status, out, said = run("register", URL)

    assert (status, out) == (0, "")
    assert "we_1 for https://shop.example/webhooks/stripe is already as it should be" in said
    assert [method for method, _, _ in stripe.calls] == ["GET"]


def test_other_streams_and_a_disabled_endpoint_are_brought_up_to_date(stripe, run):
    run("register", URL)
    stripe.endpoints["we_1"]["status"] = "disabled"

    status, out, said = run("register", URL, "--streams", "payments, customers")

    assert (status, out) == (0, "")
    assert "brought up to date: 52 types of events" in said
    (endpoint,) = stripe.endpoints.values()
    assert endpoint["status"] == "enabled"
    assert endpoint["enabled_events"] == list(types_for(["payments", "customers"]))
    assert endpoint["url"] == URL


def test_endpoint_of_another_api_version_is_told_of(stripe, run):
    stripe.add(metadata={"monstock_webhook": "account"}, api_version="2024-06-20")

    _, _, said = run("register", URL)

    assert "It sends events of the API version 2024-06-20, not 2026-10-28.endive" in said


def test_somebody_elses_endpoint_at_the_same_address_is_left_alone(stripe, run):
    before = dict(stripe.add())

    assert run("register", URL)[1] == "whsec_2\n"
    assert stripe.endpoints["we_1"] == before


def test_connected_accounts_have_an_endpoint_of_their_own(stripe, run):
    run("register", URL)
    run("register", URL, "--connect")

    assert stripe.calls[-1][2]["connect"] == "true"
    assert [one["metadata"] for one in stripe.endpoints.values()] == [
        {"monstock_webhook": "account"},
        {"monstock_webhook": "connect"},
    ]


def test_secret_file_is_for_its_owner_only(run, tmp_path):
    file = tmp_path / "secret"

    status, out, said = run("register", URL, "--secret-file", file)

    assert (status, out) == (0, "")
    assert str(file) in said
    assert file.read_text() == "whsec_1\n"
    assert file.stat().st_mode & 0o777 == 0o600


def test_secret_file_that_is_there_is_kept_and_nothing_is_registered(stripe, run, tmp_path):
    file = tmp_path / "secret"
    file.write_text("in use")

    status, _, said = run("register", URL, "--secret-file", file)

    assert status == 1
    assert "is there already" in said
    assert file.read_text() == "in use"
    assert stripe.endpoints == {}


def test_secret_file_goes_where_nothing_was_registered(run, stripe, tmp_path):
    stripe.add = lambda **_: {"object": "error"}  # an answer that is no endpoint
    file = tmp_path / "secret"

    with pytest.raises(KeyError):
        run("register", URL, "--secret-file", file)

    assert not file.exists()


@pytest.mark.parametrize(
    ("arguments", "key", "said"),
    [
        (["shop.example"], "sk_test_1", "no address that Stripe could call"),
        (["http://shop.example"], "rk_live_1", "https addresses only"),
        ([URL, "--streams", "orders"], "sk_test_1", "There is no stream orders"),
        ([URL, "--streams", "exchange_rates"], "sk_test_1", "there is nothing to register"),
        ([URL, "--streams", ","], "sk_test_1", "there is nothing to register"),
    ],
)
def test_what_cannot_be_registered_is_said_in_one_message(stripe, run, arguments, key, said):
    status, out, shown = run("register", *arguments, key=key)

    assert (status, out) == (1, "")
    assert said in shown
    assert stripe.calls == []


def test_list_shows_ours_and_others(stripe, run):
    assert run("list")[1] == "The account has no webhook endpoint.\n"
    stripe.add(url="https://other.example/", status="disabled")
    run("register", URL)

    assert run("list")[1].splitlines() == [
        "id    whose          status    events  API version        URL",
        f"we_2  ours, account  enabled   46      {VERSION}  {URL}",
        "we_1  other          disabled  all     account's          https://other.example/",
    ]
    (ours, other) = json.loads(run("list", "--format", "json")[1])
    assert (ours["ours"], ours["scope"], len(ours["enabled_events"])) == (True, "account", 46)
    assert (other["ours"], other["scope"], other["status"]) == (False, None, "disabled")


def test_ours_is_removed_by_id_or_by_address(stripe, run):
    run("register", URL)
    run("register", URL, "--connect")
    run("register", URL + "/other")

    assert run("remove", "we_3")[0] == 0
    assert list(stripe.endpoints) == ["we_1", "we_2"]
    assert run("remove", URL)[0] == 0
    assert stripe.endpoints == {}


def test_somebody_elses_is_only_removed_by_force(stripe, run):
    stripe.add()

    status, _, said = run("remove", URL)
    assert status == 1
    assert "not registered by this tap" in said
    assert "we_1" in stripe.endpoints

    assert run("remove", URL, "--force")[0] == 0
    assert stripe.endpoints == {}


def test_what_is_not_there_cannot_be_removed(run):
    status, _, said = run("remove", "we_9")

    assert status == 1
    assert "There is no webhook endpoint we_9" in said
