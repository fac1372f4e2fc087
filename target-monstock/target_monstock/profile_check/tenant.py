"""A tenant's API as a check sees it: raw rows, before anything is made of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monstock_stripe_core.json_paths import getter
from monstock_stripe_core.monstock_call import Answer, Call, Patience
from monstock_stripe_core.monstock_client import MonstockClient
from monstock_stripe_core.monstock_errors import MonstockProtocolError
from monstock_stripe_core.monstock_fields import Fields
from monstock_stripe_core.monstock_formats import MoneyCodec, TimeCodec
from monstock_stripe_core.monstock_http import MonstockHttp
from monstock_stripe_core.monstock_pages import Pages
from monstock_stripe_core.monstock_urls import filled
from monstock_stripe_core.profile import Profile
from monstock_stripe_core.profile_records import Customers, Get, Orders

_PATIENCE = Patience(attempts=4, first_attempts=2, longest=60.0)
"""A person waits for the answer."""

Parameters = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its rows, and the body that they were taken out of."""

    rows: list[Any]
    body: Any


@dataclass(frozen=True, slots=True)
class RecordKind:
    """Orders or customers, as the profile describes them.

    Attributes:
        section: of the profile.
        calls: that section.
        fields: reads single fields of their JSON.
        placeholder: what stands for the id in paths.
    """

    section: str
    calls: Orders | Customers
    fields: Fields
    placeholder: str

    def id_of(self, row: object) -> str | None:
        """A row's id as text; None where there is none."""
        value = self.fields.raw(row, "id")
        return None if value is None or isinstance(value, dict | list) else str(value)


class Tenant:
    """Makes the calls of a check.

    Args:
        base_url, api_token, profile: as for `MonstockClient`.
        sleep: what waits between attempts, in seconds.

    Raises:
        MonstockError: the URL or the token cannot be one.
    """

    def __init__(
        self, base_url: str, api_token: str, profile: Profile, *, sleep: Callable[[float], None]
    ) -> None:
        self.profile = profile
        self._sleep = sleep
        given = (base_url, api_token, profile)
        self.client = MonstockClient(*given, sleep=sleep, patience=_PATIENCE)
        self._http = MonstockHttp(*given, sleep=sleep, patience=_PATIENCE)
        self._pages = Pages(self._http, profile)
        self.money = MoneyCodec(profile.formats.money)
        self.time = TimeCodec(profile.formats.time)
        paging = profile.pagination
        self._total = getter(paging.total) if paging.total else None
        self._next = getter(paging.next_cursor) if paging.next_cursor else None
        self.orders = RecordKind(
            "orders", profile.orders, self.reader(profile.orders.fields), "order_id"
        )
        described = profile.customers
        self.customers: RecordKind | None = None
        if described is not None:
            reader = self.reader(described.fields)
            self.customers = RecordKind("customers", described, reader, "customer_id")

    def close(self) -> None:
        """Let go of what it holds."""
        self.client.close()
        self._http.close()

    def reader(self, fields: object) -> Fields:
        """What reads the fields of one kind of JSON object."""
        return Fields(fields, self.money, self.time)

    def page(
        self,
        get: Get,
        parameters: Parameters,
        *,
        path: str | None = None,
        size: int | None = None,
        number: int | None = None,
        cursor: str | int | None = None,
    ) -> Page:
        """One page of a list, with all parameters that the profile says.

        Raises:
            MonstockError: the call fails, or what comes is no list.
        """
        paging = self.profile.pagination
        asked: dict[str, str | int] = {**get.parameters, **parameters}
        if paging.style != "none" and paging.size_parameter:
            asked[paging.size_parameter] = size or paging.size
        if paging.style == "page" and paging.page_parameter:
            asked[paging.page_parameter] = paging.first_page if number is None else number
        if cursor is not None and paging.cursor_parameter:
            asked[paging.cursor_parameter] = cursor
        call = Call("GET", path or get.path, asked)
        body = self._http.call(call).body
        rows = self._pages.data(body)
        if not isinstance(rows, list):
            where = self.profile.answers.data or "the body"
            raise MonstockProtocolError(
                f"GET {call.path}: {where} must be a list, not {_kind(rows)}; correct answers.data"
            )
        return Page(rows, body)

    def total(self, page: Page) -> object:
        """The count of all rows that a page tells; None where the profile names no place for it."""
        return self._total(page.body) if self._total else None

    def next_cursor(self, page: Page) -> object:
        """The next page's cursor; None on the last page."""
        return (self._next(page.body) if self._next else None) or None

    def since(self, kind: RecordKind, moment: datetime) -> Parameters:
        """The parameters that ask for what changed at a moment or later."""
        asked = kind.calls.updated_since
        return {**asked.parameters, asked.parameter: self.time.since(moment)}

    def read_raw(self, kind: RecordKind, record_id: str) -> tuple[Any, Answer]:
        """One record's JSON, and the whole answer.

        Raises:
            MonstockError: the call fails.
        """
        get = kind.calls.read
        path = filled(get.path, **{kind.placeholder: record_id})
        answer = self._http.call(Call("GET", path, get.parameters))
        return self._pages.data(answer.body), answer

    def let_a_second_pass(self) -> None:
        """So that a change can be told from the one before, where times are whole seconds."""
        if self.profile.formats.time.precision == "seconds":
            self._sleep(1.1)

    def without_size(self) -> bool:
        """Whether the profile leaves the size of pages to the tenant."""
        return self.profile.pagination.size_parameter is None


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__
