"""The command `target-monstock`: the Singer target, `exceptions` and `check-profile` beside it."""

from collections.abc import Sequence

from target_common.command import run_command

from target_monstock.exceptions_cli import exceptions_command
from target_monstock.profile_cli import check_profile_command
from target_monstock.target import TargetMonstock


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; any failure that a person can mend ends in one sentence and status 1."""
    return run_command(TargetMonstock, exceptions_command, arguments, check_profile_command)
