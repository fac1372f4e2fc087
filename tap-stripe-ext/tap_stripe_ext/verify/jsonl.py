"""A target's content as files of JSON lines: Singer messages, or one file of records a stream."""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from tap_stripe_ext.reader import decode
from tap_stripe_ext.verify.compare import is_gone
from tap_stripe_ext.verify.received import CannotVerifyError, Held, Key
from tap_stripe_ext.verify.store import key_of, key_text, open_scratch

logger = logging.getLogger(__name__)

_ENDINGS = (".jsonl", ".singer", ".ndjson")
_SINGER_TYPES = frozenset({"SCHEMA", "RECORD", "STATE", "ACTIVATE_VERSION", "BATCH"})
# target-jsonl names its files "customers.jsonl" or "customers-20260131T120000.jsonl".
_TIME_IN_NAME = re.compile(r"-\d{8}T\d{6}$")
_TABLES = """
CREATE TABLE place (stream TEXT, key TEXT, created INTEGER, gone INTEGER, file INTEGER,
    offset INTEGER, length INTEGER, PRIMARY KEY (stream, key)) WITHOUT ROWID;
"""
_LINES_AT_ONCE = 1000


class JsonlReceived:
    """Files of JSON lines. The last record of a key is the one that counts.

    Args:
        path: a file, or a folder of which all files of JSON lines are read in the order of their
            names.
        keys: the key fields of each stream of the tap; lines of other streams are passed over.

    Raises:
        CannotVerifyError: if something in there cannot be read.
    """

    def __init__(self, path: Path, keys: Mapping[str, tuple[str, ...]]) -> None:
        self._keys = keys
        self._paths = _files_in(path)
        self._streams: set[str] = set()
        self._state: Mapping[str, Any] | None = None
        self._latest: int | None = None
        with ExitStack() as opened:
            folder = opened.enter_context(
                tempfile.TemporaryDirectory(prefix="tap-stripe-ext-verify-")
            )
            self._places = open_scratch(Path(folder) / "places.sqlite", _TABLES)
            opened.callback(self._places.close)
            self._files: list[BinaryIO] = []
            for number, one in enumerate(self._paths):
                self._files.append(opened.enter_context(one.open("rb")))
                self._index(number)
            self._opened = opened.pop_all()

    def streams(self) -> Collection[str]:
        """Return the streams that the files hold."""
        return self._streams

    def held(self, stream: str, keys: tuple[str, ...]) -> Iterator[Held]:  # noqa: ARG002
        """Yield everything that they hold of a stream."""
        for key, created, gone in self._places.execute(
            "SELECT key, created, gone FROM place WHERE stream = ?", (stream,)
        ):
            yield Held(key_of(key), created, bool(gone))

    def records(
        self,
        stream: str,
        keys: tuple[str, ...],  # noqa: ARG002
        wanted: Collection[Key],
    ) -> Mapping[Key, Mapping[str, Any]]:
        """Return the records with these keys."""
        found: dict[Key, Mapping[str, Any]] = {}
        for key in wanted:
            place = self._places.execute(
                "SELECT file, offset, length FROM place WHERE stream = ? AND key = ?",
                (stream, key_text(key)),
            ).fetchone()
            if place is not None:
                number, offset, length = place
                self._files[number].seek(offset)
                line = decode(self._files[number].read(length))
                found[key] = line["record"] if _is_message(line) else line
        return found

    def columns(self, stream: str) -> Collection[str] | None:  # noqa: ARG002
        """Return None: a line takes any field."""
        return None

    def state(self) -> Mapping[str, Any] | None:
        """Return the last STATE among Singer messages."""
        return self._state

    def latest(self) -> int | None:
        """Return when the newest record was extracted, or when the newest file was written."""
        return self._latest

    def close(self) -> None:
        """Let go of the files."""
        self._opened.close()

    def _index(self, number: int) -> None:
        path, file = self._paths[number], self._files[number]
        own_stream = _TIME_IN_NAME.sub("", path.stem)
        rows: dict[tuple[str, str], tuple[Any, ...]] = {}
        if own_stream in self._keys:
            self._streams.add(own_stream)  # also where the file is empty
        offset = 0
        written = int(path.stat().st_mtime)
        for line_number, line in enumerate(file, 1):
            if line.strip():
                value = self._decoded(line, path, line_number)
                if value is None:
                    break
                stream, record = self._record_in(value, own_stream)
                if not _is_message(value):
                    self._latest = max(self._latest or 0, written)
                if record is not None and stream in self._keys:
                    key = key_text(self._key(stream, record, path, line_number))
                    rows[stream, key] = (
                        *(stream, key, record.get("created"), is_gone(record)),
                        *(number, offset, len(line)),
                    )
                    if len(rows) >= _LINES_AT_ONCE:
                        self._keep(rows)
            offset += len(line)
        self._keep(rows)

    def _decoded(self, line: bytes, path: Path, number: int) -> dict[str, Any] | None:
        try:
            value = decode(line)
        except ValueError as error:
            if not line.endswith(b"\n"):
                logger.warning("%s: its last line is cut off, and is passed over", path)
                return None
            raise CannotVerifyError(f"{path}, line {number} is no JSON ({error}).") from None
        if not isinstance(value, dict):
            raise CannotVerifyError(f"{path}, line {number} holds no JSON object.")
        return value

    def _record_in(
        self, value: dict[str, Any], own_stream: str
    ) -> tuple[str, dict[str, Any] | None]:
        if not _is_message(value):
            self._streams.add(own_stream)
            return own_stream, value
        if value["type"] == "STATE":
            self._state = value["value"]
            return "", None
        stream = str(value.get("stream"))
        self._streams.add(stream)
        if value["type"] == "RECORD":
            extracted = value.get("time_extracted")
            if isinstance(extracted, str):
                moment = int(datetime.fromisoformat(extracted).timestamp())
                self._latest = max(self._latest or 0, moment)
            return stream, value["record"]
        return stream, None

    def _key(self, stream: str, record: Mapping[str, Any], path: Path, number: int) -> Key:
        lacking = [name for name in self._keys[stream] if record.get(name) is None]
        if lacking:
            raise CannotVerifyError(
                f"{path}, line {number}: this record of {stream} has no {', '.join(lacking)}, "
                "which is part of the stream's key. Was it received with other settings?"
            )
        return tuple(record[name] for name in self._keys[stream])

    def _keep(self, rows: dict[tuple[str, str], tuple[Any, ...]]) -> None:
        self._places.executemany(
            "INSERT OR REPLACE INTO place VALUES (?, ?, ?, ?, ?, ?, ?)", rows.values()
        )
        rows.clear()


def _is_message(line: Mapping[str, Any]) -> bool:
    return line.get("type") in _SINGER_TYPES and ("stream" in line or "value" in line)


def _files_in(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise CannotVerifyError(
            f"There is no file or folder {path}. Give one, or a SQLAlchemy URL such as "
            "postgresql+psycopg://user@host/database."
        )
    found = sorted(one for one in path.iterdir() if one.suffix in _ENDINGS and one.is_file())
    if not found:
        raise CannotVerifyError(
            f"The folder {path} holds no file whose name ends in {', '.join(_ENDINGS)}."
        )
    return found
