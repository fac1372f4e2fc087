"""The stripe package as source: its classes, what they import, and what they are written as.

The classes import one another for type checkers alone, so that their annotations cannot be
evaluated; their source says all there is.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ClassSource:
    """A class of the package.

    Attributes:
        module: the module that it stands in.
        path: its name, and before it the classes that it is nested in.
    """

    module: str
    path: tuple[str, ...]

    @property
    def node(self) -> ast.ClassDef:
        """Its source.

        Raises:
            LookupError: the module has no such class.
        """
        found = _find(self.module, self.path)
        if found is None:
            raise LookupError(f"{self.module} has no class {'.'.join(self.path)}")
        return found

    @property
    def object_name(self) -> str | None:
        """The value of OBJECT_NAME, where the class is an object of the API."""
        for entry in self.node.body:
            if _assigned(entry) == "OBJECT_NAME" and isinstance(entry, ast.AnnAssign):
                return str(ast.literal_eval(entry.value)) if entry.value is not None else None
        return None

    def fields(self) -> Iterator[tuple[str, ast.expr]]:
        """Yield the annotated fields: names as JSON has them, and types as written."""
        renamed = self._renamed()
        for entry in self.node.body:
            name = _assigned(entry)
            if isinstance(entry, ast.AnnAssign) and name and name != "OBJECT_NAME":
                yield renamed.get(name, name), entry.annotation

    def resolve(self, name: str) -> ClassSource | None:
        """Return the class that `name` means inside of this one; None for names of typing."""
        for depth in range(len(self.path), -1, -1):
            if _find(self.module, (*self.path[:depth], name)) is not None:
                return ClassSource(self.module, (*self.path[:depth], name))
        module, original = _imports(self.module).get(name, ("", ""))
        if not module or _find(module, (original,)) is None:
            return None
        return ClassSource(module, (original,))

    def _renamed(self) -> dict[str, str]:
        """Return the JSON names of fields that could not have theirs in Python."""
        for entry in self.node.body:
            if isinstance(entry, ast.Assign) and ast.unparse(entry.targets[0]) == (
                "_field_remappings"
            ):
                found: dict[str, str] = ast.literal_eval(entry.value)
                return found
        return {}


def modules(ending: str) -> Iterator[str]:
    """Yield the modules of API v1 whose names have this ending, in their order."""
    root = Path(str(_spec("stripe").origin)).parent
    for file in sorted(root.rglob(f"*{ending}.py")):
        parts = file.relative_to(root).with_suffix("").parts
        if parts[0] != "v2":
            yield ".".join(("stripe", *parts))


def classes(module: str) -> Iterator[ClassSource]:
    """Yield the classes at the top of a module."""
    for entry in tree(module).body:
        if isinstance(entry, ast.ClassDef):
            yield ClassSource(module, (entry.name,))


@cache
def tree(module: str) -> ast.Module:
    """Return a module's source."""
    return ast.parse(Path(str(_spec(module).origin)).read_text(encoding="utf-8"))


@cache
def _spec(module: str) -> importlib.machinery.ModuleSpec:
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(module)
    return found


@cache
def _imports(module: str) -> dict[str, tuple[str, str]]:
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree(module))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("stripe")
        for alias in node.names
        if node.module
    }


@cache
def _find(module: str, path: tuple[str, ...]) -> ast.ClassDef | None:
    body: list[ast.stmt] = tree(module).body
    found = None
    for name in path:
        inside = (entry for entry in body if isinstance(entry, ast.ClassDef))
        found = next((entry for entry in inside if entry.name == name), None)
        if found is None:
            return None
        body = found.body
    return found


def _assigned(entry: ast.stmt) -> str:
    is_field = isinstance(entry, ast.AnnAssign) and isinstance(entry.target, ast.Name)
    return entry.target.id if is_field else ""  # type: ignore[attr-defined]
