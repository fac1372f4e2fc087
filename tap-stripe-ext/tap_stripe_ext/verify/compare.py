"""Compares one record as Stripe has it with the same record as a target holds it. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tap_stripe_ext.reader import decode

# Addresses that Stripe signs anew when it renders an object, and a counter of deliveries: they
# differ from one reading to the next without the object having changed.
UNSTEADY = frozenset({"hosted_invoice_url", "invoice_pdf", "pending_webhooks", "receipt_url"})
# Two doubles this close are one number that was printed with 15 digits on its way.
_NEARLY = 1e-14
_NO_WINDOW = "-"


def different_fields(
    listed: Mapping[str, Any],
    received: Mapping[str, Any],
    columns: Collection[str] | None = None,
    ignored: Collection[str] = (),
) -> tuple[str, ...]:
    """Return the names of the fields in which two records differ, sorted.

    A null and an absent field are equal, and columns that a target adds (`_sdc_…`) do not count.

    Args:
        listed: the record as the tap emits it now.
        received: the record as the target holds it.
        columns: the fields that the target has a place for, if it is a table. Then an empty text
            equals null, since targets that load by CSV cannot tell them apart; values may be
            JSON text; and only these fields are compared.
        ignored: further fields that do not count.
    """
    names = {name for name in (*listed, *received) if not name.startswith("_sdc_")}
    names -= UNSTEADY.union(ignored)
    if columns is None:
        return tuple(sorted(one for one in names if not _equal(listed.get(one), received.get(one))))
    return tuple(
        sorted(
            one
            for one in names & set(columns)
            if not _equal_in_table(listed.get(one), received.get(one))
        )
    )


def is_gone(record: Mapping[str, Any]) -> bool:
    """Tell whether a record says that its object was deleted."""
    return bool(record.get("deleted")) or record.get("_sdc_deleted_at") is not None


def window_of(created: int | None, kind: str) -> str:
    """Return the window that a moment belongs to, in UTC.

    Args:
        created: seconds since 1970, or None for an object that does not say.
        kind: "day" or "month".
    """
    if created is None:
        return _NO_WINDOW
    form = "%Y-%m-%d" if kind == "day" else "%Y-%m"
    return datetime.fromtimestamp(created, UTC).strftime(form)


def _equal(listed: Any, received: Any) -> bool:
    if isinstance(listed, Mapping) and isinstance(received, Mapping):
        names = {*listed, *received} - UNSTEADY
        return all(_equal(listed.get(name), received.get(name)) for name in names)
    if isinstance(listed, list) and isinstance(received, list):
        return len(listed) == len(received) and all(map(_equal, listed, received))
    if isinstance(listed, bool) or isinstance(received, bool):
        return listed is received
    if _is_number(listed) and _is_number(received):
        return _equal_numbers(listed, received)
    return bool(listed == received)


def _equal_in_table(listed: Any, received: Any) -> bool:
    if _equal(listed, received) or (listed in (None, "") and received in (None, "")):
        return True
    if isinstance(listed, bool) and _is_number(received):  # SQLite has no booleans
        return bool(int(listed) == received)
    if isinstance(received, (str, bytes)):
        try:
            parsed = decode(received.encode() if isinstance(received, str) else received)
        except ValueError:
            return False
        return _equal(listed, parsed)
    return False


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _equal_numbers(one: int | float | Decimal, other: int | float | Decimal) -> bool:
    if isinstance(one, float) or isinstance(other, float):
        # Only rates and percentages have a fraction; amounts of money are integers on both sides.
        return math.isclose(one, other, rel_tol=_NEARLY)
    return one == other
