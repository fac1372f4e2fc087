"""Customers are found, made once, and changed field by field."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox
from target_common.run import utc_now
from target_stripe.testing import TargetRunner, customer

LATER = "2026-11-21T10:00:00Z"
ADDRESS = {"line1": "1 rue Haute", "postal_code": "69001", "city": "Lyon", "country": "FR"}
ANN = {"name": "Ann", "email": "ann@example.com", "phone": "+33 1", "address": ADDRESS}


def at_stripe(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    """Live customers, oldest first."""
    shelf = sandbox.stripe.shelves["customer"]
    values = [shelf.entries[key[2]].value for key in shelf.ordered()]
    return [dict(value) for value in values if not value.get("deleted")]


def names(sandbox: RunningSandbox) -> list[tuple[object, object]]:
    return sorted(
        (one["name"], one["metadata"].get("monstock_customer_id")) for one in at_stripe(sandbox)
    )


def test_a_customer_is_made_once_with_all_that_is_known(
    sandbox: RunningSandbox, any_target: TargetRunner
) -> None:
    record = customer("c1", **ANN)

    first = any_target.run((), [record], create_customers="all", tenant="lyon")
    second = any_target.run((), [record], create_customers="all", tenant="lyon")

    assert (first.error, first.writes, second.writes) == (None, 1, 0)
    (made,) = at_stripe(sandbox)
    assert (made["name"], made["email"], made["phone"]) == ("Ann", "ann@example.com", "+33 1")
    assert made["address"]["city"] == "Lyon"
    assert made["metadata"] == {
        "monstock_customer_id": "c1",
        "monstock_tenant": "lyon",
        "monstock_revision": "1",
    }


@pytest.mark.parametrize("creation", ["needed", "never"])
def test_nobody_is_made_who_is_not_asked_for(
    sandbox: RunningSandbox, target: TargetRunner, creation: str
) -> None:
    assert target.run((), [customer("c1", **ANN)], create_customers=creation).writes == 0
    assert at_stripe(sandbox) == []


def test_only_what_changed_in_monstock_is_written(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run((), [customer("c1", **ANN)], create_customers="all")
    (made,) = at_stripe(sandbox)
    sandbox.stripe.alter("customer", made["id"], name="Anna of the Dashboard", phone=None)

    changed = customer("c1", **(ANN | {"email": "new@example.com", "updated_at": LATER}))
    assert target.run((), [changed]).writes == 1

    (now,) = at_stripe(sandbox)
    assert now["email"] == "new@example.com"
    assert now["name"] == "Anna of the Dashboard"
    assert now["phone"] == "+33 1"
    assert now["address"]["line1"] == "1 rue Haute"


def test_a_value_that_vanished_takes_only_its_own_copy_away(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run((), [customer("c1", **ANN)], create_customers="all")
    (made,) = at_stripe(sandbox)
    sandbox.stripe.alter("customer", made["id"], name="Anna of the Dashboard")

    assert target.run((), [customer("c1", email="ann@example.com", updated_at=LATER)]).writes == 1

    (now,) = at_stripe(sandbox)
    assert now["name"] == "Anna of the Dashboard"
    assert (now["phone"], now["address"]) == (None, None)


def test_an_unknown_ledger_finds_them_by_metadata_and_writes_nothing(
    sandbox: RunningSandbox, target: TargetRunner, tmp_path: Path
) -> None:
    records = [customer(f"c{number}", name=f"Name {number}") for number in range(250)]
    target.run((), records, create_customers="all")
    sandbox.stripe_controls.reset_counters()

    again = target.run(
        (), records, create_customers="all", ledger_url=f"sqlite:///{tmp_path}/new.db"
    )

    assert (again.error, again.writes) == (None, 0)
    assert len(at_stripe(sandbox)) == 250
    assert sandbox.stripe_controls.requests == 3


def test_few_customers_among_many_are_searched_for(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    known = sandbox.stripe.customer("ann@example.com", metadata={"monstock_customer_id": "c1"})
    for number in range(150):
        sandbox.stripe.customer(f"{number}@example.com")

    result = target.run((), [customer("c1", email="ann@example.com", phone="+33 1")])

    assert (result.error, result.writes) == (None, 1)
    value = sandbox.stripe.shelves["customer"].entries[known].value
    assert value["phone"] == "+33 1"


def test_the_email_tells_who_it_is_only_where_a_setting_allows(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    sandbox.stripe.customer("ann@example.com", "Ann")
    record = customer("c1", email="Ann@Example.com", name="Ann M.", phone="+33 1")

    assert target.run((), [record]).writes == 0
    assert target.run((), [record], match_customers_by_email=True).writes == 1

    (found,) = at_stripe(sandbox)
    assert found["metadata"] == {"monstock_customer_id": "c1"}
    assert (found["name"], found["email"], found["phone"]) == ("Ann", "ann@example.com", "+33 1")


def test_two_at_stripe_with_one_email_are_for_a_person_to_tell_apart(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    first = sandbox.stripe.customer("ann@example.com", "Ann")
    sandbox.stripe.customer("ann@example.com", "Ann")
    record = customer("c1", email="ann@example.com")
    settings = {"match_customers_by_email": True, "create_customers": "all"}

    result = target.run((), [record], **settings)

    assert (result.error, result.writes) == (None, 0)
    assert target.exception_kinds() == ["customer_ambiguous"]

    sandbox.stripe.alter("customer", first, metadata={"monstock_customer_id": "c1"})
    target.clock = lambda: utc_now() + timedelta(hours=2)
    assert target.run((), [], **settings).writes == 0
    assert target.exception_kinds() == []


def test_two_monstock_customers_with_one_email_stay_two(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    records = [customer(name, email="ann@example.com", name=name) for name in ("c1", "c2")]
    settings = {"match_customers_by_email": True, "create_customers": "all"}

    assert target.run((), records, **settings).writes == 2
    assert names(sandbox) == [("c1", "c1"), ("c2", "c2")]
    assert target.run((), records, **settings).writes == 0
    assert target.exception_kinds() == []


def test_an_email_of_two_monstock_customers_tells_nothing(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    sandbox.stripe.customer("ann@example.com", "Ann")
    records = [customer(name, email="ann@example.com") for name in ("c1", "c2")]

    assert target.run((), records, match_customers_by_email=True).writes == 0
    assert target.exception_kinds() == ["customer_ambiguous", "customer_ambiguous"]


def test_an_id_that_monstock_knows_is_believed_once(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    known = sandbox.stripe.customer("ann@example.com", "Ann")
    records = [
        customer("c1", stripe_customer_id=known, phone="+33 1"),
        customer("c2", stripe_customer_id=known, phone="+33 2"),
    ]

    result = target.run((), records)

    assert (result.error, result.writes) == (None, 1)
    (found,) = at_stripe(sandbox)
    assert found["phone"] == "+33 1"
    assert target.exception_kinds() == ["customer_ambiguous"]


def test_a_customer_deleted_at_stripe_is_reported_and_not_made_again(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run((), [customer("c1", **ANN)], create_customers="all")
    (made,) = at_stripe(sandbox)
    sandbox.stripe.delete_customer(made["id"])

    changed = customer("c1", name="Anna", updated_at=LATER)
    assert target.run((), [changed], create_customers="all").writes == 0

    assert at_stripe(sandbox) == []
    assert target.exception_kinds() == ["customer_deleted"]


def test_a_customer_deleted_in_monstock_stays_at_stripe(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run((), [customer("c1", **ANN)], create_customers="all")

    gone = customer("c1", deleted=True, updated_at=LATER)
    assert target.run((), [gone], create_customers="all").writes == 0
    assert names(sandbox) == [("Ann", "c1")]


def test_what_stripe_refuses_is_said_once_and_not_tried_every_time(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    records = [customer("c1", name="Ann", email="no address"), customer("c2", name="Bob")]

    first = target.run((), records, create_customers="all")
    assert first.error is not None
    assert "refused something of 1 " in first.error
    assert names(sandbox) == [("Bob", "c2")]
    assert target.exception_kinds() == ["stripe_refused"]

    sandbox.stripe_controls.reset_counters()
    target.clock = lambda: utc_now() + timedelta(hours=2)
    assert target.run((), records, create_customers="all").error is None
    assert sandbox.stripe_controls.writes == 0
    assert target.exception_kinds() == ["stripe_refused"]

    mended = customer("c1", name="Ann", email="ann@example.com", updated_at=LATER)
    assert target.run((), [mended], create_customers="all").writes == 1
    assert target.exception_kinds() == []


def test_bad_records_are_refused_one_by_one(sandbox: RunningSandbox, target: TargetRunner) -> None:
    records = [
        customer("c1", name=7),
        {"customer_id": "c2"},
        {"updated_at": LATER},
        customer("c4", updated_at="yesterday"),
        customer("c5", name="Eve"),
    ]

    result = target.run((), records, state={"at": 1}, create_customers="all")

    assert result.states == ({"at": 1},)
    assert result.error is not None
    assert "4 records were refused" in result.error
    assert names(sandbox) == [("Eve", "c5")]
    assert target.exception_kinds() == ["rejected_record"] * 4

    target.run((), [customer("c1", name="Ann")])
    assert len(target.exception_kinds()) == 3


@pytest.mark.parametrize(
    "fault",
    [
        Fault("cut_after", method="POST", probability=0.5, seed=3),
        Fault("half_json", method="POST", probability=0.5, seed=4),
        Fault("status", status=500, method="POST", probability=0.4, seed=5),
        Fault("status", status=503, probability=0.4, seed=6),
        Fault("status", status=429, probability=0.4, seed=7),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_nobody_is_made_twice_whatever_becomes_of_the_answers(
    sandbox: RunningSandbox, target: TargetRunner, fault: Fault
) -> None:
    records = [customer(f"c{number}", name=f"n{number}") for number in range(20)]
    sandbox.stripe_controls.set_faults(fault)
    for _ in range(3):
        target.run((), records, create_customers="all", max_attempts=2)
    sandbox.stripe_controls.clear_faults()

    result = target.run((), records, create_customers="all")

    assert result.error is None
    assert names(sandbox) == sorted((f"n{number}", f"c{number}") for number in range(20))
    assert target.run((), records, create_customers="all").writes == 0
