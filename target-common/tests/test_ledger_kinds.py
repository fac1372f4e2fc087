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


def linked(tmp_path: Path, link: str) -> tuple[str, str]:
    """The URLs of one ledger, by its own name and through a link."""
    real, other = tmp_path / "real", tmp_path / "other"
    real.mkdir()
    if link == "folder":
        other.symlink_to(real, target_is_directory=True)
    else:
        other.mkdir()
        (other / "ledger.db").symlink_to(real / "ledger.db")
    return f"sqlite:///{real}/ledger.db", f"sqlite:///{other}/ledger.db"


@pytest.mark.parametrize("first", [0, 1], ids=["opened by its name", "opened by the link"])
@pytest.mark.parametrize("link", ["file", "folder"])
def test_a_ledger_in_use_is_refused_by_whatever_link_it_is_named(
    tmp_path: Path, link: str, first: int
) -> None:
    urls = linked(tmp_path, link)

    with open_ledger(urls[first], KIND), pytest.raises(LedgerLockedError, match="target-monstock"):
        open_ledger(urls[1 - first], KIND)


def test_links_that_go_round_are_no_ledger(tmp_path: Path) -> None:
    (tmp_path / "one.db").symlink_to(tmp_path / "two.db")
    (tmp_path / "two.db").symlink_to(tmp_path / "one.db")

    with pytest.raises(LedgerError, match="unable to open"):
        open_ledger(f"sqlite:///{tmp_path}/one.db", KIND)
