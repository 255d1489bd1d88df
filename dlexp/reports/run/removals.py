"""Runs that are to go, a line each."""

from collections import Counter
from collections.abc import Sequence

from dlexp.config.labels import Labelled, labels
from dlexp.format import plural
from dlexp.records.index import Run
from dlexp.records.keys import settings, status_of
from dlexp.reports.fitted import FittedColumn, fitted
from dlexp.reports.numbers import file_size, known
from dlexp.reports.run.list import Standing, standing

#: Of more runs, one line less is shown, and how many more there are.
MAX_SHOWN = 20
#: What a command takes is abbreviated only where it is longer.
_WIDEST_RUN = 40


def listing(runs: Sequence[Run], sizes: Sequence[int], width: int | None) -> list[str]:
    """A header, then a line for each of the first runs: the settings that set it apart, how it stands, score, size."""
    shown = runs if len(runs) <= MAX_SHOWN else runs[: MAX_SHOWN - 1]
    stand = list(map(standing, shown))
    columns = [
        FittedColumn(header="run", cells=[run.dir.label for run in shown], min_width=_WIDEST_RUN),
        FittedColumn(header="settings", cells=_settings(shown), rank=2),
        FittedColumn(header="status", cells=list(map(status_of, shown))),
        FittedColumn(header=_metric(stand), cells=[known(run.last) for run in stand], is_number=True, rank=1),
        FittedColumn(header="tags", cells=[" ".join(run.dir.tags()) for run in shown], rank=3),
        FittedColumn(header="size", cells=[file_size(n) for n in sizes[: len(shown)]], is_number=True),
    ]
    told = [column for column in columns if any(column.cells)]
    more = [f"and {len(runs) - len(shown):,} more"] if len(shown) < len(runs) else []
    return [*fitted(told, width).lines, *more]


def _metric(runs: Sequence[Standing]) -> str:
    """The metric that all have which have one."""
    metrics = {run.metric for run in runs if run.metric}
    return metrics.pop() if len(metrics) == 1 else "score"


def counted(runs: Sequence[Run], n_bytes: int) -> str:
    """`12 runs (11 finished, 1 diverged), 3.4 MB`; `12 finished runs, 3.4 MB`."""
    statuses = Counter(map(status_of, runs))
    each = ", ".join(f"{n} {status}" for status, n in statuses.most_common())
    several = f"{plural(len(runs), 'run')} ({each})"
    return f"{several if len(statuses) > 1 else plural(len(runs), f'{each.split()[-1]} run')}, {file_size(n_bytes)}"


def _settings(runs: Sequence[Run]) -> list[str]:
    """What sets the experiment of each apart from others of its name."""
    experiments = {
        (run.name, run.dir.folder.prefix): Labelled(
            name=run.name, settings=settings(run), identity=run.dir.folder.prefix
        )
        for run in runs
    }
    found = dict(zip(experiments, labels(list(experiments.values())), strict=True))
    return [found[run.name, run.dir.folder.prefix].removeprefix(run.name).strip() for run in runs]
