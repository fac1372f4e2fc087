"""The ledger: what was last known of each payment, where it was put, and why (SQL)."""

from target_monstock.ledger.store import Ledger, open_ledger, visit_ledger

__all__ = ["Ledger", "open_ledger", "visit_ledger"]
