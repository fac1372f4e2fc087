"""Annotations: what is written, what is never overwritten, and that nothing is written twice."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.link_annotation import annotated_rule, stale_keys
from monstock_stripe_core.order import OrderState
from monstock_stripe_core.order_record import OrderRecord
from monstock_stripe_core.stripe_annotation import (
    OUR_KEYS,
    Annotated,
    AnnotationRules,
    AnnotationStep,
    AnnotationWrite,
    LastAnnotation,
    annotate,
    unannotate,
)

ORDER = OrderRecord(
    "ord_1", "SO-1", OrderState.VALIDATED, "EUR", 1000, datetime(2026, 11, 20, tzinfo=UTC)
)
RULES = AnnotationRules()
OURS = {
    "monstock_order_id": "ord_1",
    "monstock_order_number": "SO-1",
    "monstock_order_status": "validated",
    "monstock_link_rule": "metadata; ord_1; SO-1",
}


def intent(metadata: Mapping[str, str] | None = None, **fields: str) -> Annotated:
    return Annotated("payment_intent", "pi_1", metadata or {}, **fields)


def applied(thing: Annotated, write: AnnotationWrite | None) -> Annotated:
    """The object as it is once Stripe took a write."""
    if write is None:
        return thing
    metadata = {k: v for k, v in {**thing.metadata, **write.metadata}.items() if v}
    description = thing.description if write.description is None else write.description
    reference = thing.order_reference
    reference = reference if write.order_reference is None else write.order_reference
    return replace(
        thing,
        metadata=metadata,
        description=description or None,
        order_reference=reference or None,
    )


@pytest.mark.parametrize(
    ("metadata", "written"),
    [
        ({}, OURS),
        (OURS, {}),
        ({"cart": "7"}, OURS),
        ({**OURS, "monstock_order_status": "draft"}, {"monstock_order_status": "validated"}),
        (
            {**OURS, "monstock_link_rule": "description; ord_1; SO-1"},
            {"monstock_link_rule": "metadata; ord_1; SO-1"},
        ),
        (
            # Ours, of an order that the payment has left.
            {
                "monstock_order_id": "ord_9",
                "monstock_order_number": "SO-9",
                "monstock_order_status": "validated",
                "monstock_link_rule": "suggestion; ord_9; SO-9",
            },
            {key: value for key, value in OURS.items() if key != "monstock_order_status"},
        ),
        # Somebody else's word for this order is completed, and stays his.
        (
            {"monstock_order_number": "SO-1"},
            {
                "monstock_order_id": "ord_1",
                "monstock_order_status": "validated",
                "monstock_link_rule": "said_by_others; ord_1; SO-1",
            },
        ),
        (
            {**OURS, "monstock_link_rule": "metadata; ord_9; SO-9"},
            {"monstock_link_rule": "said_by_others; ord_1; SO-1"},
        ),
    ],
)
def test_the_keys_that_are_written(metadata: dict[str, str], written: dict[str, str]) -> None:
    step = annotate(intent(metadata), ORDER, "metadata", RULES, None, "pi_1")

    assert step.exception is None
    assert (dict(step.write.metadata) if step.write else {}) == written


@pytest.mark.parametrize(
    "metadata",
    [
        {"monstock_order_id": "ord_9"},
        {"monstock_order_number": "SO-9"},
        {"monstock_order_id": "ord_1", "monstock_order_number": "SO-9"},
        {**OURS, "monstock_order_id": "ord_9"},
        {**OURS, "monstock_order_number": "SO-9"},
    ],
)
def test_what_names_another_order_is_left_and_reported(metadata: dict[str, str]) -> None:
    step = annotate(intent(metadata), ORDER, "metadata", RULES, None, "pi_1")

    assert step.write is None
    assert step.exception is not None
    assert step.exception.kind is ExceptionKind.OTHER_ORDER_NAMED


@pytest.mark.parametrize(
    ("on_the_intent", "written"),
    [
        # Somebody relinked the payment in the Dashboard: the Charge's copy is outdated.
        ({"monstock_order_id": "ord_1"}, True),
        ({"monstock_order_number": "SO-1"}, True),
        ({**OURS, "monstock_link_rule": "said_by_others; ord_1; SO-1"}, True),
        # Nobody's word but ours stands against the copy.
        ({}, False),
        (OURS, False),
        ({"monstock_order_id": "ord_9"}, False),
        ({"monstock_order_id": "ord_1", "monstock_tenant": "paris"}, False),
    ],
)
def test_a_charges_copy_counts_no_more_where_its_intent_was_relinked(
    on_the_intent: dict[str, str], written: bool
) -> None:
    charge = Annotated("charge", "ch_1", {"monstock_order_number": "SO-9", "cart": "7"})
    rules = AnnotationRules(tenant="lyon")

    step = annotate(charge, ORDER, "metadata", rules, None, "pi_1", intent(on_the_intent))

    assert (step.write is not None) is written
    assert (step.exception is None) is written
    if step.write is not None:
        assert dict(step.write.metadata) == {**OURS, "monstock_tenant": "lyon"}
        once = applied(charge, step.write)
        again = annotate(once, ORDER, "metadata", rules, None, "pi_1", intent(on_the_intent))
        assert again == AnnotationStep()


@pytest.mark.parametrize(
    ("tenant", "named", "refused"),
    [
        (None, "paris", False),
        ("lyon", "paris", True),
        ("lyon", "lyon", False),
        ("lyon", None, False),
    ],
)
def test_another_tenants_payment_is_left(
    tenant: str | None, named: str | None, refused: bool
) -> None:
    metadata = {**OURS, **({"monstock_tenant": named} if named else {})}

    step = annotate(intent(metadata), ORDER, "metadata", AnnotationRules(tenant), None, "pi_1")

    assert (step.exception is not None) is refused


@pytest.mark.parametrize(
    ("present", "last", "metadata", "written"),
    [
        (None, None, {}, "Order SO-1"),
        ("", None, {}, "Order SO-1"),
        ("Order SO-1", None, {}, None),
        ("Blue chair", None, {}, None),
        ("Blue chair", "Blue chair", {}, "Order SO-1"),
        ("Order SO-0", None, {}, None),
        (
            "Order SO-0",
            None,
            {"monstock_order_id": "ord_1", "monstock_order_number": "SO-0",
             "monstock_link_rule": "metadata; ord_1; SO-0"},
            "Order SO-1",
        ),
    ],
)  # fmt: skip
def test_a_description_is_written_where_there_is_none_or_ours(
    present: str | None, last: str | None, metadata: dict[str, str], written: str | None
) -> None:
    thing = intent(metadata, **({} if present is None else {"description": present}))

    step = annotate(thing, ORDER, "metadata", RULES, LastAnnotation(description=last), "pi_1")

    assert (step.write.description if step.write else None) == written


def test_an_invoice_gets_neither_description_nor_reference() -> None:
    step = annotate(Annotated("invoice", "in_1"), ORDER, "metadata", RULES, None, "in_1")

    assert step.write == AnnotationWrite("invoice", "in_1", metadata=OURS)


@pytest.mark.parametrize(
    ("number", "others", "fits"),
    [("SO-1", 46, True), ("SO-1", 47, False), ("x" * 400, 0, True), ("x" * 490, 0, False)],
)
def test_what_stripe_cannot_keep_is_said_and_not_cut(number: str, others: int, fits: bool) -> None:
    thing = intent({f"key_{n}": "x" for n in range(others)})

    step = annotate(thing, replace(ORDER, order_number=number), "metadata", RULES, None, "pi_1")

    assert (step.exception is None) is fits
    assert (step.write is not None) is fits


@pytest.mark.parametrize(
    ("metadata", "taken"),
    [
        (OURS, set(OURS)),
        ({**OURS, "cart": "7"}, set(OURS)),
        (
            {**OURS, "monstock_order_id": "ord_9"},
            {"monstock_order_status", "monstock_link_rule"},
        ),
        (
            {**OURS, "monstock_link_rule": "said_by_others; ord_1; SO-1"},
            {"monstock_order_status", "monstock_link_rule"},
        ),
        ({"monstock_order_number": "SO-1"}, set()),
        ({}, set()),
        (
            {
                **OURS,
                "monstock_order_id": "ord_9",
                "monstock_link_rule": "metadata; ord_9; SO-1",
            },
            set(),
        ),
    ],
)
def test_what_is_taken_away_is_only_ours(metadata: dict[str, str], taken: set[str]) -> None:
    write = unannotate(intent(metadata), "ord_1", RULES, LastAnnotation())

    assert (set(write.metadata) if write else set()) == taken
    assert write is None or set(write.metadata.values()) <= {""}


_words = st.sampled_from(["", "ord_1", "ord_2", "SO-1", "SO-2"])
_metadata = st.fixed_dictionaries(
    {},
    optional={
        "monstock_order_id": _words,
        "monstock_order_number": _words,
        "monstock_order_status": st.sampled_from(["draft", "shipped"]),
        "monstock_link_rule": st.sampled_from(
            ["metadata", "metadata; ord_1; SO-1", "decision; ord_2; SO-2", "x; ord_1; SO-2"]
        ),
        "cart": st.just("7"),
    },
).map(lambda found: {key: value for key, value in found.items() if value})
_things = st.builds(
    intent,
    _metadata,
    description=st.sampled_from(["Order SO-1", "Order SO-2", "Blue chair", ""]),
    order_reference=st.sampled_from(["SO-1", "SO-2", "", "theirs"]),
)
_orders = st.builds(
    lambda which, state: replace(
        ORDER, order_id=f"ord_{which}", order_number=f"SO-{which}", state=state
    ),
    st.sampled_from([1, 2]),
    st.sampled_from(list(OrderState)),
)


@given(_things, _orders, st.sampled_from(["metadata", "decision", "monstock"]))
def test_once_it_is_annotated_nothing_is_left_to_write(
    thing: Annotated, order: OrderRecord, rule: str
) -> None:
    step = annotate(thing, order, rule, RULES, None, "pi_1")
    after = applied(thing, step.write)

    assert annotate(after, order, rule, RULES, None, "pi_1").write is None


@given(_things, _orders, st.sampled_from(["metadata", "decision", "monstock"]))
def test_what_is_not_ours_stays(thing: Annotated, order: OrderRecord, rule: str) -> None:
    after = applied(thing, annotate(thing, order, rule, RULES, None, "pi_1").write)
    gone = applied(after, unannotate(after, order.order_id, RULES, LastAnnotation()))

    for one in (after, gone):
        assert one.metadata.get("cart") == thing.metadata.get("cart")
        assert one.description == "Blue chair" or thing.description != "Blue chair"
        assert one.order_reference == "theirs" or thing.order_reference != "theirs"
    if annotated_rule(thing.metadata) is None:  # a person's keys
        for key in ("monstock_order_id", "monstock_order_number"):
            if key in thing.metadata and key not in stale_keys(thing.metadata):
                assert after.metadata[key] == gone.metadata[key] == thing.metadata[key]


@given(_things, _orders, _orders)
def test_a_payment_that_goes_from_order_to_order_and_leaves_keeps_nothing_of_ours(
    thing: Annotated, first: OrderRecord, second: OrderRecord
) -> None:
    plain = replace(
        thing,
        metadata={k: v for k, v in thing.metadata.items() if k not in OUR_KEYS},
        description=None,
        order_reference=None,
    )

    moved = applied(plain, annotate(plain, first, "metadata", RULES, None, "pi_1").write)
    moved = applied(moved, annotate(moved, second, "decision", RULES, None, "pi_1").write)
    gone = applied(moved, unannotate(moved, second.order_id, RULES, LastAnnotation()))

    assert gone == plain
