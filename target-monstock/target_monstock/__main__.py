"""`python -m target_monstock`."""

import sys

from target_monstock.cli import main

if __name__ == "__main__":
    sys.exit(main())
