"""Every object that Stripe's stand-in serves has the fields and types of the stripe package."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe
from monstock_stripe_sandbox.stripe_expandable import EXPANDABLE
from monstock_stripe_sandbox.stripe_expandable_fields import Reference
from monstock_stripe_sandbox.stripe_expansion import tree_of
from monstock_stripe_sandbox.stripe_filters import FILTERS
from monstock_stripe_sandbox.stripe_world import SECRET_KEY
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

PACKAGE = Path(str(stripe.__file__)).parent

CLASSES = {
    "payment_intent": ("_payment_intent.py", "PaymentIntent"),
    "charge": ("_charge.py", "Charge"),
    "refund": ("_refund.py", "Refund"),
    "dispute": ("_dispute.py", "Dispute"),
    "customer": ("_customer.py", "Customer"),
    "checkout.session": ("checkout/_session.py", "Session"),
    "item": ("_line_item.py", "LineItem"),
    "invoice": ("_invoice.py", "Invoice"),
    "line_item": ("_invoice_line_item.py", "InvoiceLineItem"),
    "invoice_payment": ("_invoice_payment.py", "InvoicePayment"),
    "balance_transaction": ("_balance_transaction.py", "BalanceTransaction"),
    "event": ("_event.py", "Event"),
    "payment_link": ("_payment_link.py", "PaymentLink"),
    "payment_method": ("_payment_method.py", "PaymentMethod"),
    "product": ("_product.py", "Product"),
    "price": ("_price.py", "Price"),
    "account": ("_account.py", "Account"),
    "customer_balance_transaction": (
        "_customer_balance_transaction.py",
        "CustomerBalanceTransaction",
    ),
    "invoiceitem": ("_invoice_item.py", "InvoiceItem"),
    "tax_rate": ("_tax_rate.py", "TaxRate"),
}


class Annotated:
    """A class of the stripe package as its source annotates it."""

    def __init__(self, node: ast.ClassDef, outer: tuple[Annotated, ...]) -> None:
        self.scope = (*outer, self)
        self.fields = {
            entry.target.id: entry.annotation
            for entry in node.body
            if isinstance(entry, ast.AnnAssign) and isinstance(entry.target, ast.Name)
        }
        self.fields.pop("OBJECT_NAME", None)
        # a field whose name Python reserves (`return`) is annotated under another
        self.inner = {
            entry.name: Annotated(entry, self.scope)
            for entry in node.body
            if isinstance(entry, ast.ClassDef)
        }

    def class_named(self, name: str) -> Annotated | None:
        return next((outer.inner[name] for outer in self.scope[::-1] if name in outer.inner), None)


@cache
def annotated(file: str, name: str) -> Annotated:
    tree = ast.parse((PACKAGE / file).read_text())
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return Annotated(node, ())
    raise LookupError(f"{file} has no class {name}")


def differences(value: Any, of: Annotated, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no object"
        return
    for field in value.keys() - of.fields.keys():
        yield f"{path}.{field}: Stripe's type has no such field"
    for field, annotation in of.fields.items():
        if field in value:
            yield from mismatch(value[field], annotation, of, f"{path}.{field}")
        elif not optional(annotation):
            yield f"{path}.{field}: always there at Stripe"


def optional(annotation: ast.expr) -> bool:
    return isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Optional"


def mismatch(value: Any, annotation: ast.expr, of: Annotated, path: str) -> Iterator[str]:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.parse(annotation.value, mode="eval").body
    if isinstance(annotation, ast.Subscript):
        check = COMPOSED[ast.unparse(annotation.value)]
        yield from check(value, annotation.slice, of, path)
    else:
        yield from scalar_mismatch(value, ast.unparse(annotation), of, path)


def if_there(value: Any, inner: ast.expr, of: Annotated, path: str) -> Iterator[str]:
    if value is not None:
        yield from mismatch(value, inner, of, path)


def if_opened(value: Any, inner: ast.expr, of: Annotated, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield from mismatch(value, inner, of, path)


def word(value: Any, inner: ast.expr, _of: Annotated, path: str) -> Iterator[str]:
    allowed = ast.literal_eval(inner)
    if value not in (allowed if isinstance(allowed, tuple) else (allowed,)):
        yield f"{path}: {value!r} is none of Stripe's words"


def one_side(value: Any, inner: ast.expr, of: Annotated, path: str) -> Iterator[str]:
    assert isinstance(inner, ast.Tuple)
    # `Literal[…] | str` lets in words that Stripe may add later; the stand-in has no use of it
    sides = [side for side in inner.elts if ast.unparse(side) != "str"]
    results = [list(mismatch(value, side, of, path)) for side in sides]
    if not any(result == [] for result in results):
        yield from results[0]


def plain_list(value: Any, inner: ast.expr, of: Annotated, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: {value!r} is no list"
        return
    for index, entry in enumerate(value):
        yield from mismatch(entry, inner, of, f"{path}[{index}]")


def list_object(value: Any, inner: ast.expr, of: Annotated, path: str) -> Iterator[str]:
    if value.keys() != {"object", "data", "has_more", "url"} or value["object"] != "list":
        yield f"{path}: no list object"
    yield from plain_list(value["data"], inner, of, f"{path}.data")


def any_object(value: Any, _inner: ast.expr, _of: Annotated, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no object"


COMPOSED: dict[str, Callable[[Any, ast.expr, Annotated, str], Iterator[str]]] = {
    "Optional": if_there,
    "ExpandableField": if_opened,
    "Literal": word,
    "Union": one_side,
    "List": plain_list,
    "ListObject": list_object,
    "UntypedStripeObject": any_object,
}


def scalar_mismatch(value: Any, name: str, of: Annotated, path: str) -> Iterator[str]:
    scalars: dict[str, Any] = {"int": int, "str": str, "bool": bool, "float": (int, float)}
    if name == "Any":
        return
    if name == "Decimal":
        try:
            Decimal(value)
        except (InvalidOperation, TypeError):
            yield f"{path}: {value!r} is no decimal text"
    elif name in scalars:
        right = isinstance(value, scalars[name])
        if not right or (name != "bool" and isinstance(value, bool)):
            yield f"{path}: {value!r} is no {name}"
    elif (nested := of.class_named(name)) is not None:
        yield from differences(value, nested, path)
    else:
        yield from object_differences(value, path)


def object_differences(value: Any, path: str) -> Iterator[str]:
    """An object of its own: its `object` says which class it must match."""
    kind = value.get("object") if isinstance(value, dict) else None
    if kind not in CLASSES:
        yield f"{path}: {value!r} is no object of Stripe's"
        return
    yield from differences(value, annotated(*CLASSES[kind]), path)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(scenarios=True) as running:
        stripe_world = running.stripe
        running.trade()
        product = stripe_world.product("Thing")
        stripe_world.price(1200, "eur", product)
        link = stripe_world.payment_link({"k": "v"}, completed_sessions_limit=1)
        stripe_world.complete_checkout(
            stripe_world.checkout_session(1000, "eur", payment_link=link), email="a@example.com"
        )
        customer = stripe_world.customer("b@example.com", "B")
        stripe_world.pay_invoice(stripe_world.invoice(900, "eur", customer=customer, discount=100))
        refunded = stripe_world.payment_intent(900, "eur")
        stripe_world.succeed(refunded)
        stripe_world.cancel_refund(stripe_world.refund(refunded, status="requires_action"))
        write(running)
        yield running


def write(sandbox: RunningSandbox) -> None:
    """Let objects come about as a program makes them."""
    client = stripe.StripeClient(SECRET_KEY, base_addresses={"api": sandbox.stripe_url})
    address: Any = {"line1": "1 rue de la Paix", "city": "Paris", "country": "FR"}
    customer = client.v1.customers.create(
        {"name": "C", "email": "c@example.com", "address": address, "metadata": {"k": "v"}}
    )
    details: Any = {"order_reference": "SO-7"}
    client.v1.payment_intents.create(
        {"amount": 900, "currency": "eur", "customer": customer.id, "payment_details": details}
    )
    rate: Any = {"display_name": "VAT", "inclusive": False, "percentage": 20}
    taxes: Any = [{"amount": 200, "taxable_amount": 1000, "tax_rate_data": rate}]
    for lines in ([{"amount": 1000, "tax_amounts": taxes}, {"amount": -300}], [{"amount": 20}]):
        invoice = client.v1.invoices.create(
            {"customer": customer.id, "collection_method": "send_invoice", "days_until_due": 9}
        )
        client.v1.invoices.add_lines(invoice.id, {"lines": lines})  # type: ignore[typeddict-item]
        client.v1.invoices.send_invoice(invoice.id)
    client.v1.invoice_items.create({"customer": customer.id, "amount": 70, "currency": "eur"})
    client.v1.invoices.create({"customer": customer.id, "auto_advance": True})
    product = client.v1.products.create({"name": "Chair"}).id
    price = client.v1.prices.create({"currency": "eur", "unit_amount": 900, "product": product}).id
    for after in ({"type": "hosted_confirmation"}, {"type": "redirect", "redirect": {"url": "x"}}):
        given: Any = {
            "line_items": [{"price": price, "quantity": 2}],
            "after_completion": after,
            "customer_creation": "always",
            "payment_intent_data": {"description": "Order"},
            "payment_method_types": ["card"],
            "restrictions": {"completed_sessions": {"limit": 1}},
        }
        sandbox.stripe.pay_link(client.v1.payment_links.create(given).id, email="d@example.com")


def pages(sandbox: RunningSandbox, path: str, expand: tuple[str, ...] = ()) -> Iterator[Any]:
    parameters: dict[str, Any] = {"limit": 100, "expand[]": list(expand)}
    while True:
        answer = requests.get(
            sandbox.stripe_url + path, params=parameters, auth=(SECRET_KEY, ""), timeout=10
        )
        assert answer.status_code == 200, answer.text
        page = answer.json()
        yield from page["data"]
        if not page["has_more"]:
            return
        parameters["starting_after"] = page["data"][-1]["id"]


LISTS = {
    "payment_intent": ("/v1/payment_intents", ()),
    "payment_intent, expanded": (
        "/v1/payment_intents",
        (
            "data.latest_charge.balance_transaction",
            "data.latest_charge.refunds",
            "data.customer.tax_ids",
            "data.payment_method",
        ),
    ),
    "charge": ("/v1/charges", ("data.refunds.data.balance_transaction", "data.payment_intent")),
    "refund": ("/v1/refunds", ("data.charge", "data.failure_balance_transaction")),
    "dispute": ("/v1/disputes", ("data.charge",)),
    "customer": (
        "/v1/customers",
        ("data.subscriptions", "data.sources", "data.tax", "data.cash_balance"),
    ),
    "checkout.session": (
        "/v1/checkout/sessions",
        ("data.line_items", "data.payment_intent.latest_charge", "data.payment_link"),
    ),
    "invoice": (
        "/v1/invoices",
        ("data.amount_paid_off_stripe", "data.payments.data.invoice", "data.customer"),
    ),
    "invoice_payment": ("/v1/invoice_payments", ("data.payment.payment_intent",)),
    "balance_transaction": ("/v1/balance_transactions", ("data.source",)),
    "event": ("/v1/events", ()),
    "payment_link": ("/v1/payment_links", ("data.line_items",)),
    "product": ("/v1/products", ()),
    "price": ("/v1/prices", ("data.product",)),
}


@pytest.mark.parametrize("name", LISTS)
def test_objects_have_the_fields_and_types_of_the_stripe_package(
    sandbox: RunningSandbox, name: str
) -> None:
    path, expand = LISTS[name]
    objects = list(pages(sandbox, path, expand))
    assert objects, f"no {name} to look at"
    found: set[str] = set()
    for entry in objects:
        for difference in object_differences(entry, entry["object"]):
            found.add(re.sub(r"\[\d+\]", "[]", difference))
    assert sorted(found) == []


def test_every_list_is_looked_at() -> None:
    assert {name.partition(",")[0] for name in LISTS} == set(FILTERS)


def test_what_an_event_tells_has_the_shape_of_its_object(sandbox: RunningSandbox) -> None:
    found: set[str] = set()
    for event in pages(sandbox, "/v1/events"):
        found |= set(object_differences(event["data"]["object"], event["type"]))
        unknown = (
            event["data"].get("previous_attributes", {}).keys() - event["data"]["object"].keys()
        )
        found |= {f"{event['type']}: previous {name}" for name in unknown}
    assert sorted(found) == []


def test_the_account_has_the_shape_of_the_stripe_package(sandbox: RunningSandbox) -> None:
    answer = requests.get(f"{sandbox.stripe_url}/v1/account", auth=(SECRET_KEY, ""), timeout=10)
    assert list(object_differences(answer.json(), "account")) == []


def test_lists_take_exactly_the_parameters_of_the_stripe_package() -> None:
    files = {
        "checkout.session": "checkout/_session_list_params.py",
        **{kind: f"_{kind}_list_params.py" for kind in FILTERS if "." not in kind},
    }
    for kind, file in files.items():
        tree = ast.parse((PACKAGE / "params" / file).read_text())
        listed = next(
            Annotated(node, ())
            for node in tree.body
            if isinstance(node, ast.ClassDef) and node.name.endswith("ListParams")
        )
        paging = {"limit", "starting_after", "ending_before", "expand"}
        assert set(FILTERS[kind]) | paging == set(listed.fields), kind


def expandable_in(of: Annotated, seen: tuple[str, ...] = ()) -> set[str]:
    """Paths of the fields that hold an id or an object, also within hashes of the object."""
    found: set[str] = set()
    for field, annotation in of.fields.items():
        text = ast.unparse(annotation)
        path = (*seen, field)
        if "ExpandableField" in text:
            found.add(".".join(path))
        elif "List" not in text:
            inner = of.class_named(re.sub(r"Optional\[(.*)\]", r"\1", text))
            if inner is not None:
                found |= expandable_in(inner, path)
    return found


@pytest.mark.parametrize("kind", sorted(CLASSES.keys() - {"account", "payment_method"}))
def test_every_field_that_stripe_expands_can_be_expanded(kind: str) -> None:
    for path in expandable_in(annotated(*CLASSES[kind])):
        tree_of([path], kind, listed=False)


@pytest.mark.parametrize("kind", CLASSES)
def test_nothing_is_expandable_that_stripe_does_not_expand(kind: str) -> None:
    known = annotated(*CLASSES[kind])
    for name, field in EXPANDABLE[kind].items():
        assert name in known.fields, name
        if isinstance(field, Reference):
            assert "ExpandableField" in ast.unparse(known.fields[name]), name
