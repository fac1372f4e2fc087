"""Each finding is said in one sentence of its facts, with lines to copy that are safe to run."""

import shlex

import pytest
from exported import finding, order, payment
from monstock_stripe_core.discrepancy import Reason
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_reconcile.decidable import Way
from monstock_stripe_reconcile.report.commands import LINK_HELPS, commands
from monstock_stripe_reconcile.report.findings import finding_rows
from monstock_stripe_reconcile.report.reader import reader
from monstock_stripe_reconcile.report.reading import Results
from monstock_stripe_reconcile.report.sentences import Subject, sentence
from monstock_stripe_reconcile.report.tables import Values
from monstock_stripe_reconcile.report.words import WORDS
from monstock_stripe_reconcile.results import read_results
from monstock_stripe_reconcile.testing import results_database

ENGLISH = reader("en")


@pytest.mark.parametrize(
    ("reason", "facts", "said"),
    [
        ("dispute_open", {"inquiry": True}, "The bank only asks so far; no money has moved."),
        ("dispute_open", {}, "€12.00 are held back until the dispute is decided."),
        ("amount_differs", {"shown": 100, "right": 250}, "Monstock shows €1.00; it is €2.50."),
        ("refund_missing", {"shown": 0, "right": 250},
         "Monstock shows €0.00 as gone back; it is €2.50."),
        ("paid_not_shown", {"captured": 250, "refunded": 0},
         "Stripe took €2.50; Monstock has no row for it."),
        ("paid_not_shown", {"captured": 250, "refunded": 50},
         "Stripe took €2.50 and gave €0.50 back; Monstock has no row for it."),
        ("paid_not_shown", {"shown": 0, "right": 250}, "Monstock shows €0.00; it is €2.50."),
        ("shown_not_paid", {"payment": "elsewhere", "elsewhere": "SO-9"},
         "Monstock shows €12.00 by pi_1, which pays order SO-9."),
        ("shown_not_paid", {"payment": "unknown"},
         "Monstock shows €12.00 by pi_1, which Stripe does not have."),
        ("status_differs", {"shown_status": "paid", "right_status": "partially_paid"},
         "Monstock shows it as “paid”; its payments make it “partly paid”."),
        ("status_differs", {"right_status": "paid"},
         "Monstock shows no payment status; its payments make it “paid”."),
        ("status_differs", {"shown_due": 0, "right_due": 100},
         "Monstock shows €0.00 as due; it is €1.00."),
        ("no_order", {"named": "SO-7"}, "It names SO-7, and Monstock has no such order."),
        ("no_order", {"named": None, "candidates": ["SO-1", "SO-2"]},
         "It may pay SO-1, SO-2: same customer, currency and amount."),
        ("no_order", {"named": None, "candidates": None}, "It names no order."),
        ("no_order", {"part": True}, "€12.00 of the payment are given to no order."),
        ("several_orders", {"candidates": ["SO-1", "SO-2"]}, "It leads to SO-1, SO-2."),
        ("duplicate_payment", {"first": "pi_0"}, "The first payment is pi_0."),
        ("currency_differs", {"order_currency": "USD"},
         "€12.00 were paid; the order is in USD."),
        ("payout_differs", {"shown": 5, "right": 4},
         "Stripe pays out €0.05; the transactions come to €0.04."),
        ("unreadable", {"message": "no {braces} hurt"}, "The reason: no {braces} hurt"),
        ("changed_by_hand", {}, ""),
    ],
)  # fmt: skip
def test_sentences(reason, facts, said):
    assert sentence(ENGLISH, Subject(reason, 1200, "EUR", "pi_1"), facts) == said


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_name_and_a_sentence_without_facts(reason):
    assert WORDS["reason"][reason.value]
    assert "{" not in sentence(ENGLISH, Subject(reason.value, 0, None, None), {})


@pytest.mark.parametrize(
    ("reason", "given", "link_state", "dismissed"),
    [
        ("no_order", {}, "unlinked", ["unlinked --payment=pi_1"]),
        ("no_order", {}, "waiting", ["waiting_for_order --payment=pi_1"]),
        ("no_order", {"order_id": "ord_1", "facts": '{"part":true}'}, "linked", []),
        ("several_orders", {}, "ambiguous", ["ambiguous_link --payment=pi_1"]),
        ("cancelled_order", {"order_id": "ord_1"}, "linked",
         ["cancelled_order_paid --order=ord_1"]),
        ("customer_owed", {"order_id": "ord_1"}, "linked",
         ["customer_owed --payment=pi_1 --order=ord_1"]),
        ("customer_owed", {"order_id": "ord_1", "facts": '{"cash_balance":true}'}, "linked",
         ["cash_balance_surplus --payment=pi_1 --order=ord_1"]),
        ("dispute_open", {"order_id": "ord_1", "facts": '{"inquiry":true}'}, "linked",
         ["dispute_inquiry --payment=pi_1 --order=ord_1"]),
        ("dispute_open", {"order_id": "ord_1"}, "linked", []),
        ("dispute_lost", {"order_id": "ord_1"}, "linked", ["shipped_not_paid --order=ord_1"]),
        ("shown_not_paid", {"order_id": "ord_1", "facts": '{"payment":"unknown"}'}, "linked",
         ["unknown_payment --payment=pi_1 --order=ord_1"]),
        ("unreadable", {}, "linked", ["rejected_record --payment=pi_1"]),
        ("amount_differs", {"order_id": "ord_1"}, "linked", []),
    ],
)  # fmt: skip
def test_a_dismissal_names_the_exception_as_the_ledger_does(
    reason, given, link_state, dismissed, tmp_path
):
    rows = {
        "findings": [finding(1, reason, transaction_reference="pi_1", **given)],
        "payments": [payment(1, link_state=link_state)],
        "orders": [order(1, state="shipped")],
    }
    with read_results(results_database(tmp_path / "results.duckdb", rows)) as connection:
        results = Results(connection)
        found, _ = finding_rows(ENGLISH, Values(ENGLISH), results.findings(), results.evidence())
    begin, end = "meltano invoke target-monstock:exceptions dismiss ", " --why WHY"
    lines = [line for _, line in found.named(found.rows[0])["commands"]]
    assert [line for line in lines if line.startswith(begin)] == [
        f"{begin}{about}{end}" for about in dismissed
    ]


def test_a_payment_without_an_order_is_linked_to_each_candidate_by_a_line():
    found = commands("no_order", None, "pi_1", None, {"candidates": ["SO-1", "SO 2"]})
    assert [one.line for one in found] == [
        "meltano invoke target-monstock:exceptions link --why WHY pi_1 SO-1",
        "meltano invoke target-monstock:exceptions link --why WHY pi_1 'SO 2'",
        "meltano invoke target-monstock:explain pi_1",
    ]


def test_a_payment_that_stripe_does_not_have_cannot_be_linked():
    found = commands("shown_not_paid", "ord_1", "pi_1", None, {"payment": "unknown"})
    assert [one.line for one in found] == [
        "meltano invoke target-monstock:explain ord_1",
    ]


@pytest.mark.parametrize("name", ["$(reboot)", "a; reboot", "`x`", "a\nreboot", "'", "--config=x"])
@pytest.mark.parametrize("reason", sorted(LINK_HELPS))
def test_no_name_can_become_a_command_or_an_option(reason, name):
    way = Way(Reason(reason), ExceptionKind.CUSTOMER_OWED, payment=True, order=True)
    for one in commands(reason, name, name, name, {"candidates": [name]}, way):
        words = shlex.split(one.line)
        assert words[0] in ("meltano", "RECONCILE_RESULTS=part.duckdb")
        named = [word for word in words if word == name]
        behind = words.index("--") if "--" in words else len(words)
        if name.startswith("-"):
            assert all(words.index(word) > behind for word in named)
        assert named or any(word.endswith(f"={name}") for word in words)
