"""A tenant's orders, their payments and its customers: read, found, listed and written."""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Literal

from monstock_stripe_core.customer import Customer
from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.monstock_call import Patience
from monstock_stripe_core.monstock_customer_writer import CustomerWriter
from monstock_stripe_core.monstock_customers import CustomerMapping
from monstock_stripe_core.monstock_errors import (
    MonstockUnsupported,
    UnreadableCustomer,
    UnreadableOrder,
)
from monstock_stripe_core.monstock_formats import TimeCodec
from monstock_stripe_core.monstock_http import MonstockHttp
from monstock_stripe_core.monstock_mapping import OrderMapping
from monstock_stripe_core.monstock_pages import Pages
from monstock_stripe_core.monstock_payments import PaymentsResource
from monstock_stripe_core.monstock_records import CustomerRecords, OrderRecords
from monstock_stripe_core.monstock_writer import OrderWriter, WriteResult
from monstock_stripe_core.order import Order, OrderPaymentRow, OrderPaymentStatus, OrderState
from monstock_stripe_core.profile import Profile

LookupField = Literal["id", "number", "channel_reference", "customer_email"]
CustomerField = Literal["id", "email", "stripe_customer_id"]


class MonstockClient:
    """One tenant's API. Any number of threads may use a client at once.

    Args:
        base_url: what the profile's paths are below, e.g. https://tenant.example.com/api/v1.
        api_token: never in a log or an error.
        profile: from `load_profile`.
        sleep: what waits between attempts, in seconds.
        patience: timeouts and the number of attempts.

    Raises:
        MonstockError: the URL or the token cannot be one, or the environment's proxy or
            certificates cannot be used. Every call raises it or a class below it: see
            `monstock_errors`.
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
        self._time = TimeCodec(profile.formats.time)
        pages = Pages(self._http, profile)
        resource = profile.payments.placement == "resource"
        payments = PaymentsResource(pages, profile, self._mapping.rows) if resource else None
        self._orders = OrderRecords(self._http, pages, profile, self._mapping, payments)
        self._writer = OrderWriter(self._http, pages, profile, self._mapping, payments, sleep)
        self._customers: CustomerRecords | None = None
        self._customer_writer: CustomerWriter | None = None
        if profile.customers is not None:
            mapping = CustomerMapping(profile, profile.customers)
            given = (self._http, pages, profile, profile.customers, mapping)
            self._customers = CustomerRecords(*given)
            self._customer_writer = CustomerWriter(*given, self._customers, sleep)

    def close(self) -> None:
        """Let go of what the client holds."""
        self._http.close()

    def __enter__(self) -> "MonstockClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def be_brief(self, *, brief: bool) -> None:
        """Make each call once (or again several times): for whoever comes back to it by itself."""
        self._http.brief = brief

    @property
    def repeats(self) -> int:
        """How often a call was made again so far."""
        return self._http.repeats

    @property
    def answers(self) -> int:
        """How many calls Monstock itself answered so far, if only by refusing just this call."""
        return self._http.answers

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
    def writes_payment_url(self) -> bool:
        """Whether the tenant has a field for where the customer can pay."""
        return self.profile.orders.fields.payment_url is not None

    @property
    def has_customers(self) -> bool:
        """Whether the profile describes the tenant's customers."""
        return self._customers is not None

    def listed_from(self, since: datetime) -> datetime:
        """The moment from which a list of changes really begins: never later than `since`.

        Earlier than asked where the tenant keeps no parts of a second, and where local times are
        about to come twice.
        """
        return min(since, self._time.read(self._time.since(since), "since"))

    @property
    def holds_other_currencies(self) -> bool:
        """Whether a payment can stand on an order in another currency."""
        return self.profile.payments.fields.currency is not None

    def can_find_by(self, field: LookupField) -> bool:
        """Whether orders can be looked up by a field; by id and number always."""
        return field == "id" or self._orders.filter_of(field) is not None

    def can_find_customers_by(self, field: CustomerField) -> bool:
        """Whether customers can be looked up by a field; False without customers."""
        if self._customers is None:
            return False
        return field == "id" or self._customers.filter_of(field) is not None

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
            return self._mapping.rows.as_stored(row, order.currency)
        except (MonstockUnsupported, MoneyError):
            return row

    # -- reading --

    def order(self, order_id: str) -> Order | None:
        """One order with its payments, and its condition for writes.

        None if there is none, or it is deleted.
        """
        return self._orders.one(order_id)

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
        return self._orders.find_many(field, values, on_unreadable)

    def orders_updated_since(
        self,
        since: datetime | None,
        *,
        on_unreadable: Callable[[UnreadableOrder], None] | None = None,
        with_deleted: bool = False,
    ) -> Iterator[Order]:
        """All orders and quotes that changed at `since` or later, with their payments.

        Sorted by the time of change; an order that changes meanwhile comes again.

        Args:
            since: with a time zone; None for all.
            on_unreadable: is told of an order that cannot be understood, and the others go on;
                None raises.
            with_deleted: whether deleted orders come too, where the tenant still shows them.

        Raises:
            UnreadableOrder: as said above.
        """
        return self._orders.updated_since(since, on_unreadable, with_deleted=with_deleted)

    def customer(self, customer_id: str) -> Customer | None:
        """One customer, and the condition for writes; None if there is none, or it is deleted.

        Raises:
            MonstockUnsupported: the profile describes no customers.
        """
        return self._of_customers().one(customer_id)

    def find_customers(
        self,
        field: CustomerField,
        values: Iterable[str],
        *,
        on_unreadable: Callable[[UnreadableCustomer], None] | None = None,
    ) -> dict[str, tuple[Customer, ...]]:
        """For each value all customers in which the field has exactly this value.

        As few requests as the tenant's filter allows. Every value is a key of the result. Capitals
        do not matter in e-mail addresses.

        Args:
            field: what to look in.
            values: what to look for.
            on_unreadable: as for `customers_updated_since`.

        Raises:
            UnreadableCustomer: as for `customers_updated_since`.
            MonstockUnsupported: the profile describes no customers, or no filter for this field.
        """
        return self._of_customers().find_many(field, values, on_unreadable)

    def customers_updated_since(
        self,
        since: datetime | None,
        *,
        on_unreadable: Callable[[UnreadableCustomer], None] | None = None,
        with_deleted: bool = False,
    ) -> Iterator[Customer]:
        """All customers that changed at `since` or later, sorted by the time of change.

        Args:
            since: with a time zone; None for all.
            on_unreadable: is told of a customer that cannot be understood, and the others go on;
                None raises.
            with_deleted: whether deleted ones come too, where the tenant still shows them.

        Raises:
            UnreadableCustomer: as said above.
            MonstockUnsupported: the profile describes no customers.
        """
        return self._of_customers().updated_since(since, on_unreadable, with_deleted=with_deleted)

    def _of_customers(self) -> CustomerRecords:
        if self._customers is None:
            raise MonstockUnsupported(f"the profile {self.profile.name!r} has no customers")
        return self._customers

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
        payment_url: str | None = None,
    ) -> WriteResult:
        """Change what is given and what the tenant has a field for; nothing left, no request.

        Args:
            order: as it was read.
            payment_status: what its payments amount to.
            state: ours, or the tenant's own word.
            amount_due: minor units of the order's currency.
            payment_url: where the customer can pay; an empty text takes it away.

        Raises:
            MonstockConflict, MoneyError: as `put_payment`.
            MonstockUnsupported: a payment status for a tenant that derives it.
        """
        if payment_status is not None and not self.writes_payment_status:
            raise MonstockUnsupported(
                f"the profile {self.profile.name!r} says that Monstock derives payment_status"
            )
        return self._writer.patch_order(order, payment_status, state, amount_due, payment_url)

    def create_customer(self, wanted: Customer) -> Customer:
        """Make a customer; its `id` and moments are Monstock's to give.

        Where `wanted` has a Stripe id and the tenant can look for it, one that already bears it
        is returned instead, also where that is an earlier call whose answer got lost.

        Raises:
            MonstockUncertain: the answer got lost, and nothing can be looked for.
            MonstockUnsupported: the profile describes no customers, or no way to make one.
        """
        return self._writer_of_customers().create(wanted)

    def update_customer(self, customer: Customer, wanted: Customer) -> Customer:
        """Change the fields in which `wanted` differs; nothing differs, no request.

        Args:
            customer: as it was read.
            wanted: as it should be, made of it by `replace`.

        Raises:
            MonstockConflict: the customer changed since it was read.
            MonstockUnsupported: the profile describes no customers, or no way to change one.
        """
        return self._writer_of_customers().update(customer, wanted)

    def _writer_of_customers(self) -> CustomerWriter:
        if self._customer_writer is None:
            raise MonstockUnsupported(f"the profile {self.profile.name!r} has no customers")
        return self._customer_writer
