from pathlib import Path

from monstock_stripe_core.discrepancy import REASON_TEXT
from monstock_stripe_reconcile.results_model import documentation

README = (Path(__file__).parent.parent / "README.md").read_text()


def test_readme_shows_the_tables_as_they_are() -> None:
    shown = README.split("<!-- tables -->")[1].split("<!-- /tables -->")[0]
    assert shown.strip() == documentation().strip()


def test_readme_shows_every_reason_with_its_texts() -> None:
    for reason, text in REASON_TEXT.items():
        assert f"| `{reason.value}` | {text.meaning} | {text.next_step} |" in README
