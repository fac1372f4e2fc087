"""What is sold, and at which price."""

from __future__ import annotations

from tap_stripe_ext.stream_table import permissions
from tap_stripe_ext.stream_table.row import Announcement, Parent, StreamRow

CATALOGUE: tuple[StreamRow, ...] = (
    StreamRow(
        name="coupons",
        path="/v1/coupons",
        object_name="coupon",
        model="stripe.Coupon",
        permission=permissions.COUPONS,
        announced_by=(Announcement("coupon.*", "coupon"),),
        expansions=("applies_to", "currency_options"),  # not in the object unless asked for
        deletable=True,
        unnoticed="`times_redeemed`, until the coupon is edited",
        by_default=True,
    ),
    StreamRow(
        name="entitlement_features",
        path="/v1/entitlements/features",
        object_name="entitlements.feature",
        model="stripe.entitlements.Feature",
        permission=permissions.ENTITLEMENTS,
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="active_entitlements",
        path="/v1/entitlements/active_entitlements",
        object_name="entitlements.active_entitlement",
        model="stripe.entitlements.ActiveEntitlement",
        permission=permissions.ENTITLEMENTS,
        parent=Parent("customers", "customer", "customer"),
        created_filter=False,
        announced_by=(
            Announcement(
                "entitlements.active_entitlement_summary.*",
                "entitlements.active_entitlement_summary",
                "customer",
            ),
        ),
        unnoticed="that one has ended: the list has only those that are active",
    ),
    StreamRow(
        name="plans",
        path="/v1/plans",
        object_name="plan",
        model="stripe.Plan",
        permission=permissions.PRICES,
        announced_by=(Announcement("plan.*", "plan"),),
        expansions=("tiers",),  # not in the object unless asked for
        deletable=True,
    ),
    StreamRow(
        name="prices",
        path="/v1/prices",
        object_name="price",
        model="stripe.Price",
        permission=permissions.PRICES,
        announced_by=(Announcement("price.*", "price"),),
        expansions=("currency_options", "tiers"),  # not in the object unless asked for
        deletable=True,
        unnoticed="prices that were made inline: Stripe does not list them",
        by_default=True,
    ),
    StreamRow(
        name="products",
        path="/v1/products",
        object_name="product",
        model="stripe.Product",
        permission=permissions.PRODUCTS,
        announced_by=(Announcement("product.*", "product"),),
        deletable=True,
        by_default=True,
    ),
    StreamRow(
        name="product_features",
        path="/v1/products/{product}/features",
        object_name="product_feature",
        model="stripe.ProductFeature",
        permission=permissions.PRODUCTS,
        parent=Parent("products", "product", "product"),
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="promotion_codes",
        path="/v1/promotion_codes",
        object_name="promotion_code",
        model="stripe.PromotionCode",
        permission=permissions.PROMOTION_CODES,
        announced_by=(Announcement("promotion_code.*", "promotion_code"),),
        unnoticed="`times_redeemed` and that one has expired, until it is edited",
        by_default=True,
    ),
    StreamRow(
        name="trial_offers",
        path="/v1/product_catalog/trial_offers",
        object_name="product_catalog.trial_offer",
        model="stripe.product_catalog.TrialOffer",
        permission=permissions.TRIAL_OFFERS,
        created_filter=False,  # the list has one, but the object does not say when it was made
        listed_whole=True,
    ),
)
