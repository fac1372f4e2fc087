"""Climate: carbon removal that is ordered, by whom it is done, and what it costs."""

from __future__ import annotations

from tap_stripe_ext.stream_table import permissions
from tap_stripe_ext.stream_table.row import Announcement, StreamRow

CLIMATE: tuple[StreamRow, ...] = (
    StreamRow(
        name="climate_orders",
        path="/v1/climate/orders",
        object_name="climate.order",
        model="stripe.climate.Order",
        permission=permissions.CLIMATE,
        created_filter=False,
        announced_by=(Announcement("climate.order.*", "climate.order"),),
        listed_whole=True,  # there is no event climate.order.updated
    ),
    StreamRow(
        name="climate_products",
        path="/v1/climate/products",
        object_name="climate.product",
        model="stripe.climate.Product",
        permission=permissions.CLIMATE,
        created_filter=False,
        announced_by=(Announcement("climate.product.*", "climate.product"),),
        listed_whole=True,  # the events tell of new prices only
    ),
    StreamRow(
        name="climate_suppliers",
        path="/v1/climate/suppliers",
        object_name="climate.supplier",
        model="stripe.climate.Supplier",
        permission=permissions.CLIMATE,
        created_filter=False,
        listed_whole=True,
    ),
)
