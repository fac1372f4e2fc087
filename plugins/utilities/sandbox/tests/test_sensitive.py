"""What no log may hold is collected from both worlds, and found however it is written."""

import base64
import json
from urllib.parse import quote

import pytest
from monstock_stripe_sandbox.people import person
from monstock_stripe_sandbox.selling import Seller
from monstock_stripe_sandbox.sensitive import Sensitive, asked_of, leaks
from monstock_stripe_sandbox.testing import running_sandbox

ZOE = person(3)
NAME = Sensitive(ZOE.name, "a name")
KEY = Sensitive("a-key/of+ours", "a key")


def test_people_and_secrets_of_both_worlds_are_collected() -> None:
    with running_sandbox() as sandbox:
        Seller(sandbox.monstock_url).order(count=4, people=4, paid=True)
        endpoint = sandbox.stripe.webhook_endpoint("http://127.0.0.1:9/")
        found = {each.text: each.kind for each in asked_of(sandbox.monstock_url)}
        assert found == {each.text: each.kind for each in sandbox.sensitive()}
        secret = sandbox.stripe.webhook_secret(endpoint)
        customers = sandbox.stripe.all("customer")
        charge = sandbox.stripe.all("charge")[3]

    assert found["sk_test_sandbox"] == "an API key of Stripe"
    assert found["monstock-sandbox-token"] == "Monstock's token"
    assert found[secret] == "the secret of a webhook of Stripe"
    for each in (ZOE.name, ZOE.email, ZOE.phone, *filter(None, ZOE.address.values())):
        assert each == "FR" or each in found
    assert {"4242", "Xt5EWLLDS7FJjR1c"} <= set(found)
    assert [one["email"] for one in customers] == [person(number).email for number in range(4)]
    assert charge["billing_details"]["name"] == ZOE.name
    assert charge["receipt_email"] == ZOE.email


def test_who_buys_again_is_the_same_customer_in_both_systems() -> None:
    with running_sandbox() as sandbox:
        Seller(sandbox.monstock_url).order(count=5, people=2, paid=True)
        assert len(sandbox.stripe.all("customer")) == len(sandbox.monstock.customers()) == 2


@pytest.mark.parametrize(
    "written",
    [
        f"wrote {ZOE.name}, done",
        f"wrote {ZOE.name.upper()}",
        json.dumps({"name": ZOE.name}),
        repr({"name": ZOE.name}),
        f"GET /customers?name={quote(ZOE.name)}&page=1",
    ],
)
def test_a_text_is_found_however_it_is_written(written: str) -> None:
    (leak,) = leaks(f"first line\n{written}\nlast line", [NAME])
    assert (leak.kind, leak.line_number, leak.line) == ("a name", 2, written)


def test_a_key_is_found_in_the_header_that_it_makes() -> None:
    header = base64.b64encode(b"a-key/of+ours:").decode()
    assert [leak.kind for leak in leaks(f"Authorization: Basic {header}", [KEY])] == ["a key"]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("the key rk_live_51abc is refused", "an API key"),
        ("secret=whsec_Abc12", "a webhook's secret"),
        ("pi_3Abc_secret_Def", "a client secret"),
        ("mail to someone@else.example", "an e-mail address"),
        ("/customers?email=someone%40else.example", "an e-mail address"),
    ],
)
def test_what_looks_like_a_secret_is_found_without_being_known(said: str, kind: str) -> None:
    assert [leak.kind for leak in leaks(said, [])] == [kind]


def test_a_cards_digits_count_only_where_they_stand_alone() -> None:
    card = Sensitive("4242", "last4 of card")
    harmless = "pi_4242abc took 14242 ms, pid=4242, process 4242, at 12:00:01.424200"
    harmless += " for order SO-2026-04242"
    assert leaks(harmless, [card]) == []
    assert len(leaks("a visa card •••• 4242", [card])) == 1
