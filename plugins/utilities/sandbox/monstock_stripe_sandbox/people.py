"""People whose data is like nobody else's: where a part of it turns up, it came from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Person:
    """A customer as both systems know them."""

    name: str
    email: str
    phone: str
    address: dict[str, str | None]


@cache
def person(number: int) -> Person:
    """Return one of any number of people; the same number is the same person."""
    return Person(
        name=f"Zoé O'Quaxbury-{number:04d}",
        email=f"zoe.quaxbury+{number:04d}@personal.example",
        phone=f"+33 6 98 {number // 100 % 100:02d} {number % 100:02d} 17",
        address={
            "line1": f"{number:04d} impasse des Quokkas",
            "line2": f"Bâtiment Quagga, porte {number:04d}",
            "postal_code": f"Q{number:04d}X",
            "city": f"Quokkaville-lès-{number:04d}",
            "state": None,
            "country": "FR",
        },
    )
