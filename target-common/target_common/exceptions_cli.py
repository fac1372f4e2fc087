"""`exceptions` of a target: what waits, and what the commands about it have in common."""

import getpass
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click
from monstock_stripe_core.exception_kind import ExceptionKind
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.plugin_base import _ConfigInput

from target_common.config_files import read_config
from target_common.exceptions_report import exceptions_lines
from target_common.ledger import Ledger, LedgerKind, visit_ledger
from target_common.ledger.exceptions import ExceptionBook

EXCEPTION_KINDS = click.Choice([kind.value for kind in ExceptionKind])


@dataclass(frozen=True, slots=True)
class LedgerCommands:
    """Commands on one target's ledger, beside a run that may be writing to it.

    Attributes:
        kind: whose ledger it is.
        config_jsonschema: of the target's settings; one of them is `ledger_url`.
        default_url: where the ledger is if nothing else is said.
    """

    kind: LedgerKind
    config_jsonschema: dict[str, Any]
    default_url: str

    @property
    def _prefix(self) -> str:
        return self.kind.program.upper().replace("-", "_") + "_"

    def ledger_options(self, command: Callable[..., Any]) -> Callable[..., Any]:
        """Add the options that say where the ledger is: `config` and `ledger_url`."""
        for option in (
            click.option(
                "--ledger-url",
                envvar=f"{self._prefix}LEDGER_URL",
                help="The ledger; instead of a configuration file.",
            ),
            click.option(
                "--config",
                multiple=True,
                callback=read_config,
                help="The target's configuration file, or ENV for the environment.",
            ),
        ):
            command = option(command)
        return command

    def decision_options(self, command: Callable[..., Any]) -> Callable[..., Any]:
        """Add the options of a decision too: `by` and `why`."""
        for option in (
            click.option("--why", required=True, help="The reason, for the record."),
            click.option(
                "--by", default=getpass.getuser, help="Who decides. Default: the login name."
            ),
        ):
            command = option(command)
        return self.ledger_options(command)

    def open(self, config: _ConfigInput, ledger_url: str | None) -> Ledger:
        """Open the ledger that the options name.

        Raises:
            LedgerError: there is none, or it cannot be used.
        """
        settings = dict(config.config)
        if config.parse_env:
            settings |= parse_environment_config(self.config_jsonschema, self._prefix)
        url = ledger_url or settings.get("ledger_url") or self.default_url
        return visit_ledger(url, self.kind)

    def listing(self, book: ExceptionBook) -> click.Group:
        """The group `exceptions`, which lists what waits where no command of it is named."""

        @click.group("exceptions", invoke_without_command=True)
        @self.ledger_options
        @click.option(
            "--format",
            "form",
            type=click.Choice(["table", "csv", "json"]),
            default="table",
            help="How they are shown.",
        )
        @click.option("--kind", type=EXCEPTION_KINDS, help="Only of this kind.")
        @click.pass_context
        def exceptions(
            context: click.Context,
            config: _ConfigInput,
            ledger_url: str | None,
            form: str,
            kind: str | None,
        ) -> None:
            """List what the rules could not place or what contradicts itself, oldest first."""
            if context.invoked_subcommand is not None:
                return
            with self.open(config, ledger_url) as ledger, ledger.transaction() as connection:
                waiting = [
                    one for one in book.open(connection) if kind is None or one.kind.value == kind
                ]
            for line in exceptions_lines(waiting, form):
                click.echo(line)

        return exceptions
