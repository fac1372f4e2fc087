"""What is remembered of our last writes on an order, so that a hand's change is told from ours.

Contents are remembered as digests: equal digests need no write.
"""

import hashlib
import json
from dataclasses import dataclass, fields, replace
from datetime import UTC
from functools import lru_cache

from monstock_stripe_core.order import OrderPaymentRow

ORDER_STATUS = "order:payment_status"
"""The key under which the last write of an order's payment status is remembered."""

ORDER_STATE = "order:state"
"""The key under which it is remembered that we moved a paid order on: that is done once."""

ORDER_PAYMENT_URL = "order:payment_url"
"""The key under which the last write of where the order can be paid is remembered."""

ABSENT = "absent"
"""The digest of what is not there; as `LastWrite.intended`, a deletion that was begun."""


@dataclass(frozen=True, slots=True)
class LastWrite:
    """What we last wrote under a key (a transaction reference, `ORDER_STATUS`, `ORDER_STATE`).

    Attributes:
        written: digest of what is known to have been written.
        intended: digest of a write that was begun; it may have taken effect before a crash.
        restored: whether a hand's change was already undone once.
        dismissed: whether a person decided to leave the hand's change.
    """

    written: str | None = None
    intended: str | None = None
    restored: bool = False
    dismissed: bool = False


def caught_up(last: LastWrite, standing: str, *, restores: bool = False) -> LastWrite:
    """What is remembered of a thing, once it is seen how it stands.

    A write that was begun and is found standing has been written, even if the run died before it
    could say so. To be asked before another intention takes the place of that one: else the next
    run would take our own write for a hand's.

    Args:
        last: what is remembered.
        standing: digest of what stands now, `ABSENT` for nothing.
        restores: whether what was begun undid a hand's change.
    """
    if last.intended is None or standing != last.intended:
        return last
    written = None if standing == ABSENT else standing
    return replace(last, written=written, intended=None, restored=last.restored or restores)


_ROW_FIELDS = tuple(each.name for each in fields(OrderPaymentRow))


@lru_cache(maxsize=256)
def row_digest(row: OrderPaymentRow) -> str:
    """A hash of what a row says, whatever its id: equal digests need no write.

    A row without a link rule has the digest that it had before there were link rules, so that
    rows of older ledgers are not taken for changed by hand.
    """
    content = {name: getattr(row, name) for name in _ROW_FIELDS}
    content |= {"row_id": None, "ours": True}
    if row.link_rule is None:
        del content["link_rule"]
    content["paid_at"] = row.paid_at and row.paid_at.astimezone(UTC).isoformat()
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def url_digest(url: str | None) -> str:
    """A hash of where an order can be paid; `ABSENT` where it cannot."""
    return hashlib.sha256(url.encode()).hexdigest() if url else ABSENT
