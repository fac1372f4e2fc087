"""Erasing a person: from a ledger, and from files that were made of it."""

from target_common.forgetting.files import Trace, delete_files, files_with
from target_common.forgetting.person import ERASED, Person
from target_common.forgetting.report import Erasure, erasure_lines, erasure_record
from target_common.forgetting.texts import erase_values, text_columns

__all__ = [
    "ERASED",
    "Erasure",
    "Person",
    "Trace",
    "delete_files",
    "erase_values",
    "erasure_lines",
    "erasure_record",
    "files_with",
    "text_columns",
]
