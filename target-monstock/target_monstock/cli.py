"""The command `target-monstock`: the Singer target, and `exceptions` beside it."""

import logging
import sys
from collections.abc import Sequence

from monstock_stripe_core.errors import MonstockStripeError
from singer_sdk.exceptions import RecordsWithoutSchemaException

from target_monstock.exceptions_cli import exceptions_command
from target_monstock.target import TargetMonstock


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; any failure that a person can mend ends in one sentence and status 1."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    # It logs the whole address of each request at DEBUG, and warns with it: customers' e-mail
    # addresses stand there, and the token too where the profile sends it so.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    try:
        if given[:1] == ["exceptions"]:
            exceptions_command(given[1:], prog_name="target-monstock exceptions")
        TargetMonstock.cli(given, prog_name="target-monstock")
    except (MonstockStripeError, RecordsWithoutSchemaException) as error:
        print(f"target-monstock: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        print("target-monstock: nobody reads the output any more", file=sys.stderr)
        return 1
    return 0
