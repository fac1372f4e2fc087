"""The command as Meltano runs it: a process between two pipes."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from map_payments.mapper import MapPayments
from monstock_stripe_core.testing import stripe_charge, stripe_intent, stripe_snapshot

COMMAND = [str(Path(sys.executable).with_name("map-payments"))]
README = Path(__file__).parent.parent / "README.md"
NO_DEFAULT = "\u2013"
GOOD = json.dumps(
    {
        "type": "RECORD",
        "stream": "payments",
        "record": stripe_snapshot(stripe_intent(), stripe_charge()),
    }
)


def run(config: str, lines: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    (tmp_path / "config.json").write_text(config)
    return subprocess.run(
        [*COMMAND, "--config", str(tmp_path / "config.json")],
        input=lines,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_payments_of_orders_come_out(tmp_path: Path) -> None:
    done = run("{}", GOOD + "\n", tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[-1])["record"]["captured"] == 10000


@pytest.mark.parametrize(
    ("config", "lines", "message"),
    [
        ("{}", GOOD + '\n{"type": "RECO', "line 2 of the input is cut off or is no JSON"),
        ("{", "", "is no JSON object"),
        ("[1]", "", "is no JSON object"),
        ('{"description_pattern": "("}', "", "setting description_pattern is no regular"),
        ('{"stream_maps": {"order_payments": {"x": "y(("}}}', GOOD, "setting stream_maps: "),
    ],
)
def test_a_failure_is_one_message_and_status_1(
    config: str, lines: str, message: str, tmp_path: Path
) -> None:
    done = run(config, lines, tmp_path)
    assert done.returncode == 1
    assert done.stderr.count(message) == 1
    assert "Traceback" not in done.stderr


def test_a_missing_configuration_file_is_named() -> None:
    done = subprocess.run(
        [*COMMAND, "--config", "nowhere.json"],
        input="",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "there is no configuration file nowhere.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_ends_the_mapper_in_words(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with subprocess.Popen(
        [*COMMAND, "--config", str(tmp_path / "config.json")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        _, said = process.communicate(input=(GOOD + "\n") * 50, timeout=60)
    assert process.returncode != 0
    assert "nobody reads the output any more" in said
    assert "Traceback" not in said


def test_the_readme_names_every_setting_with_its_default() -> None:
    documented = {
        name: row.split("|")[2].strip()
        for row in README.read_text().splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    schema = {"properties": dict(MapPayments.config_jsonschema["properties"])}
    MapPayments.append_builtin_config(schema)
    assert sorted(documented) == sorted(schema["properties"])
    for name in (
        "source_stream",
        "invoice_stream",
        "payment_link_stream",
        "shop_metadata_keys",
        "description_pattern",
    ):
        default = schema["properties"][name].get("default")
        shown = NO_DEFAULT if default is None else f"`{default}`"
        assert documented[name] == shown, name
