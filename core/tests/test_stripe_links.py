"""What a payment says of its order: where it may stand, how far each place is trusted."""

import re
from typing import Any

import pytest
from monstock_stripe_core.payment import LinkCandidate, LinkRule
from monstock_stripe_core.stripe_links import CandidateRules, link_candidates
from monstock_stripe_core.testing import stripe_charge, stripe_intent, stripe_snapshot

BY_ID = {"monstock_order_id": "ord_1"}
BY_NUMBER = {"monstock_order_number": "SO-1"}
ID_1 = LinkCandidate(LinkRule.METADATA, order_id="ord_1")
NUMBER_1 = LinkCandidate(LinkRule.METADATA, order_number="SO-1")


def session(**fields: Any) -> dict[str, Any]:
    return {
        "id": "cs_1",
        "client_reference_id": None,
        "metadata": {},
        "payment_link": None,
    } | fields


def found(record: dict[str, Any], rules: CandidateRules | None = None) -> list[LinkCandidate]:
    return list(link_candidates(record, rules or CandidateRules()))


@pytest.mark.parametrize(
    "record",
    [
        stripe_snapshot(stripe_intent(metadata=BY_ID)),
        stripe_snapshot(stripe_intent(), stripe_charge(metadata=BY_ID)),
        stripe_snapshot(None, stripe_charge(metadata=BY_ID)),
        stripe_snapshot(stripe_intent(), checkout_sessions=[session(metadata=BY_ID)]),
        stripe_snapshot(stripe_intent(), invoices=[{"id": "in_1", "metadata": BY_ID}]),
        stripe_snapshot(
            stripe_intent(),
            checkout_sessions=[session(payment_link={"id": "plink_1", "metadata": BY_ID})],
        ),
    ],
    ids=["intent", "charge of an intent", "charge", "session", "invoice", "payment link"],
)
def test_our_keys_are_found_in_the_metadata_of(record: dict[str, Any]) -> None:
    assert found(record) == [ID_1]


def test_an_order_can_be_named_by_its_number() -> None:
    assert found(stripe_snapshot(stripe_intent(metadata=BY_NUMBER))) == [NUMBER_1]


def test_the_charges_old_copy_does_not_speak_against_a_relinked_intent() -> None:
    record = stripe_snapshot(
        stripe_intent(metadata={"monstock_order_id": "ord_2"}), stripe_charge(metadata=BY_ID)
    )
    assert found(record) == [LinkCandidate(LinkRule.METADATA, order_id="ord_2")]


def test_a_key_that_was_emptied_names_nothing() -> None:
    assert found(stripe_snapshot(stripe_intent(metadata={"monstock_order_id": "  "}))) == []


def test_a_client_reference_may_be_number_or_id() -> None:
    record = stripe_snapshot(stripe_intent(), checkout_sessions=[session(client_reference_id="A7")])
    assert found(record) == [
        LinkCandidate(LinkRule.CLIENT_REFERENCE, order_number="A7"),
        LinkCandidate(LinkRule.CLIENT_REFERENCE, order_id="A7"),
    ]


def test_an_order_reference_may_be_number_or_id() -> None:
    record = stripe_snapshot(stripe_intent(payment_details={"order_reference": "A7"}))
    assert found(record) == [
        LinkCandidate(LinkRule.ORDER_REFERENCE, order_number="A7"),
        LinkCandidate(LinkRule.ORDER_REFERENCE, order_id="A7"),
    ]


def test_a_shops_own_keys_say_nothing_unless_a_setting_names_them() -> None:
    record = stripe_snapshot(stripe_intent(metadata={"order_id": "1001"}))
    assert found(record) == []
    assert found(record, CandidateRules(shop_metadata_keys=("order_id",))) == [
        LinkCandidate(LinkRule.SHOP_METADATA, channel_reference="1001")
    ]


@pytest.mark.parametrize(
    ("pattern", "description", "reference"),
    [
        (r"SO-\d+", "Payment for SO-1 (web)", "SO-1"),
        (r"order (SO-\d+)", "order SO-1", "SO-1"),
        (r"(\w+) (?P<number>SO-\d+)", "order SO-1", "SO-1"),
        (r"#(?P<id>ord_\w+)", "see #ord_1", "ord_1"),
    ],
)
def test_a_description_is_searched_by_pattern(
    pattern: str, description: str, reference: str
) -> None:
    record = stripe_snapshot(stripe_intent(description=description))
    rules = CandidateRules(description_pattern=re.compile(pattern))
    assert [one.reference for one in found(record, rules)] == [
        ("number", reference),
        ("id", reference),
    ]
    assert found(record) == []


@pytest.mark.parametrize("description", [None, "", "nothing here"])
def test_a_description_without_a_match_names_nothing(description: str | None) -> None:
    rules = CandidateRules(description_pattern=re.compile(r"SO-\d+"))
    assert found(stripe_snapshot(stripe_intent(description=description)), rules) == []


def test_a_key_can_name_its_tenant() -> None:
    record = stripe_snapshot(stripe_intent(metadata={**BY_ID, "monstock_tenant": "lyon"}))
    assert found(record) == [LinkCandidate(LinkRule.METADATA, order_id="ord_1", tenant="lyon")]


ANNOTATED = {"monstock_order_id": "ord_1", "monstock_order_number": "SO-1"}


@pytest.mark.parametrize(
    ("annotated", "rule"),
    [
        ("metadata", LinkRule.METADATA),
        ("client_reference_id", LinkRule.CLIENT_REFERENCE),
        ("order_reference", LinkRule.ORDER_REFERENCE),
        ("shop_metadata", LinkRule.SHOP_METADATA),
        ("description", LinkRule.DESCRIPTION),
        ("suggestion", LinkRule.SUGGESTION),
        ("decision", LinkRule.METADATA),
        ("monstock", LinkRule.MONSTOCK),
        ("nonsense", LinkRule.MONSTOCK),
    ],
)
def test_our_own_annotation_keeps_the_rank_of_what_it_rests_on(
    annotated: str, rule: LinkRule
) -> None:
    metadata = {**ANNOTATED, "monstock_link_rule": f"{annotated}; ord_1; SO-1"}
    record = stripe_snapshot(stripe_intent(metadata=metadata))
    assert found(record) == [
        LinkCandidate(rule, order_id="ord_1"),
        LinkCandidate(rule, order_number="SO-1"),
    ]


@pytest.mark.parametrize(
    "edit",
    [
        {"monstock_order_id": "ord_2"},
        {"monstock_order_number": "SO-2"},
        {"monstock_link_rule": "client_reference_id"},
    ],
)
def test_an_annotation_that_a_person_edited_is_what_that_person_says(edit: dict[str, str]) -> None:
    metadata = {**ANNOTATED, "monstock_link_rule": "suggestion; ord_1; SO-1", **edit}
    record = stripe_snapshot(stripe_intent(metadata=metadata))
    assert {one.rule for one in found(record)} == {LinkRule.METADATA}


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"monstock_order_id": "ord_2"}, LinkCandidate(LinkRule.METADATA, order_id="ord_2")),
        ({"monstock_order_number": "SO-2"}, LinkCandidate(LinkRule.METADATA, order_number="SO-2")),
    ],
)
def test_the_key_beside_the_one_that_a_person_edited_says_nothing(
    edit: dict[str, str], said: LinkCandidate
) -> None:
    metadata = {**ANNOTATED, "monstock_link_rule": "metadata; ord_1; SO-1", **edit}
    assert found(stripe_snapshot(stripe_intent(metadata=metadata))) == [said]


def test_what_we_wrote_beside_an_annotation_is_no_better_evidence() -> None:
    record = stripe_snapshot(
        stripe_intent(
            metadata={**ANNOTATED, "monstock_link_rule": "suggestion; ord_1; SO-1"},
            payment_details={"order_reference": "SO-1"},
            description="Order SO-1",
        ),
        stripe_charge(description="Order SO-1"),
    )
    rules = CandidateRules(description_pattern=re.compile(r"SO-\d+"))
    assert {one.rule for one in found(record, rules)} == {LinkRule.SUGGESTION}


def test_another_order_beside_an_annotation_is_evidence() -> None:
    record = stripe_snapshot(
        stripe_intent(
            metadata={**ANNOTATED, "monstock_link_rule": "suggestion; ord_1; SO-1"},
            payment_details={"order_reference": "SO-2"},
        )
    )
    assert LinkCandidate(LinkRule.ORDER_REFERENCE, order_number="SO-2") in found(record)


def test_the_most_trusted_comes_first() -> None:
    record = stripe_snapshot(
        stripe_intent(
            metadata={**BY_ID, "order_id": "1001"},
            payment_details={"order_reference": "A7"},
            description="SO-9",
        ),
        checkout_sessions=[session(client_reference_id="A8")],
    )
    rules = CandidateRules(("order_id",), re.compile(r"SO-\d+"))
    assert list(dict.fromkeys(one.rule for one in found(record, rules))) == [
        LinkRule.METADATA,
        LinkRule.CLIENT_REFERENCE,
        LinkRule.ORDER_REFERENCE,
        LinkRule.SHOP_METADATA,
        LinkRule.DESCRIPTION,
    ]


def test_what_is_said_twice_is_one_candidate() -> None:
    record = stripe_snapshot(
        stripe_intent(metadata=BY_ID), checkout_sessions=[session(metadata=BY_ID)]
    )
    assert found(record) == [ID_1]


def test_a_reference_is_as_long_as_stripe_allows() -> None:
    record = stripe_snapshot(stripe_intent(metadata={"monstock_order_id": "x" * 10_000}))
    assert found(record)[0].order_id == "x" * 500


@pytest.mark.parametrize("value", [7, 1.5, True, None, [], {}])
def test_a_reference_is_a_text(value: object) -> None:
    assert found(stripe_snapshot(stripe_intent(metadata={"monstock_order_id": value}))) == []
