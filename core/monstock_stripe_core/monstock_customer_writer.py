"""Writes to customers: one is made once, and only what differs is changed."""

from collections.abc import Callable
from dataclasses import replace

from monstock_stripe_core.customer import Customer
from monstock_stripe_core.monstock_customers import CustomerMapping
from monstock_stripe_core.monstock_errors import MonstockUnsupported
from monstock_stripe_core.monstock_http import MonstockHttp
from monstock_stripe_core.monstock_pages import Pages
from monstock_stripe_core.monstock_records import CustomerRecords, etag_of
from monstock_stripe_core.monstock_urls import filled
from monstock_stripe_core.monstock_writing import Writer, wrapped
from monstock_stripe_core.profile import Profile
from monstock_stripe_core.profile_records import Customers, Write


class CustomerWriter(Writer):
    """The half of `MonstockClient` that writes customers; it says what each call does."""

    def __init__(
        self,
        http: MonstockHttp,
        pages: Pages,
        profile: Profile,
        customers: Customers,
        mapping: CustomerMapping,
        records: CustomerRecords,
        sleep: Callable[[float], None],
    ) -> None:
        super().__init__(http, pages, profile, sleep)
        self._customers = customers
        self._mapping = mapping
        self._records = records

    def create(self, wanted: Customer) -> Customer:
        """Make a customer, unless one already bears the Stripe id that this one should."""
        create = self._can("create", self._customers.create)
        body = wrapped(self._customers.wrapper, self._mapping.changes(None, wanted))
        stripe_id = wanted.stripe_customer_id

        def make() -> Customer:
            about = f"a customer for {stripe_id or 'nobody at Stripe'}"
            call = self._call(about, None, create.method, create.path, body, repeatable=False)
            answer = self._http.call(call)
            data = self._pages.data(answer.body)
            return self._mapping.read(data, etag=etag_of(answer, self._profile))

        if stripe_id is None or self._records.filter_of("stripe_customer_id") is None:
            return make()
        return self._made_once(lambda: self._bearing(stripe_id), make)

    def _bearing(self, stripe_id: str) -> Customer | None:
        found = self._records.find_many("stripe_customer_id", (stripe_id,), None)[stripe_id]
        return min(found, key=lambda customer: customer.id, default=None)

    def update(self, customer: Customer, wanted: Customer) -> Customer:
        """Change what differs; nothing that the tenant has a field for differs, no request."""
        body = self._mapping.changes(customer, wanted)
        if not body:
            return customer
        update = self._can("update", self._customers.update)
        path = filled(update.path, customer_id=customer.id)
        body = wrapped(self._customers.wrapper, body)
        about = f"customer {customer.id}"
        answer = self._send(self._call(about, customer.etag, update.method, path, body))
        return replace(
            wanted,
            updated_at=self._mapping.read_updated_at(self._pages.data(answer.body))
            or customer.updated_at,
            etag=etag_of(answer, self._profile),
        )

    def _can(self, name: str, call: Write | None) -> Write:
        if call is None:
            raise MonstockUnsupported(f"the profile {self._profile.name!r} has no customers.{name}")
        return call
