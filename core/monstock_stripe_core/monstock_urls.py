"""Values in URLs: what can stand in one, and how."""

from urllib.parse import quote

_LONGEST_VALUE = 255


def sendable(value: str) -> bool:
    """Whether a value can be looked up at all.

    References come from people and from other systems' metadata: what is empty, endless, not
    printable, or a step in a path ("..") is no order's id and must not get into a URL.
    """
    if not 0 < len(value) <= _LONGEST_VALUE or value in (".", ".."):
        return False
    return value.isprintable()  # also refuses lone surrogates, which UTF-8 cannot carry


def filled(template: str, **values: str) -> str:
    """A path of the profile with its placeholders filled, each percent-encoded as one part.

    Raises:
        ValueError: a value cannot stand in a path.
    """
    for name, value in values.items():
        if not sendable(value):
            raise ValueError(f"{name} cannot be part of a URL: {value!r:.60}")
    return template.format(**{name: quote(value, safe="") for name, value in values.items()})
