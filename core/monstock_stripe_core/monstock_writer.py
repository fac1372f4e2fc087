"""Writes to one order: its payments, its payment status, what is due, its state."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.json_paths import JsonObject, getter, set_path
from monstock_stripe_core.monstock_call import Answer, Call
from monstock_stripe_core.monstock_errors import MonstockRejected, MonstockUnsupported
from monstock_stripe_core.monstock_formats import TimeCodec
from monstock_stripe_core.monstock_http import MonstockHttp
from monstock_stripe_core.monstock_mapping import OrderMapping
from monstock_stripe_core.monstock_pages import Pages
from monstock_stripe_core.monstock_payments import PaymentsResource
from monstock_stripe_core.monstock_records import etag_of
from monstock_stripe_core.monstock_urls import filled
from monstock_stripe_core.monstock_writing import Writer, wrapped
from monstock_stripe_core.order import Order, OrderPaymentRow, OrderPaymentStatus, OrderState
from monstock_stripe_core.profile import Profile


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


class OrderWriter(Writer):
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
        super().__init__(http, pages, profile, sleep)
        self._mapping = mapping
        self._payments = payments
        self._time = TimeCodec(profile.formats.time)
        self._row_id = getter(profile.payments.fields.id)
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
            body = self._mapping.rows.write(row, order.currency, key=False)
        return self._written(self._send_payment(order, upsert.method, path, body))

    def update_payment(self, order: Order, row_id: str, row: OrderPaymentRow) -> WriteResult:
        """Change a row, its method and transaction reference too."""
        update = self._profile.payments.update
        with naming(order):
            body = self._mapping.rows.write(row, order.currency, key=True)
        path = filled(update.path, order_id=order.id, payment_id=row_id)
        return self._written(self._send_payment(order, update.method, path, body))

    def delete_payment(self, order: Order, row_id: str) -> WriteResult:
        """Take a row off the order, or void it; gone already is done."""
        remove = self._profile.payments.remove
        path = filled(remove.path, order_id=order.id, payment_id=row_id)
        try:
            call = self._call(_named(order), order.etag, remove.method, path, remove.body)
            answer = self._http.call(call)
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
        payment_url: str | None,
    ) -> WriteResult:
        """Change what is given; nothing to change, no request."""
        with naming(order):
            body = self._mapping.write(order, payment_status, state, amount_due, payment_url)
        if not body:
            return WriteResult(None, order.etag, order.updated_at)
        update = self._profile.orders.update
        path = filled(update.path, order_id=order.id)
        body = wrapped(self._profile.orders.wrapper, body)
        answer = self._send(self._call(_named(order), order.etag, update.method, path, body))
        updated_at = self._mapping.read_updated_at(self._pages.data(answer.body))
        return WriteResult(None, etag_of(answer, self._profile), updated_at)

    def _find_then_write(self, order: Order, row: OrderPaymentRow) -> WriteResult:
        """Change the row, or make it where the order, as it was read, has none."""
        create = self._profile.payments.create
        if create is None:
            raise MonstockUnsupported(f"the profile {self._profile.name!r} has no payments.create")
        with naming(order):
            body = self._mapping.rows.write(row, order.currency, key=True)
        order_field = self._profile.payments.fields.order_id
        if order_field is not None:
            set_path(body, order_field, order.id)
        method, path = create.method, filled(create.path, order_id=order.id)

        def changed(row_id: str | None) -> WriteResult | None:
            return None if row_id is None else self.update_payment(order, row_id, row)

        def make() -> WriteResult:
            return self._written(self._send_payment(order, method, path, body, repeatable=False))

        # Read once, not before each row: an order of 10,000 payments would be read 10,000 times.
        known = changed(_row_id(order.payments, row))
        return known or self._made_once(lambda: changed(self._find_row(order, row)), make, True)

    def _find_row(self, order: Order, row: OrderPaymentRow) -> str | None:
        """The id of the order's row of this method and reference, read now."""
        if self._payments is not None:
            found = self._mapping.read_payments(self._payments.of(order.id), order)
        else:
            read = self._profile.orders.read
            call = Call("GET", filled(read.path, order_id=order.id), read.parameters)
            data = self._pages.data(self._send(call).body)
            found = list(self._mapping.read(data).payments)
        return _row_id(found, row)

    def _send_payment(
        self, order: Order, method: str, path: str, body: JsonObject, *, repeatable: bool = True
    ) -> Answer:
        body = wrapped(self._profile.payments.wrapper, body)
        call = self._call(_named(order), order.etag, method, path, body, repeatable=repeatable)
        return self._send(call)

    def _written(self, answer: Answer, row_id: str | None = None) -> WriteResult:
        found = self._row_id(self._pages.data(answer.body))
        written_at = self._written_at(answer.body) if self._written_at else None
        return WriteResult(
            row_id if found is None else str(found),
            etag_of(answer, self._profile),
            self._read_time(written_at),
        )

    def _read_time(self, value: object) -> datetime | None:
        """A time that may be missing or unreadable."""
        try:
            return self._time.read(value, "time")
        except ValueError:
            return None


def _row_id(rows: Iterable[OrderPaymentRow], row: OrderPaymentRow) -> str | None:
    key = (row.method, row.transaction_reference)
    ids = [one.row_id for one in rows if (one.method, one.transaction_reference) == key]
    return ids[0] if ids else None


def _named(order: Order) -> str:
    return f"order {order.number}"


@contextmanager
def naming(order: Order) -> Iterator[None]:
    """Let what cannot be written name its order."""
    try:
        yield
    except MoneyError as error:
        raise MoneyError(f"order {order.number} ({order.id}): {error}") from None
    except MonstockUnsupported as error:
        raise MonstockUnsupported(f"order {order.number} ({order.id}): {error}") from None
