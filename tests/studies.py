"""Studies judged by runs that nobody trained."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from make_runs import CONFIG, failed, finished

from dlexp.config.load_study import LoadedStudy
from dlexp.config.study import Study
from dlexp.records.history import DIAGNOSTICS_COLUMNS, HistoryWriter
from dlexp.records.index import Run, read
from dlexp.reports.bias_variance.facts import Point
from dlexp.reports.study.facts import StudyFacts, judge

#: On the same examples, whichever the model: what `evaluated` runs record.
DIGESTS = {"train": {"": "r"}, "validation": {"": "v"}, "test": {"": "t"}}


def of_width(width: int) -> dict[str, Any]:
    """A config that differs from others in its width alone."""
    return CONFIG | {"model": {"type": "mlp", "hidden": [width, 64]}}


def run(folder: Path, name: str, seed: int, metrics: Mapping[str, float], **record: Any) -> Run:
    """A finished run with these numbers of its result, beside a last epoch."""
    config = record.pop("config", of_width(sum(map(ord, name))))
    rows = record.pop("history", None)
    layers = record.pop("diagnostics", None)
    examples = {"train": 1000, "validation": 200, "test": 200}
    record = {"metrics": {"loss": 0.3, **metrics}, "examples": examples, "split_digests": DIGESTS, **record}
    run_dir = finished(folder, name, seed, config=config, **record)
    for path, given in ((run_dir.history_path, rows), (run_dir.diagnostics_path, layers)):
        if given is not None:
            with HistoryWriter(path, list(given[0])) as writer:
                for row in given:
                    writer.write(row)
    return read(run_dir)


def runs(folder: Path, column: str, **values: Sequence[float]) -> dict[str, list[Run]]:
    """The runs of variants by name: of each the numbers of a column, by seed."""
    return {
        name: [run(folder, name, seed, {column: value}) for seed, value in enumerate(own)]
        for name, own in values.items()
    }


def diverged(folder: Path, name: str, seed: int) -> Run:
    """A run of the same experiment that diverged."""
    return read(failed(folder, name, seed, of_width(sum(map(ord, name)))))


def history(**columns: Sequence[float]) -> list[dict[str, float]]:
    """A row for each epoch."""
    lengths = range(len(next(iter(columns.values()))))
    return [{"epoch": i + 1, **{name: values[i] for name, values in columns.items()}} for i in lengths]


def dead(*epochs: Sequence[float]) -> list[dict[str, float]]:
    """Diagnostics with these shares of dead units: of each epoch, those of each hidden layer."""
    zeros = dict.fromkeys(DIAGNOSTICS_COLUMNS, 0.0)
    return [
        zeros | {"epoch": i, "layer": j, "dead_share": share}
        for i, layers in enumerate(epochs, 1)
        for j, share in enumerate(layers, 1)
    ]


def judged(
    of_variants: Mapping[str, Sequence[Run]],
    *claims: Mapping[str, Any],
    points: Mapping[str, Point] | None = None,
    **keys: Any,
) -> StudyFacts:
    """What these runs say of claims, each without its text; `keys` are others of the study.

    By default it is planned for the seeds of the variant that has most.
    """
    names = list(of_variants) or list(points or ())
    said = [{"says": "It is so.", **claim} for claim in claims]
    if "until_sure" not in keys:
        keys.setdefault("seeds", max(1, *map(len, of_variants.values())) if of_variants else 5)
    study = Study.model_validate({"base": "it.yaml", "variants": {name: {} for name in names}, "claims": said, **keys})
    loaded: Any = dict.fromkeys(names)  # Only their names matter here.
    return judge(LoadedStudy(path=Path("it.yaml"), study=study, variants=loaded), of_variants, points)
