"""Reads the stripe package's classes as text: fields, their types and their descriptions.

The classes import one another only for type checkers, so their annotations cannot be evaluated;
their source says all there is, the descriptions included.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Field:
    """One annotated field of a class: its name, the type as written, its description."""

    name: str
    annotation: ast.expr
    description: str


@dataclass(frozen=True, slots=True)
class Model:
    """A class of the stripe package.

    Args:
        module: the module that it stands in.
        path: its name, and before it the classes that it is nested in.
        fields: its own annotated fields, in the source's order.
    """

    module: str
    path: tuple[str, ...]
    fields: tuple[Field, ...]

    @property
    def object_name(self) -> str | None:
        """The value of OBJECT_NAME, where the class is an API resource."""
        for node in _class_node(self.module, self.path).body:
            if (
                isinstance(node, ast.AnnAssign)
                and isinstance(node.target, ast.Name)
                and node.target.id == "OBJECT_NAME"
                and isinstance(node.value, ast.Constant)
            ):
                return str(node.value.value)
        return None


def find_model(public_name: str) -> Model:
    """Return the class that the stripe package gives as `public_name`, e.g. "stripe.Charge"."""
    module_name, class_name = public_name.rsplit(".", 1)
    cls = getattr(importlib.import_module(module_name), class_name)
    return read_model(inspect.getmodule(cls).__name__, (class_name,))  # type: ignore[union-attr]


@cache
def read_model(module: str, path: tuple[str, ...]) -> Model:
    """Return the class at `path` in `module`."""
    node = _class_node(module, path)
    fields = []
    for position, statement in enumerate(node.body):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        name = statement.target.id
        if name == "OBJECT_NAME" or name.startswith("_"):
            continue
        following = node.body[position + 1] if position + 1 < len(node.body) else None
        fields.append(Field(_json_name(node, name), statement.annotation, _text(following)))
    return Model(module, path, tuple(fields))


def resolve(model: Model, name: str) -> Model | None:
    """Return the class that `name` means inside `model`, or None for names of typing."""
    for depth in range(len(model.path), -1, -1):
        candidate = (*model.path[:depth], name)
        if _find_class(model.module, candidate) is not None:
            return read_model(model.module, candidate)
    imported = _imports(model.module).get(name)
    if imported is None:
        return None
    module, original = imported
    if _find_class(module, (original,)) is None:
        return None
    return read_model(module, (original,))


@cache
def _tree(module: str) -> ast.Module:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(module)
    return ast.parse(Path(spec.origin).read_text(encoding="utf-8"))


@cache
def _imports(module: str) -> dict[str, tuple[str, str]]:
    found = {}
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("stripe"):
            for alias in node.names:
                found[alias.asname or alias.name] = (node.module, alias.name)
    return found


@cache
def _find_class(module: str, path: tuple[str, ...]) -> ast.ClassDef | None:
    body: list[ast.stmt] = _tree(module).body
    node = None
    for name in path:
        node = next((n for n in body if isinstance(n, ast.ClassDef) and n.name == name), None)
        if node is None:
            return None
        body = node.body
    return node


def _class_node(module: str, path: tuple[str, ...]) -> ast.ClassDef:
    node = _find_class(module, path)
    if node is None:
        raise LookupError(f"{module} has no class {'.'.join(path)}")
    return node


def _json_name(node: ast.ClassDef, name: str) -> str:
    """Undo the renaming of fields that are Python's own words (`_field_remappings`)."""
    for statement in node.body:
        if (
            isinstance(statement, ast.Assign)
            and isinstance(statement.targets[0], ast.Name)
            and statement.targets[0].id == "_field_remappings"
        ):
            remapped = ast.literal_eval(statement.value)
            return str(remapped.get(name, name))
    return name


def _text(statement: ast.stmt | None) -> str:
    if (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    ):
        return " ".join(statement.value.value.split())
    return ""
