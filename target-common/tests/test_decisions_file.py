"""A file of decisions: what is read, and each line that cannot be used by its number."""

import pytest
from target_common.decisions_file import BadLinesError, Wanted, decoded, read_decisions
from target_common.errors import TargetError
from target_common.ledger.dismissals import About

KNOWN = ("link", "dismiss", "reopen")
LINK_KINDS = {"unlinked", "waiting_for_order", "ambiguous_link"}
HEAD = "kind,payment,order_id,customer_id,message,decision,link_to,why\n"


def read(lines: str, why: str | None = None) -> list[Wanted]:
    return read_decisions(HEAD + lines, "file.csv", why, KNOWN, LINK_KINDS)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (
            "unlinked,pi_1,,,text,link,ord_1,told so\n",
            Wanted("link", About("unlinked", "pi_1"), ("ord_1",), "told so", 2),
        ),
        (
            "unlinked,pi_1,,,text,LINK,ord_1=60.00 ord_2=40.00,both\n",
            Wanted("link", About("unlinked", "pi_1"), ("ord_1=60.00", "ord_2=40.00"), "both", 2),
        ),
        (
            "shipped_not_paid,,ord_1,,text,dismiss,,sued\n",
            Wanted("dismiss", About("shipped_not_paid", "", "ord_1"), (), "sued", 2),
        ),
        (
            "customer_ambiguous,,,cus_1,text,reopen,,looked again\n",
            Wanted("reopen", About("customer_ambiguous", "", "", "cus_1"), (), "looked again", 2),
        ),
        (
            "unlinked,'=pi_1,,,text,dismiss,,'-1 of them\n",
            Wanted("dismiss", About("unlinked", "=pi_1"), (), "-1 of them", 2),
        ),
    ],
)
def test_a_line_is_read_as(line: str, wanted: Wanted) -> None:
    assert read(line) == [wanted]


def test_lines_without_a_decision_are_left_out() -> None:
    assert read("unlinked,pi_1,,,text,,,\n,,,,,,,\n\n") == []


def test_a_reason_for_all_lines_stands_in_for_those_without_one() -> None:
    found = read("unlinked,pi_1,,,t,dismiss,,\nunlinked,pi_2,,,t,dismiss,,mine\n", why="fair")
    assert [one.why for one in found] == ["fair", "mine"]


def test_what_a_spreadsheet_of_another_country_saves_is_read_too() -> None:
    content = decoded(
        b"\xef\xbb\xbfdecision;payment;why;kind\r\ndismiss;pi_1;foire;unlinked\r\n", "f"
    )
    (found,) = read_decisions(content, "f", None, KNOWN)
    assert (found.about, found.why) == (About("unlinked", "pi_1"), "foire")


def test_a_file_that_is_not_utf_8_says_how_to_save_it() -> None:
    with pytest.raises(TargetError, match="CSV UTF-8"):
        decoded("décision".encode("cp1252"), "file.csv")


def test_a_file_without_the_column_says_where_to_begin() -> None:
    with pytest.raises(TargetError, match="no column 'decision'"):
        read_decisions("kind,payment\nunlinked,pi_1\n", "file.csv", None, KNOWN)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("unlinked,pi_1,,,t,maybe,,x\n", "decision is 'maybe', not link or dismiss or reopen"),
        ("nonsense,pi_1,,,t,dismiss,,x\n", "no kind of exception 'nonsense'"),
        ("unlinked,pi_1,,,t,dismiss,,\n", "why is empty"),
        ("unlinked,,,,t,dismiss,,x\n", "names no payment"),
        ("unlinked,pi_1,,,t,link,,x\n", "link_to names no order"),
        ("unlinked,pi_1,,,t,dismiss,ord_1,x\n", "the decision is dismiss"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(line: str, why: str) -> None:
    good = 'unlinked,pi_0,,,"text of\ntwo lines",dismiss,,x\n'
    with pytest.raises(BadLinesError, match=f"(?s)1 lines of file.csv.*line 4: .*{why}"):
        read(good + line)


def test_every_bad_line_is_named_at_once() -> None:
    with pytest.raises(BadLinesError, match=r"(?s)2 lines.*line 2: .*line 4: "):
        read(
            "unlinked,pi_1,,,t,maybe,,x\nunlinked,pi_2,,,t,dismiss,,x\nunlinked,pi_3,,,t,link,,x\n"
        )


def test_two_words_on_one_thing_are_refused_and_one_word_twice_is_not() -> None:
    link = "unlinked,pi_1,,,t,link,{},x\n"
    assert len(read(link.format("ord_1") * 2)) == 2
    with pytest.raises(BadLinesError, match="line 3: line 2 decides the same thing otherwise"):
        read(link.format("ord_1") + link.format("ord_2"))


@pytest.mark.parametrize(
    "other",
    [
        "unlinked,pi_1,,,t,dismiss,,x\n",
        "ambiguous_link,pi_1,,,t,dismiss,,x\n",
        "unlinked,pi_1,,,t,reopen,,x\n",
        ",pi_1,,,t,reopen,,x\n",
    ],
)
def test_where_a_payment_belongs_is_one_thing_whatever_the_word_for_it(other: str) -> None:
    link = "waiting_for_order,pi_1,,,t,link,ord_1,x\n"
    for lines in (link + other, other + link):
        with pytest.raises(BadLinesError, match="line 3: line 2 decides the same thing otherwise"):
            read(lines)


def test_what_is_decided_of_a_payment_beside_its_link_is_another_thing() -> None:
    link = "unlinked,pi_1,,,t,link,ord_1,x\n"
    assert len(read(link + "possible_duplicate,pi_1,ord_1,,t,dismiss,,x\n")) == 2
    assert len(read(link + "unlinked,pi_2,,,t,dismiss,,x\n")) == 2
