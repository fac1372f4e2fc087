"""Orders that were just read are not read again, and no more of them are kept than a number."""

from monstock_stripe_core.testing import example_order
from target_monstock.fresh import FreshOrders


def test_an_order_is_given_out_once() -> None:
    fresh = FreshOrders()
    order = example_order(id="a", etag="1")
    fresh.add([order])
    assert fresh.take("a") is order
    assert fresh.take("a") is None


def test_an_order_without_a_condition_is_read_again() -> None:
    fresh = FreshOrders()
    fresh.add([example_order(id="a", etag="1")])
    fresh.add([example_order(id="a", etag=None)])
    assert fresh.take("a") is None


def test_the_last_reading_counts_and_the_oldest_go_first() -> None:
    fresh = FreshOrders(most=2)
    fresh.add([example_order(id=name, etag="1") for name in ("a", "b")])
    fresh.add([example_order(id="a", etag="2"), example_order(id="c", etag="1")])
    found = {name: fresh.take(name) for name in ("a", "b", "c")}
    assert {name: order and order.etag for name, order in found.items()} == {
        "a": "2",
        "b": None,
        "c": "1",
    }
