import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.monstock_world import MonstockWorld
from monstock_stripe_sandbox.scenarios import SCENARIOS, Director, ScenarioError, make_script
from monstock_stripe_sandbox.scenarios.stage import Later, Outcome, Script, Stage, scenario
from monstock_stripe_sandbox.scenarios.table import scenarios_table
from monstock_stripe_sandbox.stripe_world import StripeWorld

NOW = 1_795_000_000.0

NAMED_IN_THE_ISSUE = {
    "card payment": "card payment",
    "manual capture": "manual capture",
    "manual capture, in part": "manual capture in part, the rest later",
    "an authorisation that ran out": "authorisation that ran out",
    "a SEPA payment that processes for days and then fails": "SEPA debit that fails after days",
    "declined then paid": "declined then paid",
    "two payments for one order": "two payments for one order",
    "over-payment": "paid too much",
    "under-payment": "paid too little",
    "refunds in part": "refund in part",
    "in whole": "refund in whole",
    "two on one payment": "two refunds on one payment",
    "failed": "refund that failed",
    "a dispute opened": "dispute opened in the evening",
    "won": "dispute won",
    "lost": "dispute lost",
    "JPY": "yen",
    "KWD": "Kuwaiti dinar",
    "ISK": "Icelandic króna",
    "Checkout links": "checkout, order in the session's metadata",
    "invoice links": "invoice paid by card",
    "metadata links": "order number in the metadata",
    "a payment with no link": "no link at all",
    "with an ambiguous one": "ambiguous: metadata against metadata",
    "with another tenant's key": "another tenant's key",
    "an order that comes after its payment": "order that comes after its payment",
    "an order paid in cash that staff recorded by hand": "paid in cash",
    "already copied by hand before we came": "copied by hand with its id",
    "a duplicate of which one is refunded": "duplicate of which one is refunded",
    "an excess given back": "excess given back",
    "a refund, then a new payment": "refund, then a new payment",
    "a refund that fails later": "refund that fails later",
    "a total lowered after a refund": "total lowered after a refund",
    "a total raised after payment": "total raised after payment",
    "captured in part with the rest released": "captured in part, the rest released",
    "a checkout that nobody completed": "checkout that nobody completed",
    "a payment relinked in the Dashboard": "relinked in the Dashboard",
    "an order edited by staff between two runs": "edited by staff, nothing to us",
    "a cancelled order that gets paid": "cancelled order that gets paid",
    "a test-mode payment": "payment of the wrong mode",
}


def played(seed: int = 7, acts: int = 2) -> tuple[Director, StripeWorld, MonstockWorld]:
    clock = Clock(source=lambda: NOW)
    stripe, monstock = StripeWorld(seed, clock), MonstockWorld(seed, clock)
    director = make_script(stripe, monstock, clock)
    for _ in range(acts):
        director.trade()
    return director, stripe, monstock


def events(stripe: StripeWorld) -> list[dict[str, Any]]:
    """All events, oldest first."""
    return stripe.all("event")


def contents(seed: int) -> tuple[str, str, str]:
    director, stripe, monstock = played(seed)
    return (
        json.dumps({kind: stripe.all(kind) for kind in stripe.shelves}),
        json.dumps(msgspec.to_builtins(monstock.orders())),
        json.dumps(director.to_json()),
    )


@pytest.mark.parametrize(("asked", "name"), NAMED_IN_THE_ISSUE.items())
def test_every_scenario_that_was_asked_for_is_there(asked: str, name: str) -> None:
    assert name in {each.name for each in SCENARIOS}


def test_no_two_scenarios_have_one_name() -> None:
    names = [each.name for each in SCENARIOS]

    assert sorted(set(names)) == sorted(names)


def test_the_same_seed_gives_the_same_world() -> None:
    assert contents(7) == contents(7)


def test_another_seed_gives_another_world() -> None:
    assert contents(7)[0] != contents(8)[0]


def test_no_seed_breaks_a_scenario() -> None:
    for seed in range(25):
        director, _, monstock = played(seed)

        assert len(director.truth()) == len(monstock.orders())


def test_every_order_has_a_truth_after_each_act_and_every_truth_an_order() -> None:
    for acts in (1, 2):
        director, _, monstock = played(acts=acts)

        truths = [truth.order_id for truth in director.truth()]

        assert sorted(truths) == sorted(order.id for order in monstock.orders())


def test_every_outcome_says_why_and_what_is_due() -> None:
    for acts in (1, 2):
        director, _, _ = played(acts=acts)

        for each, outcome in director.outcomes():
            assert outcome.because.endswith("."), each.name
            for order in outcome.orders:
                assert order.amount_due is not None, each.name


def test_the_afternoon_happens_before_now_and_in_order_of_time() -> None:
    _, stripe, _ = played(acts=1)

    created = [event["created"] for event in events(stripe)]

    assert created == sorted(created)
    assert created[-1] <= NOW
    assert created[0] >= NOW - 30 * 86400


def test_scenarios_are_interleaved() -> None:
    """Not one after the other: some other scenario acts between two steps of one."""
    _, stripe, _ = played(acts=1)
    objects = [event["data"]["object"] for event in events(stripe)]
    intents = [each["id"] for each in objects if each["object"] == "payment_intent"]

    firsts = {intent: intents.index(intent) for intent in intents}
    lasts = {intent: len(intents) - 1 - intents[::-1].index(intent) for intent in intents}
    spread = [intent for intent in firsts if lasts[intent] - firsts[intent] > 5]

    assert len(spread) > 5


def test_the_evening_makes_no_event_for_a_relinked_payment() -> None:
    director, stripe, _ = played(acts=1)
    before = len(events(stripe))
    director.trade()
    truths = [t for t in director.truth() if t.label == "relinked in the Dashboard"]
    (reference,) = [row.transaction_reference for truth in truths for row in truth.rows]

    about = [json.dumps(event["data"]) for event in events(stripe)[before:]]

    assert not any(reference in text for text in about)


def test_there_are_two_acts_and_no_third() -> None:
    director, _, _ = played(acts=0)

    assert [director.trade(), director.trade(), director.trade()] == ["afternoon", "evening", None]


def test_a_restored_script_goes_on_with_the_objects_of_the_restored_worlds() -> None:
    director, stripe, monstock = played(acts=1)
    kept = json.loads(json.dumps(director.to_json()))
    later = make_script(stripe, monstock, stripe.clock)

    later.restore(kept)
    later.trade()

    assert later.act == 2
    assert sorted(t.order_id for t in later.truth()) == sorted(o.id for o in monstock.orders())


def test_a_script_restored_after_its_last_act_knows_the_outcome() -> None:
    director, stripe, monstock = played(acts=2)
    kept = json.loads(json.dumps(director.to_json()))
    later = make_script(stripe, monstock, stripe.clock)

    later.restore(kept)

    assert later.trade() is None
    assert later.truth() == director.truth()
    assert later.exceptions() == director.exceptions()


def test_a_state_of_another_seed_is_refused() -> None:
    director, _, _ = played(seed=7, acts=1)
    other, _, _ = played(seed=8, acts=0)

    with pytest.raises(ScenarioError, match="does not belong to these scenarios and this seed"):
        other.restore(json.loads(json.dumps(director.to_json())))


def test_a_scenario_that_runs_into_the_future_is_named() -> None:
    @scenario("too long")
    def too_long(stage: Stage) -> Script:
        yield Later(days=2)
        yield Outcome("Never.", ())

    clock = Clock(source=lambda: NOW)
    director = Director([too_long], StripeWorld(7, clock), MonstockWorld(7, clock), clock)

    with pytest.raises(ScenarioError, match="'too long' runs into the future"):
        director.trade()


def test_the_readme_shows_the_scenarios_as_they_are() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    shown = readme.split("<!-- scenarios: begin -->\n")[1].split("<!-- scenarios: end -->")[0]

    assert shown == scenarios_table(), "python -m monstock_stripe_sandbox.scenarios.table"
