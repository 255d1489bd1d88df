"""Compare experiments on record."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from dlexp.components import snapshot
from dlexp.errors import UserError
from dlexp.records.index import Run, in_order, read, scan, without_bias_variance
from dlexp.records.selection import select
from dlexp.reports.comparison import facts
from dlexp.reports.comparison.facts import Comparison

log = logging.getLogger(__name__)


def compare(
    words: Sequence[str],
    metrics: Sequence[str],
    *,
    sort: str | None = None,
    runs_dir: Path,
    data_dir: Path | None,
    needs_result: bool = False,
) -> Comparison:
    """Compare the experiments that words name over their seeds; without words all, except those of bias-variance.

    The metrics are columns of the records, by default the usual ones; the best mean of `sort` comes first.

    Raises:
        UserError: A name or a metric that no run has; no finished run, where the command `needs_result`.
    """
    runs = _named(words, runs_dir, data_dir) if words else _all(runs_dir)
    for line in _left_out(runs):
        log.info(line)
    if needs_result and not any(run.status == "finished" for run in runs):
        where = f"{', '.join(words)} in {runs_dir}" if words else str(runs_dir)
        raise UserError(f"{where}: no finished run to compare. Try: dlexp run configs/digits_sgd.yaml")
    return facts.compare(runs, metrics, sort, named=bool(words))


def _named(words: Sequence[str], runs_dir: Path, data_dir: Path | None) -> list[Run]:
    with snapshot.taken(held_bytes=0):  # However many configs have the same data.
        return select(runs_dir, words, data_dir, in_order)


def _all(runs_dir: Path) -> list[Run]:
    run_dirs, others = without_bias_variance(scan(runs_dir))
    if others:
        log.info(others)
    return in_order(read(run_dir) for run_dir in run_dirs)


def _left_out(runs: Sequence[Run]) -> Iterator[str]:
    """The runs that no comparison can count, and why."""
    unusable = [run for run in runs if run.status != "finished" and not run.has_diverged]
    yield from (f"{run.damage} (left out)" for run in unusable if run.damage)
    counts = Counter(run.status for run in unusable if not run.damage)
    if counts:
        yield f"left out: {', '.join(f'{count} {status}' for status, count in counts.items())}"
