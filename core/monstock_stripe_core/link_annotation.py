"""The connector's own annotation of a payment in Stripe's metadata, and what it is worth.

Beside the order's id and number it says by which rule the link was made, bound to the two: so the
annotation keeps that rule's rank and is never evidence of a better one. Where a person edits the
id or the number in Stripe's Dashboard, the binding no longer holds, and the keys are what that
person says.
"""

from collections.abc import Mapping

from monstock_stripe_core.payment import LinkRule

ORDER_ID_KEY = "monstock_order_id"
ORDER_NUMBER_KEY = "monstock_order_number"
ORDER_STATUS_KEY = "monstock_order_status"
TENANT_KEY = "monstock_tenant"
LINK_RULE_KEY = "monstock_link_rule"

SAID_BY_OTHERS = "said_by_others"
"""Stands for the rule where somebody else named the order on this very object, and we completed
what he said: it stays his word."""

_RANKED_AS = {rule.value: rule for rule in LinkRule} | {
    LinkRule.DECISION.value: LinkRule.METADATA,  # a decision stands in the ledger, nowhere else
    SAID_BY_OTHERS: LinkRule.METADATA,
}


def bound_rule(rule: str, order_id: str, order_number: str) -> str:
    """Return the text that binds a link's rule to the order that is annotated with it.

    Args:
        rule: a `LinkRule`'s value; "monstock" where the rule is not known.
        order_id: as annotated.
        order_number: as annotated.
    """
    return f"{rule}; {order_id}; {order_number}"


def annotated_rule(metadata: Mapping[str, str]) -> LinkRule | None:
    """Return the rule whose rank the annotation keeps; None where it is none, or was edited."""
    order_id, number = metadata.get(ORDER_ID_KEY), metadata.get(ORDER_NUMBER_KEY)
    text = metadata.get(LINK_RULE_KEY)
    if not (isinstance(order_id, str) and isinstance(number, str) and isinstance(text, str)):
        return None
    rule = text.partition(";")[0]
    intact = text == bound_rule(rule, order_id, number)
    return _RANKED_AS.get(rule, LinkRule.MONSTOCK) if intact else None


def is_said_by_others(metadata: Mapping[str, str]) -> bool:
    """Tell whether somebody else names an order here, be it that we completed what he said."""
    if annotated_rule(metadata) is not None:
        return metadata[LINK_RULE_KEY].partition(";")[0] == SAID_BY_OTHERS
    return bool(metadata.get(ORDER_ID_KEY) or metadata.get(ORDER_NUMBER_KEY))


def stale_keys(metadata: Mapping[str, str]) -> frozenset[str]:
    """Return the key that a person left as we annotated it while editing the other.

    Who relinks a payment in the Dashboard often edits the id or the number alone; what is left
    beside it says nothing any more.
    """
    order_id, number = metadata.get(ORDER_ID_KEY), metadata.get(ORDER_NUMBER_KEY)
    text = metadata.get(LINK_RULE_KEY)
    if not (isinstance(order_id, str) and isinstance(number, str) and isinstance(text, str)):
        return frozenset()
    rule = text.partition(";")[0]
    keeps_id = text.startswith(f"{rule}; {order_id}; ")
    keeps_number = text.endswith(f"; {number}")
    if keeps_id and not keeps_number:
        return frozenset({ORDER_ID_KEY})
    if keeps_number and not keeps_id:
        return frozenset({ORDER_NUMBER_KEY})
    return frozenset()
