"""Reading a request's parameters: what Stripe's encoding means, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from monstock_stripe_sandbox import stripe_params as params
from monstock_stripe_sandbox.stripe_catalog import LISTS
from monstock_stripe_sandbox.stripe_errors import StripeError
from monstock_stripe_sandbox.stripe_filters import FILTERS
from monstock_stripe_sandbox.stripe_world import SECRET_KEY
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox


@pytest.mark.parametrize(
    ("query", "decoded"),
    [
        (
            "limit=3&created[gte]=5&created[lt]=9",
            {"limit": "3", "created": {"gte": "5", "lt": "9"}},
        ),
        ("expand[]=a&expand[]=b.c", {"expand": ["a", "b.c"]}),
        ("expand[0]=a&expand[1]=b", {"expand": {"0": "a", "1": "b"}}),
        ("metadata[7]=x&metadata[k%20y]=z", {"metadata": {"7": "x", "k y": "z"}}),
        ("payment[type]=payment_intent", {"payment": {"type": "payment_intent"}}),
        ("description=", {"description": ""}),
    ],
)
def test_brackets_nest(query: str, decoded: dict[str, Any]) -> None:
    assert params.decode(query) == decoded


def test_arrays_come_with_and_without_numbers() -> None:
    check = params.texts()
    assert check("expand", ["a", "b"]) == check("expand", {"0": "a", "1": "b"}) == ["a", "b"]
    with pytest.raises(StripeError, match="Invalid array"):
        check("expand", {"a": "b"})


@pytest.mark.parametrize("text", ["1_0", "\uff11", "+1", " 1", "1.0", "1e3", "--1", "9" * 30])
def test_only_plain_whole_numbers_are_integers(text: str) -> None:
    with pytest.raises(StripeError, match="Invalid integer"):
        params.integer("limit", text)


FURTHER = (
    "apps/secrets",
    "file_links",
    "payment_method_configurations",
    "subscriptions",
    "tax_ids",
)
NAMES = sorted(
    {name for filters in FILTERS.values() for name in filters}
    | {name for path in FURTHER for name in LISTS[f"/v1/{path}"].parameters}
)
PIECES = st.sampled_from(["", "[]", "[0]", "[gte]", "[type]", "[payment_intent]", "[a][b]", "["])
VALUES = st.one_of(st.integers().map(str), st.text(max_size=8), st.sampled_from(["data", "true"]))
QUERIES = st.lists(
    st.tuples(st.tuples(st.sampled_from(NAMES), PIECES).map("".join), VALUES), max_size=4
)


@pytest.fixture(scope="module")
def sandbox() -> Any:
    with running_sandbox() as running:
        running.stripe.pay_invoice(running.stripe.invoice(1000, "eur"))
        running.stripe.product("Thing")
        for further in FURTHER:
            running.stripe.create(f"/v1/{further}")
        yield running


@settings(max_examples=150, deadline=None)
@given(
    path=st.sampled_from(["charges", "events", "invoice_payments", "prices", *FURTHER]),
    query=QUERIES,
)
def test_no_query_breaks_the_server(
    sandbox: RunningSandbox, path: str, query: list[tuple[str, str]]
) -> None:
    answer = requests.get(
        f"{sandbox.stripe_url}/v1/{path}", params=query, auth=(SECRET_KEY, ""), timeout=10
    )
    assert answer.status_code in (200, 400)
    assert answer.json()
