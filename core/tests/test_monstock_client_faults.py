"""What the client makes of a Monstock that is slow, broken, in the way, or not there."""

import logging
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from monstock_stripe_core.monstock_call import Patience
from monstock_stripe_core.monstock_client import MonstockClient
from monstock_stripe_core.monstock_errors import (
    MonstockConflict,
    MonstockError,
    MonstockProtocolError,
    MonstockRejected,
    MonstockUnauthorized,
    MonstockUnreachable,
)
from monstock_stripe_core.order import Order, OrderPaymentRow
from monstock_stripe_core.profile import RateLimit, load_profile
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

TOKEN = "monstock-sandbox-token"
ROW = OrderPaymentRow(method="stripe", transaction_reference="pi_1", currency="EUR", amount=600)
Slept = list[float]


@pytest.fixture(scope="module")
def served() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def sandbox(served: RunningSandbox) -> Iterator[RunningSandbox]:
    served.monstock_controls.reset_counters()
    yield served
    served.monstock_controls.clear_faults()


@pytest.fixture
def slept() -> Slept:
    return []


@pytest.fixture
def client(sandbox: RunningSandbox, slept: Slept) -> MonstockClient:
    return make(sandbox, slept)


def make(
    sandbox: RunningSandbox, slept: Slept, token: str = TOKEN, path: str = "/api/v1"
) -> MonstockClient:
    base_url = sandbox.monstock_url + path
    return MonstockClient(base_url, token, load_profile("monstock"), sleep=slept.append)


def an_order(sandbox: RunningSandbox, client: MonstockClient) -> Order:
    order = client.order(sandbox.monstock.order(1000, "EUR"))
    assert order is not None
    sandbox.monstock_controls.reset_counters()
    return order


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=429, times=2),
        Fault("status", status=500, times=2),
        Fault("status", status=502, times=2),
        Fault("status", status=503, retry_after=1, times=2),
        Fault("html", status=502, times=2),
        Fault("html", times=2),
        Fault("cut_before", times=2),
        Fault("cut_after", times=2),
        Fault("cut_half", times=2),
        Fault("half_json", times=2),
        Fault("slow_bytes", seconds=0.2, times=2),
        Fault("latency", seconds=0.1, times=2),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_a_passing_fault_is_outlasted(
    sandbox: RunningSandbox, client: MonstockClient, fault: Fault
) -> None:
    order = an_order(sandbox, client)
    sandbox.monstock_controls.set_faults(fault)
    assert client.order(order.id) == order
    assert sandbox.monstock_controls.faults_hit == (
        1 if fault.kind in ("slow_bytes", "latency") else 2
    )


def test_retry_after_is_obeyed_and_else_waits_grow(
    sandbox: RunningSandbox, client: MonstockClient, slept: Slept
) -> None:
    order = an_order(sandbox, client)
    sandbox.monstock_controls.set_faults(Fault("status", status=503, retry_after=7, times=1))
    client.order(order.id)
    assert slept == [7.0]
    slept.clear()
    sandbox.monstock_controls.set_faults(Fault("status", status=503, times=4))
    client.order(order.id)
    assert len(slept) == 4
    for wait, least in zip(slept, (0.2, 0.4, 0.8, 1.6), strict=True):
        assert least <= wait <= 2 * least


def test_a_retry_after_of_a_day_is_capped(
    sandbox: RunningSandbox, client: MonstockClient, slept: Slept
) -> None:
    order = an_order(sandbox, client)
    sandbox.monstock_controls.set_faults(Fault("status", status=503, retry_after=86400, times=1))
    client.order(order.id)
    assert slept == [60.0]


def test_a_429_holds_back_every_thread(
    sandbox: RunningSandbox, client: MonstockClient, slept: Slept
) -> None:
    order = an_order(sandbox, client)
    sandbox.monstock_controls.set_faults(Fault("status", status=429, retry_after=30, times=1))
    client.order(order.id)
    slept.clear()
    client.order(order.id)  # another call, before the 30 s are over: nobody really slept
    assert slept
    assert 25 < slept[0] <= 30


def test_a_fault_that_stays_ends_in_one_message(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    order = an_order(sandbox, client)
    sandbox.monstock_controls.set_faults(Fault("status", status=503))
    with pytest.raises(MonstockUnreachable, match=r"503 Service Unavailable.*Run again later"):
        client.order(order.id)
    assert sandbox.monstock_controls.requests == 8


@pytest.mark.parametrize("kind", ["cut_after", "cut_half", "half_json"])
def test_a_write_whose_answer_got_lost_is_a_conflict_and_has_had_its_effect_once(
    sandbox: RunningSandbox, client: MonstockClient, kind: str
) -> None:
    order = an_order(sandbox, client)
    sandbox.monstock_controls.set_faults(Fault(kind, method="PUT", times=1))
    with pytest.raises(MonstockConflict):
        client.put_payment(order, ROW)
    again = client.order(order.id)
    assert again is not None
    assert [row.transaction_reference for row in again.payments] == ["pi_1"]


def test_a_write_cut_before_its_effect_is_simply_done_again(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    order = an_order(sandbox, client)
    sandbox.monstock_controls.set_faults(Fault("cut_before", method="PUT", times=1))
    client.put_payment(order, ROW)
    assert sandbox.monstock_controls.writes == 1


def test_a_page_of_html_is_no_api(sandbox: RunningSandbox, client: MonstockClient) -> None:
    sandbox.monstock_controls.set_faults(Fault("html"))
    with pytest.raises(MonstockProtocolError) as caught:
        client.find_orders(number="1")
    assert "got 200 OK with text/html" in str(caught.value)
    assert "begins: '<!DOCTYPE html> <html>" in str(caught.value)
    assert "login page" in str(caught.value)
    assert sandbox.monstock_controls.requests == 3


def test_half_a_json_that_stays_is_said(sandbox: RunningSandbox, client: MonstockClient) -> None:
    sandbox.monstock_controls.set_faults(Fault("half_json"))
    with pytest.raises(MonstockProtocolError, match="expected JSON, got 200 OK"):
        client.find_orders(number="1")


def test_a_wrong_token_is_said_at_once_and_not_shown(
    sandbox: RunningSandbox, slept: Slept, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = make(sandbox, slept, token="secret-token-of-another")
    with pytest.raises(MonstockUnauthorized, match=r"401.*setting api_token is wrong") as caught:
        client.order("ord_1")
    assert slept == []
    assert "secret-token" not in str(caught.value) + repr(caught.value) + caplog.text


def test_what_shows_that_monstock_works_is_counted(sandbox: RunningSandbox, slept: Slept) -> None:
    stranger, client = make(sandbox, slept, token="another"), make(sandbox, slept)
    client.be_brief(brief=True)
    for fault in (Fault("status", status=503), Fault("html"), Fault("cut_after")):
        sandbox.monstock_controls.set_faults(fault)
        with pytest.raises(MonstockError):
            client.order("ord_1")
    sandbox.monstock_controls.clear_faults()
    with pytest.raises(MonstockUnauthorized):
        stranger.order("ord_1")
    assert (client.answers, stranger.answers) == (0, 0)

    assert client.order("ord_1") is None
    sandbox.monstock_controls.set_faults(Fault("status", status=422))
    with pytest.raises(MonstockRejected):
        client.order("ord_1")

    assert client.answers == 2


@pytest.mark.parametrize("token", ["", "  ", "two words", "naïve", "line\nfeed"])
def test_a_token_that_cannot_be_one_is_refused_before_any_call(token: str) -> None:
    with pytest.raises(MonstockError, match="setting api_token") as caught:
        MonstockClient("http://127.0.0.1:9/api", token, load_profile("monstock"))
    assert token.strip() == "" or token not in str(caught.value)


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "monstock.example.com",
        "ftp://x/api",
        "http://",
        "http://u:p@h/api",
        "http://h/?a=b",
        "http://h:port/api",
    ],
)
def test_a_base_url_that_cannot_be_one_is_refused(base_url: str) -> None:
    with pytest.raises(MonstockError, match="setting base_url"):
        MonstockClient(base_url, TOKEN, load_profile("monstock"))


def test_a_wrong_path_is_said(sandbox: RunningSandbox, slept: Slept) -> None:
    client = make(sandbox, slept, path="/api/v2")
    with pytest.raises(MonstockProtocolError, match=r"404 Not Found.*setting base_url"):
        list(client.orders_updated_since(None))


def test_a_host_that_is_not_there_is_said_after_three_attempts(slept: Slept) -> None:
    client = MonstockClient(
        "http://127.0.0.1:1/api", TOKEN, load_profile("monstock"), sleep=slept.append
    )
    with pytest.raises(MonstockUnreachable, match=r"connection refused.*setting base_url"):
        client.order("ord_1")
    assert len(slept) == 2


def test_a_host_that_answered_before_is_waited_for_longer(slept: Slept) -> None:
    with running_sandbox() as sandbox:
        client = make(sandbox, slept)
        client.order("ord_1")
    with pytest.raises(MonstockUnreachable, match="also when tried again"):
        client.order("ord_1")
    assert len(slept) == 7


def test_an_answer_that_trickles_for_ever_is_given_up(sandbox: RunningSandbox) -> None:
    order_id = sandbox.monstock.order(1000, "EUR")
    sandbox.monstock_controls.set_faults(Fault("slow_bytes", seconds=20))
    client = MonstockClient(
        sandbox.monstock_url + "/api/v1",
        TOKEN,
        load_profile("monstock"),
        patience=Patience(attempts=1, answer_timeout=1.5),
    )
    started = time.monotonic()
    with pytest.raises(MonstockUnreachable, match="takes too long"):
        client.order(order_id)
    assert time.monotonic() - started < 5


def test_the_profiles_rate_limit_is_kept(sandbox: RunningSandbox) -> None:
    profile = replace(load_profile("monstock"), rate_limit=RateLimit(5, 1))
    with MonstockClient(sandbox.monstock_url + "/api/v1", TOKEN, profile) as client:
        started = time.monotonic()
        for _ in range(11):
            client.order("ord_1")
        assert time.monotonic() - started > 1.9


def test_all_faults_at_once_still_end_right(sandbox: RunningSandbox) -> None:
    client = MonstockClient(
        sandbox.monstock_url + "/api/v1",
        TOKEN,
        load_profile("monstock"),
        patience=Patience(attempts=30, first_attempts=30, wait_initial=0.001, wait_longest=0.01),
    )
    kinds = ("cut_before", "cut_after", "cut_half", "half_json", "html")
    orders = [an_order(sandbox, client) for _ in range(10)]
    sandbox.monstock_controls.set_faults(
        Fault("status", status=500, probability=0.1, seed=1),
        Fault("status", status=429, probability=0.1, seed=2),
        *(Fault(kind, probability=0.08, seed=seed) for seed, kind in enumerate(kinds)),
    )
    for order in orders:
        while True:
            read = client.order(order.id)
            assert read is not None
            if read.payments:
                break
            try:
                client.put_payment(read, ROW)
            except MonstockConflict:
                continue
    sandbox.monstock_controls.clear_faults()
    found = client.find_orders_many("id", [order.id for order in orders])
    assert [len(found[order.id][0].payments) for order in orders] == [1] * 10
