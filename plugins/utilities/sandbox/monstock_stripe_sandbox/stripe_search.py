"""Stripe's search: its query language, and its lag (Stripe, 'Search')."""

from __future__ import annotations

import operator as operator_module
import re
from collections.abc import Callable, Mapping
from typing import Any

from monstock_stripe_sandbox import stripe_params as params
from monstock_stripe_sandbox.stripe_access import Access
from monstock_stripe_sandbox.stripe_books import StripeBooks
from monstock_stripe_sandbox.stripe_errors import StripeError, invalid
from monstock_stripe_sandbox.stripe_expandable import EXPANDABLE
from monstock_stripe_sandbox.stripe_expansion import kinds_opened, tree_of
from monstock_stripe_sandbox.stripe_kinds import KINDS
from monstock_stripe_sandbox.stripe_params import Check, Raw
from monstock_stripe_sandbox.stripe_render import rendered
from monstock_stripe_sandbox.stripe_store import Value

_PARAMETERS: dict[str, Check] = {
    "query": params.text,
    "limit": params.limit,
    "page": params.text,
    "expand": params.texts(),
}
SEARCHED: dict[str, dict[str, str]] = {
    "payment_intent": {
        "amount": "number",
        "created": "number",
        "currency": "text",
        "customer": "token",
        "status": "text",
    },
    "charge": {
        "amount": "number",
        "created": "number",
        "currency": "text",
        "customer": "token",
        "disputed": "token",
        "refunded": "token",
        "status": "text",
    },
    "customer": {"created": "number", "email": "text", "name": "text", "phone": "text"},
    "invoice": {
        "created": "number",
        "currency": "text",
        "customer": "token",
        "number": "text",
        "receipt_number": "text",
        "status": "text",
        "total": "number",
    },
    "price": {
        "active": "token",
        "currency": "text",
        "lookup_key": "text",
        "product": "text",
        "type": "text",
    },
    "product": {
        "active": "token",
        "description": "text",
        "name": "text",
        "shippable": "token",
        "url": "text",
    },
}
"""The kinds that can be searched, their fields and how those are compared (Stripe docs, 'Search',
'Supported query fields for each resource'); beside them their metadata."""

_MOST_CLAUSES = 10
_SHORTEST_PART = 3
"""The same page: how many clauses a query has, and characters a text that is looked for inside."""
_CLAUSE = re.compile(
    r"""\s*(?P<minus>-)?(?P<field>metadata\[(?P<quote>["'])(?P<key>[^"']*)(?P=quote)\]|[a-z_]+)
    \s*(?P<operator><=|>=|[:~<>])\s*
    (?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'
    |(?P<word>null|true|false|-?[0-9]+))""",
    re.VERBOSE,
)
_JOIN = re.compile(r"\s+(AND|OR|and|or)\s+|\s+")
_Test = Callable[[Value], bool]


def search_objects(world: StripeBooks, access: Access, kind: str, raw: Mapping[str, Raw]) -> bytes:
    """Return a page of what a query finds, newest first, as JSON.

    What changed less than `world.search_lag` seconds ago is not found yet.

    Raises:
        StripeError: a parameter or the query is refused.
    """
    given = params.checked(raw, _PARAMETERS)
    if "query" not in given:
        raise StripeError(
            400, "Missing required param: query.", code="parameter_missing", param="query"
        )
    paths = tuple(sorted(given.get("expand", ())))
    tree = tree_of(paths, kind, listed=True)
    access.require("read", {kind} | kinds_opened(tree, EXPANDABLE[kind]))
    finds = compiled(given["query"], kind)
    start = _start(given.get("page"))
    limit = given.get("limit", 10)
    known_until = world.clock.now() - world.search_lag
    shelf = world.shelves[kind]
    found = [
        entry
        for key in reversed(shelf.ordered())
        if (entry := shelf.entries[key[2]]).changed_at <= known_until and finds(entry.value)
    ]
    shown = found[start : start + limit]
    more = len(found) > start + limit
    data = b",".join([rendered(world, entry, tree, paths) for entry in shown])
    next_page = f'"{start + limit}"'.encode() if more else b"null"
    url = f"/v1/{KINDS[kind].path}/search".encode()
    return b'{"object":"search_result","data":[%b],"has_more":%b,"next_page":%b,"url":"%b"}' % (
        data,
        b"true" if more else b"false",
        next_page,
        url,
    )


def _start(page: str | None) -> int:
    if page is None:
        return 0
    if not page.isdigit():
        raise invalid("page", f"Invalid page: {page}")
    return int(page)


def compiled(query: str, kind: str) -> _Test:
    """Return the test that a query over objects of a kind stands for.

    Raises:
        StripeError: the query cannot be understood, names a field that is not searched, has too
            many clauses, or mixes AND with OR.
    """
    tests: list[_Test] = []
    joins: set[str] = set()
    at = 0
    while True:
        clause = _CLAUSE.match(query, at)
        if clause is None:
            raise invalid("query", "We were unable to parse your search query.")
        tests.append(_test(clause, SEARCHED[kind]))
        at = clause.end()
        if not query[at:].strip():
            break
        join = _JOIN.match(query, at)
        if join is None:
            raise invalid("query", "We were unable to parse your search query.")
        joins.add((join.group(1) or "AND").upper())
        at = join.end()
    if len(tests) > _MOST_CLAUSES:
        raise invalid("query", f"A search query has at most {_MOST_CLAUSES} clauses.")
    if len(joins) > 1:
        raise invalid("query", "You can't mix AND and OR in a search query.")
    if "OR" in joins:
        return lambda value: any(test(value) for test in tests)
    return lambda value: all(test(value) for test in tests)


def _test(clause: re.Match[str], fields: Mapping[str, str]) -> _Test:
    field, key, operator = clause["field"], clause["key"], clause["operator"]
    if key is None and field not in fields:
        raise invalid("query", f"Field `{field}` is an unsupported search field for this resource.")
    kind = "token" if key is not None else fields[field]
    quoted = next((clause[name] for name in ("double", "single") if clause[name] is not None), None)
    wanted = None if quoted is None else _ESCAPED.sub(r"\1", quoted)
    word = clause["word"]
    negated = clause["minus"] is not None
    _check_operator(field, kind, operator, wanted)

    def read(value: Value) -> Any:
        return value["metadata"].get(key) if key is not None else value.get(field)

    def test(value: Value) -> bool:
        return _compare(read(value), operator, wanted, word) != negated

    return test


_ESCAPED = re.compile(r"\\(.)")


def _check_operator(field: str, kind: str, operator: str, wanted: str | None) -> None:
    """Check that a field can be compared so: only texts are looked into, only numbers ordered."""
    if operator == "~" and kind != "text":
        raise invalid("query", f"Field `{field}` cannot be searched with the operator `~`.")
    if operator not in (":", "~") and kind != "number":
        raise invalid(
            "query", f"Field `{field}` cannot be searched with the operator `{operator}`."
        )
    if operator == "~" and wanted is not None and len(wanted) < _SHORTEST_PART:
        raise invalid("query", f"The operator `~` needs {_SHORTEST_PART} characters at least.")


def _wrong_operator(field: str, operator: str) -> StripeError:
    return invalid("query", f"Field `{field}` cannot be searched with the operator `{operator}`.")


def _compare(found: Any, operator: str, wanted: str | None, word: str | None) -> bool:
    given = word if word is not None else wanted
    if word == "null":
        return found is None
    if found is None or given is None:
        return False
    if isinstance(found, bool):
        return given == ("true" if found else "false")
    if isinstance(found, int):
        return given.lstrip("-").isdigit() and _ORDERS[operator](found, int(given))
    if operator == "~":
        return given.lower() in str(found).lower()
    return bool(str(found).lower() == given.lower())


_ORDERS: dict[str, Callable[[int, int], bool]] = {
    ":": operator_module.eq,
    "<": operator_module.lt,
    ">": operator_module.gt,
    "<=": operator_module.le,
    ">=": operator_module.ge,
}
