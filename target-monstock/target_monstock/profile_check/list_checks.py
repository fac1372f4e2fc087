"""Lists of orders or customers: their pages, single records, changes and filters."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from monstock_stripe_core.monstock_errors import (
    MonstockError,
    MonstockProtocolError,
    MonstockRejected,
)
from monstock_stripe_core.profile_records import Filter

from target_monstock.profile_check.report import Report
from target_monstock.profile_check.tenant import Page, RecordKind, Tenant

_NOBODY = "check-profile-no-such-value"
_FEW = 2
"""Rows of a page that is asked for to see whether pages work."""

_CUT = timedelta(seconds=1)
"""By so much a moment is earlier where it is sent in whole seconds."""

_AHEAD = timedelta(minutes=5)
"""By so much clocks may differ."""


def check_list(tenant: Tenant, report: Report, kind: RecordKind) -> list[Any]:
    """The list itself: whether it answers, and with what. Return its first rows."""
    item = f"{kind.section}.list"
    rows: list[Any] = []
    with report.trying(item):
        rows = tenant.page(kind.calls.list, kind.calls.updated_since.parameters).rows
        objects = [row for row in rows if isinstance(row, dict)]
        if len(objects) < len(rows):
            report.fails(item, "rows are no JSON objects", "answers.data")
            return []
        if not rows:
            report.untried(item, f"it answers, and there are no {kind.section} to look at")
        else:
            report.works(item, f"{len(rows)} rows on the first page")
    return rows


def check_pages(tenant: Tenant, report: Report, kind: RecordKind, rows: Sequence[Any]) -> None:
    """Whether one page follows on another without showing the same rows."""
    paging = tenant.profile.pagination
    item = f"pagination of {kind.section}"
    if paging.style == "none":
        report.works(item, "the profile says that everything comes at once", "pagination.style")
        return
    size = paging.size if tenant.without_size() else _FEW
    if len(rows) <= size:
        report.untried(item, f"more than {size} rows are needed to see two pages", "pagination")
        return
    with report.trying(item, "pagination"):
        parameters = kind.calls.updated_since.parameters
        first = tenant.page(kind.calls.list, parameters, size=size)
        if len(first.rows) > size:
            seen = f"{len(first.rows)} rows came where {size} were asked for"
            report.fails(item, seen, "pagination.size_parameter")
            return
        problem, key = _told(tenant, first, len(rows))
        if problem is None:
            cursor: Any = tenant.next_cursor(first)
            number = paging.first_page + 1
            second = tenant.page(
                kind.calls.list, parameters, size=size, number=number, cursor=cursor
            )
            if not second.rows or {_id(kind, r) for r in first.rows} & {
                _id(kind, r) for r in second.rows
            }:
                problem = "the second page shows rows of the first again, or none"
                key = f"pagination.{paging.style}_parameter"
        report.says(item, problem, f"two pages of {size} rows follow on each other", key)


def _told(tenant: Tenant, first: Page, at_least: int) -> tuple[str | None, str]:
    """What the first page must tell: the count of all rows, or the cursor of the next page."""
    paging = tenant.profile.pagination
    if paging.style == "cursor":
        if not isinstance(tenant.next_cursor(first), str | int):
            return "the first page names no next cursor", "pagination.next_cursor"
    elif paging.total is not None:
        total = tenant.total(first)
        if not isinstance(total, int) or total < at_least:
            return f"the count of all rows is {total!r:.20}", "pagination.total"
    return None, "pagination"


def check_read(tenant: Tenant, report: Report, kind: RecordKind, rows: Sequence[Any]) -> None:
    """One record by its id, and an id that nobody has."""
    item = f"{kind.section}.read"
    record_id = _id(kind, rows[0])
    if record_id is None:
        report.fails(item, "rows have no id where it should stand", f"{kind.section}.fields.id")
        return
    with report.trying(item):
        data, answer = tenant.read_raw(kind, record_id)
        found = _id(kind, data)
        problem = None if found == record_id else "the record that comes has another id, or none"
        report.says(item, problem, "a record comes by its id")
        if tenant.profile.condition.style == "etag":
            shown = answer.headers.get("ETag") or kind.fields.raw(data, "etag")
            problem = None if shown else "a record that is read has no ETag"
            report.says(
                f"condition of {kind.section}", problem, "it has an ETag", "condition.style"
            )
    with report.trying(f"{kind.section}.read, unknown id", "answers.error_code"):
        _check_unknown(tenant, report, kind)


def _check_unknown(tenant: Tenant, report: Report, kind: RecordKind) -> None:
    item = f"{kind.section}.read, unknown id"
    try:
        tenant.read_raw(kind, _NOBODY)
    except MonstockRejected as error:
        problem = None if error.status == 404 else f"it is answered by {error.status}, not by 404"
        report.says(item, problem, "404, with an error code", f"{kind.section}.read")
    except MonstockProtocolError as error:
        seen = f"the error has no code where answers.error_code says: {error}"
        report.fails(item, seen, "answers.error_code")
    else:
        report.fails(item, "a record comes for an id that nobody has", f"{kind.section}.read.path")


def check_since(
    tenant: Tenant, report: Report, kind: RecordKind, rows: Sequence[Any], now: datetime
) -> None:
    """The list of changes: its filter, its order, and whether its times can be right."""
    key = f"{kind.section}.updated_since"
    times = [at for row in rows if (at := _updated_at(kind, row)) is not None]
    if not times:
        report.untried(key, "no row has a readable time of change")
        return
    with report.trying(key):
        _check_sorted(tenant, report, kind, times)
        _check_filtered(tenant, report, kind, rows, now)
    with report.trying("time zone", "formats.time.time_zone"):
        _check_zone(tenant, report, kind, now)


def _check_sorted(
    tenant: Tenant, report: Report, kind: RecordKind, times: Sequence[datetime]
) -> None:
    key = f"{kind.section}.updated_since"
    slack = _slack(tenant)
    ordered = all(later >= earlier - slack for earlier, later in pairwise(times))
    if not kind.calls.updated_since.sorted:
        seen = "read until two readings agree" + ("; it is sorted, though" if ordered else "")
        report.works(f"{key}.sorted", seen)
    elif len(times) < _FEW:
        report.untried(f"{key}.sorted", "one row has no order")
    else:
        problem = None if ordered else "rows are not sorted by their time of change, oldest first"
        report.says(f"{key}.sorted", problem, "oldest change first", f"{key}.parameters")


def _check_filtered(
    tenant: Tenant, report: Report, kind: RecordKind, rows: Sequence[Any], now: datetime
) -> None:
    key = f"{kind.section}.updated_since"
    middle = rows[len(rows) // 2]
    at = _updated_at(kind, middle)
    if at is None:
        report.untried(key, "the row in the middle has no readable time of change")
        return
    later = tenant.page(kind.calls.list, tenant.since(kind, at)).rows
    never = tenant.page(kind.calls.list, tenant.since(kind, now + timedelta(days=2))).rows
    too_old = [
        row
        for row in later
        if (when := _updated_at(kind, row)) is not None and when < at - _slack(tenant) - _CUT
    ]
    same = sum(1 for row in rows if _updated_at(kind, row) == at)
    if never:
        problem: str | None = "rows come that changed the day after tomorrow: it filters nothing"
    elif too_old:
        problem = "rows come that changed before the moment that was asked for"
    elif same < len(later) and _id(kind, middle) not in {_id(kind, row) for row in later}:
        problem = "the row that changed at the very moment asked for is left out"
    elif not later:
        problem = "no row comes, though one changed at the very moment asked for"
    else:
        problem = None
    seen = f"{len(later)} rows changed at or after the moment asked for"
    report.says(key, problem, seen, f"{key}.parameter")


def _check_zone(tenant: Tenant, report: Report, kind: RecordKind, now: datetime) -> None:
    """Times in the future tell a wrong zone; how long ago the newest was, a person can judge."""
    recent = tenant.page(kind.calls.list, tenant.since(kind, now - timedelta(days=1))).rows
    times = [at for row in recent if (at := _updated_at(kind, row)) is not None]
    item = f"time zone of {kind.section}"
    if not times:
        report.untried(item, "nothing changed within a day", "formats.time.time_zone")
        return
    ahead = max(times) - now
    problem = None
    if ahead > _AHEAD:
        problem = f"the newest change lies {_spoken(ahead)} in the future"
    seen = f"the newest change was {_spoken(-ahead)} ago, if the zone is right"
    report.says(item, problem, seen, "formats.time.time_zone")


def newest_rows(tenant: Tenant, kind: RecordKind, rows: Sequence[Any], now: datetime) -> list[Any]:
    """Rows that changed lately, beside the oldest: words and fields come and go over the years."""
    known = {_id(kind, row) for row in rows}
    try:
        recent = tenant.page(kind.calls.list, tenant.since(kind, now - timedelta(days=30))).rows
    except MonstockError:
        return []  # told by the check of the filter
    return [row for row in recent if isinstance(row, dict) and _id(kind, row) not in known]


def check_filters(tenant: Tenant, report: Report, kind: RecordKind, rows: Sequence[Any]) -> None:
    """Each filter: it must find what is there, nothing else, and nothing for an unknown value."""
    find = kind.calls.find
    for name in type(find).__dataclass_fields__:
        asked: Filter | None = getattr(find, name)
        key = f"{kind.section}.find.{name}"
        if asked is None:
            report.untried(key, "the profile has none")
            continue
        values = [value for row in rows if (value := kind.fields.raw(row, name)) is not None]
        texts = list(dict.fromkeys(str(value) for value in values if value != ""))
        if not texts:
            report.untried(key, f"no row has a value at {kind.fields.paths.get(name, name)}")
            continue
        with report.trying(key):
            problem, seen = _tried(tenant, kind, name, asked, texts)
            report.says(key, problem, seen)


def _tried(
    tenant: Tenant, kind: RecordKind, name: str, asked: Filter, values: Sequence[str]
) -> tuple[str | None, str]:
    """What is wrong with a filter, and what was seen."""

    def found(*wanted: str) -> list[str]:
        parameters = {asked.parameter: asked.separator.join(wanted)}
        rows = tenant.page(kind.calls.list, parameters).rows
        return [str(kind.fields.raw(row, name)).casefold() for row in rows]

    one = values[0]
    if not (alone := found(one)):
        return "it does not find a row by the value that the row has", ""
    if set(alone) != {one.casefold()}:
        return "it also brings rows that have another value", ""
    if found(_NOBODY):
        return "it brings rows for a value that nobody has", ""
    several = values[: min(asked.many, 3)]
    if len(several) > 1:
        both = set(found(*several))
        if both != {value.casefold() for value in several}:
            return f"it does not find {len(several)} values at once: see many and separator", ""
    at_once = f", {len(several)} values at once too" if len(several) > 1 else ""
    return None, f"it finds what is there and nothing else{at_once}"


def _id(kind: RecordKind, row: object) -> str | None:
    return kind.id_of(row)


def _updated_at(kind: RecordKind, row: object) -> datetime | None:
    try:
        return kind.fields.optional_time(row, "updated_at")
    except ValueError:
        return None


def _slack(tenant: Tenant) -> timedelta:
    """Local times go back by an hour once a year, and the order of rows with them."""
    time = tenant.profile.formats.time
    zoned = time.style == "iso8601" and time.zone_written
    return timedelta(0) if zoned else timedelta(hours=2)


def _spoken(span: timedelta) -> str:
    minutes = max(round(span.total_seconds() / 60), 0)
    return f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"
