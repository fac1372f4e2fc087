"""Stripe's customers get to know Monstock's, on both kinds of tenant: surely, or not at all."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.stripe_customer_record import STRIPE_CUSTOMER_SCHEMA
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox
from sqlalchemy import text
from target_common.errors import SettingError
from target_common.run import utc_now
from target_common.testing import stream_lines
from target_monstock.ledger.decisions import dismiss
from target_monstock.testing import (
    TargetRunner,
    customer_lines,
    order_payment,
    singer_lines,
    stripe_customer,
)


def send(target: TargetRunner, *records: dict[str, Any], **config: Any) -> Any:
    """Link, unless a test says otherwise."""
    result = target.run_lines(customer_lines(records), **({"customers": "link"} | config))
    assert result.error is None, result.error
    return result


def quiet(target: TargetRunner, mode: str = "link") -> bool:
    """Whether a further run writes nothing."""
    return target.run(customers=mode).writes == 0


def carried(sandbox: RunningSandbox, customer_id: str) -> str | None:
    customer = sandbox.monstock.get_customer(customer_id)
    assert customer is not None
    return customer.stripe_customer_id


def bearers(sandbox: RunningSandbox) -> list[tuple[str | None, str | None]]:
    """Name and Stripe id of everybody in Monstock."""
    return sorted((c.name, c.stripe_customer_id) for c in sandbox.monstock.customers())


def paid_by(customer_id: str, reference: str = "pi_1", **fields: Any) -> bytes:
    return singer_lines([order_payment(reference, 1000, customer_id=customer_id, **fields)])


def query(target: TargetRunner, sql: str) -> list[tuple[Any, ...]]:
    with target.ledger() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def test_whom_the_metadata_name_gets_the_stripe_id_and_nothing_else(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    ann = sandbox.monstock.customer("Ann", email="ann@work.example", phone="1")
    before = sandbox.monstock.get_customer(ann)

    result = send(sqlite_target, stripe_customer("cus_1", monstock_customer_id=ann))

    after = sandbox.monstock.get_customer(ann)
    assert dict(result.summary.writes) == {"link": 1}
    assert before is not None
    assert after is not None
    assert after.stripe_customer_id == "cus_1"
    for name in ("name", "email", "phone", "address"):
        assert getattr(after, name) == getattr(before, name)
    assert quiet(sqlite_target)
    assert sqlite_target.exception_kinds() == []


def test_the_only_one_with_the_e_mail_address_gets_the_stripe_id(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    ann = sandbox.monstock.customer("Ann", email="Ann@Example.com")

    send(sqlite_target, stripe_customer("cus_1", email="ann@example.COM"))

    assert carried(sandbox, ann) == "cus_1"
    assert quiet(sqlite_target)


def test_who_carries_the_id_already_is_left_alone(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    ann = sandbox.monstock.customer("Ann", email="a@example.com", stripe_customer_id="cus_1")
    sandbox.monstock.customer("Bob", email="b@example.com")

    assert send(sqlite_target, stripe_customer("cus_1", email="b@example.com")).writes == 0
    assert carried(sandbox, ann) == "cus_1"
    assert sqlite_target.exception_kinds() == []


@pytest.mark.parametrize(
    "records",
    [
        [{"email": "twice@example.com"}],
        [{"email": "taken@example.com"}],
        [{"email": "once@example.com"}, {"email": "once@example.com"}],
        [{"monstock_customer_id": "con_none", "email": "once@example.com"}],
    ],
    ids=["two in Monstock", "carries another", "two at Stripe", "named one is missing"],
)
def test_what_is_not_sure_is_left_to_a_person(
    sandbox: RunningSandbox, sqlite_target: TargetRunner, records: list[dict[str, Any]]
) -> None:
    for email in ("twice@example.com", "twice@example.com", "once@example.com"):
        sandbox.monstock.customer("Somebody", email=email)
    sandbox.monstock.customer("Taken", email="taken@example.com", stripe_customer_id="cus_0")
    customers = [stripe_customer(f"cus_{n}", **fields) for n, fields in enumerate(records, 1)]

    assert send(sqlite_target, *customers).writes == 0
    assert sqlite_target.exception_kinds() == ["customer_ambiguous"] * len(records)
    assert quiet(sqlite_target)


def test_two_whose_metadata_name_one_customer_are_left_to_a_person(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    ann = sandbox.monstock.customer("Ann", email="ann@example.com")
    named: dict[str, Any] = {"monstock_customer_id": ann}

    send(
        sqlite_target,
        stripe_customer("cus_1", **named),
        stripe_customer("cus_2", **named),
        stripe_customer("cus_3", email="ann@example.com"),
    )

    assert carried(sandbox, ann) is None
    assert sqlite_target.exception_kinds() == ["customer_ambiguous"] * 3

    send(sqlite_target, stripe_customer("cus_2", version=2))
    assert carried(sandbox, ann) == "cus_1"
    assert quiet(sqlite_target)


@pytest.mark.parametrize("change", ["made", "named", "readdressed"])
def test_a_change_in_monstock_is_followed(
    sandbox: RunningSandbox, sqlite_target: TargetRunner, change: str
) -> None:
    ann = sandbox.monstock.customer("Ann", email="old@example.com")
    send(sqlite_target, stripe_customer("cus_1", email="ann@example.com"))
    assert quiet(sqlite_target)

    if change == "made":
        ann = sandbox.monstock.customer("Ann", email="ann@example.com")
    elif change == "readdressed":
        sandbox.monstock.edit_customer(ann, email="ann@example.com")
    else:
        named = {"email": "ann@example.com", "monstock_customer_id": ann}
        send(sqlite_target, stripe_customer("cus_1", version=2, **named))
    sqlite_target.run(customers="link")

    assert carried(sandbox, ann) == "cus_1"
    assert quiet(sqlite_target)


def test_an_id_that_staff_took_away_is_not_written_again(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    ann = sandbox.monstock.customer("Ann", email="ann@example.com")
    send(sqlite_target, stripe_customer("cus_1", email="ann@example.com"))

    sandbox.monstock.edit_customer(ann, stripe_customer_id=None)
    assert quiet(sqlite_target)
    assert send(sqlite_target, stripe_customer("cus_1", version=2, name="Anna")).writes == 0

    assert carried(sandbox, ann) is None
    assert sqlite_target.exception_kinds() == ["customer_by_hand"]

    sandbox.monstock.edit_customer(ann, stripe_customer_id="cus_1")
    assert quiet(sqlite_target)
    assert sqlite_target.exception_kinds() == []


def test_a_dismissed_exception_is_no_longer_shown(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    send(sqlite_target, stripe_customer("cus_1", monstock_customer_id="con_none"))
    with sqlite_target.ledger() as connection:
        dismiss(
            connection,
            ExceptionKind.CUSTOMER_AMBIGUOUS,
            customer_id="cus_1",
            by="ann",
            why="was a test",
            now=datetime(2026, 11, 20, tzinfo=UTC),
        )

    assert sqlite_target.exception_kinds() == []
    send(sqlite_target, stripe_customer("cus_1", version=2, monstock_customer_id="con_never"))
    assert sqlite_target.exception_kinds() == []


def test_a_customer_deleted_at_stripe_is_reported_and_nothing_is_undone(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    ann = sandbox.monstock.customer("Ann", email="ann@example.com")
    send(sqlite_target, stripe_customer("cus_1", email="ann@example.com"))

    gone = stripe_customer("cus_1", email="ann@example.com", version=2, deleted=True)
    assert send(sqlite_target, gone).writes == 0

    assert carried(sandbox, ann) == "cus_1"
    assert sqlite_target.exception_kinds() == ["customer_deleted"]
    assert send(sqlite_target, stripe_customer("cus_1", version=9)).writes == 0


def test_a_deleted_customer_no_longer_stands_in_the_way_of_another(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    ann = sandbox.monstock.customer("Ann", email="ann@example.com")
    both = [stripe_customer(name, email="ann@example.com") for name in ("cus_1", "cus_2")]
    send(sqlite_target, *both)

    send(sqlite_target, both[1] | {"deleted": True, "version": 2})

    assert carried(sandbox, ann) == "cus_1"
    assert sqlite_target.exception_kinds() == []


@pytest.mark.parametrize(
    ("fields", "config"),
    [
        ({"tenant": "south"}, {"tenant": "north"}),
        ({"livemode": True}, {"expect_livemode": False}),
        ({"account_id": "acct_2"}, {"scope_accounts": [""]}),
    ],
)
def test_who_is_another_tenants_mode_or_account_is_not_kept(
    sandbox: RunningSandbox,
    sqlite_target: TargetRunner,
    fields: dict[str, Any],
    config: dict[str, Any],
) -> None:
    ann = sandbox.monstock.customer("Ann", email="cus_1@example.com")

    send(sqlite_target, stripe_customer("cus_1", **fields), **config)

    assert carried(sandbox, ann) is None
    assert sqlite_target.exception_kinds() == []
    assert query(sqlite_target, "SELECT * FROM stripe_customers") == []


def test_off_takes_the_stream_and_keeps_nothing_of_it(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    ann = sandbox.monstock.customer("Ann", email="cus_1@example.com")
    result = sqlite_target.run_lines(customer_lines([stripe_customer("cus_1")], {"at": 1}))

    assert result.error is None
    assert result.states == ({"at": 1},)
    assert carried(sandbox, ann) is None
    assert query(sqlite_target, "SELECT * FROM stripe_customers") == []


def test_link_makes_nobody(sandbox: RunningSandbox, sqlite_target: TargetRunner) -> None:
    sqlite_target.run_lines(paid_by("cus_1"), customers="link")
    assert send(sqlite_target, stripe_customer("cus_1")).writes == 0
    assert bearers(sandbox) == []


@pytest.mark.parametrize("first", ["payment", "customer"])
def test_who_paid_and_is_unknown_is_made_once(
    sandbox: RunningSandbox, sqlite_target: TargetRunner, first: str
) -> None:
    lines = [paid_by("cus_1"), customer_lines([stripe_customer("cus_1")])]
    for each in lines if first == "payment" else reversed(lines):
        sqlite_target.run_lines(each, customers="create")

    (customer,) = sandbox.monstock.customers()
    assert (customer.name, customer.email) == ("Name of cus_1", "cus_1@example.com")
    assert (customer.phone, customer.address.city) == ("+33 1 00 00 00 00", "Lyon")
    assert customer.stripe_customer_id == "cus_1"
    assert quiet(sqlite_target, "create")
    assert send(sqlite_target, stripe_customer("cus_1", version=2), customers="create").writes == 0


def test_who_has_not_paid_for_something_of_ours_is_not_made(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    lines = paid_by("cus_1", "pi_1", status="failed", captured=0)
    lines += paid_by("cus_2", "pi_2", account_id="acct_2")
    names = ("cus_1", "cus_2", "cus_3")
    lines += customer_lines([stripe_customer(name) for name in names])

    sqlite_target.run_lines(lines, customers="create", scope_accounts=[""])

    assert bearers(sandbox) == []


def test_create_links_who_is_there(sandbox: RunningSandbox, sqlite_target: TargetRunner) -> None:
    sandbox.monstock.customer("Ann", email="cus_1@example.com")
    lines = paid_by("cus_1") + customer_lines([stripe_customer("cus_1")])

    result = sqlite_target.run_lines(lines, customers="create")

    assert bearers(sandbox) == [("Ann", "cus_1")]
    assert dict(result.summary.writes) == {"link": 1}


def test_of_two_with_one_e_mail_address_the_first_is_made_and_the_other_told(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    lines = paid_by("cus_1", "pi_1") + paid_by("cus_2", "pi_2")
    older: dict[str, Any] = {"created_at": "2026-11-01T10:00:00Z"}
    lines += customer_lines(
        [
            stripe_customer("cus_1", email="ann@example.com"),
            stripe_customer("cus_2", email="ANN@example.com", **older),
        ]
    )

    for _ in range(3):
        sqlite_target.run_lines(lines, customers="create")

    assert bearers(sandbox) == [("Name of cus_2", "cus_2")]
    assert sqlite_target.exception_kinds().count("customer_ambiguous") == 1


def test_a_contact_that_staff_deleted_is_not_made_again(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    lines = paid_by("cus_1") + customer_lines([stripe_customer("cus_1")])
    sqlite_target.run_lines(lines, customers="create")
    (customer,) = sandbox.monstock.customers()

    sandbox.monstock.delete_customer(customer.id)
    send(sqlite_target, stripe_customer("cus_1", version=2, name="Anna"), customers="create")

    assert sandbox.monstock.customers() == ()
    assert "customer_by_hand" in sqlite_target.exception_kinds()


@pytest.mark.parametrize("fault", ["cut_after", "half_json", "cut_before"])
def test_an_answer_that_gets_lost_makes_no_second_contact(
    sandbox: RunningSandbox, sqlite_target: TargetRunner, fault: str
) -> None:
    sandbox.monstock_controls.set_faults(Fault(fault, method="POST", times=3))

    sqlite_target.run_lines(
        paid_by("cus_1") + customer_lines([stripe_customer("cus_1")]), customers="create"
    )

    assert bearers(sandbox) == [("Name of cus_1", "cus_1")]


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def killing_clock(at: int) -> Callable[[], datetime]:
    """A clock that kills at its n-th reading; each step of the target reads it once."""
    left = [at]

    def clock() -> datetime:
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        return utc_now()

    return clock


@pytest.mark.parametrize("step", range(1, 11))
def test_killed_at_any_step_the_next_run_ends_as_one_clean_run(
    sandbox: RunningSandbox, sqlite_target: TargetRunner, step: int
) -> None:
    sandbox.monstock.customer("Ann", email="cus_1@example.com")
    customers = [stripe_customer(f"cus_{n}") for n in range(1, 5)]
    lines = paid_by("cus_2", "pi_2") + paid_by("cus_3", "pi_3") + customer_lines(customers)
    sqlite_target.clock = killing_clock(step)
    try:
        sqlite_target.run_lines(lines, customers="create", concurrency=1)
    except Killed:
        sqlite_target.clock = utc_now
        sqlite_target.run_lines(lines, customers="create")
    sqlite_target.clock = utc_now

    assert bearers(sandbox) == [
        ("Ann", "cus_1"),
        ("Name of cus_2", "cus_2"),
        ("Name of cus_3", "cus_3"),
    ]
    assert quiet(sqlite_target, "create")


def test_a_write_whose_end_no_run_saw_is_in_the_audit_all_the_same(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    lines = paid_by("cus_1") + customer_lines([stripe_customer("cus_1")])
    step = 0
    while not sandbox.monstock.customers():
        step += 1
        sqlite_target.clock = killing_clock(step)
        with pytest.raises(Killed):
            sqlite_target.run_lines(lines, customers="create", concurrency=1)
    sqlite_target.clock = utc_now
    (customer,) = sandbox.monstock.customers()

    sqlite_target.run(customers="create")

    (found,) = query(sqlite_target, "SELECT action, customer_id, after FROM audit")
    assert found[:2] == ("found", "cus_1")
    assert json.loads(found[2]) == {"id": customer.id, "stripe_customer_id": "cus_1"}


def test_the_audit_tells_who_was_written_and_why_and_no_more(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    ann = sandbox.monstock.customer("Ann", email="cus_1@example.com")
    lines = paid_by("cus_2") + customer_lines([stripe_customer("cus_1"), stripe_customer("cus_2")])
    sqlite_target.run_lines(lines, customers="create")

    rows = query(
        sqlite_target, "SELECT customer_id, action, before, after FROM audit ORDER BY customer_id"
    )

    made = next(c.id for c in sandbox.monstock.customers() if c.stripe_customer_id == "cus_2")
    assert [(row[0], row[1]) for row in rows] == [("cus_1", "link"), ("cus_2", "create")]
    assert json.loads(rows[0][2]) == {"id": ann, "stripe_customer_id": None}
    assert json.loads(rows[1][3]) == {"id": made, "stripe_customer_id": "cus_2"}
    assert "example.com" not in str(rows)


def test_of_who_is_linked_only_ids_and_the_e_mail_address_are_kept(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    sandbox.monstock.customer("Ann", email="cus_1@example.com")
    send(sqlite_target, stripe_customer("cus_1"))

    ((record,),) = query(sqlite_target, "SELECT record FROM stripe_customers")
    kept = {name for name, value in json.loads(record).items() if value}
    assert kept == {"stripe_customer_id", "version", "created_at", "email", "address"}
    assert not any(json.loads(record)["address"].values())


def test_a_dry_run_shows_who_would_be_written(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    ann = sandbox.monstock.customer("Ann", email="cus_1@example.com")
    lines = paid_by("cus_2") + customer_lines([stripe_customer("cus_1"), stripe_customer("cus_2")])

    shown = sqlite_target.run_lines(lines, customers="create", dry_run=True).plan
    as_json = sqlite_target.run_lines(
        lines, customers="create", dry_run=True, dry_run_format="json"
    ).plan

    assert shown[0] == "Dry run: 2 writes on 0 orders and 2 customers would be made; none was."
    assert "example.com" not in "".join(shown)
    assert [json.loads(line) for line in as_json] == [
        {"write": "link", "stripe_customer_id": "cus_1", "customer_id": ann, "rule": "email"},
        {"write": "create", "stripe_customer_id": "cus_2", "customer_id": None, "rule": "paid"},
    ]
    assert sandbox.monstock_controls.writes == 0


def test_many_are_looked_for_in_one_list(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    count = 300
    for number in range(count):
        sandbox.monstock.customer(
            f"C{number}", email=f"c{number}@example.com", stripe_customer_id=f"cus_{number}"
        )
    customers = [
        stripe_customer(f"cus_{number}", email=f"c{number}@example.com") for number in range(count)
    ]
    sandbox.monstock_controls.reset_counters()

    result = send(sqlite_target, *customers)

    assert result.summary.customers >= count
    assert result.writes == 0
    assert sandbox.monstock_controls.requests < 30

    sandbox.monstock_controls.reset_counters()
    send(sqlite_target, *(customer | {"version": 2} for customer in customers))
    assert sandbox.monstock_controls.requests < 20


def test_who_pays_while_many_are_looked_for_in_a_list_is_asked_for_before_anybody_is_made(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    count = 600
    customers = [stripe_customer(f"cus_{n:03}", email=f"c{n}@example.com") for n in range(count)]
    for number in range(10):  # while these are asked for, the payment is taken
        sandbox.monstock.customer(f"C{number}", email=f"c{number}@example.com")
    by_staff: list[str] = []

    def clock() -> datetime:
        """Read by the target once it has the list."""
        if sandbox.monstock_controls.requests > 0 and not by_staff:
            by_staff.append(sandbox.monstock.customer("Staff", email="c599@example.com"))
        return utc_now()

    sqlite_target.clock = clock
    result = sqlite_target.run_lines(
        customer_lines(customers) + paid_by("cus_599"), customers="create", batch_size_rows=count
    )

    assert bearers(sandbox)[10:] == [("Staff", "cus_599")]
    assert result.writes == 11


def test_one_that_monstock_refuses_stops_no_other(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    ann = sandbox.monstock.customer("Ann", email="cus_1@example.com")
    bob = sandbox.monstock.customer("Bob", email="cus_2@example.com")
    refuse = [Fault("status", status=422, method=one, path=f"*/{ann}") for one in ("PATCH", "PUT")]
    sandbox.monstock_controls.set_faults(*refuse)
    lines = customer_lines([stripe_customer("cus_1"), stripe_customer("cus_2")])

    result = sqlite_target.run_lines(lines, customers="link")

    assert result.error is not None
    assert "Monstock refused 1 customers" in result.error
    assert (carried(sandbox, ann), carried(sandbox, bob)) == (None, "cus_2")
    assert sqlite_target.exception_kinds() == ["write_refused"]

    sandbox.monstock_controls.clear_faults()
    assert sqlite_target.run(customers="link").error is None
    assert carried(sandbox, ann) == "cus_1"
    assert sqlite_target.exception_kinds() == []


def test_an_edit_by_staff_between_reading_and_writing_stays_where_a_condition_guards_it(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    ann = sandbox.monstock.customer("Ann", email="cus_1@example.com")
    edited: list[int] = []

    def clock() -> datetime:
        """Read by the target once it has looked for the Stripe id and the e-mail address."""
        if sandbox.monstock_controls.requests == 2 and not edited:
            edited.append(sandbox.monstock_controls.writes)
            sandbox.monstock.edit_customer(ann, stripe_customer_id="cus_9", phone="9")
        return utc_now()

    sqlite_target.clock = clock
    send(sqlite_target, stripe_customer("cus_1"))

    after = sandbox.monstock.get_customer(ann)
    assert after is not None
    assert edited == [0]
    assert after.phone == "9"
    if sqlite_target.profile.condition.style == "none":  # the last one to write has the last word
        assert after.stripe_customer_id == "cus_1"
        assert sqlite_target.exception_kinds() == []
    else:
        assert after.stripe_customer_id == "cus_9"
        assert sqlite_target.exception_kinds() == ["customer_ambiguous"]
    assert quiet(sqlite_target)


def test_a_bad_record_is_kept_with_its_reason_and_the_others_go_on(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    ann = sandbox.monstock.customer("Ann", email="cus_1@example.com")
    lines = customer_lines([stripe_customer("cus_2", email=7), stripe_customer("cus_1")])
    lines += stream_lines(
        "rejected_stripe_customers",
        {"type": "object", "properties": {"stripe_customer_id": {"type": "string"}}},
        ["stripe_customer_id"],
        [{"stripe_customer_id": "cus_3", "reason": "customer cus_3: created must be a …"}],
    )

    result = sqlite_target.run_lines(lines, customers="link")

    assert result.error is not None
    assert "2 records were refused" in result.error
    assert carried(sandbox, ann) == "cus_1"
    assert [one.customer_id for one in sqlite_target.exceptions()] == ["cus_2", "cus_3"]


@pytest.mark.parametrize(
    ("cut", "mode", "says"),
    [
        (r"(?s)^customers:.*(?=^formats:)", "link", "lacks customers, customers.update"),
        (r"^    email: \{.*\n", "link", "lacks customers.find.email"),
        (r"^  create: .*path: /c.*\n", "create", "lacks customers.create"),
    ],
)
def test_a_profile_that_cannot_do_it_is_said_at_the_start(
    sqlite_target: TargetRunner, tmp_path: Path, cut: str, mode: str, says: str
) -> None:
    name = f"{sqlite_target.config['profile']}.yml"
    packaged = (files("monstock_stripe_core") / "profiles" / name).read_text()
    profile = tmp_path / "less.yml"
    less, cuts = re.subn(cut, "", packaged, flags=re.MULTILINE)
    assert cuts == 1
    profile.write_text(less)

    with pytest.raises(SettingError, match=says):
        sqlite_target.run(customers=mode, profile=str(profile))


def test_the_readme_shows_every_field() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text()

    for name in STRIPE_CUSTOMER_SCHEMA["properties"]:
        assert f"| `{name}` |" in readme, name
