"""Write the Hub-format definition of each plugin again, from what the plugin says of itself.

`--about --format=json` of a plugin holds its settings; the rest stands in the table below. Called
by `make schemas`; a test fails where a definition, or the settings in meltano.yml, no longer fit.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
REPOSITORY = "${MONSTOCK_STRIPE_REPOSITORY}"
"""Where this repository is found, for `meltano add`; whoever adds a plugin sets the variable."""

KINDS = {
    "string": "string",
    "integer": "integer",
    # Not "decimal": Meltano 4.4.1 makes a Decimal of such a variable of the environment, and ends
    # with "not JSON serializable" where it writes the plugin's configuration.
    "number": "integer",
    "boolean": "boolean",
    "array": "array",
    "object": "object",
}
CAPABILITIES = {
    "extractors": (
        *("about", "catalog", "discover", "state", "stream-maps", "schema-flattening"),
        *("activate-version", "batch", "structured-logging"),
    ),
    "loaders": ("about", "stream-maps", "activate-version", "batch", "structured-logging"),
    "mappers": ("about", "stream-maps", "structured-logging"),
    "utilities": (),
}
"""What Meltano knows of each type of plugin; it refuses a definition that says more."""

OF_THE_SDK = frozenset(
    {"stream_maps", "stream_map_config", "faker_config", "flattening_enabled"}
    | {"flattening_max_depth", "flattening_max_key_length", "flattening_separator"}
    | {"batch_config", "batch_wait_limit_seconds", "add_record_metadata"}
    | {"load_method", "validate_records"}
)
"""Settings that every Singer SDK plugin has; its own documentation describes them."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """What a definition says besides the settings."""

    kind: str
    name: str
    folder: str
    label: str
    keywords: tuple[str, ...]
    has_settings: bool = True

    @property
    def file(self) -> Path:
        """Where its definition lies."""
        return ROOT / "plugins" / self.kind / f"{self.name}.yml"


PLUGINS = (
    Plugin(
        kind="extractors",
        name="tap-stripe-ext",
        folder="tap-stripe-ext",
        label="Stripe (payments as snapshots)",
        keywords=("api", "meltano_sdk"),
    ),
    Plugin(
        kind="extractors",
        name="tap-monstock",
        folder="tap-monstock",
        label="Monstock",
        keywords=("api", "meltano_sdk"),
    ),
    Plugin(
        kind="loaders",
        name="target-monstock",
        folder="target-monstock",
        label="Monstock",
        keywords=("api", "meltano_sdk"),
    ),
    Plugin(
        kind="loaders",
        name="target-stripe",
        folder="target-stripe",
        label="Stripe",
        keywords=("api", "meltano_sdk"),
    ),
    Plugin(
        kind="mappers",
        name="map-orders",
        folder="plugins/mappers/map-orders",
        label="Monstock orders to what Stripe is to know of them",
        keywords=("meltano_sdk",),
    ),
    Plugin(
        kind="mappers",
        name="map-payments",
        folder="plugins/mappers/map-payments",
        label="Stripe payments to payments of orders",
        keywords=("meltano_sdk",),
    ),
    Plugin(
        kind="utilities",
        name="reconcile",
        folder="plugins/utilities/reconcile",
        label="Reconciliation of Stripe and Monstock",
        keywords=("reconciliation",),
    ),
    Plugin(
        kind="utilities",
        name="sandbox",
        folder="plugins/utilities/sandbox",
        label="Stand-ins for Stripe and Monstock",
        keywords=("testing",),
        has_settings=False,
    ),
)

COMMANDS: dict[str, dict[str, dict[str, str]]] = {
    "target-monstock": {
        "exceptions": {
            "args": "exceptions",
            "description": "List what waits for a person, and why",
        },
        "explain": {
            "args": "explain --config=ENV",
            "description": "Say why an order or a payment stands as it does",
        },
        "forget": {
            "args": "forget",
            "description": "Erase a person from the ledger and from files made of it",
        },
        "check-profile": {
            "args": "check-profile --config=ENV",
            "description": "Try on the live API what the profile describes",
        },
    },
    "target-stripe": {
        "exceptions": {
            "args": "exceptions",
            "description": "List what waits for a person, and why",
        },
        "forget": {
            "args": "forget",
            "description": "Erase a person from the ledger and from files made of it",
        },
    },
    "reconcile": {
        "compare": {"args": "compare", "description": "Compare both systems, write the results"},
        "report": {"args": "report", "description": "Write the results as one HTML page"},
    },
    "sandbox": {
        "serve": {"args": "serve", "description": "Serve both stand-ins until stopped"},
        "trade": {"args": "trade", "description": "Play the next act of the scenarios"},
        "orders": {"args": "orders", "description": "Show the orders as Monstock has them"},
        "check": {"args": "check", "description": "Compare Monstock with the right outcome"},
        "counters": {"args": "counters", "description": "Show what was asked of both"},
    },
}


def about(plugin: Plugin) -> dict[str, Any]:
    """Return what the installed plugin says of itself."""
    command = [str(Path(sys.executable).parent / plugin.name), "--about", "--format=json"]
    done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - our own command
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def settings(said: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a plugin's own settings in the form of a definition."""
    properties: dict[str, Any] = said["settings"]["properties"]
    return [setting(name, schema) for name, schema in properties.items() if name not in OF_THE_SDK]


def setting(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return one setting in the form of a definition."""
    given = schema.get("type", "string")
    types = [given] if isinstance(given, str) else [entry for entry in given if entry != "null"]
    kind = "date_iso8601" if schema.get("format") == "date-time" else KINDS[types[0]]
    found: dict[str, Any] = {"name": name, "label": name.replace("_", " ").capitalize()}
    found["kind"] = "options" if schema.get("enum") else kind
    if schema.get("enum"):
        found["options"] = [
            {"label": str(value), "value": value} for value in schema["enum"] if value is not None
        ]
    if schema.get("secret"):
        found["sensitive"] = True
    if schema.get("default") is not None:
        found["value"] = schema["default"]
    found["description"] = " ".join(schema.get("description", "").split())
    return found


def definition(plugin: Plugin) -> dict[str, Any]:
    """Return a plugin's definition."""
    said = about(plugin) if plugin.has_settings else {}
    found: dict[str, Any] = {
        "name": plugin.name,
        "namespace": plugin.name.replace("-", "_"),
        "variant": "monstock-stripe",
        "label": plugin.label,
        "pip_url": f"git+{REPOSITORY}#subdirectory={plugin.folder}",
        "executable": plugin.name,
        "keywords": list(plugin.keywords),
    }
    if said:
        known = CAPABILITIES[plugin.kind]
        found["description"] = said["description"].strip().splitlines()[0]
        if known:
            found["capabilities"] = [name for name in known if name in said["capabilities"]]
        found["settings"] = settings(said)
        required = said["settings"].get("required", [])
        if required:
            found["settings_group_validation"] = [list(required)]
    if plugin.name in COMMANDS:
        found["commands"] = COMMANDS[plugin.name]
    return found


def text(plugin: Plugin) -> str:
    """Return the whole text of a plugin's definition file."""
    body = yaml.safe_dump(definition(plugin), sort_keys=False, width=100, allow_unicode=True)
    return f"# Written by scripts/plugin_definitions.py (`make schemas`).\n{body}"


def main() -> None:
    """Write all definitions."""
    for plugin in PLUGINS:
        plugin.file.parent.mkdir(parents=True, exist_ok=True)
        plugin.file.write_text(text(plugin))
        print(plugin.file.relative_to(ROOT))


if __name__ == "__main__":
    main()
