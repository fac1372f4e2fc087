"""The README's tables say what the code says."""

from __future__ import annotations

from pathlib import Path

from tap_stripe_ext.settings import SETTINGS_SCHEMA
from tap_stripe_ext.stream_table import LEFT_OUT, PAYMENTS_PERMISSIONS, STREAM_TABLE, StreamRow

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def settings_table() -> str:
    rows = ["| Setting | Default | What it does |", "|---|---|---|"]
    for name, setting in SETTINGS_SCHEMA["properties"].items():
        default = setting.get("default")
        shown = "required" if name in SETTINGS_SCHEMA["required"] else "-"
        if default not in (None, []):
            values = default if isinstance(default, list) else [default]
            shown = ", ".join(f"`{value}`" for value in values)
        rows.append(f"| `{name}` | {shown} | {setting['description']} |")
    return "\n".join(rows)


def streams_table() -> str:
    rows = ["| Stream | Stripe's list | New and changed objects are found by | Permission |"]
    rows.append("|---|---|---|---|")
    everything = "its events, and silent edits of PaymentIntents by listing"
    rows.append(f"| **`payments`** | several | {everything} | all of those named above |")
    for row in STREAM_TABLE:
        name = f"**`{row.name}`**" if row.by_default else f"`{row.name}`"
        asked = "".join(f"?{one}={value}" for one, value in row.parameters)
        rows.append(f"| {name} | `{row.path}{asked}` | {how_found(row)} | {row.permission} |")
    return "\n".join(rows)


def how_found(row: StreamRow) -> str:
    found = [f"`{one}`" for one in dict.fromkeys(a.types for a in row.announced_by)]
    if row.listed_by_created:
        found.append("`created`")
    if row.edited_silently:
        found.append("listing recent ones")
    if row.listed_whole:
        found.append("listing all")
    if row.settles:
        found.append("`available_on`")
    if row.name == "events":
        found.append("being the event log")
    return ", ".join(found) + (f"; not: {row.unnoticed}" if row.unnoticed else "")


def test_settings_table_is_that_of_the_settings():
    assert settings_table() in README, f"the README needs this table:\n{settings_table()}"


def test_streams_table_is_that_of_the_table():
    assert streams_table() in README, f"the README needs this table:\n{streams_table()}"


def test_permissions_of_payments_are_listed():
    for permission in PAYMENTS_PERMISSIONS:
        assert f"- {permission}" in README


def test_keys_that_are_not_the_id_are_named():
    for row in STREAM_TABLE:
        if row.keys != ("id",):
            keys = " and ".join(f"`{key}`" for key in row.keys)
            assert f"`{row.name}` by {keys}" in README


def test_lists_that_are_left_out_are_named_with_the_reason():
    for path, reason in LEFT_OUT.items():
        assert f"- `{path}`: {reason}" in README


def test_number_of_streams_is_right():
    assert f"**{len(STREAM_TABLE) + 1} streams**" in README
