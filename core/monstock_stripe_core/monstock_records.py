"""Orders or customers of a tenant: read, looked up and listed by their time of change."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from monstock_stripe_core.customer import Customer
from monstock_stripe_core.monstock_call import Answer, Call
from monstock_stripe_core.monstock_customers import CustomerMapping
from monstock_stripe_core.monstock_errors import (
    MonstockRejected,
    MonstockUnsupported,
    UnreadableRecord,
)
from monstock_stripe_core.monstock_http import MonstockHttp
from monstock_stripe_core.monstock_mapping import OrderMapping
from monstock_stripe_core.monstock_pages import Changing, Pages
from monstock_stripe_core.monstock_payments import PaymentsResource
from monstock_stripe_core.monstock_urls import filled, sendable
from monstock_stripe_core.order import Order
from monstock_stripe_core.profile import Profile
from monstock_stripe_core.profile_records import Customers, Filter, Orders

_LONGEST_FILTER = 4000
"""Characters of one filter's values: servers commonly refuse URLs beyond 8 kB."""
_AT_A_TIME = 100


class Deletable(Protocol):
    """What both kinds of record can say."""

    @property
    def deleted(self) -> bool:
        """Whether it is deleted, and only still shown."""


R = TypeVar("R", bound=Deletable)
E = TypeVar("E", bound=UnreadableRecord)
OnUnreadable: TypeAlias = Callable[[Any], None]
"""Told of a record that cannot be understood, so that the others go on."""


class Records(ABC, Generic[R]):
    """One kind of record.

    Args:
        http: makes the calls.
        pages: reads the lists.
        profile: the tenant's.
        changing: how they are listed.
        calls: their part of the profile.
        placeholder: what stands for the id in paths.
        folded: fields in which capitals do not matter.
    """

    def __init__(
        self,
        http: MonstockHttp,
        pages: Pages,
        profile: Profile,
        changing: Changing,
        calls: Orders | Customers,
        placeholder: str,
        folded: str,
    ) -> None:
        self._http = http
        self._pages = pages
        self._profile = profile
        self._changing = changing
        self._calls = calls
        self._placeholder = placeholder
        self._folded = folded

    def one(self, record_id: str) -> R | None:
        """One of them, and its condition for writes; None if there is none, or it is deleted."""
        if not sendable(record_id):
            return None
        read = self._calls.read
        call = Call("GET", filled(read.path, **{self._placeholder: record_id}), read.parameters)
        try:
            answer = self._http.call(call)
        except MonstockRejected as error:
            if error.status == 404:
                return None
            raise
        data, etag = self._pages.data(answer.body), etag_of(answer, self._profile)
        record = self._understood(data, self._payments_of_one(record_id), etag)
        return None if record.deleted else record

    def filter_of(self, field: str) -> Filter | None:
        """The filter that looks for a field; None where the tenant has none."""
        found: Filter | None = getattr(self._calls.find, field)
        return found

    def find_many(
        self, field: str, values: Iterable[str], on_unreadable: OnUnreadable | None
    ) -> dict[str, tuple[R, ...]]:
        """For each value all records, not deleted, in which the field has exactly this value.

        Raises:
            MonstockUnsupported: the tenant cannot look for this field.
        """
        found: dict[str, tuple[R, ...]] = dict.fromkeys(values, ())
        filter_ = self.filter_of(field)
        askable = [value for value in found if sendable(value)]
        if filter_ is None and field == "id":
            records = ((value, self.one(value)) for value in askable)
            return found | {value: (record,) for value, record in records if record}
        section = self._changing.section
        if filter_ is None:
            raise MonstockUnsupported(
                f"the profile {self._profile.name!r} has no {section}.find.{field}: the tenant "
                f"cannot look {section} up by {field}"
            )
        by_key: dict[str, list[R]] = {}
        get = self._calls.list
        for batch in _batches(askable, filter_):
            parameters: Mapping[str, str | int] = {filter_.parameter: filter_.separator.join(batch)}
            for rows in self._pages.all(get, get.path, parameters, f"{section} by {field}"):
                for record in self._read(rows, on_unreadable):
                    if not record.deleted:
                        key = self._key(field, getattr(record, field))
                        by_key.setdefault(key, []).append(record)
        return {value: tuple(by_key.get(self._key(field, value), ())) for value in found}

    def updated_since(
        self,
        since: datetime | None,
        on_unreadable: OnUnreadable | None,
        *,
        with_deleted: bool,
    ) -> Iterator[R]:
        """All that changed at `since` or later, by the time of their change."""
        batch: list[Any] = []
        for row in self._pages.updated_since(self._changing, since):
            batch.append(row)
            if len(batch) == self._rows_at_a_time:
                yield from self._listed(batch, on_unreadable, with_deleted)
                batch = []
        yield from self._listed(batch, on_unreadable, with_deleted)

    @property
    def _rows_at_a_time(self) -> int:
        """How many rows of a list are read before the next are asked for."""
        return 1

    def _listed(
        self, rows: list[Any], on_unreadable: OnUnreadable | None, with_deleted: bool
    ) -> Iterator[R]:
        for record in self._read(rows, on_unreadable):
            if with_deleted or not record.deleted:
                yield record

    def _read(self, rows: list[Any], on_unreadable: OnUnreadable | None) -> Iterator[R]:
        for row, payments in self._with_payments(rows):
            try:
                record = self._understood(row, payments, None)
            except UnreadableRecord as error:
                if on_unreadable is None:
                    raise
                on_unreadable(error)
            else:
                yield record

    def _key(self, field: str, value: str | None) -> str:
        return (value or "").casefold() if field == self._folded else value or ""

    @abstractmethod
    def _understood(self, data: Any, payments: list[Any] | None, etag: str | None) -> R:
        """What a record's JSON says."""

    # Only orders have payments, and only where these are a resource of their own.

    def _payments_of_one(self, record_id: str) -> list[Any] | None:  # noqa: ARG002
        return None

    def _with_payments(self, rows: list[Any]) -> Iterator[tuple[Any, list[Any] | None]]:
        return ((row, None) for row in rows)


class OrderRecords(Records[Order]):
    """Orders and quotes with their payments, wherever the tenant keeps these."""

    def __init__(
        self,
        http: MonstockHttp,
        pages: Pages,
        profile: Profile,
        mapping: OrderMapping,
        payments: PaymentsResource | None,
    ) -> None:
        orders = profile.orders
        changing = Changing("orders", orders.list, orders.updated_since, mapping)
        super().__init__(http, pages, profile, changing, orders, "order_id", "customer_email")
        self._mapping = mapping
        self._payments = payments

    @property
    def _rows_at_a_time(self) -> int:
        return 1 if self._payments is None else _AT_A_TIME

    def _understood(self, data: Any, payments: list[Any] | None, etag: str | None) -> Order:
        return self._mapping.read(data, etag=etag, payments=payments)

    def _payments_of_one(self, record_id: str) -> list[Any] | None:
        return None if self._payments is None else self._payments.of(record_id)

    def _with_payments(self, rows: list[Any]) -> Iterator[tuple[Any, list[Any] | None]]:
        if self._payments is None:
            yield from ((row, None) for row in rows)
            return
        ids = [self._mapping.record_id(row) for row in rows]
        payments = self._payments.of_many([order_id for order_id in ids if order_id])
        for row, order_id in zip(rows, ids, strict=True):
            yield row, payments.get(order_id or "", [])


class CustomerRecords(Records[Customer]):
    """Customers."""

    def __init__(
        self,
        http: MonstockHttp,
        pages: Pages,
        profile: Profile,
        customers: Customers,
        mapping: CustomerMapping,
    ) -> None:
        changing = Changing("customers", customers.list, customers.updated_since, mapping)
        super().__init__(http, pages, profile, changing, customers, "customer_id", "email")
        self._mapping = mapping

    def _understood(
        self,
        data: Any,
        payments: list[Any] | None,  # noqa: ARG002 - a customer has none
        etag: str | None,
    ) -> Customer:
        return self._mapping.read(data, etag=etag)


def etag_of(answer: Answer, profile: Profile) -> str | None:
    """A record's condition for the next write, where the profile has one."""
    return answer.headers.get("ETag") if profile.condition.style == "etag" else None


def _batches(values: list[str], filter_: Filter) -> Iterator[list[str]]:
    """Cut values into requests: as many as the filter takes and a URL can carry."""
    batch: list[str] = []
    length = 0
    for value in values:
        if filter_.many > 1 and filter_.separator in value:
            continue  # it would be taken for two values; no record has it
        if batch and (len(batch) == filter_.many or length + len(value) > _LONGEST_FILTER):
            yield batch
            batch, length = [], 0
        batch.append(value)
        length += len(value) + len(filter_.separator)
    if batch:
        yield batch
