"""The command `target-monstock`: the Singer target, and its other commands."""

from collections.abc import Sequence

from target_common.command import run_command

from target_monstock.exceptions_cli import exceptions_command
from target_monstock.explain_cli import explain_command
from target_monstock.forget_cli import forget_command
from target_monstock.profile_cli import check_profile_command
from target_monstock.target import TargetMonstock


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; any failure that a person can mend ends in one sentence and status 1."""
    others = (check_profile_command, explain_command, forget_command)
    return run_command(TargetMonstock, exceptions_command, arguments, *others)
