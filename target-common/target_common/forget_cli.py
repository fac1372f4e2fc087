"""`forget` of a target: erases what its ledger, and files made of it, hold of a person."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

import click
from singer_sdk.plugin_base import _ConfigInput
from sqlalchemy import Column, Connection, MetaData

from target_common.errors import TargetError
from target_common.exceptions_cli import LedgerCommands
from target_common.forgetting import (
    Erasure,
    Person,
    delete_files,
    erase_values,
    erasure_lines,
    erasure_record,
    files_with,
    text_columns,
)
from target_common.ledger import open_ledger, visit_ledger
from target_common.ledger.store import sqlite_files


class Forgetter(Protocol):
    """What one target's ledger holds of people.

    Attributes:
        metadata: of its tables.
        free_texts: the columns in which people, or other systems, write what they like.
    """

    metadata: MetaData
    free_texts: Sequence[Column[str]]

    def customers(self, connection: Connection, person: Person) -> Person:
        """What the customers of the ledger who are the person add to them."""

    def trade(self, connection: Connection, person: Person) -> Person:
        """What their payments or orders add to them."""

    def obstacles(self, connection: Connection, person: Person) -> Sequence[str]:
        """What must be finished before, each with what to do."""

    def erase(self, connection: Connection, person: Person, now: datetime) -> Mapping[str, int]:
        """Erase the person, and see to it that they do not come back; rows by table."""

    def notes(self, counts: Mapping[str, int]) -> list[str]:
        """What the ledger keeps, or gets again, for a person to act on."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What the command line asks for."""

    person: Person
    exactly: bool
    folders: tuple[Path, ...]
    delete: bool
    dry: bool


def forget_command(commands: LedgerCommands, forgetter: Forgetter) -> click.Command:
    """Make the command.

    Args:
        commands: of the target.
        forgetter: of its ledger.
    """

    @click.command("forget")
    @click.option("--email", multiple=True, help="An e-mail address of the person.")
    @click.option("--stripe-customer", multiple=True, help="Stripe's id of them (cus_…).")
    @click.option("--monstock-customer", multiple=True, help="Monstock's id of them.")
    @click.option("--also", multiple=True, help="A name, or anything else of them in texts.")
    @click.option("--exactly", is_flag=True, help="Just what is named, not what goes with it.")
    @click.option(
        "--output-folder",
        "folders",
        multiple=True,
        type=click.Path(path_type=Path),
        help="A folder with reports or exports: files that hold the person are listed.",
    )
    @click.option("--delete", is_flag=True, help="Delete those files.")
    @click.option("--dry-run", is_flag=True, help="Show what would be erased; change nothing.")
    @click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        help="How the result is shown.",
    )
    @commands.ledger_options
    def forget(
        email: tuple[str, ...],
        stripe_customer: tuple[str, ...],
        monstock_customer: tuple[str, ...],
        also: tuple[str, ...],
        folders: tuple[Path, ...],
        form: str,
        config: _ConfigInput,
        ledger_url: str | None,
        *,
        exactly: bool,
        delete: bool,
        dry_run: bool,
    ) -> None:
        """Erase a person from the ledger, for good; sums, statuses and links stay.

        No run may be going on. Without --exactly, whoever shares an e-mail address or a customer's
        id with what is named is taken for the same person: look at --dry-run first. Exit status 1
        where a file in --output-folder still holds something of them.
        """
        person = Person(
            frozenset(stripe_customer),
            frozenset(monstock_customer),
            frozenset(one.strip().casefold() for one in email),
        )
        if person == Person():
            raise TargetError("say whom: --email, --stripe-customer or --monstock-customer")
        for folder in folders:
            if not folder.is_dir():
                raise TargetError(f"there is no folder {folder}")
        order = _Order(person.named(also), exactly, folders, delete, dry_run)
        url = commands.url(config, ledger_url)
        erasure = _forget(commands, forgetter, url, order, partial(_show, form=form))
        sys.exit(int(bool(erasure.left)))

    return forget


def _show(erasure: Erasure, *, form: str) -> None:
    if form == "json":
        click.echo(json.dumps(erasure_record(erasure), indent=2, ensure_ascii=False))
    else:
        for line in erasure_lines(erasure):
            click.echo(line)


def _forget(
    commands: LedgerCommands,
    forgetter: Forgetter,
    url: str,
    order: _Order,
    show: Callable[[Erasure], None],
) -> Erasure:
    """Erase from the ledger and the files, and show what was done.

    Files come before the ledger forgets by whose ids and addresses they are found: whatever fails
    there, the command can be called again. Once it has forgotten, what was done is shown even
    where the rewriting of its files fails.
    """
    visit_ledger(url, commands.kind).close()  # says so where there is none, and makes none
    with open_ledger(url, commands.kind, keeps=not order.dry) as ledger:
        with ledger.transaction() as connection:
            person = _found(connection, forgetter, order)
            obstacles = forgetter.obstacles(connection, person)
            if obstacles and not order.dry:
                raise TargetError("nothing was erased: " + " ".join(obstacles))
            counts = dict(forgetter.erase(connection, person, datetime.now(UTC)))
            columns = text_columns(forgetter.metadata)
            counts |= erase_values(connection, columns, person.identifiers)
            for name, count in erase_values(connection, forgetter.free_texts, person.words).items():
                counts[name] = counts.get(name, 0) + count
            notes = forgetter.notes(counts)
            files = files_with(order.folders, person.values, without=sqlite_files(url))
            left = delete_files(files) if order.delete and not order.dry else files
        erasure = Erasure(person, counts, [*obstacles, *notes], files, left, order.dry)
        try:
            if not order.dry:
                ledger.leave_no_trace(forgetter.metadata)
        finally:
            show(erasure)
    return erasure


def _found(connection: Connection, forgetter: Forgetter, order: _Order) -> Person:
    """The person with all that the ledger knows to be theirs, by ids and e-mail addresses."""
    person = order.person
    if order.exactly:
        return person.named(forgetter.customers(connection, person).words)
    while True:
        more = person | forgetter.customers(connection, person)
        more |= forgetter.trade(connection, more)
        if more == person:
            return person
        person = more
