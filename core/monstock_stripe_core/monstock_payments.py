"""The payments of orders where the tenant keeps them as a resource of their own."""

from collections.abc import Iterable
from typing import Any

from monstock_stripe_core.monstock_pages import Pages
from monstock_stripe_core.monstock_rows import RowMapping
from monstock_stripe_core.monstock_urls import filled
from monstock_stripe_core.profile import Profile
from monstock_stripe_core.profile_records import Get


class PaymentsResource:
    """Reads the JSON of orders' payments from their own list."""

    def __init__(self, pages: Pages, profile: Profile, rows: RowMapping) -> None:
        self._pages = pages
        self._rows = rows
        self._list = profile.payments.list or Get("/", {})
        self._filter = profile.payments.order_filter

    def of(self, order_id: str) -> list[Any]:
        """The payments of one order."""
        path = self._list.path
        if "{order_id}" in path:
            return self._read(filled(path, order_id=order_id), {}, order_id)
        parameter = self._filter.parameter if self._filter else ""
        return self._read(path, {parameter: order_id}, order_id)

    def of_many(self, order_ids: Iterable[str]) -> dict[str, list[Any]]:
        """The payments of several orders, in as few requests as the filter allows."""
        ids = list(dict.fromkeys(order_ids))
        if self._filter is None or self._filter.many == 1 or "{order_id}" in self._list.path:
            return {order_id: self.of(order_id) for order_id in ids}
        found: dict[str, list[Any]] = {order_id: [] for order_id in ids}
        for start in range(0, len(ids), self._filter.many):
            batch = self._filter.separator.join(ids[start : start + self._filter.many])
            for row in self._read(self._list.path, {self._filter.parameter: batch}, "orders"):
                owner = self._rows.order_id(row)
                if owner in found:
                    found[owner].append(row)
        return found

    def _read(self, path: str, parameters: dict[str, str | int], about: str) -> list[Any]:
        pages = self._pages.all(self._list, path, parameters, f"payments of {about}")
        return [row for rows in pages for row in rows]
