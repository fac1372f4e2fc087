"""The writes that Stripe's stand-in takes: one row each, by kind in the files beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from monstock_stripe_sandbox import stripe_params as params
from monstock_stripe_sandbox.stripe_access import Access
from monstock_stripe_sandbox.stripe_books import StripeWorldError
from monstock_stripe_sandbox.stripe_editing import Write
from monstock_stripe_sandbox.stripe_errors import StripeError
from monstock_stripe_sandbox.stripe_expandable import EXPANDABLE
from monstock_stripe_sandbox.stripe_expansion import Tree, kinds_opened, tree_of
from monstock_stripe_sandbox.stripe_params import Check, Raw
from monstock_stripe_sandbox.stripe_render import rendered
from monstock_stripe_sandbox.stripe_world import StripeWorld
from monstock_stripe_sandbox.stripe_write_catalog import CATALOG_WRITES
from monstock_stripe_sandbox.stripe_write_checks import (
    demand,
    endpoint_at,
    required,
    write_checks,
)
from monstock_stripe_sandbox.stripe_write_customers import CUSTOMER_WRITES
from monstock_stripe_sandbox.stripe_write_invoice_items import INVOICE_ITEM_WRITES
from monstock_stripe_sandbox.stripe_write_invoice_lines import INVOICE_LINE_WRITES
from monstock_stripe_sandbox.stripe_write_invoices import INVOICE_WRITES
from monstock_stripe_sandbox.stripe_write_links import LINK_WRITES
from monstock_stripe_sandbox.stripe_write_payments import PAYMENT_WRITES
from monstock_stripe_sandbox.stripe_write_webhooks import WEBHOOK_WRITES

WRITES: tuple[Write, ...] = (
    *CUSTOMER_WRITES,
    *PAYMENT_WRITES,
    *INVOICE_WRITES,
    *INVOICE_LINE_WRITES,
    *INVOICE_ITEM_WRITES,
    *CATALOG_WRITES,
    *LINK_WRITES,
    *WEBHOOK_WRITES,
)

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Order:
    """A write whose parameters were read and found right, not carried out yet."""

    write: Write
    identifier: str
    given: dict[str, Any]
    tree: Tree
    paths: tuple[str, ...]

    def carry_out(self, world: StripeWorld) -> bytes:
        """Do it; return the answer.

        Raises:
            StripeError: it cannot be done.
        """
        try:
            made = self.write.act(world, self.identifier, self.given)
        except StripeWorldError as error:
            raise StripeError(400, str(error)) from error
        kind = self.write.kind
        if self.write.verb == "delete":
            return _encode({"id": made, "object": kind, "deleted": True})
        entry = world.entry(kind, made)
        if self.write.shown_once:
            beside = {name: entry.unseen[name] for name in self.write.shown_once}
            return _encode({**entry.value, **beside})
        return rendered(world, entry, self.tree, self.paths)


class Writer:
    """Reads the requests of one write."""

    def __init__(self, write: Write) -> None:
        self._write = write
        endpoint = endpoint_at(write.verb, write.path)
        self._checks: Mapping[str, Check] = write_checks(endpoint, write.imitated)
        self._required = required(endpoint)

    def read(self, access: Access, identifier: str, raw: Mapping[str, Raw]) -> Order:
        """Return what a request asks for.

        Raises:
            StripeError: a parameter is refused, or the key may not do it.
        """
        kind = self._write.kind
        access.require("write", {kind})
        given = params.checked(raw, self._checks)
        demand(given, self._required)
        paths = tuple(sorted(given.pop("expand", ())))
        tree = tree_of(paths, kind, listed=False)
        if tree:
            access.require("read", kinds_opened(tree, EXPANDABLE[kind]))
        return Order(self._write, identifier, given, tree, paths)
