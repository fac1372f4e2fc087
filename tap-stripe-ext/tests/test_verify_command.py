"""`--verify` against a sandbox: of a target that is whole, behind, or tampered with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from tap_common.testing import TapRun
from tap_stripe_ext.stream_table import row_named
from tap_stripe_ext.tap import TapStripeExt
from tap_stripe_ext.testing import SANDBOX_CONFIG, catalog_of, run_tap

STREAMS = ("payments", "payment_intents", "charges", "refunds", "customers")


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        paid(running, 12)
        yield running


def paid(sandbox: RunningSandbox, count: int, *, hours_ago: int = 2) -> list[str]:
    with sandbox.clock.at(sandbox.clock.now() - hours_ago * 3600):
        intents = [sandbox.stripe.payment_intent(1000 + one, "eur") for one in range(count)]
        for intent in intents:
            sandbox.stripe.succeed(intent)
    return intents


class Target:
    """A file of Singer messages that the tap's runs are appended to."""

    def __init__(self, folder: Path, sandbox: RunningSandbox, **settings: Any) -> None:
        self.sandbox = sandbox
        self.file = folder / "received.jsonl"
        self.config = folder / "config.json"
        self.settings = {"relist_interval": 0, **settings}
        self.config.write_text(
            json.dumps({**SANDBOX_CONFIG, "api_base": sandbox.stripe_url, **self.settings})
        )
        self.last: TapRun | None = None

    def run(self) -> TapRun:
        """Run the tap from where it was."""
        state = None if self.last is None else self.last.state
        self.last = run_tap(self.sandbox.stripe_url, streams=STREAMS, state=state, **self.settings)
        assert self.last.error is None
        with self.file.open("a") as file:
            file.writelines(line + "\n" for line in self.last.lines)
        return self.last

    def verify(self, *arguments: object, status: int) -> dict[str, dict[str, int]]:
        """Verify, and return the numbers of each stream that are not 0."""
        done = command("--config", self.config, "--verify", self.file, *arguments)
        assert done.exit_code == status, done.output
        found = json.loads(done.stdout)["streams"]
        return {
            name: {what: number for what, number in one["total"].items() if number}
            for name, one in found.items()
        }

    def tamper(self, stream: str, meddle: Any) -> None:
        """Write each record of a stream as `meddle(number, record)` says; None drops it."""
        kept, number = [], 0
        for line in self.file.read_text().splitlines():
            message = json.loads(line)
            if message["type"] == "RECORD" and message["stream"] == stream:
                message["record"] = meddle(number, message["record"])
                number += 1
                if message["record"] is None:
                    continue
            kept.append(json.dumps(message) + "\n")
        self.file.write_text("".join(kept))


def command(*arguments: object) -> Result:
    return CliRunner().invoke(
        TapStripeExt.get_singer_command(),
        [*map(str, arguments), "--verify-format", "json"],
        catch_exceptions=False,
    )


def equal(number: int, **further: int) -> dict[str, int]:
    return {"stripe": number, "received": number, "equal": number, **further}


def test_whole_target_is_equal_and_one_that_is_behind_is_no_false_alarm(sandbox, tmp_path):
    customer = sandbox.stripe.customer("ann@example.com")
    target = Target(tmp_path, sandbox)
    target.run()
    assert target.verify(status=0) == {
        "payments": equal(12),
        "payment_intents": equal(12),
        "charges": equal(12),
        "refunds": {},
        "customers": equal(1),
    }

    intents = paid(sandbox, 2, hours_ago=0)
    sandbox.stripe.refund(intents[0], 100)
    sandbox.stripe.delete_customer(customer)
    behind = target.verify(status=0)

    assert behind["payments"] == {"stripe": 14, "received": 12, "equal": 12, "awaited": 2}
    assert behind["refunds"] == {"stripe": 1, "awaited": 1}
    assert behind["customers"] == {"received": 1, "awaited": 1}

    target.run()
    after = target.verify(status=0)
    assert after["payments"] == equal(14)
    assert after["customers"] == {}


def test_missing_extra_and_different_are_told_apart(sandbox, tmp_path):
    target = Target(tmp_path, sandbox)
    target.run()

    def meddle(number: int, record: dict[str, Any]) -> dict[str, Any] | None:
        if number == 0:
            return None
        if number == 1:
            return {**record, "amount": record["amount"] + 1}
        if number == 2:
            return {**record, "id": "ch_nobody"}
        return record

    target.tamper("charges", meddle)

    found = target.verify(status=1)
    wrong = {"missing": 2, "extra": 1, "different": 1}
    assert found["charges"] == {"stripe": 12, "received": 11, "equal": 9} | wrong
    assert found["payment_intents"] == equal(12)


@pytest.mark.slow
def test_lost_change_is_found_where_the_state_says_that_it_was_handled(sandbox, tmp_path):
    target = Target(tmp_path, sandbox)
    target.run()
    intent = paid(sandbox, 1, hours_ago=0)[0]
    target.run()
    target.tamper("payments", lambda _, record: None if record["id"] == intent else record)

    assert target.verify(status=1)["payments"]["missing"] == 1


def test_without_a_state_what_changed_since_the_newest_record_is_on_its_way(sandbox, tmp_path):
    target = Target(tmp_path, sandbox, overlap=0)
    target.run()
    folder = tmp_path / "lines"
    folder.mkdir()
    for stream in ("charges", "refunds", "payment_intents"):
        records = [json.dumps(one) + "\n" for one in target.last.records(stream)]
        (folder / f"{stream}.jsonl").write_text("".join(records))
    target.file = folder
    assert target.verify(status=0)["charges"] == equal(12)

    with sandbox.clock.at(sandbox.clock.now() + 60):
        sandbox.stripe.refund(target.last.ids("payment_intents")[3], 100)

    behind = target.verify(status=0)
    assert behind["refunds"] == {"stripe": 1, "awaited": 1}
    assert behind["charges"] == {"stripe": 12, "received": 12, "equal": 11, "awaited": 1}

    lines = (folder / "charges.jsonl").read_text().splitlines(keepends=True)
    (folder / "charges.jsonl").write_text("".join(lines[:4]))
    assert target.verify(status=1)["charges"]["missing"] >= 7


@pytest.mark.slow
def test_catalog_says_what_is_verified_and_deselected_fields_do_not_count(sandbox, tmp_path):
    target = Target(tmp_path, sandbox)
    target.run()
    target.tamper("charges", lambda _, record: {k: v for k, v in record.items() if k != "metadata"})
    assert target.verify(status=1)["charges"]["different"] == 12
    catalog = catalog_of("charges")
    entry = next(one for one in catalog["streams"] if one["tap_stream_id"] == "charges")
    for metadata in entry["metadata"]:
        if metadata["breadcrumb"] == ["properties", "metadata"]:
            metadata["metadata"]["selected"] = False
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps(catalog))

    assert target.verify("--catalog", path, status=0) == {"charges": equal(12)}


@pytest.mark.slow
def test_objects_before_the_start_date_are_not_extra(sandbox, tmp_path):
    paid(sandbox, 1, hours_ago=24 * 400)
    target = Target(tmp_path, sandbox)
    target.run()
    config = json.loads(target.config.read_text()) | {"start_date": "2026-06-01T00:00:00Z"}
    target.config.write_text(json.dumps(config))

    assert target.verify(status=0)["charges"] == equal(12)


@pytest.mark.slow
def test_stream_that_may_not_be_read_is_said_to_be_unverified(sandbox, tmp_path):
    target = Target(tmp_path, sandbox)
    target.run()
    may_read = {
        row.permission.split("(")[1].rstrip(")")
        for row in map(row_named, ("charges", "payment_intents", "events"))
    }
    key = sandbox.stripe.restricted_key(allowed=may_read)
    target.config.write_text(json.dumps(json.loads(target.config.read_text()) | {"api_key": key}))

    done = command("--config", target.config, "--verify", target.file)

    assert done.exit_code == 2
    streams = json.loads(done.stdout)["streams"]
    assert "could not be read" in streams["customers"]["problem"]
    assert streams["charges"]["total"]["equal"] == 12


@pytest.mark.parametrize(
    ("what", "settings"),
    [
        ("nowhere.jsonl", {}),
        ("nothing://x", {}),
        ("empty.jsonl", {}),
        ("received.jsonl", {"flattening_enabled": True, "flattening_max_depth": 2}),
        ("received.jsonl", {}),
        ("received.jsonl", {"api_key": "pk_test"}),
    ],
    ids=str,
)
def test_what_cannot_be_verified_is_status_2_and_one_message(tmp_path, caplog, what, settings):
    record = {"type": "RECORD", "stream": "charges", "record": {"id": "ch_1"}}
    (tmp_path / "received.jsonl").write_text(json.dumps(record) + "\n")
    (tmp_path / "empty.jsonl").write_text("")
    config = tmp_path / "config.json"
    config.write_text(
        json.dumps(
            {**SANDBOX_CONFIG, "api_base": "http://127.0.0.1:9", "max_attempts": 1} | settings
        )
    )
    path = what if "://" in what else tmp_path / what

    done = command("--config", config, "--verify", path)

    assert done.exit_code == 2
    assert "Traceback" not in done.output + caplog.text
    assert [one.levelname for one in caplog.records].count("ERROR") == 1


def test_table_is_for_people(sandbox, tmp_path):
    target = Target(tmp_path, sandbox)
    target.run()
    done = CliRunner().invoke(
        TapStripeExt.get_singer_command(),
        ["--config", str(target.config), "--verify", str(target.file)],
    )
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0].split()[:4] == ["stream", "window", "stripe", "received"]
    assert "No differences." in done.stdout
