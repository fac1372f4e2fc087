"""A target's command: the Singer target, and `exceptions` and others beside it."""

import logging
import sys
from collections.abc import Sequence

import click
from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.last_words import say_last_words
from singer_sdk.exceptions import RecordsWithoutSchemaException

from target_common.target import LedgerTarget


def run_command(
    target: type[LedgerTarget],
    exceptions: click.Group,
    arguments: Sequence[str] | None,
    *others: click.Command,
) -> int:
    """Run the command; any failure that a person can mend ends in one sentence and status 1.

    Args:
        target: the Singer target.
        exceptions: the group of commands about its exceptions.
        arguments: of the command line; None for those of this process.
        others: further commands, each under its own name.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    name = target.name
    # They log the whole address of each request, and bodies at DEBUG: customers' e-mail addresses
    # stand there, and a token too where it is sent so.
    for library in ("urllib3", "stripe"):
        logging.getLogger(library).setLevel(logging.ERROR)
    try:
        for command in (exceptions, *others):
            if given[:1] == [command.name]:
                command(given[1:], prog_name=f"{name} {command.name}")
        target.cli(given, prog_name=name)
    except (MonstockStripeError, RecordsWithoutSchemaException) as error:
        say_last_words(name, str(error))
        return 1
    except BrokenPipeError:
        say_last_words(name, "nobody reads the output any more")
        return 1
    return 0
