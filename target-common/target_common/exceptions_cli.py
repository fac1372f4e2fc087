"""`exceptions` of a target: what waits, and what the commands about it have in common."""

import getpass
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO, TypeAlias

import click
from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.exception_kind import ExceptionKind
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.plugin_base import _ConfigInput
from sqlalchemy import Connection, Table

from target_common.config_files import read_config
from target_common.decisions_file import BadLinesError, Wanted, decoded, read_decisions
from target_common.errors import TargetError
from target_common.exceptions_report import exceptions_lines
from target_common.exceptions_show import WaysOut, concerns, shown_json, shown_lines
from target_common.ledger import Ledger, LedgerKind, visit_ledger
from target_common.ledger.decisions import decisions_about
from target_common.ledger.dismissals import About, dismissed_among
from target_common.ledger.exceptions import ExceptionBook

Record: TypeAlias = Callable[[str, datetime], None]
"""Records a decision that was checked: who decides, and when (UTC)."""

Prepare: TypeAlias = Callable[[Connection, Wanted], Record]
"""Checks a decision against the ledger; raises what a person can act on."""

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
        why = click.option("--why", required=True, help="The reason, for the record.")
        return self.decider_options(why(command))

    def decider_options(self, command: Callable[..., Any]) -> Callable[..., Any]:
        """Add the option `by` too."""
        by = click.option(
            "--by", default=getpass.getuser, help="Who decides. Default: the login name."
        )
        return self.ledger_options(by(command))

    def open(self, config: _ConfigInput, ledger_url: str | None) -> Ledger:
        """Open the ledger that the options name.

        Raises:
            LedgerError: there is none, or it cannot be used.
        """
        return visit_ledger(self.url(config, ledger_url), self.kind)

    def settings(self, config: _ConfigInput) -> dict[str, Any]:
        """The settings of the files and the environment that were named."""
        settings = dict(config.config)
        if config.parse_env:
            settings |= parse_environment_config(self.config_jsonschema, self._prefix)
        return settings

    def url(self, config: _ConfigInput, ledger_url: str | None) -> str:
        """Where the ledger is."""
        return ledger_url or self.settings(config).get("ledger_url") or self.default_url

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

    def add_showing(
        self, group: click.Group, book: ExceptionBook, decisions: Table, ways_out: WaysOut
    ) -> None:
        """Add the command `show`: exceptions in full.

        Args:
            group: of `listing`.
            book: the ledger's exceptions.
            decisions: the ledger's table of what people decided.
            ways_out: the commands by which a person can decide on one.
        """

        @group.command("show")
        @click.argument("name")
        @self.ledger_options
        @click.option("--kind", type=EXCEPTION_KINDS, help="Only of this kind.")
        @click.option(
            "--format",
            "form",
            type=click.Choice(["text", "json"]),
            default="text",
            help="How they are shown.",
        )
        def show(
            name: str, config: _ConfigInput, ledger_url: str | None, kind: str | None, form: str
        ) -> None:
            """Show what waits about a payment, an order or a customer in full.

            NAME is the payment's reference, the order's id or number, or the customer's id.
            """
            with self.open(config, ledger_url) as ledger, ledger.transaction() as connection:
                waiting = [
                    one
                    for one in book.open(connection)
                    if concerns(one, name) and (kind is None or one.kind.value == kind)
                ]
                names = {name}
                names |= {one.transaction_reference or "" for one in waiting}
                names |= {one.order_id or "" for one in waiting}
                decided = decisions_about(connection, decisions, names)
            if form == "json":
                click.echo(shown_json(waiting, decided, ways_out))
                return
            for line in shown_lines(name, waiting, decided, ways_out):
                click.echo(line)

    def add_dismissing(self, group: click.Group, prepare: Prepare, whose: str) -> None:
        """Add the command `dismiss`.

        Args:
            group: of `listing`.
            prepare: checks a decision and returns what records it.
            whose: the system by whose ids exceptions name customers.
        """

        @group.command("dismiss")
        @click.argument("kind", type=EXCEPTION_KINDS)
        @about_options(whose)
        @self.decision_options
        def dismiss(
            kind: str,
            payment: str,
            order: str,
            customer: str,
            config: _ConfigInput,
            ledger_url: str | None,
            by: str,
            why: str,
        ) -> None:
            """Say that an exception needs nothing more."""
            wanted = Wanted("dismiss", About(kind, payment, order, customer), why=why)
            self.record(config, ledger_url, prepare, wanted, by)
            click.echo(f"{kind} of {_named(wanted.about)} is dismissed; the next run obeys.")

    def record(
        self,
        config: _ConfigInput,
        ledger_url: str | None,
        prepare: Prepare,
        wanted: Wanted,
        by: str,
    ) -> None:
        """Check one decision and record it."""
        with self.open(config, ledger_url) as ledger, ledger.transaction() as connection:
            prepare(connection, wanted)(by, datetime.now(UTC))

    def add_deciding(
        self,
        group: click.Group,
        prepare: Prepare,
        known: tuple[str, ...],
        link_kinds: Collection[str] = (),
    ) -> None:
        """Add the command `decide`: many decisions from a file.

        Args:
            group: of `listing`.
            prepare: checks a decision and returns what records it.
            known: the words that a decision can be.
            link_kinds: as `read_decisions` takes them.
        """

        @group.command("decide")
        @click.argument("file", type=click.File("rb"))
        @click.option("--why", help="The reason of lines that give none.")
        @click.option("--dry-run", is_flag=True, help="Check the file and decide nothing.")
        @self.decider_options
        def decide(
            file: BinaryIO,
            why: str | None,
            config: _ConfigInput,
            ledger_url: str | None,
            by: str,
            *,
            dry_run: bool,
        ) -> None:
            """Record the decisions of a CSV file: all of them, or none where a line is wrong.

            FILE is what `exceptions --format csv` lists (or - for standard input), with `decision`
            filled in, and `why`, and `link_to` (ORDER, or ORDER=AMOUNT ORDER=AMOUNT) to link.
            """
            name = getattr(file, "name", "the file")
            wanted = read_decisions(decoded(file.read(), name), name, why, known, link_kinds)
            with self.open(config, ledger_url) as ledger, ledger.transaction() as connection:
                record_all(connection, wanted, prepare, name, by=by, dry_run=dry_run)
            said = ", ".join(
                f"{count} {word}" for word, count in Counter(o.decision for o in wanted).items()
            )
            if dry_run:
                click.echo(f"{len(wanted)} decisions are in order ({said}); none was recorded.")
            else:
                click.echo(f"{len(wanted)} decisions are recorded ({said}); the next run obeys.")


def about_options(whose: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options that say what an exception is about: `payment`, `order` and `customer`.

    Args:
        whose: the system by whose ids it names customers.
    """

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for name, what in (
            ("--customer", f"{whose}'s id of the customer"),
            ("--order", "Monstock's id of the order"),
            ("--payment", "The payment"),
        ):
            command = click.option(name, default="", help=f"{what} concerned, if one is.")(command)
        return command

    return add


def record_all(
    connection: Connection,
    wanted: Sequence[Wanted],
    prepare: Prepare,
    name: str,
    *,
    by: str,
    dry_run: bool,
) -> None:
    """Check every decision, and only then record them.

    Args:
        connection: inside a transaction.
        wanted: the decisions.
        prepare: checks one and returns what records it.
        name: of the file, for the message.
        by: who decides.
        dry_run: whether to stop after the check.

    Raises:
        BadLinesError: some cannot be made; none was.
    """
    refused: dict[int, str] = {}
    ready: list[Record] = []
    for one in wanted:
        try:
            ready.append(prepare(connection, one))
        except MonstockStripeError as error:
            refused[one.line] = str(error)
    if refused:
        raise BadLinesError(name, refused)
    now = datetime.now(UTC)
    for record in () if dry_run else ready:
        record(by, now)


def must_wait(connection: Connection, book: ExceptionBook, about: About) -> None:
    """Hold a dismissal against the exceptions of the ledger.

    Raises:
        TargetError: there is no such exception, or it is gone already.
    """
    waits = book.find(connection, about)
    if waits is None:
        raise TargetError(
            f"no {about.kind} of {_named(about)} waits; name it as `exceptions` lists it"
        )
    if not waits:
        raise TargetError(f"{about.kind} of {_named(about)} does not wait any more")


def must_be_dismissed(connection: Connection, decisions: Table, about: About) -> None:
    """Hold what is to be opened again against what was decided.

    Raises:
        TargetError: nobody dismissed it.
    """
    if not dismissed_among(connection, decisions, [about]):
        raise TargetError(f"nobody dismissed {about.kind} of {_named(about)}")


def _named(about: About) -> str:
    return " ".join(part for part in about[1:] if part) or "nothing"
