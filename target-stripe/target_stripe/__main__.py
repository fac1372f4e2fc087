"""`python -m target_stripe`."""

import sys

from target_stripe.cli import main

if __name__ == "__main__":
    sys.exit(main())
