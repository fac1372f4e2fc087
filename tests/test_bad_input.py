"""Bad input: one clear message, the right exit status, nothing lost and nothing half written."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.contents import monstock_contents
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.pipeline import (
    BarePipe,
    PipelineRun,
    executable,
    tap_config,
    target_config,
)
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

MakePipe = Callable[..., BarePipe]
AMOUNT = 5_000
NOBODY = "http://127.0.0.1:9"
ONCE = {"max_attempts": 1}


@dataclass(frozen=True)
class Refusal:
    """Settings that cannot work: whom they are for, and what the message must name."""

    link: str
    says: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)


REFUSALS = {
    "wrong Stripe key": Refusal("tap", ("api_key",), {"api_key": "sk_test_wrong", **ONCE}),
    "publishable key": Refusal("tap", ("api_key", "publishable"), {"api_key": "pk_test_x"}),
    "no Stripe key": Refusal("tap", ("api_key",), {"api_key": None}),
    "Stripe cannot be reached": Refusal("tap", (NOBODY,), {"api_base": NOBODY, **ONCE}),
    "Stripe's address is none": Refusal("tap", ("api_base",), {"api_base": "stripe"}),
    "start date is none": Refusal("tap", ("start_date",), {"start_date": "soon"}),
    "wrong Monstock token": Refusal("target", ("api_token",), {"api_token": "wrong"}),
    "no Monstock token": Refusal("target", ("api_token",), {"api_token": None}),
    "Monstock cannot be reached": Refusal("target", (NOBODY,), {"base_url": f"{NOBODY}/api/v1"}),
    "Monstock's address is none": Refusal("target", ("base_url",), {"base_url": "monstock"}),
    "no such profile": Refusal("target", ("nowhere.yml",), {"profile": "nowhere.yml"}),
    "no such folder for the ledger": Refusal(
        "target", ("ledger",), {"ledger_url": "sqlite:////nowhere/at/all/ledger.sqlite"}
    ),
    "cut-over date is none": Refusal("target", ("cutover_date",), {"cutover_date": "soon"}),
    "unknown currency in a tolerance": Refusal(
        "target", ("currency_tolerance",), {"currency_tolerance": {"EURO": 1}}
    ),
}


def paid_order(sandbox: RunningSandbox, **payment: Any) -> str:
    """Make an order and its payment; return the order's number."""
    with sandbox.clock.at(sandbox.clock.now() - 7_200):
        order = sandbox.monstock.get(sandbox.monstock.order(AMOUNT, "EUR"))
        assert order is not None
        metadata = {"monstock_order_number": order.number, **payment.pop("metadata", {})}
        intent = sandbox.stripe.payment_intent(AMOUNT, "eur", metadata=metadata, **payment)
        sandbox.stripe.succeed(intent)
    return order.number


def statuses(sandbox: RunningSandbox) -> dict[str, str]:
    orders = monstock_contents(sandbox.monstock)
    return {number: order["payment_status"] for number, order in orders.items()}


def assert_refused(run: PipelineRun, refusal: Refusal) -> None:
    """The one concerned failed by itself, named the cause, and nobody showed a traceback."""
    end = getattr(run, refusal.link)
    assert end.status > 0, run.stderr
    assert "Traceback" not in run.stderr, run.stderr
    for text in refusal.says:
        assert text in end.stderr, run.stderr


@pytest.mark.parametrize("name", REFUSALS)
def test_setting_that_cannot_work_is_named_and_nothing_is_lost(
    name: str, make_pipe: MakePipe, tmp_path: Path
) -> None:
    refusal = REFUSALS[name]
    with running_sandbox() as sandbox:
        number = paid_order(sandbox)
        good = {
            "tap": tap_config(sandbox.stripe_url),
            "target": target_config(
                sandbox.monstock_url, f"sqlite:///{tmp_path / 'ledger.sqlite'}"
            ),
        }
        settings = {**good[refusal.link], **refusal.settings}
        pipe = make_pipe(sandbox)
        pipe.configure(refusal.link, {k: v for k, v in settings.items() if v is not None})

        run = pipe.run()

        assert_refused(run, refusal)
        assert statuses(sandbox) == {number: "unpaid"}

        if run.state is not None:  # then the target has taken the payment over
            pipe.configure(refusal.link, good[refusal.link])
            run = pipe.run()
            assert run.ok, run.stderr
            assert statuses(sandbox) == {number: "paid"}


PROFILES = {
    "no YAML": ("orders: [", ("profile.yml",)),
    "not a profile": ("- a\n- list\n", ("profile.yml",)),
    "unknown key": ("name: mine\nordres: {}\n", ("profile.yml", "ordres")),
}


@pytest.mark.parametrize("name", PROFILES)
def test_invalid_profile_is_refused_by_file_and_key(
    name: str, make_pipe: MakePipe, tmp_path: Path
) -> None:
    text, says = PROFILES[name]
    profile = tmp_path / "profile.yml"
    profile.write_text(text)
    with running_sandbox() as sandbox:
        number = paid_order(sandbox)
        run = make_pipe(sandbox, target={"profile": str(profile)}).run()
        assert_refused(run, Refusal("target", says))
        assert statuses(sandbox) == {number: "unpaid"}


def test_key_without_a_permission_names_it(make_pipe: MakePipe) -> None:
    with running_sandbox() as sandbox:
        number = paid_order(sandbox)
        key = sandbox.stripe.restricted_key(allowed={"payment_intent_read", "charge_read"})
        pipe = make_pipe(sandbox, tap={"api_key": key})
        run = pipe.run()
        assert_refused(run, Refusal("tap", ("rak_",)))

        pipe.configure("tap", tap_config(sandbox.stripe_url))
        run = pipe.run()
        assert run.ok, run.stderr
        assert statuses(sandbox) == {number: "paid"}


# Half an answer is asked for again, with growing pauses, before it is given up.
@pytest.mark.parametrize("kind", ["html", pytest.param("half_json", marks=pytest.mark.slow)])
def test_monstock_that_answers_nonsense_is_named_and_nothing_is_lost(
    kind: str, make_pipe: MakePipe
) -> None:
    with running_sandbox() as sandbox:
        number = paid_order(sandbox)
        pipe = make_pipe(sandbox)
        sandbox.monstock_controls.set_faults(Fault(kind))
        run = pipe.run()
        assert_refused(run, Refusal("target", (sandbox.monstock_url,)))

        sandbox.monstock_controls.clear_faults()
        run = pipe.run()
        assert run.ok, run.stderr
        assert statuses(sandbox) == {number: "paid"}


STATES = {
    "cut in half": '{"bookmarks": {"payme',
    "empty": "",
    "not an object": "[1, 2]",
    "of another tap": '{"bookmarks": {"payments": {"replication_key_value": 12}}}',
}


@pytest.mark.parametrize("name", STATES)
def test_state_that_is_not_ours_is_refused(name: str, make_pipe: MakePipe) -> None:
    with running_sandbox() as sandbox:
        number = paid_order(sandbox)
        pipe = make_pipe(sandbox)
        pipe.state_file.write_text(STATES[name])
        run = pipe.run()
        assert_refused(run, Refusal("tap", ("state",)))
        assert statuses(sandbox) == {number: "unpaid"}

        pipe.state_file.unlink()
        run = pipe.run()
        assert run.ok, run.stderr
        assert statuses(sandbox) == {number: "paid"}


HOSTILE = "'; DROP TABLE orders; --\x00\u202e\ud7ff{{7*7}}<script>$(reboot)`\r\n\\u0000%s%n" * 150


def test_hostile_text_of_ten_kilobytes_is_only_text(make_pipe: MakePipe) -> None:
    with running_sandbox() as sandbox:
        number = paid_order(
            sandbox, metadata={"note": HOSTILE, HOSTILE[:40]: "x"}, description=HOSTILE
        )
        lost = sandbox.stripe.payment_intent(
            AMOUNT, "eur", metadata={"monstock_order_number": HOSTILE}
        )
        sandbox.stripe.succeed(lost)
        pipe = make_pipe(sandbox, mapper={"description_pattern": r"SO-\d{4}-\d+"})
        run = pipe.run()
        assert run.ok, run.stderr
        assert statuses(sandbox) == {number: "paid"}


def tap_lines(pipe: BarePipe, catalog: Path) -> list[dict[str, Any]]:
    """What the tap writes, message by message."""
    config = pipe.folder / "tap.config.json"
    done = subprocess.run(
        [executable("tap-stripe-ext"), "--config", str(config), "--catalog", str(catalog)],
        capture_output=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def exceptions(pipe: BarePipe) -> list[tuple[str, str]]:
    """What waits for a person: kind and payment."""
    command = [executable("target-monstock"), "exceptions", "--format", "json"]
    ledger = ["--ledger-url", f"sqlite:///{pipe.ledger}"]
    done = subprocess.run([*command, *ledger], capture_output=True, check=True)
    return [(one["kind"], one["payment"]) for one in json.loads(done.stdout)]


Spoil = Callable[[dict[str, Any]], None]


def _set_amount(record: dict[str, Any]) -> None:
    record["payment_intent"]["amount"] = 2**70
    record["payment_intent"]["amount_received"] = 2**70
    record["charge"]["amount"] = 2**70
    record["charge"]["amount_captured"] = 2**70


def _set_currency(record: dict[str, Any]) -> None:
    record["payment_intent"]["currency"] = "zzz"
    record["charge"]["currency"] = "zzz"


SPOILT: dict[str, Spoil] = {
    "amount beyond 64 bits": _set_amount,
    "unknown currency": _set_currency,
    "amount that is text": lambda record: record["payment_intent"].update(amount="a lot"),
    "fraction of a cent": lambda record: record["payment_intent"].update(amount=12.5),
    "nothing in it": lambda record: record.update(payment_intent=None, charge=None),
    "version that is text": lambda record: record.update(version="new"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_one_bad_payment_never_stops_the_others(
    name: str, make_pipe: MakePipe, catalog: Path
) -> None:
    with running_sandbox() as sandbox:
        numbers = [paid_order(sandbox) for _ in range(3)]
        pipe = make_pipe(sandbox)
        messages = tap_lines(pipe, catalog)
        records = [message["record"] for message in messages if message["type"] == "RECORD"]
        assert len(records) == 3
        metadata = records[1]["payment_intent"]["metadata"]
        bad = metadata["monstock_order_number"]
        SPOILT[name](records[1])
        spoilt = pipe.folder / "spoilt.jsonl"
        spoilt.write_text("".join(json.dumps(message) + "\n" for message in messages))

        run = pipe.run(source=["cat", str(spoilt)])

        assert "Traceback" not in run.stderr, run.stderr
        assert run.target.status > 0
        assert statuses(sandbox) == {
            number: "unpaid" if number == bad else "paid" for number in numbers
        }
        assert exceptions(pipe) == [("rejected_record", records[1]["id"])]

        pipe.state_file.unlink()
        run = pipe.run()  # the tap itself says the truth
        assert run.ok, run.stderr
        assert set(statuses(sandbox).values()) == {"paid"}
        assert exceptions(pipe) == []


def test_line_that_is_no_message_ends_the_run_after_what_came_before(
    make_pipe: MakePipe, catalog: Path
) -> None:
    with running_sandbox() as sandbox:
        number = paid_order(sandbox)
        pipe = make_pipe(sandbox)
        lines = [json.dumps(message) for message in tap_lines(pipe, catalog)]
        torn = pipe.folder / "torn.jsonl"
        torn.write_text("\n".join([*lines, lines[1][: len(lines[1]) // 2]]))

        run = pipe.run(source=["cat", str(torn)])

        assert run.mapper.status > 0
        run = pipe.run()
        assert run.ok, run.stderr
        assert statuses(sandbox) == {number: "paid"}
