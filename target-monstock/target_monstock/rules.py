"""The rules of one run: settings and profile together, in the core's own types."""

import hashlib
from dataclasses import dataclass

from monstock_stripe_core.link import LinkRules
from monstock_stripe_core.monstock_client import MonstockClient
from monstock_stripe_core.order_status import StatusRules
from monstock_stripe_core.scope import Scope
from monstock_stripe_core.write_plan import WriteRules

from target_monstock.settings import CustomersMode, Settings


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides where payments belong and what their orders come to.

    Attributes:
        links_digest: changes when stored links may have to be resolved again.
        customers: what becomes of Stripe's customers.
        orders_digest: changes when every order may have to be derived again.
        customers_digest: changes when every customer may have to be looked for again.
    """

    scope: Scope
    links: LinkRules
    status: StatusRules
    writes: WriteRules
    customers: CustomersMode
    links_digest: str
    orders_digest: str
    customers_digest: str


def rules_of(settings: Settings, writes: WriteRules, status: StatusRules, profile: str) -> Rules:
    """Put the rules of a run together.

    Args:
        settings: of the run.
        writes: what profile and settings allow to be written.
        status: the rules of the payment status.
        profile: a text that changes when the profile does.
    """
    written = (
        writes.payment_status,
        writes.amount_due,
        writes.on_paid_state,
        sorted(writes.on_paid_from),
    )
    derived = (
        status.our_method,
        sorted(status.stripe_like_methods),
        sorted(status.tolerance.items()),
        status.zero_total_is_paid,
        status.action_expires_after,
        status.near,
    )
    return Rules(
        scope=settings.scope,
        links=settings.links,
        status=status,
        writes=writes,
        customers=settings.customers,
        links_digest=_digest(settings.base_url, settings.links),
        orders_digest=_digest(settings.base_url, profile, written, derived),
        customers_digest=_digest(settings.base_url, profile, settings.customers),
    )


def rules_for(settings: Settings, client: MonstockClient) -> Rules:
    """The rules of a run on a tenant."""
    payments = client.profile.payments
    status = StatusRules(
        our_method=payments.our_method,
        stripe_like_methods=frozenset(
            one.casefold() for one in (payments.our_method, *payments.stripe_like_methods)
        ),
        tolerance=settings.currency_tolerance,
        zero_total_is_paid=settings.zero_total_is_paid,
        action_expires_after=settings.action_expires_after,
        near=settings.duplicates_near,
    )
    writes = WriteRules(
        payment_status=client.writes_payment_status,
        amount_due=client.writes_amount_due,
        payment_url=client.writes_payment_url,
        other_currencies=client.holds_other_currencies,
        on_paid_state=settings.on_paid_order_status,
        on_paid_from=settings.on_paid_from_statuses,
    )
    return rules_of(settings, writes, status, repr(client.profile))


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
