"""Runs pooled into experiments, and experiments that share examples grouped around a baseline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlexp.config.flat import flatten
from dlexp.config.identity import Ingredients, compared, settings_of
from dlexp.config.labels import Labelled, labels
from dlexp.config.names import PREFIX_LENGTH
from dlexp.execution.standing import IdentifiedExperiment
from dlexp.records.index import Run, latest
from dlexp.reports.comparison import comparability
from dlexp.reports.comparison.compared import Compared


@dataclass(frozen=True)
class Group:
    """Experiments on the same examples, and the one that the others are compared with."""

    baseline: Compared
    experiments: tuple[Compared, ...]
    passed_over: tuple[Compared, ...]
    """Those that came before the baseline, and of which no seed finished."""
    first_baseline: Compared
    """That of the first group."""

    def beside(self, experiment: Compared) -> Compared:
        """What an experiment stands beside: the baseline; the baseline itself beside that of the first group."""
        return self.first_baseline if experiment is self.baseline else self.baseline


def experiments_of(runs: Sequence[Run]) -> list[Compared]:
    """The experiments of these runs, in the order of their appearance, each with the latest run of every seed."""
    newer, by_experiment = _newer(runs), by_experiment_of(runs)
    firsts = [own[0] for own in by_experiment]
    found = [Labelled(name=run.name, settings=_settings(run, newer), identity=run.identity) for run in firsts]
    return [_pooled(own[0].name, label, own, newer) for label, own in zip(labels(found), by_experiment, strict=True)]


def by_experiment_of(runs: Sequence[Run]) -> list[list[Run]]:
    """The same runs, those of one experiment together, in the order of their appearance."""
    newer = _newer(runs)
    by_experiment: dict[tuple[str, str], list[Run]] = {}
    seen: dict[str, list[tuple[Run, str]]] = {}
    for run in runs:
        # Runs of one recorded identity differ in nothing that makes it: then it is the same in this version, too.
        alike = (identity for other, identity in seen.get(run.identity, ()) if _has_same_record(run, other))
        if (identity := next(alike, None)) is None:
            identity = _identity(run, newer)
            seen.setdefault(run.identity, []).append((run, identity))
        # The identity holds the data and the training code, but not the version of TensorFlow.
        by_experiment.setdefault((identity, run.record.tensorflow), []).append(run)
    return list(by_experiment.values())


def variants_of(runs: Mapping[str, Sequence[Run]]) -> dict[str, Compared]:
    """The variants of a study by name, given their runs, in its order; except those of which no run counts."""
    counted = {name: [run for run in own if counts(run)] for name, own in runs.items()}
    newer = _newer([run for own in counted.values() for run in own])
    return {name: _pooled(name, name, own, newer) for name, own in counted.items() if own}


def untrained(subject: IdentifiedExperiment, label: str) -> Compared:
    """An experiment of which nothing is on record, by what its settings and its data tell."""
    experiment, digest = subject.experiment, subject.digests[0]
    return Compared(
        name=experiment.name,
        label=label,
        names=(experiment.name,),
        identity=subject.identities.own,
        settings=settings_of(experiment) | {"data digest": digest[:PREFIX_LENGTH]},
        data_digest=digest,
        runs={},
        diverged=(),
    )


def counts(run: Run) -> bool:
    """Whether a run says anything of its experiment: it finished or diverged."""
    return run.status == "finished" or run.has_diverged


def _newer(runs: Sequence[Run]) -> dict[str, str]:
    """What the newest version takes as the digest of data, by what earlier ones took."""
    return {earlier: run.record.data_digest for run in runs for earlier in run.record.earlier_data_digests}


def _pooled(name: str, label: str, runs: Sequence[Run], newer: Mapping[str, str]) -> Compared:
    """One experiment from all its runs."""
    finished = {
        seed: run
        for seed in sorted({run.seed for run in runs})
        if (run := latest(run for run in runs if run.seed == seed and run.status == "finished"))
    }
    return Compared(
        name=name,
        label=label,
        names=tuple(dict.fromkeys(run.name for run in runs)),
        identity=_identity(runs[0], newer),
        settings=_settings(runs[0], newer),
        data_digest=newer.get(runs[0].record.data_digest, runs[0].record.data_digest),
        runs=finished,
        diverged=tuple(sorted({run.seed for run in runs} - finished.keys())),
    )


def _has_same_record(a: Run, b: Run) -> bool:
    """Whether they record the same of what makes an identity."""
    of_a, of_b = a.record, b.record
    keys = ("data_digest", "training_version", "code_digest", "format")
    return of_a.config == of_b.config and all(getattr(of_a, key) == getattr(of_b, key) for key in keys)


def _identity(run: Run, newer: Mapping[str, str]) -> str:
    """The identity of a run's experiment, on data with the digest that the newest version takes."""
    if run.record.data_digest not in newer:
        return run.experiment
    try:
        return Ingredients.of_record({**run.record.raw, "data_digest": newer[run.record.data_digest]}).identity
    except KeyError:  # It does not say what it is made of.
        return run.experiment


def _settings(run: Run, newer: Mapping[str, str]) -> dict[str, Any]:
    return flatten(compared(run.config)) | {
        "data digest": newer.get(run.record.data_digest, run.record.data_digest or "unknown")[:PREFIX_LENGTH],
        "training version": run.record.training_version or "unknown",
        "TensorFlow": run.record.tensorflow,
    }


def groups_of(experiments: Sequence[Compared]) -> tuple[Group, ...]:
    """Experiments that share no examples are apart, in the order of the first ones.

    The first one of which a seed finished is the baseline: one that diverged would hide all differences.
    """
    apart: list[list[Compared]] = []
    # Of each group, one experiment for all that have the same examples: thousands have.
    kinds: list[dict[str, Compared]] = []
    for experiment in experiments:
        shares = (i for i, each in enumerate(kinds) if _shares_with_any(experiment, each.values()))
        place = next(shares, len(apart))
        if place == len(apart):
            apart.append([])
            kinds.append({})
        apart[place].append(experiment)
        kinds[place].setdefault(repr((experiment.recorded_examples, experiment.examples_by_settings)), experiment)
    found: list[Group] = []
    for members in apart:
        position = next((i for i, experiment in enumerate(members) if experiment.runs), 0)
        baseline = members[position]
        first = found[0].baseline if found else baseline
        found.append(Group(baseline, tuple(members), tuple(members[:position]), first))
    return tuple(found)


def _shares_with_any(experiment: Compared, others: Iterable[Compared]) -> bool:
    return any(comparability.shares_examples(other, experiment) for other in others)
