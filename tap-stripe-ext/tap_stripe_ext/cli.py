"""The command line's manners: one clear message instead of a traceback, and an exit status."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

import click
from monstock_stripe_core.stripe_errors import StripeApiError
from singer_sdk import Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.plugin_base import SingerCommand
from singer_sdk.singerlib import Catalog

from tap_stripe_ext.errors import InputFileError, TapError
from tap_stripe_ext.output import OutputClosedError
from tap_stripe_ext.pool import StopRequestedError

_EXIT_FAILED = 1
_EXIT_NO_READER = 74  # EX_IOERR of sysexits.h


class TapCommand(SingerCommand):
    """The SDK's command, with our way of ending."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command; end the process with a message and a status where something fails."""
        # The stripe package logs each request at INFO.
        logging.getLogger("stripe").setLevel(logging.WARNING)
        try:
            return super().main(*args, **kwargs)
        except (TapError, StripeApiError) as error:
            self.logger.error("%s", error)
            sys.exit(_EXIT_FAILED)
        except ConfigValidationError as error:
            for problem in error.errors:
                self.logger.error("Setting: %s", problem)
            sys.exit(_EXIT_FAILED)
        except StopRequestedError as stop:
            self.logger.warning("Stopped by signal %d; the state is written.", stop.signal_number)
            sys.exit(128 + stop.signal_number)
        except (OutputClosedError, BrokenPipeError):
            # Python would complain about what is left in the buffer when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            self.logger.error(
                "The target has closed the pipe, so the run ends here. What it acknowledged is "
                "in its state."
            )
            sys.exit(_EXIT_NO_READER)


def with_our_manners(command: click.Command, tap_class: type[Tap]) -> TapCommand:
    """Return the SDK's command as one of ours, which can also verify."""
    run = command.callback
    if run is None:
        raise TypeError("the SDK's command does nothing")

    def run_or_verify(
        *,
        verify: str | None,
        verify_format: str,
        verify_window: str,
        verify_schema: str | None,
        **given: Any,
    ) -> None:
        if verify is None or given["about"]:
            run(**given)
            return
        # Only here: it brings SQLAlchemy, which a run of the tap has no use for.
        from tap_stripe_ext.verify.command import verify_target

        state, catalog = given["state"], given["catalog"]
        sys.exit(
            verify_target(
                tap_class,
                verify,
                given["config"],
                catalog=None if catalog is None else read_catalog(catalog.read()),
                state=None if state is None else _singer_state(state.read()),
                schema=verify_schema,
                window=verify_window,
                as_json=verify_format == "json",
            )
        )

    return TapCommand(
        name=command.name,
        callback=run_or_verify,
        params=[*command.params, *_verify_options()],
        help=command.help,
        context_settings=command.context_settings,
        logger=tap_class.logger,
    )


def _singer_state(text: str) -> dict[str, Any]:
    """Return the state in a file; `meltano state get` wraps it."""
    state = read_json_object(text, "state")
    inner = state.get("singer_state")
    return inner if isinstance(inner, dict) else state


def _verify_options() -> list[click.Option]:
    return [
        click.Option(
            ["--verify"],
            metavar="WHAT",
            help="Compare what a target received (a JSONL file, a folder of them, or a "
            "SQLAlchemy URL) with what Stripe lists now. Exit status: 0 equal, 1 differences, "
            "2 could not be verified.",
        ),
        click.Option(
            ["--verify-format"],
            type=click.Choice(["table", "json"]),
            default="table",
            show_default=True,
            help="How --verify shows what it found.",
        ),
        click.Option(
            ["--verify-window"],
            type=click.Choice(["day", "month"]),
            default="month",
            show_default=True,
            help="The windows of `created` in which --verify counts.",
        ),
        click.Option(
            ["--verify-schema"],
            metavar="NAME",
            help="The database schema of the tables for --verify; found by itself where only one "
            "holds tables of this tap.",
        ),
    ]


def read_file(name: str, what: str) -> str:
    """Return the content of a file given on the command line.

    Raises:
        InputFileError: if it cannot be read.
    """
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(f"The {what} file {name} cannot be read ({error}).") from None


def read_json_object(text: str, what: str) -> dict[str, Any]:
    """Return the JSON object in a file given on the command line.

    Args:
        text: the file's content.
        what: what the file is for, such as "state".

    Raises:
        InputFileError: if it holds none.
    """
    if not text.strip():
        raise InputFileError(f"The {what} file is empty.")
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InputFileError(
            f"The {what} file is no valid JSON ({error}). Is it cut off, or are there several "
            "lines in it?"
        ) from None
    if not isinstance(value, dict):
        raise InputFileError(f"The {what} file holds no JSON object.")
    return value


def read_catalog(text: str) -> Catalog:
    """Return the Singer catalog in a file given on the command line.

    Raises:
        InputFileError: if it holds none.
    """
    value = read_json_object(text, "catalog")
    try:
        if not isinstance(value["streams"], list):
            raise TypeError("streams")
        return Catalog.from_dict(value)
    except (AttributeError, KeyError, TypeError) as error:
        raise InputFileError(
            f"The catalog file holds no Singer catalog ({error!r} in it). "
            "`tap-stripe-ext --discover` writes one."
        ) from None
