"""Every setting of every plugin reaches it from an environment variable, through Meltano."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from monstock_stripe_sandbox.meltano_project import MeltanoProject
from monstock_stripe_sandbox.pipeline import executable

ROOT = Path(__file__).parents[1]
NOWHERE = "http://127.0.0.1:9"
PLUGINS = ("tap-stripe-ext", "tap-monstock", "target-monstock", "target-stripe")
OF_THE_SDK = ("batch_config", "faker_config", "flattening_", "stream_map")

pytestmark = pytest.mark.slow


def schema_of(plugin: str) -> dict[str, Any]:
    command = [executable(plugin), "--about", "--format=json"]
    done = subprocess.run(command, capture_output=True, check=True)
    settings: dict[str, Any] = json.loads(done.stdout)["settings"]
    properties = settings["properties"]
    own = {name: rule for name, rule in properties.items() if not name.startswith(OF_THE_SDK)}
    return settings | {"properties": own}


def valued(rule: dict[str, Any]) -> Any:
    """A value that a setting takes."""
    if rule.get("enum"):
        return next(value for value in reversed(rule["enum"]) if value is not None)
    kinds = rule.get("type", "string")
    kind = kinds if isinstance(kinds, str) else next(one for one in kinds if one != "null")
    if rule.get("format") == "date-time":
        return "2026-01-31T08:00:00Z"
    if kind == "object":
        return {"EUR": valued(rule.get("additionalProperties") or {})}
    return {
        "string": "a text, with a comma",
        "integer": 7,
        "number": 7,
        "boolean": True,
        "array": rule.get("items", {}).get("enum", ["one", "two"])[:2],
    }[kind]


@pytest.mark.parametrize("plugin", PLUGINS)
def test_every_setting_comes_from_the_environment(plugin: str, tmp_path: Path) -> None:
    schema = schema_of(plugin)
    given = {name: valued(rule) for name, rule in schema["properties"].items()}
    project = MeltanoProject(ROOT, tmp_path, NOWHERE, NOWHERE)
    prefix = plugin.upper().replace("-", "_")
    for name, value in given.items():
        text = value if isinstance(value, str) else json.dumps(value)
        project.environment[f"{prefix}_{name.upper()}"] = text

    ended = project.run("--log-level=error", "invoke", "--dump=config", plugin)

    assert ended.status == 0, ended.stderr
    received = json.loads(ended.stderr[ended.stderr.index("{") :])
    assert received == given
    jsonschema.validate(received, schema)
