"""The doorbell as a whole: real calls over HTTP to its own process."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import psutil
import pytest
from tap_common.doorbell import (
    BodyHmac,
    Doorbell,
    DoorbellConfig,
    DoorbellError,
    MessageShape,
    Ring,
    RingQueue,
    TimestampedHmac,
)
from tap_common.errors import SettingError

SECRET = "whsec_first"
PATH = "/webhooks/test"
LIMIT = 20_000
CONFIG = DoorbellConfig(
    listen="127.0.0.1:0",
    path=PATH,
    secrets=("whsec_second", SECRET),
    signature=TimestampedHmac(),
    shape=MessageShape(
        kept=("id", "created", "data.object"), required={"id": "string", "created": "integer"}
    ),
    body_limit=LIMIT,
    body_seconds=0.5,
)


@contextmanager
def ringing(config: DoorbellConfig = CONFIG) -> Iterator[tuple[Doorbell, RingQueue]]:
    queue = RingQueue()
    with Doorbell(config, queue.put) as doorbell:
        yield doorbell, queue


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Doorbell, RingQueue]]:
    with ringing() as both:
        yield both


@pytest.fixture
def doorbell(served: tuple[Doorbell, RingQueue]) -> Doorbell:
    return served[0]


@pytest.fixture
def queue(served: tuple[Doorbell, RingQueue]) -> RingQueue:
    served[1].take()
    return served[1]


def event(one: str, **fields: Any) -> bytes:
    return json.dumps({"id": one, "created": 5, "data": {"object": {"a": 1}}, **fields}).encode()


def signature(body: bytes, *, secret: str = SECRET, age: float = 0) -> str:
    moment = int(time.time() - age)
    signed = hmac.new(secret.encode(), b"%d." % moment + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={signed}"


def call(
    doorbell: Doorbell,
    body: bytes | Iterator[bytes] = b"",
    headers: dict[str, str] | None = None,
    *,
    method: str = "POST",
    path: str = PATH,
) -> HTTPResponse:
    connection = HTTPConnection(doorbell.address, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


def ring_at(doorbell: Doorbell, body: bytes, **signed: Any) -> int:
    return call(doorbell, body, {"Stripe-Signature": signature(body, **signed)}).status


def raw(doorbell: Doorbell, *parts: bytes, wait: float = 10) -> bytes:
    """Send bytes as they are, and return what is answered until the connection is closed."""
    host, port = doorbell.address.split(":")
    with socket.create_connection((host, int(port)), timeout=wait) as connection:
        for part in parts:
            connection.sendall(part)
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
        return answer


def eventually(holds: Callable[[], object], seconds: float = 10) -> bool:
    give_up = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.02)
    return True


def counted(doorbell: Doorbell, name: str) -> Callable[[], int]:
    before = doorbell.counts()[name]
    return lambda: doorbell.counts()[name] - before


@pytest.mark.parametrize("secret", ["whsec_first", "whsec_second"])
def test_signed_call_rings_with_what_is_kept_of_it(doorbell, queue, secret):
    assert ring_at(doorbell, event(f"evt_{secret}", pending=1), secret=secret) == 200

    (ring,) = queue.take(5)
    assert ring.id == f"evt_{secret}"
    assert ring.message() == {"id": ring.id, "created": 5, "data": {"object": {"a": 1}}}
    assert 0 <= time.time() - ring.received_at < 5


def test_answer_is_empty_and_names_no_program(doorbell):
    body = event("evt_plain")

    answer = call(doorbell, body, {"Stripe-Signature": signature(body)})

    assert answer.status == 200
    assert {name.lower() for name, _ in answer.getheaders()} == {"date", "content-length"}
    assert answer.getheader("content-length") == "0"


def test_ring_is_there_within_milliseconds(doorbell, queue):
    taken = []
    for number in range(20):
        body = event(f"evt_fast_{number}")
        headers = {"Stripe-Signature": signature(body)}
        began = time.perf_counter()
        call(doorbell, body, headers)
        assert queue.take(5)
        taken.append(time.perf_counter() - began)

    assert sorted(taken)[10] < 0.05  # some 2 ms; the rest is for a machine that is busy


def test_repeated_message_rings_once(doorbell, queue):
    repeated = counted(doorbell, "repeated")

    assert [ring_at(doorbell, event("evt_twice")) for _ in range(3)] == [200, 200, 200]

    assert len(queue.take(5)) == 1
    assert eventually(lambda: repeated() == 2)


@pytest.mark.parametrize(
    ("reason", "headers"),
    [
        ("signature", {}),
        ("signature", {"Stripe-Signature": "t=1,v1=00"}),
        ("signature", {"Stripe-Signature": "nonsense"}),
        ("signature", {"Stripe-Signature": signature(event("evt_bad"), secret="whsec_forged")}),
        ("signature", {"Stripe-Signature": signature(event("evt_other"))}),
        ("stale", {"Stripe-Signature": signature(event("evt_bad"), age=900)}),
        ("stale", {"Stripe-Signature": signature(event("evt_bad"), age=-900)}),
    ],
)
def test_call_that_is_not_believed_rings_nothing(doorbell, queue, reason, headers):
    refused = counted(doorbell, f"refused_{reason}")

    answer = call(doorbell, event("evt_bad"), headers)

    assert answer.status == 400
    assert eventually(lambda: refused() == 1)
    assert queue.take() == []


@pytest.mark.parametrize("body", [b"", b"ping", b"[]", b'{"created": 5}', b'{"id": "evt_1"}'])
def test_signed_call_that_is_no_message_rings_nothing(doorbell, queue, body):
    assert ring_at(doorbell, body) == 400
    assert queue.take() == []


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", PATH, 405, "POST"),
        ("PUT", PATH, 405, "POST"),
        ("POST", "/", 404, None),
        ("POST", PATH + "/", 404, None),
        ("POST", "/healthz", 405, "GET, HEAD"),
        ("GET", "/healthz", 200, None),
        ("HEAD", "/healthz", 200, None),
    ],
)
def test_only_posts_on_the_own_path_are_taken(doorbell, queue, method, path, status, allow):
    body = event("evt_elsewhere") if method in ("POST", "PUT") else b""

    answer = call(doorbell, body, {"Stripe-Signature": signature(body)}, method=method, path=path)

    assert (answer.status, answer.getheader("allow")) == (status, allow)
    assert queue.take() == []


def test_readiness_is_what_the_tap_says(doorbell):
    def shown() -> int:
        return call(doorbell, method="GET", path="/readyz").status

    assert shown() == 503
    doorbell.set_ready(True)
    assert eventually(lambda: shown() == 200)
    doorbell.set_ready(False)
    assert eventually(lambda: shown() == 503)


def test_body_that_says_it_is_too_large_is_refused_before_it_comes(doorbell):
    refused = counted(doorbell, "refused_too_large")
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {LIMIT + 1}\r\n\r\n"

    assert raw(doorbell, head.encode()).startswith(b"HTTP/1.1 413 ")
    assert raw(doorbell, head.replace(str(LIMIT + 1), "9" * 19).encode()).startswith(
        b"HTTP/1.1 413 "
    )
    assert eventually(lambda: refused() == 2)


def test_body_in_chunks_is_cut_off_at_the_limit(doorbell):
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    chunk = b"1000\r\n" + b"x" * 0x1000 + b"\r\n"

    assert raw(doorbell, head, *[chunk] * 5).startswith(b"HTTP/1.1 413 ")


def test_body_of_the_allowed_size_rings_in_one_piece_or_in_chunks(doorbell, queue):
    bodies = [event(f"evt_large_{number}") for number in range(2)]
    bodies = [body + b" " * (LIMIT - len(body)) for body in bodies]
    chunks = (bodies[1][at : at + 1000] for at in range(0, LIMIT, 1000))

    assert ring_at(doorbell, bodies[0]) == 200
    assert call(doorbell, chunks, {"Stripe-Signature": signature(bodies[1])}).status == 200


def test_body_that_does_not_come_is_given_up(doorbell):
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345".encode()
    began = time.monotonic()

    assert raw(doorbell, head).startswith(b"HTTP/1.1 408 ")
    assert 0.4 < time.monotonic() - began < 5


def test_head_that_is_too_long_is_cut_off(doorbell):
    with pytest.raises(OSError, match=r"reset|Broken pipe") as raised:
        raw(doorbell, b"GET /healthz HTTP/1.1\r\nX: ", *[b"x" * 10_000] * 100)

    assert isinstance(raised.value, ConnectionError)
    assert call(doorbell, method="GET", path="/healthz").status == 200


def test_what_is_no_http_is_answered_and_survived(doorbell):
    assert raw(doorbell, b"\x16\x03\x01 hello\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert call(doorbell, method="GET", path="/healthz").status == 200


def held(doorbell: Doorbell, count: int, sent: bytes) -> list[socket.socket]:
    """Begin so many calls, and leave them there."""
    host, port = doorbell.address.split(":")
    calls = [socket.create_connection((host, int(port))) for _ in range(count)]
    for one in calls:
        one.sendall(sent)
    return calls


def test_callers_whose_bodies_do_not_come_keep_nobody_out():
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n".encode()
    with ringing(replace(CONFIG, at_once=2, body_seconds=60)) as (doorbell, _):
        waiting = held(doorbell, 2, head)
        time.sleep(0.2)

        assert ring_at(doorbell, event("evt_1")) == 200

        assert waiting[0].recv(1_000).startswith(b"HTTP/1.1 408 ")
        waiting[1].settimeout(0.2)
        with pytest.raises(TimeoutError):
            waiting[1].recv(1_000)
        for one in waiting:
            one.close()


def test_callers_whose_heads_do_not_come_keep_nobody_out():
    with ringing() as (doorbell, _):
        waiting = held(doorbell, 600, b"POST ")

        assert ring_at(doorbell, event("evt_1")) == 200

        assert eventually(lambda: doorbell.counts()["refused_busy"] >= 89)
        assert is_closed(waiting[0])
        for one in waiting:
            one.close()


def is_closed(connection: socket.socket) -> bool:
    """Whether the other end closed it; if it had not read all, that comes as a reset."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_message_signed_without_a_time_rings():
    scheme = BodyHmac("X-Hub-Signature-256", prefix="sha256=")
    with ringing(replace(CONFIG, signature=scheme)) as (doorbell, queue):
        body = event("order_1")
        value = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()

        assert call(doorbell, body, {"X-Hub-Signature-256": value}).status == 200
        assert call(doorbell, body + b" ", {"X-Hub-Signature-256": value}).status == 400
        assert [ring.id for ring in queue.take(5)] == ["order_1"]


def test_server_that_dies_is_started_again_at_the_same_address(caplog):
    with ringing() as (doorbell, queue):
        address, first = doorbell.address, doorbell.server_pid
        assert first is not None
        doorbell.set_ready(True)
        ring_at(doorbell, event("evt_before"))
        assert eventually(lambda: doorbell.counts()["rung"] == 1)

        os.kill(first, signal.SIGKILL)

        assert ring_at(doorbell, event("evt_after")) == 200  # waits in the socket meanwhile
        assert doorbell.address == address
        assert doorbell.server_pid != first
        assert call(doorbell, method="GET", path="/readyz").status == 200
        assert eventually(lambda: doorbell.counts()["rung"] == 2)
        assert doorbell.counts()["restarts"] == 1
        assert [ring.id for ring in queue.take()] == ["evt_before", "evt_after"]
    assert "ended by itself (status -9)" in caplog.text
    assert SECRET not in caplog.text


def test_server_that_stands_still_holds_nobody_up_who_is_as_ready_as_before():
    with ringing() as (doorbell, _):
        pid = doorbell.server_pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)

        def say_often() -> None:
            for _ in range(5_000):  # more than a pipe holds
                doorbell.set_ready(True)

        telling = threading.Thread(target=say_often, daemon=True)
        telling.start()
        telling.join(5)
        is_held_up = telling.is_alive()
        os.kill(pid, signal.SIGCONT)

        assert not is_held_up
        assert eventually(lambda: call(doorbell, method="GET", path="/readyz").status == 200)


def test_server_that_is_killed_while_it_starts_is_started_again(caplog):
    me = psutil.Process()
    before = set(me.children())

    def kill_the_first() -> None:
        while not (started := set(me.children()) - before):
            time.sleep(0.001)
        started.pop().kill()

    killer = threading.Thread(target=kill_the_first)
    killer.start()
    with caplog.at_level("INFO"), ringing() as (doorbell, queue):
        killer.join()
        assert ring_at(doorbell, event("evt_1")) == 200
        assert [ring.id for ring in queue.take(5)] == ["evt_1"]
    assert "started again in" in caplog.text  # so it was killed, be it a moment too late


def test_signals_to_the_group_do_not_reach_the_server():
    with ringing() as (doorbell, _):
        pid = doorbell.server_pid
        assert pid is not None
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(pid, number)

        assert ring_at(doorbell, event("evt_1")) == 200
        assert doorbell.server_pid == pid


def test_closing_ends_the_server_and_keeps_the_counts():
    with ringing() as (doorbell, queue):
        pid = doorbell.server_pid
        ring_at(doorbell, event("evt_1"))
        call(doorbell, event("evt_2"))
        began = time.monotonic()
    assert time.monotonic() - began < 3

    assert pid is not None
    assert not is_alive(pid)
    assert [ring.id for ring in queue.take()] == ["evt_1"]
    counts = {name: count for name, count in doorbell.counts().items() if count}
    assert counts == {"received": 2, "rung": 1, "refused_signature": 1}


def test_address_that_is_taken_ends_the_start_with_one_sentence(doorbell):
    another = Doorbell(replace(CONFIG, listen=doorbell.address), print)

    with pytest.raises(SettingError, match="another program listens already"):
        another.start()
    another.close()


def test_server_that_cannot_start_says_so(monkeypatch, tmp_path):
    (tmp_path / "uvicorn.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with pytest.raises(DoorbellError, match="ended with status 3"):
        Doorbell(CONFIG, print).start()


def test_failing_receiver_does_not_stop_the_bell(caplog):
    def fail(ring: Ring) -> None:
        if ring.id == "evt_1":
            raise ValueError(ring.message())
        rung.append(ring.id)

    rung: list[str] = []
    with Doorbell(CONFIG, fail) as doorbell:
        for number in (1, 2):
            ring_at(doorbell, event(f"evt_{number}"))
        assert eventually(lambda: rung == ["evt_2"])
    assert "could not be handed on" in caplog.text
    assert "created" not in caplog.text


def test_nothing_that_came_in_is_logged(caplog, capfd):
    with ringing() as (doorbell, _):
        ring_at(doorbell, event("evt_seen", word="mustnotbeseen"))
        call(doorbell, event("evt_forged", word="mustnotbeseen"), {"Stripe-Signature": "t=77,v1=8"})
        call(doorbell, path="/mustnotbeseen")
        assert eventually(lambda: "1 not signed" in caplog.text)
        raw(doorbell, b"mustnotbeseen\r\n\r\n")

    said = caplog.text + "".join(capfd.readouterr())
    assert "mustnotbeseen" not in said
    assert "evt_" not in said
    assert "whsec_" not in said


def test_secrets_are_neither_arguments_nor_environment_of_the_server(monkeypatch):
    monkeypatch.setenv("TAP_API_KEY", "sk_live_1")
    with ringing() as (doorbell, _):
        folder = Path(f"/proc/{doorbell.server_pid}")
        if not folder.exists():
            pytest.skip("this system has no /proc")
        shown = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()

    assert b"whsec_" not in shown
    assert b"sk_live_1" not in shown


TAP = """
import sys, time
from tap_common.doorbell import Doorbell, DoorbellConfig, MessageShape, TimestampedHmac
config = DoorbellConfig(sys.argv[1], "/x", ("whsec_1",), TimestampedHmac(), MessageShape(("id",)))
doorbell = Doorbell(config, print)
doorbell.start()
print(doorbell.address, doorbell.server_pid, flush=True)
time.sleep(60)
"""


def test_tap_that_is_killed_leaves_no_server_and_a_free_address():
    def tap(listen: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", TAP, listen], stdout=subprocess.PIPE, text=True
        )

    with tap("127.0.0.1:0") as first:
        address, pid = (first.stdout.readline() if first.stdout else "").split()
        # A call that never ends does not keep it alive.
        host, port = address.split(":")
        with socket.create_connection((host, int(port))) as waiting:
            waiting.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
            first.kill()
            first.wait()
            with tap(address) as second:
                assert (second.stdout.readline() if second.stdout else "").startswith(address)
                second.kill()
            assert eventually(lambda: not is_alive(int(pid)), 5)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # One that has ended, but that nobody has asked for, is no longer alive.
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
