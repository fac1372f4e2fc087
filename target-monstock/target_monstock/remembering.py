"""What the ledger is to remember of an order's writes: before them, after them, and without any."""

from collections.abc import Iterable
from dataclasses import replace

from monstock_stripe_core.last_write import (
    ABSENT,
    ORDER_PAYMENT_URL,
    ORDER_STATE,
    ORDER_STATUS,
    LastWrite,
    url_digest,
)
from monstock_stripe_core.writes import AdoptPayment, DeletePayment, PatchOrder, PutPayment, Write

from target_monstock.derive import Derived
from target_monstock.ledger.orders import Remembered


def _noted(derived: Derived, write: Write) -> dict[str, str]:
    """What a write leaves standing, by the key under which it is remembered."""
    if isinstance(write, DeletePayment):
        return {} if write.surplus else {write.transaction_reference: ABSENT}
    if isinstance(write, PutPayment | AdoptPayment):
        key = write.row.transaction_reference or ""
        return {key: derived.desired[key]}
    left = {}
    if write.payment_status is not None:
        left[ORDER_STATUS] = write.payment_status.value
    if write.state is not None:
        left[ORDER_STATE] = write.state
    if write.payment_url is not None:
        left[ORDER_PAYMENT_URL] = url_digest(write.payment_url)
    return left


def _restores(write: Write, key: str) -> bool:
    """Whether a write undoes what a hand did to what is remembered under a key."""
    if isinstance(write, PatchOrder):
        return write.restores_url if key == ORDER_PAYMENT_URL else write.restores
    return isinstance(write, PutPayment) and write.restores


def intentions(derived: Derived) -> dict[str, Remembered | None]:
    """What is about to be written, to be durable before it is: so no crash makes it a stranger."""
    return {
        key: Remembered(replace(_last(derived, key), intended=value), _restores(write, key))
        for write in derived.plan.writes
        for key, value in _noted(derived, write).items()
    }


def results(derived: Derived, written: Iterable[Write]) -> dict[str, Remembered | None]:
    """What has been written; None for what is gone."""
    noted: dict[str, Remembered | None] = {}
    done = list(written)
    # Where several rows of one payment are to go, it is forgotten with the last of them.
    left = {
        write.transaction_reference for write in _deletions(derived.plan.writes) - _deletions(done)
    }
    for write in done:
        for key, value in _noted(derived, write).items():
            if value == ABSENT and key in left:
                continue
            last = _last(derived, key)
            restored = last.restored or _restores(write, key)
            noted[key] = (
                None
                if value == ABSENT
                else Remembered(LastWrite(value, None, restored, last.dismissed))
            )
    return noted


def _deletions(writes: Iterable[Write]) -> set[DeletePayment]:
    return {write for write in writes if isinstance(write, DeletePayment)}


def confirmations(derived: Derived) -> dict[str, Remembered | None]:
    """What was found standing as it should, and is not yet remembered as written.

    A write whose answer was lost, or all of them where the ledger was lost: from now on a hand's
    change is told from ours.
    """
    return {
        key: Remembered(
            LastWrite(wanted, None, _last(derived, key).restored, _last(derived, key).dismissed)
        )
        for key, wanted in derived.desired.items()
        if derived.standing.get(key) == wanted
        and (
            key not in derived.remembered
            or derived.remembered[key].last.written != wanted
            or derived.remembered[key].last.intended is not None
        )
    }


def vanished(derived: Derived) -> dict[str, Remembered | None]:
    """What is remembered as written, stands no more, and should not: deleted by us or by staff."""
    return {
        key: None
        for key in derived.remembered
        if key not in (*derived.desired, ORDER_STATUS, ORDER_STATE) and key not in derived.standing
    }


def _last(derived: Derived, key: str) -> LastWrite:
    one = derived.remembered.get(key)
    return LastWrite() if one is None else one.last
