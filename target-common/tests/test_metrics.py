"""Figures as Prometheus reads them."""

import time
from datetime import UTC, datetime
from urllib.request import urlopen

import pytest
from target_common.errors import SettingError
from target_common.ledger.queue import Backlog
from target_common.metrics import Figures, Metrics


def test_a_scrape_shows_the_last_figures_in_prometheus_words() -> None:
    metrics = Metrics("target-monstock", "127.0.0.1:0")
    try:
        metrics.show(
            Figures(
                records=3,
                writes={"put": 2},
                backlog=Backlog(1, datetime.fromtimestamp(time.time() - 100, UTC)),
                exceptions={"unlinked": 4},
                is_up=False,
                retry_in=7.0,
            )
        )
        with urlopen(f"http://127.0.0.1:{metrics.port}/metrics") as answer:
            lines = answer.read().decode().splitlines()
    finally:
        metrics.close()

    assert "monstock_target_records_total 3.0" in lines
    assert 'monstock_target_writes_total{action="put"} 2.0' in lines
    assert 'monstock_target_exceptions_waiting{kind="unlinked"} 4.0' in lines
    assert "monstock_target_remote_up 0.0" in lines
    assert "monstock_target_retry_wait_seconds 7.0" in lines
    (age,) = [line for line in lines if line.startswith("monstock_target_oldest_dirty_age")]
    assert 100 <= float(age.split()[1]) < 110


@pytest.mark.parametrize("listen", ["9464", "localhost:", ":9464", "localhost:http", "1.2.3.4:x"])
def test_an_address_that_is_none_is_said(listen: str) -> None:
    with pytest.raises(SettingError, match="metrics_listen must be a host and a port"):
        Metrics("target-monstock", listen)


def test_a_port_that_is_taken_is_said() -> None:
    metrics = Metrics("target-monstock", "127.0.0.1:0")
    try:
        with pytest.raises(SettingError, match="cannot listen at"):
            Metrics("target-monstock", f"127.0.0.1:{metrics.port}")
    finally:
        metrics.close()
