"""Fields, formats and words of the rows that came: what the profile names, and what is there."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.json_paths import getter
from monstock_stripe_core.money import Money, iso_currency
from monstock_stripe_core.monstock_fields import Fields, WrongField
from monstock_stripe_core.profile import MoneyFormat, Words

from target_monstock.profile_check.report import Report
from target_monstock.profile_check.tenant import RecordKind, Tenant

_NEEDED: Mapping[str, frozenset[str]] = {
    "orders.fields": frozenset({"id", "number", "state", "currency", "total", "updated_at"}),
    "orders.lines.fields": frozenset({"total"}),
    "payments.fields": frozenset({"id", "method", "amount"}),
    "customers.fields": frozenset({"id", "updated_at"}),
}
"""Fields without which nothing can be made of a row."""

_TIMES = frozenset({"created_at", "updated_at", "paid_at"})
_AMOUNTS = frozenset(
    {"total", "amount_due", "amount", "authorized", "refunded", "disputed", "dispute_lost", "tax"}
    | {"fee"}
)
_NUMBERS = frozenset({"quantity", "tax_rate"})
_FEE_CURRENCY = "fee_currency"


def check_order_fields(tenant: Tenant, report: Report, rows: Sequence[Any]) -> None:
    """Fields, words and lines of orders."""
    kind, profile = tenant.orders, tenant.profile
    currencies = [_currency(kind.fields, row) for row in rows]
    money = profile.formats.money
    check_fields(report, "orders.fields", kind.fields, rows, currencies, money)
    words = profile.vocabulary
    check_words(report, "state", words.state, _values(kind.fields, rows, "state"))
    check_words(
        report, "payment_status", words.payment_status, _values(kind.fields, rows, "payment_status")
    )
    if words.kind is not None:
        known = {"quote": words.kind.quote} | (
            {"order": words.kind.order} if words.kind.order else {}
        )
        check_words(
            report, "kind", known, _values(kind.fields, rows, "kind"), closed=bool(words.kind.order)
        )
    _check_removed(report, "orders", profile.orders.removed, rows)
    lines = profile.orders.lines
    if lines is None:
        report.untried("orders.lines", "the profile describes none")
        return
    get = getter(lines.path)
    listed = [
        (line, c) for row, c in zip(rows, currencies, strict=True) for line in _list(get(row))
    ]
    if not listed:
        report.untried("orders.lines", f"no order has a list at {lines.path}", "orders.lines.path")
        return
    reader = tenant.reader(lines.fields)
    found, of_their_orders = [line for line, _ in listed], [c for _, c in listed]
    check_fields(report, "orders.lines.fields", reader, found, of_their_orders, money)


def check_customer_fields(
    tenant: Tenant, kind: RecordKind, report: Report, rows: Sequence[Any]
) -> None:
    """Fields of customers."""
    money = tenant.profile.formats.money
    check_fields(report, "customers.fields", kind.fields, rows, [None] * len(rows), money)
    _check_removed(report, kind.section, kind.calls.removed, rows)


def check_fields(
    report: Report,
    section: str,
    fields: Fields,
    rows: Sequence[Any],
    currencies: Sequence[str | None],
    money: MoneyFormat,
) -> None:
    """Each field that the profile names: whether it is there, and whether it can be read.

    Args:
        report: takes what was found.
        section: where the profile names them.
        fields: reads them.
        rows: the JSON.
        currencies: of each row's amounts; None where it is not known.
        money: how amounts are written.
    """
    never = []
    for name, path in fields.paths.items():
        there = [
            (row, currency)
            for row, currency in zip(rows, currencies, strict=True)
            if fields.raw(row, name) not in (None, "")
        ]
        key = f"{section}.{name}"
        if name in _NEEDED[section] and len(there) < len(rows):
            seen = f"{len(rows) - len(there)} of {len(rows)} rows have nothing at {path}"
            report.fails(key, seen)
        elif not there:
            never.append(name)
        else:
            problems = [p for row, c in there if (p := _problem(fields, name, row, c, money))]
            seen = (
                f"at {path} in {len(there)} of {len(rows)} rows{_example(fields, name, *there[0])}"
            )
            problem = f"{problems[0]} ({len(problems)} of {len(rows)} rows)" if problems else None
            report.says(key, problem, seen, _format_key(name, key) if problems else key)
    for name in never:
        seen = f"nothing at {fields.paths[name]} in any of {len(rows)} rows"
        report.untried(f"{section}.{name}", seen)


def _problem(
    fields: Fields, name: str, row: Any, currency: str | None, money: MoneyFormat
) -> str | None:
    """Why a field cannot be read; None where it can."""
    if name == "fee":
        currency = _currency(fields, row, _FEE_CURRENCY)
    try:
        if name in _TIMES:
            fields.optional_time(row, name)
        elif name in _NUMBERS:
            fields.optional_decimal(row, name)
        elif name in ("currency", _FEE_CURRENCY):
            iso_currency(fields.raw(row, name))
        elif name not in _AMOUNTS:
            return _no_text(fields, name, row)
        elif currency is not None:  # else the currency itself is told as wrong or missing
            fields.optional_money(row, name, currency)
            return _wrong_type(fields, name, row, money)
    except (WrongField, MonstockStripeError, ValueError) as error:
        return str(error)
    return None


def _no_text(fields: Fields, name: str, row: Any) -> str | None:
    """Why a field holds no text. What it holds is not told: it may be about a customer."""
    value = fields.raw(row, name)
    if isinstance(value, str | int) and not isinstance(value, bool):
        return None
    return f"{fields.paths[name]} holds no text but {_json_type(value)}"


def _wrong_type(fields: Fields, name: str, row: Any, money: MoneyFormat) -> str | None:
    """Why an amount that could be read may mean another one: 1000 is 10.00, or 1000.00."""
    value = fields.raw(row, name)
    if isinstance(value, str) is (money.json == "string"):
        return None
    return f"{fields.paths[name]} is {_json_type(value)}, but the profile says {money.json}"


def _example(fields: Fields, name: str, row: Any, currency: str | None) -> str:
    """How the first total is read: a person sees whether it is that or a hundredth of it."""
    if name != "total" or currency is None:
        return ""
    try:
        amount = fields.money(row, name, currency)
    except (WrongField, MonstockStripeError):
        return ""
    return f"; {fields.raw(row, name)} is read as {Money(amount, currency)}"


def _format_key(name: str, key: str) -> str:
    if name in _TIMES:
        return f"{key}, or formats.time"
    if name in _AMOUNTS:
        return f"{key}, or formats.money"
    return key


def check_words(
    report: Report,
    name: str,
    words: Mapping[str, Words],
    met: Sequence[object],
    *,
    closed: bool = True,
) -> None:
    """The words of one vocabulary: those that came must all be known.

    Args:
        report: takes what was found.
        name: of the vocabulary.
        words: the tenant's, by ours.
        met: what stood in the rows.
        closed: whether a word that is not known is a failure.
    """
    key = f"vocabulary.{name}"
    counts = Counter(str(word) for word in met if word not in (None, ""))
    known = {
        word
        for theirs in words.values()
        for word in ((theirs,) if isinstance(theirs, str) else theirs)
    }
    lacking = sorted(set(counts) - known)
    if not counts:
        report.untried(key, "no row has such a word")
    elif lacking and closed:
        seen = ", ".join(f"{word!r:.60} ({counts[word]} rows)" for word in lacking[:10])
        report.fails(key, f"words that the profile lacks: {seen}")
    else:
        unmet = sorted(known - set(counts))
        rest = f"; never met: {', '.join(map(repr, unmet))}" if unmet else ""
        report.works(key, f"met: {', '.join(map(repr, sorted(counts)))}{rest}")


def _check_removed(report: Report, section: str, removed: Any, rows: Sequence[Any]) -> None:
    item = f"{section}.removed"
    if removed is None:
        report.untried(item, "the profile has none: what is deleted is just gone")
        return
    get = getter(removed.field)
    marked = sum(1 for row in rows if get(row) in removed.words)
    if marked:
        report.works(item, f"{marked} of {len(rows)} rows are marked as gone")
    elif all(get(row) is None for row in rows):
        report.untried(item, f"nothing at {removed.field} in any of {len(rows)} rows")
    else:
        report.works(item, f"{removed.field} is there, and none of {len(rows)} rows is gone")


def _values(fields: Fields, rows: Sequence[Any], name: str) -> list[object]:
    return [fields.raw(row, name) for row in rows]


def _currency(fields: Fields, row: Any, name: str = "currency") -> str | None:
    try:
        return iso_currency(fields.raw(row, name))
    except MonstockStripeError:
        return None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _json_type(value: object) -> str:
    names: dict[type, str] = {
        dict: "an object",
        list: "a list",
        bool: "true or false",
        str: "a text",
        int: "a whole number",
    }
    return names.get(type(value), "a number with decimals")
