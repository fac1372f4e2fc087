"""How Monstock's stand-in answers its lists: filters, sorting and numbered pages."""

from __future__ import annotations

from monstock_stripe_sandbox.monstock_requests import ListParameters
from monstock_stripe_sandbox.monstock_store import S, Store


def one_page(store: Store[S], asked: ListParameters) -> tuple[list[S], int]:
    """Return the rows of the page that was asked for, and the count of all pages' rows."""
    first = (asked.page - 1) * asked.per_page
    last = first + asked.per_page
    if asked.ids is None and not asked.lookups and asked.by_update:
        listed, start = store.by_update(asked.updated_since)
        ids = [record_id for _, record_id in listed[start + first : start + last]]
        return [store.entries[record_id] for record_id in ids], len(listed) - start
    candidates = _candidates(store, asked)
    if asked.by_update:
        candidates.sort(key=lambda entry: (entry.updated, entry.id))
    return candidates[first:last], len(candidates)


def _candidates(store: Store[S], asked: ListParameters) -> list[S]:
    if asked.ids is not None:
        known = (store.entries.get(record_id) for record_id in asked.ids)
        candidates = [entry for entry in known if entry is not None]
    elif asked.lookups:
        candidates = list(store.find(*asked.lookups[0]))
    else:
        candidates = list(store.entries.values())
    for name, value in asked.lookups:
        wanted = {entry.id for entry in store.find(name, value)}
        candidates = [entry for entry in candidates if entry.id in wanted]
    since = asked.updated_since
    return [entry for entry in candidates if since is None or entry.record.updated_at >= since]
