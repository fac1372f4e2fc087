"""What ends the mapper: each is printed once, as one sentence, with exit status 1."""

from typing import IO, Any

import click
from monstock_stripe_core.last_words import say_last_words


class MapperError(click.ClickException):
    """Any failure of the mapper itself."""

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002 - click's
        """Say it on standard error."""
        say_last_words("Error", self.format_message())


class SettingError(MapperError):
    """A setting that cannot be used; the text names the setting."""


class InputError(MapperError):
    """What came in is no Singer stream."""


class OutputError(MapperError):
    """Nobody takes what goes out."""
