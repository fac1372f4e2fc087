"""What our taps do alike, where the SDK's way would end in a traceback."""

from __future__ import annotations

from typing import IO, Any, ClassVar

import click
from monstock_stripe_core.secret_settings import without_secrets
from singer_sdk import Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.plugin_base import PluginBase, _ConfigInput

from tap_common.command import with_our_manners
from tap_common.files import read_catalog, read_file, read_json_object
from tap_common.output import Sink


class CommonTap(Tap):
    """A tap whose command line answers each failure with one message."""

    failures: ClassVar[tuple[type[Exception], ...]] = ()
    """Errors, beside the tap's own, whose text is for the person who runs the tap."""

    sink: Sink | None = None
    """Where the messages go; standard output if None."""

    @classmethod
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        """Run the tap from the command line.

        Args:
            about: only print what the tap is.
            about_format: how to print that.
            config: the settings.
            state: the state file.
            catalog: the catalog file.
        """
        if about:
            cls.print_about(about_format)
            return
        cls.print_version(print_fn=cls.logger.info)
        given = config or _ConfigInput()
        tap = cls(
            config=given.config,
            state=None if state is None else read_json_object(state.read(), "state"),
            catalog=None if catalog is None else read_catalog(catalog.read(), cls.name),
            parse_env_config=given.parse_env,
        )
        tap.sync_all()

    @classmethod
    def cb_config(
        cls: type[PluginBase],
        ctx: click.Context,  # noqa: ARG003
        param: click.Option,  # noqa: ARG003
        value: tuple[str, ...],
    ) -> _ConfigInput:
        """Read the config files that are named on the command line.

        Raises:
            InputFileError: if one of them cannot be used.
        """
        given = _ConfigInput()
        for name in value:
            if name == "ENV":
                given.parse_env = True
            else:
                given.config |= read_json_object(read_file(name, "config"), "config")
        return given

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings; a secret that has the wrong type is not repeated."""
        try:
            return super()._validate_config(raise_errors=raise_errors)
        except ConfigValidationError as error:
            error.errors = without_secrets(error.errors, self._config, self.config_jsonschema)
            raise

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Return the command, which ends with a message where the SDK would show a traceback."""
        command: click.Command = super().get_singer_command()
        return with_our_manners(command, cls.logger, cls.failures)


def stated(value: dict[str, Any]) -> dict[str, Any]:
    """Return the Singer state in a file; `meltano state get` wraps it."""
    inner = value.get("singer_state")
    return inner if isinstance(inner, dict) else value
