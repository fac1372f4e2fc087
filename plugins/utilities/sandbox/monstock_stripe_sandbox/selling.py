"""Making trade at a sandbox that another process serves: for loads, benchmarks and long tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import requests

_TIMEOUT = 30


class SellingError(Exception):
    """A step could not be made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Sold:
    """One sale as it is now; amounts in minor units, moments in seconds since the epoch.

    Attributes:
        payment: the PaymentIntent, once it is paid.
        paid_at: when the payment became successful, by the sandbox's clock.
    """

    order: str
    number: str
    total: int
    currency: str
    payment: str | None
    charge: str | None
    paid_at: float | None
    refunded: int
    disputed: int
    dispute_lost: int


class Seller:
    """Sells at a sandbox over one connection that is kept; for one thread.

    Args:
        monstock_url: where the sandbox serves Monstock.
    """

    def __init__(self, monstock_url: str) -> None:
        self._url = monstock_url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False

    def order(
        self,
        total: int = 1200,
        currency: str = "EUR",
        *,
        count: int = 1,
        paid: bool = False,
        people: int = 0,
    ) -> list[Sold]:
        """Record so many orders; with `paid`, each is paid at once.

        Args:
            total: in minor units.
            currency: ISO 4217.
            count: how many orders.
            paid: as above.
            people: so many customers buy them in turn, each known to both systems by name, e-mail,
                telephone and address; 0 for orders that are nobody's.

        Raises:
            SellingError: nothing answers, or it is refused.
        """
        asked = {"total": total, "currency": currency, "count": count, "paid": paid}
        asked["people"] = people
        return self._sales("", asked)

    def pay(
        self, orders: Sequence[str], method: str = "card", *, ago: float = 0.0, over: float = 0.0
    ) -> list[Sold]:
        """Let orders be paid, one after another.

        Args:
            orders: up to a thousand.
            method: what pays.
            ago: so many seconds ago; 0 is now.
            over: with `ago`, they are spread evenly over so many seconds from then on.
        """
        asked = {"orders": list(orders), "method": method, "ago": ago, "over": over}
        return self._sales("/pay", asked)

    def refund(self, orders: Sequence[str], amount: int | None = None) -> list[Sold]:
        """Give money of each back, all that is left by default."""
        return self._sales("/refund", {"orders": list(orders), "amount": amount})

    def dispute(
        self, orders: Sequence[str], close: Literal["won", "lost"] | None = None
    ) -> list[Sold]:
        """Let what is left of each be disputed, or let the open dispute end."""
        return self._sales("/dispute", {"orders": list(orders), "close": close})

    def first_paid(self, orders: Sequence[str] | None = None) -> dict[str, float | None]:
        """Return when the payment status of orders first was `paid` in Monstock.

        Args:
            orders: None asks for every order that ever was.

        Returns:
            Seconds since the epoch by the clock of `Sold.paid_at`; None where it never was.
        """
        asked = {"orders": None if orders is None else list(orders)}
        found = self._call("/_sandbox/orders/first-paid", asked)["orders"]
        return {order: each and each["at"] for order, each in found.items()}

    def _sales(self, step: str, asked: dict[str, Any]) -> list[Sold]:
        answer = self._call(f"/_sandbox/sales{step}", asked)
        names = Sold.__dataclass_fields__
        return [Sold(**{name: sale[name] for name in names}) for sale in answer["sales"]]

    def _call(self, path: str, asked: dict[str, Any]) -> Any:
        try:
            answer = self._session.post(self._url + path, json=asked, timeout=_TIMEOUT)
            content = answer.json()
        except (requests.RequestException, ValueError):
            raise SellingError(
                f"no sandbox answers at {self._url}: start one with `sandbox serve`"
            ) from None
        if not answer.ok:
            raise SellingError(str(content.get("error", {}).get("message", answer.status_code)))
        return content
