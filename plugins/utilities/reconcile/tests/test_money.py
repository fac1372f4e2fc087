"""Payouts to the cent. Amounts are those of the balance, in Stripe's units."""

from pathlib import Path
from typing import Any

import duckdb
import pytest
from monstock_stripe_reconcile.compare import Restriction, Result, compare
from monstock_stripe_reconcile.errors import WarehouseError
from monstock_stripe_reconcile.settings import read_settings
from reconcile_world import NOW, THEN, Found, Record, World, findings, rows, run_on

SECONDS = int(THEN.timestamp())


class Books(World):
    """A world of balance transactions and payouts."""

    def moves(
        self, category: str, amount: int, fee: int = 0, *, payout: str | None = None, **fields: Any
    ) -> Record:
        i = len(self.movements)
        moved: Record = {
            "id": f"txn_{i}", "type": category, "reporting_category": category, "source": f"x_{i}",
            "created": SECONDS, "available_on": SECONDS, "currency": "eur", "amount": amount,
            "fee": fee, "net": amount - fee,
        } | fields  # fmt: skip
        self.movements.append(moved)
        if payout:
            self.payout_items.append({**moved, "payout": payout})
        return moved

    def pays_out(self, payout: str, amount: int, **fields: Any) -> None:
        self.payouts.append(
            {
                "id": payout,
                "currency": "eur",
                "amount": amount,
                "status": "paid",
                "automatic": True,
                "reconciliation_status": "completed",
                "created": SECONDS + 86400,
                "arrival_date": SECONDS + 2 * 86400,
            }
            | fields
        )


@pytest.fixture
def books() -> Books:
    books = Books()
    books.order(100)  # a warehouse without orders and payments is refused
    return books


def payouts(result: Result) -> dict[str, tuple[Any, ...]]:
    found = rows(
        result,
        "SELECT payout_id, itemised, transactions, gross, refunds, disputes, fees, other, net, "
        "difference FROM payouts",
    )
    return {row[0]: row[1:] for row in found}


def test_balance_transaction_that_stands_twice_counts_once(books: Books, tmp_path: Path) -> None:
    for payout in ("po_1", None):
        moved = books.moves("charge", 1000, 30, payout=payout)
        (books.payout_items if payout else books.movements).append(
            {**moved, "payout": payout} if payout else moved
        )
    books.pays_out("po_1", 970)
    result = run_on(books, tmp_path)
    assert payouts(result)["po_1"][:4] == ("yes", 1, 1000, 0)
    assert sum(row[1] for row in rows(result, "SELECT payout_id, transactions FROM money")) == 2


def test_payout_is_the_sum_of_everything_that_stripe_lists_for_it(
    books: Books, tmp_path: Path
) -> None:
    books.moves("charge", 10000, 165, payout="po_1")
    # 100 USD, paid into a balance in EUR: the fee is the balance's.
    books.moves("charge", 9200, 325, payout="po_1", source="ch_1")
    books.payment(None, 10000, currency="usd")
    books.moves("refund", -4000, payout="po_1")
    books.moves("refund_failure", 500, payout="po_1")
    books.moves("dispute", -3000, 2000, payout="po_1")
    books.moves("dispute_reversal", 3000, -2000, payout="po_1")
    books.moves("fee", -700, payout="po_1")
    books.moves("fee", 120, payout="po_1")  # a fee that is given back
    books.moves("other_adjustment", 10, payout="po_1")
    books.moves("payout_reversal", 250, payout="po_1", source="po_0")
    books.moves("payout", -14890, payout="po_1", source="po_1")
    books.pays_out("po_1", 14890)
    result = run_on(books, tmp_path)
    assert findings(result) == {Found("no_order", None, "pi_1", 10000, "USD")}
    assert payouts(result) == {
        "po_1": ("yes", 10, 19200, -3500, 0, -1070, 260, 14890, 0),
    }
    assert rows(
        result,
        "SELECT kind, amount, fee, currency FROM balance_transactions "
        "WHERE transaction_reference = 'pi_1'",
    ) == [("gross", 9200, 325, "EUR")]


def test_payout_that_is_one_cent_off_is_found(books: Books, tmp_path: Path) -> None:
    books.moves("charge", 10000, 165, payout="po_1")
    books.pays_out("po_1", 9836)
    result = run_on(books, tmp_path)
    assert findings(result) == {Found("payout_differs", None, "po_1", 1, "EUR")}


def test_negative_payout_takes_from_the_bank(books: Books, tmp_path: Path) -> None:
    books.moves("dispute", -5000, 1500, payout="po_1")
    books.moves("payout", 6500, payout="po_1", source="po_1")
    books.pays_out("po_1", -6500)
    result = run_on(books, tmp_path)
    assert findings(result) == set()
    assert payouts(result)["po_1"] == ("yes", 1, 0, 0, -5000, -1500, 0, -6500, 0)


@pytest.mark.parametrize(
    ("fields", "itemised", "found"),
    [
        ({"automatic": False}, "manual", set()),
        ({"reconciliation_status": "in_progress"}, "waiting", set()),
        # Nobody can say that it agrees.
        ({}, "not_loaded", {Found("payout_differs", None, "po_1", 9836)}),
    ],
)
def test_payout_without_items_says_why(
    fields: Any, itemised: str, found: set[Found], books: Books, tmp_path: Path
) -> None:
    books.pays_out("po_1", 9836, **fields)
    result = run_on(books, tmp_path)
    assert findings(result) == found
    assert result.exit_status == len(found)
    assert payouts(result)["po_1"] == (itemised, 0, 0, 0, 0, 0, 0, 0, None)


def test_money_of_each_day_and_currency_and_what_has_no_payout_yet(
    books: Books, tmp_path: Path
) -> None:
    books.moves("charge", 10000, 165, payout="po_1")
    books.moves("charge", 2000, 55)
    books.moves("refund", -500, created=SECONDS + 86400)
    books.moves("charge", 3000, 90, currency="jpy")
    books.moves("charge", 150000, 4500, currency="isk")  # Stripe counts hundredths of a króna
    books.pays_out("po_1", 9835)
    result = run_on(books, tmp_path)
    assert set(
        rows(
            result,
            "SELECT CAST(day AS VARCHAR), currency, payout_id, gross, refunds, fees, net "
            "FROM money",
        )
    ) == {
        ("2026-10-26", "EUR", "po_1", 10000, 0, -165, 9835),
        ("2026-10-26", "EUR", None, 2000, 0, -55, 1945),
        ("2026-10-27", "EUR", None, 0, -500, 0, -500),
        ("2026-10-26", "JPY", None, 3000, 0, -90, 2910),
        ("2026-10-26", "ISK", None, 1500, 0, -45, 1455),
    }


def test_refunds_and_disputes_lead_to_their_payment(books: Books, tmp_path: Path) -> None:
    order, (payment,) = books.paid(10000)
    books.moves("charge", 10000, 165, source="ch_1")
    books.moves("refund", -10000, source="re_1")
    payment["refunds"] = [{"id": "re_1", "amount": 10000, "created": SECONDS, "currency": "eur",
                           "status": "succeeded", "balance_transaction": "txn_1"}]  # fmt: skip
    order["payments"][0]["refunded"] = 10000
    order |= {"payment_status": "refunded", "amount_due": 10000}
    result = run_on(books, tmp_path)
    assert findings(result) == set()
    assert rows(
        result,
        "SELECT kind, amount FROM balance_transactions "
        "WHERE transaction_reference = 'pi_1' ORDER BY kind",
    ) == [("gross", 10000), ("refunds", -10000)]


@pytest.mark.parametrize(
    ("table", "column"),
    [("payouts", "amount"), ("balance_transactions", "net"),
     ("payout_balance_transactions", "payout")],
)  # fmt: skip
def test_table_without_its_amounts_is_refused(
    table: str, column: str, books: Books, tmp_path: Path
) -> None:
    source = books.write(tmp_path / "w.duckdb")
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute(f"ALTER TABLE stripe.{table} DROP COLUMN {column}")
    settings = read_settings({"source": source, "results": f"{tmp_path}/r.duckdb"})
    with pytest.raises(WarehouseError, match=f"has no column {column} in stripe.{table}"):
        compare(settings)


def test_warehouse_without_the_way_of_the_money_is_compared(books: Books, tmp_path: Path) -> None:
    source = books.write(tmp_path / "w.duckdb")
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        for table in ("payouts", "balance_transactions", "payout_balance_transactions"):
            connection.execute(f"DROP TABLE stripe.{table}")
    settings = read_settings({"source": source, "results": f"{tmp_path}/r.duckdb"})
    assert compare(settings, as_of=NOW).agrees


def test_money_in_a_currency_without_known_places_is_not_left_out_in_silence(
    books: Books, tmp_path: Path
) -> None:
    books.moves("charge", 10000, 165, payout="po_1")
    books.pays_out("po_1", 9835)
    books.moves("charge", 5000, currency="hrk", payout="po_2")
    books.pays_out("po_2", 5000, currency="hrk")
    books.moves("charge", 700, currency="bgn")
    books.moves("charge", 800, currency="bgn")
    books.moves("charge", 900, currency=None)
    result = run_on(books, tmp_path)
    assert set(rows(result, "SELECT reason, payout_id, facts->>'message' FROM findings")) == {
        ("unreadable", "po_2", "po_2 and 1 more: the currency HRK is none of ISO 4217 today, so "
         "its amounts are not counted"),
        ("unreadable", None, "txn_2 and 2 more: the currency BGN is none of ISO 4217 today, so "
         "its amounts are not counted"),
    }  # fmt: skip
    assert result.exit_status == 1
    part = run_on(books, tmp_path, restriction=Restriction(payout="po_2"))
    assert rows(part, "SELECT payout_id FROM findings") == [("po_2",)]


def test_several_accounts_have_their_payments_and_payouts(books: Books, tmp_path: Path) -> None:
    for account, own in (("acct_own", True), ("acct_2", False)):
        _, (payment,) = books.paid(5000)
        payment |= {"account_id": account, "own_account": own}
        number = payment["id"].removeprefix("pi_")
        books.moves("charge", 5000, 100, source=f"ch_{number}", payout=f"po_{number}",
                    account_id=account)  # fmt: skip
        books.pays_out(f"po_{number}", 4900, account_id=account)
    books.orders[-1]["payments"][0]["transaction_reference"] = "acct_2/pi_2"
    result = run_on(books, tmp_path)
    assert findings(result) == set()
    for table in ("payments", "balance_transactions"):
        assert set(rows(result, f"SELECT account_id, transaction_reference FROM {table}")) == {
            (None, "pi_1"),
            ("acct_2", "acct_2/pi_2"),
        }
    for table in ("payouts", "money"):
        assert set(rows(result, f"SELECT account_id, payout_id, net FROM {table}")) == {
            (None, "po_1", 4900),
            ("acct_2", "po_2", 4900),
        }
