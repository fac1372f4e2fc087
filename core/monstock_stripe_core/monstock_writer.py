"""Writes to one order: its payments, its payment status, what is due, its state."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.json_paths import JsonObject, getter, set_path
from monstock_stripe_core.monstock_call import Answer, Call
from monstock_stripe_core.monstock_errors import (
    MonstockConflict,
    MonstockRejected,
    MonstockUncertain,
    MonstockUnsupported,
)
from monstock_stripe_core.monstock_http import MonstockHttp
from monstock_stripe_core.monstock_mapping import OrderMapping
from monstock_stripe_core.monstock_pages import Pages
from monstock_stripe_core.monstock_payments import PaymentsResource
from monstock_stripe_core.monstock_urls import filled
from monstock_stripe_core.order import Order, OrderPaymentRow, OrderPaymentStatus, OrderState
from monstock_stripe_core.profile import Profile

_MOST_TRIES_TO_CREATE = 5
_WAIT_BEFORE_LOOKING = 0.5
"""Seconds between a call whose answer got lost and the look whether it had its effect."""


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What a write has left behind.

    Attributes:
        row_id: the payment's id, where one was written.
        etag: the order's new condition, where the profile has one; for the next write.
        updated_at: the order's new time of change (UTC), where the answer tells.
    """

    row_id: str | None = None
    etag: str | None = None
    updated_at: datetime | None = None


class OrderWriter:
    """The writing half of `MonstockClient`, which says what each call does."""

    def __init__(
        self,
        http: MonstockHttp,
        pages: Pages,
        profile: Profile,
        mapping: OrderMapping,
        payments: PaymentsResource | None,
        sleep: Callable[[float], None],
    ) -> None:
        self._http = http
        self._pages = pages
        self._profile = profile
        self._mapping = mapping
        self._payments = payments
        self._sleep = sleep
        self._row_id = getter(profile.payments.fields.id)
        self._order_updated_at = getter(profile.orders.fields.updated_at)
        at = profile.answers.order_updated_at
        self._written_at = getter(at) if at else None

    def put_payment(self, order: Order, row: OrderPaymentRow) -> WriteResult:
        """Create or replace the row of this method and transaction reference."""
        upsert = self._profile.payments.upsert
        if self._profile.payments.writing == "find_then_write" or upsert is None:
            return self._find_then_write(order, row)
        path = filled(
            upsert.path,
            order_id=order.id,
            method=row.method,
            transaction_reference=row.transaction_reference or "",
        )
        with naming(order):
            body = self._mapping.write_row(row, order.currency, key=False)
        return self._written(self._send_payment(order, upsert.method, path, body))

    def update_payment(self, order: Order, row_id: str, row: OrderPaymentRow) -> WriteResult:
        """Change a row, its method and transaction reference too."""
        update = self._profile.payments.update
        with naming(order):
            body = self._mapping.write_row(row, order.currency, key=True)
        path = filled(update.path, order_id=order.id, payment_id=row_id)
        return self._written(self._send_payment(order, update.method, path, body))

    def delete_payment(self, order: Order, row_id: str) -> WriteResult:
        """Take a row off the order, or void it; gone already is done."""
        remove = self._profile.payments.remove
        path = filled(remove.path, order_id=order.id, payment_id=row_id)
        try:
            answer = self._http.call(self._call(order, remove.method, path, remove.body))
        except MonstockRejected as error:
            if error.status != 404:
                raise
            return WriteResult(row_id, order.etag, None)
        return self._written(answer, row_id)

    def patch_order(
        self,
        order: Order,
        payment_status: OrderPaymentStatus | None,
        state: OrderState | str | None,
        amount_due: int | None,
    ) -> WriteResult:
        """Change what is given; nothing to change, no request."""
        with naming(order):
            body = self._mapping.write_order(order, payment_status, state, amount_due)
        if not body:
            return WriteResult(None, order.etag, order.updated_at)
        update = self._profile.orders.update
        path = filled(update.path, order_id=order.id)
        wrapped = _wrapped(self._profile.orders.wrapper, body)
        answer = self._send(self._call(order, update.method, path, wrapped))
        updated_at = self._order_updated_at(self._pages.data(answer.body))
        etag = etag_of(answer, self._profile)
        return WriteResult(None, etag, self._mapping.read_time(updated_at))

    def _find_then_write(self, order: Order, row: OrderPaymentRow) -> WriteResult:
        """Look for the row as it is now, then change it or make it.

        A call that makes is not repeated blindly: where its answer got lost, its effect is
        looked for first, else a payment would stand twice.
        """
        create = self._profile.payments.create
        if create is None:
            raise MonstockUnsupported(f"the profile {self._profile.name!r} has no payments.create")
        with naming(order):
            body = self._mapping.write_row(row, order.currency, key=True)
        order_field = self._profile.payments.fields.order_id
        if order_field is not None:
            set_path(body, order_field, order.id)
        path = filled(create.path, order_id=order.id)
        for tries_left in reversed(range(_MOST_TRIES_TO_CREATE)):
            row_id = self._find_row(order, row)
            if row_id is not None:
                return self.update_payment(order, row_id, row)
            try:
                answer = self._send_payment(order, create.method, path, body, repeatable=False)
            except MonstockUncertain:
                if not tries_left:
                    raise
                self._sleep(_WAIT_BEFORE_LOOKING)
            else:
                return self._written(answer)
        raise AssertionError("unreachable: the last try returns or raises")

    def _find_row(self, order: Order, row: OrderPaymentRow) -> str | None:
        """The id of the order's row of this method and reference, read now."""
        if self._payments is not None:
            found = self._mapping.read_order_payments(self._payments.of(order.id), order)
        else:
            read = self._profile.orders.read
            call = Call("GET", filled(read.path, order_id=order.id), read.parameters)
            data = self._pages.data(self._send(call).body)
            found = list(self._mapping.read_order(data).payments)
        key = (row.method, row.transaction_reference)
        ids = [got.row_id for got in found if (got.method, got.transaction_reference) == key]
        return ids[0] if ids else None

    def _send_payment(
        self, order: Order, method: str, path: str, body: JsonObject, *, repeatable: bool = True
    ) -> Answer:
        wrapped = _wrapped(self._profile.payments.wrapper, body)
        return self._send(self._call(order, method, path, wrapped, repeatable=repeatable))

    def _call(
        self,
        order: Order,
        method: str,
        path: str,
        body: JsonObject | None,
        *,
        repeatable: bool = True,
    ) -> Call:
        condition = self._profile.condition
        headers = {}
        if condition.style == "etag" and order.etag is not None:
            headers[condition.header] = order.etag
        about = f"order {order.number}"
        return Call(method, path, {}, body, headers, about, repeatable)

    def _send(self, call: Call) -> Answer:
        try:
            return self._http.call(call)
        except MonstockRejected as error:
            if error.status == 404:
                raise MonstockConflict(f"{error} It is gone since it was read.") from None
            raise

    def _written(self, answer: Answer, row_id: str | None = None) -> WriteResult:
        found = self._row_id(self._pages.data(answer.body))
        written_at = self._written_at(answer.body) if self._written_at else None
        return WriteResult(
            row_id if found is None else str(found),
            etag_of(answer, self._profile),
            self._mapping.read_time(written_at),
        )


def etag_of(answer: Answer, profile: Profile) -> str | None:
    """The order's condition for the next write, where the profile has one."""
    return answer.headers.get("ETag") if profile.condition.style == "etag" else None


@contextmanager
def naming(order: Order) -> Iterator[None]:
    """Let what cannot be written name its order."""
    try:
        yield
    except MoneyError as error:
        raise MoneyError(f"order {order.number} ({order.id}): {error}") from None
    except MonstockUnsupported as error:
        raise MonstockUnsupported(f"order {order.number} ({order.id}): {error}") from None


def _wrapped(wrapper: str | None, body: JsonObject) -> JsonObject:
    if wrapper is None:
        return body
    wrapped: JsonObject = {}
    set_path(wrapped, wrapper, body)
    return wrapped
