"""One export: from a results database to a folder of files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import duckdb

from monstock_stripe_reconcile.exports.csv_files import PLAIN, CsvStyle, write_csv
from monstock_stripe_reconcile.exports.json_files import write_json
from monstock_stripe_reconcile.exports.manifest import Manifest, Written
from monstock_stripe_reconcile.exports.publishing import publish, staging
from monstock_stripe_reconcile.exports.reading import opened
from monstock_stripe_reconcile.exports.summary import read_run
from monstock_stripe_reconcile.exports.workbook import write_workbook

Writer: TypeAlias = Callable[[duckdb.DuckDBPyConnection, Path, CsvStyle], list[Written]]
"""Writes one format's files into a folder."""

FORMATS: Mapping[str, Writer] = MappingProxyType(
    {
        "csv": write_csv,
        "json": lambda connection, folder, _style: write_json(connection, folder),
        "xlsx": lambda connection, folder, _style: write_workbook(connection, folder),
    }
)
"""The formats by the names that `--formats` takes."""

_RUN = ("run_id", "as_of", "finished_at", "restricted_to", "agrees")


def export(
    results: Path,
    folder: Path,
    formats: Sequence[str],
    csv_style: CsvStyle = PLAIN,
    during: Callable[[str], None] = lambda _step: None,
) -> Manifest:
    """Write results as files; all of them stand in the folder at the end, or none.

    Args:
        results: the database that `reconcile compare` wrote.
        folder: where the files go; those of an earlier export there are replaced.
        formats: of `FORMATS`.
        csv_style: of the CSV files.
        during: called with the name of each format as it begins.

    Returns:
        What was written.

    Raises:
        ReconcileError: nothing was written.
    """
    with staging(folder) as place:
        with opened(results, spill=place / "spill") as connection:
            written: list[Written] = []
            for name in formats:
                during(name)
                written += FORMATS[name](connection, place, csv_style)
            run = read_run(connection)
        return publish(place, {name: run[name] for name in _RUN}, written)
