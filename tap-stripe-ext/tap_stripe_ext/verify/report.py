"""Shows what a comparison has found: a table for people, JSON for machines. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields

from tap_stripe_ext.verify.findings import (
    DIFFERENCES,
    EQUAL,
    MOST_EXAMPLES,
    StreamFindings,
    Tally,
    exit_status,
)

_COLUMNS = tuple(one.name for one in fields(Tally))
_VERDICTS = {EQUAL: "equal", DIFFERENCES: "differences"}


def as_table(streams: Sequence[StreamFindings]) -> str:
    """Return a table: a line for each stream, and one for each window in which something differs.

    Under it stand the first differences of each stream, and one sentence that says it all.
    """
    rows = [("stream", "window", *_COLUMNS)]
    for stream in streams:
        if stream.problem is not None:
            rows.append((stream.name, "not verified", *("" for _ in _COLUMNS)))
            continue
        rows.append((stream.name, "all", *_numbers(stream.total)))
        rows += [
            ("", window, *_numbers(tally))
            for window, tally in sorted(stream.windows.items())
            if tally.wrong or tally.awaited
        ]
    parts = [_aligned(rows), *_examples(streams), _sentence(streams)]
    return "\n".join(part for part in parts if part)


def as_json(streams: Sequence[StreamFindings]) -> str:
    """Return the same as JSON, with every window."""
    status = exit_status(streams)
    body = {
        "status": _VERDICTS.get(status, "not verified"),
        "streams": {
            stream.name: {
                "problem": stream.problem,
                "optional": stream.optional,
                "total": asdict(stream.total),
                "windows": {
                    window: asdict(tally) for window, tally in sorted(stream.windows.items())
                },
                "examples": [asdict(example) for example in stream.examples],
            }
            for stream in streams
        },
    }
    return json.dumps(body, indent=2)


def _numbers(tally: Tally) -> Iterable[str]:
    return (str(getattr(tally, name)) for name in _COLUMNS)


def _aligned(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _examples(streams: Iterable[StreamFindings]) -> list[str]:
    lines = []
    for stream in streams:
        lines += [
            f"{stream.name} {' '.join(map(str, one.key))} ({one.window}): {one.what}"
            + (f" in {', '.join(one.fields)}" if one.fields else "")
            for one in stream.examples
        ]
        if stream.total.wrong > MOST_EXAMPLES:
            lines.append(f"{stream.name}: … {stream.total.wrong} in all")
        if stream.problem is not None:
            lines.append(f"{stream.name}: not verified, {stream.problem}")
    return ["", *lines] if lines else []


def _sentence(streams: Sequence[StreamFindings]) -> str:
    wrong = sum(stream.total.wrong for stream in streams)
    awaited = sum(stream.total.awaited for stream in streams)
    unread = [stream.name for stream in streams if stream.problem is not None]
    said = [f"{wrong} differences." if wrong else "No differences."]
    if awaited:
        said.append(f"{awaited} objects changed since the last run, and the next one brings them.")
    if unread:
        said.append(f"Not verified: {', '.join(unread)}.")
    return "\n" + " ".join(said)
