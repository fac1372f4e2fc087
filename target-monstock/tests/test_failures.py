"""What fails is said once, stops nothing else, and is made good by the next run."""

from datetime import datetime
from pathlib import Path

import pytest
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox
from target_common.run import utc_now
from target_monstock.testing import TargetRunner, order_payment, singer_lines


def world(sandbox: RunningSandbox) -> list[tuple[object, ...]]:
    """Everything in Monstock that is ours to write."""
    return sorted(
        (
            order.number,
            order.payment_status,
            order.amount_due,
            tuple(
                sorted(
                    (p.method, p.transaction_reference or "", p.amount, p.refunded_amount)
                    for p in order.payments or []
                )
            ),
        )
        for order in sandbox.monstock.orders()
    )


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


class KillingClock:
    """A clock that kills at its n-th reading; each step of the target reads it once."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self) -> datetime:
        self.left -= 1
        if self.left == 0:
            raise Killed
        return utc_now()


def some_orders(sandbox: RunningSandbox) -> None:
    for number in "ABCDE":
        sandbox.monstock.order(1000, "EUR", number=number)
    cash = sandbox.monstock.order(500, "EUR", number="F")
    sandbox.monstock.record_payment(cash, 500, method="cash")


def writes_answered_by(status: int, order_id: str) -> list[Fault]:
    """No change of this order comes through, whatever the tenant's calls are."""
    return [
        Fault("status", status=status, method=method, path=path)
        for method in ("PUT", "PATCH")
        for path in (f"*/{order_id}", f"*/{order_id}/*")
    ]


FIRST = [order_payment(f"pi_{number}", 1000, order=number) for number in "ABCDE"]
SECOND = [
    order_payment("pi_A", 1000, order="A", version=2, refunded=300),
    order_payment("pi_B", 1000, order="C", version=2),
]
END = [
    ("A", "partially_refunded", 300, (("stripe", "pi_A", 1000, 300),)),
    ("B", "unpaid", 1000, ()),
    ("C", "overpaid", -1000, (("stripe", "pi_B", 1000, 0), ("stripe", "pi_C", 1000, 0))),
    ("D", "paid", 0, (("stripe", "pi_D", 1000, 0),)),
    ("E", "paid", 0, (("stripe", "pi_E", 1000, 0),)),
    ("F", "paid", 0, (("cash", "", 500, 0),)),
]


@pytest.mark.parametrize("step", range(1, 15))
def test_killed_at_any_step_the_next_run_ends_as_one_clean_run(
    sandbox: RunningSandbox, sqlite_target: TargetRunner, step: int
) -> None:
    some_orders(sandbox)
    sqlite_target.run(FIRST)
    sqlite_target.clock = KillingClock(step)
    try:
        sqlite_target.run(SECOND, concurrency=1)
    except Killed:
        sqlite_target.clock = utc_now
        sqlite_target.run(SECOND)
    sqlite_target.clock = utc_now

    assert world(sandbox) == END
    assert sqlite_target.run(SECOND).writes == 0
    assert sqlite_target.exception_kinds() == []


def test_state_comes_back_although_monstock_is_down_and_nothing_is_lost(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    some_orders(sandbox)
    sandbox.monstock_controls.set_faults(Fault("status", status=503))

    result = target.run(FIRST, state={"bookmark": 9})

    assert result.states == ({"bookmark": 9},)
    assert result.error is not None
    assert "503" in result.error

    sandbox.monstock_controls.clear_faults()
    assert target.run().error is None
    assert [entry[1] for entry in world(sandbox)] == ["paid"] * 6


def test_a_wrong_token_stops_the_run_with_one_sentence(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    some_orders(sandbox)

    result = sqlite_target.run(FIRST, api_token="wrong-token")

    assert result.error is not None
    assert "401" in result.error
    assert "wrong-token" not in result.error
    assert sandbox.monstock_controls.requests < 12


def test_an_order_that_monstock_refuses_stops_no_other(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    some_orders(sandbox)
    refused = next(order.id for order in sandbox.monstock.orders() if order.number == "B")
    sandbox.monstock_controls.set_faults(*writes_answered_by(422, refused))

    result = target.run(FIRST)

    assert result.error is not None
    assert "refused 1 orders" in result.error
    assert [entry[1] for entry in world(sandbox)] == [
        "paid", "unpaid", "paid", "paid", "paid", "paid",
    ]  # fmt: skip
    assert target.exception_kinds() == ["write_refused"]

    sandbox.monstock_controls.clear_faults()
    assert target.run().error is None
    assert [entry[1] for entry in world(sandbox)] == ["paid"] * 6
    assert target.exception_kinds() == []


def test_a_host_that_is_not_monstock_stops_the_run(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    some_orders(sandbox)
    sandbox.monstock_controls.set_faults(Fault("html"))

    result = sqlite_target.run(FIRST, state={"bookmark": 9})

    assert result.states == ({"bookmark": 9},)
    assert result.error is not None
    sandbox.monstock_controls.clear_faults()
    assert sqlite_target.run().error is None
    assert [entry[1] for entry in world(sandbox)] == ["paid"] * 6


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "cut_half", "half_json"])
def test_answers_that_get_lost_double_nothing(
    sandbox: RunningSandbox, sqlite_target: TargetRunner, kind: str
) -> None:
    some_orders(sandbox)
    sandbox.monstock_controls.set_faults(Fault(kind, probability=0.3, seed=5))

    for _ in range(4):
        sqlite_target.run(FIRST)
    sandbox.monstock_controls.clear_faults()
    sqlite_target.run()

    assert [entry[1] for entry in world(sandbox)] == ["paid"] * 6
    assert all(len(entry[3]) == 1 for entry in world(sandbox))  # type: ignore[arg-type]
    assert sqlite_target.exception_kinds() == []


def test_an_order_edited_between_reading_and_writing_is_read_again(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    edits = iter([1100, 1200])

    def clock_with_a_rival() -> datetime:
        # Read by the target after it read the order and before it writes.
        asked = [one for one in sandbox.monstock_controls.endpoints if "GET" in one]
        if asked:
            total = next(edits, None)
            if total is not None:
                sandbox.monstock.edit_order(order, total=total)
        return utc_now()

    sqlite_target.clock = clock_with_a_rival

    result = sqlite_target.run([order_payment("pi_1", 1000, order="A")])

    assert result.error is None
    assert world(sandbox) == [("A", "partially_paid", 200, (("stripe", "pi_1", 1000, 0),))]


def test_an_order_that_never_stops_changing_is_left_for_the_next_run(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    sandbox.monstock_controls.set_faults(*writes_answered_by(412, order))

    result = sqlite_target.run([order_payment("pi_1", 1000, order="A")])

    assert result.error is not None
    assert "kept changing" in result.error
    sandbox.monstock_controls.clear_faults()
    assert sqlite_target.run().error is None
    assert world(sandbox)[0][1] == "paid"


def test_a_second_writer_is_refused_at_once(sandbox: RunningSandbox, target: TargetRunner) -> None:
    from target_common.errors import LedgerLockedError
    from target_monstock.ledger import open_ledger

    with open_ledger(target.config["ledger_url"]), pytest.raises(LedgerLockedError) as refused:
        open_ledger(target.config["ledger_url"])

    assert "in use by another target-monstock" in str(refused.value)
    open_ledger(target.config["ledger_url"]).close()


def test_bad_records_are_kept_as_exceptions_and_the_others_go_on(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    some_orders(sandbox)
    bad = [
        order_payment("pi_huge", 2**63, order="B"),
        order_payment("pi_float", 10, order="B", captured=9.5),
        order_payment("pi_gold", 10, order="B", currency="XXX"),
        order_payment("pi_email", 10, order="B", customer_email=17),
        order_payment("pi_nul\0", 10, order="B"),
        {"amount": 5},
    ]

    result = target.run([*bad, FIRST[0]], state={"bookmark": 1})

    assert result.error is not None
    assert "6 records were refused" in result.error
    assert result.states == ({"bookmark": 1},)
    assert world(sandbox)[0][1] == "paid"
    assert target.exception_kinds() == ["rejected_record"] * 6

    target.run([order_payment("pi_huge", 10, order="B", version=2)])
    assert target.exception_kinds() == ["rejected_record"] * 5


def test_hostile_text_goes_through_without_harm(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    some_orders(sandbox)
    hostile = "'; DROP TABLE payments; --\0\ud800<script>" * 250
    record = order_payment(
        "pi_A",
        1000,
        order="A",
        metadata={"k": hostile},
        description=hostile,
        customer_email=hostile,
        failure=hostile,
        method=hostile[:20],
        link_candidates=[
            {"rule": "metadata", "order_number": "A"},
            {"rule": "description", "order_number": hostile},
        ],
    )

    result = target.run([record])

    assert result.error is None
    assert world(sandbox)[0][1] == "paid"


@pytest.mark.parametrize(
    "line",
    [
        b'{"type": "RECORD", "stream": "order_payments", "rec',
        b'{"type": "RECORD", "stream": "order_payments", "record": "pi_1"}',
        b'{"type": "RECROD", "stream": "order_payments", "record": {}}',
    ],
)
def test_a_broken_line_holds_back_the_state_behind_it_and_nothing_else(
    sandbox: RunningSandbox, sqlite_target: TargetRunner, line: bytes
) -> None:
    some_orders(sandbox)
    lines = (
        singer_lines(FIRST[:1], state={"bookmark": 1})
        + line
        + b"\n"
        + singer_lines(FIRST[1:], state={"bookmark": 2})
    )

    result = sqlite_target.run_lines(lines)

    assert result.states == ({"bookmark": 1},)
    assert result.error is not None
    assert "line 4" in result.error
    assert [entry[1] for entry in world(sandbox)] == ["paid"] * 6


def test_another_stream_is_an_error_or_ignored(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    lines = (
        b'{"type": "SCHEMA", "stream": "charges", "schema": {"properties": {}}, '
        b'"key_properties": []}\n'
        b'{"type": "RECORD", "stream": "charges", "record": {"id": 1}}\n'
    )

    refused = sqlite_target.run_lines(lines)
    ignored = sqlite_target.run_lines(lines, other_streams="ignore")

    assert refused.error is not None
    assert "stream 'charges' is not for target-monstock" in refused.error
    assert ignored.error is None


def test_a_new_ledger_writes_nothing_on_orders_with_rows_of_a_lost_one(
    sandbox: RunningSandbox, target: TargetRunner, tmp_path: Path
) -> None:
    sandbox.monstock.order(3000, "EUR", number="A")
    first = order_payment("pi_1", 1000, order="A")
    target.run([first, order_payment("pi_2", 2000, order="A")])
    before = world(sandbox)
    target.config["ledger_url"] = f"sqlite:///{tmp_path}/new.db"
    refunded = order_payment("pi_2", 2000, order="A", version=2, refunded=2000)

    from_the_bookmark = target.run([refunded])
    meanwhile = world(sandbox)
    full_refresh = target.run([first, refunded])

    assert "1 orders have payments of which the ledger has never heard" in (
        from_the_bookmark.error or ""
    )
    assert meanwhile == before
    assert full_refresh.error is None
    assert world(sandbox) == [
        (
            "A",
            "partially_refunded",
            2000,
            (("stripe", "pi_1", 1000, 0), ("stripe", "pi_2", 2000, 2000)),
        )
    ]
    assert target.run().writes == 0


def test_a_new_ledger_that_hears_of_every_payment_is_nothing_to_speak_of(
    sandbox: RunningSandbox, target: TargetRunner, tmp_path: Path
) -> None:
    some_orders(sandbox)
    target.run(FIRST)
    target.config["ledger_url"] = f"sqlite:///{tmp_path}/new.db"

    full_refresh = target.run(FIRST)

    assert full_refresh.error is None
    assert full_refresh.writes == 0


def test_a_payment_that_a_tenant_has_no_place_for_holds_up_no_other_of_its_order(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")
    records = [
        order_payment("pi_0", 700, order="A", currency="USD"),
        order_payment("pi_1", 1000, order="A"),
    ]
    result = sqlite_target.run(records)

    assert result.error is None
    has_a_place = sqlite_target.profile.payments.fields.currency is not None
    foreign = (("stripe", "pi_0", 700, 0),) if has_a_place else ()
    assert world(sandbox) == [("A", "paid", 0, (*foreign, ("stripe", "pi_1", 1000, 0)))]
    assert sqlite_target.exception_kinds() == ["currency_mismatch"]
    assert sqlite_target.run().writes == 0
