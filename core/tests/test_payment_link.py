"""Where an order can be paid: which reading counts, which address is shown."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monstock_stripe_core.errors import RecordError
from monstock_stripe_core.payment_link import (
    PaymentLink,
    PaymentLinkKind,
    PaymentLinkState,
    merged,
    payment_url,
)
from monstock_stripe_core.payment_link_record import (
    payment_link_from_record,
    payment_link_to_record,
)
from monstock_stripe_core.scope import Scope, ScopeVerdict, owner_verdict
from monstock_stripe_core.stripe_payment_links import (
    payment_link_from_invoice,
    payment_link_from_stripe,
)
from monstock_stripe_core.testing import NOON, NOON_SECONDS, days

DAY = 86_400_000_000


def link(**fields: Any) -> PaymentLink:
    """An open invoice that names order ord_1."""
    plain: dict[str, Any] = {
        "stripe_id": "in_1",
        "version": 1,
        "kind": PaymentLinkKind.INVOICE,
        "state": PaymentLinkState.OPEN,
        "livemode": False,
        "created_at": NOON,
        "order_id": "ord_1",
        "url": "https://invoice.stripe.com/i/1",
    }
    made = PaymentLink(**(plain | fields))
    return made if made.state is PaymentLinkState.OPEN else replace(made, url=None)


def invoice(**fields: Any) -> dict[str, Any]:
    """An open invoice as Stripe has it."""
    return {
        "id": "in_1",
        "object": "invoice",
        "created": NOON_SECONDS,
        "hosted_invoice_url": "https://invoice.stripe.com/i/1",
        "livemode": False,
        "metadata": {"monstock_order_id": "ord_1", "monstock_order_number": "SO-1"},
        "status": "open",
    } | fields


def stripe_link(**fields: Any) -> dict[str, Any]:
    """An active Payment Link as Stripe has it."""
    return {
        "id": "plink_1",
        "object": "payment_link",
        "active": True,
        "livemode": False,
        "metadata": {"monstock_order_id": "ord_1", "monstock_tenant": "north"},
        "restrictions": {"completed_sessions": {"count": 0, "limit": 1}},
        "url": "https://buy.stripe.com/1",
    } | fields


def states(*words: str) -> list[PaymentLink]:
    """Readings one after the other, one microsecond apart."""
    return [
        link(state=PaymentLinkState(word), version=version) for version, word in enumerate(words, 1)
    ]


def test_an_invoice_that_names_an_order_is_a_place_to_pay_it() -> None:
    assert payment_link_from_invoice(invoice(), 7) == PaymentLink(
        stripe_id="in_1",
        version=7,
        kind=PaymentLinkKind.INVOICE,
        state=PaymentLinkState.OPEN,
        livemode=False,
        created_at=NOON,
        order_id="ord_1",
        order_number="SO-1",
        url="https://invoice.stripe.com/i/1",
    )


def test_a_payment_link_that_names_an_order_is_a_place_to_pay_it() -> None:
    assert payment_link_from_stripe(stripe_link(), 7) == PaymentLink(
        stripe_id="plink_1",
        version=7,
        kind=PaymentLinkKind.PAYMENT_LINK,
        state=PaymentLinkState.OPEN,
        livemode=False,
        order_id="ord_1",
        tenant="north",
        url="https://buy.stripe.com/1",
    )


@pytest.mark.parametrize("metadata", [{}, None, {"order_id": "7"}, {"monstock_order_id": " "}])
def test_what_names_no_order_is_none(metadata: dict[str, str] | None) -> None:
    assert payment_link_from_invoice(invoice(metadata=metadata), 1) is None
    assert payment_link_from_stripe(stripe_link(metadata=metadata), 1) is None


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"status": "draft", "hosted_invoice_url": None}, "draft"),
        ({"status": "paid"}, "paid"),
        ({"status": "void"}, "void"),
        ({"status": "uncollectible"}, "uncollectible"),
        ({"status": "draft", "deleted": True}, "deleted"),
    ],
)
def test_nobody_can_pay_at_an_invoice_that_is_not_open(fields: dict[str, Any], state: str) -> None:
    read = payment_link_from_invoice(invoice(**fields), 1)
    assert read is not None
    assert (read.state, read.url) == (state, None)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"active": False}, "inactive"),
        ({"active": False, "restrictions": None}, "inactive"),
        ({"restrictions": {"completed_sessions": {"count": 1, "limit": 1}}}, "completed"),
        (
            {"active": False, "restrictions": {"completed_sessions": {"count": 3, "limit": 3}}},
            "completed",
        ),
    ],
)
def test_nobody_can_pay_at_a_link_that_is_off_or_used_up(
    fields: dict[str, Any], state: str
) -> None:
    read = payment_link_from_stripe(stripe_link(**fields), 1)
    assert read is not None
    assert (read.state, read.url) == (state, None)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (invoice(status="frozen"), "invoice in_1: status is one of draft, open, .*, not 'frozen'"),
        (invoice(livemode="no"), "invoice in_1: livemode must be true or false, not str"),
        (invoice(created="today"), "invoice in_1: created must be a whole number, not str"),
        (invoice(metadata=[1]), "invoice in_1: metadata must hold names and values, not list"),
        (invoice(id=7), "invoice 7: id must be a text or null, not int"),
        ({"metadata": {"monstock_order_id": "1"}}, "invoice None: not as Stripe has them"),
        ([], "not a Stripe object but a list"),
    ],
)
def test_what_is_no_invoice_is_refused_with_its_name(record: Any, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        payment_link_from_invoice(record, 1)


@pytest.mark.parametrize("read", [invoice(), stripe_link()], ids=["invoice", "payment link"])
def test_a_record_says_all_that_was_read(read: dict[str, Any]) -> None:
    turn = {"invoice": payment_link_from_invoice, "payment_link": payment_link_from_stripe}
    was = turn[read["object"]](read, 7)
    assert was is not None
    assert payment_link_from_record(payment_link_to_record(was)) == was


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"stripe_id": None}, "stripe_id must be string, not NoneType"),
        ({"stripe_id": "in\n1"}, "stripe_id breaks pattern"),
        ({"version": "1"}, "version must be integer, not str"),
        ({"version": -1}, "version breaks minimum: 0"),
        ({"kind": "quote"}, "kind must be one of invoice, payment_link"),
        ({"order_id": "o" * 256}, "order_id breaks maxLength: 255"),
        ({"order_id": None}, "order_id or order_number must name the order"),
        ({"url": "javascript:alert(1)"}, "url must be an https address"),
        ({"url": "https://pay.example.com/\u202e"}, "url must be an https address"),
        ({"url": "https://pay.example.com/" + "a" * 2048}, "url must have at most 2048"),
        ({"created_at": "yesterday"}, "created_at is not a date and time"),
    ],
)
def test_a_record_that_breaks_the_schema_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        payment_link_from_record(payment_link_to_record(link()) | fields)


def test_an_address_of_what_is_not_open_is_left_out() -> None:
    record = payment_link_to_record(link()) | {"state": "paid"}
    assert payment_link_from_record(record).url is None


@pytest.mark.parametrize(
    ("words", "last"),
    [
        (("draft", "open", "paid"), "paid"),
        (("draft", "open", "void"), "void"),
        (("draft", "deleted"), "deleted"),
        (("open", "uncollectible", "paid"), "paid"),
    ],
)
def test_readings_of_an_invoice_may_come_in_any_order(words: tuple[str, ...], last: str) -> None:
    for readings in permutations(states(*words)):
        known = None
        for reading in readings:
            known = merged(reading, known)
        assert known is not None
        assert known.state == last


def test_an_end_is_final_even_where_a_later_reading_is_behind_it() -> None:
    paid, behind = link(state=PaymentLinkState.PAID, version=5), link(version=9)
    assert merged(behind, paid).state is PaymentLinkState.PAID
    assert merged(paid, behind).state is PaymentLinkState.PAID


def test_a_payment_link_that_is_switched_on_again_is_open_again() -> None:
    kind = PaymentLinkKind.PAYMENT_LINK
    off = link(kind=kind, state=PaymentLinkState.INACTIVE, version=5)
    on = link(kind=kind, version=6)
    assert merged(on, off).is_open
    assert merged(off, on).is_open


def test_of_two_readings_of_one_moment_the_one_where_nobody_can_pay_counts() -> None:
    kind = PaymentLinkKind.PAYMENT_LINK
    off, on = link(kind=kind, state=PaymentLinkState.INACTIVE), link(kind=kind)
    assert not merged(on, merged(off, None)).is_open
    assert not merged(off, merged(on, None)).is_open


def test_an_address_that_stripe_makes_anew_at_each_reading_is_not_taken_each_time() -> None:
    first = merged(link(version=DAY), None)
    again = merged(link(version=7 * DAY, url="https://invoice.stripe.com/i/2"), first)
    assert (again.url, again.version) == ("https://invoice.stripe.com/i/1", 7 * DAY)
    late = merged(link(version=8 * DAY, url="https://invoice.stripe.com/i/3"), again)
    assert late.url == "https://invoice.stripe.com/i/3"


def test_a_payment_link_shows_the_address_that_was_read_last() -> None:
    kind = PaymentLinkKind.PAYMENT_LINK
    first = merged(link(kind=kind), None)
    assert merged(link(kind=kind, version=2, url="https://pay.me/"), first).url == "https://pay.me/"


READINGS = st.builds(
    link,
    version=st.integers(0, 5),
    state=st.sampled_from(PaymentLinkState),
    kind=st.just(PaymentLinkKind.INVOICE),
)


@given(st.lists(READINGS, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_readings_in_any_order_and_number_come_to_the_same(
    readings: list[PaymentLink], chance: Any
) -> None:
    def known(several: list[PaymentLink]) -> PaymentLink | None:
        result = None
        for reading in several:
            result = merged(reading, result)
        return result

    again = readings + chance.sample(readings, len(readings))
    chance.shuffle(again)
    one, other = known(readings), known(again)
    assert one is not None
    assert other is not None
    assert replace(one, url_version=0) == replace(other, url_version=0)


def test_the_newest_that_is_open_is_shown() -> None:
    old = link(stripe_id="in_1", created_at=NOON - days(1))
    new = link(stripe_id="in_2", url="https://invoice.stripe.com/i/2")
    newer = link(stripe_id="in_3", created_at=NOON + days(1), state=PaymentLinkState.VOID)
    assert payment_url([new, old, newer]) == "https://invoice.stripe.com/i/2"
    assert payment_url([newer]) is None
    assert payment_url([]) is None


def test_a_payment_link_counts_from_when_it_was_first_read() -> None:
    first = merged(link(created_at=None, version=DAY), None)
    later = merged(link(created_at=None, version=3 * DAY), first)
    assert later.created_at == datetime(1970, 1, 2, tzinfo=UTC)
    assert merged(link(created_at=None, version=0), later).created_at == datetime(
        1970, 1, 1, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("fields", "scope", "tenant", "verdict"),
    [
        ({}, Scope(), None, "ours"),
        ({"tenant": "north"}, Scope(), "north", "ours"),
        ({"tenant": "north"}, Scope(), None, "ours"),
        ({"tenant": "south"}, Scope(), "north", "out_of_scope"),
        ({}, Scope(expect_livemode=True), None, "wrong_mode"),
        ({"livemode": True}, Scope(expect_livemode=True), None, "ours"),
        ({}, Scope(accounts=frozenset({""})), None, "ours"),
        ({"account_id": "acct_2"}, Scope(accounts=frozenset({""})), None, "out_of_scope"),
        ({"account_id": "acct_2"}, Scope(accounts=frozenset({"acct_2"})), None, "ours"),
        ({}, Scope(created_from=NOON + days(9), products=frozenset({"p"})), None, "ours"),
    ],
)
def test_tenant_mode_and_account_say_whether_it_is_ours(
    fields: dict[str, Any], scope: Scope, tenant: str | None, verdict: str
) -> None:
    assert owner_verdict(link(**fields), scope, tenant) is ScopeVerdict(verdict)
