"""What a world goes through, drawn by hypothesis: acts, runs in any order, faults."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

# What happens often stands more than once.
VERBS = (
    *("order", "order", "order", "pay", "pay", "pay", "pay", "begin", "try", "capture", "settle"),
    *("refund", "refund", "dispute", "close dispute", "retotal", "cancel", "ship", "refer"),
    *("cash", "cash back", "edit row", "delete row", "edit status", "edit customer"),
    *("link", "link", "relink", "annotate by hand"),
    *("pay what is asked", "pay what is asked", "close what is asked"),
)
TO_MONSTOCK, TO_STRIPE = "stripe-to-monstock", "monstock-to-stripe"
FAULTS = ("", "", "", "429", "500", "cut_before", "cut_after", "cut_half")


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happens.

    Args:
        verb: what.
        which: to which of those that it can happen to, and how.
        size: how much.
    """

    verb: str
    which: int
    size: int


@dataclass(frozen=True, slots=True)
class Running:
    """A run of one pipeline.

    Args:
        pipeline: which.
        before: what happens before it.
        meanwhile: what happens when so many requests have been made of either system.
        fault: what goes wrong with some requests; "" for nothing.
        every: with each how many-th request.
        cut: the tap ends after so many lines; None for never.
    """

    pipeline: str
    before: tuple[Act, ...]
    meanwhile: tuple[tuple[int, Act], ...]
    fault: str
    every: int
    cut: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole world.

    Args:
        seed: of the sandbox.
        profile: of Monstock's API.
        order_as: how orders are made known to Stripe.
        runs: in their order.
    """

    seed: int
    profile: str
    order_as: str
    runs: tuple[Running, ...]


def acts() -> st.SearchStrategy[Act]:
    """Draw one act."""
    return st.builds(Act, st.sampled_from(VERBS), st.integers(0, 11), st.integers(0, 30))


def runs() -> st.SearchStrategy[Running]:
    """Draw one run, with what happens around it."""
    return st.builds(
        Running,
        pipeline=st.sampled_from((TO_MONSTOCK, TO_STRIPE)),
        before=st.lists(acts(), min_size=1, max_size=8).map(tuple),
        meanwhile=st.lists(st.tuples(st.integers(1, 20), acts()), max_size=2).map(
            lambda some: tuple(sorted(some, key=lambda one: one[0]))
        ),
        fault=st.sampled_from(FAULTS),
        every=st.integers(2, 5),
        cut=st.sampled_from((None, None, None, 2, 5)),
    )


def plans(order_as: str = "annotate") -> st.SearchStrategy[Plan]:
    """Draw a world."""
    return st.builds(
        Plan,
        seed=st.integers(0, 1_000),
        profile=st.sampled_from(("monstock", "monstock-fr")),
        order_as=st.just(order_as),
        runs=st.lists(runs(), min_size=3, max_size=6).map(tuple),
    )
