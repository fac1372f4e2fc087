"""Payments live through a `meltano run` that does not end, beside runs that do."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from monstock_stripe_sandbox.live import live_payments
from monstock_stripe_sandbox.selling import Seller
from monstock_stripe_sandbox.testing import running_sandbox

ROOT = Path(__file__).parents[1]
SOON = 20.0


def wait_for(condition: Callable[[], object], said: Path) -> None:
    until = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < until, said.read_text()
        time.sleep(0.02)


def test_payments_are_on_their_orders_at_once_whatever_is_killed_and_batch_goes_on(
    tmp_path: Path,
) -> None:
    with running_sandbox() as sandbox:
        seller = Seller(sandbox.monstock_url)
        first, second, third, fourth = (one.order for one in seller.order(1_200, count=4))

        def is_paid(order: str) -> bool:
            return seller.first_paid([order])[order] is not None

        with live_payments(ROOT, tmp_path, sandbox.stripe_url, sandbox.monstock_url) as live:
            seller.pay([first])
            wait_for(lambda: is_paid(first), live.log)

            # A run that ends, on the same ledger: refused, with the reason.
            ended = live.project.run("run", "--force", "stripe-to-monstock")
            assert ended.status != 0
            assert "is in use by another target-monstock" in ended.stderr

            live.kill()
            seller.pay([second])
            live.start()
            live.wait_until_ready()
            wait_for(lambda: is_paid(second), live.log)
            seller.pay([third])
            wait_for(lambda: is_paid(third), live.log)
            assert live.stop() in {0, 1, -15, 143}

            seller.pay([fourth])
            # --force: of the run that was killed, Meltano still believes that it lives.
            ended = live.project.run("run", "--force", "stripe-to-monstock")
            assert ended.status == 0, ended.stderr
            assert is_paid(fourth)

            sandbox.monstock_controls.reset_counters()
            ended = live.project.run("run", "--force", "stripe-to-monstock")
            assert ended.status == 0, ended.stderr
            assert sandbox.monstock_controls.writes == 0
            said = live.log.read_text()
        with sqlite3.connect(live.project.ledger) as ledger:
            rows = ledger.execute("SELECT count(*) FROM payments").fetchone()
        assert rows == (4,)
        assert len(sandbox.monstock.orders()) == 4
    assert "Traceback" not in said
    for secret in ("whsec_", "sk_test_sandbox", "monstock-sandbox-token"):
        assert secret not in said


@pytest.mark.slow
def test_without_webhooks_polling_brings_them(tmp_path: Path) -> None:
    with running_sandbox() as sandbox:
        seller = Seller(sandbox.monstock_url)
        settings = {"TAP_STRIPE_EXT_POLL_INTERVAL": "1"}
        with live_payments(
            ROOT,
            tmp_path,
            sandbox.stripe_url,
            sandbox.monstock_url,
            webhooks=False,
            settings=settings,
        ) as live:
            (order,) = (one.order for one in seller.order(1_200, paid=True))
            wait_for(lambda: seller.first_paid([order])[order] is not None, live.log)
            live.stop()
