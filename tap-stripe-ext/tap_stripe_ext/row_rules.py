"""What a row says of how its changes are found, its parent's row included. Pure."""

from __future__ import annotations

from tap_stripe_ext.stream_table import StreamRow, row_named


def parent_row(row: StreamRow) -> StreamRow | None:
    """Return the row of the parents of a nested list; None of any other."""
    return None if row.parent is None else row_named(row.parent.stream)


def is_listed_by_created(row: StreamRow) -> bool:
    """Tell whether new objects, or those of new parents, are looked for by `created`."""
    parent = parent_row(row)
    return row.listed_by_created or (parent is not None and parent.listed_by_created)


def is_listed_whole(row: StreamRow) -> bool:
    """Tell whether the whole list is compared with what it was, at an interval."""
    parent = parent_row(row)
    return row.listed_whole or (parent is not None and parent.listed_whole)


def can_vanish(row: StreamRow) -> bool:
    """Tell whether records of the stream may say that an object is gone."""
    return row.deletable or row.listed_whole
