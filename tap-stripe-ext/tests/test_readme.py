"""The README's tables say what the code says."""

from __future__ import annotations

from pathlib import Path

from tap_stripe_ext.settings import SETTINGS_SCHEMA
from tap_stripe_ext.stream_table import PAYMENTS_PERMISSIONS, STREAM_TABLE

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
    rows.append(f"| `payments` | several | {everything} | all of those named below |")
    for row in STREAM_TABLE:
        found = [f"`{one}`" for one in dict.fromkeys(a.types for a in row.announced_by)]
        if row.listed_by_created:
            found.append("`created`")
        if row.edited_silently:
            found.append("listing recent ones")
        if row.name == "events":
            found.append("being the event log")
        rows.append(f"| `{row.name}` | `GET {row.path}` | {', '.join(found)} | {row.permission} |")
    return "\n".join(rows)


def test_settings_table_is_that_of_the_settings():
    assert settings_table() in README, f"the README needs this table:\n{settings_table()}"


def test_streams_table_is_that_of_the_table():
    assert streams_table() in README, f"the README needs this table:\n{streams_table()}"


def test_permissions_of_payments_are_listed():
    for permission in PAYMENTS_PERMISSIONS:
        assert f"- {permission}" in README
