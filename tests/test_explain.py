"""`target-monstock explain` on every order of the scenarios, against what their authors wrote."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.pipeline import PaymentsPipe
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from monstock_stripe_sandbox.truth import OrderTruth
from target_common.testing import Called, called_here
from target_monstock.cli import main

DECIDED_BY = {
    "card payment": ("total_reached", {"metadata"}),
    "failed payment, then another": ("total_reached", {"metadata"}),
    "payment that nobody tried": ("nothing_came", {"metadata"}),
    "order that nobody paid": ("nothing_came", set()),
    "captured in part, then cancelled": ("part_came", {"metadata"}),
    "authorised for less than the total": ("total_reserved", {"metadata"}),
    "SEPA debit that failed": ("declined", {"metadata"}),
    "SEPA debit returned later": ("nothing_left", {"metadata"}),
    "debit on its way, then a card as well": ("more_than_total", {"metadata"}),
    "refund in part": ("part_went_back", {"metadata"}),
    "refund, then a new payment": ("total_reached", {"metadata"}),
    "dispute under review": ("dispute_open", {"metadata"}),
    "dispute lost": ("nothing_left", {"metadata"}),
    "dispute of a part, lost": ("part_went_back", {"metadata"}),
    "paid too much": ("more_than_total", {"metadata"}),
    "paid in another currency": ("nothing_came", {"metadata"}),
    "paid, and once more in another currency": ("dispute_open", {"metadata"}),
    "order_reference in the payment details": ("total_reached", {"order_reference"}),
    "checkout, order in client_reference_id": ("total_reached", {"client_reference_id"}),
    "part in cash, part by card": ("total_reached", {"metadata"}),
    "paid in cash": ("total_reached", set()),
    "cash given back by hand": ("part_went_back", {"metadata"}),
    "total raised after payment": ("part_came", {"metadata"}),
    "cancelled and refunded": ("nothing_left", {"metadata"}),
}
"""By scenario: the row of the table that must decide, and the rules that link its payments."""


@dataclass(frozen=True)
class World:
    """The scenarios after both acts and a run behind each, still served."""

    sandbox: RunningSandbox
    config: str

    def explain(self, *words: str) -> Called:
        return called_here(main, "explain", *words, "--config", self.config)

    def explained(self, name: str, *words: str) -> dict[str, Any]:
        answer = self.explain(name, "--format", "json", *words)
        assert answer.status == 0, answer.errors
        found: dict[str, Any] = json.loads(answer.output)
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, catalog: Path) -> Iterator[World]:
    with running_sandbox(seed=7, scenarios=True) as sandbox:
        folder = tmp_path_factory.mktemp("explained")
        pipe = PaymentsPipe(folder, sandbox.stripe_url, sandbox.monstock_url)
        pipe.catalog = catalog
        assert pipe.run().ok
        assert sandbox.trade() == "evening"
        assert pipe.run().ok
        yield World(sandbox, str(folder / "target.config.json"))


@pytest.mark.parametrize("offline", [False, True])
def test_every_order_is_explained_as_its_scenario_says(world: World, *, offline: bool) -> None:
    words = ("--offline",) if offline else ()
    truths = world.sandbox.truth()
    assert len(truths) > 100
    for truth in truths:
        (order,) = world.explained(truth.order_id, *words)["orders"]
        assert order["source"] == ("ledger" if offline else "monstock")
        assert (order["payment_status"], order["amounts"]["due"]) == (
            truth.payment_status,
            truth.amount_due,
        ), truth.label
        assert adds_up(order), truth.label
        assert order["to_write"] == [], truth.label
        assert order["derived_again_because"] is None, truth.label
        agree(order, truth)


def adds_up(order: dict[str, Any]) -> bool:
    """Whether the amounts are the sums of what they are said to be made of."""
    counting = [one for one in order["payments"] if one["counts"]]
    net = sum(one["captured"] - one["refunded"] - one["dispute_lost"] for one in counting)
    net += sum(one["amount"] - one["refunded"] - one["dispute_lost"] for one in order["by_hand"])
    return bool(net == order["amounts"]["net"] == order["total"] - order["amounts"]["due"])


def agree(order: dict[str, Any], truth: OrderTruth) -> None:
    """Its payments and hand-made rows are those of the truth."""
    shown = {one["transaction_reference"]: one for one in order["payments"]}
    for row in truth.rows:
        one = shown.pop(row.transaction_reference)
        assert (one["captured"], one["refunded"], one["dispute_lost"], one["authorized"]) == (
            row.amount,
            row.refunded,
            row.dispute_lost,
            row.authorized,
        ), truth.label
        assert one["status"] == row.status, truth.label
    # What has no row is a payment that nobody tried, or one whose row is held back.
    assert all(
        one["status"] == "not_attempted" or one["held"] or order["source"] == "ledger"
        for one in shown.values()
    ), truth.label
    recorded = {row.row_id: row.amount for row in truth.hand_made}
    assert all(recorded[row["row_id"]] == row["amount"] for row in order["by_hand"]), truth.label


@pytest.mark.parametrize("label", DECIDED_BY)
def test_the_row_and_the_rules_are_those_of_the_scenario(world: World, label: str) -> None:
    (truth,) = (one for one in world.sandbox.truth() if one.label == label)
    row, rules = DECIDED_BY[label]

    (order,) = world.explained(truth.order_id)["orders"]

    assert order["decided_by"]["row"] == row
    assert {one["link"]["rule"] for one in order["payments"]} == rules


def test_exceptions_of_an_order_are_those_of_the_scenario(world: World) -> None:
    truths = world.sandbox.exceptions()
    for truth in world.sandbox.truth():
        found = world.explained(truth.order_id)["exceptions"]
        about = {row.transaction_reference for row in truth.rows}
        wanted = {
            one.kind
            for one in truths
            if one.order_id == truth.order_id or one.transaction_reference in about
        }
        assert wanted <= {one["kind"] for one in found}, truth.label


def test_every_row_that_stands_was_written_by_a_run_that_is_named(world: World) -> None:
    for truth in world.sandbox.truth():
        written = world.explained(truth.order_id)["written"]
        put = {one["transaction_reference"] for one in written if one["after"]}
        assert {row.transaction_reference for row in truth.rows} <= put, truth.label
        assert all(one["run_id"] and one["at"] and one["program_version"] for one in written)


def test_a_payment_is_found_by_each_of_its_ids(world: World) -> None:
    (truth,) = (one for one in world.sandbox.truth() if one.label == "card payment")
    (row,) = truth.rows
    charge = world.sandbox.stripe.get("payment_intent", row.transaction_reference)["latest_charge"]

    by_intent = world.explained(row.transaction_reference)
    by_charge = world.explained(charge)

    assert by_charge["payments"] == by_intent["payments"]
    assert [one["order_id"] for one in by_charge["orders"]] == [truth.order_id]


def test_a_payment_on_no_order_says_why(world: World) -> None:
    (truth,) = (one for one in world.sandbox.exceptions() if one.label == "no link at all")

    said = world.explain(str(truth.transaction_reference)).output

    assert "is on no order. It names no order." in said
    assert f"unlinked {truth.transaction_reference}, since" in said
    assert "Nothing was written to Monstock." in said


def test_the_text_says_what_a_person_asks(world: World) -> None:
    (truth,) = (one for one in world.sandbox.truth() if one.label == "part in cash, part by card")

    said = world.explain(truth.order_id).output

    assert ": paid\n" in said
    assert "as Monstock has it now" in said
    assert "decided by row 4 of the table, total_reached: What is kept is the total." in said
    assert "captured 100.00 = kept 100.00 EUR; due 0.00 EUR" in said
    assert "recorded by hand: 40.00 EUR by cash" in said
    assert "linked by metadata. Its metadata name the order. Since " in said


def test_what_nobody_knows_is_said(world: World) -> None:
    answer = world.explain("SO-NONE")

    assert answer.status == 1
    assert "the ledger knows no order and no payment 'SO-NONE' and neither does Monstock" in (
        answer.errors
    )
