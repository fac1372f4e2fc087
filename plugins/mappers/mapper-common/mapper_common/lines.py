"""Lines of a Singer stream, refused in words where they are none."""

from typing import Any

from singer_sdk.singerlib.encoding.simple import SimpleSingerReader
from singer_sdk.singerlib.json import deserialize_json

from mapper_common.errors import InputError

_REQUIRED: dict[str, tuple[str, ...]] = {
    "SCHEMA": ("stream", "schema"),
    "RECORD": ("stream", "record"),
    "STATE": ("value",),
    "ACTIVATE_VERSION": ("stream", "version"),
}


class LineReader(SimpleSingerReader):
    """Reads Singer messages from standard input; nothing of a bad line's content is shown."""

    def __init__(self) -> None:
        super().__init__()
        self._line = 0

    def deserialize_json(self, line: str) -> dict[str, Any]:
        """One message.

        Raises:
            InputError: the line is cut off or is no Singer message; its number is named.
        """
        self._line += 1
        try:
            message = deserialize_json(line)
        except (ValueError, RecursionError):
            raise self._refusal("is cut off or is no JSON") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise self._refusal("is no Singer message")
        kind = message["type"]
        if kind not in _REQUIRED:
            raise self._refusal(f"has the type {kind!r:.40}, which is not supported")
        missing = [name for name in _REQUIRED[kind] if name not in message]
        if missing:
            raise self._refusal(f"is a {kind} message without {missing[0]!r}")
        return message

    def _refusal(self, what: str) -> InputError:
        return InputError(
            f"line {self._line} of the input {what}. What came before it has been passed on; "
            "see why the program before this one in the pipe stopped, and run again."
        )
