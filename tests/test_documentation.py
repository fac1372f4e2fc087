"""What the documentation says is so: links, commands, settings, statuses."""

import importlib.util
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from meltano.core.setting_definition import SettingDefinition, json_dumps
from monstock_stripe_core.order import OrderPaymentStatus
from monstock_stripe_sandbox.pipeline import executable
from target_common.forgetting.report import ELSEWHERE

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "*/README.md", "plugins/*/*/README.md")
    for path in ROOT.glob(pattern)
    if not path.parts[len(ROOT.parts)].startswith(".")
)
PLUGIN_FOLDERS = {
    "tap-monstock": "tap-monstock",
    "tap-stripe-ext": "tap-stripe-ext",
    "target-monstock": "target-monstock",
    "target-stripe": "target-stripe",
    "map-payments": "plugins/mappers/map-payments",
    "reconcile": "plugins/utilities/reconcile",
}


def ids(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.fixture(scope="module")
def definitions() -> ModuleType:
    """The script that writes the plugin definitions."""
    path = ROOT / "scripts" / "plugin_definitions.py"
    spec = importlib.util.spec_from_file_location("plugin_definitions", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def settings(definitions: ModuleType) -> dict[str, dict[str, dict[str, Any]]]:
    """The settings of each plugin by name, as the plugin itself says."""
    return {
        plugin.name: {
            entry["name"]: entry for entry in definitions.settings(definitions.about(plugin))
        }
        for plugin in definitions.PLUGINS
        if plugin.has_settings
    }


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """meltano.yml."""
    content: dict[str, Any] = yaml.safe_load((ROOT / "meltano.yml").read_text())
    return content


def commands(document: Path) -> Iterator[str]:
    """The commands of all shell blocks, one a line, without prompts and comments."""
    for block in re.findall(r"```(?:bash|console|sh)\n(.*?)```", document.read_text(), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            command = line.removeprefix("$ ").split("  #")[0].strip()
            if command and not command.startswith("#"):
                yield command


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids(DOCUMENTS))
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text()
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        linked = (document.parent / path) if path else document
        assert linked.exists(), f"{document.name} links to {target}"
        if anchor:
            assert anchor in anchors(linked), f"{document.name} links to {target}"


def anchors(document: Path) -> set[str]:
    """The anchors that headings get on common Git hosts."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-") for text in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids(DOCUMENTS))
def test_commands_that_are_shown_exist(document: Path, project: dict[str, Any]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    jobs = {job["name"] for job in project["jobs"]}
    mappings = {
        mapping["name"]
        for plugin in project["plugins"]["mappers"]
        for mapping in plugin["mappings"]
    }
    plugins = {plugin["name"] for kind in project["plugins"].values() for plugin in kind}
    for command in commands(document):
        words = command.split()
        if words[0] == "make":
            shown = [word for word in words[1:] if "=" not in word and word[0].isalpha()]
            assert set(shown[:1]) <= targets, command
        if words[0].startswith(".venv/bin/"):
            assert (ROOT / words[0]).exists(), command
        if words[0].endswith("meltano") and "run" in words:
            blocks = [word for word in words[words.index("run") + 1 :] if not word.startswith("-")]
            assert set(blocks) <= jobs | mappings | plugins, command


@pytest.mark.parametrize("plugin", PLUGIN_FOLDERS)
def test_settings_table_of_the_readme_is_what_the_plugin_says(
    plugin: str, settings: dict[str, dict[str, dict[str, Any]]]
) -> None:
    readme = (ROOT / PLUGIN_FOLDERS[plugin] / "README.md").read_text()
    shown = {
        name: default
        for row in re.findall(r"^\| `.*$", readme, re.MULTILINE)
        for cells in [[cell.strip() for cell in row.strip("|").split("|")]]
        for name in re.findall(r"`([a-z_]+)`", cells[0])
        for default in cells[1:2]
        if name in settings[plugin]
    }
    assert set(shown) == set(settings[plugin])


@pytest.mark.parametrize("plugin", [*PLUGIN_FOLDERS, "sandbox"])
def test_definition_of_a_plugin_is_up_to_date(plugin: str, definitions: ModuleType) -> None:
    described = next(entry for entry in definitions.PLUGINS if entry.name == plugin)
    assert described.file.read_text() == definitions.text(described), "run `make schemas`"


@pytest.mark.parametrize(
    ("kind", "plugin"),
    [
        ("extractors", "tap-monstock"),
        ("extractors", "tap-stripe-ext"),
        ("loaders", "target-monstock"),
        ("loaders", "target-stripe"),
        ("utilities", "reconcile"),
    ],
)
def test_settings_in_meltano_yml_are_those_of_the_plugin(
    kind: str,
    plugin: str,
    project: dict[str, Any],
    settings: dict[str, dict[str, dict[str, Any]]],
) -> None:
    of_the_plugin = {
        name: (entry["kind"], entry.get("sensitive", False))
        for name, entry in settings[plugin].items()
    }
    entry = next(entry for entry in project["plugins"][kind] if entry["name"] == plugin)
    in_the_project = {
        setting["name"]: (setting["kind"], setting.get("sensitive", False))
        for setting in entry["settings"]
    }
    assert in_the_project == of_the_plugin


@pytest.mark.parametrize("kind", ["extractors", "loaders"])
def test_meltano_can_hand_on_a_number_that_the_environment_gives(
    kind: str, project: dict[str, Any]
) -> None:
    numbers = [
        SettingDefinition.parse(setting)
        for plugin in project["plugins"][kind]
        for setting in plugin.get("settings", ())
        if setting.get("kind") in {"integer", "decimal"}
    ]
    assert {json_dumps(number.cast_value("3")) for number in numbers} <= {"3"}


def test_variables_of_the_example_are_those_that_prod_reads(project: dict[str, Any]) -> None:
    prod = next(entry for entry in project["environments"] if entry["name"] == "prod")
    read = set(re.findall(r"\$\{?([A-Z_]+)", yaml.safe_dump(prod)))
    shown = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert {name for name in read if not name.startswith("MELTANO_")} == shown


def test_statuses_of_the_readme_are_all_that_an_order_can_have() -> None:
    section = (ROOT / "README.md").read_text().split("## What an order shows")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE)) == set(OrderPaymentStatus)


def test_a_person_is_erased_by_both_targets_in_the_same_words() -> None:
    called = [words.partition(":forget ") for words in commands(ROOT / "docs" / "operations.md")]
    erased = {
        before.split()[-1]: options
        for before, found, options in called
        if found and "--dry-run" not in options
    }
    assert set(erased) == {"target-monstock", "target-stripe"}
    assert len(set(erased.values())) == 1
    assert {"--output-folder=output", "--delete"} <= set(erased["target-stripe"].split())


def test_results_of_reconcile_are_named_where_a_person_is_forgotten(
    settings: dict[str, dict[str, dict[str, Any]]],
) -> None:
    results = settings["reconcile"]["results"]["value"]
    section = (ROOT / "docs" / "operations.md").read_text().split("## Forget a person")[1]
    assert f"`{results}`" in section.split("\n## ")[0]
    assert any(results in line for line in ELSEWHERE)


def test_no_secret_stands_in_meltano_yml(project: dict[str, Any]) -> None:
    prod = next(entry for entry in project["environments"] if entry["name"] == "prod")
    for kind, plugins in prod["config"]["plugins"].items():
        for plugin in plugins:
            defined = next(e for e in project["plugins"][kind] if e["name"] == plugin["name"])
            secret = {entry["name"] for entry in defined["settings"] if entry.get("sensitive")}
            for name in secret & set(plugin["config"]):
                assert str(plugin["config"][name]).startswith("$"), name


def test_make_shows_its_targets() -> None:
    shown = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("setup", "demo", "test", "lint", "clean", "help"):
        assert f"make {target}" in shown.stdout


def test_every_command_says_how_it_is_used() -> None:
    for name in (
        "tap-stripe-ext",
        "tap-monstock",
        "map-payments",
        "target-monstock",
        "target-stripe",
        "reconcile",
        "sandbox",
        "meltano",
    ):
        said = subprocess.run(
            [executable(name), "--help"], capture_output=True, text=True, check=True
        )
        assert "Usage" in said.stdout
