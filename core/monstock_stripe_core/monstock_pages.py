"""Lists, page by page, so that no row is lost where rows change while they are read."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from monstock_stripe_core.json_paths import getter
from monstock_stripe_core.monstock_call import Call
from monstock_stripe_core.monstock_errors import MonstockProtocolError, MonstockRejected
from monstock_stripe_core.monstock_http import MonstockHttp
from monstock_stripe_core.monstock_mapping import OrderMapping
from monstock_stripe_core.profile import Get, Profile

Rows = list[Any]
Parameters = Mapping[str, str | int]
Seen = set[tuple[str, str]]

_LONGEST_STEP = timedelta(seconds=1)
"""The coarsest precision of times that a profile knows: what `since` may be cut by."""
_MOST_READINGS = 10
_NEVER = datetime.min.replace(tzinfo=UTC)


class Pages:
    """Reads lists in the profile's style of pages."""

    def __init__(self, http: MonstockHttp, profile: Profile, mapping: OrderMapping) -> None:
        self._http = http
        self._profile = profile
        self._mapping = mapping
        paging = profile.pagination
        self._data = getter(profile.answers.data) if profile.answers.data else _itself
        self._total = getter(paging.total) if paging.total else None
        self._next = getter(paging.next_cursor) if paging.next_cursor else None
        self._updated_at = getter(profile.orders.fields.updated_at)
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

    def updated_since(self, since: datetime | None) -> Iterator[Any]:
        """The JSON of all orders that changed at `since` or later, oldest change first.

        An order that changes while the list is read comes again with its new time; it never
        pushes another one out of sight.
        """
        updated_since = self._profile.orders.updated_since
        if not updated_since.sorted:
            yield from self._unsorted(since)
        elif self._profile.pagination.style == "page":
            yield from self._keyset(since)
        else:
            seen: Seen = set()
            for rows in self.all(*self._orders_call(since)):
                yield from self._fresh(rows, seen)

    def _keyset(self, since: datetime | None) -> Iterator[Any]:
        """Go on from the last time of change seen, not from the next number of page.

        By number, an order that changes meanwhile leaves its page for the end of the list, all
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
            get, path, parameters, about = self._orders_call(since)
            asked = {**get.parameters, **parameters, **self._page(number, None)}
            rows, body = self._ask(path, asked, about)
            times = self._times(rows, path)
            yield from self._fresh(rows, seen)
            last = self._is_last(rows, body, before)
            first_page = number == self._profile.pagination.first_page
            moved_on = bool(times) and (since is None or times[-1] > since)
            if last and first_page:
                return
            if moved_on and first_page:
                since = times[-1]
                edge = since - self._slack - _LONGEST_STEP
                seen = {key for key, at in self._keys(rows) if at is None or at >= edge}
                before = 0
                continue
            reading += [
                key for key, at in self._keys(rows) if since is None or at is None or at <= since
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

    def _unsorted(self, since: datetime | None) -> Iterator[Any]:
        """Read everything until two readings agree, then sort what all of them showed."""
        found: dict[tuple[str, str], tuple[datetime, Any]] = {}
        last_keys: set[tuple[str, str]] | None = None
        for _ in range(_MOST_READINGS):
            rows = [row for page in self.all(*self._orders_call(since)) for row in page]
            keys = set()
            for row, (key, at) in zip(rows, self._keys(rows), strict=True):
                keys.add(key)
                found[key] = (at or _NEVER, row)
            if keys == last_keys or self._profile.pagination.style == "none":
                break
            last_keys = keys
        for _, row in sorted(found.values(), key=lambda entry: entry[0]):
            yield row

    def _orders_call(self, since: datetime | None) -> tuple[Get, str, dict[str, str | int], str]:
        orders = self._profile.orders
        parameters = dict(orders.updated_since.parameters)
        if since is not None:
            parameters[orders.updated_since.parameter] = self._mapping.time.since(since)
        return orders.list, orders.list.path, parameters, "orders that changed"

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
                f"not {rows!r:.40}. Check answers.data in the profile."
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

    def _times(self, rows: Rows, path: str) -> list[datetime]:
        times = [at for at in map(self._time, rows) if at is not None]
        for earlier, later in pairwise(times):
            if later < earlier - self._slack:
                raise self._wrong(
                    path,
                    "rows are not sorted by their time of change: correct "
                    "orders.updated_since.parameters, or set orders.updated_since.sorted to false",
                )
        return times

    def _time(self, row: Any) -> datetime | None:
        return self._mapping.read_time(self._updated_at(row))

    def _keys(self, rows: Rows) -> Iterator[tuple[tuple[str, str], datetime | None]]:
        for row in rows:
            key = (self._mapping.order_id(row) or repr(row), str(self._updated_at(row)))
            yield key, self._time(row)

    def _fresh(self, rows: Rows, seen: Seen) -> Iterator[Any]:
        for row, (key, _) in zip(rows, self._keys(rows), strict=True):
            if key not in seen:
                seen.add(key)
                yield row

    def _wrong(self, path: str, what: str) -> MonstockProtocolError:
        name = self._profile.name
        return MonstockProtocolError(
            f"Monstock ({self._http.base_url}), GET {path}: {what} in the profile {name!r}."
        )


def _itself(body: Any) -> Any:
    return body
