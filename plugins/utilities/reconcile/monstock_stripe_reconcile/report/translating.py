"""The texts of the report in the reader's language, from `locales/*.po`.

The English sentences in the code and the templates are the keys (gettext). A .po file is read as it
is, so that there is no compiled copy of it to forget.
"""

from __future__ import annotations

from importlib import resources
from io import BytesIO

from babel.core import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from monstock_stripe_reconcile.errors import SettingError

SOURCE_LANGUAGE = "en"
"""The language of the texts in the code: it needs no file."""


def N_(text: str) -> str:  # noqa: N802 - the name that extractors of messages know
    """Mark a text that is translated later, where the reader's language is known."""
    return text


def languages() -> list[str]:
    """Return the languages that there are texts in."""
    folder = resources.files(__package__).joinpath("locales")
    files = (one.name for one in folder.iterdir())
    return sorted({SOURCE_LANGUAGE, *(name[:-3] for name in files if name.endswith(".po"))})


def read_locale(name: str) -> Locale:
    """Read a locale such as `fr`, `fr_CH` or `en-GB`.

    Raises:
        SettingError: there is no such locale, or no texts in its language.
    """
    try:
        locale = Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        locale = None
    if locale is None or locale.language not in languages():
        raise SettingError(
            f"language {name!r:.40}: there are texts in {' and '.join(languages())}, "
            "also with a country, as in fr_CH"
        )
    return locale


def read_translations(locale: Locale) -> NullTranslations:
    """Return the texts in a locale's language."""
    if locale.language == SOURCE_LANGUAGE:
        return NullTranslations()
    file = resources.files(__package__).joinpath(f"locales/{locale.language}.po")
    compiled = BytesIO()
    with file.open("rb") as lines:
        write_mo(compiled, read_po(lines, locale=locale.language))
    compiled.seek(0)
    return Translations(compiled)
