"""What an export consists of, and of which run it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

MANIFEST = "manifest.json"

FORMAT_VERSION = 1
"""Of the JSON files; it grows when a field changes its meaning or goes."""


@dataclass(frozen=True, slots=True)
class Written:
    """One file that was written: its name, format, the list in it and how many rows it has.

    `rows` is None where the file is no list.
    """

    name: str
    format: str
    list: str | None = None
    rows: int | None = None


class ListedFile(msgspec.Struct, frozen=True):
    """A file as the manifest tells it."""

    name: str
    format: str
    list: str | None
    rows: int | None
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """All files of one export.

    Attributes:
        complete: false while files are being put in place: those of two runs may stand there.
        run: id, as_of and finished_at of the run, and to what it was restricted.
    """

    format_version: int
    complete: bool
    program: str
    run: Mapping[str, Any]
    files: tuple[ListedFile, ...]


def listed(folder: Path, one: Written) -> ListedFile:
    """A file with its size and digest."""
    file = folder / one.name
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return ListedFile(one.name, one.format, one.list, one.rows, file.stat().st_size, digest)


def encoded(manifest: Manifest) -> bytes:
    """The manifest as its file has it."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
