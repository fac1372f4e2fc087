"""The command `target-stripe`: the Singer target, and its other commands."""

from collections.abc import Sequence

from target_common.command import run_command

from target_stripe.exceptions_cli import exceptions_command
from target_stripe.forget_cli import forget_command
from target_stripe.target import TargetStripe


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; any failure that a person can mend ends in one sentence and status 1."""
    return run_command(TargetStripe, exceptions_command, arguments, forget_command)
