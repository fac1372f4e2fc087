"""Answers of a pure function on amounts, learnt once for all amounts that take the same way.

The function is run on `Amount`s: whole numbers that know how they were reckoned from what was
given, and note each comparison that was made of them. The comparisons of a run are a condition
under which every run takes the same way, and its results are sums of what was given. So a further
case of the same kind needs no run where it meets the condition. (This is known as concolic
execution.) The rules stay where they are: nothing here knows what is compared.

Whatever else the function does with an amount (a product, a text, a place in a set, a fraction)
stops it from being learnt. Some things go unnoticed, since Python does not ask the number for them:
an amount as an index of a sequence, `%d`, `Decimal(amount)`, a float or bool on the left of it. The
rules that are learnt do none of this, and a property test holds what is learnt against the core.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import add, mul, neg, sub
from typing import Any, TypeAlias, cast

Form: TypeAlias = tuple[int, ...]
"""A sum of what is given: how many times each of it, the constant first."""

_MOST = 5000

_MOST_UNKNOWNS = 12
_MOST_QUESTIONS = 200
"""What is kept of a way grows with both; an order of hundreds of payments has no like anyway."""


class CannotLearn(Exception):
    """The function did with an amount what is no sum and no comparison."""


@dataclass(slots=True)
class _Way:
    """The questions that a run asked, each with its answer: below, at or above zero."""

    asked: dict[Form, int] = field(default_factory=dict)

    def sign(self, form: Form, value: int) -> int:
        """Note that the sign of a sum was asked for, and return it."""
        sign = (value > 0) - (value < 0)
        if any(form[1:]):
            self.asked[form] = sign
            if len(self.asked) > _MOST_QUESTIONS:
                raise CannotLearn
        return sign


class Amount(int):
    """A whole number that knows of which sum it is the value, and notes what is asked of it."""

    form: Form
    way: _Way

    def _sum(self, form: Form, value: int) -> Amount:
        found = Amount(value)
        found.form, found.way = form, self.way
        return found

    def _other(self, other: int) -> Form:
        if isinstance(other, Amount):
            return other.form
        if type(other) is not int:
            raise CannotLearn
        return (other, *[0] * (len(self.form) - 1))

    def _compared(self, other: int) -> int:
        form = tuple(map(sub, self.form, self._other(other)))
        return self.way.sign(form, int.__sub__(self, other))

    def __add__(self, other: int) -> Amount:
        return self._sum(tuple(map(add, self.form, self._other(other))), int.__add__(self, other))

    __radd__ = __add__

    def __sub__(self, other: int) -> Amount:
        return self._sum(tuple(map(sub, self.form, self._other(other))), int.__sub__(self, other))

    def __rsub__(self, other: int) -> Amount:
        return -self + other

    def __mul__(self, other: int) -> Amount:
        if type(other) is not int:
            raise CannotLearn
        return self._sum(tuple(one * other for one in self.form), int.__mul__(self, other))

    __rmul__ = __mul__

    def __neg__(self) -> Amount:
        return self._sum(tuple(map(neg, self.form)), int.__neg__(self))

    def __pos__(self) -> Amount:
        return self

    def __abs__(self) -> Amount:
        return -self if self < 0 else self

    def __bool__(self) -> bool:
        return self._compared(0) != 0

    def __lt__(self, other: int) -> bool:
        return self._compared(other) < 0

    def __le__(self, other: int) -> bool:
        return self._compared(other) <= 0

    def __gt__(self, other: int) -> bool:
        return self._compared(other) > 0

    def __ge__(self, other: int) -> bool:
        return self._compared(other) >= 0

    def __eq__(self, other: object) -> bool:
        return other is not None and self._compared(cast("int", other)) == 0

    def __ne__(self, other: object) -> bool:
        return not self == other


def _refuse(*_given: object) -> Any:
    raise CannotLearn


_FOLLOWED = {name for name, value in vars(Amount).items() if callable(value)}
_OF_THE_OBJECT = {"__new__", "__init__", "__getattribute__", "__getnewargs__", "__hash__"}
for _name in {name for name, value in vars(int).items() if callable(value)} - _OF_THE_OBJECT:
    if _name not in _FOLLOWED:
        setattr(Amount, _name, _refuse)
for _name in ("real", "imag", "numerator", "denominator"):
    setattr(Amount, _name, property(_refuse))
# A place in a set or dict by value would be a comparison that nobody notes.
setattr(Amount, "__hash__", _refuse)  # noqa: B010 - mypy refuses the plain assignment


@dataclass(slots=True)
class _Question:
    """The sign of a sum, and what follows by its answer."""

    form: Form
    follows: dict[int, _Question | _Learnt] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Learnt:
    """A result, `Amount`s in it standing for their sums; None where each case has to be run."""

    result: Mapping[str, Any] | None


class Learning:
    """A function that learns.

    Args:
        function: pure; takes a kind and amounts, and returns a mapping of what it will, lists,
            mappings and amounts among it. A kind always comes with the same number of amounts.
        most: how many ways are kept, at most; what takes another one is run each time.
    """

    def __init__(
        self, function: Callable[[Any, Sequence[int]], dict[str, Any]], most: int = _MOST
    ) -> None:
        self._function = function
        self._left = most
        self._first: dict[Hashable, _Question | _Learnt] = {}

    def __call__(self, kind: Hashable, amounts: Sequence[int]) -> dict[str, Any]:
        """Return what the function returns for a kind and amounts."""
        distinct = dict.fromkeys(amounts)
        distinct.pop(0, None)
        if len(distinct) > _MOST_UNKNOWNS:
            return self._function(kind, amounts)
        places = {amount: place for place, amount in enumerate(distinct, 1)}
        # Equal amounts are one unknown and those of zero none: most comparisons are no question.
        pattern = (kind, *[places.get(amount, 0) for amount in amounts])
        given = (1, *distinct)
        step = self._first.get(pattern)
        while isinstance(step, _Question):
            value = sum(map(mul, step.form, given))
            step = step.follows.get((value > 0) - (value < 0))
        if step is None and self._left:
            step = self._learn(kind, pattern, given)
        if step is None or step.result is None:
            return self._function(kind, amounts)
        return {name: _filled(value, given) for name, value in step.result.items()}

    def _learn(self, kind: Hashable, pattern: tuple[Any, ...], given: Form) -> _Learnt:
        way = _Way()
        unknown: list[int] = [0]
        for place, value in enumerate(given[1:], 1):
            amount = Amount(value)
            amount.form = tuple(int(one == place) for one in range(len(given)))
            amount.way = way
            unknown.append(amount)
        try:
            learnt = _Learnt(self._function(kind, [unknown[place] for place in pattern[1:]]))
        except (CannotLearn, TypeError, ValueError):
            # Where it is the case itself that is wrong, the plain run says so.
            learnt = _Learnt(None)
        self._keep(pattern, way.asked, learnt)
        return learnt

    def _keep(self, pattern: Hashable, asked: Mapping[Form, int], learnt: _Learnt) -> None:
        self._left -= 1
        place: dict[Any, _Question | _Learnt] = self._first
        key: Hashable = pattern
        for form, sign in asked.items():
            question = place.setdefault(key, _Question(form))
            if not isinstance(question, _Question) or question.form != form:
                return
            place, key = question.follows, sign
        place[key] = learnt


def _filled(result: Any, given: Form) -> Any:
    if isinstance(result, Amount):
        return sum(map(mul, result.form, given))
    if isinstance(result, Mapping):
        return {name: _filled(value, given) for name, value in result.items()}
    if isinstance(result, list | tuple):
        return [_filled(value, given) for value in result]
    return result
