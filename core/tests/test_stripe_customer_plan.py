"""Customers: which one it is, and what of it is written."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monstock_stripe_core.customer_record import Address, CustomerRecord
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.stripe_customer_plan import (
    Base,
    Creation,
    CustomerFacts,
    CustomerPlan,
    CustomerRules,
    CustomerWrite,
    base_of,
    plan_known,
    plan_unknown,
)

ANN = CustomerRecord(
    "c1", datetime(2026, 11, 20, tzinfo=UTC), name="Ann", email="ann@example.com", phone="1"
)
NAMED = {"monstock_customer_id": "c1"}
AT_STRIPE = CustomerFacts(
    "cus_1", livemode=False, name="Ann", email="ann@example.com", phone="1", metadata=NAMED
)
RULES = CustomerRules()
BY_EMAIL = CustomerRules(match_by_email=True)
LYON, PARIS = Address(city="Lyon"), Address(city="Paris")


@pytest.mark.parametrize(
    ("monstock", "stripe", "base", "written"),
    [
        ("Ann", "Ann", "Ann", None),
        ("Ann", None, "Ann", "Ann"),
        ("Ann", None, None, "Ann"),
        ("Anna", "Ann", "Ann", "Anna"),
        ("Ann", "Anna of the Dashboard", "Ann", None),
        ("Anne", "Anna of the Dashboard", "Ann", "Anne"),
        (None, "Ann", "Ann", ""),
        (None, "Anna of the Dashboard", "Ann", None),
        (None, None, "Ann", None),
        (None, "Ann", None, None),
    ],
)
def test_a_field_is_written_where_monstock_changed_it_or_stripe_has_none(
    monstock: str | None, stripe: str | None, base: str | None, written: str | None
) -> None:
    plan = plan_known(
        replace(ANN, name=monstock),
        replace(AT_STRIPE, name=stripe),
        replace(base_of(ANN), name=base),
        RULES,
    )

    assert (plan.write.texts.get("name") if plan.write else None) == written


@pytest.mark.parametrize(
    ("monstock", "stripe", "base", "written", "taken"),
    [
        (LYON, None, None, LYON, False),
        (LYON, PARIS, LYON, None, False),
        (LYON, PARIS, PARIS, LYON, False),
        (None, LYON, LYON, None, True),
        (None, PARIS, LYON, None, False),
        (LYON, LYON, None, None, False),
    ],
)
def test_an_address_is_written_whole(
    monstock: Address | None,
    stripe: Address | None,
    base: Address | None,
    written: Address | None,
    taken: bool,
) -> None:
    plan = plan_known(
        replace(ANN, address=monstock),
        replace(AT_STRIPE, address=stripe),
        replace(base_of(ANN), address=base),
        RULES,
    )

    write = plan.write or CustomerWrite("cus_1")
    assert (write.address, write.takes_address_away) == (written, taken)


def test_without_a_base_only_gaps_are_filled() -> None:
    facts = replace(AT_STRIPE, name="Anna of the Dashboard", phone=None, metadata={})

    plan = plan_known(ANN, facts, None, RULES)

    assert plan.write is not None
    assert dict(plan.write.texts) == {"phone": "1"}
    assert dict(plan.write.metadata) == NAMED


def kinds(plan: CustomerPlan) -> ExceptionKind | None:
    return None if plan.exception is None else plan.exception.kind


@pytest.mark.parametrize(
    ("facts", "rules", "kind"),
    [
        (None, RULES, ExceptionKind.CUSTOMER_DELETED),
        (replace(AT_STRIPE, deleted=True), RULES, ExceptionKind.CUSTOMER_DELETED),
        (
            replace(AT_STRIPE, metadata={"monstock_customer_id": "c2"}),
            RULES,
            ExceptionKind.CUSTOMER_AMBIGUOUS,
        ),
        (
            replace(AT_STRIPE, metadata={**NAMED, "monstock_tenant": "paris"}),
            CustomerRules(tenant="lyon"),
            ExceptionKind.CUSTOMER_AMBIGUOUS,
        ),
        (AT_STRIPE, CustomerRules(expect_livemode=True), ExceptionKind.WRONG_MODE),
    ],
)
def test_what_is_not_surely_ours_is_left_and_reported(
    facts: CustomerFacts | None, rules: CustomerRules, kind: ExceptionKind
) -> None:
    plan = plan_known(replace(ANN, name="Anna"), facts, base_of(ANN), rules)

    assert (plan.write, plan.creates, kinds(plan)) == (None, False, kind)


def test_one_that_was_deleted_in_monstock_is_left_as_it_is() -> None:
    plan = plan_known(replace(ANN, name="x", deleted=True), AT_STRIPE, base_of(ANN), RULES)

    assert plan == CustomerPlan(found=AT_STRIPE)


FREE = replace(AT_STRIPE, metadata={})
OTHERS = replace(AT_STRIPE, id="cus_2", metadata={"monstock_customer_id": "c2"})


@pytest.mark.parametrize(
    ("named", "with_email", "rules", "found", "kind"),
    [
        ([AT_STRIPE], [], RULES, "cus_1", None),
        ([AT_STRIPE, replace(AT_STRIPE, id="cus_3")], [], RULES, None, "customer_ambiguous"),
        ([], [FREE], RULES, None, None),
        ([], [FREE], BY_EMAIL, "cus_1", None),
        ([], [FREE, OTHERS], BY_EMAIL, "cus_1", None),
        ([], [OTHERS], BY_EMAIL, None, None),
        ([], [FREE, replace(FREE, id="cus_3")], BY_EMAIL, None, "customer_ambiguous"),
        ([], [replace(FREE, deleted=True)], BY_EMAIL, None, None),
    ],
)
def test_who_it_is(
    named: list[CustomerFacts],
    with_email: list[CustomerFacts],
    rules: CustomerRules,
    found: str | None,
    kind: str | None,
) -> None:
    plan = plan_unknown(ANN, named, with_email, rules, needed=False)

    assert (plan.found.id if plan.found else None) == found
    assert kinds(plan) == kind


@pytest.mark.parametrize(
    ("creation", "needed", "creates", "kind"),
    [
        (Creation.ALL, False, True, None),
        (Creation.ALL, True, True, None),
        (Creation.NEEDED, False, False, None),
        (Creation.NEEDED, True, True, None),
        (Creation.NEVER, False, False, None),
        (Creation.NEVER, True, False, "customer_missing"),
    ],
)
def test_who_is_made(creation: Creation, needed: bool, creates: bool, kind: str | None) -> None:
    plan = plan_unknown(ANN, [], [], CustomerRules(creation=creation), needed=needed)

    assert (plan.creates, kinds(plan)) == (creates, kind)


def test_nobody_is_made_who_was_deleted() -> None:
    rules = CustomerRules(creation=Creation.ALL)
    assert not plan_unknown(replace(ANN, deleted=True), [], [], rules, needed=True).creates


def test_an_email_of_several_monstock_customers_tells_nothing() -> None:
    plan = plan_unknown(ANN, [], [FREE], BY_EMAIL, needed=False, shares_email=True)
    assert kinds(plan) is ExceptionKind.CUSTOMER_AMBIGUOUS


def applied(facts: CustomerFacts, write: CustomerWrite | None) -> CustomerFacts:
    if write is None:
        return facts
    changed: dict[str, Any] = {name: text or None for name, text in write.texts.items()}
    if write.address is not None or write.takes_address_away:
        changed["address"] = write.address
    return replace(facts, metadata={**facts.metadata, **write.metadata}, **changed)


_values = st.sampled_from([None, "a", "b"])
_addresses = st.sampled_from([None, LYON, PARIS])


@given(_values, _values, _values, _addresses, _addresses, _addresses)
def test_once_it_is_written_nothing_is_left_and_what_staff_wrote_stays(
    monstock: str | None,
    stripe: str | None,
    base: str | None,
    there: Address | None,
    here: Address | None,
    before: Address | None,
) -> None:
    record = replace(ANN, name=monstock, address=there)
    facts = replace(AT_STRIPE, name=stripe, address=here)
    known = Base(base, ANN.email, ANN.phone, before)

    after = applied(facts, plan_known(record, facts, known, RULES).write)

    assert plan_known(record, after, base_of(record), RULES).write is None
    if monstock == base and stripe is not None:
        assert after.name == stripe
