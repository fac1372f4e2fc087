"""The Singer target: its settings and streams. What it does with payments is `run`'s."""

import click
from target_common.target import LedgerTarget

from target_monstock.run import Run
from target_monstock.settings import CONFIG_JSONSCHEMA, read_settings
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
            f"{command.epilog} `{cls.name} check-profile --help`: what of a profile works."
        )
        return command

    def open_run(self) -> Run:
        """Open a run by the settings.

        Raises:
            MonstockStripeError: settings, profile or ledger cannot be used.
        """
        return Run(read_settings(self.config), self.plugin_version, show=self.show_plan_line)
