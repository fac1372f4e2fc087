"""How a record compares, what is counted, and how a table of a database is read."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_stripe_ext.verify.compare import different_fields, is_gone, window_of
from tap_stripe_ext.verify.findings import StreamFindings, Tally, exit_status
from tap_stripe_ext.verify.jsonl import JsonlReceived
from tap_stripe_ext.verify.received import CannotVerifyError, Held
from tap_stripe_ext.verify.report import as_json, as_table
from tap_stripe_ext.verify.sql import SqlReceived
from tap_stripe_ext.verify.store import Found, Outcome, Seen, Store

ID = ("id",)


@pytest.mark.parametrize(
    ("listed", "received", "different"),
    [
        ({"a": 1}, {"a": 1}, ()),
        ({"a": 1}, {"a": 2}, ("a",)),
        ({"a": 1, "b": None}, {"a": 1}, ()),
        ({"a": 1}, {"a": 1, "b": 2}, ("b",)),
        ({"a": 1}, {"a": 1, "_sdc_batched_at": "x"}, ()),
        ({"a": {"x": 1, "y": None}}, {"a": {"x": 1}}, ()),
        ({"a": {"x": [1, 2]}}, {"a": {"x": [2, 1]}}, ("a",)),
        ({"a": [1, 2]}, {"a": [1, 2, 3]}, ("a",)),
        ({"a": Decimal("0.92")}, {"a": 0.92}, ()),
        ({"a": Decimal("0.92")}, {"a": 0.93}, ("a",)),
        ({"a": 9007199254740993}, {"a": 9007199254740992}, ("a",)),
        ({"a": True}, {"a": 1}, ("a",)),
        ({"a": ""}, {"a": None}, ("a",)),
        ({"a": "1"}, {"a": 1}, ("a",)),
        ({"receipt_url": "x"}, {"receipt_url": "y"}, ()),
        ({"a": {"receipt_url": "x", "b": 1}}, {"a": {"receipt_url": "y", "b": 1}}, ()),
        ({"a": {"version": "2.1"}}, {"a": {"version": "2.2"}}, ("a",)),
    ],
)
def test_lines_compare_field_by_field(listed, received, different):
    assert different_fields(listed, received) == different


@pytest.mark.parametrize(
    ("listed", "received", "different"),
    [
        ({"a": {"x": 1}}, {"a": '{"x": 1}'}, ()),
        ({"a": {"x": 1}}, {"a": '{"x": 2}'}, ("a",)),
        ({"a": {"x": 1}}, {"a": "{'x': 1}"}, ("a",)),
        ({"a": [1]}, {"a": "[1]"}, ()),
        ({"a": "ch_1"}, {"a": '"ch_1"'}, ()),
        ({"a": None}, {"a": "null"}, ()),
        ({"a": ""}, {"a": None}, ()),
        ({"a": True}, {"a": 1}, ()),
        ({"a": False}, {"a": 1}, ("a",)),
        ({"a": 5}, {"a": Decimal(5)}, ()),
        ({"a": 5}, {"a": None}, ("a",)),
        ({"a": 5, "new": 1}, {"a": 5}, ()),  # the table has no column for it
    ],
)
def test_tables_compare_what_they_have_columns_for(listed, received, different):
    assert different_fields(listed, received, {"a"}) == different


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON, JSON)
def test_comparison_is_symmetric_and_sees_itself_as_equal(one, other):
    assert different_fields({"a": one}, {"a": one}) == ()
    assert different_fields({"a": one}, {"a": other}) == different_fields({"a": other}, {"a": one})


@given(JSON)
def test_json_text_in_a_column_is_what_it_says(value):
    assert different_fields({"a": value}, {"a": json.dumps(value)}, {"a"}) == ()


def test_fields_can_be_left_out():
    assert different_fields({"version": 1}, {"version": 2}, None, {"version"}) == ()
    assert different_fields({"version": 1}, {"version": 2}) == ("version",)


@pytest.mark.parametrize(
    ("record", "gone"),
    [
        ({"id": "a"}, False),
        ({"deleted": False, "_sdc_deleted_at": None}, False),
        ({"deleted": True}, True),
        ({"_sdc_deleted_at": "2026-01-01T00:00:00Z"}, True),
    ],
)
def test_gone_is_what_either_mark_says(record, gone):
    assert is_gone(record) is gone


@pytest.mark.parametrize(
    ("created", "kind", "window"),
    [
        (0, "day", "1970-01-01"),
        (86_399, "day", "1970-01-01"),
        (86_400, "day", "1970-01-02"),
        (86_400 * 31, "month", "1970-02"),
        (None, "month", "-"),
    ],
)
def test_windows_are_days_and_months_of_utc(created, kind, window):
    assert window_of(created, kind) == window


def found(outcome: str, *, key: str = "a", copies: int = 1, awaited: bool = False) -> Found:
    return Found((key,), 0, Outcome(outcome), (), copies, awaited)


@pytest.mark.parametrize(
    ("ones", "tally", "status"),
    [
        ([], Tally(), 0),
        ([found("equal")], Tally(stripe=1, received=1, equal=1), 0),
        ([found("missing")], Tally(stripe=1, missing=1), 1),
        ([found("extra")], Tally(received=1, extra=1), 1),
        ([found("different")], Tally(stripe=1, received=1, different=1), 1),
        ([found("equal", copies=2)], Tally(stripe=1, received=1, equal=1, doubled=1), 1),
        ([found("missing", awaited=True)], Tally(stripe=1, awaited=1), 0),
        ([found("extra", awaited=True)], Tally(received=1, awaited=1), 0),
    ],
)
def test_what_is_counted(ones, tally, status):
    findings = StreamFindings("charges", "month")
    for one in ones:
        findings.add(one)

    assert findings.total == tally
    assert exit_status([findings]) == status
    assert len(findings.examples) == tally.wrong


def test_difference_is_said_before_what_could_not_be_read():
    unread = StreamFindings("charges", "month", problem="it rained")
    wrong = StreamFindings("refunds", "month")
    wrong.add(found("missing", key="re_1"))

    assert exit_status([unread]) == 2
    assert exit_status([StreamFindings("a", "month", problem="it rained", optional=True)]) == 0
    assert exit_status([unread, wrong]) == 1
    said = as_table([unread, wrong])
    assert "charges: not verified, it rained" in said
    assert "refunds re_1 (1970-01): missing" in said
    assert json.loads(as_json([unread, wrong]))["status"] == "differences"
    assert json.loads(as_json([unread]))["status"] == "not verified"


def test_last_word_on_an_object_counts():
    store = Store()
    store.hold("charges", [Held(("a",), 1, False), Held(("gone",), 1, True)])
    store.see("charges", [Seen(("a",), 1, Outcome.DIFFERENT, ("amount",), b"{}")])
    store.see("charges", [Seen(("a",), 1, Outcome.EQUAL)])
    store.see("charges", [Seen(("b",), 2, Outcome.MISSING, raw=b"{}")])
    store.await_("charges", [("b",)])

    assert list(store.found("charges")) == [
        Found(("a",), 1, Outcome.EQUAL, (), 1, False),
        Found(("b",), 2, Outcome.MISSING, (), 0, True),
    ]
    assert [one.key for some in store.not_equal("charges") for one in some] == [("b",)]
    store.close()


def test_object_that_both_sides_know_to_be_gone_is_not_counted():
    store = Store()
    store.hold("customers", [Held(("a",), 1, True), Held(("b",), 1, False)])
    store.see("customers", [Seen((one,), 1, Outcome.GONE) for one in ("a", "b", "c")])

    assert [(one.key, one.outcome) for one in store.found("customers")] == [(("b",), Outcome.EXTRA)]
    store.close()


# --- tables -------------------------------------------------------------------------------------


@pytest.fixture
def database(tmp_path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(tmp_path / "target.db", isolation_level=None)
    connection.executescript(
        """
        CREATE TABLE charges (id TEXT, account_id TEXT, created INTEGER, paid INTEGER,
            metadata TEXT, _sdc_extracted_at TEXT, _sdc_deleted_at TEXT);
        INSERT INTO charges VALUES
            ('ch_1', 'acct_1', 10, 1, '{"a": 1}', '2026-01-31 10:00:00', NULL),
            ('ch_1', 'acct_2', 20, 0, NULL, '2026-01-31 11:00:00', '2026-02-01'),
            ('ch_2', 'acct_2', 30, 0, NULL, NULL, NULL);
        CREATE TABLE orders (id TEXT);
        """
    )
    return connection


def test_table_is_read_by_its_key_fields(database, tmp_path):
    keys = ("account_id", "id")
    received = SqlReceived(f"sqlite:///{tmp_path}/target.db", {"charges", "refunds"}, None)

    assert set(received.streams()) == {"charges"}
    assert list(received.held("charges", keys)) == [
        Held(("acct_1", "ch_1"), 10, False),
        Held(("acct_2", "ch_1"), 20, True),
        Held(("acct_2", "ch_2"), 30, False),
    ]
    assert list(received.held("refunds", ID)) == []
    rows = received.records("charges", keys, [("acct_2", "ch_1"), ("acct_9", "ch_1")])
    assert list(rows) == [("acct_2", "ch_1")]
    assert rows["acct_2", "ch_1"]["created"] == 20
    assert received.latest() == 1769857200
    received.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nothing://x", "driver"),
        ("sqlite+nothing:///x", "driver"),
        ("postgresql+psycopg://user:secret@127.0.0.1:1/db", "cannot be read"),
        ("sqlite:////nowhere/at/all.db", "cannot be read"),
        ("://", "no SQLAlchemy URL"),
    ],
)
def test_database_that_cannot_be_read_is_one_message_without_the_password(url, words):
    with pytest.raises(CannotVerifyError, match=words) as raised:
        SqlReceived(url, {"charges"}, None)
    assert "secret" not in str(raised.value)


def test_table_without_a_key_field_is_refused(database, tmp_path):
    received = SqlReceived(f"sqlite:///{tmp_path}/target.db", {"charges"}, None)

    with pytest.raises(CannotVerifyError, match="no column customer"):
        list(received.held("charges", ("customer", "id")))


# --- lines --------------------------------------------------------------------------------------


def lines(path: Path, *values: object) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values))
    return path


def test_last_line_of_a_key_counts_among_singer_messages(tmp_path):
    path = lines(
        tmp_path / "out.jsonl",
        {"type": "SCHEMA", "stream": "refunds", "schema": {}, "key_properties": ["id"]},
        {
            "type": "RECORD",
            "stream": "charges",
            "record": {"id": "a", "created": 1, "amount": 1},
            "time_extracted": "2026-01-31T10:00:00+00:00",
        },
        {"type": "STATE", "value": {"bookmarks": {"old": {}}}},
        {"type": "RECORD", "stream": "charges", "record": {"id": "a", "created": 1, "amount": 2}},
        {"type": "RECORD", "stream": "orders", "record": {"id": "a"}},
        {"type": "RECORD", "stream": "charges", "record": {"id": "b", "deleted": True}},
        {"type": "STATE", "value": {"bookmarks": {}}},
    )
    received = JsonlReceived(path, {"charges": ID, "refunds": ID})

    assert set(received.streams()) == {"charges", "refunds", "orders"}
    assert list(received.held("charges", ID)) == [
        Held(("a",), 1, False),
        Held(("b",), None, True),
    ]
    assert received.records("charges", ID, [("a",)])["a",]["amount"] == 2
    assert received.state() == {"bookmarks": {}}
    assert received.latest() == 1769853600
    received.close()


def test_folder_of_one_file_a_stream(tmp_path):
    lines(tmp_path / "charges-20260101T000000.jsonl", {"id": "a", "amount": 1})
    lines(tmp_path / "charges-20260102T000000.jsonl", {"id": "a", "amount": 2})
    lines(tmp_path / "refunds.jsonl", {"id": "r", "type": "card"})
    (tmp_path / "notes.txt").write_text("hello")
    received = JsonlReceived(tmp_path, {"charges": ID, "refunds": ID})

    assert set(received.streams()) == {"charges", "refunds"}
    assert received.records("charges", ID, [("a",)])["a",]["amount"] == 2
    assert [one.key for one in received.held("refunds", ID)] == [("r",)]
    received.close()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"id": "a"}\nnonsense\n', "line 2 is no JSON"),
        ("[1]\n", "line 1 holds no JSON object"),
        ('{"amount": 1}\n', "line 1: this record of charges has no id"),
    ],
)
def test_line_that_cannot_be_read_is_named(tmp_path, content, words):
    (tmp_path / "charges.jsonl").write_text(content)

    with pytest.raises(CannotVerifyError, match=words):
        JsonlReceived(tmp_path / "charges.jsonl", {"charges": ID})


def test_last_line_may_be_cut_off(tmp_path):
    (tmp_path / "charges.jsonl").write_text('{"id": "a"}\n{"id": "b", "am')
    received = JsonlReceived(tmp_path / "charges.jsonl", {"charges": ID})

    assert [one.key for one in received.held("charges", ID)] == [("a",)]
    received.close()


def test_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CannotVerifyError, match="no file or folder"):
        JsonlReceived(tmp_path / "nowhere", {"charges": ID})
    with pytest.raises(CannotVerifyError, match="holds no file"):
        JsonlReceived(tmp_path, {"charges": ID})
