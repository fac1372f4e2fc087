"""The mapper `map-payments`: payment snapshots in, payments of orders out."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import singer_sdk.singerlib as singer
from monstock_stripe_core.errors import PaymentError
from monstock_stripe_core.payment_record import ORDER_PAYMENT_SCHEMA, payment_to_record
from monstock_stripe_core.stripe_links import CandidateRules
from monstock_stripe_core.stripe_payment import payment_from_stripe
from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.mapper import PluginMapper, RemoveRecordTransform
from singer_sdk.mapper_base import InlineMapper

from map_payments.streams import (
    ORDER_PAYMENTS,
    REJECTED_PAYMENTS,
    REJECTED_SCHEMA,
    rejected_record,
)


class MapPayments(InlineMapper):
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

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._rules = CandidateRules(
            tuple(self.config.get("shop_metadata_keys", ())),
            _pattern(self.config.get("description_pattern")),
        )
        self._stream_maps = PluginMapper(dict(self.config), self.logger)
        self._rejecting = False

    def map_schema_message(self, message_dict: dict[str, Any]) -> Iterator[singer.Message]:
        """Announce what comes out instead of what comes in; other streams' schemas pass."""
        if message_dict["stream"] == self.config["source_stream"]:
            yield from self._schemas(ORDER_PAYMENTS, ORDER_PAYMENT_SCHEMA)
        else:
            yield singer.SchemaMessage.from_dict(message_dict)

    def map_record_message(self, message_dict: dict[str, Any]) -> Iterator[singer.Message]:
        """Map one snapshot to one payment; none for an invoice paid by a PaymentIntent alone."""
        if message_dict["stream"] != self.config["source_stream"]:
            yield singer.RecordMessage.from_dict(message_dict)
            return
        record = message_dict["record"]
        try:
            payment = payment_from_stripe(record, self._rules)
        except PaymentError as error:
            self.logger.error("Refused: %s", error)
            if not self._rejecting:
                self._rejecting = True
                yield from self._schemas(REJECTED_PAYMENTS, REJECTED_SCHEMA)
            yield from self._records(REJECTED_PAYMENTS, rejected_record(record, error))
            return
        if payment is not None:
            yield from self._records(ORDER_PAYMENTS, payment_to_record(payment))

    def map_state_message(self, message_dict: dict[str, Any]) -> Iterable[singer.Message]:
        """Bookmarks are the tap's affair: they pass as they are."""
        return (singer.StateMessage.from_dict(message_dict),)

    def map_activate_version_message(
        self, message_dict: dict[str, Any]
    ) -> Iterable[singer.Message]:
        """Snapshots replace each other by version, so full-table versions say nothing here."""
        if message_dict["stream"] == self.config["source_stream"]:
            return ()
        return (singer.ActivateVersionMessage.from_dict(message_dict),)

    def _schemas(self, stream: str, schema: dict[str, Any]) -> Iterator[singer.Message]:
        self._stream_maps.register_raw_stream_schema(stream, schema, ["transaction_reference"])
        for stream_map in self._stream_maps.stream_maps[stream]:
            if not isinstance(stream_map, RemoveRecordTransform):
                yield singer.SchemaMessage(
                    stream_map.stream_alias,
                    stream_map.transformed_schema,
                    stream_map.transformed_key_properties or [],
                )

    def _records(self, stream: str, record: dict[str, Any]) -> Iterator[singer.Message]:
        if stream not in self._stream_maps.stream_maps:
            yield from self._schemas(stream, ORDER_PAYMENT_SCHEMA)
        for stream_map in self._stream_maps.stream_maps[stream]:
            mapped = stream_map.transform(record)
            if mapped is not None:
                yield singer.RecordMessage(stream_map.stream_alias, mapped)


def _pattern(text: str | None) -> re.Pattern[str] | None:
    try:
        return None if text is None else re.compile(text)
    except re.error as error:
        message = f"setting description_pattern is no regular expression: {error}"
        raise ConfigValidationError(message) from None
