"""The mapper `map-orders`: Monstock's orders and customers in, those of target-stripe out."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from mapper_common.mapper import OutputStream, Record, RecordMapper, Route
from monstock_stripe_core.customer_record import CUSTOMER_SCHEMA
from monstock_stripe_core.errors import RecordError
from monstock_stripe_core.order_record import ORDER_SCHEMA
from monstock_stripe_core.orders_for_stripe import customer_for_stripe, order_for_stripe
from singer_sdk import typing as th

_REASON = {"type": "string", "description": "What made the record one that cannot go out."}


class MapOrders(RecordMapper):
    """Turns tap-monstock's `orders` and `customers` into those of target-stripe.

    `order_payments` is dropped: an order brings its payments with it. Other streams pass as they
    are. A record that the SDK's `stream_maps` cannot take is said on `rejected_orders` or
    `rejected_customers`, so that the target keeps it.
    """

    name = "map-orders"
    package_name = "map-orders"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property(
            "orders_stream",
            th.StringType,
            default="orders",
            description="Name of the stream that carries Monstock's orders.",
        ),
        th.Property(
            "customers_stream",
            th.StringType,
            default="customers",
            description="Name of the stream that carries Monstock's customers.",
        ),
    ).to_dict()

    def routes(self) -> Mapping[str, Route]:
        """Return what becomes of orders and customers."""
        return {
            self.config["orders_stream"]: _route("orders", ORDER_SCHEMA, order_for_stripe),
            self.config["customers_stream"]: _route(
                "customers", CUSTOMER_SCHEMA, customer_for_stripe
            ),
            "order_payments": _route("orders", ORDER_SCHEMA, _nothing),
        }


def _route(
    name: str,
    schema: Mapping[str, Any],
    turn: Callable[[Mapping[str, Any]], Record | None],
) -> Route:
    key = f"{name.removesuffix('s')}_id"
    rejected = OutputStream(
        f"rejected_{name}",
        {
            "type": "object",
            "required": [key, "reason"],
            "properties": {key: {"type": "string"}, "reason": _REASON},
        },
        (key,),
    )

    def checked(record: object) -> Record | None:
        if not isinstance(record, Mapping):
            raise RecordError(f"{name}: a record must be an object, not {type(record).__name__}")
        return turn(record)

    def named(record: object) -> Record:
        known = record if isinstance(record, Mapping) else {}
        return {key: str(known.get("id"))[:255]}

    def called(record: Record) -> str:
        return f"{name.removesuffix('s')} {record[key]!s:.255}"

    return Route(OutputStream(name, schema, (key,)), rejected, checked, named, called)


def _nothing(_: Mapping[str, Any]) -> None:
    return None
