"""Connected accounts and what a platform earns with them.

What happens in a connected account stands in that account's own event log, not in the platform's;
so a platform reads these lists whole.
"""

from __future__ import annotations

from tap_stripe_ext.stream_table import permissions
from tap_stripe_ext.stream_table.row import Announcement, Parent, StreamRow

_EXTERNAL_ACCOUNTS = Parent("accounts", "account", "account", embedded="external_accounts")

CONNECT: tuple[StreamRow, ...] = (
    StreamRow(
        name="accounts",
        path="/v1/accounts",
        object_name="account",
        model="stripe.Account",
        permission=permissions.ACCOUNTS,
        listed_whole=True,
    ),
    StreamRow(
        name="app_installs",
        path="/v1/apps/installs",
        object_name="apps.install",
        model="stripe.apps.Install",
        permission=permissions.APP_INSTALLS,
        announced_by=(Announcement("apps.install.*", "apps.install"),),
        deletable=True,
    ),
    StreamRow(
        name="application_fees",
        path="/v1/application_fees",
        object_name="application_fee",
        model="stripe.ApplicationFee",
        permission=permissions.APPLICATION_FEES,
        announced_by=(
            Announcement("application_fee.*", "application_fee"),
            Announcement("application_fee.refund.*", "fee_refund", "fee"),
        ),
        nested_lists=("refunds",),
    ),
    StreamRow(
        name="application_fee_refunds",
        path="/v1/application_fees/{id}/refunds",
        object_name="fee_refund",
        model="stripe.ApplicationFeeRefund",
        permission=permissions.APPLICATION_FEES,
        parent=Parent("application_fees", "id", "fee", embedded="refunds"),
        created_filter=False,
        announced_by=(
            Announcement("application_fee.*", "application_fee"),
            Announcement("application_fee.refund.*", "fee_refund", "fee"),
        ),
    ),
    StreamRow(
        name="capabilities",
        path="/v1/accounts/{account}/capabilities",
        object_name="capability",
        model="stripe.Capability",
        permission=permissions.ACCOUNTS,
        parent=Parent("accounts", "account", "account"),
        keys=("account", "id"),  # its id is "card_payments" in every account
        created_filter=False,
        paged=False,
        listed_whole=True,
    ),
    StreamRow(
        name="country_specs",
        path="/v1/country_specs",
        object_name="country_spec",
        model="stripe.CountrySpec",
        permission=permissions.COUNTRY_SPECS,
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="external_account_bank_accounts",
        path="/v1/accounts/{account}/external_accounts",
        object_name="bank_account",
        model="stripe.BankAccount",
        permission=permissions.ACCOUNTS,
        parent=_EXTERNAL_ACCOUNTS,
        parameters=(("object", "bank_account"),),
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="external_account_cards",
        path="/v1/accounts/{account}/external_accounts",
        object_name="card",
        model="stripe.Card",
        permission=permissions.ACCOUNTS,
        parent=_EXTERNAL_ACCOUNTS,
        parameters=(("object", "card"),),
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="persons",
        path="/v1/accounts/{account}/persons",
        object_name="person",
        model="stripe.Person",
        permission=permissions.ACCOUNTS,
        parent=Parent("accounts", "account", "account"),
        created_filter=False,
        listed_whole=True,
    ),
)
