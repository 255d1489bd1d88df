"""What claims, goals and guardrails can be about: the variants of their study, and the numbers that these record."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from dlexp.components.columns import Column
from dlexp.components.component import Misfit
from dlexp.components.heads import Multitask
from dlexp.config.checks import check
from dlexp.config.claim import MINUS, OVER, Claim
from dlexp.config.experiment import Experiment
from dlexp.config.measurable import (
    DIAGNOSTICS,
    error_parts,
    in_diagnostics,
    in_each_epoch,
    in_result,
    is_decidable,
    why_no_diagnostics,
)
from dlexp.config.resampled import resampled
from dlexp.config.study import Study
from dlexp.config.watched import with_metric
from dlexp.format import plural
from dlexp.near_words import did_you_mean

#: Of more names than these, a message lists the first ones.
MAX_LISTED = 12

_ASKS_NOTHING = "without claims and goal, the main metric tells when there are enough seeds"

#: Experiments by the names of their variants.
Experiments = Mapping[str, Experiment]


def names(claim: Claim, variants: Collection[str]) -> Iterator[Misfit]:
    """Names in a claim that no variant has, or that it names twice."""
    for key, sign in (("difference", MINUS), ("ratio", OVER)):
        text: str | None = getattr(claim, key)
        sides = [] if text is None else [side.strip() for side in text.split(sign)]
        if text is not None and (len(sides) != 2 or not all(sides)):
            form = f"expected two variants as A{sign}B, with a space on either side of the sign"
            yield Misfit(key, f"{form}, given {text!r}{_spaced(text, sign, variants)}")
        elif text is not None and sides[0] == sides[1]:
            yield Misfit(key, f"{sides[0]!r} stands on both sides")
        else:
            yield from (Misfit(key, _unknown(side, variants)) for side in sides if side not in variants)
    if claim.variant is not None and claim.variant not in variants:
        yield Misfit("variant", _unknown(claim.variant, variants))
    for i, name in enumerate(claim.order or ()):
        if name not in variants:
            yield Misfit(f"order.{i}", _unknown(name, variants))
        elif claim.order and name in claim.order[:i]:
            yield Misfit(f"order.{i}", f"{name!r} is given twice")


def numbers(claim: Claim, experiments: Experiments, is_resampled: bool) -> Iterator[Misfit]:
    """Numbers in a claim that the variants it is about do not record, or not without many training sets."""
    if not experiments:
        return
    if claim.epochs_to:
        for name in claim.epochs_to:
            yield from (Misfit(f"epochs_to.{name}", why) for why in _not_watched(name, experiments))
    elif claim.metric is not None:
        yield from (Misfit("metric", why) for why in _not_measured(claim, claim.metric, experiments, is_resampled))
    if claim.epoch is not None:
        for variant, experiment in experiments.items():
            if claim.epoch > experiment.training.epochs:
                there = plural(experiment.training.epochs, "epoch")
                yield Misfit("epoch", f"the training of {variant!r} has {there}, given {claim.epoch}")
                break


def decisions(study: Study, experiments: Experiments) -> Iterator[Misfit]:
    """A goal and guardrails of which the variants record nothing, or of which neither way is better."""
    columns = {"goal": study.goal} if study.goal is not None else {}
    columns |= {f"must_not_worsen.{name}": name for name in study.must_not_worsen}
    for path, name in columns.items():
        if name in next(iter(map(in_result, experiments.values())), ()) and not is_decidable(name):
            yield Misfit(path, f"neither way is better of {name!r}")
        else:
            yield from (Misfit(path, why) for why in missing(name, experiments, _decidable))
    if study.goal is not None and len(experiments) < 2:
        yield Misfit("goal", "decides between the first variant and the others, and there is one variant alone")
    if study.goal in study.must_not_worsen:
        yield Misfit(f"must_not_worsen.{study.goal}", "is the goal itself, which has to become better")


def sealed(study: Study, experiments: Experiments) -> Iterator[Misfit]:
    """Variants whose validation scores are scores on the test split, which would be sealed in name only."""
    names = [name for name, each in experiments.items() if each.validation.type == "test"]
    if study.test == "sealed" and names:
        are = "is" if len(names) == 1 else "are"
        yield Misfit(
            "test",
            f"{listed(names)} {are} validated on the test examples, whose scores would show; hold out training "
            "examples instead, such as `validation: 0.2`, or leave out test",
        )


def on_demand(study: Study, claims: Mapping[int, Claim], experiments: Experiments) -> Iterator[Misfit]:
    """Numbers that cannot tell when enough seeds are trained: sealed ones, and those of several targets at once."""
    if study.until_sure is None:
        return
    over_seeds = {f"claims.{i}.metric": claim.metric for i, claim in claims.items() if not claim.needs_training_sets}
    guarded = {f"must_not_worsen.{name}": name for name in study.must_not_worsen}
    if study.test == "sealed":
        for path, name in {**over_seeds, "goal": study.goal, **guarded}.items():
            if name and _is_of_test(name):
                yield Misfit(
                    path,
                    f"{name!r} is sealed, and cannot tell when there are enough seeds (until_sure); name a validation "
                    "score, or give a number of seeds",
                )
        if study.asks_nothing:
            yield Misfit(
                "until_sure", f"{_ASKS_NOTHING}, and the test split is sealed; claim something, or name a goal"
            )
    head = next(iter(experiments.values())).head
    if study.asks_nothing and isinstance(head, Multitask) and len(head.heads) > 1:
        have = f"{_ASKS_NOTHING}, and each of {', '.join(head.heads)} has one"
        yield Misfit("until_sure", f"{have}; claim something, or name a goal")


def _is_of_test(name: str) -> bool:
    return any(Column.parse(each.strip()).split in ("test", "gap") for each in name.split(MINUS))


def training_sets(study: Study, experiments: Experiments) -> Iterator[Misfit]:
    """Experiments whose error over many training sets is claimed, and whose data cannot be drawn so."""
    if study.resamples is None:
        return
    key = "resampling" if study.resampling else "resamples"
    claimed = (name for claim in study.claims if claim.needs_training_sets for name in claim.variants)
    for name in dict.fromkeys(name for name in claimed if name in experiments):
        first = next(resampled(experiments[name], study.resamples, study.resampling))
        for path, message in check(first):
            if path.startswith("dataset.resample"):
                yield Misfit(key, f"{name!r}: {message}")


def _not_measured(claim: Claim, metric: str, experiments: Experiments, is_resampled: bool) -> Iterator[str]:
    """Why the number that a claim is about is not recorded."""
    columns = metric.split(MINUS)
    if claim.needs_training_sets:
        parts = _common([error_parts(each) for each in experiments.values()])
        if metric not in parts:
            yield f"{metric!r} is not a part of the error of {listed(experiments)}. Choose from: {', '.join(parts)}"
        elif not is_resampled:
            yield f"{metric!r} is measured over many training sets; say over how many, such as `resamples: 20`"
        if claim.epoch is not None:
            yield f"{metric!r} is measured after the training; leave out epoch"
    elif metric.startswith(DIAGNOSTICS):
        why = next(filter(None, map(why_no_diagnostics, experiments.values())), "")
        yield from [why] if why else missing(metric, experiments, in_diagnostics)
    elif len(columns) > 2:
        yield f"expected a column or the difference of two, given {metric!r}"
    else:
        for column in columns:
            yield from _not_recorded(column.strip(), claim.epoch, experiments)


def _not_recorded(name: str, epoch: int | None, experiments: Experiments) -> Iterator[str]:
    """Why a column of the records has no value, in the result or in an epoch."""
    here, elsewhere = (in_result, in_each_epoch) if epoch is None else (in_each_epoch, in_result)
    found = list(missing(name, experiments, here))
    if not found or list(missing(name, experiments, elsewhere)):
        yield from found
    elif epoch is None:
        yield f"{name!r} has a value in each epoch; say in which with epoch"
    else:
        yield f"{name!r} has no value in each epoch; leave out epoch"


def _not_watched(name: str, experiments: Experiments) -> Iterator[str]:
    """Why epochs cannot be counted until a column reaches a value."""
    if list(missing(name, experiments, in_each_epoch)) and not list(missing(name, experiments, in_result)):
        yield f"{name!r} has no value in each epoch, so that none can be counted until it reaches one"
    elif all(name in experiment.history_columns for experiment in experiments.values()):
        yield from [] if Column.parse(name).is_judged else [f"neither way is better of {name!r}"]
    else:
        yield from missing(name, experiments, lambda experiment: experiment.judged_columns)


def _decidable(experiment: Experiment) -> list[str]:
    return list(filter(is_decidable, in_result(experiment)))


def missing(name: str, experiments: Experiments, recorded: Callable[[Experiment], Sequence[str]]) -> Iterator[str]:
    """Why a name is not among what experiments record; nothing if it is among what each of them records."""
    known = {variant: recorded(experiment) for variant, experiment in experiments.items()}
    lacking = [variant for variant, choices in known.items() if name not in choices]
    if not lacking:
        return
    first, column = experiments[lacking[0]], Column.parse(name)
    whom = listed(lacking) if len(lacking) < len(known) else ""
    if column.split == "validation" and first.validation.type == "none":
        yield f"{name!r} needs validation examples, and validation is none{whom and f' in {whom}'}"
    elif measured := with_metric(first, column.on("train").last):
        yield f"{name!r} is not among the metrics{whom and f' of {whom}'}; set {measured}"
    elif whom:
        yield f"{name!r} is not recorded by {whom}. Choose from: {listed(_common(known.values()))}"
    else:
        choices = _common(known.values())
        yield f"unknown column {name!r}.{did_you_mean(name, choices)} Choose from: {', '.join(choices)}"


def _common(lists: Collection[Sequence[str]]) -> list[str]:
    """What all lists have, in the order of the first."""
    first, *others = lists
    return [name for name in first if all(name in other for other in others)]


def _unknown(name: str, variants: Collection[str]) -> str:
    return f"unknown variant {name!r}.{did_you_mean(name, variants)} Choose from: {listed(variants)}"


def listed(names: Collection[str]) -> str:
    """Names in a line, of many the first ones; with commas in them in quotes."""
    shown = [repr(name) if "," in name else name for name in names]
    more = f" and {len(shown) - MAX_LISTED} more" if len(shown) > MAX_LISTED else ""
    return ", ".join(shown[:MAX_LISTED]) + more


def _spaced(text: str, sign: str, variants: Collection[str]) -> str:
    """For `wide-bottleneck`, where these are two variants: how it is written."""
    bare = sign.strip()
    cuts = [i for i, letter in enumerate(text) if letter == bare]
    pairs = [(text[:i].strip(), text[i + 1 :].strip()) for i in cuts]
    known = [pair for pair in pairs if pair[0] in variants and pair[1] in variants]
    return f"; write {sign.join(known[0])}" if len(known) == 1 else ""
