"""`target-monstock check-profile`: what of a profile works on a live tenant."""

import sys

import click
from monstock_stripe_core.profile import load_profile
from singer_sdk.plugin_base import _ConfigInput
from target_common.config_files import read_config

from target_monstock.profile_check import CheckResult, Verdict, check_profile, report_lines
from target_monstock.target import settings_from


@click.command("check-profile")
@click.option(
    "--config",
    multiple=True,
    callback=read_config,
    help="The target's configuration file, or ENV for the environment.",
)
@click.option("--profile", help="The profile to check, instead of the configuration's.")
@click.option(
    "--write",
    "write_to",
    metavar="ORDER_NUMBER",
    help="Also try the writes, on this order, which was made for tests; they are taken back.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    help="How the result is shown.",
)
def check_profile_command(
    config: _ConfigInput, profile: str | None, write_to: str | None, form: str
) -> None:
    """Try all that a profile describes on the live API, and say what works and what does not.

    Nothing is written unless --write is given. Exit status 1 where something does not work.
    """
    given = dict(config.config) | ({"profile": profile} if profile else {})
    settings = settings_from(given, parse_env=config.parse_env)
    loaded = load_profile(settings.profile)
    results = check_profile(settings.base_url, settings.api_token, loaded, write_to=write_to)
    for line in report_lines(results, as_json=form == "json"):
        click.echo(line)
    sys.exit(int(_failed(results)))


def _failed(results: list[CheckResult]) -> bool:
    return any(result.verdict is Verdict.FAILS for result in results)
