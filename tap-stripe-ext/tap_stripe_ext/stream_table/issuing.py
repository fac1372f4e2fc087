"""Issuing: cards that the account gives out, and what is paid with them."""

from __future__ import annotations

from tap_stripe_ext.stream_table import permissions
from tap_stripe_ext.stream_table.row import Announcement, Parent, StreamRow

ISSUING: tuple[StreamRow, ...] = (
    StreamRow(
        name="authorizations",
        path="/v1/issuing/authorizations",
        object_name="issuing.authorization",
        model="stripe.issuing.Authorization",
        permission=permissions.ISSUING_AUTHORIZATIONS,
        announced_by=(Announcement("issuing_authorization.*", "issuing.authorization"),),
    ),
    StreamRow(
        name="cardholders",
        path="/v1/issuing/cardholders",
        object_name="issuing.cardholder",
        model="stripe.issuing.Cardholder",
        permission=permissions.ISSUING_CARDHOLDERS,
        announced_by=(Announcement("issuing_cardholder.*", "issuing.cardholder"),),
    ),
    StreamRow(
        name="cards",
        path="/v1/issuing/cards",
        object_name="issuing.card",
        model="stripe.issuing.Card",
        permission=permissions.ISSUING_CARDS,
        announced_by=(Announcement("issuing_card.*", "issuing.card"),),
    ),
    StreamRow(
        name="issuing_disputes",
        path="/v1/issuing/disputes",
        object_name="issuing.dispute",
        model="stripe.issuing.Dispute",
        permission=permissions.ISSUING_DISPUTES,
        announced_by=(Announcement("issuing_dispute.*", "issuing.dispute"),),
    ),
    StreamRow(
        name="issuing_tokens",
        path="/v1/issuing/tokens",
        object_name="issuing.token",
        model="stripe.issuing.Token",
        permission=permissions.ISSUING_TOKENS,
        parent=Parent("cards", "card", "card"),
        announced_by=(Announcement("issuing_token.*", "issuing.token", "card"),),
    ),
    StreamRow(
        name="personalization_designs",
        path="/v1/issuing/personalization_designs",
        object_name="issuing.personalization_design",
        model="stripe.issuing.PersonalizationDesign",
        permission=permissions.ISSUING_CARDS,
        created_filter=False,
        announced_by=(
            Announcement("issuing_personalization_design.*", "issuing.personalization_design"),
        ),
        listed_whole=True,  # no event tells of a new one
    ),
    StreamRow(
        name="physical_bundles",
        path="/v1/issuing/physical_bundles",
        object_name="issuing.physical_bundle",
        model="stripe.issuing.PhysicalBundle",
        permission=permissions.ISSUING_CARDS,
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="transactions",
        path="/v1/issuing/transactions",
        object_name="issuing.transaction",
        model="stripe.issuing.Transaction",
        permission=permissions.ISSUING_TRANSACTIONS,
        announced_by=(Announcement("issuing_transaction.*", "issuing.transaction"),),
    ),
)
