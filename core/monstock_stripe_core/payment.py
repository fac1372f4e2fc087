"""A payment: the whole present truth of one PaymentIntent, Charge or settled invoice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class PaymentStatus(StrEnum):
    """What a payment has come to. States go backwards: versions order snapshots, never this."""

    NOT_ATTEMPTED = "not_attempted"
    PENDING = "pending"
    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class LinkRule(StrEnum):
    """What made (or proposes) a link, in order of trust; see `link.RANK`.

    MONSTOCK is what our annotation says where Monstock's row does not tell its rule.
    """

    DECISION = "decision"
    METADATA = "metadata"
    CLIENT_REFERENCE = "client_reference_id"
    ORDER_REFERENCE = "order_reference"
    SHOP_METADATA = "shop_metadata"
    DESCRIPTION = "description"
    SUGGESTION = "suggestion"
    MONSTOCK = "monstock"


@dataclass(frozen=True, slots=True)
class LinkCandidate:
    """What a payment says of its order. Exactly one of the three references is set.

    Attributes:
        rule: where it stood; decides how far it is trusted.
        order_id: Monstock's own id of the order.
        order_number: the number that people know the order by.
        channel_reference: a shop's number, resolved only against the sales-channel reference.
        tenant: the tenant that the key names, where one Stripe account feeds several.
    """

    rule: LinkRule
    order_id: str | None = None
    order_number: str | None = None
    channel_reference: str | None = None
    tenant: str | None = None

    @property
    def reference(self) -> tuple[str, str]:
        """The field to look the order up by, and its value."""
        if self.order_id is not None:
            return "id", self.order_id
        if self.order_number is not None:
            return "number", self.order_number
        return "channel_reference", self.channel_reference or ""


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment snapshot. All amounts are ISO minor units of `currency`, never negative.

    Attributes:
        transaction_reference: the PaymentIntent's id, else the Charge's or invoice's; behind
            the account's id and a slash where the account is not our own.
        references: every id of Stripe's that names this payment, the transaction reference too.
        version: microseconds since the epoch at which the reading began.
        amount: what was asked.
        authorized: what can still be captured.
        authorized_until: when the authorisation runs out.
        action_required_since: when the customer was asked to act (3-D Secure), while pending.
        captured: what was taken, before refunds.
        captured_at: when.
        funded: the part of a bank transfer that has come, while pending.
        refunded: what went back, pending refunds included; at most `captured`.
        refund_pending: the part of `refunded` that is not through yet.
        refund_failed: refunds that failed or were cancelled: still owed to the customer.
        disputed: what is held back by open disputes; at most captured less refunded.
        dispute_open: whether any dispute is open, also where refunds left nothing to dispute.
        dispute_lost: what was lost by disputes; at most captured less refunded.
        fee: Stripe's fee in `fee_currency`; None while unknown.
        net: what remains in `fee_currency` of the charge; None while unknown.
        method: Stripe's payment method type ("card", "sepa_debit"), "credit" or "external".
        method_detail: brand or bank, never a number.
        failure: why it failed, in words.
        flags: `exception_kind` values that the snapshot itself raises.
    """

    transaction_reference: str
    version: int
    livemode: bool
    created_at: datetime
    status: PaymentStatus
    currency: str
    amount: int
    references: tuple[str, ...] = ()
    account_id: str | None = None
    authorized: int = 0
    authorized_until: datetime | None = None
    action_required_since: datetime | None = None
    captured: int = 0
    captured_at: datetime | None = None
    funded: int = 0
    refunded: int = 0
    refund_pending: int = 0
    refund_failed: int = 0
    disputed: int = 0
    dispute_open: bool = False
    dispute_lost: int = 0
    fee: int | None = None
    fee_currency: str | None = None
    net: int | None = None
    method: str | None = None
    method_detail: str | None = None
    failure: str | None = None
    flags: tuple[str, ...] = ()
    link_candidates: tuple[LinkCandidate, ...] = ()
    customer_id: str | None = None
    customer_email: str | None = None
    description: str | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    products: tuple[str, ...] = ()

    @property
    def kept(self) -> int:
        """What is ours of it: captured less refunded less lost disputes."""
        return self.captured - self.refunded - self.dispute_lost

    @property
    def holds_money(self) -> bool:
        """Whether money moved, is held, or is disputed: what never may be left unseen."""
        return self.captured > 0 or self.authorized > 0 or self.disputed > 0 or self.funded > 0
