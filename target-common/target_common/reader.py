"""Reads Singer messages line by line, and goes on after a line that is none.

Between the lines, and while none comes, a listener has its turn.

What a broken line said is unknown: a RECORD may have been lost. So the lines after it are taken,
but their STATE must not be returned, for it would move the bookmark past what was lost.
"""

import json
import logging
import sys
from collections import Counter
from collections.abc import Callable
from typing import IO, Any, Protocol

from singer_sdk.singerlib.encoding import GenericSingerReader
from singer_sdk.singerlib.exceptions import InvalidInputLine

from target_common.intake import PAUSE
from target_common.lines import LineSource, lines_of

_logger = logging.getLogger("singer-target")

_FIRST_FEW = 5


Callbacks = dict[str, Callable[[dict[str, Any]], None]]


class Listener(Protocol):
    """Who has a turn between lines."""

    def after_line(self) -> float:
        """A message was handled; return the seconds without one that count as a pause."""

    def while_idle(self) -> float:
        """No line came for so long; return the seconds to wait until the next turn."""


class MessageReader(GenericSingerReader[bytes]):
    """Singer messages from bytes (or text, in tests).

    Attributes:
        broken: numbers of the lines that were no Singer message, the first few of them.
        broken_count: how many there were.
        listener: has a turn between lines; None: nobody.
    """

    def __init__(self) -> None:
        super().__init__()
        self.broken: list[int] = []
        self.broken_count = 0
        self.listener: Listener | None = None
        self._source: LineSource | None = None
        self._callbacks: Callbacks = {}
        self._counts: Counter[str] = Counter()
        self._number = 0

    @property
    def default_input(self) -> IO[bytes]:
        """Standard input, in bytes: a wrong encoding is then a broken line and not the end."""
        return sys.stdin.buffer

    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        """A line as a message.

        Raises:
            InvalidInputLine: it is no JSON object. The line itself is data and is not repeated.
        """
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            raise InvalidInputLine("not a line of JSON; perhaps it was cut") from None
        if not isinstance(message, dict):
            raise InvalidInputLine("not a JSON object")
        return message

    @staticmethod
    def assert_line_requires(line_dict: dict[str, Any], requires: set[str]) -> None:
        """Check a message's keys.

        Raises:
            InvalidInputLine: naming what is missing, and not what is there.
        """
        missing = sorted(requires - set(line_dict))
        if missing:
            raise InvalidInputLine(f"a message without {', '.join(missing)}")

    def process_lines(self, file_input: IO[bytes] | None, callbacks: Callbacks) -> Counter[str]:
        """Hand each message to its callback, until the input ends.

        Returns:
            How many messages of each type there were.
        """
        self._source = source = lines_of(file_input or self.default_input)
        self._callbacks = callbacks
        pause = PAUSE
        try:
            while True:
                line = source.next(pause)
                if line is not None:
                    self._take(line)
                    pause = PAUSE if self.listener is None else self.listener.after_line()
                elif source.ended:
                    break
                elif self.listener is not None:
                    pause = self.listener.while_idle()
        finally:
            self._source = None
            source.close()
        return self._counts

    @property
    def has_input(self) -> bool:
        """Whether there is a line, or the end of the input, to be taken at once."""
        return self._source is not None and self._source.is_ready()

    def take_ready(self, most: int) -> int:
        """Take the lines that are there, at most so many, in the middle of something else.

        Returns:
            How many were taken.
        """
        source = self._source
        taken = 0
        while source is not None and taken < most and not source.ended and source.is_ready():
            line = source.next(0)
            if line is None:
                break
            self._take(line)
            taken += 1
        return taken

    def wake(self) -> bool:
        """Give the listener its turn soon; may be called by a signal handler.

        Returns:
            Whether there will be one.
        """
        return self._source is not None and self._source.wake()

    def _take(self, line: bytes) -> None:
        self._number += 1
        if not line.strip():
            return
        try:
            kind = self._handle(line, self._callbacks)
        except InvalidInputLine as error:
            self.broken_count += 1
            if len(self.broken) < _FIRST_FEW:
                self.broken.append(self._number)
            _logger.error("line %d of the input: %s", self._number, error)
        else:
            self._counts[kind] += 1

    def _handle(self, line: bytes, callbacks: Callbacks) -> str:
        message = self.deserialize_json(line)
        self.assert_line_requires(message, {"type"})
        kind = str(message["type"])
        callback = callbacks.get(kind)
        if callback is None:
            raise InvalidInputLine(f"a message of unknown type {kind!r:.40}")
        record = message.get("record", {})
        if not isinstance(record, dict):
            raise InvalidInputLine(f"a record must be an object, not {type(record).__name__}")
        callback(message)
        return kind
