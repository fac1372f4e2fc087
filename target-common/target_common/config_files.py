"""Reading `--config` files, with an error that names the file."""

import click
from singer_sdk.plugin_base import _ConfigInput


def read_config(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> _ConfigInput:
    """Configuration files, later ones over earlier ones; `ENV` adds the environment.

    Raises:
        click.BadParameter: a file is missing, cannot be read, or is not a JSON object.
    """
    for path in value:
        try:
            given = _ConfigInput.from_cli_args(path).config
        except FileNotFoundError:
            raise click.BadParameter(f"there is no file {path}", ctx, param) from None
        except (OSError, ValueError) as error:
            # The text of a decoding error may hold a part of the file, and so a secret.
            reason = error.strerror if isinstance(error, OSError) else "it is not JSON"
            raise click.BadParameter(f"{path} cannot be read: {reason}", ctx, param) from None
        except TypeError:
            raise click.BadParameter(f"{path} is not a JSON object", ctx, param) from None
        if not isinstance(given, dict):
            raise click.BadParameter(f"{path} is not a JSON object", ctx, param)
    return _ConfigInput.from_cli_args(*value)
