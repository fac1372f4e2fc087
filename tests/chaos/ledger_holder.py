"""`python ledger_holder.py LEDGER SECONDS`: holds a SQLite file's write lock for so long.

It says "held" once it has it, and writes and syncs meanwhile, as a slow disk's other users do.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
import time


def main(path: str, seconds: float) -> None:
    """Hold it."""
    with sqlite3.connect(path, timeout=60, isolation_level=None) as ledger:
        ledger.execute("BEGIN IMMEDIATE")
        print("held", flush=True)
        until = time.monotonic() + seconds
        with tempfile.TemporaryFile() as disk:
            while time.monotonic() < until:
                disk.write(bytes(65_536))
                disk.flush()
                os.fsync(disk.fileno())
                time.sleep(0.02)
        ledger.execute("ROLLBACK")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
