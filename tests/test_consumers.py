"""The tap into real consumers: loaders that others wrote, each in an environment of its own.

A first run, then two with changes and a deletion; then what the consumer holds is asked for, and
`--verify` has to say that it is equal, and what is wrong once somebody has meddled with it.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
from monstock_stripe_sandbox.pipeline import executable, tap_config, write_catalog
from monstock_stripe_sandbox.postgresql import (
    NOT_INSTALLED,
    postgresql_programs,
    running_postgresql,
)
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from sqlalchemy import Engine, NullPool, create_engine, text

STREAMS = (
    "payments",
    "payment_intents",
    "charges",
    "refunds",
    "customers",
    "invoices",
    "invoice_line_items",
    "balance_transactions",
    "events",
)
Rows = dict[str, dict[str, Any]]
Target = Callable[[str], Path]

# target-duckdb 0.8.0 takes the first row of a batch for a heading, and drops it, if it holds a time
# with a zone, as `_sdc_deleted_at` does. So its zone is taken away.
NO_ZONE = {"customers": {"_sdc_deleted_at": "(record.get('_sdc_deleted_at') or '')[:19] or None"}}


class Consumer(Protocol):
    """A loader and what it fills."""

    command: list[str]
    what: str
    """What --verify is given."""
    stream_maps: Mapping[str, Any]

    def rows(self, stream: str) -> list[dict[str, Any]]:
        """All rows of a stream, JSON columns decoded, in any order."""

    def drop(self, stream: str, key: str) -> None:
        """Forget an object."""

    def alter(self, stream: str, key: str, field: str, value: object) -> None:
        """Set a field of an object."""


class Tables:
    """A database that a loader fills."""

    def __init__(
        self, command: list[str], url: str, stream_maps: Mapping[str, Any] | None = None
    ) -> None:
        self.command = command
        self.what = url
        self.stream_maps = stream_maps or {}

    def rows(self, stream: str) -> list[dict[str, Any]]:
        with self._engine().connect() as connection:
            found = connection.execute(text(f"SELECT * FROM stripe.{stream}")).mappings()
            return [{name: _decoded(value) for name, value in row.items()} for row in found]

    def drop(self, stream: str, key: str) -> None:
        self._do(f"DELETE FROM stripe.{stream} WHERE id = :key", key=key)

    def alter(self, stream: str, key: str, field: str, value: object) -> None:
        self._do(
            f"UPDATE stripe.{stream} SET {field} = :value WHERE id = :key", key=key, value=value
        )

    def _engine(self) -> Engine:
        # A connection that is kept would lock DuckDB's file.
        return create_engine(self.what, poolclass=NullPool)

    def _do(self, statement: str, **values: object) -> None:
        with self._engine().begin() as connection:
            assert connection.execute(text(statement), values).rowcount in (1, -1)


class Lines:
    """A folder that target-jsonl fills: it appends, so the last line of an object counts."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.command = command
        self.what = str(folder)
        self.stream_maps: Mapping[str, Any] = {}

    def rows(self, stream: str) -> list[dict[str, Any]]:
        path = self._path(stream)
        lines = path.read_text().splitlines() if path.exists() else []
        return list({record["id"]: record for record in map(json.loads, lines)}.values())

    def drop(self, stream: str, key: str) -> None:
        self._write(stream, [row for row in self.rows(stream) if row["id"] != key])

    def alter(self, stream: str, key: str, field: str, value: object) -> None:
        rows = self.rows(stream)
        self._write(stream, [row | {field: value} if row["id"] == key else row for row in rows])

    def _path(self, stream: str) -> Path:
        return Path(self.what) / f"{stream}.jsonl"

    def _write(self, stream: str, rows: list[dict[str, Any]]) -> None:
        self._path(stream).write_text("".join(json.dumps(row) + "\n" for row in rows))


def _decoded(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json.loads(value)
    return value


@pytest.fixture
def lines(installed: Target, tmp_path: Path) -> Consumer:
    folder = tmp_path / "lines"
    folder.mkdir()
    settings = {"destination_path": str(folder), "do_timestamp_file": False}
    return Lines(configured(installed("target-jsonl"), tmp_path, settings), folder)


@pytest.fixture
def duckdb(installed: Target, tmp_path: Path) -> Consumer:
    settings = {"path": str(tmp_path / "stripe_data.duckdb"), "default_target_schema": "stripe"}
    command = configured(installed("target-duckdb"), tmp_path, settings)
    return Tables(command, f"duckdb:///{tmp_path}/stripe_data.duckdb", NO_ZONE)


@pytest.fixture
def postgresql(installed: Target, tmp_path: Path) -> Iterator[Consumer]:
    programs = postgresql_programs()
    if programs is None:
        pytest.skip(NOT_INSTALLED)
    with running_postgresql(programs) as url:
        settings = {"sqlalchemy_url": url, "default_target_schema": "stripe"}
        yield Tables(configured(installed("target-postgres"), tmp_path, settings), url)


def configured(command: Path, folder: Path, settings: Mapping[str, Any]) -> list[str]:
    config = folder / "target.json"
    config.write_text(json.dumps(settings))
    return [str(command), "--config", str(config)]


class Pipe:
    """`tap-stripe-ext | loader > state`, and `tap-stripe-ext --verify`."""

    def __init__(self, folder: Path, sandbox: RunningSandbox, consumer: Consumer) -> None:
        self.consumer = consumer
        self.state = folder / "state.json"
        self.config, self.mapped = folder / "tap.json", folder / "mapped.json"
        settings = tap_config(sandbox.stripe_url)
        self.config.write_text(json.dumps(settings))
        self.mapped.write_text(json.dumps(settings | {"stream_maps": consumer.stream_maps}))
        self.catalog = ["--catalog", str(folder / "catalog.json")]
        write_catalog(folder / "catalog.json", STREAMS)

    def run(self) -> None:
        """Run once, from the last state that the loader gave back."""
        state = ["--state", str(self.state)] if self.state.exists() else []
        config = self.mapped if self.consumer.stream_maps else self.config
        tap_command = [executable("tap-stripe-ext"), "--config", str(config), *self.catalog, *state]
        # What is made importable for us is not meant for the loader's environment.
        clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        with (
            subprocess.Popen(tap_command, stdout=subprocess.PIPE) as tap,
            subprocess.Popen(
                self.consumer.command, stdin=tap.stdout, stdout=subprocess.PIPE, env=clean
            ) as target,
        ):
            said, _ = target.communicate(timeout=120)
        assert (tap.returncode, target.returncode) == (0, 0)
        if said.strip():
            self.state.write_bytes(said.splitlines()[-1])

    def verify(self, status: int) -> dict[str, dict[str, int]]:
        """Verify; return the numbers of the streams in which something is wrong or late."""
        command = [executable("tap-stripe-ext"), "--config", str(self.config), *self.catalog]
        command += ["--state", str(self.state)]
        command += ["--verify", self.consumer.what, "--verify-format", "json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        streams = json.loads(done.stdout)["streams"]
        assert set(streams) == set(STREAMS)
        kinds = ("missing", "extra", "different", "doubled", "awaited")
        counted = {name: {k: one["total"][k] for k in kinds} for name, one in streams.items()}
        return {
            name: {kind: number for kind, number in one.items() if number}
            for name, one in counted.items()
            if any(one.values())
        }


class Shop:
    """What happens at Stripe."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox = sandbox
        self.stripe = sandbox.stripe
        with self.hours_ago(5):
            self.customers = [self.stripe.customer(f"c{one}@example.com") for one in range(3)]
            self.intents = [self.paid(1000 + one) for one in range(8)]
            self.invoices = [
                self.stripe.invoice(5000 + one, "eur", customer=self.customers[0])
                for one in range(3)
            ]

    def hours_ago(self, hours: int) -> Any:
        return self.sandbox.clock.at(self.sandbox.clock.now() - hours * 3600)

    def paid(self, amount: int) -> str:
        intent = self.stripe.payment_intent(amount, "eur", metadata={"order": str(amount)})
        self.stripe.succeed(intent)
        return intent

    def first_change(self) -> None:
        """Refund, pay, edit, open."""
        with self.hours_ago(3):
            self.stripe.refund(self.intents[0], 300)
            self.stripe.pay_invoice(self.invoices[0])
            self.stripe.edit_charge(self.intents[1], metadata={"note": "é — \u2603"})
            self.intents.append(self.paid(9000))

    def second_change(self) -> None:
        """Refund the rest, pay again, delete a customer."""
        with self.hours_ago(2):
            self.stripe.refund(self.intents[0], 700)
            self.intents.append(self.paid(9001))
            self.stripe.delete_customer(self.customers[2])


def check_contents(shop: Shop, consumer: Consumer) -> None:
    held: dict[str, Rows] = {}
    for stream in STREAMS:
        rows = consumer.rows(stream)
        held[stream] = {row["id"]: row for row in rows}
        assert len(held[stream]) == len(rows), f"{stream}: more than one row for an object"
    paid_by_invoice = 1
    assert len(held["payment_intents"]) == len(shop.intents) + len(shop.invoices)
    assert set(shop.intents) <= set(held["payments"])
    assert len(held["charges"]) == len(shop.intents) + paid_by_invoice
    assert sorted(row["amount"] for row in held["refunds"].values()) == [300, 700]
    assert set(held["invoices"]) == set(shop.invoices)
    assert len(held["invoice_line_items"]) == len(shop.invoices)

    intent = held["payment_intents"][shop.intents[1]]
    assert (intent["amount"], intent["status"], intent["currency"]) == (1001, "succeeded", "eur")
    assert intent["metadata"] == {"order": "1001"}
    charge = held["charges"][intent["latest_charge"]]
    assert charge["metadata"] == {"order": "1001", "note": "é — \u2603"}
    refunded = held["payment_intents"][shop.intents[0]]["latest_charge"]
    assert held["charges"][refunded]["amount_refunded"] == 1000
    assert held["charges"][refunded]["refunded"] in (True, 1)
    assert len(held["payments"][shop.intents[0]]["refunds"]) == 2
    assert held["invoices"][shop.invoices[0]]["status"] == "paid"
    assert held["invoices"][shop.invoices[1]]["status"] == "open"
    for customer in shop.customers:
        gone = held["customers"][customer].get("_sdc_deleted_at")
        assert (gone is not None) == (customer == shop.customers[2])


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("lines", marks=pytest.mark.slow),
        "duckdb",
        pytest.param("postgresql", marks=[pytest.mark.slow, pytest.mark.postgresql]),
    ],
)
def test_consumer_holds_what_stripe_has_and_verify_sees_what_it_lost(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    consumer: Consumer = request.getfixturevalue(kind)
    with running_sandbox() as sandbox:
        shop = Shop(sandbox)
        pipe = Pipe(tmp_path, sandbox, consumer)
        pipe.run()
        shop.first_change()
        pipe.run()
        shop.second_change()
        pipe.run()

        check_contents(shop, consumer)
        assert pipe.verify(status=0) == {}

        charges = consumer.rows("charges")
        consumer.drop("charges", charges[0]["id"])
        consumer.alter("charges", charges[1]["id"], "amount", 7)
        consumer.alter("refunds", consumer.rows("refunds")[0]["id"], "id", "re_nobody")
        assert pipe.verify(status=1) == {
            "charges": {"missing": 1, "different": 1},
            "refunds": {"missing": 1, "extra": 1},
        }
