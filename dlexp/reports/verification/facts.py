"""How well a run repeats: a recorded run against the same one trained again; and what is said of it."""

import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from dlexp import regular_files
from dlexp.components.columns import Column
from dlexp.config.flat import Difference
from dlexp.console import one_line
from dlexp.errors import DlexpError
from dlexp.format import PageFormat, to_json
from dlexp.records.ended import Failed
from dlexp.records.index import Run, as_recorded
from dlexp.records.record_files import damaged
from dlexp.records.run_dir import RunDir
from dlexp.reports.verification.diff import between_places, of_place
from dlexp.reports.verification.integrity import Integrity

#: From the best to the worst.
Grade = Literal["identical to the byte", "equal to the last digits", "within the spread of the seeds", "different"]

#: Numbers that float32 rounding in another order of summation leaves this close, relative to the larger one.
LAST_DIGITS = 1e-4
#: Numbers closer to 0 than this are taken as it; of a target's errors, than this share of the best constant's, if that
#: is below 1.
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
    """Grade a finished run by its repetition `again`; finished runs of any seed show how much a seed decides."""
    try:
        if (n := len(recorded.dir.history())) != recorded.epochs:
            raise DlexpError(f"{recorded.dir.history_path}: damaged: {n} of {recorded.epochs} epochs")
        environment = between_places(recorded.dir.environment() or {}, again.environment() or {})
        # What is sealed has to come out again too; no score is said.
        repeated = as_recorded(again)
        if repeated.status != "finished":
            grade, detail = None, _why_not(repeated)
        else:
            others = [run for run in of_experiment if run.seed != recorded.seed]
            grade, detail = _graded(as_recorded(recorded.dir), repeated, others)
    except DlexpError as error:
        return Verification(run=recorded.dir.label, grade=None, detail=error.lines[0])
    return Verification(run=recorded.dir.label, grade=grade, detail=detail, environment=environment)


def _why_not(repeated: Run) -> str:
    """Why a run could not be trained again."""
    what, record = repeated.what or repeated.status, repeated.record
    is_unfit = isinstance(record, Failed) and record.kind == "unfit"
    return f"this version cannot train it any more: {what}" if is_unfit else what


def render(found: Sequence[Integrity | Verification], output: PageFormat) -> str:
    """A line for each run, followed by its damage and by what differs between the places; or one JSON document."""
    if output == "json":
        return to_json([asdict(each) for each in found])
    return "".join(f"{one_line(line)}\n" for each in found for line in _lines(each))


def _lines(found: Integrity | Verification) -> Iterator[str]:
    grade = f"{found.grade}: " if isinstance(found, Verification) and found.grade else ""
    yield f"{found.run}: {grade}{found.detail}"
    yield from (f"  {line}" for line in found.damage)
    if isinstance(found, Verification):
        yield from (f"  {key}: {of_place(then)} then, {of_place(now)} now" for key, then, now in found.environment)


def _graded(recorded: Run, repeated: Run, others: Sequence[Run]) -> tuple[Grade | None, str]:
    """The grade, and the largest difference and where it is; `others` are finished runs with other seeds."""
    then, now = _numbers(recorded), _numbers(repeated)
    lacking = ["".join(place) for place in then.keys() ^ now.keys()]
    pairs = {place: (value, now[place]) for place, value in then.items() if place in now}
    changed = {place: pair for place, pair in pairs.items() if pair[0] != pair[1] and not all(map(math.isnan, pair))}
    sizes = (
        [(math.inf, min(lacking))]
        if lacking
        else [
            (_relative(*pair, near_zero=_near_zero(recorded, column)), column + epoch)
            for (column, epoch), pair in changed.items()
        ]
    )
    largest, where = max(sizes, default=(0.0, ""))
    fitted = _same_fitted(recorded.dir.model_path, repeated.dir.model_path)
    has_same_weights = weights(recorded.dir.model_path) == weights(repeated.dir.model_path)
    if not sizes and has_same_weights and fitted:
        return "identical to the byte", "history, scores and weights"
    if largest:
        said = f"largest relative difference {largest:.2g} in {where}"
    elif changed:
        said = f"only numbers below {NEAR_ZERO:g} differ, as {''.join(next(iter(changed)))}"
    else:
        said = "only what its layers took from the data differs" if has_same_weights else "the weights alone differ"
    if largest <= LAST_DIGITS:
        return "equal to the last digits", said
    outside = _outside_spread(repeated, others)
    if outside is None:
        return "different", f"{said}; {len(others)} other seeds on record, too few to know their spread"
    if outside:
        return "different", f"{said}; outside the seeds' spread: {', '.join(outside)}"
    return "within the spread of the seeds", f"{said}; {len(others)} other seeds"


def _numbers(run: Run) -> dict[tuple[str, str], float]:
    """Every number that has to come out again, by its column and, of an epoch, by that."""
    return {
        (column, f" of epoch {row['epoch']}"): value
        for row in run.dir.history()
        for column, value in row.items()
        if column != "seconds"
    } | {(column, ""): value for column, value in run.metrics.items()}


def _near_zero(run: Run, column: str) -> float:
    """How close to 0 a number is taken as it: an error in the unit of a target is as small as the target is."""
    guess = run.result.guessing.get(str(Column.parse(column).last.on("test")))
    return NEAR_ZERO * min(1.0, guess or 1.0)


def _relative(a: float, b: float, near_zero: float) -> float:
    """How far apart two numbers are that are not the same, as a share of the larger one; infinite if one is NaN."""
    if max(abs(a), abs(b)) < near_zero:
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
        # A score that all of them lack is no difference, one that the repetition alone lacks is.
        scores = (run.metrics.get(column, math.nan) for run in others)
        values = np.array([score for score in scores if not math.isnan(score)])
        if Column.parse(column).best == "epoch" or len(values) < MIN_SEEDS:
            continue
        with np.errstate(over="ignore"):  # An infinite spread has all values in it.
            reach = stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) * math.sqrt(1 + 1 / len(values))
        if not abs(value - values.mean()) <= reach + _near_zero(repeated, column):
            outside.append(column)
    return outside


def _same_fitted(then: Path, now: Path) -> bool:
    """Whether the layers of two saved models took the same from the data, as means and scales."""
    (version, layers, fitted), (version_now, layers_now, fitted_now) = _layers(then), _layers(now)
    if version != version_now:  # Another version of Keras may save the same layers in other words.
        return True
    if layers != layers_now:
        raise DlexpError(f"{then}: damaged: its layers are not those that were trained")
    return fitted == fitted_now


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """A saved model, to be read; whatever is wrong with it is a `DamagedRecord`."""
    try:
        with regular_files.opened(path) as whole, zipfile.ZipFile(whole) as archive:
            yield archive
    except Exception as error:  # A damaged archive raises nearly anything.
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


def weights(path: Path) -> dict[str, bytes]:
    """The bytes of a saved model's arrays, by their places in it."""
    import h5py

    found: dict[str, bytes] = {}

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item[()].tobytes()

    with _opened(path) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
        file.visititems(note)
    return found
