"""Who in Monstock may be a Stripe customer: asked one by one, or seen in one list of all."""

from collections.abc import Callable, Sequence, Set

from monstock_stripe_core.customer import Customer
from monstock_stripe_core.customer_match import Found
from monstock_stripe_core.stripe_customer import StripeCustomer

from target_monstock.ledger.customers import email_key
from target_monstock.monstock import Monstock

_MANY = 100
"""Customers from which on one list of all is read ahead: most need no request of their own then."""


class CustomerFinder:
    """Finds customers of Monstock. `find` may be called from several threads.

    Args:
        monstock: the tenant, whose profile can look for e-mails and Stripe ids.
    """

    def __init__(self, monstock: Monstock) -> None:
        self._client = monstock.client
        self._ahead = False
        self._covered: frozenset[str] = frozenset()
        self._by_id: dict[str, Customer] = {}
        self._bearing: dict[str, list[Customer]] = {}
        self._by_email: dict[str, list[Customer]] = {}

    def look_ahead(
        self, wanted: Set[str], all_wanted: Callable[[], Sequence[StripeCustomer]]
    ) -> None:
        """Read Monstock's whole list once, where many are wanted; keep what concerns them.

        Args:
            wanted: Stripe ids of those who are looked for next.
            all_wanted: asks for all who are to be looked for.

        Raises:
            MonstockError: Monstock cannot be asked.
        """
        if len(wanted) < _MANY:
            self.forget()
        elif not wanted <= self._covered:
            self._list(all_wanted())

    def forget(self) -> None:
        """Forget what the list showed."""
        self._ahead = False
        self._covered = frozenset()
        for index in (self._by_id, self._bearing, self._by_email):
            index.clear()

    def _list(self, wanted: Sequence[StripeCustomer]) -> None:
        self.forget()
        names = {one.monstock_customer_id for one in wanted}
        stripe_ids = {one.stripe_customer_id for one in wanted}
        emails = {email_key(one.email) for one in wanted} - {None}
        # One that cannot be read is met again where it is looked for by itself, and told there.
        unreadable: list[object] = []
        listed = self._client.customers_updated_since(None, on_unreadable=unreadable.append)
        for customer in listed:
            if customer.id in names:
                self._by_id[customer.id] = customer
            if customer.stripe_customer_id in stripe_ids:
                self._bearing.setdefault(str(customer.stripe_customer_id), []).append(customer)
            key = email_key(customer.email)
            if key is not None and key in emails:
                self._by_email.setdefault(key, []).append(customer)
        self._ahead = not unreadable
        self._covered = frozenset(stripe_ids)

    def seen(self, stripe: StripeCustomer) -> Found | None:
        """What the list showed; None where none was read. Not fresh enough to write by."""
        if not self._ahead:
            return None
        return Found(
            bearing=tuple(self._bearing.get(stripe.stripe_customer_id, ())),
            named=self._by_id.get(stripe.monstock_customer_id or ""),
            by_email=tuple(self._by_email.get(email_key(stripe.email) or "", ())),
        )

    def find(self, stripe: StripeCustomer) -> Found:
        """Ask Monstock now, for what the rules need and no more.

        Raises:
            MonstockError: Monstock cannot be asked, or one that answers cannot be understood.
        """
        stripe_id = stripe.stripe_customer_id
        bearing = self._client.find_customers("stripe_customer_id", (stripe_id,))[stripe_id]
        named_id = stripe.monstock_customer_id
        if stripe.deleted or (bearing and named_id in (None, bearing[0].id)):
            return Found(bearing)
        if named_id is not None:
            return Found(bearing, named=self._client.customer(named_id))
        email = stripe.email
        if email_key(email) is None or email is None:
            return Found(bearing)
        return Found(bearing, by_email=self._client.find_customers("email", (email,))[email])
