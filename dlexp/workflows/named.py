"""The experiments that the user's words mean, as configs that can be trained: files, or what runs on record were."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from dlexp.config.files import CONFIGS, HERE, by_stem
from dlexp.config.load import Loaded, load
from dlexp.errors import UserError
from dlexp.records.index import in_order, read_all
from dlexp.records.selection import find
from dlexp.reports.comparison.groups import by_experiment_of, counts


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
    # Given again, a command means the same where all runs diverged, or a kill left none that ended.
    runs = [run for run in in_order(read_all(meant)) if counts(run)]
    if not runs:
        if (config := by_stem(word, HERE, CONFIGS)) is None:
            raise UserError(f"{word}: no run of it finished or diverged; name its config")
        yield load(config)
    for own in by_experiment_of(runs):
        yield load(min(own, key=lambda run: (run.status != "finished", run.seed)).dir.config_path)
