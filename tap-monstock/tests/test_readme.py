"""The README's tables say what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest
from tap_monstock.fields import Field
from tap_monstock.settings import SETTINGS_SCHEMA
from tap_monstock.stream_table import STREAM_TABLE, StreamRow

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def settings_table() -> str:
    rows = ["| Setting | Default | What it does |", "|---|---|---|"]
    for name, setting in SETTINGS_SCHEMA["properties"].items():
        default = setting.get("default")
        shown = "required" if name in SETTINGS_SCHEMA["required"] else "-"
        if default is not None:
            shown = f"`{default}`"
        rows.append(f"| `{name}` | {shown} | {setting['description']} |")
    return "\n".join(rows)


def fields_table(row: StreamRow) -> str:
    rows = ["| Field | Type | What it says |", "|---|---|---|"]
    return "\n".join([*rows, *field_rows(row.fields, "")])


def field_rows(fields: tuple[Field, ...], above: str) -> list[str]:
    rows = []
    for field in fields:
        kinds = field.schema["type"]
        kind = kinds if isinstance(kinds, str) else kinds[0]
        shown = "moment" if field.schema.get("format") else kind
        rows.append(f"| `{above}{field.name}` | {shown} | {field.description} |")
        if not (above or row_of_payments(field)):
            rows += field_rows(field.fields, f"{field.name}.")
    return rows


def row_of_payments(field: Field) -> bool:
    """Whether its fields are those of another stream, which are shown there."""
    return field.name == "payments"


def test_settings_table_is_that_of_the_settings() -> None:
    assert settings_table() in README, f"the README needs this table:\n{settings_table()}"


@pytest.mark.parametrize("row", STREAM_TABLE, ids=lambda row: row.name)
def test_fields_of_a_stream_are_those_of_the_table(row: StreamRow) -> None:
    assert fields_table(row) in README, f"the README needs this table:\n{fields_table(row)}"
