"""Which fields `expand[]` opens, and how an object is rendered with them (Stripe, 'Expanding')."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from monstock_stripe_sandbox.stripe_errors import StripeError

MOST_LEVELS = 4
Tree = dict[str, "Tree"]


@dataclass(frozen=True, slots=True)
class Reference:
    """An id that becomes its object; of one of these kinds (none: always null in this world)."""

    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class References:
    """A list of ids or objects in the field itself."""

    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inner:
    """A hash of the object itself, in which something can be expanded."""

    fields: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Included:
    """A field that is left out unless it is expanded; `kind` is what a list of it holds."""

    kind: str = ""


Field = Reference | References | Inner | Included

_NOTHING = Reference()
_ACCOUNT = Reference(("account",))
_CUSTOMER = Reference(("customer",))
_CHARGE = Reference(("charge",))
_INTENT = Reference(("payment_intent",))
_METHOD = Reference(("payment_method",))
_MOVEMENT = Reference(("balance_transaction",))
_INVOICE = Reference(("invoice",))
_PRICE = Inner({"product": Reference(("product",))})

_TAX = Inner({"liability": Inner({"account": _ACCOUNT})})
_ISSUER = Inner({"account": _ACCOUNT})
_SHIPPING = Inner({"shipping_rate": _NOTHING})
_INVOICE_CREATION = Inner(
    {"invoice_data": Inner({"account_tax_ids": References(), "issuer": _ISSUER})}
)
_MANDATE = Inner({"mandate": _NOTHING})
_DEBIT = Inner({"generated_sepa_debit": _NOTHING, "generated_sepa_debit_mandate": _NOTHING})
_LINE: Mapping[str, Field] = {
    "discounts": References(),
    "pricing": Inner({"price_details": Inner({"price": Reference(("price",))})}),
    "subscription": _NOTHING,
}
_EVIDENCE_FILES = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)

EXPANDABLE: dict[str, Mapping[str, Field]] = {
    "payment_intent": {
        "application": _NOTHING,
        "customer": _CUSTOMER,
        "latest_charge": _CHARGE,
        "on_behalf_of": _ACCOUNT,
        "payment_method": _METHOD,
        "payment_record": _NOTHING,
        "review": _NOTHING,
        "source": _NOTHING,
        "transfer_data": Inner({"destination": _ACCOUNT}),
    },
    "charge": {
        "application": _NOTHING,
        "application_fee": _NOTHING,
        "balance_transaction": _MOVEMENT,
        "customer": _CUSTOMER,
        "failure_balance_transaction": _MOVEMENT,
        "on_behalf_of": _ACCOUNT,
        "outcome": Inner({"rule": _NOTHING}),
        "payment_intent": _INTENT,
        "payment_method_details": Inner(
            {
                "bancontact": _DEBIT,
                "card": _MANDATE,
                "ideal": _DEBIT,
                "sofort": _DEBIT,
                "us_bank_account": _MANDATE,
            }
        ),
        "refunds": Included("refund"),
        "review": _NOTHING,
        "source_transfer": _NOTHING,
        "transfer": _NOTHING,
        "transfer_data": Inner({"destination": _ACCOUNT}),
    },
    "refund": {
        "balance_transaction": _MOVEMENT,
        "charge": _CHARGE,
        "customer": _CUSTOMER,
        "failure_balance_transaction": _MOVEMENT,
        "payment_intent": _INTENT,
        "payment_method": _METHOD,
        "source_transfer_reversal": _NOTHING,
        "transfer_reversal": _NOTHING,
    },
    "dispute": {
        "balance_transactions": References(("balance_transaction",)),
        "charge": _CHARGE,
        "evidence": Inner(dict.fromkeys(_EVIDENCE_FILES, _NOTHING)),
        "payment_intent": _INTENT,
    },
    "customer": {
        "cash_balance": Included(),
        "default_source": _NOTHING,
        "invoice_credit_balance": Included(),
        "invoice_settings": Inner({"default_payment_method": _METHOD}),
        "sources": Included(),
        "subscriptions": Included(),
        "tax": Included(),
        "tax_ids": Included(),
        "test_clock": _NOTHING,
    },
    "checkout.session": {
        "automatic_tax": _TAX,
        "customer": _CUSTOMER,
        "invoice": _INVOICE,
        "invoice_creation": _INVOICE_CREATION,
        "line_items": Included("item"),
        "payment_intent": _INTENT,
        "payment_link": Reference(("payment_link",)),
        "setup_intent": _NOTHING,
        "shipping_cost": _SHIPPING,
        "subscription": _NOTHING,
    },
    "item": {"price": _PRICE},
    "payment_link": {
        "application": _NOTHING,
        "automatic_tax": _TAX,
        "invoice_creation": _INVOICE_CREATION,
        "line_items": Included("item"),
        "on_behalf_of": _ACCOUNT,
        "subscription_data": Inner({"invoice_settings": _INVOICE_CREATION.fields["invoice_data"]}),
        "transfer_data": Inner({"destination": _ACCOUNT}),
    },
    "invoice": {
        "account_tax_ids": References(),
        "amount_paid_off_stripe": Included(),
        "application": _NOTHING,
        "automatic_tax": _TAX,
        "confirmation_secret": Included(),
        "customer": _CUSTOMER,
        "default_payment_method": _METHOD,
        "default_source": _NOTHING,
        "discounts": References(),
        "from_invoice": Inner({"invoice": _INVOICE}),
        "issuer": _ISSUER,
        "latest_revision": _INVOICE,
        "lines": Inner({"data": Inner(_LINE)}),
        "on_behalf_of": _ACCOUNT,
        "parent": Inner({"subscription_details": Inner({"subscription": _NOTHING})}),
        "payments": Included("invoice_payment"),
        "shipping_cost": _SHIPPING,
        "test_clock": _NOTHING,
    },
    "line_item": _LINE,
    "invoice_payment": {
        "invoice": _INVOICE,
        "payment": Inner(
            {"charge": _CHARGE, "payment_intent": _INTENT, "payment_record": _NOTHING}
        ),
    },
    "balance_transaction": {"source": Reference(("charge", "refund", "dispute"))},
    "event": {},
    "product": {"default_price": Reference(("price",)), "tax_code": _NOTHING},
    "price": {"currency_options": Included(), "product": Reference(("product",))},
    "payment_method": {"customer": _CUSTOMER},
    "account": {},
}
"""Every field that Stripe expands, of the kinds that the stand-in serves."""

KIND_OF_ID = {
    "ch": "charge",
    "py": "charge",
    "re": "refund",
    "pyr": "refund",
    "dp": "dispute",
    "du": "dispute",
}


def tree_of(paths: Iterable[str], kind: str, *, listed: bool) -> Tree:
    """Return what is to be expanded, as a tree of names.

    Args:
        kind: of the object, or of the list's objects.
        listed: the answer is a list, so paths begin with `data.`.

    Raises:
        StripeError: a path is too deep, or names what cannot be expanded.
    """
    tree: Tree = {}
    for path in paths:
        names = path.split(".")
        if len(names) > MOST_LEVELS:
            raise StripeError(400, "You cannot expand more than 4 levels of a property.")
        if listed:
            if names[0] != "data":
                opens = names[0] in EXPANDABLE[kind]
                raise _closed(names[0], f"data.{path}" if opens else None)
            names = names[1:]
        _check(names, EXPANDABLE[kind])
        branch = tree
        for name in names:
            branch = branch.setdefault(name, {})
    return tree


def _check(names: list[str], fields: Mapping[str, Field]) -> None:
    if not names:
        return
    name, *rest = names
    field = fields.get(name)
    if field is None:
        raise _closed(name)
    if isinstance(field, Inner):
        _check(rest, field.fields)
    elif rest and isinstance(field, Included):
        _check_included(name, rest, field)
    elif rest and isinstance(field, Reference | References):
        known = [EXPANDABLE[kind] for kind in field.kinds if rest[0] in EXPANDABLE[kind]]
        if field.kinds and not known:
            raise _closed(rest[0])
        for inner in known:
            _check(rest, inner)


def _check_included(name: str, rest: list[str], field: Included) -> None:
    if not field.kind:
        raise _closed(rest[0])
    if rest[0] != "data":
        raise _closed(rest[0], f"{name}.data.{'.'.join(rest)}")
    _check(rest[1:], EXPANDABLE[field.kind])


def _closed(name: str, instead: str | None = None) -> StripeError:
    hint = "" if instead is None else f" You may want to try expanding '{instead}' instead."
    return StripeError(400, f"This property cannot be expanded ({name}).{hint}")


def kinds_opened(tree: Tree, fields: Mapping[str, Field]) -> set[str]:
    """Return the kinds of objects that a tree opens; a restricted key must be allowed each."""
    found: set[str] = set()
    for name, branch in tree.items():
        field = fields.get(name)
        if isinstance(field, Inner):
            found |= kinds_opened(branch, field.fields)
        elif isinstance(field, Reference | References):
            for kind in field.kinds:
                found |= {kind} | kinds_opened(branch, EXPANDABLE[kind])
        elif isinstance(field, Included) and field.kind:
            found |= {field.kind} | kinds_opened(branch.get("data", {}), EXPANDABLE[field.kind])
    return found


def as_list(data: list[Any], more: bool, url: str) -> dict[str, Any]:
    """Return Stripe's list object."""
    return {"object": "list", "data": data, "has_more": more, "url": url}
