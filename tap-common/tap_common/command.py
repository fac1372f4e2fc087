"""The command line's manners: one clear message instead of a traceback, and an exit status."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

import click
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.plugin_base import SingerCommand

from tap_common.errors import OutputClosedError, StopRequestedError, TapError

_EXIT_FAILED = 1
_EXIT_NO_READER = 74  # EX_IOERR of sysexits.h


class TapCommand(SingerCommand):
    """The SDK's command, with our way of ending.

    Args:
        failures: errors whose text is for the person who runs the tap.
    """

    def __init__(
        self,
        *args: Any,
        logger: logging.Logger,
        failures: tuple[type[Exception], ...] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, logger=logger, **kwargs)
        self.failures: tuple[type[Exception], ...] = (TapError, *failures)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command; end the process with a message and a status where something fails."""
        try:
            return super().main(*args, **kwargs)
        except self.failures as error:
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


def with_our_manners(
    command: click.Command,
    logger: logging.Logger,
    failures: tuple[type[Exception], ...],
    callback: Callable[..., Any] | None = None,
    options: Iterable[click.Option] = (),
) -> TapCommand:
    """Return the SDK's command as one of ours.

    Args:
        command: the SDK's.
        logger: the tap's.
        failures: errors whose text is for the person who runs the tap.
        callback: instead of the command's own.
        options: further ones.
    """
    return TapCommand(
        name=command.name,
        callback=callback or command.callback,
        params=[*command.params, *options],
        help=command.help,
        context_settings=command.context_settings,
        logger=logger,
        failures=failures,
    )
