"""Messages about settings, without what is secret in those."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def without_secrets(
    messages: Iterable[str], config: Mapping[str, object], schema: Mapping[str, Any]
) -> list[str]:
    """Messages in which nothing of a secret setting stands any more.

    A validator repeats the value that it refuses, and a secret of the wrong type is a secret still.

    Args:
        messages: about the settings.
        config: the settings, as they were given.
        schema: of the settings, as JSON Schema; `secret` marks those that are.
    """
    secrets = {
        text
        for name, setting in schema["properties"].items()
        if setting.get("secret")
        for text in _texts(config.get(name))
    }
    masked = list(messages)
    for secret in sorted(secrets, key=len, reverse=True):
        masked = [message.replace(secret, "***") for message in masked]
    return masked


def _texts(value: object) -> Iterator[str]:
    """Yield how a value, or what it holds, may stand in a message."""
    if isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
    elif value not in (None, "", True, False):
        yield str(value)
        yield repr(value).strip("'\"")
