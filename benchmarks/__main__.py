"""All benchmarks, one after another: `python -m benchmarks [--payments 10000]` (`make bench`)."""

import argparse

from benchmarks import cost_per_payment, reading


def main() -> None:
    """Run all benchmarks and print their tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--payments", type=int, default=10_000, help="payments in each world")
    given = parser.parse_args()
    reading.main(given.payments)
    cost_per_payment.main(given.payments)


if __name__ == "__main__":
    main()
