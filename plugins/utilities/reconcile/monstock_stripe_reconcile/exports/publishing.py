"""The folder of an export: all files of one run, or those of the run before."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from monstock_stripe_reconcile.errors import ReconcileError
from monstock_stripe_reconcile.exports.manifest import (
    FORMAT_VERSION,
    MANIFEST,
    Manifest,
    Written,
    encoded,
    listed,
)

_STAGING = ".new"


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """An empty folder inside, for files that are not whole yet; it is gone afterwards.

    Args:
        folder: of the export; made where it is not there. Until the end no other export may write
            to it.

    Raises:
        ReconcileError: the folder cannot be written to, or another export does.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise ReconcileError(f"{folder} cannot be written to: {error.strerror}") from None
    place = folder / _STAGING
    try:
        _lock(descriptor, folder)
        # What a run that was killed has left.
        shutil.rmtree(place, ignore_errors=True)
        try:
            place.mkdir()
        except OSError as error:
            raise ReconcileError(f"{folder} cannot be written to: {error.strerror}") from None
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(descriptor)


def publish(
    place: Path,
    run: dict[str, Any],
    written: Sequence[Written],
    move: Callable[[Path, Path], object] = Path.replace,
) -> Manifest:
    """Put the files in place of those of the run before.

    Where this is cut short, the manifest says `complete: false`, and the next export takes away
    what this one left.

    Args:
        place: from `staging`, with the files.
        run: its id, moments and restriction.
        written: the files.
        move: puts a file in place at once.

    Returns:
        The manifest that stands in the folder now.

    Raises:
        ReconcileError: a file of that name is there and of no export.
    """
    folder = place.parent
    files = tuple(listed(place, one) for one in written)
    program = f"monstock-stripe-reconcile {version('monstock-stripe-reconcile')}"
    before = _names_before(folder)
    names = {one.name for one in files}
    for name in sorted(names - before):
        if (folder / name).exists():
            raise ReconcileError(
                f"{folder / name} is there and of no export of ours: name another output folder"
            )
    manifest = Manifest(FORMAT_VERSION, True, program, run, files)
    ours = tuple(
        msgspec.structs.replace(files[0], name=name, list=None, rows=None, bytes=0, sha256="")
        for name in sorted(before - names)
    )
    _put(folder, msgspec.structs.replace(manifest, complete=False, files=files + ours), move)
    for name in before - names:
        (folder / name).unlink(missing_ok=True)
    for name in sorted(names):
        move(place / name, folder / name)
    _put(folder, manifest, move)
    return manifest


def _put(folder: Path, manifest: Manifest, move: Callable[[Path, Path], object]) -> None:
    new = folder / _STAGING / MANIFEST
    new.write_bytes(encoded(manifest))
    move(new, folder / MANIFEST)


def _names_before(folder: Path) -> set[str]:
    """What the manifest in the folder names: files of an export, whole or not."""
    file = folder / MANIFEST
    try:
        before = msgspec.json.decode(file.read_bytes(), type=Manifest)
    except FileNotFoundError:
        return set()
    except (OSError, msgspec.DecodeError):
        raise ReconcileError(
            f"{file} is there and is no manifest of ours: name another output folder"
        ) from None
    # Nothing outside of the folder is ever removed, whatever the file says.
    return {one.name for one in before.files if Path(one.name).name == one.name}


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise ReconcileError(
            f"another export is writing to {folder}: wait until it has ended"
        ) from None
