"""The Singer target: its settings and streams. What it does with payments is `run`'s."""

from collections.abc import Mapping
from typing import Any

import click
from singer_sdk.exceptions import ConfigValidationError
from target_common.errors import SettingError
from target_common.target import LedgerTarget

from target_monstock.run import Run
from target_monstock.settings import CONFIG_JSONSCHEMA, Settings, read_settings
from target_monstock.sink import SINKS, STREAMS


class TargetMonstock(LedgerTarget):
    """Puts payments on Monstock's customer orders and derives the orders' payment status."""

    name = "target-monstock"
    config_jsonschema = CONFIG_JSONSCHEMA
    sink_classes = SINKS
    documented_streams = STREAMS

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The command, which also tells of `check-profile`."""
        command = super().get_singer_command()
        command.epilog = (
            f"{command.epilog} `{cls.name} check-profile --help`: what of a profile works. "
            f"`{cls.name} explain --help`: why an order stands as it does. "
            f"`{cls.name} forget --help`: erases a person."
        )
        return command

    def open_run(self) -> Run:
        """Open a run by the settings.

        Raises:
            MonstockStripeError: settings, profile or ledger cannot be used.
        """
        return Run(read_settings(self.config), self.plugin_version, show=self.show_plan_line)


def settings_from(given: Mapping[str, Any], *, parse_env: bool) -> Settings:
    """The settings of a command beside the target.

    Args:
        given: of configuration files.
        parse_env: whether the environment is read too.

    Raises:
        SettingError: a setting is missing or cannot be used.
    """
    try:
        target = TargetMonstock(config=dict(given), parse_env_config=parse_env)
    except ConfigValidationError as error:
        raise SettingError("; ".join(error.errors)) from None
    return read_settings(target.config)
