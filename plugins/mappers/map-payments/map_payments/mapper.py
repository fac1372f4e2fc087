"""The mapper `map-payments`: Stripe's objects in, what they mean for orders out."""

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from mapper_common.mapper import READ_AT, Record, RecordMapper, Route
from monstock_stripe_core.payment_link import PaymentLink
from monstock_stripe_core.payment_link_record import payment_link_to_record
from monstock_stripe_core.payment_record import payment_to_record
from monstock_stripe_core.stripe_customer import customer_from_stripe
from monstock_stripe_core.stripe_customer_record import stripe_customer_to_record
from monstock_stripe_core.stripe_links import CandidateRules
from monstock_stripe_core.stripe_payment import payment_from_stripe
from monstock_stripe_core.stripe_payment_links import (
    payment_link_from_invoice,
    payment_link_from_stripe,
)
from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError

from map_payments.streams import (
    ORDER_PAYMENT_LINKS,
    ORDER_PAYMENTS,
    REJECTED_PAYMENT_LINKS,
    REJECTED_PAYMENTS,
    REJECTED_STRIPE_CUSTOMERS,
    STRIPE_CUSTOMERS,
    named,
    named_customer,
    named_link,
)


class MapPayments(RecordMapper):
    """Turns tap-stripe-ext's `payments` into `order_payments`, and so on; see `streams`.

    Other streams pass as they are. What cannot be turned is said on a stream of its own, so that
    the target keeps it; the others go on. The SDK's `stream_maps` then work on what comes out.
    """

    name = "map-payments"
    package_name = "map-payments"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property(
            "source_stream",
            th.StringType,
            default="payments",
            description="Name of the stream that carries payment snapshots.",
        ),
        th.Property(
            "invoice_stream",
            th.StringType,
            default="invoices",
            description="Name of the stream that carries Stripe's invoices; those that name an "
            "order become places to pay it at. An empty text lets the stream pass as it is.",
        ),
        th.Property(
            "payment_link_stream",
            th.StringType,
            default="payment_links",
            description="The same for Stripe's Payment Links.",
        ),
        th.Property(
            "customer_stream",
            th.StringType,
            default="customers",
            description="Name of the stream that carries Stripe's customers. An empty text lets "
            "the stream pass as it is.",
        ),
        th.Property(
            "shop_metadata_keys",
            th.ArrayType(th.StringType),
            default=[],
            description="Metadata keys under which a shop plugin writes its own order number "
            "(such as order_id). It is matched with the order's sales-channel reference only, and "
            "only where currency and amount agree. Off by default.",
        ),
        th.Property(
            "description_pattern",
            th.StringType,
            description="Regular expression that finds an order's number in a payment's "
            "description; a group named number or id, else the first group, else the whole match.",
        ),
    ).to_dict()

    def routes(self) -> Mapping[str, Route]:
        """Return what becomes of Stripe's objects."""
        rules = CandidateRules(
            tuple(self.config.get("shop_metadata_keys", ())),
            _pattern(self.config.get("description_pattern")),
        )

        def turn(record: Mapping[str, Any]) -> Record | None:
            payment = payment_from_stripe(record, rules)
            return None if payment is None else payment_to_record(payment)

        routes = {
            self.config["source_stream"]: Route(
                ORDER_PAYMENTS, REJECTED_PAYMENTS, turn, named, _called
            ),
            self.config["invoice_stream"]: _link_route(payment_link_from_invoice),
            self.config["payment_link_stream"]: _link_route(payment_link_from_stripe),
            self.config["customer_stream"]: Route(
                STRIPE_CUSTOMERS,
                REJECTED_STRIPE_CUSTOMERS,
                _turn_customer,
                named_customer,
                _called_customer,
                timed=True,
            ),
        }
        return {stream: route for stream, route in routes.items() if stream}


def _link_route(read: Callable[[Mapping[str, Any], int], PaymentLink | None]) -> Route:
    def turn(record: Any) -> Record | None:
        link = read(record, _read_at(record))
        return None if link is None else payment_link_to_record(link)

    return Route(
        ORDER_PAYMENT_LINKS, REJECTED_PAYMENT_LINKS, turn, named_link, _called_link, timed=True
    )


def _turn_customer(record: Any) -> Record:
    return stripe_customer_to_record(customer_from_stripe(record, _read_at(record)))


def _read_at(record: Any) -> int:
    return int(record[READ_AT]) if isinstance(record, dict) else 0


def _called(record: Record) -> str:
    return f"payment {record['transaction_reference']}"


def _called_link(record: Record) -> str:
    return f"{record['kind']} {record['stripe_id']}"


def _called_customer(record: Record) -> str:
    return f"customer {record['stripe_customer_id']}"


def _pattern(text: str | None) -> re.Pattern[str] | None:
    try:
        return None if text is None else re.compile(text)
    except re.error as error:
        message = f"setting description_pattern is no regular expression: {error}"
        raise ConfigValidationError(message, errors=[message]) from None
