"""The mapper `map-payments`: payment snapshots in, payments of orders out."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import click
import singer_sdk.singerlib as singer
from monstock_stripe_core.errors import PaymentError
from monstock_stripe_core.payment_record import ORDER_PAYMENT_SCHEMA, payment_to_record
from monstock_stripe_core.stripe_links import CandidateRules
from monstock_stripe_core.stripe_payment import payment_from_stripe
from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError, MapExpressionError, MappingError
from singer_sdk.mapper import PluginMapper, RemoveRecordTransform
from singer_sdk.mapper_base import InlineMapper
from singer_sdk.plugin_base import _ConfigInput

from map_payments.errors import OutputError, SettingError
from map_payments.lines import LineReader
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

    message_reader_class = LineReader
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

    @classmethod
    def invoke(cls, **options: Any) -> None:
        """Run the mapper; what a person can mend ends in one sentence and exit status 1."""
        try:
            super().invoke(**options)
        except MappingError as error:
            raise SettingError(f"setting stream_maps: {error}") from None
        except BrokenPipeError:
            raise OutputError("nobody reads the output any more") from None

    @classmethod
    def cb_config(
        cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]
    ) -> _ConfigInput:
        """Read the configuration files, with an error that names the file."""
        for path in value:
            try:
                given = _ConfigInput.from_cli_args(path).config
            except FileNotFoundError:
                raise SettingError(f"there is no configuration file {path}") from None
            except (OSError, ValueError, TypeError):
                # The decoding error's text may hold a part of the file.
                raise SettingError(f"configuration file {path} is no JSON object") from None
            if not isinstance(given, dict):
                raise SettingError(f"configuration file {path} is no JSON object")
        return super().cb_config(ctx, param, value)

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
        if ORDER_PAYMENTS not in self._stream_maps.stream_maps:
            yield from self._schemas(ORDER_PAYMENTS, ORDER_PAYMENT_SCHEMA)
        record = message_dict["record"]
        try:
            payment = payment_from_stripe(record, self._rules)
            mapped = () if payment is None else self._order_payment(payment_to_record(payment))
        except PaymentError as error:
            self.logger.error("Refused: %s", error)
            if not self._rejecting:
                self._rejecting = True
                yield from self._schemas(REJECTED_PAYMENTS, REJECTED_SCHEMA)
            yield from self._records(REJECTED_PAYMENTS, rejected_record(record, error))
            return
        yield from mapped

    def _order_payment(self, record: dict[str, Any]) -> tuple[singer.Message, ...]:
        """A payment as the user's `stream_maps` make it; one that they cannot take is refused."""
        try:
            return tuple(self._records(ORDER_PAYMENTS, record))
        except (MapExpressionError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise PaymentError(
                f"payment {record['transaction_reference']}: setting stream_maps cannot be "
                f"applied to it ({type(error).__name__}: {error!s:.100})"
            ) from None

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
        for stream_map in self._stream_maps.stream_maps[stream]:
            mapped = stream_map.transform(record)
            if mapped is not None:
                yield singer.RecordMessage(stream_map.stream_alias, mapped)


def _pattern(text: str | None) -> re.Pattern[str] | None:
    try:
        return None if text is None else re.compile(text)
    except re.error as error:
        message = f"setting description_pattern is no regular expression: {error}"
        raise ConfigValidationError(message, errors=[message]) from None
