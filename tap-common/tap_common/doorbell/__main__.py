"""The process that a tap starts; see `child`."""

from __future__ import annotations

import sys

from tap_common.doorbell.child import main

if __name__ == "__main__":
    sys.exit(main())
