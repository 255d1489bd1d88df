"""Compare experiments on record."""

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from dlexp.components import snapshot
from dlexp.errors import UserError
from dlexp.format import plural
from dlexp.records.index import Run, in_order, scan
from dlexp.records.keys import status_of
from dlexp.records.query import ALL, Filters
from dlexp.records.selection import select
from dlexp.records.summary_csv import staleness
from dlexp.reports.comparison import facts
from dlexp.reports.comparison.facts import Comparison
from dlexp.reports.comparison.ranking import best_of

log = logging.getLogger(__name__)

_NONE = "no run to compare. Try: dlexp run configs/digits_sgd.yaml"


def compare(
    words: Sequence[str],
    metrics: Sequence[str],
    *,
    sort: str | None = None,
    best: int | None = None,
    filters: Filters = ALL,
    runs_dir: Path,
    data_dir: Path | None,
    needs_result: bool = False,
) -> Comparison:
    """Compare the experiments that words name over their seeds; without words all, except those of bias-variance.

    The metrics are columns of the records, by default the usual ones; the best mean of `sort` comes first. Of
    the `best` so many are left, with the baselines.

    Raises:
        UserError: A name or a metric that no run has; no finished run, where the command `needs_result`.
    """
    with snapshot.taken(held_bytes=0):  # However many configs have the same data.
        selected = select(runs_dir, words, data_dir, in_order)
    runs = filters.apply(selected)
    if picked := filters.picking(selected):
        log.warning(picked)
    if stale := staleness(runs_dir, scan(runs_dir)):
        log.info(stale)
    unusable = [run for run in runs if run.status != "finished" and not run.has_diverged]
    for run in unusable:
        if run.status == "damaged":
            log.info(f"{run.what} (left out)")
    if needs_result and not any(run.status == "finished" for run in runs):
        where = ", ".join(words) or str(runs_dir)
        none = "no run to compare passes the filters" if not filters.is_empty else _NONE
        raise UserError(f"{where}: {_became(runs) or none}")
    if counts := Counter(run.status for run in unusable if run.status != "damaged"):
        log.info(f"left out: {', '.join(f'{count} {status}' for status, count in counts.items())}")
    found = facts.compare(runs, metrics, sort, named=bool(words), first_word=next(iter(words), ""))
    return found if best is None else best_of(found, best)


def _became(runs: Sequence[Run]) -> str:
    """What became of runs none of which finished, and where it says why; empty of no runs."""
    if not runs:
        return ""
    statuses = Counter(map(status_of, runs))
    epochs = {run.epochs for run in runs}
    if len(statuses) > 1:
        became = f"none finished ({', '.join(f'{count} {status}' for status, count in statuses.items())})"
    else:
        became = f"{ {1: '', 2: 'both '}.get(len(runs), 'all ') }{next(iter(statuses))}"
        became += f" in epoch {epochs.pop()}" if len(epochs) == 1 and all(run.has_diverged for run in runs) else ""
    return f"{plural(len(runs), 'run')}, {became}; dlexp show {runs[0].dir.path} says why"
