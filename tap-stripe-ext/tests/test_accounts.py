"""Several accounts in one run, over HTTP: what is emitted, in which state, at which pace."""

from __future__ import annotations

import json
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from monstock_stripe_sandbox.live import free_address
from monstock_stripe_sandbox.rate_limits import RateLimits
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from tap_common.errors import StopRequestedError
from tap_common.testing import following_tap
from tap_stripe_ext import account_output
from tap_stripe_ext.tap import TapStripeExt
from tap_stripe_ext.testing import SANDBOX_CONFIG, catalog_of, run_tap

TAP = Path(sys.executable).with_name("tap-stripe-ext")
STREAMS = ("payments", "charges", "customers")


class Platform:
    """A platform with connected accounts: one address before a sandbox for each account.

    The connected sandboxes are made of the same seed, so their objects have the same ids.
    """

    def __init__(self, own: RunningSandbox, connected: dict[str, RunningSandbox]) -> None:
        self.own = own
        self.sandboxes = dict(connected)
        self.listed = list(connected)
        self.revoked: set[str] = set()
        self.requests: list[tuple[float, str, str]] = []
        self.own_id = str(own.stripe.account["id"])
        self.url = ""

    def answer(self, path: str, account: str | None, key: str) -> tuple[int, bytes]:
        """Answer one request as Stripe would."""
        self.requests.append((time.monotonic(), urlsplit(path).path, account or "own"))
        if urlsplit(path).path == "/v1/accounts":
            return 200, self._page_of_accounts(parse_qs(urlsplit(path).query))
        if account in self.revoked or account not in {None, self.own_id, *self.sandboxes}:
            return 403, _no_access(account)
        sandbox = self.own if account in (None, self.own_id) else self.sandboxes[account]
        request = urllib.request.Request(sandbox.stripe_url + path, headers={"Authorization": key})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def _page_of_accounts(self, query: dict[str, list[str]]) -> bytes:
        start = 0
        if after := query.get("starting_after"):
            start = self.listed.index(after[0]) + 1
        page = self.listed[start : start + 2]  # short pages, so that there are several
        more = start + 2 < len(self.listed)
        found = [{"id": one, "object": "account"} for one in page]
        return json.dumps({"object": "list", "data": found, "has_more": more}).encode()

    def asked_of(self, account: str) -> list[str]:
        """The paths that were asked of an account."""
        return [path for _, path, whose in self.requests if whose == account]


def _no_access(account: str | None) -> bytes:
    error = {
        "code": "account_invalid",
        "message": f"The provided key does not have access to account '{account}' (or that "
        "account does not exist). Application access may have been revoked.",
        "type": "invalid_request_error",
    }
    return json.dumps({"error": error}).encode()


@contextmanager
def served(platform: Platform) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            account, key = self.headers.get("Stripe-Account"), self.headers["Authorization"]
            status, body = platform.answer(self.path, account, key)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    platform.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[tuple[RunningSandbox, dict[str, RunningSandbox]]]:
    with ExitStack() as stack:
        own = stack.enter_context(running_sandbox(payments=25, seed=1))
        connected = {
            name: stack.enter_context(running_sandbox(payments=30, seed=2))
            for name in ("acct_a", "acct_b", "acct_c")
        }
        connected["acct_b"].stripe.customer("only-b@example.com")
        for one in (own, *connected.values()):
            one.clock.advance(300)
        yield own, connected


@pytest.fixture
def platform(sandboxes) -> Iterator[Platform]:
    own, connected = sandboxes
    made = Platform(own, connected)
    with served(made):
        yield made


def only(stream: str) -> dict[str, list[dict[str, Any]]]:
    """A catalog with one stream, discovered without accounts."""
    entries = catalog_of(stream)["streams"]
    return {"streams": [one for one in entries if one["tap_stream_id"] == stream]}


def contents(run, stream: str) -> dict[tuple[str, str], object]:
    """The stream's records by account and id; the last of each, without the version."""
    return {(one["account_id"], one["id"]): {**one, "version": None} for one in run.records(stream)}


def state_of(run, account: str):
    return run.state["bookmarks"]["by_account"][account]


@pytest.fixture(scope="module")
def everything(sandboxes) -> dict[str, dict[tuple[str, str], object]]:
    """What a run over all accounts must emit, read from each sandbox by itself."""
    own, connected = sandboxes
    expected: dict[str, dict[tuple[str, str], object]] = {name: {} for name in STREAMS}
    for account, sandbox in {str(own.stripe.account["id"]): own, **connected}.items():
        alone = run_tap(sandbox.stripe_url, streams=STREAMS)
        assert alone.error is None
        for name in STREAMS:
            for record in alone.records(name):
                named = {**record, "account_id": account}
                named["version"] = None
                if name in ("payments", "customers"):
                    named["own_account"] = sandbox is own
                expected[name][account, record["id"]] = named
    return expected


def test_all_accounts_are_read_and_stay_apart_though_their_ids_are_the_same(platform, everything):
    run = run_tap(platform.url, streams=STREAMS, account_ids=["all"])

    assert run.error is None
    for stream in STREAMS:
        assert contents(run, stream) == everything[stream]
    ids = {
        account: {one for whose, one in contents(run, "charges") if whose == account}
        for account in ("acct_a", "acct_b")
    }
    assert ids["acct_a"] == ids["acct_b"]
    schemas = {one["stream"]: one for one in run.messages if one["type"] == "SCHEMA"}
    assert len(schemas) == len([one for one in run.messages if one["type"] == "SCHEMA"]) == 3
    for message in schemas.values():
        assert message["key_properties"] == ["account_id", "id"]
        assert message["schema"]["properties"]["account_id"]["type"] == "string"


def test_run_without_news_emits_nothing_and_asks_each_account_for_its_events(platform):
    first = run_tap(platform.url, streams=["charges"], account_ids=["all"])
    platform.requests.clear()

    second = run_tap(platform.url, streams=["charges"], state=first.state, account_ids=["all"])

    assert (second.error, second.record_count) == (None, 0)
    assert set(platform.asked_of("acct_a")) == {"/v1/events"}
    assert second.state["bookmarks"]["by_account"].keys() == {
        platform.own_id,
        *platform.listed,
    }


def test_account_that_was_connected_since_is_found_and_back_filled(platform, everything):
    platform.listed = ["acct_a"]
    first = run_tap(platform.url, streams=["charges"], account_ids=["all"])
    platform.listed = ["acct_b", "acct_c", "acct_a"]

    second = run_tap(platform.url, streams=["charges"], state=first.state, account_ids=["all"])

    assert {account for account, _ in contents(first, "charges")} == {platform.own_id, "acct_a"}
    assert {account for account, _ in contents(second, "charges")} == {"acct_b", "acct_c"}
    assert contents(first, "charges") | contents(second, "charges") == everything["charges"]


def test_account_that_is_not_connected_any_more_is_said_and_its_state_is_kept(platform, caplog):
    first = run_tap(platform.url, streams=["charges"], account_ids=["all"])
    platform.listed.remove("acct_b")

    second = run_tap(platform.url, streams=["charges"], state=first.state, account_ids=["all"])

    assert second.error is None
    assert "acct_b is not connected any more" in caplog.text
    assert state_of(second, "acct_b") == state_of(first, "acct_b")


def test_revoked_account_fails_the_run_but_not_the_others(platform, everything, caplog):
    platform.revoked.add("acct_b")

    run = run_tap(platform.url, streams=["charges", "customers"], account_ids=["all"])

    others = {one for one in everything["charges"] if one[0] != "acct_b"}
    assert set(contents(run, "charges")) == others
    assert "acct_b (charges, customers) could not be read" in str(run.error)
    assert "acct_b: The key may not act for this account" in caplog.text
    platform.revoked.clear()
    again = run_tap(
        platform.url, streams=["charges", "customers"], state=run.state, account_ids=["all"]
    )
    assert again.error is None
    assert {account for account, _ in contents(again, "charges")} == {"acct_b"}


def test_stream_that_one_account_refuses_is_named_with_its_account(platform, sandboxes):
    own, connected = sandboxes
    key = connected["acct_a"].stripe.restricted_key({"rak_event_read", "rak_charge_read"})
    for one in (own, connected["acct_b"]):
        one.stripe.keys[key] = None

    run = run_tap(
        platform.url,
        streams=["charges", "customers"],
        account_ids=["own", "acct_a", "acct_b"],
        api_key=key,
    )

    assert "acct_a (customers) could not be read" in str(run.error)
    assert run.error.streams == {"customers"}
    assert {account for account, _ in contents(run, "customers")} == {"acct_b"}


def test_look_at_accounts_counts_what_one_of_them_refuses_and_is_complete(
    platform, sandboxes, tmp_path
):
    own, connected = sandboxes
    key = connected["acct_a"].stripe.restricted_key({"rak_event_read", "rak_charge_read"})
    own.stripe.keys[key] = None
    listen = free_address()
    config = {**SANDBOX_CONFIG, "api_base": platform.url, "api_key": key, "follow": True}
    config |= {"account_ids": ["own", "acct_a"], "metrics_listen": listen}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "catalog.json").write_text(json.dumps(catalog_of("charges", "customers")))
    command = [TAP, "--config", tmp_path / "config.json", "--catalog", tmp_path / "catalog.json"]

    def metrics() -> str:
        with urllib.request.urlopen(f"http://{listen}/metrics") as answer:
            return str(answer.read().decode())

    with following_tap([str(word) for word in command], tmp_path / "tap.log") as running:
        running.wait_for(lambda: running.states)
        running.wait_for(lambda: "tap_looks_total 1.0" in metrics())
        found = metrics()
    assert "tap_unread 1.0" in found
    assert "tap_failed_looks_total 0.0" in found


def test_listed_accounts_alone_are_read(platform, everything):
    run = run_tap(platform.url, streams=["charges"], account_ids=["acct_c"])

    assert run.error is None
    assert contents(run, "charges") == {
        key: value for key, value in everything["charges"].items() if key[0] == "acct_c"
    }
    assert platform.asked_of("own") == ["/v1/account"]


def test_state_never_runs_ahead_of_the_records_of_any_account(platform, everything, monkeypatch):
    """A run that is killed anywhere is continued from the last state that it wrote."""
    monkeypatch.setattr(account_output, "SECONDS_PER_STATE", 0)
    streams = ("charges", "customers")
    whole = run_tap(platform.url, streams=streams, account_ids=["all"])
    at = [place for place, one in enumerate(whole.messages) if one["type"] == "STATE"]
    assert len(at) > 8

    for place in (at[len(at) // 3], at[len(at) // 2], at[2 * len(at) // 3]):
        written = [one for one in whole.messages[:place] if one["type"] == "RECORD"]
        state = whole.messages[place]["value"]
        resumed = run_tap(platform.url, streams=streams, account_ids=["all"], state=state)

        assert resumed.error is None
        for stream in streams:
            before = {
                (one["record"]["account_id"], one["record"]["id"])
                for one in written
                if one["stream"] == stream
            }
            assert before | set(contents(resumed, stream)) == set(everything[stream])


def test_stop_in_the_middle_ends_all_accounts_with_their_state(platform, everything):
    class Sink:
        """Asks the tap to stop, as SIGTERM does, at the first records."""

        def __init__(self) -> None:
            self.lines: list[bytes] = []

        def write(self, data: bytes) -> int:
            self.lines += data.splitlines()
            if b'"RECORD"' in data:
                tap._handle_termination(15, None)
            return len(data)

        def flush(self) -> None:
            pass

    config = {**SANDBOX_CONFIG, "api_base": platform.url, "account_ids": ["all"]}
    tap = TapStripeExt(config=config, catalog=only("charges"))
    tap.sink = sink = Sink()

    with pytest.raises(StopRequestedError):
        tap.sync_all()

    messages = [json.loads(line) for line in sink.lines]
    assert messages[-1]["type"] == "STATE"
    written = {
        (one["record"]["account_id"], one["record"]["id"])
        for one in messages
        if one["type"] == "RECORD"
    }
    assert 0 < len(written) < len(everything["charges"])
    resumed = run_tap(
        platform.url, streams=["charges"], account_ids=["all"], state=messages[-1]["value"]
    )
    assert resumed.error is None
    assert written | set(contents(resumed, "charges")) == set(everything["charges"])
    assert resumed.record_count < len(everything["charges"])


def test_connected_accounts_of_one_platform_share_its_limit():
    limits = RateLimits(per_second=20, per_second_per_endpoint=5)
    with running_sandbox(payments=5, stripe_rate_limits=limits) as sandbox:
        own = sandbox.stripe.account["id"]
        customers = set()
        for number in range(4):
            account, world = sandbox.stripe.connected_account()
            customers.add((account, world.customer(f"{number}@example.com")))
        sandbox.clock.advance(300)

        run = run_tap(
            sandbox.stripe_url,
            streams=["customers", "charges"],
            account_ids=["all"],
            requests_per_second=20,
            requests_per_second_per_endpoint=5,
        )

        assert run.error is None
        assert set(contents(run, "customers")) == customers
        assert {account for account, _ in contents(run, "charges")} == {own}
        assert sandbox.stripe_controls.requests > 15
        assert sandbox.stripe_controls.rate_limited == 0


def test_all_accounts_share_one_limit(platform):
    run = run_tap(
        platform.url,
        streams=["charges"],
        account_ids=["all"],
        requests_per_second=9,
        requests_per_second_per_endpoint=5,
    )

    assert run.error is None
    moments = [moment for moment, _, _ in platform.requests]
    assert len(moments) > 12
    assert most_within_a_second(moments) <= 9 + 1
    for path in ("/v1/events", "/v1/charges"):
        of_path = [moment for moment, one, _ in platform.requests if one == path]
        assert most_within_a_second(of_path) <= 5 + 1


def most_within_a_second(moments: list[float]) -> int:
    """How many requests came within any second; arrivals may be a little out of step."""
    return max(sum(start <= one < start + 0.95 for one in moments) for start in moments)


def test_state_of_runs_without_accounts_is_not_taken_for_one(platform, everything, caplog):
    plain = run_tap(platform.url, streams=["charges", "payments"])
    last_version = plain.state["bookmarks"]["payments"]["last_version"]

    named = run_tap(
        platform.url, streams=["charges", "payments"], state=plain.state, account_ids=["own"]
    )

    assert "whose records name no account, so everything of" in caplog.text
    assert {account for account, _ in contents(named, "charges")} == {platform.own_id}
    assert len(contents(named, "charges")) == len(plain.ids("charges"))
    assert all(one["version"] > last_version for one in named.records("payments"))


def test_state_of_runs_with_accounts_is_not_taken_for_one_without(platform, caplog):
    named = run_tap(platform.url, streams=["charges"], account_ids=["own", "acct_a"])

    plain = run_tap(platform.url, streams=["charges"], state=named.state)

    assert "whose records name their account, so everything of the key's own" in caplog.text
    own = {one for account, one in contents(named, "charges") if account == platform.own_id}
    assert set(plain.ids("charges")) == own
    assert not any("account_id" in one for one in plain.records("charges"))
    assert "by_account" not in plain.state["bookmarks"]


def test_catalog_discovered_with_accounts_serves_a_run_without(platform):
    config = {**SANDBOX_CONFIG, "account_ids": ["all"]}
    catalog = json.loads(TapStripeExt(config=config, setup_mapper=False).catalog_json_text)
    chosen = [one for one in catalog["streams"] if one["tap_stream_id"] in ("charges", "payments")]
    for entry in chosen:
        assert entry["key_properties"] == ["account_id", "id"]
        entry["metadata"][-1]["metadata"]["selected"] = True

    run = run_tap(platform.url, catalog={"streams": chosen})

    assert run.error is None
    schemas = {one["stream"]: one for one in run.messages if one["type"] == "SCHEMA"}
    assert schemas["charges"]["key_properties"] == ["id"]
    assert "account_id" not in schemas["charges"]["schema"]["properties"]
    assert schemas["payments"]["schema"]["properties"]["account_id"]["type"] == ["string", "null"]
    assert {one["account_id"] for one in run.records("payments")} == {None}


@pytest.mark.parametrize(
    "way",
    [
        {"stream_maps": {"charges": {"id": "record['id']"}}},
        {"flattening_enabled": True, "flattening_max_depth": 0},
    ],
    ids=["stream_maps", "flattening"],
)
def test_slow_path_says_the_same_of_accounts(platform, everything, way):
    run = run_tap(platform.url, streams=["charges"], account_ids=["own", "acct_a"], **way)

    assert run.error is None
    expected = {
        key: value
        for key, value in everything["charges"].items()
        if key[0] in (platform.own_id, "acct_a")
    }
    found = contents(run, "charges")
    if "flattening_enabled" in way:
        assert set(found) == set(expected)
    else:
        assert found == expected


def test_deselected_fields_are_left_out_of_accounts_records(platform):
    catalog = only("charges")
    (entry,) = catalog["streams"]
    for metadata in entry["metadata"]:
        if metadata["breadcrumb"] == ["properties", "billing_details"]:
            metadata["metadata"]["selected"] = False

    run = run_tap(platform.url, catalog=catalog, account_ids=["acct_a"])

    assert {one["account_id"] for one in run.records("charges")} == {"acct_a"}
    assert not any("billing_details" in one for one in run.records("charges"))


def test_connection_test_tries_the_first_account(platform):
    config = {**SANDBOX_CONFIG, "api_base": platform.url, "account_ids": ["acct_b", "own"]}
    tap = TapStripeExt(config=config, catalog=only("charges"))

    record = next(iter(tap.streams["charges"].get_records(None)))

    assert record["account_id"] == "acct_b"
    assert platform.asked_of("acct_b") == ["/v1/charges"]


def test_key_that_may_not_ask_for_accounts_is_told_which_permission_it_lacks(platform):
    key = platform.own.stripe.restricted_key({"rak_event_read", "rak_charge_read"})

    run = run_tap(platform.url, streams=["charges"], account_ids=["own"], api_key=key)

    assert "account_ids needs a key that may read /v1/account" in str(run.error)
    assert "rak_accounts_kyc_basic_read" in str(run.error)
