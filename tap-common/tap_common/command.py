"""The command line's manners: one clear message instead of a traceback, and an exit status."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

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
        others: commands beside the tap's own, each taken where its name is the first argument.
    """

    def __init__(
        self,
        *args: Any,
        logger: logging.Logger,
        failures: tuple[type[Exception], ...] = (),
        others: Iterable[click.Command] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, logger=logger, **kwargs)
        self.failures: tuple[type[Exception], ...] = (TapError, *failures)
        self._others = {other.name: other for other in others}

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the arguments, of this command or of the one that the first of them names."""
        other = self._others.get(args[0]) if args else None
        if other is None:
            return super().make_context(info_name, args, parent, **extra)
        return other.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command whose arguments were read."""
        return super().invoke(ctx) if ctx.command is self else ctx.command.invoke(ctx)

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
            _leave(128 + stop.signal_number)
        except (OutputClosedError, BrokenPipeError):
            self.logger.error(
                "The target has closed the pipe, so the run ends here. What it acknowledged is "
                "in its state."
            )
            _leave(_EXIT_NO_READER)


def _leave(status: int) -> NoReturn:
    """End the process at once: Python's own end would wait for threads whose requests hang."""
    logging.shutdown()
    os._exit(status)


def with_our_manners(
    command: click.Command,
    logger: logging.Logger,
    failures: tuple[type[Exception], ...],
    callback: Callable[..., Any] | None = None,
    options: Iterable[click.Option] = (),
    others: Iterable[click.Command] = (),
) -> TapCommand:
    """Return the SDK's command as one of ours.

    Args:
        command: the SDK's.
        logger: the tap's.
        failures: errors whose text is for the person who runs the tap.
        callback: instead of the command's own.
        options: further ones.
        others: commands beside it, each taken where its name is the first argument.
    """
    others = tuple(others)
    return TapCommand(
        name=command.name,
        callback=callback or command.callback,
        params=[*command.params, *options],
        help=command.help,
        epilog=_told(command.name, others),
        context_settings=command.context_settings,
        logger=logger,
        failures=failures,
        others=others,
    )


def _told(name: str | None, others: Iterable[click.Command]) -> str:
    """Return the help's last lines, which name the commands beside."""
    return "\n\n".join(f"`{name} {other.name} --help`: {other.help}" for other in others)
