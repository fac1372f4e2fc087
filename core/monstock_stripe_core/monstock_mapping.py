"""A tenant's JSON to `Order`, and back, by the profile's paths and words."""

from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any

from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.json_paths import JsonObject, getter, set_path
from monstock_stripe_core.money import iso_currency
from monstock_stripe_core.monstock_errors import UnreadableOrder
from monstock_stripe_core.monstock_fields import Fields, Marker, WrongField, shown
from monstock_stripe_core.monstock_formats import MoneyCodec, TimeCodec, WordCodec
from monstock_stripe_core.monstock_rows import RowMapping
from monstock_stripe_core.order import (
    Order,
    OrderLine,
    OrderPaymentRow,
    OrderPaymentStatus,
    OrderState,
)
from monstock_stripe_core.profile import Profile


class OrderMapping:
    """Reads and writes orders as one profile describes them. Holds no state of a call."""

    def __init__(self, profile: Profile) -> None:
        money, time = MoneyCodec(profile.formats.money), TimeCodec(profile.formats.time)
        self._profile = profile
        self._money = money
        self._state = WordCodec(profile.vocabulary.state, OrderState)
        self._payment_status = WordCodec(profile.vocabulary.payment_status, OrderPaymentStatus)
        self._fields = Fields(profile.orders.fields, money, time)
        self._is_deleted = Marker(profile.orders.removed)
        self.rows = RowMapping(profile, money, time)
        self._payments = getter(profile.payments.path) if profile.payments.path else None
        lines = profile.orders.lines
        self._lines = getter(lines.path) if lines else None
        self._line = Fields(lines.fields, money, time) if lines else None

    # -- reading --

    def record_id(self, data: object) -> str | None:
        """The id of an order's JSON, if it has one."""
        try:
            return self._fields.text(data, "id")
        except WrongField:
            return None

    def read(
        self, data: object, *, etag: str | None = None, payments: list[Any] | None = None
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
            raise UnreadableOrder(f"an order must be a JSON object, not {shown(data)}", None)
        try:
            return self._read(data, etag, payments)
        except (WrongField, MoneyError, ValueError) as error:
            order_id = self.record_id(data)
            number = self._fields.raw(data, "number")
            name = f"order {number if isinstance(number, str | int) else '?'} ({order_id})"
            advice = f"check the order, and the profile {self._profile.name!r}"
            raise UnreadableOrder(f"{name}: {error}; {advice}", order_id) from None

    def _read(self, data: JsonObject, etag: str | None, payments: list[Any] | None) -> Order:
        fields = self._fields
        currency = iso_currency(fields.required(data, "currency"))
        raw_state = fields.text(data, "state")
        if payments is None:
            payments = self._payments(data) if self._payments else []
        if not isinstance(payments, list):
            path = self._profile.payments.path
            raise WrongField(f"{path} must be a list of payments, not {shown(payments)}")
        return Order(
            id=fields.text(data, "id"),
            number=fields.text(data, "number"),
            currency=currency,
            total=fields.money(data, "total", currency),
            state=self._read_state(raw_state),
            raw_state=raw_state,
            updated_at=fields.time(data, "updated_at"),
            kind=self._kind(fields.raw(data, "kind")),
            payment_status=self._payment_status.read(fields.raw(data, "payment_status")),
            amount_due=fields.optional_money(data, "amount_due", currency),
            channel_reference=fields.optional_text(data, "channel_reference"),
            customer_id=fields.optional_text(data, "customer_id"),
            customer_email=fields.optional_text(data, "customer_email"),
            customer_name=fields.optional_text(data, "customer_name"),
            payment_url=fields.optional_text(data, "payment_url"),
            lines=self._read_lines(data, currency),
            payments=tuple(
                self.rows.read(row, currency) for row in payments if not self.rows.is_removed(row)
            ),
            removed_payments=self._read_removed(payments, currency),
            etag=self._condition(data, etag),
            created_at=fields.optional_time(data, "created_at"),
            deleted=self._is_deleted(data),
        )

    def _condition(self, data: JsonObject, etag: str | None) -> str | None:
        """The condition for a write; none where the profile sends none, whatever it reads."""
        if self._profile.condition.style != "etag":
            return None
        return etag or self._fields.optional_text(data, "etag")

    def _read_removed(self, payments: list[Any], currency: str) -> tuple[OrderPaymentRow, ...]:
        """Voided rows: one that cannot be understood counts nothing, and hinders nothing."""
        found = []
        for row in payments:
            if self.rows.is_removed(row):
                with suppress(WrongField, MoneyError, ValueError):
                    found.append(self.rows.read(row, currency))
        return tuple(found)

    def _read_state(self, word: str) -> OrderState:
        state = self._state.read(word)
        if state is None:
            known = ", ".join(self._state.known)
            raise WrongField(
                f"{self._fields.paths['state']} {word!r:.60} is not in the profile's "
                f"vocabulary.state ({known})"
            )
        return state

    def _kind(self, word: object) -> str:
        words = self._profile.vocabulary.kind
        if words is None or "kind" not in self._fields:
            return "order"
        if _among(word, words.quote):
            return "quote"
        if words.order is None or _among(word, words.order):
            return "order"
        raise WrongField(
            f"{self._fields.paths['kind']} {word!r:.60} is not in the profile's vocabulary.kind"
        )

    def _read_lines(self, data: JsonObject, currency: str) -> tuple[OrderLine, ...]:
        lines = self._profile.orders.lines
        if lines is None or self._lines is None:
            return ()
        given = self._lines(data)
        if given is None:
            return ()
        if not isinstance(given, list):
            raise WrongField(f"{lines.path} must be a list of lines, not {shown(given)}")
        return tuple(
            self._read_line(line, currency, f"line {position}: ")
            for position, line in enumerate(given, 1)
        )

    def _read_line(self, data: object, currency: str, where: str) -> OrderLine:
        lines, fields = self._profile.orders.lines, self._line
        if lines is None or fields is None or not isinstance(data, dict):
            raise WrongField(f"{where}must be a JSON object, not {shown(data)}")
        total = fields.money(data, "total", currency, where)
        tax = fields.optional_money(data, "tax", currency, where)
        quantity = fields.optional_decimal(data, "quantity", where)
        return OrderLine(
            description=fields.optional_text(data, "description") or "",
            quantity=Decimal(1) if quantity is None else quantity,
            total=total + (tax or 0) if lines.total == "without_tax" else total,
            tax=tax,
            tax_rate=fields.optional_decimal(data, "tax_rate", where),
        )

    def read_payments(self, payments: list[Any], order: Order) -> list[OrderPaymentRow]:
        """The payments of an order that is known already, without those that are voided.

        Raises:
            UnreadableOrder: a payment cannot be understood.
        """
        try:
            rows = [row for row in payments if not self.rows.is_removed(row)]
            return [self.rows.read(row, order.currency) for row in rows]
        except (WrongField, MoneyError, ValueError) as error:
            raise UnreadableOrder(f"order {order.number} ({order.id}): {error}", order.id) from None

    def read_updated_at(self, data: object) -> datetime | None:
        """The time of change of an order's JSON; None where it is missing or unreadable."""
        try:
            return self._fields.optional_time(data, "updated_at")
        except ValueError:
            return None

    # -- writing --

    def write(
        self,
        order: Order,
        payment_status: OrderPaymentStatus | None,
        state: OrderState | str | None,
        amount_due: int | None,
        payment_url: str | None,
    ) -> JsonObject:
        """The JSON that changes an order; what is None, or unknown to the tenant, is left out."""
        paths = self._fields.paths
        body: JsonObject = {}
        if payment_status is not None and "payment_status" in paths:
            set_path(body, paths["payment_status"], self._payment_status.write(payment_status))
        if state is not None:
            set_path(body, paths["state"], self._state_word(state))
        if amount_due is not None and "amount_due" in paths:
            set_path(body, paths["amount_due"], self._money.write(amount_due, order.currency))
        if payment_url is not None and "payment_url" in paths:
            set_path(body, paths["payment_url"], payment_url or None)
        return body

    def _state_word(self, state: OrderState | str) -> str:
        """The tenant's word for a state; one of the tenant's own words is taken as it is."""
        if not isinstance(state, OrderState) and state in self._state.known:
            return state
        return self._state.write(OrderState(state)) if state in list(OrderState) else state


def _among(word: object, words: str | tuple[str, ...]) -> bool:
    return word == words if isinstance(words, str) else word in words
