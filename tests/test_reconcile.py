"""The reconciliation of a whole sandbox: through Meltano, and from PostgreSQL."""

import html
import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.order import OrderPaymentStatus
from monstock_stripe_sandbox.meltano_project import MeltanoProject
from monstock_stripe_sandbox.pipeline import (
    clean_environment,
    executable,
    monstock_config,
    tap_config,
    write_catalog,
)
from monstock_stripe_sandbox.postgresql import (
    NOT_INSTALLED,
    postgresql_programs,
    running_postgresql,
)
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

pytestmark = pytest.mark.slow

PATH = os.environ["PATH"]

STRIPE = ("payments", "balance_transactions", "payouts", "payout_balance_transactions")
# What an exception of the target is called here. The others are no difference between the systems
# by then: what a hand changed is restored, and a cheap cart leaves its order unpaid.
REASON = {
    ExceptionKind.UNLINKED: "no_order",
    ExceptionKind.WAITING_FOR_ORDER: "no_order",
    ExceptionKind.AMBIGUOUS_LINK: "several_orders",
    ExceptionKind.LINK_DISAGREEMENT: "several_orders",
    ExceptionKind.WRONG_MODE: "test_payment",
    ExceptionKind.CURRENCY_MISMATCH: "currency_differs",
    ExceptionKind.POSSIBLE_DUPLICATE: "recorded_twice",
    ExceptionKind.CUSTOMER_OWED: "customer_owed",
    ExceptionKind.CANCELLED_ORDER_PAID: "cancelled_order",
    ExceptionKind.SHIPPED_NOT_PAID: "shipped_not_paid",
}
OF_THE_DIFFERENCE = (
    *("paid_not_shown", "shown_not_paid", "amount_differs", "refund_missing", "status_differs"),
    *("changed_by_hand", "unreadable", "payout_differs"),
)


def rows(results: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(results), read_only=True) as connection:
        return connection.execute(query).fetchall()


def check_findings(sandbox: RunningSandbox, results: Path) -> None:
    """Hold the findings to what the scenarios say must be shown."""
    found = rows(results, "SELECT reason, order_id, transaction_reference FROM findings")
    assert [one for one in found if one[0] in OF_THE_DIFFERENCE] == []
    truths = [
        (reason, truth.order_id, truth.transaction_reference)
        for truth in sandbox.exceptions()
        if (reason := REASON.get(ExceptionKind(truth.kind))) is not None
    ]
    missed = [truth for truth in truths if not any(_same(truth, one) for one in found)]
    invented = [
        one
        for one in found
        if one[0] in REASON.values() and not any(_same(truth, one) for truth in truths)
    ]
    assert (missed, invented) == ([], [])
    statuses = dict(rows(results, "SELECT order_id, status FROM orders"))
    orders = {order.id for order in sandbox.monstock.orders() if order.kind != "quote"}
    assert set(statuses) == orders
    truths_of = {truth.order_id: truth.payment_status for truth in sandbox.truth()}
    expected = {order_id: truths_of[order_id] for order_id in orders & truths_of.keys()}
    assert len(expected) > 100
    assert {order_id: statuses[order_id] for order_id in expected} == expected
    assert set(statuses.values()) <= set(OrderPaymentStatus)


def _same(truth: Sequence[str | None], found: Sequence[str | None]) -> bool:
    """Whether a finding is what a scenario says must be shown, as far as it says whose."""
    return truth[0] == found[0] and all(
        said in (None, seen) for said, seen in zip(truth[1:], found[1:], strict=True)
    )


def test_job_loads_both_sides_and_finds_what_the_scenarios_planted(
    root: Path, tmp_path: Path
) -> None:
    with running_sandbox(seed=7, scenarios=True) as sandbox:
        project = MeltanoProject(root, tmp_path, sandbox.stripe_url, sandbox.monstock_url)
        assert project.run("install", "loader", "target-duckdb", timeout=300).status == 0
        assert project.run("run", "stripe-to-monstock").status == 0
        done = project.run("run", "reconcile", timeout=300)
        assert done.status == 1, done.stderr  # the scenarios hold what is to be looked at
        assert "to look at" in done.stderr
        check_findings(sandbox, project.results)
        shown = rows(project.results, "SELECT count(*) FROM orders")
        orders = [order for order in sandbox.monstock.orders() if order.kind != "quote"]
        assert shown == [(len(orders),)]


def test_a_finding_ends_by_the_line_that_the_report_tells_to_copy(
    root: Path, tmp_path: Path
) -> None:
    with running_sandbox() as sandbox:
        order = sandbox.monstock.order(21500, "EUR")
        number = sandbox.monstock.stored(order).order.number
        with sandbox.clock.at(sandbox.clock.now() - 3600):
            payments = [sandbox.stripe.payment_intent(amount, "eur") for amount in (21500, 4900)]
            for payment in payments:
                sandbox.stripe.succeed(payment, "card")
        project = MeltanoProject(root, tmp_path, sandbox.stripe_url, sandbox.monstock_url)
        assert project.run("install", "loader", "target-duckdb", timeout=300).status == 0
        assert project.run("run", "stripe-to-monstock").status == 0
        assert project.run("run", "reconcile").status == 1
        assert unlinked(project.results) == set(payments)

        link = line_to_copy(project, "exceptions link", payments[0])
        typed = link.replace("ORDER", number).replace("WHY", "'the receipt says so'")
        linked = subprocess.run(
            ["sh", "-c", typed],
            env=project.environment | {"PATH": f"{Path(executable('meltano')).parent}:{PATH}"},
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert linked.returncode == 0, linked.stderr
        assert project.run("run", "stripe-to-monstock").status == 0
        assert project.run("run", "reconcile").status == 1

        assert unlinked(project.results) == {payments[1]}
        assert rows(project.results, "SELECT status, shown_status, findings FROM orders") == [
            ("paid", "paid", 0)
        ]


def unlinked(results: Path) -> set[str]:
    """The payments of all findings, each of which says that its payment has no order."""
    found = rows(results, "SELECT reason, transaction_reference FROM findings WHERE counts")
    assert {reason for reason, _ in found} == {"no_order"}
    return {payment for _, payment in found}


def line_to_copy(project: MeltanoProject, command: str, payment: str) -> str:
    """The one line of a report for a command of target-monstock about a payment."""
    page = project.results.with_name("report.html")
    written = subprocess.run(
        [executable("reconcile"), "report", "--output", str(page)],
        env=project.environment,
        capture_output=True,
        check=False,
    )
    assert written.returncode == 0, written.stderr
    shown = re.findall(r"<code>(.*?)</code>", page.read_text(encoding="utf-8"))
    start = f"meltano invoke target-monstock:{command} "
    (line,) = (
        line for line in map(html.unescape, shown) if line.startswith(start) and payment in line
    )
    return line


@pytest.mark.postgresql
def test_warehouse_in_postgresql_brings_the_same(
    make_pipe: Callable[..., Any], installed: Callable[[str], Path], tmp_path: Path
) -> None:
    programs = postgresql_programs()
    if programs is None:
        pytest.skip(NOT_INSTALLED)
    with (
        running_postgresql(programs) as url,
        running_sandbox(seed=7, scenarios=True) as sandbox,
    ):
        assert make_pipe(sandbox).run().ok
        load(installed("target-postgres"), url, "tap-stripe-ext", tap_config(sandbox.stripe_url),
             STRIPE, "stripe", tmp_path)  # fmt: skip
        load(installed("target-postgres"), url, "tap-monstock",
             monstock_config(sandbox.monstock_url), ("orders",), "monstock", tmp_path)  # fmt: skip
        settings = {
            "source": url,
            "results": f"{tmp_path}/results.duckdb",
            "expect_livemode": False,
            "tenant": "sandbox",
        }
        config = tmp_path / "reconcile.json"
        config.write_text(json.dumps(settings))
        done = subprocess.run(
            [executable("reconcile"), "compare", "--config", str(config)],
            capture_output=True,
            text=True,
            check=False,
            env=clean_environment(),
        )
        assert done.returncode == 1, done.stderr
        check_findings(sandbox, tmp_path / "results.duckdb")


def load(
    loader: Path,
    url: str,
    tap: str,
    settings: Mapping[str, Any],
    streams: tuple[str, ...],
    schema: str,
    folder: Path,
) -> None:
    """`tap | target-postgres`."""
    config, target, catalog = (folder / f"{tap}.{name}.json" for name in ("tap", "to", "catalog"))
    config.write_text(json.dumps(settings))
    target.write_text(json.dumps({"sqlalchemy_url": url, "default_target_schema": schema}))
    write_catalog(catalog, streams, tap, config)
    command = [executable(tap), "--config", str(config), "--catalog", str(catalog)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, env=clean_environment()) as reading,
        subprocess.Popen(
            [str(loader), "--config", str(target)],
            stdin=reading.stdout,
            stdout=subprocess.DEVNULL,
            env={name: v for name, v in clean_environment().items() if name != "PYTHONPATH"},
        ) as loading,
    ):
        assert (loading.wait(), reading.wait()) == (0, 0)
