"""Who a Stripe customer is in Monstock: sure, or left to a person."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monstock_stripe_core.customer import Address, Customer
from monstock_stripe_core.customer_match import CustomerState, Found, Known, match_customer
from monstock_stripe_core.errors import RecordError
from monstock_stripe_core.stripe_customer import StripeCustomer, customer_from_stripe, latest
from monstock_stripe_core.stripe_customer_record import (
    stripe_customer_from_record,
    stripe_customer_to_record,
)
from monstock_stripe_core.testing import NOON, NOON_SECONDS

ANN = StripeCustomer("cus_1", 1, False, NOON, email="ann@example.com", name="Ann")
NAMED = replace(ANN, monstock_customer_id="con_1")
NAMELESS = replace(ANN, email=None, name=None)


def contact(customer_id: str = "con_1", stripe_id: str | None = None) -> Customer:
    return Customer(customer_id, NOON, email="ann@example.com", stripe_customer_id=stripe_id)


FREE = contact()
BEARER = contact(stripe_id="cus_1")
TAKEN = contact(stripe_id="cus_9")
OTHER = contact("con_2")
PAID = Known(has_paid=True)


@pytest.mark.parametrize(
    ("stripe", "found", "known", "state", "rule"),
    [
        # who carries the id is linked, whatever else
        (ANN, Found(bearing=(BEARER,)), Known(), "linked", "carried"),
        (NAMED, Found(bearing=(BEARER,), named=BEARER), Known(), "linked", "carried"),
        (ANN, Found(bearing=(BEARER,)), Known(same_email=3), "linked", "carried"),
        # whom the metadata name
        (NAMED, Found(named=FREE), Known(), "link", "metadata"),
        (NAMED, Found(named=FREE), Known(same_email=3), "link", "metadata"),
        (NAMED, Found(named=FREE), Known(linked_to="con_7"), "link", "metadata"),
        # the only one with the e-mail address
        (ANN, Found(by_email=(FREE,)), Known(), "link", "email"),
        # nobody
        (ANN, Found(), Known(), "unknown", None),
        (NAMELESS, Found(), Known(), "unknown", None),
        # deleted
        (replace(ANN, deleted=True), Found(), Known(), "deleted", None),
        (replace(ANN, deleted=True), Found(), PAID, "deleted", None),
        # who has paid and is unknown
        (ANN, Found(), PAID, "create", "paid"),
        (replace(ANN, name=None), Found(), PAID, "create", "paid"),
    ],
)
def test_what_is_sure(
    stripe: StripeCustomer, found: Found, known: Known, state: str, rule: str | None
) -> None:
    match = match_customer(stripe, found, known, may_create=True)
    assert (match.state, match.rule, match.exceptions) == (state, rule, ())


@pytest.mark.parametrize(
    ("stripe", "found", "known", "kind", "says"),
    [
        (ANN, Found(bearing=(BEARER, OTHER)), Known(), "customer_ambiguous", "con_1, con_2"),
        (
            NAMED,
            Found(bearing=(contact("con_2", "cus_1"),), named=FREE),
            Known(),
            "customer_ambiguous",
            "name customer con_1, but customer con_2",
        ),
        (NAMED, Found(), Known(), "customer_ambiguous", "con_1, whom Monstock does not have"),
        (NAMED, Found(named=TAKEN), Known(), "customer_ambiguous", "carries another Stripe id"),
        (
            NAMED,
            Found(named=FREE),
            Known(claimed=frozenset({"con_1"})),
            "customer_ambiguous",
            "several Stripe customers name",
        ),
        (ANN, Found(by_email=(FREE, OTHER)), Known(), "customer_ambiguous", "con_1, con_2"),
        (ANN, Found(by_email=(TAKEN,)), Known(), "customer_ambiguous", "another Stripe id"),
        (ANN, Found(by_email=(FREE,)), Known(same_email=2), "customer_ambiguous", "2 Stripe"),
        (
            ANN,
            Found(by_email=(FREE,)),
            Known(claimed=frozenset({"con_1"})),
            "customer_ambiguous",
            "metadata of another Stripe customer name them",
        ),
        (ANN, Found(), Known(linked_to="con_1"), "customer_by_hand", "not written again"),
        (NAMED, Found(named=FREE), Known(linked_to="con_1"), "customer_by_hand", "con_1"),
        (
            replace(ANN, deleted=True),
            Found(bearing=(BEARER,)),
            Known(),
            "customer_deleted",
            "con_1 in Monstock still carries",
        ),
        (ANN, Found(), replace(PAID, older="cus_0"), "customer_ambiguous", "cus_0"),
        (NAMELESS, Found(), PAID, "customer_ambiguous", "neither name nor e-mail"),
        (ANN, Found(by_email=(OTHER,)), replace(PAID, same_email=2), "customer_ambiguous", "con_2"),
    ],
)
def test_what_is_left_to_a_person(
    stripe: StripeCustomer, found: Found, known: Known, kind: str, says: str
) -> None:
    match = match_customer(stripe, found, known, may_create=True)
    (exception,) = match.exceptions
    assert exception.kind == kind
    assert exception.customer_id == "cus_1"
    assert says in exception.message
    assert "ann" not in exception.message.lower()


def test_nobody_is_made_where_customers_are_only_linked() -> None:
    assert match_customer(ANN, Found(), PAID, may_create=False).state is CustomerState.UNKNOWN


CONTACTS = st.builds(
    contact,
    st.sampled_from(["con_1", "con_2"]),
    st.sampled_from([None, "cus_1", "cus_9"]),
)


@given(
    st.builds(
        replace,
        st.just(ANN),
        email=st.sampled_from([None, "ann@example.com"]),
        monstock_customer_id=st.sampled_from([None, "con_1"]),
        deleted=st.booleans(),
    ),
    st.builds(
        Found,
        bearing=st.lists(st.just(BEARER), max_size=2).map(tuple),
        named=st.none() | CONTACTS,
        by_email=st.lists(CONTACTS, max_size=2).map(tuple),
    ),
    st.builds(
        Known,
        linked_to=st.sampled_from([None, "con_1"]),
        same_email=st.integers(1, 2),
        has_paid=st.booleans(),
        claimed=st.sampled_from([frozenset(), frozenset({"con_1"})]),
    ),
    st.booleans(),
)
def test_an_id_is_written_only_where_none_stands_and_nobody_is_made_who_is_there(
    stripe: StripeCustomer, found: Found, known: Known, may_create: bool
) -> None:
    match = match_customer(stripe, found, known, may_create=may_create)
    if match.state is CustomerState.LINK:
        assert match.customer is not None
        assert match.customer.stripe_customer_id is None
        assert not found.bearing
        assert match.customer.id not in known.claimed
    if match.state is CustomerState.CREATE:
        assert may_create
        assert known.has_paid
        assert not (found.bearing or found.by_email)
        assert stripe.monstock_customer_id is None
    assert (match.state is CustomerState.UNDECIDED) <= bool(match.exceptions)


def stripe_object(**fields: Any) -> dict[str, Any]:
    return {
        "id": "cus_1",
        "object": "customer",
        "address": {"line1": "1 Road", "country": "FR"},
        "created": NOON_SECONDS,
        "email": "ann@example.com",
        "livemode": False,
        "metadata": {"monstock_customer_id": "con_1", "monstock_tenant": "north"},
        "name": "Ann",
        "phone": None,
    } | fields


def test_a_customer_is_read_with_what_their_metadata_say() -> None:
    read = customer_from_stripe(stripe_object(), 7)
    assert read == StripeCustomer(
        stripe_customer_id="cus_1",
        version=7,
        livemode=False,
        created_at=NOON,
        email="ann@example.com",
        name="Ann",
        address=Address(line1="1 Road", country="FR"),
        monstock_customer_id="con_1",
        tenant="north",
    )
    assert stripe_customer_from_record(stripe_customer_to_record(read)) == read


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (stripe_object(livemode=None), "customer cus_1: livemode must be true or false"),
        (stripe_object(created=None), "customer cus_1: created must be a whole number"),
        (stripe_object(email=["ann@example.com"]), "customer cus_1: email must be a text or null"),
        (stripe_object(address="1 Road"), "customer cus_1: address must hold names and values"),
        (stripe_object(id=""), "customer : id is empty"),
        ({}, "customer None: not as Stripe has them"),
        (None, "not a Stripe object but a NoneType"),
    ],
)
def test_what_is_no_customer_is_refused_without_its_content(record: Any, message: str) -> None:
    with pytest.raises(RecordError) as refused:
        customer_from_stripe(record, 1)
    assert message in str(refused.value)
    assert "ann" not in str(refused.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"stripe_customer_id": None}, "stripe_customer_id must be string, not NoneType"),
        ({"version": 1.5}, "version must be integer, not float"),
        ({"email": 7}, "email must be string or null, not int"),
        ({"address": "1 Road"}, "address must be object or null, not str"),
        ({"created_at": "yesterday"}, "created_at is not a date and time"),
    ],
)
def test_a_record_that_breaks_the_schema_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        stripe_customer_from_record(stripe_customer_to_record(ANN) | fields)


def test_the_later_reading_counts_and_who_is_deleted_stays_so() -> None:
    later, gone = replace(ANN, version=2, name="Anna"), replace(ANN, deleted=True)
    assert latest(later, ANN) == latest(ANN, later) == later
    assert latest(later, gone) == latest(gone, later) == gone
    assert latest(ANN, None) == ANN
