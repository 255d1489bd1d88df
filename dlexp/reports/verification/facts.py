"""How well a run repeats: a recorded run against the same one trained again."""

import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dlexp import regular_files
from dlexp.components.columns import Column
from dlexp.config.flat import Difference
from dlexp.errors import DlexpError
from dlexp.records.index import Run, read
from dlexp.records.record_files import damaged
from dlexp.records.run_dir import RunDir
from dlexp.reports.verification.places import differing

#: From the best to the worst.
Grade = Literal["identical to the byte", "equal to the last digits", "within the spread of the seeds", "different"]

#: Numbers that float32 rounding in another order of summation leaves this close, relative to the larger one.
LAST_DIGITS = 1e-4
#: Numbers closer to 0 than this are taken as it.
NEAR_ZERO = 1e-6
#: Other seeds that a spread needs.
MIN_SEEDS = 2
#: What Keras's configs say of names, and of the objects that these stand for.
_COUNTED = ("name", "shared_object_id", "keras_history", "inbound_nodes", "input_layers", "output_layers")
#: What layers take from the data and Keras keeps in their configs.
_LOOKED_UP = ("vocabulary", "idf_weights")
_FITTED: Mapping[Any, Sequence[str]] = {
    "Normalization": ("mean", "variance"),
    "Rescaling": ("scale", "offset"),
    "Discretization": ("bin_boundaries",),
    "TextVectorization": _LOOKED_UP,
    "StringLookup": _LOOKED_UP,
    "IntegerLookup": _LOOKED_UP,
}
#: Columns that tell when and not what.
_TIMES = ("seconds",)


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What came of training a run again."""

    run: str
    """`NAME/s0-3fa9c1d2e0`."""
    grade: Grade | None
    """None if it could not be trained again."""
    detail: str
    """The largest difference and where it is; or why there is no grade."""
    environment: list[Difference] = field(default_factory=list)
    """What differs between the places: key, then, now."""
    damage: list[str] = field(default_factory=list)
    """What became of its files; then it was not trained again."""

    @property
    def holds(self) -> bool:
        """Whether the recorded numbers stand."""
        return self.grade not in (None, "different")


def verify(recorded: Run, again: RunDir, of_experiment: Sequence[Run]) -> Verification:
    """Grade a finished run by its repetition.

    Args:
        recorded: The run.
        again: The same experiment with the same seed, trained again.
        of_experiment: Finished runs of the experiment, of any seed: they show how much a seed decides.
    """
    try:
        if (n := len(recorded.dir.history())) != recorded.epochs:
            raise DlexpError(f"{recorded.dir.history_path}: damaged: {n} of {recorded.epochs} epochs")
        environment = differing(recorded.dir.environment() or {}, again.environment() or {})
        repeated = read(again)
        if repeated.status != "finished":
            grade, detail = None, repeated.what or repeated.status
        else:
            grade, detail = _graded(recorded, repeated, [run for run in of_experiment if run.seed != recorded.seed])
    except DlexpError as error:
        return Verification(run=recorded.label, grade=None, detail=error.lines[0])
    return Verification(run=recorded.label, grade=grade, detail=detail, environment=environment)


def _graded(recorded: Run, repeated: Run, others: Sequence[Run]) -> tuple[Grade | None, str]:
    """The grade, and the largest difference and where it is; `others` are finished runs with other seeds."""
    then, now = dict(_numbers(recorded)), dict(_numbers(repeated))
    largest, where = _largest_difference(then, now)
    close = [place for place in then if largest == 0 and not _is_same(then[place], now[place])]
    fitted = _same_fitted(recorded.dir.model_path, repeated.dir.model_path)
    weights = same_weights(recorded.dir.model_path, repeated.dir.model_path)
    if largest == 0 and not close and weights and fitted:
        return "identical to the byte", "history, scores and weights"
    if largest:
        said = f"largest relative difference {largest:.2g} in {where}"
    elif close:
        said = f"only numbers below {NEAR_ZERO:g} differ, as {close[0]}"
    else:
        said = "only what its layers took from the data differs" if weights else "the weights alone differ"
    if largest <= LAST_DIGITS:
        return "equal to the last digits", said
    outside = _outside_spread(repeated, others)
    if outside is None:
        return "different", f"{said}; {len(others)} other seeds on record, too few to know their spread"
    if outside:
        return "different", f"{said}; outside the seeds' spread: {', '.join(outside)}"
    return "within the spread of the seeds", f"{said}; {len(others)} other seeds"


def _numbers(run: Run) -> Iterator[tuple[str, float]]:
    """Every number that has to come out again, by its place."""
    for row in run.dir.history():
        yield from (
            (f"{column} of epoch {row['epoch']}", value) for column, value in row.items() if column not in _TIMES
        )
    yield from ((column, float(value)) for column, value in run.metrics.items())


def _largest_difference(then: Mapping[str, float], now: Mapping[str, float]) -> tuple[float, str]:
    """The largest relative difference and its place; infinite where one of them lacks a number."""
    if lacking := set(then) ^ set(now):
        return math.inf, min(lacking)
    return max(((_relative(then[place], now[place]), place) for place in then), default=(0.0, ""))


def _is_same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def _relative(a: float, b: float) -> float:
    if _is_same(a, b) or max(abs(a), abs(b)) < NEAR_ZERO:
        return 0.0
    difference = abs(a - b) / max(abs(a), abs(b))
    return math.inf if math.isnan(difference) else difference


def _outside_spread(repeated: Run, others: Sequence[Run]) -> list[str] | None:
    """The scores that lie outside what another seed would give, 95 %; None if there are too few seeds.

    The interval is that of one further draw from a normal distribution: mean ± t s sqrt(1 + 1/n).
    """
    import numpy as np
    from scipy.special import stdtrit

    if len(others) < MIN_SEEDS:
        return None
    outside = []
    for column, value in repeated.metrics.items():
        values = np.array([run.metrics[column] for run in others if column in run.metrics])
        if Column.parse(column).best == "epoch" or len(values) < MIN_SEEDS:
            continue
        with np.errstate(over="ignore"):  # An infinite spread has all values in it.
            reach = stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) * math.sqrt(1 + 1 / len(values))
        if not abs(value - values.mean()) <= reach + NEAR_ZERO:
            outside.append(column)
    return outside


def same_weights(then: Path, now: Path) -> bool:
    """Whether two saved models hold the same bytes in the same arrays."""
    return _weights(then) == _weights(now)


def _same_fitted(then: Path, now: Path) -> bool:
    """Whether the layers of two saved models took the same from the data, as means and scales.

    Raises:
        DlexpError: They are other layers.
    """
    (version, layers, fitted), (version_now, layers_now, fitted_now) = _layers(then), _layers(now)
    if version != version_now:  # Another version of Keras may save the same layers in other words.
        return True
    if layers != layers_now:
        raise DlexpError(f"{then}: damaged: its layers are not those that were trained")
    return fitted == fitted_now


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """A saved model, to be read.

    Raises:
        DamagedRecord: It cannot be.
    """
    try:
        with regular_files.opened(path) as whole, zipfile.ZipFile(whole) as archive:
            yield archive
    # A damaged archive raises nearly anything.
    except Exception as error:
        raise damaged(path, error) from error


def _layers(path: Path) -> tuple[str, Any, list[Any]]:
    """The version of Keras that saved a model, its layers without what they took from the data, and that."""
    with _opened(path) as archive:
        metadata, config = (json.loads(archive.read(name)) for name in ("metadata.json", "config.json"))
        fitted: list[Any] = []
        return str(metadata["keras_version"]), _without_fitted(config, fitted), fitted


def _without_fitted(config: Any, fitted: list[Any]) -> Any:
    """A config of Keras without what was taken from the data, which is added to `fitted`, and without what counts.

    The latter are names, which are numbered as a process makes objects, and links.
    """
    if isinstance(config, list):
        return [_without_fitted(value, fitted) for value in config]
    if not isinstance(config, dict):
        return config
    keys = _FITTED.get(config.get("class_name"), ())
    if keys and isinstance(settings := config.get("config"), dict):
        fitted.append([settings.get(key) for key in keys])
        config = {**config, "config": {key: value for key, value in settings.items() if key not in keys}}
    return {key: _without_fitted(value, fitted) for key, value in config.items() if key not in _COUNTED}


def _weights(path: Path) -> dict[str, bytes]:
    """The arrays of a saved model, by their places in it."""
    import h5py

    found: dict[str, bytes] = {}

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item[()].tobytes()

    with _opened(path) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
        file.visititems(note)
    return found
