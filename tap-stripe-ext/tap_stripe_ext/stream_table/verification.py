"""Who somebody is, which bank account is theirs, and whether a card's owner agreed."""

from __future__ import annotations

from tap_stripe_ext.stream_table import permissions
from tap_stripe_ext.stream_table.row import Announcement, Parent, StreamRow

VERIFICATION: tuple[StreamRow, ...] = (
    StreamRow(
        name="financial_connections_accounts",
        path="/v1/financial_connections/accounts",
        object_name="financial_connections.account",
        model="stripe.financial_connections.Account",
        permission=permissions.FINANCIAL_CONNECTIONS,
        created_filter=False,
        announced_by=(
            Announcement("financial_connections.account.*", "financial_connections.account"),
        ),
    ),
    StreamRow(
        name="financial_connections_transactions",
        path="/v1/financial_connections/transactions",
        object_name="financial_connections.transaction",
        model="stripe.financial_connections.Transaction",
        permission=permissions.FINANCIAL_CONNECTIONS,
        parent=Parent("financial_connections_accounts", "account", "account"),
        created_filter=False,
        announced_by=(
            Announcement("financial_connections.account.*", "financial_connections.account"),
        ),
    ),
    StreamRow(
        name="identity_verification_reports",
        path="/v1/identity/verification_reports",
        object_name="identity.verification_report",
        model="stripe.identity.VerificationReport",
        permission=permissions.IDENTITY,
        # A report is changed only by redacting its session.
        announced_by=(
            Announcement(
                "identity.verification_session.*",
                "identity.verification_session",
                "last_verification_report",
            ),
        ),
        listed_by_created=True,
    ),
    StreamRow(
        name="identity_verification_sessions",
        path="/v1/identity/verification_sessions",
        object_name="identity.verification_session",
        model="stripe.identity.VerificationSession",
        permission=permissions.IDENTITY,
        announced_by=(
            Announcement("identity.verification_session.*", "identity.verification_session"),
        ),
        edited_silently=True,  # there is no event identity.verification_session.updated
    ),
    StreamRow(
        name="three_d_secure_authentications",
        path="/v1/three_d_secure/authentications",
        object_name="three_d_secure.authentication",
        model="stripe.three_d_secure.Authentication",
        permission=permissions.THREE_D_SECURE,
        announced_by=(
            Announcement("three_d_secure.authentication.*", "three_d_secure.authentication"),
        ),
        listed_by_created=True,  # no event tells of a new one
    ),
)
