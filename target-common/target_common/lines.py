"""Lines of an input that pauses: a pipe says when none is ready, and can be woken."""

import io
import os
import select
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from typing import IO

_PIECE = 2**18
"""Bytes that are read at once."""


class LineSource(ABC):
    """Where lines come from."""

    @property
    @abstractmethod
    def ended(self) -> bool:
        """Whether there is nothing left and nothing will come."""

    @abstractmethod
    def next(self, timeout: float) -> bytes | None:
        """The next line; None where none came in so many seconds, or the input ended."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether `next` would not have to wait."""

    def wake(self) -> bool:
        """End a `next` that waits, or the next one that would; may be called by a signal handler.

        Returns:
            Whether it can.
        """
        return False

    @abstractmethod
    def close(self) -> None:
        """Let go of what the source holds, not of the input itself."""


class PipeLines(LineSource):
    """Lines of a descriptor, without a reader above it that keeps bytes to itself.

    Args:
        descriptor: open for reading.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lines: deque[bytes] = deque()
        self._pieces: list[bytes] = []
        self._woken, self._waker = os.pipe()
        os.set_blocking(self._waker, False)
        self._is_woken = False
        self._at_end = False

    @property
    def ended(self) -> bool:
        """Whether there is nothing left and nothing will come."""
        return self._at_end and not self._lines

    def next(self, timeout: float) -> bytes | None:
        """The next line; None where none came in so many seconds, or the input ended."""
        if self._is_woken:
            self._is_woken = False
            os.read(self._woken, 64)
            return None
        while not self._lines and not self._at_end:
            ready, _, _ = select.select([self._descriptor, self._woken], [], [], timeout)
            if self._woken in ready:
                return self.next(timeout)
            if not ready:
                return None
            self._read()
        return self._lines.popleft() if self._lines else None

    def is_ready(self) -> bool:
        """Whether a line, or the end, can be had at once (or a part of a line has come)."""
        if self._lines or self._at_end or self._is_woken:
            return True
        return bool(select.select([self._descriptor, self._woken], [], [], 0)[0])

    def wake(self) -> bool:
        """End a `next` that waits, or the next one that would."""
        self._is_woken = True
        os.write(self._waker, b".")
        return True

    def close(self) -> None:
        """Close the pipe of `wake`."""
        os.close(self._waker)
        os.close(self._woken)

    def _read(self) -> None:
        piece = os.read(self._descriptor, _PIECE)
        if not piece:
            self._at_end = True
            rest = b"".join(self._pieces)
            self._pieces.clear()
            if rest:
                self._lines.append(rest)
            return
        *whole, rest = piece.split(b"\n")
        for line in whole:
            self._pieces.append(line)
            self._lines.append(b"".join(self._pieces))
            self._pieces.clear()
        if rest:
            self._pieces.append(rest)


class GivenLines(LineSource):
    """Lines that are there already, or whose input cannot say whether they are."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._at_end = False

    @property
    def ended(self) -> bool:
        """Whether the end was seen."""
        return self._at_end

    def next(self, timeout: float) -> bytes | None:  # noqa: ARG002 - it never waits
        """The next line; None at the end."""
        line = next(self._lines, None)
        self._at_end = line is None
        return line

    def is_ready(self) -> bool:
        """Whether there is more to take: always, until the end was seen."""
        return True

    def close(self) -> None:
        """Nothing is held."""


def lines_of(file: IO[bytes]) -> LineSource:
    """The lines of a file of which nothing was read yet."""
    try:
        return PipeLines(file.fileno())
    except (AttributeError, io.UnsupportedOperation):
        return GivenLines(file)
