"""A profile is checked when it is read, and what is wrong is named by file, key and reason."""

from importlib import resources
from pathlib import Path

import pytest
from monstock_stripe_core.profile import ProfileError, load_profile, parse_profile

DEFAULT = (
    resources.files("monstock_stripe_core").joinpath("profiles/monstock.yml").read_text("utf-8")
)


def broken(old: str, new: str) -> str:
    assert DEFAULT.count(old) >= 1
    with pytest.raises(ProfileError) as caught:
        parse_profile(DEFAULT.replace(old, new, 1), "tenant.yml")
    assert str(caught.value).startswith("profile tenant.yml")
    return str(caught.value)


def test_the_packaged_profile_is_found_by_its_name() -> None:
    profile = load_profile("monstock")
    assert profile.name == "monstock"
    assert profile.payments.our_method == "stripe"
    assert profile.orders.find.id is not None
    assert profile.orders.find.id.many == 100


def test_a_profile_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "tenant.yml"
    file.write_text(DEFAULT.replace("name: monstock", "name: tenant"), "utf-8")
    assert load_profile(file).name == "tenant"


def test_a_profile_needs_neither_customers_nor_lines_nor_link_rules() -> None:
    begin, end = DEFAULT.index("customers:\n"), DEFAULT.index("formats:\n")
    text = DEFAULT[:begin] + DEFAULT[end:]
    begin, end = text.index("  lines:\n"), text.index("payments:\n  placement")
    text = (text[:begin] + text[end:]).replace("    link_rule: link_rule\n", "")
    profile = parse_profile(text, "tenant.yml")
    assert (profile.customers, profile.orders.lines) == (None, None)
    assert profile.payments.fields.link_rule is None


def test_keys_that_are_left_out_have_their_defaults() -> None:
    profile = parse_profile(DEFAULT.replace("condition: {style: etag, header: If-Match}", ""), "x")
    assert profile.condition.style == "none"
    assert profile.auth.prefix == ""
    assert profile.payments.list is None


def test_lines_without_tax_need_to_know_the_tax() -> None:
    text = DEFAULT.replace("total: with_tax", "total: without_tax").replace("tax: tax_amount", "")
    with pytest.raises(ProfileError, match=r"orders\.lines\.fields\.tax: is missing, and needed"):
        parse_profile(text, "tenant.yml")


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("scheme: bearer", "scheme: bearr", "auth.scheme", "did you mean 'bearer'?"),
        ("scheme: bearer", "shceme: bearer", "auth.shceme", "unknown key; did you mean 'scheme'?"),
        ("  scheme: bearer", "  {}", "auth.scheme", "is missing"),
        ("scheme: bearer", "scheme: header", "auth.name", "needed because auth.scheme is header"),
        ("size: 100", "size: lots", "pagination.size", "must be a whole number, not 'lots'"),
        ("size: 100", "size: 0", "pagination.size", "must be at least 1, not 0"),
        ("style: page", "style: cursor", "pagination.next_cursor", "needed because"),
        ("draft: draft", "draft: yes", "vocabulary.state.draft", "put it in quotes"),
        ("draft: draft", "draft: []", "vocabulary.state.draft", "must not be empty"),
        ("draft: draft", "draft: validated", "vocabulary.state.validated", "already stands for"),
        (
            "overpaid: overpaid",
            "overpaid: paid",
            "vocabulary.payment_status.overpaid",
            "'paid' already stands for 'paid': no word may stand for two",
        ),
        ("paid: paid", "paid: [paid, unpaid]", "vocabulary.payment_status", "'unpaid' already"),
        (
            "    disputed: disputed\n\npayment_status",
            "\npayment_status",
            "vocabulary.payment_status.disputed",
            "is missing. A dispute is open.",
        ),
        ("customer.id", "customer..id", "orders.fields.customer_id", "like customer.id"),
        ('/orders/{order_id}"}', '/orders/{id}"}', "orders.update.path", "unknown {id}"),
        ('/orders/{order_id}"}', '/orders"}', "orders.update.path", "must contain {order_id}"),
        ("path: /orders,", "path: '/orders?x=1',", "orders.list.path", "a path like /orders/"),
        ("unit: minor", "unit: decimal", "formats.money.json", "string or number where unit is"),
        ("time_zone: UTC", "time_zone: Europe/Pari", "formats.time.time_zone", "'Europe/Paris'"),
        ("fee_currency: fee_currency", "", "payments.fields.fee_currency", "needed because"),
        ("refunded: refunded_amount", "", "payments.fields.refunded", "amount is captured"),
        ("rate_limit: null", "rate_limit: 5", "rate_limit", "must be a mapping of keys, not 5"),
        ("rate_limit: null", "rate_limt: null", "rate_limt", "did you mean 'rate_limit'?"),
        ("method: PUT", "method: GET", "payments.upsert.method", "'GET' is not one of the known"),
        ("writing: upsert", "writing: find_then_write", "payments.create", "is missing"),
        ("placement: in_order", "placement: resource", "payments.list", "is missing"),
        ("kind: kind", "", "orders.fields.kind", "needed because vocabulary.kind is given"),
        ("path: lines", "path: lines.", "orders.lines.path", "names with dots"),
        ('/customers/{customer_id}"}', '/customers"}', "customers.read.path", "must contain"),
        ("    email: email\n", "", "customers.fields.email", "customers.find.email is given"),
        (
            "    stripe_customer_id: stripe_customer_id\n",
            "",
            "customers.fields.stripe_customer_id",
            "customers.find.stripe_customer_id is given",
        ),
    ],
)
def test_a_wrong_key_is_named_with_its_reason(old: str, new: str, key: str, reason: str) -> None:
    message = broken(old, new)
    assert key in message
    assert reason in message


def test_all_problems_are_told_at_once() -> None:
    text = DEFAULT.replace("scheme: bearer", "scheme: x").replace("size: 100", "size: x")
    with pytest.raises(ProfileError) as caught:
        parse_profile(text, "tenant.yml")
    assert len(caught.value.problems) == 2


def test_a_profile_that_lacks_almost_everything_is_told_each_thing_once() -> None:
    with pytest.raises(ProfileError) as caught:
        parse_profile("name: tenant\nauth: {shceme: bearer}\n", "tenant.yml")
    keys = [problem.split(":")[0] for problem in caught.value.problems]
    assert sorted(keys) == [
        "auth.scheme",
        "auth.shceme",
        "formats",
        "orders",
        "pagination",
        "payment_status",
        "payments",
        "vocabulary",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must be a mapping of keys, not nothing"),
        ("- a\n- b", "must be a mapping of keys, not a list"),
        ("name: [", "is not YAML"),
        ("name: a\nname: b", "the key 'name' stands twice (line 2, column 1)"),
        ("yes: 1", "the key True is not a text: quote it"),
        ("\x00", "is not YAML"),
        ("[" * 20_000, "nested too deep"),
        ("a: !!python/object:os.system x", "is not YAML"),
    ],
)
def test_what_is_no_profile_at_all_is_said_so(text: str, reason: str) -> None:
    with pytest.raises(ProfileError, match=r"^profile tenant\.yml") as caught:
        parse_profile(text, "tenant.yml")
    assert reason in str(caught.value)


def test_a_missing_file_names_the_packaged_profiles(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"no such file.*packaged name: monstock"):
        load_profile(tmp_path / "nowhere.yml")


def test_a_folder_and_a_binary_file_are_no_profiles(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="cannot be read"):
        load_profile(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProfileError, match="not UTF-8"):
        load_profile(tmp_path / "binary")
