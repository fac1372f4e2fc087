"""A Stripe invoice that was settled, wholly or in part, without a payment through Stripe.

The source is Stripe's API reference, "The Invoice object".
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from monstock_stripe_core.money import iso_currency
from monstock_stripe_core.payment import Payment, PaymentStatus
from monstock_stripe_core.stripe_fields import (
    connected_account,
    moment,
    products,
    texts,
    transaction_reference,
    true_or_false,
    units,
    whole_number,
)
from monstock_stripe_core.stripe_links import CandidateRules, link_candidates


def payment_from_invoice(record: Mapping[str, Any], rules: CandidateRules) -> Payment | None:
    """What a paid invoice pays beside its PaymentIntents.

    By the customer's credit balance (which rises from `starting_balance` to `ending_balance`; a
    negative balance is credit), outside Stripe (`amount_paid_off_stripe`), or by discounts that
    left nothing to pay.

    Returns:
        The payment; None where the invoice is not paid, or was paid by PaymentIntents alone.
    """
    (invoice,) = record["invoices"]
    currency = iso_currency(invoice["currency"])

    def amount(name: str) -> int:
        return units(invoice.get(name), currency, name)

    start = amount("starting_balance")
    credit = max(0, min(0, amount("ending_balance")) - start) if start < 0 else 0
    external = amount("amount_paid_off_stripe")
    total = amount("total")
    if invoice["status"] != "paid" or total < 0 or (credit + external == 0 and total != 0):
        return None
    paid_at = (invoice.get("status_transitions") or {}).get("paid_at") or invoice["created"]
    return Payment(
        transaction_reference=transaction_reference(record),
        references=(record["id"],),
        account_id=connected_account(record),
        version=whole_number(record["version"], "version"),
        livemode=true_or_false(record["livemode"], "livemode"),
        created_at=moment(invoice["created"]),
        status=PaymentStatus.SUCCEEDED,
        currency=currency,
        amount=total,
        captured=min(credit + external, total),
        captured_at=moment(paid_at, "paid_at"),
        method="external" if external else "credit",
        link_candidates=link_candidates(record, rules),
        customer_email=invoice.get("customer_email"),
        metadata=MappingProxyType(texts(invoice.get("metadata"))),
        products=products(record),
    )
