"""A tenant's JSON to `Customer`, and back, by the profile's paths."""

from dataclasses import fields as fields_of
from datetime import datetime

from monstock_stripe_core.customer import Address, Customer
from monstock_stripe_core.json_paths import JsonObject, set_path
from monstock_stripe_core.monstock_errors import UnreadableCustomer
from monstock_stripe_core.monstock_fields import Fields, Marker, WrongField, shown
from monstock_stripe_core.monstock_formats import MoneyCodec, TimeCodec
from monstock_stripe_core.profile import Profile
from monstock_stripe_core.profile_records import Customers

_ADDRESS = tuple(field.name for field in fields_of(Address))
_WRITABLE = ("name", "email", "phone", "stripe_customer_id")


class CustomerMapping:
    """Reads and writes customers as one profile describes them. Holds no state of a call."""

    def __init__(self, profile: Profile, customers: Customers) -> None:
        self._name = profile.name
        formats = profile.formats
        self._fields = Fields(customers.fields, MoneyCodec(formats.money), TimeCodec(formats.time))
        self._is_deleted = Marker(customers.removed)

    def record_id(self, data: object) -> str | None:
        """The id of a customer's JSON, if it has one."""
        try:
            return self._fields.text(data, "id")
        except WrongField:
            return None

    def read(self, data: object, *, etag: str | None = None) -> Customer:
        """A customer.

        Args:
            data: its JSON.
            etag: the answer's ETag, where it was read alone.

        Raises:
            UnreadableCustomer: a field is missing or wrong; the text names customer and field.
        """
        if not isinstance(data, dict):
            raise UnreadableCustomer(f"a customer must be a JSON object, not {shown(data)}", None)
        text = self._fields.optional_text
        try:
            return Customer(
                id=self._fields.text(data, "id"),
                updated_at=self._fields.time(data, "updated_at"),
                name=text(data, "name"),
                email=text(data, "email"),
                phone=text(data, "phone"),
                address=Address(**{name: text(data, name) for name in _ADDRESS}),
                stripe_customer_id=text(data, "stripe_customer_id"),
                created_at=self._fields.optional_time(data, "created_at"),
                etag=etag or text(data, "etag"),
                deleted=self._is_deleted(data),
            )
        except (WrongField, ValueError) as error:
            customer_id = self.record_id(data)
            advice = f"check the customer, and the profile {self._name!r}"
            text_ = f"customer {customer_id or '?'}: {error}; {advice}"
            raise UnreadableCustomer(text_, customer_id) from None

    def read_updated_at(self, data: object) -> datetime | None:
        """The time of change of a customer's JSON; None where it is missing or unreadable."""
        try:
            return self._fields.optional_time(data, "updated_at")
        except ValueError:
            return None

    def changes(self, before: Customer | None, wanted: Customer) -> JsonObject:
        """The JSON that makes what is known of a customer into what is wanted.

        Only fields that differ and that the tenant has; with no customer before, those that say
        something.
        """
        body: JsonObject = {}
        known = values_of(before) if before else {}
        for name, value in values_of(wanted).items():
            if name in self._fields and value != known.get(name):
                set_path(body, self._fields.paths[name], value)
        return body


def values_of(customer: Customer) -> dict[str, str | None]:
    """What can be written of a customer, by the names of the profile's fields."""
    values = {name: getattr(customer, name) for name in _WRITABLE}
    return values | {name: getattr(customer.address, name) for name in _ADDRESS}
