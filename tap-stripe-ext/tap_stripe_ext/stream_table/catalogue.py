"""What is sold, and at which price."""

from __future__ import annotations

from tap_stripe_ext.stream_table.row import Announcement, StreamRow

CATALOGUE: tuple[StreamRow, ...] = (
    StreamRow(
        name="coupons",
        path="/v1/coupons",
        object_name="coupon",
        model="stripe.Coupon",
        permission="Coupons: Read (rak_coupon_read)",
        announced_by=(Announcement("coupon.*", "coupon"),),
        expansions=("applies_to", "currency_options"),  # not in the object unless asked for
        deletable=True,
    ),
    StreamRow(
        name="plans",
        path="/v1/plans",
        object_name="plan",
        model="stripe.Plan",
        permission="Prices: Read (rak_plan_read)",
        announced_by=(Announcement("plan.*", "plan"),),
        expansions=("tiers",),  # not in the object unless asked for
        deletable=True,
    ),
    StreamRow(
        name="prices",
        path="/v1/prices",
        object_name="price",
        model="stripe.Price",
        permission="Prices: Read (rak_plan_read)",
        announced_by=(Announcement("price.*", "price"),),
        expansions=("currency_options", "tiers"),  # not in the object unless asked for
        deletable=True,
    ),
    StreamRow(
        name="products",
        path="/v1/products",
        object_name="product",
        model="stripe.Product",
        permission="Products: Read (rak_product_read)",
        announced_by=(Announcement("product.*", "product"),),
        deletable=True,
    ),
    StreamRow(
        name="promotion_codes",
        path="/v1/promotion_codes",
        object_name="promotion_code",
        model="stripe.PromotionCode",
        permission="Promotion Codes: Read (rak_promotion_code_read)",
        announced_by=(Announcement("promotion_code.*", "promotion_code"),),
    ),
)
