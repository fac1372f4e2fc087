"""Files that hold something of a person: reports and exports that were made of a ledger."""

import gzip
import os
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from target_common.errors import TargetError
from target_common.forgetting.person import between_words, spellings

_AT_A_TIME = 1 << 20
_UNREADABLE = (OSError, EOFError, zipfile.BadZipFile, gzip.BadGzipFile, RuntimeError)


@dataclass(frozen=True, slots=True)
class Trace:
    """A file that holds something of a person, or could not be read.

    Attributes:
        problem: why it could not be looked through; None where something was found.
    """

    path: Path
    problem: str | None = None


def files_with(
    folders: Iterable[Path], values: Collection[str], *, without: Collection[Path] = ()
) -> list[Trace]:
    """The files that hold any of the values, by their path.

    Looked into are also the parts of a zip (an XLSX is one) and what gzip packed. Links are not
    followed.

    Args:
        folders: looked through with all that is in them.
        values: as `Person.values` has them.
        without: files that are left out, whatever links lead to them: the ledger itself.

    Raises:
        TargetError: one of them is no folder.
    """
    if not values:
        return []
    patterns = _patterns(values)
    left_out = {os.path.realpath(path) for path in without}
    found = []
    for folder in folders:
        if not folder.is_dir():
            raise TargetError(f"there is no folder {folder}")
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not path.is_file() or os.path.realpath(path) in left_out:
                continue
            try:
                if any(_holds(stream, patterns) for stream in _streams(path)):
                    found.append(Trace(path))
            except _UNREADABLE as error:
                found.append(Trace(path, f"cannot be read ({type(error).__name__})"))
    return found


def delete_files(traces: Iterable[Trace]) -> list[Trace]:
    """Delete the files; return those that are still there, with the reason.

    One that could not be looked through is not deleted: nobody knows what it holds.
    """
    left = []
    for trace in traces:
        if trace.problem is not None:
            left.append(trace)
            continue
        try:
            trace.path.unlink()
        except OSError as error:
            left.append(Trace(trace.path, f"cannot be deleted ({error.strerror})"))
    return left


@dataclass(frozen=True, slots=True)
class _Patterns:
    """What finds the values: between words in a text, and anywhere in other files."""

    text: re.Pattern[bytes]
    binary: re.Pattern[bytes]
    longest: int


def _patterns(values: Collection[str]) -> _Patterns:
    every = sorted({one for value in values for one in spellings(value)}, key=len, reverse=True)
    plain = [re.escape(one.encode()) for one in every]
    wide = [re.escape(one.encode("utf-16-le")) for one in every]
    return _Patterns(
        re.compile(between_words(every).encode(), re.IGNORECASE),
        re.compile(b"|".join([*plain, *wide]), re.IGNORECASE),
        2 * max(map(len, every)) + 8,
    )


def _streams(path: Path) -> Iterator[IO[bytes]]:
    """What a file holds: itself, and what is packed in it."""
    with path.open("rb") as file:
        beginning = file.read(4)
        file.seek(0)
        yield file
    if beginning[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(path) as packed:
            for name in packed.namelist():
                with packed.open(name) as part:
                    yield part
    elif beginning[:2] == b"\x1f\x8b":
        with gzip.open(path) as unpacked:
            yield unpacked  # type: ignore[misc]


def _holds(stream: IO[bytes], patterns: _Patterns) -> bool:
    """Whether anything is found; what lies across two pieces is found too."""
    kept = b""
    pattern: re.Pattern[bytes] | None = None
    while piece := stream.read(_AT_A_TIME):
        if pattern is None:
            pattern = patterns.binary if b"\0" in piece else patterns.text
        if pattern.search(kept + piece):
            return True
        kept = piece[-patterns.longest :]
    return False
