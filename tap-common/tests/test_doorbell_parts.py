"""The doorbell's parts by themselves: settings, bounds, what is kept of a message."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tap_common.doorbell import DoorbellConfig, MessageShape, Ring, RingQueue, TimestampedHmac
from tap_common.doorbell.bounded import Bounded
from tap_common.doorbell.counts import Counts, RefusalLog
from tap_common.doorbell.listening import name_of, open_listening, parse_address
from tap_common.doorbell.message import message_id, read_message
from tap_common.doorbell.outbox import Outbox
from tap_common.doorbell.recent import RecentIds
from tap_common.doorbell.wire import FROM_SERVER, TO_SERVER, Said, Start, line_of
from tap_common.errors import SettingError

CONFIG = DoorbellConfig(
    listen="127.0.0.1:0",
    path="/webhooks/test",
    secrets=("whsec_1",),
    signature=TimestampedHmac(),
    shape=MessageShape(
        kept=("id", "created", "data.object", "data.gone"),
        required={"id": "string", "created": "integer", "data.object": "object"},
    ),
)


def ring(number: int, size: int = 10) -> Ring:
    return Ring(str(number), 0.0, msgspec.Raw(msgspec.json.encode("x" * (size - 2))))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"path": "webhooks"}, "webhook_path is 'webhooks'"),
        ({"path": "/a b"}, "webhook_path"),
        ({"path": "/a?b"}, "webhook_path"),
        ({"path": "/healthz"}, "health checks"),
        ({"secrets": ()}, "webhook_secrets is empty"),
        ({"secrets": ("whsec_1", "")}, "which anybody knows"),
        ({"secrets": ("whsec_1 ",)}, "a blank around it"),
    ],
)
def test_settings_that_make_no_sense_are_named_without_the_secret(change, said):
    with pytest.raises(SettingError, match=said) as raised:
        replace(CONFIG, **change)

    assert "whsec_1" not in str(raised.value)


def test_secrets_are_shown_nowhere():
    assert "whsec_1" not in repr(CONFIG)
    assert "whsec_1" not in repr(Start(CONFIG, 3, ready=False))


def test_configuration_reaches_the_server_as_it_was():
    start = Start(CONFIG, 3, ready=True)

    assert TO_SERVER.decode(line_of(start)) == start


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("localhost:1", ("localhost", 1)),
        ("[::1]:65535", ("::1", 65535)),
        (" 0.0.0.0:0", ("0.0.0.0", 0)),
    ],
)
def test_address_is_read(listen, address):
    assert parse_address(listen) == address


@pytest.mark.parametrize("listen", ["", "8080", ":8080", "::1:8080", "a:b", "a:65536", "a:1/x"])
def test_address_that_is_none_is_told_what_one_looks_like(listen):
    with pytest.raises(SettingError, match=r"webhook_listen is .* 127.0.0.1:8080 or \[::1\]:8080"):
        parse_address(listen)


def test_address_that_is_taken_is_one_clear_sentence():
    with open_listening("127.0.0.1:0") as taken:
        with pytest.raises(SettingError) as raised:
            open_listening(name_of(taken), patience=0.1)

        assert str(raised.value) == (
            f"Setting webhook_listen is {name_of(taken)}, where another program listens already: "
            "stop it, or give another port."
        )


def test_address_that_becomes_free_is_waited_for():
    taken = open_listening("127.0.0.1:0")
    name = name_of(taken)

    with open_listening(name, patience=5, sleep=lambda _: taken.close()) as one:
        assert name_of(one) == name


@pytest.mark.parametrize(
    ("listen", "said"),
    [
        ("192.0.2.1:8080", "no address of this machine"),
        ("no-such-host.invalid:8080", "whose host cannot be found"),
    ],
)
def test_address_that_cannot_be_had_says_why(listen, said):
    with pytest.raises(SettingError, match=said):
        open_listening(listen, patience=0)


def test_ipv6_address_stands_in_brackets():
    try:
        socket.socket(socket.AF_INET6).bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    with open_listening("[::1]:0") as one:
        assert name_of(one).startswith("[::1]:")


def test_message_is_cut_down_to_what_is_kept():
    body = b'{"id":"evt_1","created":5,"secret":1,"data":{"object":{"id":"ch_1"},"more":2}}'

    message = read_message(body, CONFIG.shape)

    assert message == {"id": "evt_1", "created": 5, "data": {"object": {"id": "ch_1"}}}
    assert message_id(message, CONFIG.shape) == "evt_1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'"evt_1"',
        b'{"created":5,"data":{"object":{}}}',
        b'{"id":"","created":5,"data":{"object":{}}}',
        b'{"id":7,"created":5,"data":{"object":{}}}',
        b'{"id":"evt_1","created":true,"data":{"object":{}}}',
        b'{"id":"evt_1","created":5,"data":{"object":"ch_1"}}',
        b'{"id":"evt_1","created":5,"data":"ch_1"}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_message_is_none(body):
    assert read_message(body, CONFIG.shape) is None


def test_the_oldest_goes_where_there_are_too_many_or_too_large():
    queue: Bounded[int] = Bounded(most_items=3, most_bytes=100)

    lost = [queue.add(number, 10) for number in range(4)]
    lost.append(queue.add(4, 85))
    lost.append(queue.add(5, 1000))

    assert lost == [0, 0, 0, 1, 2, 2]
    assert [queue.pop() for _ in range(len(queue))] == [5]


def test_queue_gives_all_rings_at_once_and_says_what_it_dropped(caplog):
    queue = RingQueue(most_items=2)

    for number in range(4):
        queue.put(ring(number))

    assert [one.id for one in queue.take()] == ["2", "3"]
    assert queue.take(timeout=0.01) == []
    assert queue.lost == 2
    assert len(caplog.records) == 1
    assert "More webhook calls come than are handled" in caplog.text


def test_ids_are_remembered_for_a_while():
    recent = RecentIds(most=2)

    assert [recent.has_seen(one) for one in ("a", "a", "b", "c", "a")] == [
        *(False, True, False, False),
        False,
    ]


def test_refusals_are_said_at_once_and_then_once_a_minute():
    log, counts = RefusalLog(), Counts()
    said = []
    for second in range(130):
        if second in (5, 6, 7, 70):
            counts.add("refused_signature")
        line = log.line(counts.snapshot(), float(second))
        if line:
            said.append((second, line))

    assert said == [
        (5, "Webhook calls that did not ring: 1 not signed with one of the webhook_secrets."),
        (65, "Webhook calls that did not ring: 2 not signed with one of the webhook_secrets."),
        (125, "Webhook calls that did not ring: 1 not signed with one of the webhook_secrets."),
    ]


def test_tap_that_does_not_read_costs_the_oldest_rings_and_never_a_half_one():
    async def run() -> tuple[list[Any], dict[str, int]]:
        reading, writing = os.pipe()
        counts = Counts()
        outbox = Outbox(asyncio.get_running_loop(), writing, counts, lambda: None, most_items=5)
        for number in range(100):
            outbox.ring(ring(number, size=10_000))
        outbox.note(Said("done"))
        chunks: list[bytes] = []
        loop = asyncio.get_running_loop()
        while b'"done"' not in b"".join(chunks) or b'"id":"99"' not in chunks[-1][-12_000:]:
            chunks.append(await loop.run_in_executor(None, os.read, reading, 1 << 20))
        os.close(reading)
        os.close(writing)
        lines = b"".join(chunks).splitlines()
        return [FROM_SERVER.decode(line) for line in lines], counts.snapshot()

    messages, counts = asyncio.run(run())

    ids = [int(one.id) for one in messages if isinstance(one, Ring)]
    assert ids == sorted(ids)
    assert ids[-5:] == [95, 96, 97, 98, 99]
    assert len(ids) + counts["lost"] == 100
    assert counts["lost"] > 50
