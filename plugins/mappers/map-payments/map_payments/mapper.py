"""The mapper `map-payments`: payment snapshots in, payments of orders out."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from mapper_common.mapper import Record, RecordMapper, Route
from monstock_stripe_core.payment_record import payment_to_record
from monstock_stripe_core.stripe_links import CandidateRules
from monstock_stripe_core.stripe_payment import payment_from_stripe
from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError

from map_payments.streams import ORDER_PAYMENTS, REJECTED_PAYMENTS, named


class MapPayments(RecordMapper):
    """Turns tap-stripe-ext's `payments` into `order_payments`; other streams pass as they are.

    A snapshot that cannot be a payment is said on the stream `rejected_payments`, so that the
    target keeps it; the others go on. The SDK's `stream_maps` then work on what comes out.
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
        """Return what becomes of payment snapshots."""
        rules = CandidateRules(
            tuple(self.config.get("shop_metadata_keys", ())),
            _pattern(self.config.get("description_pattern")),
        )

        def turn(record: Mapping[str, Any]) -> Record | None:
            payment = payment_from_stripe(record, rules)
            return None if payment is None else payment_to_record(payment)

        return {
            self.config["source_stream"]: Route(
                ORDER_PAYMENTS, REJECTED_PAYMENTS, turn, named, _called
            )
        }


def _called(record: Record) -> str:
    return f"payment {record['transaction_reference']}"


def _pattern(text: str | None) -> re.Pattern[str] | None:
    try:
        return None if text is None else re.compile(text)
    except re.error as error:
        message = f"setting description_pattern is no regular expression: {error}"
        raise ConfigValidationError(message, errors=[message]) from None
