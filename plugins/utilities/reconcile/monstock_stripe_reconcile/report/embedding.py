"""Data, script and style inside the page, and the rule that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import Any

import msgspec
from markupsafe import Markup

SCRIPTS = ("spelling.js", "pieces.js", "listing.js", "findings.js", "start.js")
"""The page's script, in this order; they share one scope that nobody else sees."""


def data(given: Any) -> Markup:
    """Return JSON that can stand in a script element: no text in it can end the element.

    `<` and `&` are written as JSON escapes, so neither `</script>` nor `<!--` can occur (HTML
    standard, "Restrictions for contents of script elements").
    """
    text = msgspec.json.encode(given).decode()
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - nothing of HTML is left in it


def style() -> Markup:
    """Return the page's style sheet."""
    return Markup(_read("report.css"))  # noqa: S704 - a file of ours


def script() -> Markup:
    """Return the page's script."""
    parts = "\n".join(_read(name) for name in SCRIPTS)
    return Markup(f'(() => {{\n"use strict";\n{parts}\n}})();')  # noqa: S704 - files of ours


def content_security_policy(style_text: str, script_text: str) -> str:
    """Return the policy: this style and this script, and nothing from anywhere.

    `default-src 'none'` forbids every request, images and fonts included.
    """
    return (
        f"default-src 'none'; style-src '{_hash(style_text)}'; script-src '{_hash(script_text)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _read(name: str) -> str:
    return resources.files(__package__).joinpath(f"static/{name}").read_text("utf-8")
