"""`python -m benchmarks WHAT... [--rounds N] [--results DIR]`; run from the repository's folder.

zoo: an epoch of ten models beside Keras's `fit`, PyTorch and scikit-learn, with one and two threads, and with exit code
1 where it does not compute what Keras does; process: a whole run beside the slides' script; many: ten runs beside it;
startup: commands that train nothing; growth: time and memory against the size of what a run is asked for; hooks: what
an epoch takes beside computing; stages: where the time of a run goes, stage by stage; drawing: directories of runs made
among many others; kills: so many kills at random moments, and whether the runs then end exact; tables: a large CSV file
beside a script; scales: how far the unit of the data moves a score; scale: what 10,000 runs take; verdicts: how often
what `compare` says is false, of seeds on demand, attributions and campaigns too, with exit code 1 where that is more
often than it may be; symptoms: how often what a run's history says names what was planted, and what it says of healthy
runs, on so many seeds, with exit code 1 where it misses or says too much. Writes a table for each; `python
tools/readme.py` puts them into the README.

Needs the real data (`DLEXP_DATA`, or Keras's cache). Figures of a shared machine vary: read the ratios.
"""

import argparse
import importlib
import sys
from pathlib import Path

from dlexp.format import write_csv

RESULTS = Path(__file__).parent / "results"
#: Hidden from commands, and ignored by git.
RUNS_DIR = Path("runs/.verdicts")

#: What can be measured, and how often unless said.
ROUNDS = {
    "zoo": 7,
    "process": 3,
    "many": 1,
    "startup": 5,
    "growth": 3,
    "hooks": 3,
    "stages": 3,
    "kills": 200,
    "drawing": 5,
    "tables": 5,
    "scales": 3,
    "scale": 3,
    "verdicts": 20,
    "symptoms": 2,
}


def main() -> None:
    """Measure, and write a row a competitor."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=list(ROUNDS), nargs="+")
    parser.add_argument("--rounds", type=int, help=f"measure so often; default: {ROUNDS}")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the tables go; default: %(default)s")
    parser.add_argument(
        "--runs-dir", type=Path, default=RUNS_DIR, help="where verdicts keeps its runs; default: %(default)s"
    )
    arguments = parser.parse_args()
    violated = []
    for what in arguments.what:
        module = importlib.import_module(f"benchmarks.{what}")
        rounds = arguments.rounds or ROUNDS[what]
        rows = module.measure(rounds, arguments.runs_dir) if what == "verdicts" else module.measure(rounds)
        arguments.results.mkdir(exist_ok=True)
        path = arguments.results / f"{what}.csv"
        with path.open("w", newline="") as file:
            short = ({k: f"{v:.3g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows)
            write_csv(file, list(rows[0]), short)
        print(f"{path}\n{path.read_text()}", flush=True)
        if hasattr(module, "draw"):
            module.draw(rows, path.with_suffix(".png"))
        if hasattr(module, "violations"):
            violated += module.violations(rows)
    if violated:
        sys.exit("\n".join(violated))


if __name__ == "__main__":
    main()
