"""A warehouse of any size, made by SQL in the shape that target-duckdb gives both taps' streams.

Four orders in five have one payment, the others a deposit and a rest. Each payment carries the
whole of Stripe's PaymentIntent and Charge, the Charge with its balance transaction; each has a
balance transaction, each day and currency a payout. One order in ten is also paid in cash, one in
twenty is refunded in part, one in thirty-three is not paid, and one in two hundred is wrong in
Monstock in one of five ways.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
from monstock_stripe_sandbox import stripe_shapes

from benchmarks import stripe_objects

NOW = 1_790_856_000
"""When the world is looked at, in seconds since 1970; it goes back half a year from there."""

# Numbers that stand in a template for what differs, long enough to be found nowhere else.
_AMOUNT, _CREATED, _FEE, _NET = 7_770_001, 1_777_000_002, 7_770_003, 7_770_004
_PI, _CH, _TXN, _ORDER, _NUMBER = "@payment@", "@charge@", "@transaction@", "@order@", "@number@"


def make_warehouse(file: Path, orders: int) -> None:
    """Write a warehouse.

    Args:
        file: of the DuckDB database.
        orders: how many; there are a fifth more payments.
    """
    with duckdb.connect(str(file)) as connection:
        connection.execute("SET memory_limit = '1GB'")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"SET temp_directory = '{file.parent}'")
        intent, charge = _templates()
        for name, value in {
            "orders": orders,
            "now": NOW,
            "intent": intent,
            "charge": charge,
        }.items():
            connection.execute(f"SET VARIABLE {name} = $1", [value])
        connection.execute(_SQL)


def _templates() -> tuple[str, str]:
    metadata = {"monstock_order_id": _ORDER, "monstock_order_number": _NUMBER, "shop": "fr"}
    intent: dict[str, Any] = {
        **stripe_objects.payment_intent(0, _CREATED),
        "id": _PI,
        "amount": _AMOUNT,
        "amount_received": _AMOUNT,
        "amount_capturable": 0,
        "last_payment_error": None,
        "latest_charge": _CH,
        "next_action": None,
        "metadata": metadata,
        "status": "succeeded",
        "currency": "eur",
    }
    movement = stripe_shapes.balance_transaction(_TXN, _CREATED, _CREATED, _CH, "charge")
    charge: dict[str, Any] = {
        **stripe_objects.charge(0, _CREATED),
        "id": _CH,
        "amount": _AMOUNT,
        "amount_captured": _AMOUNT,
        "amount_refunded": 0,
        "balance_transaction": {**movement, "amount": _AMOUNT, "fee": _FEE, "net": _NET},
        "metadata": metadata,
        "payment_intent": _PI,
        "currency": "eur",
    }
    charge["balance_transaction"]["currency"] = "eur"
    del charge["refunds"]
    return json.dumps(intent), json.dumps(charge)


def _filled(template: str) -> str:
    """SQL that puts a payment's values into a template."""
    sql = f"getvariable('{template}')"
    for place, value in (
        (_PI, "reference"),
        (_CH, "charge_id"),
        (_TXN, "transaction_id"),
        (_ORDER, "order_id"),
        (_NUMBER, "number"),
        (_AMOUNT, "CAST(amount AS VARCHAR)"),
        (_CREATED, "CAST(created AS VARCHAR)"),
        (_FEE, "CAST(fee AS VARCHAR)"),
        (_NET, "CAST(amount - fee AS VARCHAR)"),
        ('"eur"', "'\"' || currency || '\"'"),
    ):
        sql = f"replace({sql}, '{place}', {value})"
    return sql


_SQL = f"""
CREATE SCHEMA stripe;
CREATE SCHEMA monstock;

CREATE TEMP TABLE sold AS
SELECT
    i, 'ord_' || md5(CAST(i AS VARCHAR))[:16] AS order_id,
    'SO-' || lpad(CAST(i AS VARCHAR), 8, '0') AS number,
    CAST(990 + hash(i) % 90000 AS BIGINT) AS total,
    CASE WHEN i % 10 = 9 THEN 'usd' ELSE 'eur' END AS currency,
    CAST(getvariable('now') - 3600 - hash(i + 1) % (180 * 86400) AS BIGINT) AS created,
    i % 33 <> 32 AS is_paid,
    CASE WHEN i % 10 = 3 THEN 500 ELSE 0 END AS cash,
    CASE WHEN i % 200 = 71 THEN (i // 200) % 5 ELSE -1 END AS wrong
FROM range(getvariable('orders')) AS counted(i);

CREATE TEMP TABLE paid AS
SELECT
    *, amount * 14 // 1000 + 25 AS fee,
    CASE WHEN i % 20 = 11 AND part = 0 THEN amount // 3 ELSE 0 END AS refund,
    'pi_3' || md5(CAST(i * 2 + part AS VARCHAR))[:23] AS reference,
    'ch_3' || md5(CAST(i * 2 + part AS VARCHAR))[:23] AS charge_id,
    'txn_3' || md5(CAST(i * 2 + part AS VARCHAR))[:23] AS transaction_id,
    're_3' || md5(CAST(i * 2 + part AS VARCHAR))[:23] AS refund_id
FROM (
    SELECT sold.*, part,
        CASE WHEN i % 5 <> 4 THEN total - cash
            WHEN part = 0 THEN (total - cash) // 4
            ELSE total - cash - (total - cash) // 4 END AS amount
    FROM sold JOIN (SELECT unnest([0, 1]) AS part) ON part = 0 OR i % 5 = 4
    WHERE is_paid
);

CREATE TABLE stripe.payments (
    id VARCHAR PRIMARY KEY, object VARCHAR, account_id VARCHAR, livemode BOOLEAN, created HUGEINT,
    version HUGEINT, payment_intent JSON, charge JSON, refunds JSON, disputes JSON,
    checkout_sessions JSON, invoices JSON);
INSERT INTO stripe.payments
SELECT
    reference, 'payment_intent', NULL, true, created, CAST(getvariable('now') AS HUGEINT) * 1000000,
    {_filled("intent")}, {_filled("charge")},
    CASE WHEN refund = 0 THEN '[]' ELSE to_json([{{
        'id': refund_id, 'object': 'refund', 'amount': refund, 'currency': currency,
        'created': created + 1000, 'status': 'succeeded', 'balance_transaction': 'txn_' || refund_id
    }}]) END,
    '[]', '[]', '[]'
FROM paid;

CREATE TABLE stripe.balance_transactions AS
SELECT transaction_id AS id, 'balance_transaction' AS object, 'charge' AS type,
    'charge' AS reporting_category, charge_id AS source, CAST(created AS HUGEINT) AS created,
    CAST(created + 2 * 86400 AS HUGEINT) AS available_on, currency,
    CAST(amount AS HUGEINT) AS amount, CAST(fee AS HUGEINT) AS fee,
    CAST(amount - fee AS HUGEINT) AS net, 'available' AS status
FROM paid
UNION ALL
SELECT 'txn_' || refund_id, 'balance_transaction', 'refund', 'refund', refund_id, created + 1000,
    created + 1000, currency, -refund, 0, -refund, 'available'
FROM paid WHERE refund > 0;

CREATE TABLE stripe.payout_balance_transactions AS
SELECT *, 'po_' || currency || CAST(created // 86400 AS VARCHAR) AS payout
FROM stripe.balance_transactions WHERE created < getvariable('now') - 3 * 86400;

CREATE TABLE stripe.payouts AS
SELECT payout AS id, 'payout' AS object, currency, CAST(sum(net) AS HUGEINT) AS amount,
    'paid' AS status, true AS automatic, 'completed' AS reconciliation_status,
    CAST(max(created) + 86400 AS HUGEINT) AS created,
    CAST(max(created) + 2 * 86400 AS HUGEINT) AS arrival_date
FROM stripe.payout_balance_transactions GROUP BY payout, currency;

CREATE TABLE monstock.orders (
    id VARCHAR PRIMARY KEY, number VARCHAR, kind VARCHAR, state VARCHAR, raw_state VARCHAR,
    currency VARCHAR, total HUGEINT, amount_due HUGEINT, payment_status VARCHAR,
    channel_reference VARCHAR, customer_id VARCHAR, customer_email VARCHAR, payments JSON,
    created_at TIMESTAMP, updated_at TIMESTAMP, _sdc_deleted_at VARCHAR);
INSERT INTO monstock.orders
WITH rows AS (
    SELECT i, list({{
        'row_id': 'row_' || reference, 'method': 'stripe', 'transaction_reference': reference,
        'status': CASE WHEN wrong = 1 THEN 'pending' ELSE 'succeeded' END,
        'currency': upper(currency),
        'amount': CASE WHEN wrong = 1 THEN 0 WHEN wrong = 2 THEN amount + 100 ELSE amount END,
        'authorized': 0, 'refunded': CASE WHEN wrong = 3 THEN 0 ELSE refund END, 'disputed': 0,
        'dispute_lost': 0, 'fee': fee, 'fee_currency': upper(currency),
        'paid_at': strftime(make_timestamp(created * 1000000), '%Y-%m-%dT%H:%M:%SZ'),
        'payment_method': 'card', 'note': NULL, 'ours': true, 'link_rule': 'metadata'
    }}) FILTER (wrong <> 0) AS rows, sum(refund) AS refund
    FROM paid GROUP BY i
),
shown AS (
    SELECT sold.*, coalesce(refund, 0) AS refund,
        list_concat(coalesce(rows, []), CASE WHEN cash = 0 THEN [] ELSE [{{
            'row_id': 'row_cash_' || sold.i, 'method': 'cash', 'transaction_reference': NULL,
            'status': 'succeeded', 'currency': upper(currency), 'amount': CAST(cash AS BIGINT),
            'authorized': 0, 'refunded': CAST(0 AS BIGINT), 'disputed': 0, 'dispute_lost': 0,
            'fee': NULL, 'fee_currency': NULL, 'paid_at': NULL, 'payment_method': NULL,
            'note': NULL, 'ours': false, 'link_rule': NULL}}] END) AS rows
    FROM sold LEFT JOIN rows USING (i)
)
SELECT
    order_id, number, 'order',
    CASE WHEN i % 7 < 5 AND refund = 0 THEN 'shipped' ELSE 'validated' END,
    'validated',
    upper(currency), total,
    CASE WHEN wrong = 3 THEN 0 WHEN is_paid AND wrong NOT IN (0, 1) THEN refund
        ELSE total - cash END,
    CASE WHEN wrong IN (1, 4) THEN 'pending'
        WHEN wrong = 0 OR NOT is_paid
            THEN CASE WHEN cash > 0 THEN 'partially_paid' ELSE 'unpaid' END
        WHEN refund > 0 AND wrong <> 3 THEN 'partially_refunded' ELSE 'paid' END,
    NULL, 'cus_' || i % 50000, 'someone@example.com', to_json(rows),
    make_timestamp((created - 600) * 1000000), make_timestamp((created + 2000) * 1000000), NULL
FROM shown;
"""
