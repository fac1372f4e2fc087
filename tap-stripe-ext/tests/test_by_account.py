"""The setting `account_ids`, and what it adds to streams, records and state."""

from __future__ import annotations

import json
import logging

import msgspec
import pytest
from tap_common.errors import SettingError, StateError
from tap_stripe_ext.account_log import accounts_in_log, named_in_log
from tap_stripe_ext.account_output import SharedOutput
from tap_stripe_ext.account_state import merged, parse_saved_state
from tap_stripe_ext.by_account import (
    Account,
    keys_by_account,
    prefix_of,
    record_by_account,
    schema_by_account,
)
from tap_stripe_ext.event_log import LogBookmark
from tap_stripe_ext.output import Output
from tap_stripe_ext.schemas import load_schema
from tap_stripe_ext.settings import read_account_ids
from tap_stripe_ext.state import StreamState, TapState, state_to_json
from tap_stripe_ext.stream_table import PAYMENTS, STREAM_TABLE
from tap_stripe_ext.tap import TapStripeExt, stream_names


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, ()),
        ({"account_ids": None}, ()),
        ({"account_ids": []}, ()),
        ({"account_ids": [""]}, ()),
        ({"account_ids": ["acct_1", "own", "acct_1"]}, ("acct_1", "own")),
        ({"account_ids": [" all "]}, ("all",)),
    ],
)
def test_accounts_are_read_from_the_setting(config, expected):
    assert read_account_ids(config) == expected


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"account_id": "acct_1"}, "account_id is unknown; it is `account_ids`"),
        ({"account_ids": ["1"]}, "holds '1', which is none of"),
        ({"account_ids": ["acct_1,acct_2"]}, "holds 'acct_1,acct_2'"),
        ({"account_ids": ["", "acct_1"]}, "holds ''"),
        ({"account_ids": ["all", "acct_1"]}, "holds `all` beside others"),
    ],
)
def test_setting_that_makes_no_sense_is_refused(config, message):
    with pytest.raises(SettingError, match=message):
        read_account_ids(config)


@pytest.mark.parametrize(
    ("value", "expected"),
    [('["acct_1", "own"]', ("acct_1", "own")), ("all", ("all",)), ("", ())],
)
def test_accounts_may_come_from_the_environment(monkeypatch, value, expected):
    monkeypatch.setenv("TAP_STRIPE_EXT_API_KEY", "sk_test_x")
    monkeypatch.setenv("TAP_STRIPE_EXT_ACCOUNT_IDS", value)

    tap = TapStripeExt(parse_env_config=True, setup_mapper=False)

    assert read_account_ids(tap.config) == expected


def test_account_stands_before_the_keys_and_but_once():
    assert keys_by_account(["id"]) == ["account_id", "id"]
    assert keys_by_account(["account_id", "id"]) == ["account_id", "id"]


@pytest.mark.parametrize("own", [True, False])
def test_record_names_its_account_in_front_of_what_stripe_sent(own):
    account = Account("acct_1", own=own)
    record = {"id": "ch_1", "amount": 1}

    fast = prefix_of("charges", account) + msgspec.json.encode(record)[1:]

    assert json.loads(fast) == record_by_account("charges", record, account)
    assert json.loads(fast) == {"account_id": "acct_1", "id": "ch_1", "amount": 1}


@pytest.mark.parametrize("own", [True, False])
def test_payment_says_whether_its_account_is_our_own(own):
    account = Account("acct_1", own=own)
    record = {"id": "pi_1", "account_id": "acct_1"}

    fast = prefix_of(PAYMENTS, account) + msgspec.json.encode(record)[1:]

    assert fast.count(b"account_id") == 1
    assert json.loads(fast) == {**record, "own_account": own}
    assert json.loads(fast) == record_by_account(PAYMENTS, record, account)


@pytest.mark.parametrize("stream", ["customers", "invoices", "payment_links"])
def test_what_a_target_acts_on_says_whether_its_account_is_our_own(stream):
    account = Account("acct_1", own=True)
    record = {"id": "in_1"}

    fast = prefix_of(stream, account) + msgspec.json.encode(record)[1:]

    assert json.loads(fast) == {"account_id": "acct_1", "own_account": True, "id": "in_1"}
    assert json.loads(fast) == record_by_account(stream, record, account)
    assert list(schema_by_account(stream, load_schema(stream))["properties"])[:2] == [
        "account_id",
        "own_account",
    ]


def test_no_field_of_stripes_is_hidden_by_ours():
    for row in STREAM_TABLE:
        properties = load_schema(row.name)["properties"]
        assert not {"account_id", "own_account"} & set(properties), row.name


def test_schema_of_a_stream_is_not_changed_for_others():
    before = load_schema("charges")

    named = schema_by_account("charges", before)

    assert next(iter(named["properties"])) == "account_id"
    assert before == load_schema("charges")


def states() -> dict[str, TapState]:
    log = LogBookmark(100)
    return {
        "acct_1": TapState(log, 7, {"charges": StreamState(log)}),
        "acct_2": TapState(streams={PAYMENTS: StreamState(last_version=9)}),
    }


def test_state_of_accounts_is_read_as_it_was_written():
    raw = merged({name: state_to_json(state) for name, state in states().items()})

    saved = parse_saved_state(json.loads(json.dumps(raw)), stream_names())

    assert saved.accounts == states()
    assert saved.unnamed == TapState()
    assert saved.last_version == 9


def test_state_that_a_backend_merged_serves_both_kinds_of_run():
    of_accounts = merged({name: state_to_json(state) for name, state in states().items()})
    unnamed = states()["acct_1"]
    both = {"bookmarks": state_to_json(unnamed)["bookmarks"] | of_accounts["bookmarks"]}

    saved = parse_saved_state(both, stream_names())

    assert (saved.unnamed, saved.accounts) == (unnamed, states())


@pytest.mark.parametrize(
    "raw",
    [
        {"bookmarks": {"by_account": []}},
        {"bookmarks": {"by_account": {"acct_1": 1}}},
        {"bookmarks": {"by_account": {"acct_1": {"charges": {"in_step": True}}}}},
    ],
)
def test_state_of_accounts_that_this_tap_did_not_write_is_refused(raw):
    with pytest.raises(StateError):
        parse_saved_state(raw, stream_names())


class Written:
    """A sink that keeps what it got."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.lines += data.splitlines()
        return len(data)

    def flush(self) -> None:
        pass


def test_states_of_many_accounts_are_written_now_and_then_and_hold_all_of_them():
    now = [0.0]
    sink = Written()
    shared = SharedOutput(Output(sink), {"acct_0": {"bookmarks": {"x": 0}}}, lambda: now[0])

    for number in range(10):
        now[0] += 0.25
        account = Account(f"acct_{number % 2 + 1}", own=False)
        shared.of(account).write_state({"bookmarks": {"x": number}})
    shared.write_state()

    found = [json.loads(line)["value"]["bookmarks"]["by_account"] for line in sink.lines]
    assert len(found) == 3
    assert found[0] == {"acct_0": {"x": 0}, "acct_1": {"x": 2}, "acct_2": {"x": 3}}
    assert found[-1] == {"acct_0": {"x": 0}, "acct_1": {"x": 8}, "acct_2": {"x": 9}}


def test_log_lines_name_the_account_that_they_are_about(caplog):
    logger = logging.getLogger("tap_stripe_ext.journal")
    with accounts_in_log(), named_in_log("acct_1"):
        logger.warning("%s is late", "charges")
    logger.warning("all is well")

    assert [record.getMessage() for record in caplog.records] == [
        "acct_1: charges is late",
        "all is well",
    ]
