"""The table of streams against the lists that the pinned stripe package publishes.

Its service classes say it all: the method `list` with the path, the type of the parameters and the
type of what comes back. They are read as text, since the types are imported only for checkers.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest
import stripe
from tap_stripe_ext.schemas.model_source import find_model, resolve
from tap_stripe_ext.stream_table import LEFT_OUT, STREAM_TABLE, StreamRow

PACKAGE = Path(stripe.__file__).parent
PAGING = {"limit", "starting_after"}


@dataclass(frozen=True)
class PublishedList:
    """One list of the API as the package has it."""

    path: str
    returns: frozenset[str]
    parameters: Mapping[str, bool]  # by name, whether it is required
    choices: Mapping[str, frozenset[str]]  # by name, the values it takes
    methods: frozenset[str]

    @property
    def required(self) -> set[str]:
        return {name for name, required in self.parameters.items() if required}


@cache
def published() -> dict[str, PublishedList]:
    return {one.path: one for file in _service_files() for one in _lists_of(file)}


def _service_files() -> Iterator[Path]:
    for file in sorted(PACKAGE.rglob("_*_service.py")):
        if "v2" not in file.relative_to(PACKAGE).parts:
            yield file


def _lists_of(file: Path) -> Iterator[PublishedList]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for service in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        methods = {node.name: node for node in service.body if isinstance(node, ast.FunctionDef)}
        if "list" not in methods:
            continue
        source = ast.unparse(methods["list"])
        (path,) = re.findall(r"'(/v1/[^']*)'", source)
        (returned,) = re.findall(r"-> 'ListObject\[(.*?)\]':", source)
        fields = _fields_of(
            tree, re.search(r"params: '?Optional\[([^\]]*)\]|params: '(\w+)'", source)
        )
        yield PublishedList(
            path,
            frozenset(re.sub(r"Union\[|[\s\]]", "", returned).split(",")),
            {name: "NotRequired[" not in kind for name, kind in fields.items()},
            {name: frozenset(re.findall(r"'([^']+)'", kind)) for name, kind in fields.items()},
            frozenset(methods),
        )


def _fields_of(tree: ast.Module, annotation: re.Match[str] | None) -> dict[str, str]:
    """Return the fields of the class of parameters, as written."""
    assert annotation is not None
    name = (annotation[1] or annotation[2]).strip("'\"").rpartition(".")[2]
    (module,) = {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and any(one.name == name for one in node.names)
    }
    file = PACKAGE.joinpath(*str(module).split(".")[1:]).with_suffix(".py")
    (node,) = (
        one
        for one in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(one, ast.ClassDef) and one.name == name
    )
    return {
        field.target.id: ast.unparse(field.annotation)
        for field in node.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    }


def each_row(rows=STREAM_TABLE):
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.name)


NESTED = [row for row in STREAM_TABLE if row.parent is not None]


def test_the_package_is_understood():
    assert len(published()) > 110
    charges = published()["/v1/charges"]
    assert charges.returns == {"Charge"}
    assert not charges.required
    assert {"created", "limit", "customer"} <= set(charges.parameters)


def test_each_published_list_is_a_stream_or_left_out_with_a_reason():
    served = {row.path for row in STREAM_TABLE}

    assert served & set(LEFT_OUT) == set()
    assert served | set(LEFT_OUT) == set(published())
    assert all(LEFT_OUT.values())


@each_row()
def test_row_asks_for_what_the_list_takes(row):
    listed = published()[row.path]
    fixed = dict(row.parameters)
    by_parameter = {row.parent.parameter} if row.parent and "{" not in row.path else set()

    assert listed.required <= _outer_names(fixed) | by_parameter
    assert _outer_names(fixed) | by_parameter <= set(listed.parameters)
    assert row.paged == (set(listed.parameters) >= PAGING)
    for name, value in fixed.items():
        assert not listed.choices[name] or value in listed.choices[name]


def _outer_names(parameters: Mapping[str, str]) -> set[str]:
    return {name.partition("[")[0] for name in parameters}


@each_row()
def test_row_is_windowed_where_list_and_object_have_the_time(row):
    fields = {field.name for field in find_model(row.model).fields}
    # An invoice item says when it was made in `date`.
    timed = "created" in fields or row.name == "invoice_items"

    assert row.created_filter == ("created" in published()[row.path].parameters and timed)


@each_row()
def test_row_has_the_type_that_the_list_returns(row):
    class_name = row.model.rpartition(".")[2]

    assert class_name in published()[row.path].returns
    assert find_model(row.model).object_name == row.object_name


@each_row([row for row in STREAM_TABLE if row.parent is None and row.announced_by])
def test_what_is_announced_can_be_read_alone(row):
    assert "retrieve" in published()[row.path].methods


@each_row(NESTED)
def test_nested_list_hangs_on_a_list_that_is_not_nested(row):
    (parent,) = (one for one in STREAM_TABLE if one.name == row.parent.stream)

    assert parent.parent is None
    in_path = set(re.findall(r"{(\w+)}", row.path))
    assert in_path in (set(), {row.parent.parameter})


@each_row(NESTED)
def test_embedded_beginning_is_a_field_of_the_parent(row):
    if row.parent.embedded is None:
        return
    (parent,) = (one for one in STREAM_TABLE if one.name == row.parent.stream)
    kind = _annotation(parent.model, row.parent.embedded)

    assert "ListObject[" in kind
    assert row.model.rpartition(".")[2] in re.findall(r"\w+", kind)
    # Stripe leaves out what has to be expanded, but never gives null for a list.
    if not kind.startswith("Optional["):
        assert not row.parent.expanded


@each_row(NESTED)
def test_condition_on_the_parent_is_a_field_of_it(row):
    if row.parent.only_if is None:
        return
    (parent,) = (one for one in STREAM_TABLE if one.name == row.parent.stream)

    assert _annotation(parent.model, row.parent.only_if) == "bool"


@each_row()
def test_expansions_and_inner_lists_are_fields(row):
    for path in (*row.expansions, *row.nested_lists):
        assert _annotation(row.model, path)
    for path in row.nested_lists:
        assert "ListObject[" in _annotation(row.model, path)


def _annotation(model_name: str, path: str) -> str:
    """Return the type, as written, of a field, which may lie deeper."""
    model = find_model(model_name)
    *outer, last = path.split(".")
    for name in outer:
        (kind,) = (ast.unparse(one.annotation) for one in model.fields if one.name == name)
        found = resolve(model, re.sub(r"Optional\[|\]", "", kind))
        assert found is not None
        model = found
    (kind,) = (ast.unparse(one.annotation) for one in model.fields if one.name == last)
    return kind


def changes_are_looked_for(row: StreamRow) -> bool:
    return row.edited_silently or row.listed_whole or bool(row.unnoticed)


@each_row()
def test_edit_without_an_event_is_looked_for_or_owned_up_to(row, event_types):
    if "update" not in published()[row.path].methods:
        return
    announced = {one for one in event_types if _announces(row, one)}

    assert changes_are_looked_for(row) or any(one.endswith(".updated") for one in announced)


def _announces(row: StreamRow, event_type: str) -> bool:
    return any(fnmatchcase(event_type, one.types) for one in row.announced_by)


@pytest.fixture(scope="module")
def event_types() -> set[str]:
    (kind,) = (one.annotation for one in find_model("stripe.Event").fields if one.name == "type")
    return {
        node.value
        for node in ast.walk(kind)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value
    }
