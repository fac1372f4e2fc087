"""Invoices and Payment Links come back to the order that they name, on both kinds of tenant."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.payment_link_record import PAYMENT_LINK_SCHEMA
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox
from sqlalchemy import text
from target_common.run import utc_now
from target_common.testing import stream_lines
from target_monstock.ledger.decisions import dismiss
from target_monstock.testing import (
    TargetRunner,
    link_lines,
    order_payment,
    payment_link,
    singer_lines,
)

URL = "https://invoice.stripe.com/i/in_1"
STAFF = "https://bank.example/pay"


def shown(sandbox: RunningSandbox, order_id: str) -> str | None:
    order = sandbox.monstock.get(order_id)
    assert order is not None
    return order.payment_url


def send(target: TargetRunner, *records: dict[str, Any], **config: Any) -> Any:
    result = target.run_lines(link_lines(records), **config)
    assert result.error is None, result.error
    return result


def test_an_open_invoice_is_shown_on_its_order_until_it_is_paid(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR")

    opened = send(sqlite_target, payment_link("in_1", order))

    assert shown(sandbox, order) == URL
    assert opened.writes == 1
    assert send(sqlite_target, payment_link("in_1", order, version=2)).writes == 0

    paid = send(sqlite_target, payment_link("in_1", order, state="paid", version=3))

    assert shown(sandbox, order) is None
    assert paid.writes == 1
    assert sqlite_target.run().writes == 0


def test_the_newest_open_one_is_shown(sandbox: RunningSandbox, sqlite_target: TargetRunner) -> None:
    order = sandbox.monstock.order(1000, "EUR")
    newer = payment_link("in_2", order, created_at="2026-11-21T10:00:00Z")

    send(sqlite_target, newer, payment_link("in_1", order))
    assert shown(sandbox, order) == "https://invoice.stripe.com/i/in_2"

    send(sqlite_target, newer | {"state": "void", "url": None, "version": 2})
    assert shown(sandbox, order) == URL


def test_an_old_reading_after_a_newer_one_changes_nothing(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR")
    send(sqlite_target, payment_link("in_1", order, state="paid", version=5))

    assert send(sqlite_target, payment_link("in_1", order, version=9)).writes == 0
    assert shown(sandbox, order) is None


def test_payment_and_address_are_one_write_to_the_order(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    sandbox.monstock_controls.reset_counters()
    lines = link_lines([payment_link("in_1", order)])
    lines += singer_lines([order_payment("pi_1", 400, order="A")])

    result = sqlite_target.run_lines(lines)

    assert dict(result.summary.writes) == {"put": 1, "patch": 1}
    found = sandbox.monstock.get(order)
    assert found is not None
    assert (found.payment_status, found.payment_url) == ("partially_paid", URL)


def test_an_order_that_is_named_by_its_number_is_found_when_it_comes(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    send(sqlite_target, payment_link("in_1", None, order_number="SO-9"))

    order = sandbox.monstock.order(1000, "EUR", number="SO-9")
    assert sqlite_target.run().writes == 1
    assert shown(sandbox, order) == URL


def test_a_number_that_two_orders_bear_is_left_to_a_person(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    first = sandbox.monstock.order(1000, "EUR", number="SO-9")
    second = sandbox.monstock.order(1000, "EUR", number="SO-9")

    assert send(sqlite_target, payment_link("in_1", None, order_number="SO-9")).writes == 0
    assert sqlite_target.exception_kinds() == ["ambiguous_link"]

    sandbox.monstock.edit_order(second, number="SO-10")
    sqlite_target.run()
    assert shown(sandbox, first) == URL
    assert sqlite_target.exception_kinds() == []


def test_what_staff_wrote_stays_and_is_said_once(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR")
    send(sqlite_target, payment_link("in_1", order))
    stored = sandbox.monstock.stored(order)
    sandbox.monstock.change_order(stored, {"payment_url": STAFF})

    assert sqlite_target.run().writes == 0
    assert send(sqlite_target, payment_link("in_1", order, version=2)).writes == 0
    assert shown(sandbox, order) == STAFF
    assert sqlite_target.exception_kinds() == ["payment_url_by_hand"]

    send(sqlite_target, payment_link("in_1", order, state="paid", version=3))
    assert shown(sandbox, order) == STAFF
    assert sqlite_target.exception_kinds() == []


def test_an_address_that_staff_took_away_comes_back_once(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR")
    send(sqlite_target, payment_link("in_1", order))
    for expected in (URL, None):
        sandbox.monstock.change_order(sandbox.monstock.stored(order), {"payment_url": None})
        sqlite_target.run()
        assert shown(sandbox, order) == expected
    assert sqlite_target.exception_kinds() == ["payment_url_by_hand"]

    with sqlite_target.ledger() as connection:
        dismiss(
            connection,
            ExceptionKind.PAYMENT_URL_BY_HAND,
            order_id=order,
            by="ann",
            why="is paid in cash",
            now=datetime(2026, 11, 20, tzinfo=UTC),
        )
    assert sqlite_target.run().writes == 0
    assert sqlite_target.exception_kinds() == []


@pytest.mark.parametrize(
    ("fields", "config", "kinds"),
    [
        ({"tenant": "south"}, {"tenant": "north"}, []),
        ({}, {"expect_livemode": True}, ["wrong_mode"]),
        ({"state": "paid", "url": None}, {"expect_livemode": True}, []),
        ({"account_id": "acct_2"}, {"scope_accounts": [""]}, []),
    ],
)
def test_what_is_another_tenants_mode_or_account_is_not_shown(
    sandbox: RunningSandbox,
    sqlite_target: TargetRunner,
    fields: dict[str, Any],
    config: dict[str, Any],
    kinds: list[str],
) -> None:
    order = sandbox.monstock.order(1000, "EUR")

    send(sqlite_target, payment_link("in_1", order, **fields), **config)

    assert shown(sandbox, order) is None
    assert sqlite_target.exception_kinds() == kinds


def test_a_setting_that_changes_is_obeyed_in_the_next_run(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR")
    send(sqlite_target, payment_link("in_1", order, tenant="south"), tenant="north")

    sqlite_target.run(tenant="south")
    assert shown(sandbox, order) == URL
    sqlite_target.run(tenant="north")
    assert shown(sandbox, order) is None


def test_an_invoice_whose_keys_a_person_changed_moves_to_the_other_order(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    first, second = (sandbox.monstock.order(1000, "EUR") for _ in range(2))
    send(sqlite_target, payment_link("in_1", first))

    send(sqlite_target, payment_link("in_1", second, version=2))

    assert (shown(sandbox, first), shown(sandbox, second)) == (None, URL)


def test_a_tenant_without_the_field_is_asked_nothing(
    sandbox: RunningSandbox, sqlite_target: TargetRunner, tmp_path: Path
) -> None:
    name = f"{sqlite_target.config['profile']}.yml"
    packaged = (files("monstock_stripe_core") / "profiles" / name).read_text()
    profile = tmp_path / "without.yml"
    profile.write_text(re.sub(r"    payment_url: .*\n", "", packaged))
    order = sandbox.monstock.order(1000, "EUR")
    sqlite_target.run(profile=str(profile))
    sandbox.monstock_controls.reset_counters()
    sqlite_target.run(profile=str(profile))
    of_the_sweep = sandbox.monstock_controls.requests
    sandbox.monstock_controls.reset_counters()

    send(sqlite_target, payment_link("in_1", order), profile=str(profile))

    assert sandbox.monstock_controls.requests == of_the_sweep
    assert sandbox.monstock_controls.writes == 0
    sqlite_target.run()
    assert shown(sandbox, order) == URL


def test_a_dry_run_shows_where_the_order_would_be_paid(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")

    table = send(sqlite_target, payment_link("in_1", order), dry_run=True).plan
    (line,) = send(
        sqlite_target, payment_link("in_1", order), dry_run=True, dry_run_format="json"
    ).plan

    assert f"to be paid at {URL}" in table[-1]
    assert json.loads(line)["payment_url"] == URL
    assert shown(sandbox, order) is None
    assert sandbox.monstock_controls.writes == 0


def test_the_audit_keeps_what_stood_there(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR")
    send(sqlite_target, payment_link("in_1", order))
    send(sqlite_target, payment_link("in_1", order, state="void", version=2))

    with sqlite_target.ledger() as connection:
        rows = connection.execute(
            text("SELECT before, after FROM audit WHERE order_id = :id ORDER BY audit_id"),
            {"id": order},
        ).all()
    before_and_after = [(json.loads(row.before), json.loads(row.after)) for row in rows]
    assert before_and_after == [
        ({"payment_url": None}, {"payment_url": URL}),
        ({"payment_url": URL}, {"payment_url": None}),
    ]


def test_a_bad_record_is_kept_with_its_reason_and_the_others_go_on(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR")
    bad = payment_link("in_2", order, url="ftp://pay.me")
    unprintable = payment_link("in_1", "ord\ud800")
    lines = link_lines([bad, unprintable, payment_link("in_1", order)])
    lines += stream_lines(
        "rejected_payment_links",
        {"type": "object", "properties": {"stripe_id": {"type": "string"}}},
        ["stripe_id"],
        [{"stripe_id": "in_3", "reason": "invoice in_3: status is one of …"}],
    )

    result = sqlite_target.run_lines(lines)

    assert result.error is not None
    assert "3 records were refused" in result.error
    assert shown(sandbox, order) == URL
    refused = ["in_1", "in_2", "in_3"]
    assert [one.transaction_reference for one in sqlite_target.exceptions()] == refused

    send(sqlite_target, *(payment_link(name, order, version=2) for name in refused))
    assert sqlite_target.exception_kinds() == []


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def killing_clock(at: int) -> Callable[[], datetime]:
    """A clock that kills at its n-th reading; each step of the target reads it once."""
    left = [at]

    def clock() -> datetime:
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        return utc_now()

    return clock


@pytest.mark.parametrize("step", range(1, 10))
def test_killed_at_any_step_the_next_run_ends_as_one_clean_run(
    sandbox: RunningSandbox, sqlite_target: TargetRunner, step: int
) -> None:
    orders = [sandbox.monstock.order(1000, "EUR") for _ in range(3)]
    send(sqlite_target, *(payment_link(f"in_{each}", each) for each in orders))
    news = [payment_link(f"in_{each}", each, state="void", version=2) for each in orders]
    news += [payment_link(f"in_b{each}", each, version=2) for each in orders[:2]]
    sqlite_target.clock = killing_clock(step)
    try:
        sqlite_target.run_lines(link_lines(news), concurrency=1)
    except Killed:
        sqlite_target.clock = utc_now
        send(sqlite_target, *news)
    sqlite_target.clock = utc_now

    assert [shown(sandbox, each) for each in orders] == [
        f"https://invoice.stripe.com/i/in_b{orders[0]}",
        f"https://invoice.stripe.com/i/in_b{orders[1]}",
        None,
    ]
    assert send(sqlite_target, *news).writes == 0
    assert sqlite_target.exception_kinds() == []


def test_an_answer_that_got_lost_is_not_taken_for_a_hand(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR")
    cut = [Fault("cut_after", method=method, times=1) for method in ("PATCH", "PUT")]
    sandbox.monstock_controls.set_faults(*cut)
    send(sqlite_target, payment_link("in_1", order))
    sandbox.monstock_controls.clear_faults()

    send(sqlite_target, payment_link("in_1", order, state="void", version=2))

    assert shown(sandbox, order) is None
    assert sqlite_target.exception_kinds() == []


def test_the_readme_shows_every_field() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text()

    for name in PAYMENT_LINK_SCHEMA["properties"]:
        assert f"| `{name}` |" in readme, name
