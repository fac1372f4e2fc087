"""How Monstock's stand-in reads a request: strictly, with an error that names what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from aiohttp import web

LARGEST_PAGE = 100
MOST_IDS = 100

Body = TypeVar("Body")


class ApiError(Exception):
    """An answer with a status of 400 or more."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def response(self) -> web.Response:
        """Return the error in Monstock's shape."""
        body = {"error": {"code": self.code, "message": self.message}}
        response = web.json_response(body, status=self.status)
        if self.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response


@dataclass(frozen=True, slots=True)
class ListParameters:
    """What a list was asked for."""

    updated_since: datetime | None
    ids: tuple[str, ...] | None
    lookups: tuple[tuple[str, str], ...]
    page: int
    per_page: int
    by_update: bool
    payments: bool


def parameters(request: web.Request, known: Iterable[str]) -> dict[str, str]:
    """Return the query's parameters, each at most once and none that is not known."""
    query = request.query
    names = sorted(known)
    for name in query:
        if name not in names:
            raise ApiError(
                400,
                "unknown_parameter",
                f"unknown parameter {name!r}; this call takes: {', '.join(names) or 'none'}",
            )
        if len(query.getall(name)) > 1:
            raise ApiError(400, "invalid_parameter", f"parameter {name!r} is given twice")
    return dict(query)


def list_parameters(
    request: web.Request, lookups: tuple[str, ...], *, payments: bool = False
) -> ListParameters:
    """Read the parameters of a list.

    Args:
        request: the call.
        lookups: the fields that it can look for.
        payments: whether it can include payments.
    """
    known = (*lookups, "ids", "updated_since", "sort", "page", "per_page")
    given = parameters(request, (*known, "include") if payments else known)
    sort = given.get("sort", "created_at")
    if sort not in ("created_at", "updated_at"):
        raise ApiError(400, "invalid_parameter", "sort must be created_at or updated_at")
    since = given.get("updated_since")
    return ListParameters(
        updated_since=None if since is None else _moment(since),
        ids=_ids(given["ids"]) if "ids" in given else None,
        lookups=tuple((name, given[name]) for name in lookups if name in given),
        page=_whole_number(given, "page", 1, 10**9),
        per_page=_whole_number(given, "per_page", LARGEST_PAGE, LARGEST_PAGE),
        by_update=sort == "updated_at",
        payments=included_payments(given),
    )


def included_payments(given: dict[str, str]) -> bool:
    """Say whether `include` asks for the payments."""
    if given.get("include", "payments") != "payments":
        raise ApiError(400, "invalid_parameter", "include must be payments")
    return "include" in given


def _whole_number(given: dict[str, str], name: str, default: int, largest: int) -> int:
    text = given.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 11 and 1 <= int(text) <= largest):
        raise ApiError(400, "invalid_parameter", f"{name} must be a number from 1 to {largest}")
    return int(text)


def _ids(text: str) -> tuple[str, ...]:
    ids = tuple(dict.fromkeys(entry for entry in text.split(",") if entry))
    if not 1 <= len(ids) <= MOST_IDS:
        raise ApiError(400, "invalid_parameter", f"ids takes 1 to {MOST_IDS} ids")
    return ids


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    message = "updated_since must be a time with its zone, like 2026-03-01T08:00:00Z"
    raise ApiError(400, "invalid_parameter", message)


async def body(request: web.Request, decoder: msgspec.json.Decoder[Body]) -> Body:
    """Read a JSON body of the decoder's type."""
    if request.content_type != "application/json":
        raise ApiError(415, "unsupported_media_type", "the body must be application/json")
    try:
        return decoder.decode(await request.read())
    except msgspec.ValidationError as error:
        unknown = "unknown field" in str(error)
        raise ApiError(422, "unknown_field" if unknown else "invalid_field", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ApiError(400, "invalid_json", "the body is not JSON") from None
