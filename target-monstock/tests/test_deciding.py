"""`exceptions` on the command line: shown in full, decided one by one and by file."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from monstock_stripe_sandbox.testing import RunningSandbox
from target_common.testing import Called, called_here
from target_monstock.cli import main
from target_monstock.testing import TargetRunner, order_payment

ANSWERED = ("--why", "told so", "--by", "ann")


Command = Callable[..., Called]

pytestmark = pytest.mark.parametrize("profile", ["monstock"])  # decisions know nothing of them


@pytest.fixture
def target(sqlite_target: TargetRunner) -> TargetRunner:
    return sqlite_target


@pytest.fixture
def call(target: TargetRunner) -> Command:
    """The command `exceptions` on the target's ledger."""

    def exceptions(*words: str) -> Called:
        return called_here(main, "exceptions", *words, "--ledger-url", target.config["ledger_url"])

    return exceptions


def test_an_exception_is_shown_in_full_with_the_lines_to_copy(
    sandbox: RunningSandbox, target: TargetRunner, call: Command
) -> None:
    target.run([order_payment("pi_1", 1000)])

    plain = call("show", "pi_1").output
    found = json.loads(call("show", "pi_1", "--format", "json").output)

    assert "unlinked: pi_1" in plain
    assert "amount: 10.00 EUR" in plain
    assert '$ target-monstock exceptions link pi_1 ORDER --why "…"' in plain
    (one,) = found["exceptions"]
    assert (one["kind"], one["amount"]) == ("unlinked", "10.00")
    assert one["commands"][1].startswith("target-monstock exceptions dismiss unlinked --payment")
    assert call("show", "pi_2").output == "Nothing waits about pi_2.\n"


def test_what_was_decided_is_shown_with_who_when_and_why(
    sandbox: RunningSandbox, target: TargetRunner, call: Command
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    target.run([order_payment("pi_1", 1000)])
    assert call("link", "pi_1", "A", *ANSWERED).status == 0

    (decided,) = json.loads(call("show", "pi_1", "--format", "json").output)["decisions"]

    assert decided.pop("decided_at")
    assert decided == {
        "decided_by": "ann",
        "decision": "link",
        "kind": None,
        "payment": "pi_1",
        "order_id": None,
        "customer_id": None,
        "orders": [{"order_id": order, "amount": None}],
        "why": "told so",
    }


def test_a_list_filled_in_and_handed_back_is_obeyed(
    sandbox: RunningSandbox, target: TargetRunner, call: Command, tmp_path: Path
) -> None:
    first = sandbox.monstock.order(6000, "EUR", number="A")
    second = sandbox.monstock.order(4000, "EUR", number="B")
    target.run([order_payment("pi_1", 10000), order_payment("pi_2", 500), order_payment("pi_3", 7)])
    answers = {
        "pi_1": {"decision": "link", "link_to": f"{first}=60.00 B=40.00", "why": "pays both"},
        "pi_2": {"decision": "dismiss", "why": "sold at the fair"},
    }
    rows = list(csv.DictReader(io.StringIO(call("--format", "csv").output)))
    with (tmp_path / "filled.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | answers.get(row["payment"], {}) for row in rows)

    tried = call("decide", str(tmp_path / "filled.csv"), "--dry-run")
    undecided = target.run().writes
    done = call("decide", str(tmp_path / "filled.csv"), "--by", "ann")
    target.run()

    assert tried.output == "2 decisions are in order (1 link, 1 dismiss); none was recorded.\n"
    assert undecided == 0
    assert done.output == "2 decisions are recorded (1 link, 1 dismiss); the next run obeys.\n"
    orders = {order.id: order.payment_status for order in sandbox.monstock.orders()}
    assert orders == {first: "paid", second: "paid"}
    assert [one.transaction_reference for one in target.exceptions()] == ["pi_3"]


def test_of_a_file_with_a_wrong_line_nothing_is_recorded(
    sandbox: RunningSandbox, target: TargetRunner, call: Command, tmp_path: Path
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")
    target.run([order_payment("pi_1", 1000), order_payment("pi_2", 1000)])
    lines = (
        "payment,kind,decision,link_to,why",
        "pi_1,unlinked,link,A,told so",
        "pi_9,unlinked,link,A,told so",
        "pi_2,amount_mismatch,dismiss,,agreed",
        "pi_2,unlinked,link,A=70.00,too much",
        "pi_2,changed_by_hand,reopen,,was wrong",
    )
    (tmp_path / "wrong.csv").write_text("\n".join(lines))

    answer = call("decide", str(tmp_path / "wrong.csv"))
    target.run()

    assert answer.status == 1
    assert answer.errors.strip().splitlines()[-5:] == [
        f"target-monstock: nothing was decided: 4 lines of {tmp_path}/wrong.csv cannot be used",
        "  line 3: the ledger has no payment pi_9",
        "  line 4: no amount_mismatch of pi_2 waits; name it as `exceptions` lists it",
        "  line 5: the orders get 70.00 EUR, more than pi_2 has: 10.00 EUR",
        "  line 6: nobody dismissed changed_by_hand of pi_2",
    ]
    assert sandbox.monstock.orders()[0].payment_status == "unpaid"


def test_a_payment_is_not_linked_and_disowned_by_one_file(
    sandbox: RunningSandbox, target: TargetRunner, call: Command, tmp_path: Path
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")
    target.run([order_payment("pi_1", 1000)])
    lines = (
        "payment,kind,decision,link_to,why",
        "pi_1,unlinked,link,A,so",
        "pi_1,unlinked,dismiss,,",
    )
    (tmp_path / "both.csv").write_text("\n".join(lines))

    answer = call("decide", str(tmp_path / "both.csv"), "--why", "told so")

    assert answer.status == 1
    assert "line 3: line 2 decides the same thing otherwise" in answer.errors


def test_a_dismissed_exception_that_is_opened_again_is_shown_again(
    sandbox: RunningSandbox, target: TargetRunner, call: Command
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    target.run([order_payment("pi_1", 1500, order="A")])
    about = ("--payment", "pi_1", "--order", order)

    dismissed = call("dismiss", "amount_mismatch", *about, *ANSWERED).status
    target.run()
    away = target.exception_kinds()
    again = call("reopen", "--kind", "amount_mismatch", *about, *ANSWERED).status
    at_once = target.exception_kinds()
    target.run()

    assert (dismissed, again) == (0, 0)
    assert (away, at_once, target.exception_kinds()) == (
        [],
        ["amount_mismatch"],
        ["amount_mismatch"],
    )


def test_a_weaker_reference_that_disagrees_can_be_dismissed_and_the_payment_stays(
    sandbox: RunningSandbox, target: TargetRunner, call: Command
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    sandbox.monstock.order(1000, "EUR", number="B")
    candidates = [
        {"rule": "metadata", "order_number": "A"},
        {"rule": "description", "order_number": "B"},
    ]
    target.run([order_payment("pi_1", 1000, link_candidates=candidates)])
    assert target.exception_kinds() == ["link_disagreement"]

    about = ("--payment", "pi_1", "--order", order)
    assert call("dismiss", "link_disagreement", *about, *ANSWERED).status == 0
    target.run([order_payment("pi_1", 1000, version=2, link_candidates=candidates[::-1])])

    assert target.exception_kinds() == []
    assert [one.payment_status for one in sandbox.monstock.orders()] == ["paid", "unpaid"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("link", "pi_9", "A"), "the ledger has no payment pi_9"),
        (("link", "pi_1", "A=10.00", "A=1.00"), "an order can be named once only"),
        (("link", "pi_1", "A=9.00", "B=1.01"), "10.01 EUR, more than pi_1 has: 10.00 EUR"),
        (("link", "pi_1", "TWICE"), "2 orders have the number TWICE"),
        (("dismiss", "unlinked", "--payment", "pi_9"), "no unlinked of pi_9 waits"),
        (("reopen", "pi_1"), "nobody decided where pi_1 belongs"),
        (("reopen",), "say which payment's link"),
        (("reopen", "--kind", "wrong_mode", "--payment", "pi_1"), "nobody dismissed wrong_mode"),
    ],
)
def test_a_decision_about_nothing_is_refused(
    sandbox: RunningSandbox,
    target: TargetRunner,
    call: Command,
    words: tuple[str, ...],
    message: str,
) -> None:
    for number in ("A", "B", "TWICE", "TWICE"):
        sandbox.monstock.order(1000, "EUR", number=number)
    target.run([order_payment("pi_1", 1000)])

    answer = call(*words, *ANSWERED)

    assert answer.status == 1
    assert message in answer.errors
