"""Takes out of a sentence what no message may repeat: e-mail addresses, and what else was sent
about a person. The systems that are talked to quote a request in the sentence that refuses it.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

MASK = "***"

_ADDRESS = re.compile(r"[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+")
_SHORTEST = 3
"""A shorter text (a country, an initial) stands in any sentence by chance."""


def masked(sentence: str, private: Iterable[str] = ()) -> str:
    """A sentence without e-mail addresses and without these texts, whatever their capitals."""
    for text in sorted({text.strip() for text in private}, key=len, reverse=True):
        if len(text) >= _SHORTEST:
            sentence = re.sub(re.escape(text), MASK, sentence, flags=re.IGNORECASE)
    return _ADDRESS.sub(MASK, sentence)


def texts_under(value: object, names: Collection[str], *, inside: bool = False) -> Iterator[str]:
    """The texts that stand in fields of these names, at whatever depth of a JSON value.

    Args:
        value: what is looked through.
        names: of the fields; a list under one of them has texts of it too.
        inside: whether the value stands in such a field itself.
    """
    if isinstance(value, str):
        if inside:
            yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from texts_under(inner, names, inside=name in names)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_under(inner, names, inside=inside)
