"""Operations on objects of any kind, called by the name of the kind or the path of its list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from monstock_stripe_sandbox import stripe_announcing as announcing
from monstock_stripe_sandbox.resources.data import resources
from monstock_stripe_sandbox.stripe_books import (
    FIRST,
    StripeBooks,
    StripeWorldError,
    UnknownObjectError,
    operation,
)
from monstock_stripe_sandbox.stripe_catalog import LISTS, MAIN_LIST, ServedList, placeholders
from monstock_stripe_sandbox.stripe_deleting import (
    TOMBSTONES,
    is_changeable,
    is_deletable,
    must_be_deletable,
)
from monstock_stripe_sandbox.stripe_expandable import kinds_at
from monstock_stripe_sandbox.stripe_invoices import InvoiceOperations
from monstock_stripe_sandbox.stripe_kinds import KINDS
from monstock_stripe_sandbox.stripe_modelled_makers import MAKERS
from monstock_stripe_sandbox.stripe_plausible import Maker, changeable_field, empty_list
from monstock_stripe_sandbox.stripe_singles import NAMED_WITHIN_PARENT
from monstock_stripe_sandbox.stripe_store import Entry, Value

_USUAL_OBJECT = {"customer_source": "card"}
_SHARED = frozenset({"item"})
"""Kinds that several lists hold, so that only the list's path says which is meant."""
_SUMMED_UP_IN = {
    "fee_refund": ("amount_refunded", "refunded"),
    "transfer_reversal": ("amount_reversed", "reversed"),
}


class ObjectOperations(InvoiceOperations):
    """Making, changing and deleting."""

    @operation
    def create(self, what: str, /, parent: str | None = None, **fields: Any) -> str:
        """Make an object, and the events that Stripe makes of it; return its id.

        Args:
            what: the path of a list, as `lists` has it, or the name of a kind.
            parent: the object whose list it goes into, where the list hangs on one; without it
                the newest of that kind, or a new one.
            fields: of the object; all others get a plausible value. Beside the fields, whatever
                the list can filter by.

        Raises:
            StripeWorldError: there is no such kind or field, or its id is taken.
            UnknownObjectError: there is no such parent.
        """
        kind, served = kind_named(what)
        if what in _SHARED:
            paths = ", ".join(each.path for each in LISTS.values() if each.kind == what)
            raise StripeWorldError(f"{what} is in several lists: name one of them ({paths})")
        if kind in MAKERS:
            identifier = MAKERS[kind](self, fields)
            self.change(kind, identifier, **fields)
            return identifier
        object_name = str(fields.pop("object", _usual_object(kind, served)))
        unseen = _unseen(object_name, served, fields)
        home, known_as = "", ""
        if served is not None and served.parent:
            parent = self._parent(served, parent or fields.get(served.parent_parameter))
            fields = _naming_parent(object_name, served, parent) | fields
            unseen |= {"#list": served.path, "#parent": parent}
            if served.parent_parameter:
                unseen.setdefault(served.parent_parameter, parent)
            home = served.home(parent) if served.nested and not served.by_field else ""
            if kind in NAMED_WITHIN_PARENT:
                fields.setdefault("id", self._next_capability(parent))
                known_as = f"{parent}/{fields['id']}"
        if kind == "tax_id":
            fields.setdefault("owner", _owner(parent))
        made = Maker(self.now(), self.ids.make, self._newest).make(object_name, fields)
        identifier = known_as or str(made["id"])
        if identifier in self.shelves[kind].entries:
            raise StripeWorldError(f"there is a {kind} {identifier} already")
        for inner in _embedded_in(kind):
            if inner.embedded_in not in fields:
                made[inner.embedded_in] = empty_list(inner.home(identifier))
        created = made.get("date" if kind == "invoiceitem" else "created")
        self.add(
            kind,
            made,
            created if isinstance(created, int) else self.now(),
            home=home,
            at_once=served is not None and bool(served.embedded_in),
            unseen=unseen,
            known_as=known_as,
        )
        self._begin(kind, identifier, fields)
        entry = self.entry(kind, identifier)
        self._announce(entry, kind, announcing.on_creation(kind, entry.value))
        self._tell_parent(entry, kind, 0)
        return identifier

    @operation
    def change(self, what: str, identifier: str, /, **fields: Any) -> None:
        """Change fields of an object, and make the events that Stripe makes of it.

        Raises:
            StripeWorldError: there is no such kind or field.
            UnknownObjectError: there is no such object.
        """
        kind, served = kind_named(what)
        entry = self.entry(kind, identifier)
        unseen = _unseen(str(entry.value["object"]), served, fields)
        entry.unseen = {**entry.unseen, **unseen}
        previous = self.alter(kind, identifier, **fields)
        types = announcing.on_change(kind, entry.value, previous)
        self._announce(entry, kind, types, previous)
        if previous:
            self._tell_parent(entry, kind, 1)

    @operation
    def delete(self, what: str, identifier: str) -> None:
        """Delete an object, and make the events that Stripe makes of it.

        A subscription is canceled, a payment method detached: Stripe knows no other end of them.

        Raises:
            StripeWorldError: Stripe would not delete it.
            UnknownObjectError: there is no such object.
        """
        kind, _ = kind_named(what)
        entry = self.entry(kind, identifier)
        if kind == "subscription":
            moment = self.now()
            self.change(kind, identifier, status="canceled", canceled_at=moment, ended_at=moment)
            return
        if kind == "payment_method":
            self.change(kind, identifier, customer=None)
            return
        must_be_deletable(self, kind, entry)
        if kind == "customer":
            for each in list(self.shelves["subscription"].where("customer", identifier)):
                if each.value["status"] != "canceled":
                    self.delete("subscription", each.key[2])
            self.delete_customer(identifier)
            return
        self._announce(entry, kind, announcing.on_deletion(kind, entry.value))
        if kind in TOMBSTONES:
            self.shelves[kind].unlist(entry)
            gone = {"id": identifier, "object": entry.value["object"], "deleted": True}
            entry.replace(gone, self.clock.now())
        else:
            self.shelves[kind].drop(entry)
        self._tell_parent(entry, kind, 1)

    def deletable(self, what: str) -> bool:
        """Say whether Stripe deletes objects of this kind, so that no list has them any more.

        Raises:
            StripeWorldError: there is no such kind.
        """
        kind, _ = kind_named(what)
        return kind == "account" or is_deletable(kind)

    @operation
    def vary(self, what: str, identifier: str) -> str | None:
        """Change some field of an object to what it never was, with the events of `change`.

        Returns the field's name, or None where Stripe neither lets such an object be updated nor
        tells of updates, or where none of its fields is open to any text.

        Raises:
            StripeWorldError: there is no such kind.
            UnknownObjectError: there is no such object.
        """
        kind, _ = kind_named(what)
        entry = self.entry(kind, identifier)
        field = changeable_field(str(entry.value["object"])) if is_changeable(kind) else None
        if field is not None:
            text = self.ids.text(8)
            value = {"note": text} if field == "metadata" else text
            self.change(what, identifier, **{field: value})
        return field

    @operation
    def release_funds(self, until: int | None = None) -> list[str]:
        """Let what is due become available, as Stripe does without an event; return the ids.

        Args:
            until: the moment up to which `available_on` has passed; by default now.
        """
        moment = self.now() if until is None else until
        due = [
            entry.key[2]
            for entry in self.shelves["balance_transaction"].entries.values()
            if entry.value["status"] == "pending" and entry.value["available_on"] <= moment
        ]
        for identifier in due:
            self.alter("balance_transaction", identifier, status="available")
        return due

    # -- for the operations above --

    def log_of(self, _kind: str, _entry: Entry) -> StripeBooks:
        """Return the account in whose log an event about this object stands."""
        return self

    def _parent(self, served: ServedList, asked: Any) -> str:
        if asked is not None:
            for kind in kinds_at(served.parent):
                if self.shelves[kind].listed(str(asked)):
                    return str(asked)
            raise UnknownObjectError(f"No such {KINDS[served.parent].noun}: '{asked}'")
        return self._newest(served.parent) or self.create(served.parent)

    def _next_capability(self, account: str) -> str:
        """Return the name of a capability that the account has not been given yet."""
        names = resources().hashes["_account.Account.Capabilities"]
        taken = self.shelves["capability"].entries
        free = [name for name in names if f"{account}/{name}" not in taken]
        if not free:
            raise StripeWorldError(f"{account} has every capability already")
        return free[0]

    def _newest(self, object_name: str) -> str | None:
        for kind in kinds_at(object_name):
            keys = self.shelves[kind].ordered()
            if keys:
                return keys[-1][2]
        return None

    def _begin(self, kind: str, identifier: str, fields: Mapping[str, Any]) -> None:
        """Give a new object what Stripe never lets it be without: a subscription has an item."""
        if kind == "subscription" and "items" not in fields:
            price = self._newest("price") or self.price(1000, "eur", self.product("Thing"))
            made = {"subscription": identifier, "price": dict(self.get("price", price))}
            item = Maker(self.now(), self.ids.make, self._newest).make("subscription_item", made)
            place = {"#list": "/v1/subscription_items", "#parent": identifier}
            self.add("subscription_item", item, at_once=True, unseen=place)
            self._embed(LISTS["/v1/subscription_items"], identifier)

    def _announce(
        self, entry: Entry, kind: str, types: Iterable[str], previous: Value | None = None
    ) -> None:
        log = self.log_of(kind, entry)
        livemode = bool(entry.value.get("livemode", self.livemode))
        for each in types:
            log.write_event(each, entry.encoded(), livemode, previous)

    def _tell_parent(self, entry: Entry, kind: str, which: int) -> None:
        """Keep what the parent shows of the list true, and tell of it as Stripe does.

        Args:
            which: 0 where the object is new, 1 where it changed or went.
        """
        path, parent = entry.unseen.get("#list"), entry.unseen.get("#parent")
        if path is None or parent is None:
            return
        served = LISTS[str(path)]
        previous = self._embed(served, str(parent)) if served.embedded_in else {}
        above = self.shelves[served.parent].entries.get(str(parent))
        if above is None:
            return
        above.version += 1  # what is expanded of it may show the list
        if kind in _SUMMED_UP_IN and which == 0:
            previous |= self._sum_up(kind, entry, served.parent, above)
        told = announcing.ANNOUNCED_BY_PARENT.get(kind, ("", ""))[which]
        if kind == "external_account":
            told = "account.updated"
        if kind == "entitlements.active_entitlement":
            self._tell_entitlements(str(parent))
        if told:
            self._announce(above, served.parent, (told,), previous)

    def _embed(self, served: ServedList, parent: str) -> dict[str, Any]:
        """Show the first of a parent's list in its field; return what stood there."""
        if parent not in self.shelves[served.parent].entries:
            return {}
        listed = self.children(served, parent)
        shown = {
            "object": "list",
            "data": [entry.value for entry in listed[:FIRST]],
            "has_more": len(listed) > FIRST,
            "url": served.home(parent),
        }
        return self.alter(served.parent, parent, **{served.embedded_in: shown})

    def children(self, served: ServedList, parent: str) -> list[Entry]:
        """Return what a list has under this parent, newest first."""
        shelf = self.shelves[served.kind]
        if served.by_field:
            keys = shelf.ordered(**{served.by_field: parent})
        elif served.nested:
            keys = shelf.at_home(served.home(parent))
        elif shelf.indexed(served.parent_parameter):
            keys = shelf.ordered(**{served.parent_parameter: parent})
        else:
            keys = [key for key in shelf.ordered() if _hangs_on(shelf.entries[key[2]], parent)]
        return [shelf.entries[key[2]] for key in reversed(keys)]

    def _sum_up(self, kind: str, entry: Entry, above: str, parent: Entry) -> dict[str, Any]:
        total, whole = _SUMMED_UP_IN[kind]
        amount = int(parent.value[total]) + int(entry.value["amount"])
        done = amount >= int(parent.value["amount"])
        return self.alter(above, parent.key[2], **{total: amount, whole: done})

    def _tell_entitlements(self, customer: str) -> None:
        held = self.children(LISTS["/v1/entitlements/active_entitlements"], customer)
        url = f"/v1/customer/{customer}/entitlements"
        summary = {
            "object": "entitlements.active_entitlement_summary",
            "customer": customer,
            "entitlements": empty_list(url) | {"data": [each.value for each in held[:FIRST]]},
            "livemode": self.livemode,
        }
        body = msgspec.json.encode(summary)
        kind = "entitlements.active_entitlement_summary.updated"
        self.write_event(kind, body, self.livemode, None)


def kind_named(what: str) -> tuple[str, ServedList | None]:
    """Return the kind that a path or a name means, and its list if it has one.

    Raises:
        StripeWorldError: there is none.
    """
    if what in LISTS:
        return LISTS[what].kind, LISTS[what]
    if what not in KINDS:
        raise StripeWorldError(
            f"there is no kind and no list {what!r}: lists() has the paths, and with them the kinds"
        )
    return what, MAIN_LIST.get(what)


def _usual_object(kind: str, served: ServedList | None) -> str:
    if kind in _USUAL_OBJECT:
        return _USUAL_OBJECT[kind]
    return kind if served is None else served.objects[0]


def _unseen(object_name: str, served: ServedList | None, fields: dict[str, Any]) -> dict[str, Any]:
    """Take out of `fields` what is no field of the object, but a filter of its list.

    Raises:
        StripeWorldError: it is neither.
    """
    model = resources().models[object_name]
    filters = {} if served is None else served.parameters
    found = {name: fields.pop(name) for name in list(fields) if name not in model}
    unknown = sorted(found.keys() - filters.keys())
    if unknown:
        raise StripeWorldError(f"a {object_name} has no field {', '.join(unknown)}")
    return found


def _naming_parent(object_name: str, served: ServedList, parent: str) -> dict[str, Any]:
    """Return the fields of the object that hold its parent's id."""
    model = resources().models[object_name]
    names = [*placeholders(served.path), served.parent_parameter, served.parent.rpartition(".")[2]]
    if served.kind == "fee_refund":
        names.append("fee")
    found: dict[str, Any] = {}
    for name in names:
        if name in model and name != "id":
            found[name] = parent
    return found


def _owner(parent: str | None) -> dict[str, Any]:
    names = ("account", "application", "customer", "customer_account")
    kind = "self" if parent is None else "customer"
    return dict.fromkeys(names) | {"customer": parent, "type": kind}


def _embedded_in(kind: str) -> list[ServedList]:
    return [each for each in LISTS.values() if each.parent == kind and each.embedded_in]


def _hangs_on(entry: Entry, parent: str) -> bool:
    return bool(entry.unseen.get("#parent") == parent)
