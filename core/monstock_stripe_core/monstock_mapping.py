"""A tenant's JSON to `Order` and `OrderPaymentRow`, and back, by the profile's paths and words."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.json_paths import JsonObject, getter, set_path
from monstock_stripe_core.money import iso_currency
from monstock_stripe_core.monstock_errors import MonstockUnsupported, UnreadableOrder
from monstock_stripe_core.monstock_formats import MoneyCodec, TimeCodec, WordCodec
from monstock_stripe_core.order import Order, OrderPaymentRow, OrderPaymentStatus, OrderState
from monstock_stripe_core.payment import PaymentStatus
from monstock_stripe_core.profile import Profile

_MONEY_FIELDS = ("authorized", "refunded", "disputed", "dispute_lost")


class _WrongField(Exception):
    """A field that is missing or wrong; turned into an error that names the order."""


class OrderMapping:
    """Reads and writes orders as one profile describes them. Holds no state of a call."""

    def __init__(self, profile: Profile) -> None:
        self.money = MoneyCodec(profile.formats.money)
        self.time = TimeCodec(profile.formats.time)
        vocabulary = profile.vocabulary
        self._profile = profile
        self._state = WordCodec(vocabulary.state, OrderState)
        self._payment_status = WordCodec(vocabulary.payment_status, OrderPaymentStatus)
        self._row_status = WordCodec(vocabulary.row_status or {}, PaymentStatus)
        self._order = {name: getter(path) for name, path in _paths(profile.orders.fields).items()}
        self._row = {name: getter(path) for name, path in _paths(profile.payments.fields).items()}
        self._rows = getter(profile.payments.path) if profile.payments.path else None
        removed = profile.payments.removed
        self._removed = (getter(removed.field), frozenset(removed.words)) if removed else None

    # -- reading --

    def order_id(self, data: object) -> str | None:
        """The id of an order's JSON, if it has one."""
        try:
            return _text(self._order["id"](data), "id")
        except _WrongField:
            return None

    def read_order(
        self,
        data: object,
        *,
        etag: str | None = None,
        payments: list[Any] | None = None,
    ) -> Order:
        """An order.

        Args:
            data: its JSON.
            etag: the answer's ETag, where it was read alone.
            payments: the JSON of its payments, where they are a resource of their own.

        Raises:
            UnreadableOrder: a field is missing or wrong; the text names order and field.
        """
        if not isinstance(data, dict):
            raise UnreadableOrder(f"an order must be a JSON object, not {_shown(data)}", None)
        try:
            return self._read_order(data, etag, payments)
        except (_WrongField, MoneyError, ValueError) as error:
            order_id = self.order_id(data)
            number = self._order["number"](data)
            name = f"order {number if isinstance(number, str | int) else '?'} ({order_id})"
            advice = f"check the order, and the profile {self._profile.name!r}"
            raise UnreadableOrder(f"{name}: {error}; {advice}", order_id) from None

    def _read_order(self, data: JsonObject, etag: str | None, payments: list[Any] | None) -> Order:
        fields = self._profile.orders.fields

        def required(name: str) -> Any:
            value = self._order[name](data)
            if value is None:
                raise _WrongField(f"{getattr(fields, name)} is missing")
            return value

        def optional(name: str) -> Any:
            return self._order[name](data) if name in self._order else None

        currency = iso_currency(required("currency"))
        raw_state = _text(required("state"), fields.state)
        if payments is None:
            payments = self._rows(data) if self._rows else []
        if not isinstance(payments, list):
            path = self._profile.payments.path
            raise _WrongField(f"{path} must be a list of payments, not {_shown(payments)}")
        amount_due = optional("amount_due")
        created_at = optional("created_at")
        shown_etag = optional("etag")
        return Order(
            id=_text(required("id"), fields.id),
            number=_text(required("number"), fields.number),
            currency=currency,
            total=self.money.read(required("total"), currency, fields.total),
            state=self._read_state(raw_state, fields.state),
            raw_state=raw_state,
            updated_at=self.time.read(required("updated_at"), fields.updated_at),
            kind=self._kind(optional("kind")),
            payment_status=self._payment_status.read(optional("payment_status")),
            amount_due=None
            if amount_due is None
            else self.money.read(amount_due, currency, str(fields.amount_due)),
            channel_reference=_optional_text(optional("channel_reference")),
            customer_id=_optional_text(optional("customer_id")),
            customer_email=_optional_text(optional("customer_email")),
            payments=tuple(
                self.read_row(row, currency) for row in payments if not self._is_removed(row)
            ),
            etag=etag or _optional_text(shown_etag),
            created_at=None
            if created_at is None
            else self.time.read(created_at, str(fields.created_at)),
        )

    def _read_state(self, word: str, path: str) -> OrderState:
        state = self._state.read(word)
        if state is None:
            known = ", ".join(self._state.known)
            raise _WrongField(
                f"{path} {word!r:.60} is not in the profile's vocabulary.state ({known})"
            )
        return state

    def _kind(self, word: object) -> str:
        words = self._profile.vocabulary.kind
        if words is None or "kind" not in self._order:
            return "order"
        if _among(word, words.quote):
            return "quote"
        if words.order is None or _among(word, words.order):
            return "order"
        raise _WrongField(
            f"{self._profile.orders.fields.kind} {word!r:.60} is not in the profile's "
            "vocabulary.kind"
        )

    def _is_removed(self, row: object) -> bool:
        return self._removed is not None and self._removed[0](row) in self._removed[1]

    def row_order_id(self, row: object) -> str | None:
        """The order that a payment's JSON names, where payments are a resource of their own."""
        return _optional_text(self._row["order_id"](row)) if "order_id" in self._row else None

    def read_order_payments(self, payments: list[Any], order: Order) -> list[OrderPaymentRow]:
        """The payments of an order that is known already.

        Raises:
            UnreadableOrder: a payment cannot be understood.
        """
        try:
            rows = [row for row in payments if not self._is_removed(row)]
            return [self.read_row(row, order.currency) for row in rows]
        except (_WrongField, MoneyError, ValueError) as error:
            raise UnreadableOrder(f"order {order.number} ({order.id}): {error}", order.id) from None

    def read_row(self, data: object, order_currency: str) -> OrderPaymentRow:
        """One payment of an order in `order_currency`."""
        if not isinstance(data, dict):
            raise _WrongField(f"a payment must be a JSON object, not {_shown(data)}")
        fields = self._profile.payments.fields
        values = {name: get(data) for name, get in self._row.items()}
        for name in ("id", "method", "amount"):
            if values[name] is None:
                raise _WrongField(f"payment {values['id']}: {getattr(fields, name)} is missing")
        where = f"payment {values['id']}: "
        currency = order_currency
        if values.get("currency") is not None:
            currency = iso_currency(values["currency"])
        method = _text(values["method"], where + fields.method)

        def money(name: str) -> int:
            value = values.get(name)
            what = where + str(getattr(fields, name))
            return 0 if value is None else self.money.read(value, currency, what)

        fee, fee_currency = self._read_fee(values, where)
        paid_at = values.get("paid_at")
        return OrderPaymentRow(
            row_id=_text(values["id"], fields.id),
            method=method,
            transaction_reference=_optional_text(values["transaction_reference"]),
            currency=currency,
            amount=money("amount"),
            status=self._read_row_status(values.get("status"), where),
            authorized=money("authorized"),
            refunded=money("refunded"),
            disputed=money("disputed"),
            dispute_lost=money("dispute_lost"),
            fee=fee,
            fee_currency=fee_currency,
            paid_at=None if paid_at is None else self.time.read(paid_at, where + "paid_at"),
            ours=method == self._profile.payments.our_method,
            payment_method=_optional_text(values.get("payment_method")),
            note=_optional_text(values.get("note")),
        )

    def _read_fee(self, values: Mapping[str, Any], where: str) -> tuple[int | None, str | None]:
        if values.get("fee") is None or values.get("fee_currency") is None:
            return None, None
        currency = iso_currency(values["fee_currency"])
        return self.money.read(values["fee"], currency, where + "fee"), currency

    def _read_row_status(self, word: object, where: str) -> PaymentStatus:
        if "status" not in self._row:
            return PaymentStatus.SUCCEEDED
        status = self._row_status.read(word)
        if status is None:
            known = ", ".join(self._row_status.known)
            raise _WrongField(
                f"{where}status {word!r:.60} is not in the profile's vocabulary.row_status "
                f"({known})"
            )
        return status

    # -- writing --

    def write_row(self, row: OrderPaymentRow, order_currency: str, *, key: bool) -> JsonObject:
        """A payment as the tenant's JSON takes it.

        Args:
            row: the payment.
            order_currency: of its order, which the tenant may take for the payment's, too.
            key: whether the method and the transaction reference are in the body (else in the
                path).

        Raises:
            MoneyError: an amount beyond 64 bits, or an unknown currency.
            MonstockUnsupported: the tenant has no word for the row's status, or no place for a
                currency that is not the order's.
        """
        fields = self._profile.payments.fields
        payments = self._profile.payments
        if fields.currency is None and row.currency != order_currency:
            raise MonstockUnsupported(
                f"the tenant's payments have no currency of their own: {row.currency} cannot "
                f"stand on an order in {order_currency}"
            )
        net = payments.amount == "net"
        amount = row.amount - row.refunded - row.dispute_lost if net else row.amount
        body: JsonObject = {}

        def put(name: str, value: Any) -> None:
            path = getattr(fields, name)
            if path is not None:
                set_path(body, path, value)

        if key:
            put("method", row.method)
            put("transaction_reference", row.transaction_reference)
        put("amount", self.money.write(amount, row.currency))
        put("currency", row.currency)
        if fields.status is not None:
            put("status", self._row_status.write(row.status))
        for name in _MONEY_FIELDS:
            put(name, self.money.write(getattr(row, name), row.currency))
        known_fee = row.fee is not None and row.fee_currency is not None
        put("fee", self.money.write(row.fee, row.fee_currency) if known_fee else None)  # type: ignore[arg-type]
        put("fee_currency", row.fee_currency if known_fee else None)
        put("paid_at", None if row.paid_at is None else self.time.write(row.paid_at))
        put("payment_method", row.payment_method)
        put("note", row.note[: payments.note_length] if row.note else None)
        return body

    def as_stored(self, row: OrderPaymentRow, order_currency: str) -> OrderPaymentRow:
        """The row as it will be read back: without what this tenant cannot keep.

        Compare this with what Monstock has; comparing the row itself would find a difference
        for ever where, say, the tenant has no field for the fee.
        """
        written = self.write_row(row, order_currency, key=True)
        set_path(written, self._profile.payments.fields.id, row.row_id or "new")
        return replace(self.read_row(written, order_currency), row_id=row.row_id)

    def write_order(
        self,
        order: Order,
        payment_status: OrderPaymentStatus | None,
        state: OrderState | str | None,
        amount_due: int | None,
    ) -> JsonObject:
        """The JSON that changes an order; what is None, or unknown to the tenant, is left out."""
        fields = self._profile.orders.fields
        body: JsonObject = {}
        if payment_status is not None and fields.payment_status is not None:
            set_path(body, fields.payment_status, self._payment_status.write(payment_status))
        if state is not None:
            set_path(body, fields.state, self._state_word(state))
        if amount_due is not None and fields.amount_due is not None:
            set_path(body, fields.amount_due, self.money.write(amount_due, order.currency))
        return body

    def _state_word(self, state: OrderState | str) -> str:
        """The tenant's word for a state; one of the tenant's own words is taken as it is."""
        if not isinstance(state, OrderState) and state in self._state.known:
            return state
        return self._state.write(OrderState(state)) if state in list(OrderState) else state

    def read_time(self, value: object) -> datetime | None:
        """A time that may be missing or unreadable."""
        try:
            return self.time.read(value, "time")
        except ValueError:
            return None


def _paths(fields: Any) -> dict[str, str]:
    paths = {name: getattr(fields, name) for name in type(fields).__dataclass_fields__}
    return {name: path for name, path in paths.items() if path is not None}


def _among(word: object, words: str | tuple[str, ...]) -> bool:
    return word == words if isinstance(words, str) else word in words


def _text(value: object, what: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise _WrongField(f"{what} must be a text, not {_shown(value)}")
    return str(value)


def _optional_text(value: object) -> str | None:
    return None if value is None or value == "" else _text(value, "a text field")


def _shown(value: object) -> str:
    return f"{value!r:.40}"
