"""Calls about customers, typed by the `stripe` package."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monstock_stripe_core.stripe_writer import StripeWriter, Value, plain

if TYPE_CHECKING:
    from stripe.params import CustomerCreateParams, CustomerListParams, CustomerUpdateParams

MOST_A_PAGE = 100
"""What one request of a list gives at most ('Pagination' in the API reference)."""


def retrieve_customer(stripe: StripeWriter, customer_id: str) -> Value:
    """Read one customer; a deleted one has the field `deleted`.

    Raises:
        StripeNotFoundError: there never was one.
    """
    return plain(
        stripe.read(
            "GET /v1/customers/{id}", lambda client: client.v1.customers.retrieve(customer_id)
        )
    )


def customers_with_email(stripe: StripeWriter, email: str) -> list[Value]:
    """Read the live customers of an e-mail address; Stripe tells upper and lower case apart."""
    params: CustomerListParams = {"email": email, "limit": MOST_A_PAGE}
    found = stripe.read("GET /v1/customers", lambda client: client.v1.customers.list(params))
    return [plain(customer) for customer in found.data]


def customers_page(stripe: StripeWriter, after: str | None) -> tuple[list[Value], bool]:
    """Read a page of all live customers, newest first.

    Args:
        stripe: where.
        after: the last customer of the page before; None: the first page.

    Returns:
        The customers, and whether there are more.
    """
    params: CustomerListParams = {"limit": MOST_A_PAGE}
    if after is not None:
        params["starting_after"] = after
    page = stripe.read("GET /v1/customers", lambda client: client.v1.customers.list(params))
    return [plain(customer) for customer in page.data], page.has_more


def all_customers(stripe: StripeWriter) -> Iterator[Value]:
    """Read all live customers, newest first."""
    after: str | None = None
    more = True
    while more:
        page, more = customers_page(stripe, after)
        yield from page
        after = page[-1]["id"] if page else None


def create_customer(stripe: StripeWriter, params: CustomerCreateParams, key: str) -> Value:
    """Make a customer, once for a key."""
    return plain(
        stripe.create(
            "POST /v1/customers",
            key,
            lambda client, options: client.v1.customers.create(params, options),
        )
    )


def update_customer(stripe: StripeWriter, customer_id: str, params: CustomerUpdateParams) -> Value:
    """Set fields of a customer."""
    return plain(
        stripe.change(
            "POST /v1/customers/{id}",
            lambda client, options: client.v1.customers.update(customer_id, params, options),
        )
    )
