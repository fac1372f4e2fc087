"""The command `reconcile`."""

from __future__ import annotations

import json
import os
import sys
import traceback
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
from monstock_stripe_core.errors import MonstockStripeError

from monstock_stripe_reconcile.at_stake import Answer
from monstock_stripe_reconcile.compare import Restriction, compare
from monstock_stripe_reconcile.exports.commands import export_command, show_command
from monstock_stripe_reconcile.report.cli import report_command
from monstock_stripe_reconcile.settings import SETTINGS, json_schema, read_settings

_PREFIX = "RECONCILE_"
CANNOT = 2
"""Exit status of whatever fails; 1 is kept for what is wrong with the money."""


class _Command(click.Group):
    """A group whose failures end in `CANNOT`, and in a sentence where a person can mend them."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except (MonstockStripeError, OSError) as error:
            print(f"reconcile: {error}", file=sys.stderr)
        except KeyboardInterrupt:
            print("reconcile: interrupted", file=sys.stderr)
        except Exception:
            traceback.print_exc()
        raise click.exceptions.Exit(CANNOT)


def _about(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        said = {
            "name": "reconcile",
            "description": "Compare what Stripe has with what Monstock shows, to the cent.",
            "version": version("monstock-stripe-reconcile"),
            "capabilities": ["about"],
            "settings": json_schema(),
        }
        click.echo(json.dumps(said, indent=2))
        ctx.exit()


@click.group(
    cls=_Command,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="monstock-stripe-reconcile")
@click.option(
    "--about", is_flag=True, is_eager=True, expose_value=False, callback=_about,
    help="Show what it is and its settings, as JSON.",
)  # fmt: skip
@click.option("--format", "_format", type=click.Choice(["json"]), hidden=True, expose_value=False)
def main() -> None:
    """Compare what Stripe has with what Monstock shows, to the cent.

    Settings come from the environment (RECONCILE_SOURCE and so on) and from --config files.
    """


main.add_command(report_command)


@main.command("compare")
@click.option(
    "--config", "configs", multiple=True, type=click.Path(path_type=Path, dir_okay=False),
    help="JSON file of settings; may be given several times.",
)  # fmt: skip
@click.option("--since", type=click.DateTime(), help="Show what changed since then (UTC).")
@click.option("--order", help="Show one order: its number or id.")
@click.option("--payout", help="Show one payout, and what it contains.")
@click.option(
    "--as-of", type=click.DateTime(), help="Judge ages at this moment (UTC). Default: now."
)
@click.pass_context
def compare_command(
    ctx: click.Context,
    configs: tuple[Path, ...],
    since: datetime | None,
    order: str | None,
    payout: str | None,
    as_of: datetime | None,
) -> None:
    """Compare, and write the results database.

    Exit status: 0 where nothing that the setting fail_on names is wrong, 1 where something is, 2
    where nothing was compared.
    """
    settings = read_settings(_environment() | _files(configs))
    result = compare(
        settings,
        as_of=None if as_of is None else as_of.replace(tzinfo=UTC),
        restriction=Restriction(
            None if since is None else since.replace(tzinfo=UTC), order, payout
        ),
        during=lambda step: click.echo(f"reconcile: {step}", err=True),
    )
    verdict = {
        Answer.NOTHING: "there was nothing to compare",
        Answer.AGREES: "everything agrees",
        Answer.DIFFERS: f"{result.findings} to look at",
    }[result.answer]
    click.echo(
        f"{result.orders} orders, {result.payments} payments: {verdict}. Results: {result.results}"
    )
    ctx.exit(result.exit_status)


main.add_command(show_command)
main.add_command(export_command)


def _environment() -> dict[str, Any]:
    given = {one.name: os.environ.get(_PREFIX + one.name.upper()) for one in SETTINGS}
    return {name: value for name, value in given.items() if value}


def _files(configs: tuple[Path, ...]) -> dict[str, Any]:
    together: dict[str, Any] = {}
    for path in configs:
        try:
            given = json.loads(path.read_text())
        except OSError as error:
            raise click.BadParameter(f"{path} cannot be read: {error.strerror}") from None
        except ValueError:
            # The text of the error may hold a part of the file, and so a secret.
            raise click.BadParameter(f"{path} cannot be read: it is not JSON") from None
        if not isinstance(given, dict):
            raise click.BadParameter(f"{path} is not a JSON object")
        together |= given
    return together
