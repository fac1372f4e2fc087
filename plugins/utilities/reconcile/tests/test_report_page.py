"""The page by itself: its verdict, its languages, and that nothing in the data comes alive."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
from babel.messages.pofile import read_po
from click.testing import CliRunner
from monstock_stripe_reconcile.cli import main
from monstock_stripe_reconcile.report.charts import Bar, Words, bars, waterfall
from monstock_stripe_reconcile.report.cli import report_command
from monstock_stripe_reconcile.report.embedding import data
from monstock_stripe_reconcile.report.messages import LOCALES, up_to_date
from monstock_stripe_reconcile.report.page import FIRST_ROWS, report
from monstock_stripe_reconcile.report.reader import reader
from monstock_stripe_reconcile.report.reading import Results
from monstock_stripe_reconcile.report.translating import languages
from report_world import BEYOND_SCRIPT, HOSTILE, HOSTILE_IMAGE, write_results


class Page(HTMLParser):
    """Elements and texts of a page."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.scripts, self.styles, self.inside = [], {}, [], None
        self.policy = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.inside = (tag, dict(attrs))
        if dict(attrs).get("http-equiv") == "Content-Security-Policy":
            self.policy = dict(attrs)["content"]

    def handle_endtag(self, _tag):
        self.inside = None

    def handle_data(self, text):
        if self.inside and self.inside[0] == "style":
            self.styles.append(text)
        elif self.inside:
            self.scripts[self.inside[1].get("id", "")] = text


def render(file, language="en", most=100_000):
    with duckdb.connect(str(file), read_only=True) as connection:
        return report(Results(connection), reader(language), most)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return write_results(tmp_path_factory.mktemp("results") / "r.duckdb", 120)


@pytest.fixture(scope="module")
def page(results):
    return Page(render(results))


def heading(html):
    return re.sub(r"[ \n]+", " ", re.search(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)[1])


def test_the_verdict_names_orders_and_amounts_of_each_currency(results):
    assert heading(render(results)) == (
        "16 orders, 3 payments without an order, 1 payout, and 1 record to look at: "
        "€90,071,992,549,166.03, CHF\xa0103.33, ¥10,327, and KWD\xa010.321."
    )
    assert heading(render(results, "fr")).startswith("16 commandes, 3 paiements sans commande")


def test_where_all_agrees_the_page_says_so_first(tmp_path):
    html = render(write_results(tmp_path / "r.duckdb", agrees=True))
    assert heading(html) == "Everything agrees."
    assert 'id="findings-list"' not in html


def test_an_empty_comparison_does_not_claim_that_all_agrees(tmp_path):
    file = write_results(tmp_path / "r.duckdb", agrees=True)
    with duckdb.connect(str(file)) as connection:
        connection.execute("UPDATE run SET orders = 0, payments = 0, payouts = 0")
    assert heading(render(file)) == "There was nothing to compare."


def test_money_that_several_findings_of_an_order_concern_counts_once(tmp_path):
    file = write_results(tmp_path / "r.duckdb", agrees=True)
    with duckdb.connect(str(file)) as connection:
        connection.executemany(
            "INSERT INTO findings (finding_id, reason, counts, order_id, transaction_reference, "
            "amount, currency, age_days) VALUES (?, ?, true, 'ord_1', ?, ?, 'EUR', 1)",
            [
                ["a", "shipped_not_paid", None, 5_000],
                ["b", "dispute_open", "pi_1", 5_000],
                ["c", "refund_missing", "pi_2", 1_000],
            ],
        )
        connection.execute("UPDATE run SET agrees = false")
    assert heading(render(file)) == "1 order to look at: €60.00."


@pytest.mark.parametrize("language", sorted(set(languages()) - {"en"}))
def test_every_text_is_translated(language):
    file = LOCALES / f"{language}.po"
    assert file.read_bytes() == up_to_date(language), (
        "run python -m monstock_stripe_reconcile.report.messages"
    )
    with file.open("rb") as lines:
        catalog = read_po(lines)
    for message in catalog:
        if not message.id:
            continue
        strings = [message.string] if isinstance(message.string, str) else message.string
        ids = [message.id] if isinstance(message.id, str) else message.id
        assert all(strings), message.id
        for string in strings:
            named = [set(re.findall(r"%\(\w+\)s|\{\w+\}", text)) for text in (ids[0], string)]
            assert named[0] == named[1], message.id


def test_no_text_of_the_data_becomes_an_element(page):
    names = {tag for tag, _ in page.elements}
    assert "img" not in names
    assert all(not key.startswith("on") for _, attrs in page.elements for key in attrs)
    scripts = [attrs for tag, attrs in page.elements if tag == "script"]
    assert [attrs.get("type") for attrs in scripts].count(None) == 1
    numbers = [row[3] for row in json.loads(page.scripts["data-findings"])["rows"]]
    assert HOSTILE in numbers
    assert HOSTILE_IMAGE in page.scripts["data-findings"].encode().decode("unicode_escape")


@pytest.mark.parametrize("text", ["</script>", "<!--<script>", "]]>", "\u2028", "&lt;"])
def test_a_text_in_embedded_json_cannot_end_its_element(text):
    embedded = str(data({"text": text}))
    assert not set("<>&") & set(embedded)
    assert json.loads(embedded) == {"text": text}


def test_the_policy_lets_in_this_script_and_this_style_and_nothing_else(page):
    def hashed(text):
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    assert page.policy == (
        f"default-src 'none'; style-src 'sha256-{hashed(page.styles[0])}'; "
        f"script-src 'sha256-{hashed(page.scripts[''])}'; base-uri 'none'; form-action 'none'"
    )
    assert len(page.styles) == 1
    assert not [attrs for _, attrs in page.elements if "style" in attrs or "src" in attrs]
    links = [attrs["href"] for tag, attrs in page.elements if "href" in attrs]
    assert all(link.startswith("#") for link in links)
    targets = {attrs.get("id") for _, attrs in page.elements}
    assert {link[1:] for link in links} <= targets


def test_an_amount_beyond_javascripts_numbers_keeps_its_last_digit(page):
    amounts = [row[7] for row in json.loads(page.scripts["data-findings"])["rows"]]
    assert str(BEYOND_SCRIPT) in amounts


def test_findings_are_whole_and_the_rest_is_cut_and_said(results):
    html = render(results, most=30)
    page = Page(html)
    orders = json.loads(page.scripts["data-orders"])
    place = orders["keys"].index("reasons")
    assert len(orders["rows"]) == 30
    assert sum(bool(row[place]) for row in orders["rows"]) == 16
    assert len(json.loads(page.scripts["data-findings"])["rows"]) == 22
    assert "The page carries 30 of 137 orders" in html


def test_without_a_script_the_first_of_each_list_are_plain(results):
    html = render(results)
    body = re.search(r'id="orders-caption".*?<tbody>(.*?)</tbody>', html, re.DOTALL)[1]
    assert body.count("<tr>") == FIRST_ROWS
    assert html.count('<li class="finding"') == 21 + 1  # and the mark-up for the script


def test_the_figures_behind_a_finding_go_down_to_the_balance_transactions(page):
    findings = json.loads(page.scripts["data-findings"])
    row = next(row for row in findings["rows"] if row[1] == "paid_not_shown" and row[2] is None)
    behind = json.loads(page.scripts["data-evidence"])[row[findings["keys"].index("evidence")]]
    assert [name for name, _, _ in behind] == ["order", "payments", "transactions"]
    assert behind[1][1][0][0] == "pi_103"
    assert behind[2][1][0][0] == "txn_103"


def test_a_day_is_that_of_the_readers_zone(results):
    with duckdb.connect(str(results), read_only=True) as connection:
        html = report(Results(connection), reader("en", "America/Los_Angeles"), 100_000)
    orders = json.loads(Page(html).scripts["data-orders"])
    number, made = orders["keys"].index("number"), orders["keys"].index("created_at")
    # Made at 07:30 on the 26th in UTC.
    assert [row[made] for row in orders["rows"] if row[number] == "SO-1"] == ["2026-11-25"]
    assert json.loads(Page(html).scripts["data-settings"])["days"]["2026-11-25"] == "Nov 25, 2026"


def test_the_command_writes_the_page(results, tmp_path):
    output = tmp_path / "new" / "report.html"
    done = CliRunner().invoke(
        main,
        ["report", "--results", str(results), "--output", str(output), "--language", "fr"],
    )
    assert (done.exit_code, done.output) == (0, f"Report: {output}\n")
    assert '<html lang="fr">' in output.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--language", "de"], "language 'de': there are texts in en and fr"),
        (["--results", "none.duckdb"], "there are no results at none.duckdb"),
        (["--time-zone", "Nowhere"], "time zone 'Nowhere' is none"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(results, tmp_path, arguments, said):
    given = ["report", "--results", str(results), "--output", str(tmp_path / "r.html"), *arguments]
    done = CliRunner().invoke(main, given)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.output


def test_a_picture_says_its_figures_to_who_does_not_see_it():
    words = Words("Title <b>", "Sales: 1")
    drawn = waterfall(
        "w", words, [Bar("Sales", 100, "1"), Bar("Fees", -3, "-3"), Bar("Net", 97, "97")]
    )
    assert 'role="img" aria-labelledby="w-title w-desc"' in drawn
    assert '<title id="w-title">Title &lt;b&gt;</title><desc id="w-desc">Sales: 1</desc>' in drawn
    assert "<style" not in drawn
    assert "<script" not in drawn


def test_a_way_that_goes_below_nothing_is_drawn_as_bars_from_nothing():
    steps = [Bar("Sales", 10, "10"), Bar("Refunds", -30, "-30"), Bar("Net", -20, "-20")]
    assert waterfall("w", Words("t", "d"), steps) == bars("w", Words("t", "d"), steps)


def test_the_readme_lists_every_option_with_its_default():
    readme = Path(__file__).parents[1].joinpath("README.md").read_text("utf-8")
    table = readme.partition("| option |")[2].partition("\n\n")[0]
    for option in report_command.params:
        variable = f"`{option.envvar}`" if option.envvar else ""
        row = next(line for line in table.splitlines() if f"| `{option.opts[0]}` |" in line)
        assert [cell.strip(" `") for cell in row.split("|")[2:4]] == [
            variable.strip("`"),
            str(option.default),
        ]


def test_a_comparison_of_a_part_lists_its_balance_transactions(tmp_path):
    file = write_results(tmp_path / "r.duckdb", agrees=True)
    assert "transactions-caption" not in render(file)
    with duckdb.connect(str(file)) as connection:
        connection.execute('UPDATE run SET restricted_to = \'{"payout": "po_wrong"}\'')
    html = render(file)
    assert "Only a part was asked for:" in html
    # The runs of the history looked at everything: a part is not to be held against them.
    assert "than in the run before" not in html
    body = re.search(r'id="transactions-caption".*?<tbody>(.*?)</tbody>', html, re.DOTALL)[1]
    assert "txn_1" in body
    assert "pi_1" in body
