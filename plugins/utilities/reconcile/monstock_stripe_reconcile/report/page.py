"""The page as a whole: what is read, put into the templates, and carried along for the script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from monstock_stripe_reconcile.report import overview, tables
from monstock_stripe_reconcile.report.commands import PURPOSES
from monstock_stripe_reconcile.report.embedding import (
    content_security_policy,
    data,
    script,
    style,
)
from monstock_stripe_reconcile.report.findings import EVIDENCE, evidence_keys, finding_rows
from monstock_stripe_reconcile.report.labels import script_labels
from monstock_stripe_reconcile.report.reader import NONE, Reader
from monstock_stripe_reconcile.report.reading import Record, Results
from monstock_stripe_reconcile.report.tables import Column, Rows, Values
from monstock_stripe_reconcile.report.translating import N_
from monstock_stripe_reconcile.report.words import word, words

RUNS_SHOWN = 60
"""Of the history: two months of daily runs."""
FIRST_ROWS = 50
"""Of each list that stand in the page without a script, and on one page of it with one."""


@dataclass(frozen=True, slots=True)
class View:
    """A list that can be searched, filtered, sorted and paged.

    Attributes:
        rows: name of the rows.
        columns: shown, from left to right.
        filters: keys by whose values it is filtered, each with its label.
        only: key that must have a value for a row to belong to the list; "" for none.
    """

    rows: str
    columns: tuple[Column, ...]
    filters: tuple[Column, ...]
    only: str = ""


_CURRENCY = Column("currency", N_("Currency"))
_SINCE = Column("since", "", "date")
_BY = {column.key: column for column in (*tables.ORDER_COLUMNS, *tables.PAYOUTS)}
VIEWS = {
    "shipping": View(
        "orders",
        tables.SHIPPING,
        (_BY["release"], _BY["release_reason"], _BY["reasons"]),
        only="release",
    ),
    "payouts": View("payouts", tables.PAYOUTS, (_CURRENCY, _BY["itemised"])),
    "transactions": View(
        "transactions",
        tables.TRANSACTIONS,
        (tables.TRANSACTIONS[1], _CURRENCY),
    ),
    "days": View("days", tables.DAYS, (_CURRENCY,)),
    "orders": View(
        "orders", tables.FULL_LIST, (_BY["state"], tables.FULL_LIST[2], _CURRENCY, _BY["reasons"])
    ),
}


def report(results: Results, reader: Reader, most_rows: int) -> str:
    """Return the page.

    Args:
        results: of a comparison.
        reader: whom it is for.
        most_rows: of each list that go into the page; findings are always whole.
    """
    values = Values(reader)
    lists = _lists(results, values, most_rows)
    findings, behind = finding_rows(reader, values, results.findings(), results.evidence())
    style_text, script_text = style(), script()
    carried = {
        "findings": data({"keys": findings.keys, "rows": findings.rows}),
        "evidence": data(behind),
    } | {name: data({"keys": rows.keys, "rows": rows.rows}) for name, rows in lists.items()}
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(reader.texts, newstyle=True)  # type: ignore[attr-defined]
    return environment.get_template("page.html").render(
        reader=reader,
        dash=NONE,
        said=reader.text,
        zone=str(reader.zone),
        since=_SINCE,
        policy=content_security_policy(style_text, script_text),
        style=style_text,
        script=script_text,
        carried=carried,
        settings=data(_for_script(results, reader) | {"days": values.days()}),
        word=lambda kind, key: word(reader, kind, key),
        cell=lambda column, row: tables.cell(reader, column, row),
        purposes=PURPOSES,
        first=FIRST_ROWS,
        findings=[_finding(findings, row, behind) for row in findings.rows[:FIRST_ROWS]],
        tables=EVIDENCE,
        lists=lists,
        views={name: _view(view, lists) for name, view in VIEWS.items() if view.rows in lists},
        totals={name: results.total(name) for name in ("orders", "payouts", "findings")},
        **_sums(results, reader),
    )


def _sums(results: Results, reader: Reader) -> dict[str, Any]:
    """What the page says of everything, and the pictures of it."""
    run, history = results.run(), results.history(RUNS_SHOWN)
    ways, buckets = results.way(), results.ageing()
    reasons, releases = results.reasons(), results.release_reasons()
    return {
        "run": run,
        "verdict": overview.verdict(reader, run, results.concerned(), results.stake()),
        "trend": "" if run["restricted_to"] else overview.trend(reader, history),
        "history": history,
        "history_picture": overview.history_picture(reader, history),
        "reasons": reasons,
        "reasons_by_key": {one["reason"]: one for one in reasons},
        "tolerated": sum(one["tolerated"] for one in reasons),
        "release_reasons": releases,
        "may_ship": sum(one["orders"] for one in releases if one["kind"] == "ship"),
        "to_hold": sum(one["orders"] for one in releases if one["kind"] == "hold"),
        "ageing": buckets,
        "ageing_pictures": overview.ageing_pictures(reader, buckets),
        "ways": ways,
        "way_pictures": overview.way_pictures(reader, ways),
        "months": results.months(),
        "paid_out": results.paid_out(),
        "by_status": results.by_status(),
    }


def _lists(results: Results, values: Values, most_rows: int) -> dict[str, Rows]:
    names = [column.key for column in tables.ORDER_COLUMNS if column.key != "release"]
    names += ["order_id", "currency"]
    orders = Rows((*names, "release"), _values(values, results.orders(names, most_rows)))
    found = {"orders": orders}
    records = {"payouts": results.payouts(most_rows), "days": results.days(most_rows)}
    if results.run()["restricted_to"]:
        records["transactions"] = results.transactions(most_rows)
    return found | {name: _rows(values, VIEWS[name], rows) for name, rows in records.items()}


def _rows(values: Values, view: View, records: list[Record]) -> Rows:
    keys = (*(column.key for column in view.columns), "currency")
    return Rows(keys, _values(values, ([one[key] for key in keys] for one in records)))


def _values(values: Values, rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    return [[values(one) for one in row] for row in rows]


def _view(view: View, lists: dict[str, Rows]) -> dict[str, Any]:
    """What a template shows of a list: its columns, how many rows, and the first of them."""
    rows = lists[view.rows]
    place = rows.keys.index(view.only) if view.only else None
    own = (row for row in rows.rows if place is None or row[place] is not None)
    first = [rows.named(row) for row in islice(own, FIRST_ROWS)]
    return {"columns": view.columns, "filters": view.filters, "rows": first}


def _finding(findings: Rows, row: list[Any], behind: Any) -> dict[str, Any]:
    """A finding as a template shows it, with the tables behind it."""
    one = findings.named(row)
    shown = []
    for name, rows, left_out in behind[one["evidence"]]:
        keys = evidence_keys(name)
        shown.append((name, [dict(zip(keys, cells, strict=True)) for cells in rows], left_out))
    return one | {"behind": shown}


def _for_script(results: Results, reader: Reader) -> dict[str, Any]:
    """What the page's script needs to write a row as the templates do."""

    def columns(given: tuple[Column, ...]) -> list[dict[str, Any]]:
        return [asdict(one) | {"label": reader.text(one.label)} for one in given]

    return {
        "spelling": reader.spelling(results.currencies()),
        "words": words(reader),
        "labels": script_labels(reader),
        "purposes": {key: reader.text(text) for key, text in PURPOSES.items()},
        "reasons": {
            one["reason"]: [reader.text(one["meaning"]), reader.text(one["next_step"])]
            for one in results.reasons()
        },
        "pageSize": FIRST_ROWS,
        "views": {
            name: asdict(view)
            | {"columns": columns(view.columns), "filters": columns(view.filters)}
            for name, view in VIEWS.items()
        },
        "evidence": {
            name: {
                "caption": reader.text(caption),
                "upright": upright,
                "columns": columns(given),
                "keys": evidence_keys(name),
            }
            for name, (caption, upright, given) in EVIDENCE.items()
        },
    }
