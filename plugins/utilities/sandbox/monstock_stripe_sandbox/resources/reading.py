"""Reads the whole of `Resources` out of the installed stripe package."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

from monstock_stripe_sandbox.resources.data import (
    Endpoint,
    Parameter,
    Resources,
    Shape,
    WriteEndpoint,
)
from monstock_stripe_sandbox.resources.field_types import FieldTypes, parameters
from monstock_stripe_sandbox.resources.package_source import ClassSource, classes, modules, tree
from monstock_stripe_sandbox.resources.write_types import write_parameters

_PATH = re.compile(r"'(/v1/[^']*)'")
_VERB = re.compile(r"self\._request\(\s*'(\w+)'")
_WRITTEN = re.compile(
    r"/v1/(charges|customers|invoiceitems|invoices|payment_intents|payment_links|prices|products"
    r"|webhook_endpoints)"
    r"(/\{\w+\}(/(add_lines|cancel|finalize|mark_uncollectible|remove_lines|send|update_lines|void))?)?"
)
_WRITES = frozenset(
    {"create", "update", "delete", "cancel", "add_lines", "remove_lines", "update_lines"}
    | {"finalize_invoice", "mark_uncollectible", "send_invoice", "void_invoice"}
)
"""The methods whose parameters are read: what the stand-in serves, and what lies beside it."""


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

    @property
    def writes(self) -> bool:
        return self.name in _WRITES and _WRITTEN.fullmatch(self.path) is not None


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
        tuple(
            WriteEndpoint(call.verb, call.path, call.parameters) for call in calls if call.writes
        ),
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
    declared = _declared(service, method)
    if declared is not None and method.name in ("list", "retrieve"):
        taken = parameters(declared)
    elif declared is not None and method.name in _WRITES and _WRITTEN.fullmatch(path[1]):
        taken = write_parameters(declared)
    yield _Call(service, method.name, verb[1], path[1], method.returns, taken)


def _declared(service: ClassSource, method: ast.FunctionDef) -> ClassSource | None:
    """Return the class of the method's parameters, where it takes any."""
    for argument in (*method.args.args, *method.args.kwonlyargs, *method.args.posonlyargs):
        if argument.arg == "params" and argument.annotation is not None:
            name = re.findall(r"\w+Params", ast.unparse(argument.annotation))[0]
            return service.resolve(name)
    return None


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
