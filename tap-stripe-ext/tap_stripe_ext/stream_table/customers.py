"""Customers and what is kept with them."""

from __future__ import annotations

from tap_stripe_ext.stream_table import permissions
from tap_stripe_ext.stream_table.row import Announcement, Parent, StreamRow

_SOURCES = Parent("customers", "customer", "customer", embedded="sources", expanded=True)

CUSTOMERS: tuple[StreamRow, ...] = (
    StreamRow(
        name="customers",
        path="/v1/customers",
        object_name="customer",
        model="stripe.Customer",
        permission=permissions.CUSTOMERS,
        announced_by=(
            Announcement("customer.*", "customer"),
            Announcement("customer.discount.*", "discount", "customer"),
        ),
        deletable=True,
        by_default=True,
    ),
    StreamRow(
        name="bank_accounts",
        path="/v1/customers/{customer}/sources",
        object_name="bank_account",
        model="stripe.BankAccount",
        permission=permissions.CUSTOMERS,
        parent=_SOURCES,
        parameters=(("object", "bank_account"),),
        created_filter=False,
        announced_by=(Announcement("customer.source.*", "bank_account", "customer"),),
        deletable=True,
    ),
    StreamRow(
        name="customer_cards",
        path="/v1/customers/{customer}/sources",
        object_name="card",
        model="stripe.Card",
        permission=permissions.CUSTOMERS,
        parent=_SOURCES,
        parameters=(("object", "card"),),
        created_filter=False,
        announced_by=(Announcement("customer.source.*", "card", "customer"),),
        deletable=True,
    ),
    StreamRow(
        name="customer_sources",
        path="/v1/customers/{customer}/sources",
        object_name="source",
        model="stripe.Source",
        permission=permissions.CUSTOMERS,
        parent=_SOURCES,
        parameters=(("object", "source"),),
        created_filter=False,
        announced_by=(
            Announcement("customer.source.*", "source", "customer"),
            Announcement("source.*", "source", "customer"),
        ),
        deletable=True,
    ),
    StreamRow(
        name="customer_balance_transactions",
        path="/v1/customers/{customer}/balance_transactions",
        object_name="customer_balance_transaction",
        model="stripe.CustomerBalanceTransaction",
        permission=permissions.CUSTOMERS,
        parent=Parent("customers", "customer", "customer"),
        announced_by=(Announcement("customer.*", "customer"),),
        unnoticed="edits of description and metadata until the customer changes",
    ),
    StreamRow(
        name="customer_cash_balance_transactions",
        path="/v1/customers/{customer}/cash_balance_transactions",
        object_name="customer_cash_balance_transaction",
        model="stripe.CustomerCashBalanceTransaction",
        permission=permissions.CUSTOMERS,
        parent=Parent("customers", "customer", "customer"),
        created_filter=False,
        announced_by=(
            Announcement(
                "customer_cash_balance_transaction.*",
                "customer_cash_balance_transaction",
                "customer",
            ),
        ),
    ),
    StreamRow(
        name="customer_payment_methods",
        path="/v1/customers/{customer}/payment_methods",
        object_name="payment_method",
        model="stripe.PaymentMethod",
        permission=permissions.PAYMENT_METHODS,
        parent=Parent("customers", "customer", "customer"),
        created_filter=False,
        announced_by=(Announcement("payment_method.*", "payment_method", "customer"),),
        unnoticed="that one was detached, of which `payment_methods` tells",
    ),
    StreamRow(
        name="customer_tax_ids",
        path="/v1/customers/{customer}/tax_ids",
        object_name="tax_id",
        model="stripe.TaxId",
        permission=permissions.CUSTOMERS,
        parent=Parent("customers", "customer", "customer", embedded="tax_ids", expanded=True),
        created_filter=False,
        announced_by=(Announcement("customer.tax_id.*", "tax_id", "customer"),),
        deletable=True,
    ),
)
