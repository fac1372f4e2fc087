"""A ledger belongs to one target."""

from dataclasses import replace
from pathlib import Path

import pytest
from target_common.errors import LedgerError, LedgerLockedError
from target_common.ledger import open_ledger, visit_ledger
from target_monstock.ledger import KIND

OTHER = replace(KIND, program="target-other", version_table="target_other_version")


def test_the_ledger_of_another_target_is_refused(tmp_path: Path) -> None:
    ledger_url = f"sqlite:///{tmp_path}/ledger.db"
    open_ledger(ledger_url, KIND).close()

    with pytest.raises(LedgerError, match="Give target-other one of its own"):
        open_ledger(ledger_url, OTHER)
    with pytest.raises(LedgerError, match="run target-other once"):
        visit_ledger(ledger_url, OTHER)


def test_a_second_target_names_itself_where_the_ledger_is_in_use(tmp_path: Path) -> None:
    ledger_url = f"sqlite:///{tmp_path}/ledger.db"
    with open_ledger(ledger_url, KIND), pytest.raises(LedgerLockedError, match="target-monstock"):
        open_ledger(ledger_url, KIND)
