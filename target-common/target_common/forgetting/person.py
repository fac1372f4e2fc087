"""A person as the connector knows them: by ids, by e-mail addresses, by words in texts."""

import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import quote, quote_plus

ERASED = "(erased)"
"""Stands where something of a person stood."""

SHORTEST = 4
"""Characters of the shortest value that is looked for in texts: a shorter one stands everywhere."""

_LONG_ID = 8

_BEFORE = (
    r"(?<![\w.+-])",
    r"(?<=\\[nrtbf])",  # in JSON, as the following: a line break
    r"(?<=\\u00[01][0-9a-f])",
    r"(?<=\\u(?:002[0-9acf]|003[a-f]|00a0|00ab|00bb|20[0-6][0-9a-f]|30[0-3][0-9a-f]))",
    r"(?<=%(?:[01][0-9a-f]|2[0-9acf]|3[a-f]|40))",  # in a web address, as the following
    r"(?<=%c2%(?:a0|ab|bb))",
    r"(?<=%e2%8[01]%[89ab][0-9a-f])",
)
"""What goes on before a value makes another one of it: ann@… is not joann@…, nor %C3%A9ann@….

A line break, a blank or a sign does not, written out or escaped: %0Aann@… is ann@….
"""

_AFTER = r"(?![\w+-]|\.\w)"
"""A full stop after a value ends a sentence; within one (an e-mail address) it goes on."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom to forget.

    Attributes:
        stripe_customers: Stripe's ids of them.
        monstock_customers: Monstock's ids of them.
        emails: in small letters.
        words: anything else that stands for them in texts: names, telephone numbers, streets.
    """

    stripe_customers: frozenset[str] = frozenset()
    monstock_customers: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()

    @property
    def identifiers(self) -> frozenset[str]:
        """What stands for this person and nothing else, wherever it stands.

        An id of Monstock's may be a plain number, which other things have too: those are left out.
        """
        plain = {one for one in self.monstock_customers if len(one) < _LONG_ID or one.isdecimal()}
        return self.stripe_customers | self.emails | (self.monstock_customers - plain)

    @property
    def values(self) -> frozenset[str]:
        """Everything that is looked for in texts."""
        return frozenset(one for one in self.identifiers | self.words if len(one) >= SHORTEST)

    def __or__(self, other: "Person") -> "Person":
        """Both as one person."""
        return Person(
            self.stripe_customers | other.stripe_customers,
            self.monstock_customers | other.monstock_customers,
            self.emails | other.emails,
            self.words | other.words,
        )

    def named(self, words: Iterable[str | None]) -> "Person":
        """The person with more words that stand for them; too short ones are left out."""
        more = {word.strip() for word in words if word and len(word.strip()) >= SHORTEST}
        return replace(self, words=self.words | more)


def spellings(value: str) -> frozenset[str]:
    """A value as it may stand in a file: in JSON, HTML or a web address, in capitals or not."""
    cases = {value, value.lower(), value.upper(), value.casefold()}
    return frozenset(
        spelt
        for one in cases
        for spelt in (
            one,
            json.dumps(one)[1:-1],
            html.escape(one),
            quote(one, safe=""),
            quote(one),
            quote_plus(one),
        )
    )


def pattern_of(values: Iterable[str]) -> re.Pattern[str] | None:
    """What finds the values in a text, in any case and spelling; None where there are none."""
    every = sorted({one for value in values for one in spellings(value)}, key=len, reverse=True)
    if not every:
        return None
    return re.compile(between_words(every), re.IGNORECASE)


def between_words(spelt: Iterable[str]) -> str:
    """The regular expression for any of these, where it is not a part of something longer."""
    return rf"(?:{'|'.join(_BEFORE)})(?:{'|'.join(map(re.escape, spelt))}){_AFTER}"
