"""For tests: an HTTP server that receives webhooks, and answers them as it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec


@dataclass(frozen=True, slots=True)
class Received:
    """One call: its headers by their names in small letters, its body, and when it came."""

    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> dict[str, object]:
        """The body as JSON."""
        value: dict[str, object] = msgspec.json.decode(self.body)
        return value


@dataclass(slots=True)
class WebhookReceiver:
    """What came, in its order.

    Attributes:
        url: where it listens.
        answer: gives the status for a call, whose number among all calls (from 0) is given too.
    """

    url: str
    answer: Callable[[Received, int], int]
    received: list[Received] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_for(self, count: int, seconds: float = 10) -> list[Received]:
        """Return what came when there are so many calls.

        Raises:
            TimeoutError: fewer came in this time.
        """
        self.wait_until(lambda: len(self.received) >= count, seconds)
        return list(self.received)

    def wait_until(self, holds: Callable[[], bool], seconds: float = 10) -> None:
        """Wait until a condition holds.

        Raises:
            TimeoutError: it does not after this time.
        """
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                raise TimeoutError(f"after {seconds} s: {len(self.received)} calls came")
            time.sleep(0.005)


@contextmanager
def webhook_receiver(
    answer: Callable[[Received, int], int] = lambda _received, _number: 200,
) -> Iterator[WebhookReceiver]:
    """Receive webhooks until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = Received(headers, body, time.time())
            with receiver.lock:
                receiver.received.append(call)
                number = len(receiver.received) - 1
            self.send_response(receiver.answer(call, number))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver = WebhookReceiver(f"http://127.0.0.1:{server.server_port}/hook", answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
