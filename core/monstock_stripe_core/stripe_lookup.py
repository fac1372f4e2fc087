"""Looking for what was made at Stripe: by the time it was made, or by its metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import stripe as package

from monstock_stripe_core.stripe_customer_calls import MOST_A_PAGE
from monstock_stripe_core.stripe_writer import StripeWriter, Value, plain

if TYPE_CHECKING:
    from stripe.params import (
        CustomerListParams,
        CustomerSearchParams,
        InvoiceListParams,
        InvoiceSearchParams,
        PaymentIntentListParams,
        PaymentIntentSearchParams,
        PaymentLinkListParams,
    )

MOST_CLAUSES = 10
"""How many values one search asks for: queries stay short."""

_CLOCKS_DIFFER = timedelta(minutes=5)

_Span: TypeAlias = tuple[int, int]
_Pager: TypeAlias = Callable[[package.StripeClient, _Span, str | None], package.ListObject[Any]]
_Search: TypeAlias = Callable[
    [package.StripeClient, str, str | None], package.SearchResultObject[Any]
]


def made_between(
    stripe: StripeWriter, kind: str, begin: datetime, end: datetime
) -> Iterator[Value]:
    """All objects of a kind that were made in a span of time; Payment Links: all there are.

    Args:
        stripe: where.
        kind: payment_intent, invoice, payment_link or customer.
        begin: UTC; clocks may differ a little.
        end: likewise.
    """
    first = int((begin - _CLOCKS_DIFFER).timestamp())
    span = (first, int((end + _CLOCKS_DIFFER).timestamp()))
    after: str | None = None
    more = True
    while more:
        found, more = _page(stripe, kind, span, after)
        yield from found
        after = found[-1]["id"] if found else None


def with_metadata(
    stripe: StripeWriter, kind: str, key: str, values: Sequence[str]
) -> Iterator[Value]:
    """Objects whose metadata has one of these values under a key, as far as search knows of them.

    Search lags behind by up to a minute, and shows objects as they were then.

    Args:
        stripe: where.
        kind: payment_intent, invoice or customer.
        key: of the metadata.
        values: any number of them.
    """
    for first in range(0, len(values), MOST_CLAUSES):
        some = values[first : first + MOST_CLAUSES]
        query = " OR ".join(f"metadata['{_quoted(key)}']:'{_quoted(value)}'" for value in some)
        wanted = set(some)
        for found in _found(stripe, kind, query):
            # Search takes upper and lower case for the same.
            if (found.get("metadata") or {}).get(key) in wanted:
                yield found


def _page(
    stripe: StripeWriter, kind: str, span: _Span, after: str | None
) -> tuple[list[Value], bool]:
    pager = _LISTS[kind]
    page = stripe.read(f"GET /v1/{kind}s", lambda client: pager(client, span, after))
    found = [plain(one) for one in page.data]
    return found, page.has_more and bool(found)


def _found(stripe: StripeWriter, kind: str, query: str) -> Iterator[Value]:
    search = _SEARCHES[kind]
    next_page: str | None = None
    while True:
        answer = _answer(stripe, kind, search, query, next_page)
        yield from (plain(one) for one in answer.data)
        next_page = answer.next_page
        if not answer.has_more or next_page is None:
            return


def _answer(
    stripe: StripeWriter, kind: str, search: _Search, query: str, next_page: str | None
) -> package.SearchResultObject[Any]:
    return stripe.read(f"GET /v1/{kind}s/search", lambda client: search(client, query, next_page))


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _intents(
    client: package.StripeClient, span: _Span, after: str | None
) -> package.ListObject[package.PaymentIntent]:
    params: PaymentIntentListParams = {
        "limit": MOST_A_PAGE,
        "created": {"gte": span[0], "lte": span[1]},
    }
    if after is not None:
        params["starting_after"] = after
    return client.v1.payment_intents.list(params)


def _invoices(
    client: package.StripeClient, span: _Span, after: str | None
) -> package.ListObject[package.Invoice]:
    params: InvoiceListParams = {
        "limit": MOST_A_PAGE,
        "created": {"gte": span[0], "lte": span[1]},
    }
    if after is not None:
        params["starting_after"] = after
    return client.v1.invoices.list(params)


def _customers(
    client: package.StripeClient, span: _Span, after: str | None
) -> package.ListObject[package.Customer]:
    params: CustomerListParams = {
        "limit": MOST_A_PAGE,
        "created": {"gte": span[0], "lte": span[1]},
    }
    if after is not None:
        params["starting_after"] = after
    return client.v1.customers.list(params)


def _links(
    client: package.StripeClient, _span: _Span, after: str | None
) -> package.ListObject[package.PaymentLink]:
    params: PaymentLinkListParams = {"limit": MOST_A_PAGE}
    if after is not None:
        params["starting_after"] = after
    return client.v1.payment_links.list(params)


_LISTS: Mapping[str, _Pager] = MappingProxyType(
    {
        "payment_intent": _intents,
        "invoice": _invoices,
        "customer": _customers,
        "payment_link": _links,
    }
)


def _search_intents(
    client: package.StripeClient, query: str, next_page: str | None
) -> package.SearchResultObject[package.PaymentIntent]:
    params: PaymentIntentSearchParams = {"query": query, "limit": MOST_A_PAGE}
    if next_page is not None:
        params["page"] = next_page
    return client.v1.payment_intents.search(params)


def _search_invoices(
    client: package.StripeClient, query: str, next_page: str | None
) -> package.SearchResultObject[package.Invoice]:
    params: InvoiceSearchParams = {"query": query, "limit": MOST_A_PAGE}
    if next_page is not None:
        params["page"] = next_page
    return client.v1.invoices.search(params)


def _search_customers(
    client: package.StripeClient, query: str, next_page: str | None
) -> package.SearchResultObject[package.Customer]:
    params: CustomerSearchParams = {"query": query, "limit": MOST_A_PAGE}
    if next_page is not None:
        params["page"] = next_page
    return client.v1.customers.search(params)


_SEARCHES: Mapping[str, _Search] = MappingProxyType(
    {
        "payment_intent": _search_intents,
        "invoice": _search_invoices,
        "customer": _search_customers,
    }
)
