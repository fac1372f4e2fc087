"""Takes out of a sentence what no message may repeat: e-mail addresses, and what else was sent
about a person. The systems that are talked to quote a request in the sentence that refuses it.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

MASK = "***"

_ADDRESS = re.compile(r"[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+")
_SHORTEST = 3
"""A shorter text (a country, an initial) stands in any sentence by chance."""

_LETTER = r"[a-z\u00c0-\u02af\u0370-\u052f\u1e00-\u1fff]"
"""Of scripts that part words by blanks: others do not, and a name stands amid letters there."""
_NO_LETTER_BEFORE = rf"(?:(?<!{_LETTER})|(?<=\\[nrtbf])|(?<=\\u[0-9a-f]{{4}})|(?<=%[0-9a-f]{{2}}))"
"""The end of an escape, as in `%3DMax` or `\\nMax`, is none."""
_NO_LETTER_AFTER = rf"(?!{_LETTER})"


def masked(sentence: str, private: Iterable[str] = ()) -> str:
    """A sentence without e-mail addresses and without these texts, whatever their capitals."""
    for text in sorted({text.strip() for text in private}, key=len, reverse=True):
        if len(text) >= _SHORTEST:
            sentence = re.sub(_alone(text), MASK, sentence, flags=re.IGNORECASE)
    return _ADDRESS.sub(MASK, sentence)


def _alone(text: str) -> str:
    """What finds a text, but not in the middle of a word: Max is not in maximum."""
    before = _NO_LETTER_BEFORE if re.match(_LETTER, text, re.IGNORECASE) else ""
    after = _NO_LETTER_AFTER if re.match(_LETTER, text[-1], re.IGNORECASE) else ""
    return before + re.escape(text) + after


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
