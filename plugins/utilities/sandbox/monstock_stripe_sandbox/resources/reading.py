"""Reads the whole of `Resources` out of the installed stripe package."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

from monstock_stripe_sandbox.resources.data import Endpoint, Parameter, Resources, Shape
from monstock_stripe_sandbox.resources.field_types import FieldTypes, parameters
from monstock_stripe_sandbox.resources.package_source import ClassSource, classes, modules, tree

_PATH = re.compile(r"'(/v1/[^']*)'")
_VERB = re.compile(r"self\._request\(\s*'(\w+)'")


@dataclass(frozen=True, slots=True)
class _Call:
    """One method of a service."""

    service: ClassSource
    name: str
    verb: str
    path: str
    returns: ast.expr
    parameters: dict[str, Parameter]

    @property
    def ends_in_id(self) -> bool:
        return self.path.endswith("}")


def read_package() -> Resources:
    """Return all that the installed package says.

    Raises:
        UnknownTypeError: a type is not written in a way that is known.
    """
    types = FieldTypes()
    calls = list(_calls())
    lists = [call for call in calls if call.name == "list" and call.verb == "get"]
    singles = [call for call in calls if call.name == "retrieve" and call.ends_in_id]
    found = (
        tuple(_endpoint(call, types) for call in lists),
        tuple(_endpoint(call, types) for call in singles),
        tuple(call.path for call in calls if call.verb == "delete" and call.ends_in_id),
        tuple(call.path for call in calls if call.name == "update" and call.ends_in_id),
    )
    models: dict[str, dict[str, Shape]] = {}
    hashes: dict[str, dict[str, Shape]] = {}
    while types.objects.keys() - models.keys() or types.hashes.keys() - hashes.keys():
        for name in sorted(types.objects.keys() - models.keys()):
            models[name] = _shapes(types.objects[name], types)
        for name in sorted(types.hashes.keys() - hashes.keys()):
            hashes[name] = _shapes(types.hashes[name], types)
    return Resources(version("stripe"), *found, _event_types(), models=models, hashes=hashes)


def _calls() -> Iterator[_Call]:
    for module in modules("_service"):
        if "/test_helpers/" in module:
            continue
        for service in classes(module):
            for method in service.node.body:
                if isinstance(method, ast.FunctionDef) and method.returns is not None:
                    yield from _call(service, method)


def _call(service: ClassSource, method: ast.FunctionDef) -> Iterator[_Call]:
    source = ast.unparse(method)
    path, verb = _PATH.search(source), _VERB.search(source)
    if path is None or verb is None or method.returns is None:
        return
    taken: dict[str, Parameter] = {}
    if method.name in ("list", "retrieve"):
        for argument in (*method.args.args, *method.args.kwonlyargs, *method.args.posonlyargs):
            if argument.arg == "params" and argument.annotation is not None:
                name = re.findall(r"\w+Params", ast.unparse(argument.annotation))[0]
                declared = service.resolve(name)
                if declared is not None:
                    taken = parameters(declared)
    yield _Call(service, method.name, verb[1], path[1], method.returns, taken)


def _endpoint(call: _Call, types: FieldTypes) -> Endpoint:
    shape = types.shape(call.returns, call.service)
    return Endpoint(call.path, shape.of, call.parameters)


def _shapes(of: ClassSource, types: FieldTypes) -> dict[str, Shape]:
    return {name: types.shape(written, of) for name, written in sorted(dict(of.fields()).items())}


def _event_types() -> tuple[str, ...]:
    for node in ast.walk(tree("stripe._event")):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Literal":
            words = ast.literal_eval(node.slice)
            if isinstance(words, tuple) and "charge.succeeded" in words:
                return words
    raise LookupError("stripe._event lists no types of events")
