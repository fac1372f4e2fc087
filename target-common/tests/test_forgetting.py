"""What is found of a person: in texts, in files, and not of others."""

import gzip
import json
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import Column, MetaData, Table, Text, create_engine, insert, select
from target_common.errors import TargetError
from target_common.forgetting import (
    ERASED,
    Person,
    Trace,
    delete_files,
    erase_values,
    files_with,
)
from target_common.forgetting.person import pattern_of

EMAIL, NAME, CUSTOMER = "zoé@example.com", "Zoé Ébrard", "cus_AbC123"
VALUES = {EMAIL, NAME, CUSTOMER}


def erased(text: str) -> str:
    pattern = pattern_of(VALUES)
    assert pattern is not None
    return pattern.sub(ERASED, text)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("mail zoé@example.com.", "mail (erased)."),
        ("mail ZOÉ@EXAMPLE.COM, twice", "mail (erased), twice"),
        (json.dumps({"email": EMAIL}), '{"email": "(erased)"}'),
        (json.dumps({"name": NAME.upper()}), '{"name": "(erased)"}'),
        ("https://shop.example/?for=zo%C3%A9%40example.com&at=1",
         "https://shop.example/?for=(erased)&at=1"),
        ("customer cus_AbC123 called", "customer (erased) called"),
        ("<td>Zoé Ébrard</td>", "<td>(erased)</td>"),
        (json.dumps(f"for\n{EMAIL}"), '"for\\n(erased)"'),
        (json.dumps(json.dumps(f"for\t{CUSTOMER}")), '"\\"for\\\\t(erased)\\""'),
        (json.dumps(f"“{CUSTOMER}”\xa0{EMAIL}"), '"\\u201c(erased)\\u201d\\u00a0(erased)"'),
        ("\\u003czoé@example.com\\u003E", "\\u003c(erased)\\u003E"),
        ("?note=for%0Azo%C3%A9%40example.com", "?note=for%0A(erased)"),
        (quote(f"“{NAME}”\xa0{CUSTOMER}"), "%E2%80%9C(erased)%E2%80%9D%C2%A0(erased)"),
    ],
)  # fmt: skip
def test_a_value_is_found_in_every_spelling(text: str, left: str) -> None:
    assert erased(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "marie-zoé@example.com",
        "zoé@example.com.au",
        "xcus_AbC123",
        "cus_AbC1234",
        "Zoé Ébrardt",
        json.dumps(f"é{EMAIL}"),
        quote(f"é{EMAIL}"),
        quote(f"marie+{EMAIL}"),
        quote(f"marie-{CUSTOMER}"),
    ],
)
def test_what_only_looks_alike_is_somebody_elses(text: str) -> None:
    assert erased(text) == text


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("Ann Smith", "ANN SMITH"),
        ("Özlem Şahin", "Özlem Şahin"),
        ("özlem şahin", "ÖZLEM Şahin"),
        ("Zoé Ébrard", '{"name": "ZO\\u00c9 \\u00c9brard"}'),
    ],
)
def test_a_ledger_in_sqlite_gives_a_value_away_in_any_capitals(value: str, stored: str) -> None:
    notes = Table("notes", MetaData(), Column("key", Text, primary_key=True), Column("why", Text))
    with create_engine("sqlite://").begin() as connection:
        notes.create(connection)
        for key, why in enumerate((stored, None, "no")):
            connection.execute(insert(notes).values(key=str(key), why=why))

        counts = erase_values(connection, [notes.c.why], [value])

        assert counts == {"notes.why": 1}
        first, *others = connection.execute(select(notes.c.why).order_by(notes.c.key)).scalars()
    assert first in {ERASED, json.dumps({"name": ERASED})}
    assert others == [None, "no"]


@pytest.mark.parametrize(
    ("contact", "searched"),
    [("con_db94611e92f5", True), ("1234", False), ("123456789012", False), ("c12", False)],
)
def test_an_id_that_may_be_anything_is_not_looked_for_in_texts(
    contact: str, searched: bool
) -> None:
    assert (contact in Person(monstock_customers=frozenset({contact})).values) is searched


def test_short_words_are_left_out() -> None:
    assert Person().named(["Li", " ", None, "Ann Li"]).words == {"Ann Li"}


def test_files_that_hold_a_value_are_found_also_packed_and_across_pieces(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "plain.csv").write_text(f"a,{EMAIL},b")
    (tmp_path / "escaped.json").write_text(json.dumps({"name": NAME}))
    (tmp_path / "escaped.jsonl").write_text(json.dumps({"note": f"for\n{EMAIL}"}))
    (tmp_path / "wide.bin").write_bytes(b"\0\1" + EMAIL.encode("utf-16-le") + b"x")
    (tmp_path / "joined.bin").write_bytes(b"\0x" + EMAIL.encode() + b"y")
    (tmp_path / "long.txt").write_bytes(b"." * ((1 << 20) - 5) + b" " + EMAIL.encode() + b" ")
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/strings.xml", f"<t>{NAME}</t>")
    with gzip.open(tmp_path / "old.jsonl.gz", "wb") as packed:
        packed.write(CUSTOMER.encode())
    (tmp_path / "other.csv").write_text(f"marie-{EMAIL}")
    (tmp_path / "ledger.db").write_text(EMAIL)

    found = files_with([tmp_path], VALUES, without=[tmp_path / "ledger.db"])

    assert [str(one.path.relative_to(tmp_path)) for one in found] == [
        "book.xlsx",
        "deep/plain.csv",
        "escaped.json",
        "escaped.jsonl",
        "joined.bin",
        "long.txt",
        "old.jsonl.gz",
        "wide.bin",
    ]
    assert delete_files(found) == []
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [
        "ledger.db",
        "other.csv",
    ]


def test_what_is_left_out_is_so_by_whatever_link_it_is_named(tmp_path: Path) -> None:
    real, other = tmp_path / "real", tmp_path / "other"
    real.mkdir()
    other.symlink_to(real, target_is_directory=True)
    (real / "ledger.db").write_text(EMAIL)
    (tmp_path / "linked.db").symlink_to(real / "ledger.db")

    for folder in (real, other):
        for name in (real / "ledger.db", other / "ledger.db", tmp_path / "linked.db"):
            assert files_with([folder], VALUES, without=[name]) == []


def test_a_file_that_cannot_be_looked_through_is_named_and_stays(tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 and nothing more")

    (found,) = files_with([tmp_path], VALUES)

    assert found == Trace(broken, "cannot be read (BadZipFile)")
    assert delete_files([found]) == [found]
    assert broken.exists()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="there is no folder"):
        files_with([tmp_path / "none"], VALUES)
