"""One life of the server's process, as the tap sees it."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import msgspec

from tap_common.doorbell.config import DoorbellConfig
from tap_common.doorbell.wire import FROM_SERVER, FromServer, SetReady, Start, Up, line_of

_START_SECONDS = 30.0
_END_SECONDS = 4.0
# The process that faces the network inherits none of the tap's secrets.
_ENVIRONMENT = ("HOME", "LANG", "PATH", "SYSTEMROOT", "TMPDIR", "TZ", "VIRTUAL_ENV")
_ENVIRONMENT_PREFIXES = ("DYLD_", "LC_", "LD_", "PYTHON")


class ServerProcess:
    """A process that serves.

    Args:
        config: the doorbell's; goes over its standard input, for others may read arguments.
        listening: where it serves.
        ready: what it answers about being ready.

    Raises:
        OSError: if it cannot be started, or ends before it serves.
    """

    def __init__(self, config: DoorbellConfig, listening: socket.socket, *, ready: bool) -> None:
        with _group_signals_blocked():
            self._process = subprocess.Popen(
                # -P: the present folder holds no modules of ours.
                [sys.executable, "-P", "-m", "tap_common.doorbell"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_environment(),
                pass_fds=(listening.fileno(),),
            )
        try:
            self._send(line_of(Start(config, listening.fileno(), ready)))
            if not isinstance(self._first(), Up):
                raise OSError(f"it ended with status {self.end()}")
        except BaseException:
            self._process.kill()
            self.end()
            raise

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def set_ready(self, ready: bool) -> None:
        """Let it answer that the tap is ready, or is not. One that has ended is left in peace."""
        with contextlib.suppress(OSError):
            self._send(line_of(SetReady(ready)))

    def messages(self) -> Iterator[FromServer]:
        """Yield what it tells, until it ends."""
        if self._process.stdout is None:
            return
        for line in self._process.stdout:
            with contextlib.suppress(msgspec.MsgspecError):  # half a line, if it was killed
                yield FROM_SERVER.decode(line)

    def ask_to_end(self) -> None:
        """Let it end: its standard input ends."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def end(self) -> int:
        """Wait until it has ended, by force if it takes too long, and return its status."""
        self.ask_to_end()
        try:
            return self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            if self._process.stdout is not None:
                self._process.stdout.close()

    def _send(self, line: bytes) -> None:
        if self._process.stdin is None or self._process.stdin.closed:
            return
        self._process.stdin.write(line)
        self._process.stdin.flush()

    def _first(self) -> FromServer | None:
        stdout = self._process.stdout
        if stdout is None:
            return None
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            if not selector.select(_START_SECONDS):
                raise OSError(f"it did not serve within {_START_SECONDS:.0f} s")
        return next(self.messages(), None)


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name in _ENVIRONMENT or name.startswith(_ENVIRONMENT_PREFIXES)
    }


@contextlib.contextmanager
def _group_signals_blocked() -> Iterator[None]:
    """Let a process that is started meanwhile inherit that these signals do not reach it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
