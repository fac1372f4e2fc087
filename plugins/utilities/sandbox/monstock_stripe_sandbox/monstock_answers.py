"""What the calls of Monstock's stand-in share: how they answer, and the caller's condition."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from monstock_stripe_sandbox.monstock_requests import ApiError


def answered(answer: msgspec.Struct, etag: str | None = None, status: int = 200) -> web.Response:
    """Return an answer; `etag` is that of the one thing that it is about."""
    response = web.Response(
        body=msgspec.json.encode(answer), status=status, content_type="application/json"
    )
    if etag is not None:
        response.headers["ETag"] = etag
    return response


def unless_stale(request: web.Request, etag: str, name: str) -> None:
    """Refuse a call whose condition no longer holds.

    Raises:
        ApiError: `name` has changed since the caller read it.
    """
    if request.headers.get("If-Match") not in (None, "*", etag):
        message = f"{name} has changed since you read it: read it again"
        raise ApiError(412, "stale", message)


def given_fields(patch: msgspec.Struct) -> dict[str, Any]:
    """Return the fields that a body names."""
    values = msgspec.structs.asdict(patch)
    return {name: value for name, value in values.items() if value is not msgspec.UNSET}
