"""The ledger of a target (SQL): opening, locking and migrating it, and what all ledgers keep."""

from target_common.ledger.kind import LedgerKind
from target_common.ledger.store import Ledger, open_ledger, visit_ledger

__all__ = ["Ledger", "LedgerKind", "open_ledger", "visit_ledger"]
