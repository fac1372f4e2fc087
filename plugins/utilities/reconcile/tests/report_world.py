"""A results database written by hand, with every reason once, names that are hostile, and amounts
of currencies with no, two and three decimals."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from monstock_stripe_core.ageing import AGE_BUCKETS
from monstock_stripe_core.discrepancy import REASON_TEXT, Reason
from monstock_stripe_core.release import RELEASE_TEXT, RELEASES
from monstock_stripe_reconcile.results_model import TABLES, VERSION

AS_OF = datetime.fromisoformat("2026-11-27T08:30:00")
HOSTILE = "</script><script>document.title='owned'</script>"
HOSTILE_IMAGE = '"><img src=x onerror="document.title=\'owned\'">'
BEYOND_SCRIPT = 2**53 + 1

FACTS: dict[str, dict[str, Any]] = {
    "dispute_open": {"inquiry": True},
    "shown_not_paid": {"payment": "elsewhere", "elsewhere": "SO-1"},
    "paid_not_shown": {"captured": 10_300},
    "no_order": {"named": HOSTILE_IMAGE},
    "several_orders": {"candidates": ["SO-1", "SO-2 & 3"]},
    "duplicate_payment": {"first": "pi_first"},
    "refund_missing": {"shown": 0, "right": 500},
    "amount_differs": {"shown": 10_000, "right": 10_010},
    "currency_differs": {"order_currency": "USD"},
    "status_differs": {"shown_status": "paid", "right_status": "partially_paid"},
    "payout_differs": {"shown": 5_000, "right": 4_999},
    "unreadable": {"message": HOSTILE},
}
CURRENCY = {Reason.OVERPAID: "JPY", Reason.CUSTOMER_OWED: "KWD", Reason.AMOUNT_DIFFERS: "CHF"}


def write_results(file: Path, orders: int = 0, *, agrees: bool = False) -> Path:
    """Write it.

    Args:
        file: of the database.
        orders: how many right orders there are beside those with findings.
        agrees: leave the findings out.
    """
    with duckdb.connect(str(file)) as connection:
        for table in TABLES:
            connection.execute(table.ddl())
        _put(connection, "orders", [_order(1, number="SO-1", payments=1)])
        _put(connection, "payments", [_payment("pi_1", link_state="linked")])
        _put(connection, "links", [_link("ord_1", "pi_1")])
        if not agrees:
            _put_findings(connection)
        connection.execute(_MANY, [orders])
        _put_money(connection)
        _put_sums(connection, agrees=agrees)
    return file


def _put(connection: duckdb.DuckDBPyConnection, table: str, records: list[dict[str, Any]]) -> None:
    for record in records:
        names = ", ".join(f'"{name}"' for name in record)
        marks = ", ".join("?" for _ in record)
        connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(record.values()))


def _order(place: int, **given: Any) -> dict[str, Any]:
    zeros = ("outside", "refunded", "disputed", "dispute_lost", "authorized", "due", "difference")
    return {
        **dict.fromkeys(zeros, 0),
        "order_id": f"ord_{place}",
        "number": f"SO-{place}",
        "state": "validated",
        "currency": "EUR",
        "total": 10_000 + place,
        "captured": 10_000 + place,
        "net": 10_000 + place,
        "shown_net": 10_000 + place,
        "shown_due": 0,
        "status": "paid",
        "shown_status": "paid",
        "reasons": [],
        "findings": 0,
        "tolerated": 0,
        "created_at": AS_OF - timedelta(days=place, hours=1),
        "updated_at": AS_OF - timedelta(days=place),
        "age_days": place,
        "payments": 1,
        "link_rules": ["metadata"],
        "released": True,
        "release_reason": "paid",
    } | given


def _payment(reference: str, **given: Any) -> dict[str, Any]:
    amounts = ("refund_pending", "refund_failed", "refunded", "disputed", "dispute_lost")
    return {
        **dict.fromkeys((*amounts, "authorized"), 0),
        "transaction_reference": reference,
        "charge_id": reference.replace("pi_", "ch_"),
        "livemode": True,
        "created_at": AS_OF - timedelta(days=2),
        "captured_at": AS_OF - timedelta(days=2),
        "changed_at": AS_OF - timedelta(days=2),
        "status": "succeeded",
        "currency": "EUR",
        "amount": 10_001,
        "captured": 10_001,
        "kept": 10_001,
        "fee": 320,
        "net_of_fee": 9_681,
        "fee_currency": "EUR",
        "method": "card",
        "link_rule": "metadata",
        "orders": 1,
    } | given


def _link(order: str, reference: str, **given: Any) -> dict[str, Any]:
    return {
        "order_id": order,
        "transaction_reference": reference,
        "link_rule": "metadata",
        "currency": "EUR",
        "captured": 10_001,
        "refunded": 0,
        "disputed": 0,
        "dispute_lost": 0,
        "row_id": f"row_{reference}",
        "row_amount": 10_001,
        "row_refunded": 0,
        "row_dispute_lost": 0,
        "row_status": "succeeded",
    } | given


def _movement(place: int, reference: str, payout: str | None, **given: Any) -> dict[str, Any]:
    return {
        "balance_transaction_id": f"txn_{place}",
        "kind": "gross",
        "type": "charge",
        "source_id": reference.replace("pi_", "ch_"),
        "transaction_reference": reference,
        "payout_id": payout,
        "created_at": AS_OF - timedelta(days=2),
        "available_on": AS_OF,
        "currency": "EUR",
        "amount": 10_001,
        "fee": 320,
        "net": 9_681,
    } | given


def _put_findings(connection: duckdb.DuckDBPyConnection) -> None:
    for place, reason in enumerate(Reason, start=100):
        currency = CURRENCY.get(reason, "EUR")
        amount = 10_000 + place * 3
        about: dict[str, Any] = {}
        reference = f"pi_{place}"
        if reason in (Reason.NO_ORDER, Reason.TEST_PAYMENT, Reason.SEVERAL_ORDERS):
            about = {"transaction_reference": reference}
            _put(
                connection,
                "payments",
                [_payment(reference, link_state="unlinked", link_rule=None, orders=0)],
            )
        elif reason is Reason.PAYOUT_DIFFERS:
            about = {"payout_id": "po_wrong"}
        elif reason is not Reason.UNREADABLE:
            number = HOSTILE if reason is Reason.CHANGED_BY_HAND else f"SO-{place}"
            about = {"order_id": f"ord_{place}", "order_number": number}
            if reason not in (Reason.OVERPAID, Reason.UNPAID_TOO_LONG, Reason.SHIPPED_NOT_PAID):
                about["transaction_reference"] = reference
            _put(connection, "orders", [_found_order(place, reason, number, currency)])
            _put(connection, "payments", [_payment(reference, currency=currency)])
            _put(connection, "links", [_link(f"ord_{place}", reference, currency=currency)])
        _put(connection, "balance_transactions", [_movement(place, reference, None)])
        large = reason is Reason.DISPUTE_LOST
        _put(connection, "findings", [_finding(reason, place, BEYOND_SCRIPT if large else amount)
                                      | {"currency": currency} | about])  # fmt: skip
    tolerated = _finding(Reason.PAID_NOT_SHOWN, 1, 1) | {
        "finding_id": "tolerated", "counts": False, "fails": False, "tolerated": "timing",
        "order_id": "ord_1", "order_number": "SO-1", "currency": "EUR", "facts": None,
    }  # fmt: skip
    _put(connection, "findings", [tolerated])


def _found_order(place: int, reason: Reason, number: str, currency: str) -> dict[str, Any]:
    waits = reason is Reason.UNPAID_TOO_LONG
    held = reason in (Reason.DISPUTE_OPEN, Reason.UNPAID_TOO_LONG, Reason.SHOWN_NOT_PAID)
    shipped = reason is Reason.SHIPPED_NOT_PAID
    return _order(
        place,
        number=number,
        currency=currency,
        reasons=[reason.value],
        findings=1,
        difference=-100,
        state="shipped" if shipped else "validated",
        status="unpaid" if held else "paid",
        awaited=10_000 + place if waits else None,
        age_bucket="30+" if waits else None,
        released=not held and not shipped,
        release_reason="already_shipped" if shipped else "not_paid" if held else "paid",
    )


def _finding(reason: Reason, place: int, amount: int) -> dict[str, Any]:
    return {
        "finding_id": f"finding-{place}",
        "reason": reason.value,
        "counts": True,
        "fails": reason is not Reason.UNPAID_TOO_LONG,
        "amount": amount,
        "since": AS_OF - timedelta(days=place % 40, hours=3),
        "age_days": place % 40,
        "facts": json.dumps(FACTS[reason.value]) if reason.value in FACTS else None,
    }


def _put_money(connection: duckdb.DuckDBPyConnection) -> None:
    moved = {"gross": 100_000, "refunds": -5_000, "disputes": -2_500, "fees": -3_210, "other": 0}
    for place in range(1, 4):
        _put(
            connection,
            "payouts",
            [
                {
                    "payout_id": "po_wrong" if place == 1 else f"po_{place}",
                    "currency": "EUR",
                    "amount": 89_291 if place == 1 else 89_290,
                    "status": "paid",
                    "automatic": place != 3,
                    "itemised": "manual" if place == 3 else "yes",
                    "created_at": AS_OF - timedelta(days=place),
                    "arrival_date": date(2026, 11, 27) - timedelta(days=place),
                    "transactions": 0 if place == 3 else 12,
                    **moved,
                    "net": 89_290,
                    "difference": None if place == 3 else int(place == 1),
                }
            ],
        )
        _put(
            connection,
            "money",
            [
                {
                    "day": date(2026, 11, 27) - timedelta(days=place),
                    "currency": "EUR",
                    "payout_id": None if place == 3 else f"po_{place}",
                    "transactions": 12,
                    **moved,
                    "net": 89_290,
                }
            ],
        )
    _put(connection, "balance_transactions", [_movement(1, "pi_1", "po_wrong")])


def _put_sums(connection: duckdb.DuckDBPyConnection, *, agrees: bool) -> None:
    for place, (reason, text) in enumerate(REASON_TEXT.items(), start=1):
        connection.execute(
            "INSERT INTO reasons SELECT ?, ?, ?, ?, ?, count(*) FILTER (counts), "
            "count(*) FILTER (NOT counts) FROM findings WHERE reason = ?",
            [reason.value, place, text.meaning, text.next_step, True, reason.value],
        )
    for release, meaning in RELEASE_TEXT.items():
        connection.execute(
            "INSERT INTO release_reasons SELECT ?, ?, count(*), ? FROM orders "
            "WHERE release_reason = ?",
            [release.value, meaning, release in RELEASES, release.value],
        )
    connection.execute(
        "INSERT INTO reason_amounts SELECT reason, currency, count(*), count(DISTINCT order_id), "
        "sum(amount) FROM findings WHERE counts AND currency IS NOT NULL GROUP BY ALL"
    )
    for place, bucket in enumerate(AGE_BUCKETS, start=1):
        connection.execute(
            "INSERT INTO ageing SELECT 'EUR', ?, ?, count(*), coalesce(sum(awaited), 0) "
            "FROM orders WHERE age_bucket = ?",
            [bucket.name, place, bucket.name],
        )
    for place, findings in enumerate((9, 12, 30, 24), start=1):
        connection.execute(
            "INSERT INTO history VALUES (?, ?, false, 100, 120, ?, ?, false)",
            [f"run-{place}", AS_OF - timedelta(days=5 - place), findings, findings],
        )
    connection.execute(
        "INSERT INTO run SELECT 'run-5', ?, ?, ?, 'duckdb:///warehouse.duckdb', true, ?, ?, "
        "(SELECT count(*) FROM orders), (SELECT count(*) FROM payments), "
        "(SELECT count(*) FROM balance_transactions), 3, count(*) FILTER (counts), ?, ?, '{}', "
        "'{\"unpaid_days\": 30}' FROM findings",
        [VERSION, AS_OF, AS_OF, AS_OF, AS_OF, agrees, 0 if agrees else 1],
    )
    connection.execute(
        "INSERT INTO history SELECT run_id, as_of, false, orders, payments, findings, findings, "
        "agrees FROM run"
    )


_MANY = """
INSERT INTO orders BY NAME
SELECT 'ord_many_' || i AS order_id, 'SO-' || (1000000 + i) AS number,
    CASE i % 3 WHEN 0 THEN 'validated' ELSE 'shipped' END AS state, 'EUR' AS currency,
    1000 + i AS total, 0 AS outside, 1000 + i AS captured, 0 AS refunded, 0 AS disputed,
    0 AS dispute_lost, 0 AS authorized, 1000 + i AS net, 0 AS due, 'paid' AS status,
    'paid' AS shown_status, 1000 + i AS shown_net, 0 AS shown_due, 0 AS difference,
    []::VARCHAR[] AS reasons, 0 AS findings, 0 AS tolerated,
    TIMESTAMP '2026-11-20 08:00:00' - to_minutes(CAST(i AS BIGINT)) AS created_at,
    TIMESTAMP '2026-11-20 08:00:00' AS updated_at, 7 + i // 1440 AS age_days, 1 AS payments,
    ['metadata'] AS link_rules, i % 3 = 0 AS released,
    CASE i % 3 WHEN 0 THEN 'paid' ELSE 'already_shipped' END AS release_reason
FROM range(?) AS r(i)
"""
