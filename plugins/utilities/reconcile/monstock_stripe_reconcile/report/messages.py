"""The texts that are to be translated, gathered from the code, the templates and `core`.

`python -m monstock_stripe_reconcile.report.messages` brings the files in `locales/` up to date:
new texts come in without a translation, those that are gone go.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from monstock_stripe_core.discrepancy import REASON_TEXT

LOCALES = Path(__file__).with_name("locales")
_KEYWORDS = {"N_": None, "_": None, "gettext": None, "ngettext": (1, 2), "count": (1, 2)}
_METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]
_OPTIONS = {"**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}


def messages() -> Catalog:
    """Return every text, with where it stands."""
    catalog = Catalog(project="monstock-stripe-reconcile", charset="utf-8")
    for file, text in _texts():
        catalog.add(text, locations=[(file, 1)])
    return catalog


def up_to_date(language: str) -> bytes:
    """Return the file of a language as it should be: its translations of the texts that are."""
    file = LOCALES / f"{language}.po"
    catalog = Catalog(locale=language)
    if file.exists():
        with file.open("rb") as lines:
            catalog = read_po(lines, locale=language)
    # No guesses: a text that changed is a new one.
    catalog.update(messages(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    written = BytesIO()
    write_po(written, catalog, width=100, omit_header=True, include_lineno=False, sort_output=False)
    head = (
        f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )
    return head.encode() + written.getvalue()


def _texts() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for file, _line, text, _comments, _context in extract_from_dir(
        Path(__file__).parent, method_map=_METHODS, options_map=_OPTIONS, keywords=_KEYWORDS
    ):
        yield file, text
    for reason in REASON_TEXT.values():
        yield "core", reason.meaning
        yield "core", reason.next_step


if __name__ == "__main__":
    for po in sorted(LOCALES.glob("*.po")):
        po.write_bytes(up_to_date(po.stem))
