"""What came of runs that nobody trained."""

from collections.abc import Sequence

from make_runs import CONFIG

from dlexp.config.flat import flatten
from dlexp.config.labels import Labelled, labels
from dlexp.records.index import read
from dlexp.records.run_dir import RunDir
from dlexp.reports.run.outcome import RunOutcome, outcome


def outcomes_of(*run_dirs: RunDir) -> list[RunOutcome]:
    """What came of runs, each called by its name."""
    return [outcome(read(run_dir), run_dir.name) for run_dir in run_dirs]


def labelled(run_dirs: Sequence[RunDir]) -> tuple[list[RunOutcome], dict[str, Labelled]]:
    """What came of runs, called by what sets them apart; and that of each experiment by its label."""
    runs = list(map(read, run_dirs))
    experiments = {
        run.identity: Labelled(name=run.name, settings=flatten(run.config or CONFIG), identity=run.identity)
        for run in runs
    }
    named = dict(zip(experiments, labels(list(experiments.values())), strict=True))
    found = [outcome(run, named[run.identity]) for run in runs]
    return found, {label: experiments[identity] for identity, label in named.items()}
