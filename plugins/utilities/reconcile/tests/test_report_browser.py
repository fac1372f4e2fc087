"""The page as people use it, in a headless Chromium: by keyboard, on a phone, in print, aloud."""

import re
import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from monstock_stripe_reconcile.cli import main
from playwright.sync_api import sync_playwright
from report_world import HOSTILE, write_results

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
PICTURES = Path(__file__).parents[4] / "output" / "report-pictures"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    results = write_results(folder / "results.duckdb", 160)
    return {language: write_report(results, language) for language in ("en", "fr")}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    results = write_results(tmp_path_factory.mktemp("small") / "results.duckdb", 4)
    return {language: write_report(results, language) for language in ("en", "fr")}


def write_report(results, language="en"):
    output = results.with_name(f"{results.stem}-{language}.html")
    given = ["report", "--results", str(results), "--output", str(output), "--language", language]
    assert CliRunner().invoke(main, given).exit_code == 0
    return output


@pytest.fixture
def opened(browser, files):
    """Open the page; at the end nothing was asked of any network and nothing was complained of."""
    contexts, complaints, asked = [], [], []

    def open_page(file=files["en"], **options):
        context = browser.new_context(**{"viewport": DESKTOP} | options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith("file:")] == []


def found(page, place):
    return page.locator(f"{place} .found").text_content()


SHIPPING = '.listing[data-view="shipping"]'
ORDERS = '.listing[data-view="orders"]'


def test_nothing_in_the_data_runs(opened):
    page = opened()
    assert "to look at" in page.title()
    assert page.locator("img").count() == 0
    assert page.locator("#findings-list .about", has_text=HOSTILE).count() == 1


def test_the_page_can_ask_nothing_of_the_network(browser, files):
    page = browser.new_page()
    page.goto(files["en"].as_uri())
    refused = page.evaluate(
        """() => new Promise((said) => {
            addEventListener("securitypolicyviolation", (event) => said(event.effectiveDirective));
            fetch("http://127.0.0.1:9/").catch(() => {});
        })"""
    )
    page.close()
    assert refused == "connect-src"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_script_writes_what_the_templates_write(opened, files, language):
    plain = opened(files[language], java_script_enabled=False)
    alive = opened(files[language])
    texts = "list => list.map((one) => one.textContent.replace(/[ \\n]+/g, ''))"
    for each in (".listing[data-view] tbody tr", ".finding > :not(details)"):
        assert alive.locator(each).evaluate_all(texts) == plain.locator(each).evaluate_all(texts)
    for details in alive.locator(".finding details").all()[:6]:
        details.locator("summary").click()
    alive.wait_for_function("document.querySelectorAll('details:has(table)').length >= 6")
    behind = [page.locator(".finding details").evaluate_all(texts)[:6] for page in (plain, alive)]
    assert behind[0] == behind[1]


def test_findings_are_searched_filtered_and_sorted_by_keyboard(opened):
    page = opened()
    keys = page.keyboard
    assert found(page, "#findings-list") == "21 of 21"
    page.locator("#findings-list input").focus()
    keys.type("SO-103")
    assert page.locator(".finding .reason").all_text_contents() == [
        "Paid in Stripe, not in Monstock"
    ]
    keys.press("Control+A")
    keys.press("Delete")
    keys.press("Tab")
    keys.type("Dispute lost")
    assert page.locator(".finding .reason").all_text_contents() == ["Dispute lost"]
    keys.press("Home")
    for _ in range(2):
        keys.press("Tab")
    keys.type("what does")
    assert found(page, "#findings-list") == "1 of 1"
    assert "young" in page.locator(".finding .leave").text_content()
    keys.press("Home")
    keys.press("Tab")
    keys.type("amount")
    assert page.locator(".finding .amount").first.text_content() == "€90,071,992,547,409.93"


def test_a_reason_in_the_summary_leads_to_its_findings(opened):
    page = opened()
    page.get_by_role("link", name="Paid twice").press("Enter")
    assert page.locator(".finding .reason").all_text_contents() == ["Paid twice"]
    page.locator(".finding summary").press("Enter")
    page.locator(".finding details table").first.wait_for()
    assert page.locator(".finding details table").count() == 3
    assert "txn_108" in page.locator(".finding details").text_content()


def test_a_line_is_copied_by_keyboard(opened):
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    page.locator(".finding .copy").first.press("Enter")
    page.locator(".copy", has_text="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "meltano invoke target-monstock:explain ord_100"


def test_the_warehouse_finds_an_order_and_whether_it_may_leave(opened):
    page = opened(viewport=PHONE)
    page.locator(f"{SHIPPING} input").focus()
    page.keyboard.type("so-119")
    assert found(page, SHIPPING) == "1 of 1"
    cells = page.locator(f"{SHIPPING} tbody tr").locator("th, td").all_text_contents()
    assert cells[:3] == ["SO-119", "hold", "No money that counts has come."]
    # What shipping needs is seen on a phone without moving the table sideways.
    seen = page.locator(f"{SHIPPING} tbody td").nth(1).bounding_box()
    assert seen["x"] + seen["width"] <= PHONE["width"]


def test_orders_are_sorted_and_paged_by_keyboard(opened):
    page = opened()
    assert found(page, ORDERS) == "50 of 177"
    head = page.locator(f"{ORDERS} th", has=page.get_by_role("button", name="Total"))
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    cell = page.locator(f"{ORDERS} tbody tr").first.locator("td").nth(4)
    assert cell.text_content() == "€10.00"
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert cell.text_content() == "€101.19"
    for _ in range(3):
        page.locator(f"{ORDERS} [data-turn='1']").press("Enter")
    assert found(page, ORDERS) == "27 of 177"
    assert page.locator(f"{ORDERS} [data-turn='1']").is_disabled()


@pytest.mark.parametrize(
    ("name", "viewport", "scheme", "language"),
    [
        ("desktop-light-en", DESKTOP, "light", "en"),
        ("phone-dark-fr", PHONE, "dark", "fr"),
        pytest.param("desktop-dark-fr", DESKTOP, "dark", "fr", marks=pytest.mark.slow),
        pytest.param("phone-light-en", PHONE, "light", "en", marks=pytest.mark.slow),
    ],
)
def test_it_is_accessible_and_fits_the_screen(opened, small, name, viewport, scheme, language):
    page = opened(small[language], viewport=viewport, color_scheme=scheme)
    page.locator(".finding summary").first.click()
    page.locator(".finding details table").first.wait_for()
    violations = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in violations] == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0
    page.locator(".finding summary").first.click()
    PICTURES.mkdir(parents=True, exist_ok=True)
    for place in ("header", "#findings-list", "#shipping", "#money", "#trend", "#orders"):
        page.locator(place).evaluate("one => one.scrollIntoView()")
        page.screenshot(path=PICTURES / f"{name}-{place.strip('#')}.png")


@pytest.mark.slow
def test_all_agrees_is_accessible_too(opened, tmp_path):
    page = opened(write_report(write_results(tmp_path / "r.duckdb", 4, agrees=True)))
    assert page.locator("h1").text_content() == "Everything agrees."
    assert Axe().run(page).response["violations"] == []
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / "desktop-agrees.png")


def test_it_prints_on_a4_with_every_finding(opened, files):
    page = opened(files["fr"])
    PICTURES.mkdir(parents=True, exist_ok=True)
    printed = page.pdf(path=PICTURES / "print-fr.pdf", prefer_css_page_size=True)
    assert {tuple(map(round, map(float, box))) for box in re.findall(
        rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed
    )} == {(595, 842), (842, 595)}  # fmt: skip
    assert found(page, ORDERS) == "50 sur 177"


@pytest.mark.slow
def test_a_hundred_thousand_orders_are_searched_sorted_and_paged(opened, tmp_path):
    page = opened(write_report(write_results(tmp_path / "r.duckdb", 100_000)))
    assert found(page, ORDERS) == "50 of 100,000"
    page.locator(f"{ORDERS} input").fill("SO-1099999")
    assert found(page, ORDERS) == "1 of 1"
    page.locator(f"{ORDERS} input").fill("")
    page.get_by_role("button", name="Due").last.press("Enter")
    page.locator(f"{ORDERS} [data-turn='1']").press("Enter")
    assert page.locator(f"{ORDERS} .page").text_content() == "Page 2 of 2,000"
    assert page.locator(f"{ORDERS} tbody tr").count() == 50
