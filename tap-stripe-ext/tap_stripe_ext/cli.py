"""`--verify` and `webhook …`, beside what the command line of every tap of ours does."""

from __future__ import annotations

import sys
from typing import Any

import click
from tap_common.command import TapCommand, with_our_manners
from tap_common.files import read_catalog, read_json_object
from tap_common.tap import CommonTap, stated

from tap_stripe_ext.webhooks.command import webhook_command


def with_commands(command: click.Command, tap_class: type[CommonTap]) -> TapCommand:
    """Return the command of our taps as one that can also verify, with `webhook …` beside it."""
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
                catalog=None if catalog is None else read_catalog(catalog.read(), tap_class.name),
                state=None if state is None else stated(read_json_object(state.read(), "state")),
                schema=verify_schema,
                window=verify_window,
                as_json=verify_format == "json",
            )
        )

    return with_our_manners(
        command,
        tap_class.logger,
        tap_class.failures,
        run_or_verify,
        _verify_options(),
        (webhook_command(tap_class),),
    )


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
