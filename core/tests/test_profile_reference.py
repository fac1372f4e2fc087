"""The documented keys of a profile are those of its schema."""

from pathlib import Path

import pytest
from monstock_stripe_core.profile_reference import key_table, with_table

DOCUMENT = Path(__file__).parents[2] / "docs" / "profile.md"


def test_the_documents_table_is_made_of_the_schema() -> None:
    text = DOCUMENT.read_text("utf-8")
    command = "python -m monstock_stripe_core.profile_reference docs/profile.md"
    assert text == with_table(text), f"make the table anew: {command}"


def test_every_key_says_what_it_means() -> None:
    for line in key_table().splitlines()[2:]:
        assert not line.endswith("|  |"), line


def test_a_document_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks"):
        with_table("# Nothing here")
