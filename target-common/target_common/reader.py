"""Reads Singer messages line by line, and goes on after a line that is none.

What a broken line said is unknown: a RECORD may have been lost. So the lines after it are taken,
but their STATE must not be returned, for it would move the bookmark past what was lost.
"""

import json
import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from typing import IO, Any

from singer_sdk.singerlib.encoding import GenericSingerReader
from singer_sdk.singerlib.exceptions import InvalidInputLine

_logger = logging.getLogger("singer-target")


class MessageReader(GenericSingerReader[bytes]):
    """Singer messages from bytes (or text, in tests).

    Attributes:
        broken: numbers of the lines that were no Singer message.
    """

    def __init__(self) -> None:
        super().__init__()
        self.broken: list[int] = []

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

    def process_lines(
        self,
        file_input: IO[bytes] | None,
        callbacks: dict[str, Callable[[dict[str, Any]], None]],
    ) -> Counter[str]:
        """Hand each message to its callback.

        Returns:
            How many messages of each type there were.
        """
        counts: Counter[str] = Counter()
        lines: Iterable[bytes] = file_input or self.default_input
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                kind = self._handle(line, callbacks)
            except InvalidInputLine as error:
                self.broken.append(number)
                _logger.error("line %d of the input: %s", number, error)
            else:
                counts[kind] += 1
        return counts

    def _handle(self, line: bytes, callbacks: dict[str, Callable[[dict[str, Any]], None]]) -> str:
        message = self.deserialize_json(line)
        self.assert_line_requires(message, {"type"})
        kind = str(message["type"])
        callback = callbacks.get(kind)
        if callback is None:
            raise InvalidInputLine(f"a message of unknown type {kind!r:.40}")
        callback(message)
        return kind
