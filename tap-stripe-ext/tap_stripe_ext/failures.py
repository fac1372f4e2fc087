"""Says what a failed stream failed with, and what its user can do."""

from __future__ import annotations

from monstock_stripe_core.stripe_errors import (
    StripeApiError,
    StripeForbiddenError,
    StripeNotFoundError,
)

from tap_stripe_ext.stream_table import PAYMENTS, PAYMENTS_PERMISSIONS, STREAM_TABLE


def describe(stream: str, error: StripeApiError) -> str:
    """Return one sentence for the log: the stream, what happened, what to do."""
    where = f" ({error.endpoint})" if error.endpoint else ""
    if isinstance(error, StripeForbiddenError):
        return (
            f"Stream {stream}: the API key may not read{where}. Give the restricted key the "
            f"permission {_permission(error, stream)}, deselect the stream, or list it in the "
            f"setting optional_streams. Stripe says: {error}"
        )
    if isinstance(error, StripeNotFoundError):
        return (
            f"Stream {stream}: Stripe has no such address{where}. Is it switched on for this "
            f"account? Otherwise deselect the stream. Stripe says: {error}"
        )
    return f"Stream {stream}: {error}"


def _permission(error: StripeForbiddenError, stream: str) -> str:
    """Name the permission as the Dashboard does, by what Stripe said or by the stream."""
    rows = {row.name: row.permission for row in STREAM_TABLE}
    candidates = PAYMENTS_PERMISSIONS if stream == PAYMENTS else (rows[stream],)
    if error.permission is not None:
        named = [one for one in (*candidates, *rows.values()) if f"({error.permission})" in one]
        return named[0] if named else error.permission
    if stream != PAYMENTS:
        return rows[stream]
    by_path = {row.path: row.permission for row in STREAM_TABLE}
    path = error.endpoint.removeprefix("GET ").removesuffix("/{id}")
    return by_path.get(path, ", ".join(candidates))
