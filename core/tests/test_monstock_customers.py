"""Customers, on the default profile and on the one that is unlike it: the same behaviour."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from monstock_stripe_core.customer import Address, Customer
from monstock_stripe_core.monstock_call import Patience
from monstock_stripe_core.monstock_client import MonstockClient
from monstock_stripe_core.monstock_errors import (
    MonstockConflict,
    MonstockUncertain,
    MonstockUnsupported,
)
from monstock_stripe_core.profile import Profile, load_profile
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import MONSTOCK_PATHS, RunningSandbox, running_sandbox

TOKEN = "monstock-sandbox-token"
LYON = {"line1": "1 rue Mercière", "postal_code": "69002", "city": "Lyon", "country": "FR"}
NEW = Customer(
    id="",
    updated_at=datetime(2026, 3, 1, tzinfo=UTC),
    name="Ann",
    email="ann@example.com",
    phone="+33 4 00 00 00 00",
    address=Address(**LYON),
    stripe_customer_id="cus_new",
)


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


def client_of(sandbox: RunningSandbox, profile: Profile) -> MonstockClient:
    return MonstockClient(
        sandbox.monstock_url + MONSTOCK_PATHS[profile.name],
        TOKEN,
        profile,
        sleep=lambda _: None,
        patience=Patience(attempts=12),
    )


@pytest.fixture(params=MONSTOCK_PATHS)
def client(sandbox: RunningSandbox, request: pytest.FixtureRequest) -> MonstockClient:
    return client_of(sandbox, load_profile(request.param))


def read(client: MonstockClient, customer_id: str) -> Customer:
    customer = client.customer(customer_id)
    assert customer is not None
    return customer


def test_a_customer_is_read(sandbox: RunningSandbox, client: MonstockClient) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    customer_id = sandbox.monstock.customer(
        "Ann", email="ann@example.com", phone="+33", address=LYON, stripe_customer_id="cus_1"
    )
    customer = read(client, customer_id)
    assert (customer.id, customer.name, customer.email) == (customer_id, "Ann", "ann@example.com")
    assert (customer.phone, customer.stripe_customer_id) == ("+33", "cus_1")
    assert customer.address == Address(**LYON)
    assert before <= customer.updated_at <= datetime.now(UTC)
    assert customer.created_at == customer.updated_at
    assert not customer.deleted


def test_what_is_not_known_of_a_customer_is_none(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    customer = read(client, sandbox.monstock.customer())
    assert (customer.name, customer.email, customer.phone) == (None, None, None)
    assert (customer.address, customer.stripe_customer_id) == (Address(), None)


def test_customers_are_found(sandbox: RunningSandbox, client: MonstockClient) -> None:
    twins = [sandbox.monstock.customer(name, email="Two@example.com") for name in ("Ann", "Bob")]
    linked = sandbox.monstock.customer("Eve", stripe_customer_id="cus_1")
    by_email = client.find_customers("email", ["two@EXAMPLE.com", "no@example.com"])
    assert sorted(one.id for one in by_email["two@EXAMPLE.com"]) == sorted(twins)
    assert by_email["no@example.com"] == ()
    by_stripe = client.find_customers("stripe_customer_id", ["cus_1", "cus_2"])
    assert {value: [one.id for one in found] for value, found in by_stripe.items()} == {
        "cus_1": [linked],
        "cus_2": [],
    }
    by_id = client.find_customers("id", [*twins, "con_nowhere"])
    assert [len(by_id[key]) for key in (*twins, "con_nowhere")] == [1, 1, 0]


def test_many_customers_are_found_by_id_in_one_request(sandbox: RunningSandbox) -> None:
    client = client_of(sandbox, load_profile("monstock"))
    ids = [sandbox.monstock.customer(str(number)) for number in range(100)]
    sandbox.monstock_controls.reset_counters()
    found = client.find_customers("id", ids)
    assert [found[one][0].id for one in ids] == ids
    assert sandbox.monstock_controls.requests == 1


def test_customers_that_changed_come_oldest_change_first(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    ids = []
    for number in range(120):
        with sandbox.clock.at(start.timestamp() + number):
            ids.append(sandbox.monstock.customer(f"C {number}"))
    sandbox.monstock.edit_customer(ids[7], name="Another")
    listed = [one.id for one in client.customers_updated_since(start + timedelta(seconds=5))]
    assert listed == [*ids[5:7], *ids[8:], ids[7]]


def test_a_customer_is_made(sandbox: RunningSandbox, client: MonstockClient) -> None:
    made = client.create_customer(NEW)
    assert made == read(client, made.id)
    assert replace(made, id="", updated_at=NEW.updated_at, created_at=None, etag=None) == NEW


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "cut_half", "half_json"])
def test_a_customer_is_made_once_where_answers_get_lost(
    sandbox: RunningSandbox, client: MonstockClient, kind: str
) -> None:
    sandbox.monstock_controls.set_faults(Fault(kind, method="POST", times=2))
    made = client.create_customer(NEW)
    assert [one.id for one in sandbox.monstock.customers()] == [made.id]
    assert client.create_customer(NEW).id == made.id


def test_a_customer_that_nothing_can_be_looked_for_by_is_not_made_blindly_again(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    sandbox.monstock_controls.set_faults(Fault("cut_after", method="POST", times=1))
    with pytest.raises(MonstockUncertain, match="a customer for nobody at Stripe"):
        client.create_customer(replace(NEW, stripe_customer_id=None))
    assert len(sandbox.monstock.customers()) == 1


def test_only_what_differs_is_written(sandbox: RunningSandbox, client: MonstockClient) -> None:
    """What staff change meanwhile in another field stays, where no condition refuses the write."""
    customer_id = sandbox.monstock.customer("Ann", email="ann@example.com", address=LYON)
    customer = replace(read(client, customer_id), etag=None)
    sandbox.monstock.edit_customer(customer_id, name="Anna", address={"city": "Paris"})
    address = replace(customer.address, line2="Étage 2")
    client.update_customer(customer, replace(customer, stripe_customer_id="cus_1", address=address))
    after = read(client, customer_id)
    assert (after.name, after.email, after.stripe_customer_id) == (
        "Anna",
        "ann@example.com",
        "cus_1",
    )
    assert (after.address.line2, after.address.city) == ("Étage 2", "Paris")


def test_a_field_is_taken_away(sandbox: RunningSandbox, client: MonstockClient) -> None:
    customer = read(client, sandbox.monstock.customer("Ann", stripe_customer_id="cus_1"))
    updated = client.update_customer(customer, replace(customer, stripe_customer_id=None))
    after = read(client, customer.id)
    assert after.stripe_customer_id is None
    assert (updated.updated_at, updated.etag) == (after.updated_at, after.etag)


def test_where_nothing_differs_nothing_is_asked(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    customer = read(client, sandbox.monstock.customer("Ann"))
    sandbox.monstock_controls.reset_counters()
    assert client.update_customer(customer, customer) is customer
    assert sandbox.monstock_controls.requests == 0


def test_a_write_to_a_customer_that_changed_meanwhile_is_a_conflict(
    sandbox: RunningSandbox,
) -> None:
    client = client_of(sandbox, load_profile("monstock"))
    customer = read(client, sandbox.monstock.customer("Ann"))
    sandbox.monstock.edit_customer(customer.id, phone="1")
    with pytest.raises(MonstockConflict, match=f"{customer.id} has changed since you read it"):
        client.update_customer(customer, replace(customer, name="Bob"))


def test_a_deleted_customer_is_none_and_its_write_a_conflict(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    customer_id = sandbox.monstock.customer("Ann", email="ann@example.com")
    customer = read(client, customer_id)
    sandbox.monstock.delete_customer(customer_id)
    assert client.customer(customer_id) is None
    assert client.find_customers("email", ["ann@example.com"])["ann@example.com"] == ()
    assert list(client.customers_updated_since(None)) == []
    shown = [
        (one.id, one.deleted) for one in client.customers_updated_since(None, with_deleted=True)
    ]
    marked = client.profile.customers is not None and client.profile.customers.removed is not None
    assert shown == ([(customer_id, True)] if marked else [])
    with pytest.raises(MonstockConflict):
        client.update_customer(customer, replace(customer, name="Bob"))


def test_a_tenant_without_customers_says_so(sandbox: RunningSandbox) -> None:
    client = client_of(sandbox, replace(load_profile("monstock"), customers=None))
    assert not client.has_customers
    assert not client.can_find_customers_by("id")
    with pytest.raises(MonstockUnsupported, match="profile 'monstock' has no customers"):
        client.customer("con_1")
    with pytest.raises(MonstockUnsupported, match="has no customers"):
        client.create_customer(NEW)


def test_a_tenant_whose_customers_cannot_be_written_says_so(sandbox: RunningSandbox) -> None:
    profile = load_profile("monstock")
    assert profile.customers is not None
    customers = replace(profile.customers, create=None, update=None)
    client = client_of(sandbox, replace(profile, customers=customers))
    customer = read(client, sandbox.monstock.customer("Ann"))
    with pytest.raises(MonstockUnsupported, match=r"no customers\.create"):
        client.create_customer(NEW)
    with pytest.raises(MonstockUnsupported, match=r"no customers\.update"):
        client.update_customer(customer, replace(customer, name="Bob"))
