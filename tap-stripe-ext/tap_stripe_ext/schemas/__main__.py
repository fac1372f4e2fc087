"""`python -m tap_stripe_ext.schemas`: write the schema files anew; `--check`: only compare."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tap_stripe_ext.schemas.compose import all_schemas, schema_text


def main() -> int:
    """Write or compare the files; the exit status is 1 if `--check` finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m tap_stripe_ext.schemas", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, say what is stale")
    check_only = parser.parse_args().check
    folder = Path(__file__).parent
    stale = []
    for name, schema in all_schemas().items():
        path = folder / f"{name}.json"
        text = schema_text(schema)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if not check_only:
            path.write_text(text, encoding="utf-8")
    verb = "stale" if check_only else "written"
    sys.stdout.write(f"{verb}: {', '.join(stale)}\n" if stale else "all schemas are up to date\n")
    return 1 if check_only and stale else 0


sys.exit(main())
