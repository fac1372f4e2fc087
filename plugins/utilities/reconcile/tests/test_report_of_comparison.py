"""The report of a real comparison says what was planted, and nothing else."""

import pytest
from monstock_stripe_core.discrepancy import Reason
from monstock_stripe_reconcile.report.findings import finding_rows
from monstock_stripe_reconcile.report.page import report
from monstock_stripe_reconcile.report.reader import reader
from monstock_stripe_reconcile.report.reading import Results
from monstock_stripe_reconcile.report.tables import Values
from monstock_stripe_reconcile.results import read_results
from reconcile_world import ALONE, RIGHT, TOGETHER, Found, World, run_on


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    world = World()
    for total, plant in enumerate((*RIGHT, *ALONE, *TOGETHER), 12_345):
        plant(world, total)
    result = run_on(world, tmp_path_factory.mktemp("planted"))
    with read_results(result.results) as connection:
        yield world, Results(connection)


@pytest.fixture(scope="module")
def said(planted):
    _, results = planted
    english = reader("en")
    return finding_rows(english, Values(english), results.findings(), results.evidence())


def test_each_planted_discrepancy_stands_in_the_page_once(planted, said):
    found, _ = said
    named = [found.named(row) for row in found.rows]
    shown = [
        Found(
            one["reason"],
            one["order"],
            one["payment"] or one["payout"],
            one["amount"] or 0,
            one["currency"],
        )
        for one in named
        if one["tolerated"] is None
    ]
    assert sorted(map(str, shown)) == sorted(map(str, planted[0].expected))


def test_each_of_them_has_a_sentence_of_its_facts(said):
    found, _ = said
    silent = {one["reason"] for one in map(found.named, found.rows) if not one["sentence"]}
    assert silent <= {Reason.CHANGED_BY_HAND.value}


def test_each_of_them_rests_on_figures(said):
    found, behind = said
    for one in map(found.named, found.rows):
        names = [name for name, _, _ in behind[one["evidence"]]]
        # What cannot be read has no figures.
        assert names or one["reason"] == Reason.UNREADABLE, one


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_is_made_of_it(planted, language):
    html = report(planted[1], reader(language), 100_000)
    assert html.count('<li class="finding') > len(planted[0].expected)
