"""Lists, page by page, so that no row is lost where rows change while they are read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Protocol

from monstock_stripe_core.json_paths import getter
from monstock_stripe_core.monstock_call import Call
from monstock_stripe_core.monstock_errors import MonstockProtocolError, MonstockRejected
from monstock_stripe_core.monstock_fields import shown
from monstock_stripe_core.monstock_formats import TimeCodec
from monstock_stripe_core.monstock_http import MonstockHttp
from monstock_stripe_core.profile import Profile
from monstock_stripe_core.profile_records import Get, UpdatedSince

Rows = list[Any]
Parameters = Mapping[str, str | int]
Seen = set[tuple[str, str]]

_LONGEST_STEP = timedelta(seconds=1)
"""The coarsest precision of times that a profile knows: what `since` may be cut by."""
_MOST_READINGS = 10
_NEVER = datetime.min.replace(tzinfo=UTC)


class RowReader(Protocol):
    """What a list of changes must know of a row's JSON."""

    def record_id(self, data: object, /) -> str | None:
        """Return its id, if it has one."""

    def read_updated_at(self, data: object, /) -> datetime | None:
        """Return its time of change; None where it is missing or unreadable."""


@dataclass(frozen=True, slots=True)
class Changing:
    """Records that change and are listed by that: orders or customers.

    Attributes:
        section: where the profile describes them.
        get: their list.
        updated_since: how those that changed are asked for.
        rows: reads what tells rows apart.
    """

    section: str
    get: Get
    updated_since: UpdatedSince
    rows: RowReader


class Pages:
    """Reads lists in the profile's style of pages."""

    def __init__(self, http: MonstockHttp, profile: Profile) -> None:
        self._http = http
        self._profile = profile
        self._time = TimeCodec(profile.formats.time)
        paging = profile.pagination
        self._data = getter(profile.answers.data) if profile.answers.data else _itself
        self._total = getter(paging.total) if paging.total else None
        self._next = getter(paging.next_cursor) if paging.next_cursor else None
        time = profile.formats.time
        zoned = time.style == "iso8601" and time.zone_written
        # Local times go back by an hour once a year, and the order of rows with them.
        self._slack = timedelta(0) if zoned else timedelta(hours=2)

    def data(self, body: Any) -> Any:
        """What an answer is about, taken out of its envelope."""
        return self._data(body)

    def all(self, get: Get, path: str, parameters: Parameters, about: str) -> Iterator[Rows]:
        """All pages of a list, one after the other."""
        cursor: str | int | None = None
        number = self._profile.pagination.first_page
        before = 0
        while True:
            asked = {**get.parameters, **parameters, **self._page(number, cursor)}
            rows, body = self._ask(path, asked, about)
            yield rows
            following = self._cursor_after(body, cursor, path)
            if self._profile.pagination.style == "cursor":
                if following is None:
                    return
            elif self._is_last(rows, body, before):
                return
            cursor = following
            number += 1
            before += len(rows)

    def updated_since(self, changing: Changing, since: datetime | None) -> Iterator[Any]:
        """The JSON of all records that changed at `since` or later, oldest change first.

        A record that changes while the list is read comes again with its new time; it never
        pushes another one out of sight.
        """
        if not changing.updated_since.sorted:
            yield from self._unsorted(changing, since)
        elif self._profile.pagination.style == "page":
            yield from self._keyset(changing, since)
        else:
            seen: Seen = set()
            for rows in self.all(*self._changes_call(changing, since)):
                yield from _fresh(changing, rows, seen)

    def _keyset(self, changing: Changing, since: datetime | None) -> Iterator[Any]:
        """Go on from the last time of change seen, not from the next number of page.

        By number, a record that changes meanwhile leaves its page for the end of the list, all
        behind it move up by one, and the first of the next page is never shown. Where one
        time of change fills more than a page, pages are counted within it, and counted again
        until two readings of it agree.
        """
        seen: Seen = set()
        number = self._profile.pagination.first_page
        before = 0
        reading: list[tuple[str, str]] = []
        last_reading: list[tuple[str, str]] | None = None
        while True:
            get, path, parameters, about = self._changes_call(changing, since)
            asked = {**get.parameters, **parameters, **self._page(number, None)}
            rows, body = self._ask(path, asked, about)
            times = self._times(changing, rows)
            yield from _fresh(changing, rows, seen)
            last = self._is_last(rows, body, before)
            first_page = number == self._profile.pagination.first_page
            moved_on = bool(times) and (since is None or times[-1] > since)
            if last and first_page:
                return
            if moved_on and first_page:
                since = times[-1]
                edge = since - self._slack - _LONGEST_STEP
                seen = {key for key, at in _keys(changing, rows) if at is None or at >= edge}
                before = 0
                continue
            reading += [
                key
                for key, at in _keys(changing, rows)
                if since is None or at is None or at <= since
            ]
            if not last and not moved_on:
                number += 1
                before += len(rows)
                continue
            number, before = self._profile.pagination.first_page, 0
            if reading != last_reading:
                last_reading, reading = reading, []
                continue
            if last:
                return
            since = times[-1]
            reading, last_reading = [], None

    def _unsorted(self, changing: Changing, since: datetime | None) -> Iterator[Any]:
        """Read everything until two readings agree, then sort what all of them showed."""
        found: dict[tuple[str, str], tuple[datetime, Any]] = {}
        last_keys: set[tuple[str, str]] | None = None
        for _ in range(_MOST_READINGS):
            call = self._changes_call(changing, since)
            rows = [row for page in self.all(*call) for row in page]
            keys = set()
            for row, (key, at) in zip(rows, _keys(changing, rows), strict=True):
                keys.add(key)
                found[key] = (at or _NEVER, row)
            if keys == last_keys or self._profile.pagination.style == "none":
                break
            last_keys = keys
        for _, row in sorted(found.values(), key=lambda entry: entry[0]):
            yield row

    def _changes_call(
        self, changing: Changing, since: datetime | None
    ) -> tuple[Get, str, dict[str, str | int], str]:
        parameters = dict(changing.updated_since.parameters)
        if since is not None:
            parameters[changing.updated_since.parameter] = self._time.since(since)
        return changing.get, changing.get.path, parameters, f"{changing.section} that changed"

    def _ask(self, path: str, asked: dict[str, str | int], about: str) -> tuple[Rows, Any]:
        call = Call("GET", path, asked, about=about)
        try:
            body = self._http.call(call).body
        except MonstockRejected as error:
            if error.status != 404:
                raise
            advice = "A list is always there: check the setting base_url and the profile's paths."
            raise MonstockProtocolError(f"{error} {advice}") from None
        rows = self._data(body)
        if not isinstance(rows, list):
            where = self._profile.answers.data or "the body"
            raise MonstockProtocolError(
                f"Monstock ({self._http.base_url}), {call}: {where} must be a list of rows, "
                f"not {shown(rows)}. Check answers.data in the profile."
            )
        return rows, body

    def _page(self, number: int, cursor: str | int | None) -> dict[str, str | int]:
        paging = self._profile.pagination
        asked: dict[str, str | int] = {}
        if paging.style != "none" and paging.size_parameter:
            asked[paging.size_parameter] = paging.size
        if paging.style == "page" and paging.page_parameter:
            asked[paging.page_parameter] = number
        if cursor is not None and paging.cursor_parameter:
            asked[paging.cursor_parameter] = cursor
        return asked

    def _is_last(self, rows: Rows, body: Any, before: int) -> bool:
        paging = self._profile.pagination
        if paging.style == "none" or not rows:
            return True
        total = self._total(body) if self._total else None
        if isinstance(total, int):
            return before + len(rows) >= total
        return len(rows) < paging.size

    def _cursor_after(self, body: Any, cursor: str | int | None, path: str) -> str | int | None:
        following = self._next(body) if self._next else None
        if following is None or following == "":
            return None
        if following == cursor or isinstance(following, bool):
            raise self._wrong(path, "the next cursor is the same again: see pagination.next_cursor")
        if not isinstance(following, str | int):
            raise self._wrong(path, "the next cursor is no text: see pagination.next_cursor")
        return following

    def _times(self, changing: Changing, rows: Rows) -> list[datetime]:
        times = [at for at in map(changing.rows.read_updated_at, rows) if at is not None]
        for earlier, later in pairwise(times):
            if later < earlier - self._slack:
                key = f"{changing.section}.updated_since"
                raise self._wrong(
                    changing.get.path,
                    f"rows are not sorted by their time of change: correct {key}.parameters, or "
                    f"set {key}.sorted to false",
                )
        return times

    def _wrong(self, path: str, what: str) -> MonstockProtocolError:
        name = self._profile.name
        return MonstockProtocolError(
            f"Monstock ({self._http.base_url}), GET {path}: {what} in the profile {name!r}."
        )


def _keys(changing: Changing, rows: Rows) -> Iterator[tuple[tuple[str, str], datetime | None]]:
    """What tells each row, in each of its versions, from all others; and its time of change."""
    for row in rows:
        at = changing.rows.read_updated_at(row)
        yield (changing.rows.record_id(row) or repr(row), str(at)), at


def _fresh(changing: Changing, rows: Rows, seen: Seen) -> Iterator[Any]:
    for row, (key, _) in zip(rows, _keys(changing, rows), strict=True):
        if key not in seen:
            seen.add(key)
            yield row


def _itself(body: Any) -> Any:
    return body
