"""The experiments that the user's words mean, as configs that can be trained: files, or what runs on record were."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from dlexp.config.load import Loaded, load
from dlexp.records.index import in_order, read_all
from dlexp.records.selection import find
from dlexp.reports.comparison.groups import experiments_of


def configs_of(words: Sequence[str], runs_dir: Path) -> list[Loaded]:
    """The config of each experiment, in the order of the words, each once.

    A word means what it means to `compare`; where no run has the name, the config of this stem.

    Raises:
        UserError: A word means nothing, or a config is wrong.
    """
    found: dict[str, Loaded] = {}
    for word in words:
        for each in _configs(word, runs_dir):
            found.setdefault(each.experiment.model_dump_json(), each)
    return list(found.values())


def _configs(word: str, runs_dir: Path) -> Iterator[Loaded]:
    """A config as it is; of runs that of each of their experiments, as it was recorded."""
    meant = find(runs_dir, word)
    if isinstance(meant, Path):
        yield load(meant)
        return
    for experiment in experiments_of([run for run in in_order(read_all(meant)) if run.status == "finished"]):
        yield load(next(iter(experiment.runs.values())).dir.config_path)
