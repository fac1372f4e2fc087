"""Files given on the command line: configuration, state, catalog."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from singer_sdk.singerlib import Catalog

from tap_common.errors import InputFileError


def read_file(name: str, what: str) -> str:
    """Return the content of a file given on the command line.

    Raises:
        InputFileError: if it cannot be read.
    """
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(f"The {what} file {name} cannot be read ({error}).") from None


def read_json_object(text: str, what: str) -> dict[str, Any]:
    """Return the JSON object in a file given on the command line.

    Args:
        text: the file's content.
        what: what the file is for, such as "state".

    Raises:
        InputFileError: if it holds none.
    """
    if not text.strip():
        raise InputFileError(f"The {what} file is empty.")
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InputFileError(
            f"The {what} file is no valid JSON ({error}). Is it cut off, or are there several "
            "lines in it?"
        ) from None
    if not isinstance(value, dict):
        raise InputFileError(f"The {what} file holds no JSON object.")
    return value


def read_catalog(text: str, tap_name: str) -> Catalog:
    """Return the Singer catalog in a file given on the command line.

    Args:
        text: the file's content.
        tap_name: the command that writes one.

    Raises:
        InputFileError: if it holds none.
    """
    value = read_json_object(text, "catalog")
    try:
        if not isinstance(value["streams"], list):
            raise TypeError("streams")
        return Catalog.from_dict(value)
    except (AttributeError, KeyError, TypeError) as error:
        raise InputFileError(
            f"The catalog file holds no Singer catalog ({error!r} in it). "
            f"`{tap_name} --discover` writes one."
        ) from None
