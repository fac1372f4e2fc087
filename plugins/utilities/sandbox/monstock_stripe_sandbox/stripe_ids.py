"""Ids in Stripe's form, the same for the same seed."""

from __future__ import annotations

import random
import string

_ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits
_ACCOUNT_TAIL = "SbxLkdIwHu"
"""Stripe writes a part of the account's id into the ids of its objects."""


class IdMaker:
    """Makes ids. They are not ordered by time, as Stripe's are not."""

    def __init__(self, seed: int | str, tail: str = _ACCOUNT_TAIL) -> None:
        self._dice = random.Random(f"stripe {seed}")  # noqa: S311 - dice, not a secret
        self._tail = tail
        self.account = f"acct_1Stock{tail}"

    def text(self, length: int) -> str:
        """Return random letters and digits."""
        return "".join(self._dice.choices(_ALPHABET, k=length))

    def make(self, prefix: str) -> str:
        """Return a new id for an object whose ids begin with `prefix` (`pi`, `cus`, …)."""
        if prefix == "":
            return self.text(8)
        if prefix in ("cus", "prod", "req"):
            return f"{prefix}_{self.text(14)}"
        if prefix.startswith("cs_"):
            return f"{prefix}_a1{self.text(56)}"
        generation = "3" if prefix in ("pi", "ch", "py", "re", "pyr") else "1"
        return f"{prefix}_{generation}{self.text(6)}{self._tail}{self.text(8)}"

    def state(self) -> list[object]:
        """Return where the dice stand, as JSON can hold it."""
        version, numbers, gauss = self._dice.getstate()
        return [version, list(numbers), gauss]

    def restore(self, state: list[object]) -> None:
        """Take up what `state` gave."""
        version, numbers, gauss = state
        self._dice.setstate((version, tuple(numbers), gauss))  # type: ignore[arg-type]
