"""The payments of an order: a tenant's JSON to `OrderPaymentRow`, and back."""

from dataclasses import replace
from typing import Any

from monstock_stripe_core.json_paths import JsonObject, set_path
from monstock_stripe_core.money import iso_currency
from monstock_stripe_core.monstock_errors import MonstockUnsupported
from monstock_stripe_core.monstock_fields import Fields, Marker, WrongField, shown, text_of
from monstock_stripe_core.monstock_formats import MoneyCodec, TimeCodec, WordCodec
from monstock_stripe_core.order import OrderPaymentRow
from monstock_stripe_core.payment import PaymentStatus
from monstock_stripe_core.profile import Profile

_MONEY_FIELDS = ("authorized", "refunded", "disputed", "dispute_lost")


class RowMapping:
    """Reads and writes payments as one profile describes them. Holds no state of a call."""

    def __init__(self, profile: Profile, money: MoneyCodec, time: TimeCodec) -> None:
        self._profile = profile
        self._money = money
        self._time = time
        self._status = WordCodec(profile.vocabulary.row_status or {}, PaymentStatus)
        self._fields = Fields(profile.payments.fields, money, time)
        self.is_removed = Marker(profile.payments.removed)

    def order_id(self, row: object) -> str | None:
        """The order that a payment's JSON names, where payments are a resource of their own."""
        return self._fields.optional_text(row, "order_id")

    def read(self, data: object, order_currency: str) -> OrderPaymentRow:
        """One payment of an order in `order_currency`.

        Raises:
            WrongField, MoneyError, ValueError: a field is missing or wrong.
        """
        if not isinstance(data, dict):
            raise WrongField(f"a payment must be a JSON object, not {shown(data)}")
        fields = self._fields
        where = f"payment {fields.raw(data, 'id')}: "
        row_id = text_of(fields.required(data, "id", where), fields.paths["id"])
        method = fields.text(data, "method", where)
        given = fields.raw(data, "currency")
        currency = order_currency if given is None else iso_currency(given)

        def money(name: str) -> int:
            return fields.optional_money(data, name, currency, where) or 0

        fee, fee_currency = self._read_fee(data, where)
        return OrderPaymentRow(
            row_id=row_id,
            method=method,
            transaction_reference=fields.optional_text(data, "transaction_reference"),
            currency=currency,
            amount=fields.money(data, "amount", currency, where),
            status=self._read_status(data, where),
            **{name: money(name) for name in _MONEY_FIELDS},
            fee=fee,
            fee_currency=fee_currency,
            paid_at=fields.optional_time(data, "paid_at", where),
            ours=method == self._profile.payments.our_method,
            payment_method=fields.optional_text(data, "payment_method"),
            note=fields.optional_text(data, "note"),
            link_rule=fields.optional_text(data, "link_rule"),
        )

    def _read_fee(self, data: JsonObject, where: str) -> tuple[int | None, str | None]:
        given = self._fields.raw(data, "fee_currency")
        if given is None or self._fields.raw(data, "fee") is None:
            return None, None
        currency = iso_currency(given)
        return self._fields.optional_money(data, "fee", currency, where), currency

    def _read_status(self, data: JsonObject, where: str) -> PaymentStatus:
        if "status" not in self._fields:
            return PaymentStatus.SUCCEEDED
        word = self._fields.raw(data, "status")
        status = self._status.read(word)
        if status is None:
            known = ", ".join(self._status.known)
            raise WrongField(
                f"{where}status {word!r:.60} is not in the profile's vocabulary.row_status "
                f"({known})"
            )
        return status

    def write(self, row: OrderPaymentRow, order_currency: str, *, key: bool) -> JsonObject:
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
        payments, paths = self._profile.payments, self._fields.paths
        if "currency" not in paths and row.currency != order_currency:
            raise MonstockUnsupported(
                f"the tenant's payments have no currency of their own: {row.currency} cannot "
                f"stand on an order in {order_currency}"
            )
        net = payments.amount == "net"
        amount = row.amount - row.refunded - row.dispute_lost if net else row.amount
        fee: Any = None
        if row.fee is not None and row.fee_currency is not None:
            fee = self._money.write(row.fee, row.fee_currency)
        values: dict[str, Any] = {
            "amount": self._money.write(amount, row.currency),
            "currency": row.currency,
            "status": self._status.write(row.status) if "status" in paths else None,
            **{n: self._money.write(getattr(row, n), row.currency) for n in _MONEY_FIELDS},
            "fee": fee,
            "fee_currency": None if fee is None else row.fee_currency,
            "paid_at": None if row.paid_at is None else self._time.write(row.paid_at),
            "payment_method": row.payment_method,
            "note": row.note[: payments.note_length] if row.note else None,
            "link_rule": row.link_rule,
        }
        if key:
            values["method"] = row.method
            values["transaction_reference"] = row.transaction_reference
        body: JsonObject = {}
        for name, value in values.items():
            if name in paths:
                set_path(body, paths[name], value)
        return body

    def as_stored(self, row: OrderPaymentRow, order_currency: str) -> OrderPaymentRow:
        """The row as it will be read back: without what this tenant cannot keep.

        Compare this with what Monstock has; comparing the row itself would find a difference
        for ever where, say, the tenant has no field for the fee.
        """
        written = self.write(row, order_currency, key=True)
        set_path(written, self._fields.paths["id"], row.row_id or "new")
        return replace(self.read(written, order_currency), row_id=row.row_id)
