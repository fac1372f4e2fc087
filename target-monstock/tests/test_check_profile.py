"""A profile is held against a live API: what works, what does not, and which key to correct."""

import json
import re
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from monstock_stripe_core.profile import parse_profile
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.monstock_models import Order
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from target_monstock.cli import main
from target_monstock.profile_check import CheckResult, Verdict, check_profile, report_lines

TOKEN = "monstock-sandbox-token"


@pytest.fixture(scope="module")
def served() -> Iterator[RunningSandbox]:
    """A tenant that has something of everything."""
    with running_sandbox() as running:
        monstock = running.monstock
        ann = monstock.customer("Ann Secret", email="ann@example.com", stripe_customer_id="cus_1")
        orders = [
            monstock.order(
                1000,
                "EUR",
                number=f"SO-{number}",
                customer_id=ann,
                channel_reference=f"WEB-{number}",
                lines=[("a thing", 1, 1000)],
                status=("validated", "draft", "shipped", "cancelled")[number % 4],
            )
            for number in range(6)
        ]
        for order in reversed(orders):  # so that they change in another order than they were made
            monstock.record_payment(order, 500, method="cash", reference="R1")
        monstock.customer("Bob Secret", email="bob@example.com", phone="1")
        monstock.customer("Eve Secret", email="eve@example.com")
        monstock.order(1000, "EUR", number="TEST-1", customer_id=ann)
        yield running


@pytest.fixture
def sandbox(served: RunningSandbox) -> Iterator[RunningSandbox]:
    served.monstock_controls.reset_counters()
    yield served
    served.monstock_controls.clear_faults()


def text_of(profile: str) -> str:
    return (files("monstock_stripe_core") / "profiles" / f"{profile}.yml").read_text()


def check(
    sandbox: RunningSandbox,
    profile: str,
    *changes: tuple[str, str],
    write_to: str | None = None,
) -> list[CheckResult]:
    """Check a packaged profile in which some text was replaced by another."""
    text = text_of(profile)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    base_url = sandbox.monstock_base_url(profile)
    return check_profile(base_url, TOKEN, parse_profile(text, "a test"), write_to=write_to)


def failed(results: list[CheckResult]) -> list[str]:
    """The keys that do not work."""
    return [result.key for result in results if result.verdict is Verdict.FAILS]


def verdicts(results: list[CheckResult]) -> dict[str, str]:
    return {result.item: result.verdict.value for result in results}


def content(sandbox: RunningSandbox, number: str) -> dict[str, object]:
    """All of an order but when and how often it changed."""
    (order,) = (one for one in sandbox.monstock.orders() if one.number == number)
    return {
        name: getattr(order, name)
        for name in Order.__struct_fields__
        if name not in ("updated_at", "etag")
    }


def test_a_profile_that_fits_works_in_all_that_can_be_tried_and_nothing_is_written(
    sandbox: RunningSandbox, profile: str
) -> None:
    results = check(sandbox, profile)

    assert failed(results) == []
    assert sandbox.monstock_controls.writes == 0
    tried = {result.item for result in results if result.verdict is Verdict.WORKS}
    assert {
        "orders.list",
        "pagination of orders",
        "orders.read",
        "orders.updated_since",
        "orders.updated_since.sorted",
        "time zone of orders",
        "orders.find.number",
        "orders.find.channel_reference",
        "orders.fields.total",
        "orders.lines.fields.total",
        "vocabulary.state",
        "vocabulary.payment_status",
        "vocabulary.row_status",
        "payments.fields.amount",
        "customers.list",
        "customers.find.email",
        "customers.find.stripe_customer_id",
        "customers.updated_since",
        "customers.fields.email",
    } <= tried
    assert verdicts(results)["writes"] == "could not be tried"


@pytest.mark.parametrize(
    ("profile", "old", "new", "key"),
    [
        ("monstock", "data: data", "data: rows", "orders.list"),
        ("monstock", "path: /orders,", "path: /sales,", "orders.list"),
        ("monstock", "total: total\n", "total: count\n", "pagination.total"),
        ("monstock-fr", "suite.curseur", "suite.page", "pagination.next_cursor"),
        ("monstock", '"/orders/{order_id}", parameters', '"/sales/{order_id}", parameters',
         "orders.read"),
        ("monstock", "error_code: error.code", "error_code: code", "answers.error_code"),
        ("monstock", "{sort: updated_at}", "{}", "orders.updated_since.parameters"),
        ("monstock", "number: {parameter: number}", "number: {parameter: channel_reference}",
         "orders.find.number"),
        ("monstock", "ids, many: 100, separator: \",\"", "ids, many: 100, separator: \"|\"",
         "orders.find.id"),
        ("monstock", "total: total_amount\n    amount_due", "total: total\n    amount_due",
         "orders.fields.total"),
        ("monstock", "unit: minor, json: integer", "unit: decimal, json: string",
         "orders.fields.total, or formats.money"),
        ("monstock-fr", "json: string", "json: number", "orders.fields.total, or formats.money"),
        ("monstock-fr", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M",
         "orders.fields.updated_at, or formats.time"),
        ("monstock-fr", "validated: [validé, en préparation]", "validated: [en préparation]",
         "vocabulary.state"),
        ("monstock", "unpaid: unpaid", "unpaid: open", "vocabulary.payment_status"),
        ("monstock", "succeeded: succeeded", "succeeded: done", "vocabulary.row_status"),
        ("monstock", "  path: payments\n", "  path: takings\n",
         "payments.path, or orders.list.parameters"),
        ("monstock-fr", "parameter: documents,", "parameter: document,", "payments.list"),
        ("monstock", "    method: method\n", "    method: means\n", "payments.fields.method"),
        ("monstock", "email: {parameter: email}", "email: {parameter: stripe_customer_id}",
         "customers.find.email"),
        ("monstock", "{path: /customers}\n  read", "{path: /clients}\n  read", "customers.list"),
        ("monstock", "      total: total_amount\n", "      total: amount\n",
         "orders.lines.fields.total"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_key(
    sandbox: RunningSandbox, profile: str, old: str, new: str, key: str
) -> None:
    assert key in failed(check(sandbox, profile, (old, new)))


def test_a_time_zone_that_puts_changes_into_the_future_is_told(sandbox: RunningSandbox) -> None:
    wrong = ("time_zone: Europe/Paris", "time_zone: America/New_York")
    assert "formats.time.time_zone" in failed(check(sandbox, "monstock-fr", wrong))


def test_writes_are_tried_on_the_order_that_is_named_and_taken_back(
    sandbox: RunningSandbox, profile: str
) -> None:
    before = {one.number: content(sandbox, one.number) for one in sandbox.monstock.orders()}

    results = check(sandbox, profile, write_to="TEST-1")

    assert failed(results) == []
    assert sandbox.monstock_controls.writes > 5
    assert {one.number: content(sandbox, one.number) for one in sandbox.monstock.orders()} == before
    tried = {result.item for result in results if result.verdict is Verdict.WORKS}
    assert {
        "orders.fields.updated_at",
        "time zone of a write",
        "payments.writing",
        "payments.update",
        "payments.remove",
        "orders.update, payment_status",
        "orders.update, amount_due",
        "orders.update, payment_url",
    } <= tried
    assert ("condition" in tried) is (profile == "monstock")


@pytest.mark.parametrize(
    ("profile", "old", "new", "key"),
    [
        ("monstock", "    refunded: refunded_amount", "    refunded: returned", "`returned`"),
        ("monstock", "header: If-Match", "header: X-Match", "condition.header"),
        ("monstock", "payment_url: payment_url", "payment_url: pay_at",
         "orders.fields.payment_url"),
        ("monstock", "update: {method: PATCH, path: \"/orders/{order_id}\"}",
         "update: {method: PUT, path: \"/orders/{order_id}\"}", "orders.update"),
        ("monstock", "payments/{method}/{transaction_reference}\"}",
         "pay/{method}/{transaction_reference}\"}", "payments.upsert"),
        ("monstock", "remove: {method: DELETE", "remove: {method: POST", "payments.remove"),
        ("monstock-fr", "    refunded: montant_rembourse", "    refunded: rendu",
         "Champ inconnu: rendu"),
        ("monstock-fr", "payment_url: lien_paiement", "payment_url: lien",
         "orders.fields.payment_url"),
        ("monstock-fr", "update: {method: PUT, path: \"/documents/{order_id}\"}",
         "update: {method: PATCH, path: \"/documents/{order_id}\"}", "orders.update"),
        ("monstock-fr", "create: {method: POST, path: /reglements}",
         "create: {method: POST, path: /versements}", "payments.create"),
        ("monstock-fr", "/annulation", "/retrait", "payments.remove"),
    ],
)  # fmt: skip
def test_a_write_that_does_not_work_is_told_and_what_was_done_is_taken_back(
    sandbox: RunningSandbox, profile: str, old: str, new: str, key: str
) -> None:
    before = content(sandbox, "TEST-1")

    results = check(sandbox, profile, (old, new), write_to="TEST-1")

    told = [r for r in results if r.verdict is Verdict.FAILS]
    assert any(key in f"{r.key} {r.seen}" for r in told)
    if key == "payments.remove":
        assert any("take it away by hand" in r.seen for r in told)
        (order,) = (one for one in sandbox.monstock.orders() if one.number == "TEST-1")
        for payment in list(order.payments or []):
            sandbox.monstock.delete_payment(order.id, str(payment.id))
    assert content(sandbox, "TEST-1") == before


def test_an_order_that_is_not_there_is_written_to_by_nobody(
    sandbox: RunningSandbox, profile: str
) -> None:
    results = check(sandbox, profile, write_to="TEST-9")

    assert verdicts(results)["writes"] == "could not be tried"
    assert sandbox.monstock_controls.writes == 0


def test_nothing_is_left_where_monstock_fails_in_the_middle(
    sandbox: RunningSandbox, profile: str
) -> None:
    before = content(sandbox, "TEST-1")
    change = parse_profile(text_of(profile), "a test").payments.update.method
    sandbox.monstock_controls.set_faults(Fault("status", status=422, method=change))

    results = check(sandbox, profile, write_to="TEST-1")

    assert "payments.update" in failed(results)
    assert content(sandbox, "TEST-1") == before


def test_a_tenant_without_orders_leaves_the_rest_untried(profile: str) -> None:
    with running_sandbox() as empty:
        results = check(empty, profile)

    assert failed(results) == []
    assert verdicts(results)["orders.list"] == "could not be tried"


def test_a_wrong_token_ends_the_check_with_where_to_look(
    sandbox: RunningSandbox, profile: str
) -> None:
    base_url = sandbox.monstock_base_url(profile)
    results = check_profile(base_url, "wrong-token", parse_profile(text_of(profile), "a test"))

    assert failed(results) == ["the setting api_token"]
    assert results[-1].item == "all the rest"
    assert "wrong-token" not in str(results)


@pytest.mark.parametrize("status", [403, 500])
def test_one_resource_that_is_refused_does_not_hide_the_others(
    sandbox: RunningSandbox, profile: str, status: int
) -> None:
    parsed = parse_profile(text_of(profile), "a test")
    assert parsed.customers is not None
    sandbox.monstock_controls.set_faults(
        Fault("status", status=status, path=f"*{parsed.customers.list.path}"),
        Fault("status", status=status, path="*/check-profile-no-such-value"),
    )

    base_url = sandbox.monstock_base_url(profile)
    sleep = sandbox.clock.advance
    results = check_profile(base_url, TOKEN, parsed, write_to="TEST-1", sleep=sleep)

    assert failed(results) == ["answers.error_code", "customers.list"]
    assert verdicts(results)["payments.remove"] == "works"


def test_a_host_that_does_not_answer_ends_the_check(profile: str) -> None:
    parsed = parse_profile(text_of(profile), "a test")
    results = check_profile("http://127.0.0.1:9", TOKEN, parsed, sleep=lambda _: None)

    assert failed(results) == ["the setting base_url"]


def test_no_token_and_nothing_of_customers_is_shown(sandbox: RunningSandbox, profile: str) -> None:
    results = check(sandbox, profile, write_to="TEST-1")

    shown = "\n".join([*report_lines(results, as_json=True), *report_lines(results, as_json=False)])
    assert TOKEN not in shown
    assert "Secret" not in shown
    assert "example.com" not in shown.replace("https://example.com/check-profile", "")


@pytest.fixture
def config(sandbox: RunningSandbox, profile: str, tmp_path: Path) -> Path:
    base_url = sandbox.monstock_base_url(profile)
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"base_url": base_url, "api_token": TOKEN, "profile": profile}))
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    capsys.readouterr()
    try:
        status = main(["check-profile", *arguments])
    except SystemExit as ended:
        status = int(ended.code or 0)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_the_command_ends_with_status_0_where_all_works(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, "--config", str(config))

    assert status == 0
    assert out.splitlines()[0].split() == ["item", "verdict", "key", "of", "the", "profile", "seen"]
    assert "0 do not" in out.splitlines()[-1]


def test_the_command_ends_with_status_1_where_something_does_not_work(
    config: Path, profile: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.yml"
    mine.write_text(re.sub(r"orders:\n  list: \{path: /\w+", r"\g<0>-no-more", text_of(profile)))

    status, out, _ = run(
        capsys, "--config", str(config), "--profile", str(mine), "--format", "json"
    )

    results = json.loads(out)
    assert status == 1
    assert {result["key"] for result in results if result["verdict"] == "does not work"} == {
        "orders.list"
    }
    assert set(results[0]) == {"item", "verdict", "seen", "key"}


def test_the_command_tries_writes_where_it_is_told_to(
    sandbox: RunningSandbox, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, "--config", str(config), "--write", "TEST-1")

    assert status == 0
    assert "the payment is taken away again" in out


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"api_token": TOKEN}, "'base_url' is a required property"),
        ({"base_url": "http://127.0.0.1:9", "api_token": TOKEN, "profile": "no.yml"}, "no.yml"),
    ],
)
def test_bad_settings_end_in_one_sentence(
    given: dict[str, str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(given))

    status, out, err = run(capsys, "--config", str(path))

    assert (status, out) == (1, "")
    assert says in err
    assert TOKEN not in err


def test_a_check_is_quick(sandbox: RunningSandbox, profile: str) -> None:
    started = time.monotonic()
    check(sandbox, profile)
    assert time.monotonic() - started < 10
    assert sandbox.monstock_controls.requests < 60
