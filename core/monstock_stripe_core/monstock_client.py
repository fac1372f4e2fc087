"""A tenant's orders and their payments: read, found, listed and written, as its profile says."""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Literal

from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.monstock_call import Call, Patience
from monstock_stripe_core.monstock_errors import (
    MonstockRejected,
    MonstockUnsupported,
    UnreadableOrder,
)
from monstock_stripe_core.monstock_http import MonstockHttp
from monstock_stripe_core.monstock_mapping import OrderMapping
from monstock_stripe_core.monstock_pages import Pages
from monstock_stripe_core.monstock_payments import PaymentsResource
from monstock_stripe_core.monstock_urls import filled, sendable
from monstock_stripe_core.monstock_writer import OrderWriter, WriteResult, etag_of
from monstock_stripe_core.order import Order, OrderPaymentRow, OrderPaymentStatus, OrderState
from monstock_stripe_core.profile import Filter, Profile

LookupField = Literal["id", "number", "channel_reference", "customer_email"]

_LONGEST_FILTER = 4000
"""Characters of one filter's values: servers commonly refuse URLs beyond 8 kB."""


class MonstockClient:
    """One tenant's API. Any number of threads may use a client at once.

    Args:
        base_url: what the profile's paths are below, e.g. https://tenant.example.com/api/v1.
        api_token: never in a log or an error.
        profile: from `load_profile`.
        sleep: what waits between attempts, in seconds.
        patience: timeouts and the number of attempts.

    Raises:
        MonstockError: the URL or the token cannot be one. Every call raises it or a class below
            it: see `monstock_errors`.
    """

    def __init__(
        self,
        base_url: str,
        api_token: str,
        profile: Profile,
        *,
        sleep: Callable[[float], None] = time.sleep,
        patience: Patience | None = None,
    ) -> None:
        self.profile = profile
        self._http = MonstockHttp(
            base_url, api_token, profile, patience=patience or Patience(), sleep=sleep
        )
        self._mapping = OrderMapping(profile)
        self._pages = Pages(self._http, profile, self._mapping)
        resource = profile.payments.placement == "resource"
        self._payments = PaymentsResource(self._pages, profile, self._mapping) if resource else None
        self._writer = OrderWriter(
            self._http, self._pages, profile, self._mapping, self._payments, sleep
        )

    def close(self) -> None:
        """Let go of what the client holds."""
        self._http.close()

    def __enter__(self) -> "MonstockClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what the tenant can do --

    @property
    def writes_payment_status(self) -> bool:
        """Whether we write an order's payment status; False where Monstock derives it."""
        return self.profile.payment_status == "written"

    @property
    def writes_amount_due(self) -> bool:
        """Whether the tenant has a field for what is still to be paid."""
        return self.profile.orders.fields.amount_due is not None

    @property
    def holds_other_currencies(self) -> bool:
        """Whether a payment can stand on an order in another currency."""
        return self.profile.payments.fields.currency is not None

    def can_find_by(self, field: LookupField) -> bool:
        """Whether orders can be looked up by a field; by id and number always."""
        return field == "id" or getattr(self.profile.orders.find, field) is not None

    def is_stripe_like(self, row: OrderPaymentRow) -> bool:
        """Whether a row that is not ours has a method under which staff copy Stripe payments."""
        methods = {method.casefold() for method in self.profile.payments.stripe_like_methods}
        return not row.ours and row.method.casefold() in methods

    def as_stored(self, row: OrderPaymentRow, order: Order) -> OrderPaymentRow:
        """The row as it would be read back: without what this tenant has no place for.

        Compare this with the order's rows, never the row itself. A row that cannot be written
        comes back as it is: to write it will say why.
        """
        try:
            return self._mapping.as_stored(row, order.currency)
        except (MonstockUnsupported, MoneyError):
            return row

    # -- reading --

    def order(self, order_id: str) -> Order | None:
        """One order with its payments, and its condition for writes; None if there is none."""
        if not sendable(order_id):
            return None
        read = self.profile.orders.read
        call = Call("GET", filled(read.path, order_id=order_id), read.parameters)
        try:
            answer = self._http.call(call)
        except MonstockRejected as error:
            if error.status == 404:
                return None
            raise
        data = self._pages.data(answer.body)
        payments = self._payments.of(order_id) if self._payments else None
        return self._mapping.read_order(data, etag=etag_of(answer, self.profile), payments=payments)

    def find_orders(
        self,
        *,
        id: str | None = None,  # noqa: A002 - the field's own name
        number: str | None = None,
        channel_reference: str | None = None,
        customer_email: str | None = None,
    ) -> tuple[Order, ...]:
        """All orders in which one field has exactly this value. Give one field.

        One request, where the payments are in the order. The orders of a list have no condition
        for writes, unless the profile's `orders.fields.etag` names one.

        Raises:
            MonstockUnsupported: the tenant cannot look orders up by this field.
        """
        given: list[tuple[LookupField, str | None]] = [
            ("id", id),
            ("number", number),
            ("channel_reference", channel_reference),
            ("customer_email", customer_email),
        ]
        asked = [(field, value) for field, value in given if value is not None]
        if len(asked) != 1 or asked[0][1] is None:
            raise TypeError("find_orders takes one field and its value")
        field, value = asked[0]
        return self.find_orders_many(field, (str(value),))[str(value)]

    def find_orders_many(
        self,
        field: LookupField,
        values: Iterable[str],
        *,
        on_unreadable: Callable[[UnreadableOrder], None] | None = None,
    ) -> dict[str, tuple[Order, ...]]:
        """For each value all orders in which the field has exactly this value.

        As few requests as the tenant's filter allows. Every value is a key of the result.

        Args:
            field: what to look in.
            values: what to look for.
            on_unreadable: as for `orders_updated_since`.

        Raises:
            UnreadableOrder: as for `orders_updated_since`.
            MonstockUnsupported: the tenant cannot look orders up by this field.
        """
        found: dict[str, tuple[Order, ...]] = dict.fromkeys(values, ())
        filter_ = getattr(self.profile.orders.find, field)
        askable = [value for value in found if sendable(value)]
        if filter_ is None and field == "id":
            orders = ((value, self.order(value)) for value in askable)
            return found | {value: (order,) for value, order in orders if order}
        if filter_ is None:
            raise MonstockUnsupported(
                f"the profile {self.profile.name!r} has no orders.find.{field}: the tenant "
                f"cannot look orders up by {field}"
            )
        by_key: dict[str, list[Order]] = {}
        for batch in _batches(askable, filter_):
            parameters = {filter_.parameter: filter_.separator.join(batch)}
            for order in self._list(parameters, field, on_unreadable):
                key = _key(field, getattr(order, field))
                by_key.setdefault(key, []).append(order)
        return {value: tuple(by_key.get(_key(field, value), ())) for value in found}

    def _list(
        self,
        parameters: dict[str, str | int],
        field: str,
        on_unreadable: Callable[[UnreadableOrder], None] | None,
    ) -> Iterator[Order]:
        get = self.profile.orders.list
        for rows in self._pages.all(get, get.path, parameters, f"orders by {field}"):
            yield from self._read(rows, on_unreadable)

    def orders_updated_since(
        self,
        since: datetime | None,
        *,
        on_unreadable: Callable[[UnreadableOrder], None] | None = None,
    ) -> Iterator[Order]:
        """All orders and quotes that changed at `since` or later, with their payments.

        Sorted by the time of change; an order that changes meanwhile comes again.

        Args:
            since: with a time zone; None for all.
            on_unreadable: is told of an order that cannot be understood, and the others go on;
                None raises.

        Raises:
            UnreadableOrder: as said above.
        """
        size = 100
        batch: list[Any] = []
        for row in self._pages.updated_since(since):
            batch.append(row)
            if self._payments is None or len(batch) == size:
                yield from self._read(batch, on_unreadable)
                batch = []
        yield from self._read(batch, on_unreadable)

    def _read(
        self, rows: list[Any], on_unreadable: Callable[[UnreadableOrder], None] | None
    ) -> Iterator[Order]:
        for data, payments in self._with_payments(rows):
            try:
                order = self._mapping.read_order(data, payments=payments)
            except UnreadableOrder as error:
                if on_unreadable is None:
                    raise
                on_unreadable(error)
            else:
                yield order

    def _with_payments(self, rows: list[Any]) -> Iterator[tuple[Any, list[Any] | None]]:
        if self._payments is None:
            yield from ((row, None) for row in rows)
            return
        ids = [self._mapping.order_id(row) for row in rows]
        payments = self._payments.of_many([order_id for order_id in ids if order_id])
        for row, order_id in zip(rows, ids, strict=True):
            yield row, payments.get(order_id or "", [])

    # -- writing --

    def put_payment(self, order: Order, row: OrderPaymentRow) -> WriteResult:
        """Create or replace the row of this method and transaction reference.

        Raises:
            MonstockConflict: the order changed since it was read; perhaps by this very write,
                whose first answer got lost. Read it again and compare.
            MoneyError: an amount that cannot be written; the text names the order.
        """
        return self._writer.put_payment(order, row)

    def update_payment(self, order: Order, row_id: str, row: OrderPaymentRow) -> WriteResult:
        """Change a row, its method and transaction reference too: adopts one made by hand.

        Raises:
            MonstockConflict, MoneyError: as `put_payment`.
        """
        return self._writer.update_payment(order, row_id, row)

    def delete_payment(self, order: Order, row_id: str) -> WriteResult:
        """Take a row off the order (or void it, as the profile says); gone already is done.

        Raises:
            MonstockConflict: the order changed since it was read.
        """
        return self._writer.delete_payment(order, row_id)

    def patch_order(
        self,
        order: Order,
        *,
        payment_status: OrderPaymentStatus | None = None,
        state: OrderState | str | None = None,
        amount_due: int | None = None,
    ) -> WriteResult:
        """Change what is given and what the tenant has a field for; nothing left, no request.

        Args:
            order: as it was read.
            payment_status: what its payments amount to.
            state: ours, or the tenant's own word.
            amount_due: minor units of the order's currency.

        Raises:
            MonstockConflict, MoneyError: as `put_payment`.
            MonstockUnsupported: a payment status for a tenant that derives it.
        """
        if payment_status is not None and not self.writes_payment_status:
            raise MonstockUnsupported(
                f"the profile {self.profile.name!r} says that Monstock derives payment_status"
            )
        return self._writer.patch_order(order, payment_status, state, amount_due)


def _key(field: LookupField, value: str | None) -> str:
    return (value or "").casefold() if field == "customer_email" else value or ""


def _batches(values: list[str], filter_: Filter) -> Iterator[list[str]]:
    """Cut values into requests: as many as the filter takes and a URL can carry."""
    batch: list[str] = []
    length = 0
    for value in values:
        if filter_.many > 1 and filter_.separator in value:
            continue  # it would be taken for two values; no order has it
        if batch and (len(batch) == filter_.many or length + len(value) > _LONGEST_FILTER):
            yield batch
            batch, length = [], 0
        batch.append(value)
        length += len(value) + len(filter_.separator)
    if batch:
        yield batch
