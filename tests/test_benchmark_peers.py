"""What the comparison with other programs counts: fields gone, records lost or doubled."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.list_server import Spread, served_lists
from benchmarks.peers.__main__ import Round, print_targets
from benchmarks.peers.environments import NotAvailable
from benchmarks.peers.fields import missing_fields
from benchmarks.peers.measuring import Measured, measure
from benchmarks.peers.peers import Output, Peer, Task

CHARGE = {
    "id": "ch_1",
    "amount": 0,
    "customer": {"id": "cus_1", "object": "customer", "name": None},
    "description": None,
    "metadata": {"order": "7"},
    "shipping": {"address": {"city": None}, "phone": None},
    "refunds": {"object": "list", "data": [{"id": "re_1", "amount": 5}]},
}


@pytest.mark.parametrize(
    ("changed", "top", "inside"),
    [
        ({}, set(), set()),
        ({"metadata": '{"order": "7"}', "customer": "cus_1"}, set(), set()),
        ({"refunds": [{"id": "re_1", "amount": 5}]}, set(), set()),
        ({"amount": None}, {"amount"}, set()),
        ({"metadata": {}}, set(), {"metadata.order"}),
        ({"metadata": "none"}, set(), {"metadata"}),
        (
            {"refunds": {"object": "list", "data": [{"id": "re_1"}]}},
            set(),
            {"refunds.data.[].amount"},
        ),
        ({"refunds": []}, set(), {"refunds"}),
    ],
)
def test_a_field_is_dropped_where_it_holds_something_and_is_gone(
    changed: dict[str, object], top: set[str], inside: set[str]
) -> None:
    assert missing_fields(CHARGE, CHARGE | changed, flattened=False) == (top, inside)


def test_fields_that_hold_nothing_are_not_missed() -> None:
    record = {name: CHARGE[name] for name in ("id", "amount", "customer", "metadata")}

    assert missing_fields(CHARGE, record, flattened=False) == ({"refunds"}, set())


def test_of_a_flat_table_columns_and_child_tables_count() -> None:
    row = {
        "id": "ch_1",
        "amount": 0,
        "customer__id": "cus_1",
        "metadata__order": "7",
        "refunds__data": True,
    }

    assert missing_fields(CHARGE, row, flattened=True) == (
        set(),
        {"customer.object", "refunds.object"},
    )
    del row["metadata__order"]
    assert missing_fields(CHARGE, row, flattened=True)[0] == {"metadata"}


PEER = """
import json, os, sys, urllib.request
asked = os.environ["BENCHMARK_API_BASE"] + "/v1/charges?limit=100"
found = json.load(urllib.request.urlopen(asked))["data"]
print("starting")
for charge in [*found[1:], found[1], {**found[2], "metadata": None}]:
    print(json.dumps({"type": "RECORD", "stream": "charges", "record": charge}))
sys.exit(int(sys.argv[1]))
"""


def charges_peer(exit_status: int) -> Peer:
    command = [sys.executable, "-c", PEER, str(exit_status)]
    return Peer("some", "Some tap", Output.SINGER, lambda _programs, _task: command)


def test_lost_and_doubled_records_are_counted(tmp_path: Path) -> None:
    with served_lists(Spread(20, 10), kinds=("charges",)) as server:
        task = Task(server.url, 0, ("charges",), limited=False, folder=tmp_path)
        found = measure(charges_peer(0), tmp_path, None, task, server)

        assert (found.records, found.lost, found.doubled) == (21, 1, 2)
        assert found.requests == 1
        assert (found.dropped, found.dropped_inside) == (("charges.metadata",), ())
        assert found.flow is not None and 0 <= found.flow < found.seconds
        with pytest.raises(NotAvailable, match="ended with 3"):
            measure(charges_peer(3), tmp_path, None, task, server)


def measured(seconds: float, cpu: float) -> Measured:
    return Measured(10_000, seconds, seconds / 2, cpu, 90.0, 100, 0, 0, 0, (), ())


@pytest.mark.parametrize(("seconds", "cpu", "said"), [(3.9, 4.0, "met"), (4.1, 5.1, "missed")])
def test_a_target_is_met_against_the_best_of_the_others(
    seconds: float, cpu: float, said: str
) -> None:
    others = {"singer-io": measured(40.0, 5.0), "hotglue": measured(20.0, 9.0)}
    console = Console(record=True, width=160, file=io.StringIO())

    one_stream = Round(10_000, 0.2, ("payment_intents",))
    print_targets({one_stream: {"ours": measured(seconds, cpu), **others}}, console)

    lines = [line for line in console.export_text().splitlines() if "ms latency" in line]
    assert len(lines) == 3
    assert all(line.strip("│ ").endswith(said) for line in lines), lines
