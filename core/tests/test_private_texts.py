"""Sentences of others are repeated without what they quote of a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monstock_stripe_core.private_texts import masked, texts_under


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("Invalid email address: zoe.q+1@mail.example", "Invalid email address: ***"),
        (
            "not found: /customers?email=zoe%40mail.example&page=1",
            "not found: /customers?email=***&page=1",
        ),
        ("order SO-2026-00001 of cus_1 is locked", "order SO-2026-00001 of cus_1 is locked"),
        ("at 127.0.0.1:5432, user@host", "at 127.0.0.1:5432, user@host"),
    ],
)
def test_e_mail_addresses_go(sentence: str, shown: str) -> None:
    assert masked(sentence) == shown


def test_what_was_sent_goes_in_any_capitals_and_the_longest_first() -> None:
    sentence = "ZOÉ QUAXBURY lives at 3 Quay; Zoé does not"
    assert masked(sentence, ["Zoé", "zoé quaxbury", "3 Quay"]) == "*** lives at ***; *** does not"


def test_a_short_text_stays_for_it_stands_anywhere() -> None:
    assert masked("FR is refused", ["FR"]) == "FR is refused"


@pytest.mark.parametrize(
    ("text", "sentence", "shown"),
    [
        ("Max", "the maximum is 5, max; MAX and Climax", "the maximum is 5, ***; *** and Climax"),
        ("Zoé", "a Zoéa is no zoé", "a Zoéa is no ***"),
        ("Max", '{"a": "for\\nMax", "b": "\\u003CMax\\u003E"}',
         '{"a": "for\\n***", "b": "\\u003C***\\u003E"}'),
        ("Max", "?name%3DMax%20&customer_max=2Max3", "?name%3D***%20&customer_***=2***3"),
        ("612345678", "no such number: +33612345678", "no such number: +33***"),
        ("+33 612", "tel+33 612 is refused", "tel*** is refused"),
        ("田中一郎", "顧客田中一郎様", "顧客***様"),
        ("Max", "Max様", "***様"),
    ],
)  # fmt: skip
def test_a_text_goes_where_it_is_a_word_and_stays_within_another(
    text: str, sentence: str, shown: str
) -> None:
    assert masked(sentence, [text]) == shown


@given(st.text(min_size=3).filter(lambda text: len(text.strip()) >= 3))
def test_whatever_was_sent_is_gone(text: str) -> None:
    if "***" not in text:
        assert text.strip() not in masked(f"you sent <{text}>", [text])


def test_texts_are_found_at_any_depth_by_the_name_of_their_field() -> None:
    body = {"customer": {"name": "Zoé", "id": "con_1", "tags": [{"email": "z@e.fr"}]}, "name": 3}
    assert list(texts_under(body, {"name", "email"})) == ["Zoé", "z@e.fr"]


def test_texts_of_a_list_have_the_name_of_its_field() -> None:
    body = {"phone": ["06 12", ["06 34"], {"email": "z@e.fr", "kind": "home"}], "ids": ["con_1"]}
    assert list(texts_under([body, "phone"], {"phone", "email"})) == ["06 12", "06 34", "z@e.fr"]
