"""Objects made at random from the stripe package's types fit the schemas that we ship."""

from __future__ import annotations

import ast
import random
from typing import Any

import jsonschema
import pytest
from tap_stripe_ext.schemas import load_schema
from tap_stripe_ext.schemas.model_source import Model, find_model, resolve
from tap_stripe_ext.stream_table import STREAM_TABLE, StreamRow

DEEPEST = 7
SCALARS: dict[str, Any] = {
    "str": "words",
    "int": 12,
    "bool": True,
    "float": 0.25,
    "Decimal": "0.123456789012",  # Stripe sends decimals as strings
    "Any": {"what": ["ever", 1]},
}


class Maker:
    """Makes objects as Stripe would send them.

    Args:
        chance: what decides which optional fields are there.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def object(self, model: Model, expanded: set[tuple[str, ...]], depth: int = 0) -> Any:
        made = {}
        for field in model.fields:
            inner = {path[1:] for path in expanded if path[0] == field.name}
            value = self.value(model, field.annotation, inner, depth + 1)
            if value is not None or self._chance.random() < 0.5:
                made[field.name] = value
        return made

    def value(
        self, model: Model, kind: ast.expr, expanded: set[tuple[str, ...]], depth: int
    ) -> Any:
        if isinstance(kind, ast.Constant):
            return self.named(model, str(kind.value), expanded, depth)
        if isinstance(kind, ast.Name):
            return self.named(model, kind.id, expanded, depth)
        assert isinstance(kind, ast.Subscript)
        inner = kind.slice
        match ast.unparse(kind.value):
            case "Optional":
                present = self._chance.random() < (0.3 if depth < DEEPEST else 0)
                return self.value(model, inner, expanded, depth) if present or expanded else None
            case "ExpandableField":
                whole = () in expanded or any(expanded)
                return self.value(model, inner, expanded, depth) if whole else "id_1"
            case "List":
                count = self._chance.randint(0, 2) if depth < DEEPEST else 0
                return [self.value(model, inner, expanded, depth) for _ in range(count)]
            case "ListObject":
                data = [self.value(model, inner, expanded - {()}, depth)]
                return {"object": "list", "data": data, "has_more": False, "url": "/v1/x"}
            case "Literal":
                options = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                return ast.literal_eval(self._chance.choice(options))
            case "Union":
                assert isinstance(inner, ast.Tuple)
                return self.value(model, self._chance.choice(inner.elts), expanded, depth)
            case "UntypedStripeObject" | "Dict":
                value = inner.elts[-1] if isinstance(inner, ast.Tuple) else inner
                return {"key": self.value(model, value, expanded, depth)}
        raise AssertionError(ast.unparse(kind))

    def named(self, model: Model, name: str, expanded: set[tuple[str, ...]], depth: int) -> Any:
        if name in SCALARS:
            return SCALARS[name]
        found = resolve(model, name)
        if found is None or depth >= DEEPEST:
            return {}
        return self.object(found, expanded - {()}, depth)


def record_of(row: StreamRow, seed: int) -> Any:
    paths = {tuple(path.split(".")) for path in (*row.expansions, *row.nested_lists)}
    made = Maker(random.Random(seed)).object(find_model(row.model), paths)
    if row.parent is not None:
        made[row.parent.id_field] = "parent_1"
    return made


@pytest.mark.parametrize("row", STREAM_TABLE, ids=lambda row: row.name)
def test_objects_of_the_published_type_fit_the_schema(row):
    validator = jsonschema.Draft7Validator(load_schema(row.name))

    for seed in range(5):
        errors = [
            (list(error.absolute_path), error.message)
            for error in validator.iter_errors(record_of(row, seed))
        ]
        assert errors == []


def test_a_wrong_type_would_be_noticed():
    wrong = record_of(STREAM_TABLE[0], 0) | {"amount": "12"}

    assert not jsonschema.Draft7Validator(load_schema(STREAM_TABLE[0].name)).is_valid(wrong)
