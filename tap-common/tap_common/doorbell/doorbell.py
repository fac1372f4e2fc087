"""The doorbell as a tap uses it: starts the server's process, listens to it, keeps it alive."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType

from tap_common.doorbell.config import DoorbellConfig
from tap_common.doorbell.counts import NAMES, RESTARTS
from tap_common.doorbell.listening import name_of, open_listening
from tap_common.doorbell.process import ServerProcess
from tap_common.doorbell.ring import Ring
from tap_common.doorbell.wire import Counted, FromServer, Said
from tap_common.errors import TapError

logger = logging.getLogger(__name__)

_FIRST_WAIT = 0.2
_LONGEST_WAIT = 10.0
# A tap whose server never served has a fault that somebody should hear of at once.
_FIRST_ATTEMPTS = 3
# A server that lived so many seconds was well; the next wait is the first one again.
_WELL_AFTER = 60.0
# One that has not ended by then is ended by force.
_END_SECONDS = 5.0


class DoorbellError(TapError):
    """The doorbell's server could not be started."""


class Doorbell:
    """Takes signed calls and hands on what they tell. Thread-safe.

    Args:
        config: where it listens, whom it believes, what it hands on.
        on_ring: is given each ring, by a thread of the doorbell's; while it has not returned, rings
            wait in bounded number, and the oldest are dropped. `RingQueue.put` does for most.
        wait: waits for so many seconds, or until the event is set, before a new start.
    """

    def __init__(
        self,
        config: DoorbellConfig,
        on_ring: Callable[[Ring], None],
        *,
        wait: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        self._config = config
        self._on_ring = on_ring
        self._wait = wait
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._ready = False
        self._process: ServerProcess | None = None
        self._thread: threading.Thread | None = None
        self._ended = dict.fromkeys(NAMES, 0)
        self._present: Mapping[str, int] = {}

    def start(self) -> None:
        """Listen, and return once calls are answered.

        Raises:
            SettingError: if the address cannot be listened on.
            DoorbellError: if the server does not start.
        """
        self._listening = open_listening(self._config.listen)
        try:
            self._process = self._first_started()
        except OSError as error:
            self._listening.close()
            raise DoorbellError(f"The webhook doorbell does not start: {error}.") from None
        logger.info("Webhooks are taken at http://%s%s", self.address, self._config.path)
        self._thread = threading.Thread(target=self._run, name="doorbell", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where it listens, as "host:port", once it is started."""
        return name_of(self._listening)

    @property
    def server_pid(self) -> int | None:
        """The server's process id; None while there is none."""
        process = self._process
        return None if process is None else process.pid

    def set_ready(self, ready: bool) -> None:
        """Let `GET /readyz` answer 200, or 503."""
        if ready == self._ready:
            return  # a server that starts or stands still for long must not hold the caller up
        with self._lock:
            self._ready = ready
            if self._process is not None:
                self._process.set_ready(ready)

    def counts(self) -> Mapping[str, int]:
        """Return what was received, rung and refused since the start; up to a second old."""
        with self._lock:
            return {name: count + self._present.get(name, 0) for name, count in self._ended.items()}

    def close(self) -> None:
        """Let calls in hand be answered, hand on their rings, and end the server."""
        self._closing.set()
        with self._lock:
            if self._process is not None:
                self._process.ask_to_end()
        if self._thread is None:
            return
        self._thread.join(_END_SECONDS)
        with self._lock:
            if self._process is not None:
                self._process.kill()
        self._thread.join(_END_SECONDS)
        self._thread = None
        self._listening.close()

    def __enter__(self) -> Doorbell:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _first_started(self) -> ServerProcess:
        """Start the first server; one that is killed meanwhile is no reason to give up."""
        wait = _FIRST_WAIT
        for _ in range(_FIRST_ATTEMPTS - 1):
            try:
                return self._started()
            except OSError as error:
                logger.warning("The webhook doorbell does not start: %s", error)
            logger.info("It is started again in %.1f s", wait)
            self._wait(self._closing, wait)
            wait *= 2
        return self._started()

    def _started(self) -> ServerProcess:
        return ServerProcess(self._config, self._listening, ready=self._ready)

    def _run(self) -> None:
        """Listen to the server, and start it again if it ends by itself."""
        wait = _FIRST_WAIT
        while self._process is not None:
            began = time.monotonic()
            status = self._listen(self._process)
            if self._closing.is_set():
                return
            wait = _FIRST_WAIT if time.monotonic() - began > _WELL_AFTER else wait
            logger.warning("The webhook doorbell has ended by itself (status %d)", status)
            wait = self._start_again(wait)

    def _listen(self, process: ServerProcess) -> int:
        """Hand on what a server tells until it ends; return its status."""
        for message in process.messages():
            self._handle(message)
        status = process.end()
        with self._lock:
            self._process = None
            for name, count in self._present.items():
                self._ended[name] += count
            self._present = {}
        return status

    def _handle(self, message: FromServer) -> None:
        if isinstance(message, Ring):
            try:
                self._on_ring(message)
            except Exception as error:  # its text might hold a part of the message
                logger.error("A webhook's message could not be handed on (%s)", type(error))
        elif isinstance(message, Counted):
            with self._lock:
                self._present = message.counts
        elif isinstance(message, Said):
            logger.warning("%s", message.text)

    def _start_again(self, wait: float) -> float:
        """Start a server, however often it takes; return how long to wait before the next time."""
        while True:
            logger.info("The webhook doorbell is started again in %.1f s", wait)
            self._wait(self._closing, wait)
            wait = min(wait * 2, _LONGEST_WAIT)
            with self._lock:
                if self._closing.is_set():
                    return wait
                self._ended[RESTARTS] += 1
                try:
                    self._process = self._started()
                except OSError as error:
                    logger.warning("The webhook doorbell does not start: %s", error)
                else:
                    return wait
