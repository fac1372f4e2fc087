"""What ends the mapper: each is printed once, as one sentence, with exit status 1."""

import click


class MapperError(click.ClickException):
    """Any failure of the mapper itself."""


class SettingError(MapperError):
    """A setting that cannot be used; the text names the setting."""


class InputError(MapperError):
    """What came in is no Singer stream."""


class OutputError(MapperError):
    """Nobody takes what goes out."""
