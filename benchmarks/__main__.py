"""`python -m benchmarks epoch|process [--dataset imdb] [--rounds N] [--csv FILE]`; run from the repository's folder.

Needs the real data (`DLEXP_DATA`, or Keras's cache). Figures of a shared machine vary: read the ratios.
"""

import argparse
import csv
import importlib
import sys
from pathlib import Path


def main() -> None:
    """Measure and print one row a competitor."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", choices=["epoch", "process"])
    parser.add_argument("--dataset", choices=["imdb", "reuters"], action="append")
    parser.add_argument("--rounds", type=int, help="default: 15 epochs, 3 processes")
    parser.add_argument("--csv", type=Path, help="write the rows there too")
    arguments = parser.parse_args()
    module = importlib.import_module(f"benchmarks.{arguments.what}")
    rounds = arguments.rounds or {"epoch": 15, "process": 3}[arguments.what]
    rows = [row for dataset in arguments.dataset or ["imdb", "reuters"] for row in module.measure(dataset, rounds)]
    for file in [sys.stdout, *([arguments.csv.open("w", newline="")] if arguments.csv else [])]:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({k: f"{v:.4g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows)


if __name__ == "__main__":
    main()
