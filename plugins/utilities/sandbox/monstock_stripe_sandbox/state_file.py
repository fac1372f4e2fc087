"""The file that a sandbox keeps its worlds in between two starts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

_VERSION = 4


class StateFileError(Exception):
    """A state file cannot be used; the message says which and why."""


def read_state(path: Path) -> dict[str, Any] | None:
    """Return what the file keeps, or None where there is no file yet.

    Raises:
        StateFileError: the file cannot be read, or is no state of a sandbox.
    """
    try:
        kept = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateFileError(f"state file {path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise StateFileError(
            f"state file {path} is not whole JSON: delete it to begin anew"
        ) from error
    if not isinstance(kept, dict) or kept.get("sandbox") != _VERSION:
        raise StateFileError(
            f"state file {path} was not written by this version of the sandbox: name another file"
        )
    state: dict[str, Any] = kept["state"]
    return state


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Write the file so that it is either the old one or the new one, never half of one.

    Raises:
        StateFileError: it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(msgspec.json.encode({"sandbox": _VERSION, "state": state}))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise StateFileError(f"state file {path}: {error.strerror}") from error
