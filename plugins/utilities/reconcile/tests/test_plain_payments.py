"""What SQL asks for in short comes to what the core says of the whole snapshot."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from monstock_stripe_core.errors import PaymentError
from monstock_stripe_core.payment_checks import AMOUNTS
from monstock_stripe_core.stripe_payment import payment_from_stripe
from monstock_stripe_core.testing import stripe_refund
from reconcile_world import THEN, World, rows, run_on

_SHOWN = [name for name in AMOUNTS if name != "funded"]
_SECONDS = int(THEN.timestamp())

refunds = st.builds(
    stripe_refund,
    id=st.uuids().map(lambda each: f"re_{each.hex}"),
    amount=st.one_of(st.integers(0, 9), st.integers(0, 10**12), st.sampled_from(["7", 7.5, None])),
    status=st.sampled_from(
        ["succeeded", "succeeded", "pending", "requires_action", "failed", "canceled", None, "new"]
    ),
    created=st.integers(_SECONDS, _SECONDS + 3),
    balance_transaction=st.sampled_from([None, "txn_1", {"id": "txn_2"}]),
)
statuses = st.sampled_from(
    [*["succeeded"] * 3, "processing", "canceled", "requires_payment_method", "requires_action"]
)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 10**12), statuses, st.lists(refunds, max_size=3)), min_size=20
    )
)
def test_payments_come_to_what_the_core_says(made: list[tuple[int, str, list[Any]]]) -> None:
    world = World()
    world.order(100)
    for amount, status, gone in made:
        payment = world.payment(None, amount)
        payment["refunds"] = gone
        payment["payment_intent"]["status"] = status
        if status != "succeeded":
            payment["payment_intent"]["amount_received"] = 0
    right, refused = {}, set()
    for record in world.payments:
        try:
            found = payment_from_stripe(record)
        except PaymentError:
            refused.add(record["id"])
        else:
            assert found is not None
            right[record["id"]] = (found.status, *(getattr(found, name) for name in _SHOWN))
    with TemporaryDirectory() as folder:
        result = run_on(world, Path(folder))
        query = f"SELECT transaction_reference, status, {', '.join(_SHOWN)} FROM payments"
        assert {each[0]: each[1:] for each in rows(result, query)} == right
        unreadable = rows(result, "SELECT facts FROM findings WHERE reason = 'unreadable'")
        assert len(unreadable) == len(refused)
