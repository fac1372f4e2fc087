"""Connect: accounts that are connected to the platform, each a world of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monstock_stripe_sandbox.stripe_books import StripeBooks, UnknownObjectError, operation
from monstock_stripe_sandbox.stripe_objects import kind_named
from monstock_stripe_sandbox.stripe_paying import PayingOperations
from monstock_stripe_sandbox.stripe_sales_shapes import account
from monstock_stripe_sandbox.stripe_shapes import Shape
from monstock_stripe_sandbox.stripe_store import Entry

if TYPE_CHECKING:
    from monstock_stripe_sandbox.stripe_world import StripeWorld

_OF_ACCOUNTS = frozenset({"account", "capability", "external_account", "person"})
"""Kinds that the platform lists, though what happens to them is told to their account."""
_TAIL = 10
"""How many letters of the account's id stand in the ids of its objects."""


class ConnectOperations(PayingOperations):
    """Connecting accounts.

    Attributes:
        account: the account that the world is.
        connected: the worlds of the connected accounts, by account.
        platform: the world that this one is connected to.
    """

    account: Shape
    connected: dict[str, StripeWorld]
    platform: StripeWorld | None

    @operation
    def connected_account(self, /, **fields: Any) -> tuple[str, StripeWorld]:
        """Connect a new account; return its id, and its world behind `Stripe-Account`.

        Args:
            fields: of the account, as `GET /v1/accounts` shows it.
        """
        identifier = f"acct_1Sub{len(self.connected):02d}{self.ids.text(_TAIL)}"
        made = {**account(identifier, self.now()), **fields}
        self.add("account", made)
        connected = self.connect(identifier)
        for name, status in made["capabilities"].items():
            self.create("capability", identifier, id=name, status=status, requested=True)
        return identifier, connected

    @operation
    def create(self, what: str, /, parent: str | None = None, **fields: Any) -> str:
        """Make an object of any kind: see `ObjectOperations.create`; an account is connected."""
        if kind_named(what)[0] == "account":
            return self.connected_account(**fields)[0]
        return super().create(what, parent, **fields)

    @operation
    def delete(self, what: str, identifier: str) -> None:
        """Delete an object of any kind: see `ObjectOperations.delete`; an account with its world.

        Its log goes with it, so that there is no event to be read.
        """
        kind = kind_named(what)[0]
        if kind != "account":
            super().delete(what, identifier)
            return
        self.shelves["account"].drop(self.entry("account", identifier))
        del self.connected[identifier]

    def log_of(self, kind: str, entry: Entry) -> StripeBooks:
        """Return the account in whose log an event about this object stands."""
        if kind not in _OF_ACCOUNTS:
            return self
        account = entry.value["id"] if kind == "account" else entry.unseen["#parent"]
        return self.connected.get(str(account), self)

    def connect(self, identifier: str) -> StripeWorld:
        """Make the world of an account that the platform has on its shelf, or will have."""
        raise NotImplementedError

    def world_of(self, identifier: str) -> StripeWorld:
        """Return the world of this account, or of one that is connected to it.

        Raises:
            UnknownObjectError: there is no such account.
        """
        raise NotImplementedError

    def account_named(self, identifier: str) -> Any:
        """Return the account as the API shows it.

        Raises:
            UnknownObjectError: there is no such account.
        """
        if self.platform is not None and identifier == self.account["id"]:
            return self.platform.account_named(identifier)
        if identifier == self.account["id"]:
            return self.account
        entry = self.shelves["account"].entries.get(identifier)
        if entry is None:
            raise UnknownObjectError(f"No such account: '{identifier}'")
        return entry.value
