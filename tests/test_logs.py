"""No log holds a secret or a word about a person, whatever fails and however much is logged."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.people import person
from monstock_stripe_sandbox.pipeline import (
    LINKS,
    BarePipe,
    OrdersPipe,
    PaymentsPipe,
    PipelineRun,
    executable,
    write_catalog,
)
from monstock_stripe_sandbox.selling import Seller
from monstock_stripe_sandbox.sensitive import Sensitive, leaks
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

PEOPLE = 4
ZOE = person(0)
STREAMS = ("payments", "invoices", "payment_links", "customers")
IMPATIENT = {"max_attempts": 2, "max_wait": 0.1}
TO_MONSTOCK = {"customers": "create"}
TO_STRIPE = {
    "order_as": "invoice",
    "create_customers": "all",
    "match_customers_by_email": True,
    **IMPATIENT,
}

WRITES = ("POST", "PUT", "PATCH")
FAULTS = {
    "nothing": [],
    "writes refused": [
        Fault("status", status=422, every=2, method=method, echo=True) for method in WRITES
    ],
    "reads refused": [Fault("status", status=400, every=3, method="GET", echo=True)],
    "failing": [Fault("status", status=500, every=2, echo=True)],
    "key expired": [Fault("status", status=401, echo=True)],
    "forbidden": [Fault("status", status=403, every=2, echo=True)],
    "conflict": [Fault("status", status=409, every=2, echo=True)],
    "not there": [Fault("status", status=404, every=4, echo=True)],
    "half a record": [Fault("half_json", every=3)],
    "cut": [Fault("cut_half", every=3)],
}
Pipes = tuple[RunningSandbox, tuple[BarePipe, BarePipe]]


def mostly_slow(names: Iterable[str], *quick: str) -> list[Any]:
    """The parameters of a test of which only some belong to the default tests."""
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in names]


@contextmanager
def people_trading() -> Iterator[RunningSandbox]:
    """A world of people: some have paid, some have not, one has an address that Stripe refuses."""
    with running_sandbox() as sandbox:
        seller = Seller(sandbox.monstock_url)
        seller.order(count=PEOPLE, people=PEOPLE, paid=True)
        seller.order(count=PEOPLE, people=PEOPLE)
        wrong = sandbox.monstock.customer(ZOE.name, email="zoe quaxbury at personal.example")
        sandbox.monstock.order(1_500, "EUR", customer_id=wrong)
        session = sandbox.stripe.checkout_session(
            2_000, "eur", client_reference_id=ZOE.email, customer_email=ZOE.email
        )
        sandbox.stripe.complete_checkout(session)
        yield sandbox


@pytest.fixture
def pipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipes]:
    """Such a world, and both pipelines on it, which log everything."""
    monkeypatch.setenv("LOGLEVEL", "DEBUG")
    with people_trading() as sandbox:
        folders = [tmp_path / name for name in ("payments", "orders")]
        for folder in folders:
            folder.mkdir()
        where = (sandbox.stripe_url, sandbox.monstock_url)
        payments = PaymentsPipe(folders[0], *where, tap=IMPATIENT, target=TO_MONSTOCK)
        write_catalog(payments.catalog, STREAMS)
        yield sandbox, (payments, OrdersPipe(folders[1], *where, target=TO_STRIPE))


def assert_nothing_leaks(said: Mapping[str, str], sensitive: tuple[Sensitive, ...]) -> None:
    shown = [
        f"{name}:{leak.line_number} holds {leak.kind}: {leak.line:.400}"
        for name, text in said.items()
        for leak in leaks(text, sensitive)
    ]
    assert shown == []


def logs_of(run: PipelineRun) -> dict[str, str]:
    """What each process of a run logged: something in any case."""
    said = {link: getattr(run, link).stderr for link in LINKS}
    assert all(said.values())
    return said


def test_the_world_holds_people_and_secrets() -> None:
    with people_trading() as sandbox:
        kinds = {each.kind for each in sandbox.sensitive()}
    assert {"an API key of Stripe", "Monstock's token", "email of customer"} <= kinds
    assert {"name of customer", "last4 of card", "line1 of address"} <= kinds


@pytest.mark.parametrize("name", mostly_slow(FAULTS, "writes refused"))
def test_no_log_of_a_run_with_faults_holds_anything_sensitive(name: str, pipes: Pipes) -> None:
    sandbox, both = pipes
    sides = (sandbox.stripe_controls, sandbox.monstock_controls)
    for side in sides:
        side.set_faults(*FAULTS[name])
    for pipe in both:
        for _ in range(2):
            assert_nothing_leaks(logs_of(pipe.run()), sandbox.sensitive())
    assert not FAULTS[name] or all(side.faults_hit for side in sides)


def mistyped(value: Any) -> Any:
    """Every text of a record as a list of it, and every number as text."""
    if isinstance(value, dict):
        return {name: mistyped(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [mistyped(inner) for inner in value]
    return [value] if isinstance(value, str) else f"{value}"


def whole(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False)


DAMAGES: dict[str, Callable[[dict[str, Any]], str]] = {
    "cut off": lambda record: whole(record)[: len(whole(record)) // 2],
    "not JSON": lambda record: whole(record).replace('"', "'"),
    "mistyped": lambda record: whole(record | {"record": mistyped(record["record"])}),
    "no record": lambda record: whole(record | {"record": whole(record["record"])}),
    "of no stream": lambda record: whole(record | {"stream": "none"}),
    "of no type": lambda record: whole(record | {"type": "RECROD"}),
    "without a key": lambda record: whole(record | {"record": record["record"] | {"id": None}}),
}


@pytest.mark.parametrize("damage", mostly_slow(DAMAGES, "cut off"))
def test_no_log_of_a_damaged_input_holds_anything_sensitive(damage: str, pipes: Pipes) -> None:
    sandbox, both = pipes
    for pipe in both:
        if not pipe.catalog.exists():
            pipe.write_catalog()
        read = messages(pipe, "tap", "--catalog", str(pipe.catalog))
        mapped = messages(pipe, "mapper", given=[whole(line) for line in read])
        for link, lines in (("mapper", read), ("target", mapped)):
            records = [line for line in lines if line["type"] == "RECORD"]
            assert len(records) > PEOPLE
            damaged = [whole(line) for line in lines if line["type"] == "SCHEMA"]
            damaged += [DAMAGES[damage](record) for record in records]
            done = process(pipe, link, given=damaged)
            assert done.stderr
            assert_nothing_leaks({f"{damage}, {link}": done.stderr}, sandbox.sensitive())


def messages(
    pipe: BarePipe, link: str, *arguments: str, given: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """What one process of a pipeline makes of its input."""
    done = process(pipe, link, *arguments, given=given)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def process(
    pipe: BarePipe, link: str, *arguments: str, given: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    config = pipe.folder / f"{link}.config.json"
    command = [executable(getattr(pipe.programs, link)), "--config", str(config), *arguments]
    return subprocess.run(
        command,
        input="\n".join([*given, ""]),
        capture_output=True,
        text=True,
        check=False,
        cwd=pipe.folder,
    )
