"""The README names the options, commands and faults that there are, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import click
from monstock_stripe_sandbox.cli import main
from monstock_stripe_sandbox.faults import KINDS

README = (Path(__file__).parent.parent / "README.md").read_text()


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_command_and_option_of_serve_is_described() -> None:
    commands = section("Commands")
    named = set(re.findall(r"`sandbox ([a-z]+)", commands))
    assert named == set(main.commands)
    options = {
        option
        for parameter in main.commands["serve"].params
        if isinstance(parameter, click.Option)
        for option in [*parameter.opts, *parameter.secondary_opts]
        if option not in ("--scenarios", "--rate-limits")  # the default; their reverse is named
    }
    table = commands.partition("| option |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(--[a-z-]+)", table)) == options


def test_every_kind_of_fault_is_described() -> None:
    rows = re.findall(r"^\| (`.*?) \|", section("Faults"), re.MULTILINE)
    named = {kind for row in rows for kind in re.findall(r"`([a-z_]+)`", row)} - {"kind"}
    assert named == set(KINDS)
