"""How often a run's symptoms name what was planted, and how often healthy runs have any.

Each pathology is trained on several data sets and seeds. It is `named` if what is said has one of the kinds that it may
be called by, with a change of the right key; `change_helps` counts the first seeds whose test score that change raises.
A healthy run is trained with usual settings until validation no longer improves, and has the best epoch's weights:
whatever is said of it is a false alarm. The shipped configs are trained as they are; some show a symptom on purpose.
An experiment that two pathologies lead to counts once there. `others` are the pathologies that were missed, the false
alarms, and the shipped configs of which something is said. The thresholds were chosen on seed 0.
"""

import json
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import dlexp
from dlexp.records.ended import Finished
from dlexp.records.index import Run, read
from dlexp.records.run_dir import RunDir
from dlexp.reports.run.symptoms import symptoms

#: The seeds on which the thresholds were chosen are none of these.
FIRST_SEED = 1

#: Hidden from commands, and ignored by git.
RUNS_DIR = Path("runs/.symptoms")
#: The share of planted pathologies that is named at least, and of healthy runs that have a symptom at most.
LEAST_NAMED, MOST_ALARMS = 0.95, 0.05
#: What a row of healthy runs begins with.
HEALTHY = "healthy: "
#: The shipped config that trains for many minutes, on data that have to be downloaded.
NOT_TRAINED = ("mnist_cnn",)
#: What does not lower the score on the test split: its change is of another use.
NO_BETTER_SCORE = ("one class", "tiny validation split", "dropout")

Settings = dict[str, Any]

#: What is learned, each with a network that suits it.
DATA: Mapping[str, Settings] = {
    "digits": {"dataset": {"type": "digits"}, "model": {"hidden": [32, 32]}},
    "iris": {"dataset": {"type": "iris"}, "model": {"hidden": [16]}, "validation": {"type": "split", "size": 0.3}},
    "wine": {"dataset": {"type": "wine"}, "model": {"hidden": [16]}},
    "breast_cancer": {"dataset": {"type": "breast_cancer"}, "model": {"hidden": [16]}},
    "moons": {"dataset": {"type": "moons"}, "model": {"hidden": [16, 16]}},
    "reviews": {"dataset": {"type": "reviews"}, "model": {"hidden": [16, 16]}, "training": {"batch_size": 128}},
    "diabetes": {"dataset": {"type": "diabetes"}, "model": {"hidden": [16]}},
    "gaussian diabetes": {"dataset": {"type": "diabetes"}, "model": {"hidden": [16]}, "head": {"type": "gaussian"}},
    "ratings": {"dataset": {"type": "ratings"}, "model": {"hidden": [16]}},
    "documents": {"dataset": {"type": "documents"}, "model": {"hidden": [16]}, "training": {"batch_size": 64}},
    "counts": {"dataset": {"type": "counts"}, "model": {"hidden": [16]}},
}


def _optimizer(name: str, rate: float, **others: float) -> Settings:
    return {"optimizer": {"type": name, "learning_rate": rate, **others}}


def _training(epochs: int, **others: Any) -> Settings:
    return {"training": {"epochs": epochs, **others}}


@dataclass(frozen=True, kw_only=True)
class Pathology:
    """A way to spoil a training."""

    name: str
    kinds: tuple[str, ...]
    """What it may rightly be called."""
    changes: Settings
    """Laid over the settings of the data sets."""
    data: tuple[str, ...] = tuple(DATA)
    change: str = ""
    """What one of the changes that are then recommended must have in it."""
    of_data: Mapping[str, Settings] = field(default_factory=dict)
    """Further settings on some data sets."""


#: A run that does not get away from the start, or falls back to it.
LOST = ("stuck", "guessing", "one_class", "collapsed")
#: What a rate that is far too large does.
THROWN = (*LOST, "diverged", "oscillates", "jumps")

PATHOLOGIES = (
    Pathology(
        name="tiny rate, SGD",
        kinds=("slow",),
        changes=_optimizer("sgd", 1e-5) | _training(30),
        change="optimizer.learning_rate",
    ),
    Pathology(
        name="tiny rate, Adam",
        kinds=("slow",),
        changes=_optimizer("adam", 1e-6) | _training(20),
        change="optimizer.learning_rate",
    ),
    Pathology(
        name="huge rate, SGD",
        kinds=THROWN,
        changes=_optimizer("sgd", 30.0) | _training(30),
        change="optimizer.learning_rate",
    ),
    Pathology(
        name="huge rate, Adam",
        kinds=THROWN,
        changes=_optimizer("adam", 3.0) | _training(30),
        change="optimizer.learning_rate",
    ),
    Pathology(
        name="oscillation",
        kinds=("oscillates", "jumps"),
        changes=_optimizer("sgd", 3.0, momentum=0.9) | {"model": {"activation": "tanh"}} | _training(40),
        change="optimizer.learning_rate",
        data=("digits", "iris", "wine", "breast_cancer", "moons", "reviews"),
    ),
    Pathology(
        name="too few epochs",
        kinds=("unfinished",),
        changes=_optimizer("adam", 0.001) | _training(5),
        change="training.epochs",
        of_data={"moons": _training(2), "reviews": {"training": {"epochs": 3}}, "counts": _training(2)},
    ),
    Pathology(
        name="overfitting",
        kinds=("overfits",),
        changes={"model": {"hidden": [128, 128]}} | _optimizer("adam", 0.003) | _training(200),
        data=("noisy digits", "noisy wine", "moons", "reviews", "diabetes", "breast_cancer"),
        of_data={
            "moons": {"dataset": {"train_fraction": 0.1}},
            "breast_cancer": {"dataset": {"train_fraction": 0.1}},
            "reviews": {"training": {"epochs": 60}},
        },
    ),
    Pathology(
        name="dead ReLUs",
        kinds=LOST,
        changes={"model": {"hidden_bias": -100.0}} | _optimizer("sgd", 0.01) | _training(20),
    ),
    Pathology(
        name="six sigmoids",
        kinds=LOST,
        changes={"model": {"hidden": [16] * 6, "activation": "sigmoid"}} | _optimizer("sgd", 0.01) | _training(30),
    ),
    Pathology(
        name="one class",
        kinds=("one_class",),
        changes=_optimizer("adam", 0.001) | _training(20),
        data=("rare .05", "rare .1", "rare .02"),
    ),
    Pathology(
        name="shuffled labels",
        kinds=("memorizes", "guessing"),
        changes={"model": {"hidden": [64, 64]}} | _optimizer("adam", 0.003) | _training(100),
        data=("shuffled digits", "shuffled wine", "shuffled breast_cancer", "shuffled iris"),
    ),
    Pathology(
        name="NaN",
        kinds=("diverged",),
        changes=_optimizer("sgd", 1e4) | _training(20) | {"model": {"activation": "linear"}},
        data=("diabetes",),
        change="optimizer",
    ),
    Pathology(
        name="dropout",
        kinds=("validation_better",),
        changes={"model": {"hidden": [64, 64], "dropout": 0.8}} | _optimizer("adam", 0.003) | _training(60),
        data=("digits", "wine", "moons", "reviews"),
        of_data={"reviews": {"training": {"epochs": 8}}},
    ),
    Pathology(
        name="stopped at once",
        kinds=("stopped_at_once",),
        changes=_optimizer("adam", 0.001) | _training(100, early_stopping={"patience": 2, "min_delta": 0.6}),
        change="training.early_stopping",
    ),
    Pathology(
        name="tiny validation split",
        kinds=("small_validation",),
        changes={"validation": {"type": "split", "size": 10}}
        | _optimizer("adam", 0.003)
        | _training(300, early_stopping={"patience": 20}),
        data=("digits", "iris", "wine", "moons", "breast_cancer"),
    ),
    Pathology(
        name="jump of the rate",
        kinds=THROWN,
        changes=_optimizer("sgd", 0.05) | _training(40, schedule={"type": "step", "boundaries": [20], "factor": 300.0}),
    ),
)

#: Data whose likelihood has steep gradients.
GENTLE = ("gaussian diabetes", "counts")

#: Usual settings, as one would begin with.
USUAL: Mapping[str, Settings] = {
    "adam": _optimizer("adam", 0.003),
    "sgd": _optimizer("sgd", 0.05, momentum=0.9),
    "tanh": _optimizer("adam", 0.003) | {"model": {"activation": "tanh"}},
    "dropout": _optimizer("adam", 0.003) | {"model": {"dropout": 0.1}},
    "batch normalization": _optimizer("adam", 0.003) | {"model": {"normalization": "batch"}},
    "L2": _optimizer("adam", 0.003) | {"model": {"kernel_regularizer": {"type": "l2", "l2": 0.0003}}},
}


def merged(*several: Mapping[str, Any]) -> Settings:
    """Settings laid over each other, at every depth."""
    result: Settings = {}
    for settings in several:
        for key, value in settings.items():
            own = result.get(key)
            result[key] = merged(own, value) if isinstance(own, dict) and isinstance(value, dict) else value
    return result


def planted(folder: Path) -> Iterator[tuple[Pathology, str, Settings]]:
    """Each pathology on each of its data sets."""
    made = made_data(folder)
    for pathology in PATHOLOGIES:
        for data in pathology.data:
            base = DATA.get(data) or made[data]
            yield pathology, data, merged(base, pathology.changes, pathology.of_data.get(data, {}))


def healthy() -> Iterator[tuple[str, str, Settings]]:
    """Usual settings on each data set, trained until validation no longer improves."""
    stopping = _training(400, early_stopping={"patience": 15})
    for name, settings in USUAL.items():
        for data, base in DATA.items():
            # At 0.05 with momentum these diverge, or end far from what guessing scores.
            gentle = {"optimizer": {"learning_rate": 0.005}} if name == "sgd" and data in GENTLE else {}
            yield name, data, merged(base, settings, gentle, stopping)


def made_data(folder: Path) -> dict[str, Settings]:
    """CSV files of data with drawn labels, or with a rare class that hardly anything tells."""
    from sklearn import datasets

    rng = np.random.default_rng(0)
    found = {}
    for name in ("digits", "iris", "wine", "breast_cancer"):
        x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        found[f"shuffled {name}"] = _csv(folder / f"shuffled {name}.csv", x, rng.permutation(y))
        noisy = np.where(rng.random(len(y)) < 0.4, rng.permutation(y), y)
        found[f"noisy {name}"] = _csv(folder / f"noisy {name}.csv", x, noisy)
    for share in (0.02, 0.05, 0.1):
        x = rng.normal(size=(2000, 5))
        y = rng.random(2000) < share * np.exp(0.3 * x[:, 0])
        found[f"rare {share:g}".replace("0.", ".")] = _csv(folder / f"rare {share:g}.csv", x, y)
    return found


def _csv(path: Path, x: np.ndarray, y: np.ndarray) -> Settings:
    import pandas as pd

    frame = pd.DataFrame(x.round(4), columns=[f"x{k}" for k in range(x.shape[1])])
    frame["y"] = [f"c{int(label)}" for label in y]
    frame.to_csv(path, index=False)
    task = "binary" if len(np.unique(y)) == 2 else "multiclass"
    return {"dataset": {"type": "csv", "path": str(path), "target": "y", "task": task}}


def trained(configs: Mapping[str, Settings], seeds: range, folder: Path) -> dict[str, list[Run]]:
    """The runs of each config by its name, trained unless they are on record in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.yaml" for name in configs]
    for path in paths:
        path.write_text(json.dumps(configs[path.stem]))
    return _runs(paths, seeds, folder)


def _runs(configs: list[Path], seeds: range, folder: Path) -> dict[str, list[Run]]:
    """By name; an experiment of two names is trained, and has runs, under one of them."""
    table = dlexp.run(configs, seeds=list(seeds), runs_dir=folder / "runs")
    found: dict[str, list[Run]] = {path.stem: [] for path in configs}
    for directory in table["directory"]:
        run = read(RunDir(Path(directory)))
        found[run.dir.name].append(run)
    return found


def is_named(pathology: Pathology, run: Run) -> bool:
    """Whether one of the symptoms is what was planted, with the change that undoes it."""
    return any(each.kind in pathology.kinds and pathology.change in each.change for each in symptoms(run))


def recommended(pathology: Pathology, settings: Settings, run: Run) -> Settings | None:
    """The settings with the change that the run's symptom recommends; None if it recommends none that raises scores."""
    change = next((each.change for each in symptoms(run) if each.kind in pathology.kinds), "")
    if not change or pathology.name in NO_BETTER_SCORE:
        return None
    key, _, value = shlex.split(change)[1].partition("=")
    changed: Any = yaml.safe_load(value)
    for part in reversed(key.split(".")):
        changed = {part: changed}
    if key == "training.schedule":  # Another type: what belonged to the old one goes.
        settings = {**settings, "training": {**settings["training"], "schedule": None}}
    return merged(settings, changed)


def is_better(before: Run, after: Run) -> bool:
    """Whether the test split is predicted better."""
    if not isinstance(after.record, Finished):
        return False
    metric = after.record.main_metrics[0].on("test")
    scores = before.metrics.get(str(metric)), after.metrics[str(metric)]
    return scores[0] is None or (scores[1] > scores[0] if metric.higher_is_better else scores[1] < scores[0])


def measure(rounds: int, runs_dir: Path = RUNS_DIR, first_seed: int = FIRST_SEED) -> list[dict[str, Any]]:
    """A row for each pathology, for the healthy runs of each setting and for the shipped configs."""
    folder = runs_dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    seeds, first = range(first_seed, first_seed + rounds), range(first_seed, first_seed + 1)
    plants = {_slug(each.name, data): (each, settings) for each, data, settings in planted(folder)}
    usual = {_slug("healthy", name, data): (name, settings) for name, data, settings in healthy()}
    runs = trained({name: settings for name, (_, settings) in (plants | usual).items()}, seeds, folder)
    changed = {
        name: settings
        for name, (each, own) in plants.items()
        if (settings := recommended(each, own, runs[name][0])) is not None
    }
    after = trained(changed, first, folder / "changed")
    rows = []
    for pathology in PATHOLOGIES:
        names = [name for name, (each, _) in plants.items() if each is pathology]
        own = [run for name in names for run in runs[name]]
        missed = [run for run in own if not is_named(pathology, run)]
        helps = [is_better(runs[name][0], run) for name in names for run in after.get(name, ())]
        rows.append(_row(pathology.name, own, len(own) - len(missed), missed, helps))
    for setting in USUAL:
        own = [run for name, (each, _) in usual.items() if each == setting for run in runs[name]]
        alarms = [run for run in own if symptoms(run)]
        rows.append(_row(f"{HEALTHY}{setting}", own, len(alarms), alarms))
    shipped = [path for path in sorted(Path("configs").glob("*.yaml")) if path.stem not in NOT_TRAINED]
    own = [run for several in _runs(shipped, first, folder / "shipped").values() for run in several]
    said = [run for run in own if symptoms(run)]
    return [*rows, _row("shipped configs", own, len(said), said)]


def violations(rows: list[dict[str, Any]]) -> list[str]:
    """Too few pathologies named, or too many healthy runs with a symptom."""
    named = _share(rows[: len(PATHOLOGIES)])
    alarms = _share([row for row in rows if row["runs"].startswith(HEALTHY)])
    too_few = f"{named:.1%} of the planted pathologies are named, less than {LEAST_NAMED:.0%}"
    too_many = f"{alarms:.1%} of the healthy runs have a symptom, more than {MOST_ALARMS:.0%}"
    return [too_few] * (named < LEAST_NAMED) + [too_many] * (alarms > MOST_ALARMS)


def _share(rows: list[dict[str, Any]]) -> float:
    return sum(row["named"] for row in rows) / sum(row["n"] for row in rows)


def _slug(*words: str) -> str:
    return "_".join(words).replace(" ", "_").replace(",", "").replace(".", "0")


def _row(name: str, own: list[Run], n_named: int, others: list[Run], helps: Sequence[bool] = ()) -> dict[str, Any]:
    """`others` are named with what is said of them: the runs that were missed, the false alarms, the shipped ones."""
    counts = Counter(kind for run in own for kind in {each.kind for each in symptoms(run)})
    of_others = {run.name: ", ".join(each.kind for each in symptoms(run)) or "nothing" for run in others}
    return {
        "runs": name,
        "n": len(own),
        "named": n_named,
        "said": "; ".join(f"{kind} {count}" for kind, count in counts.most_common()),
        "change_helps": f"{sum(helps)} of {len(helps)}" if helps else "",
        "others": "; ".join(f"{each}: {kinds}" for each, kinds in of_others.items()),
    }
