"""The ledger: what was last known of each payment, where it was put, and why (SQL)."""

from pathlib import Path

from target_common.ledger import Ledger, LedgerKind
from target_common.ledger import open_ledger as open_any
from target_common.ledger import visit_ledger as visit_any

from target_monstock.ledger.schema import metadata

KIND = LedgerKind(
    program="target-monstock",
    metadata=metadata,
    head="0005",
    version_table="target_monstock_version",
    migrations=Path(__file__).parent.parent / "migrations",
)


def open_ledger(ledger_url: str, *, keeps: bool = True) -> Ledger:
    """Open a ledger for the one process that may write to it; see `target_common.ledger`."""
    return open_any(ledger_url, KIND, keeps=keeps)


def visit_ledger(ledger_url: str) -> Ledger:
    """Open a ledger that exists beside a run that may be writing; see `target_common.ledger`."""
    return visit_any(ledger_url, KIND)
