"""What the page's script says by itself."""

from __future__ import annotations

from monstock_stripe_reconcile.report.reader import Reader
from monstock_stripe_reconcile.report.translating import N_

LABELS = {
    "all": N_("all"),
    "rows": N_("{shown} of {number}"),
    "pages": N_("Page {page} of {pages}"),
    "nothing": N_("Nothing fits. Take a filter away."),
    "copy": N_("Copy"),
    "copied": N_("Copied"),
    "moreRows": N_("{number} more are not shown here; the command line above shows all of them."),
    "since": N_("since {day}"),
    "leave": N_("does not count:"),
}
"""By the script's own names; {names} are filled in by the script."""


def script_labels(reader: Reader) -> dict[str, str]:
    """Return them in the reader's language."""
    return {name: reader.text(text) for name, text in LABELS.items()}
