"""Train experiments and leave their records, or say what that would do."""

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from dlexp.components.remarks import Remark, require_settled, said
from dlexp.config.fitting import require_fitting
from dlexp.config.load import Loaded
from dlexp.errors import UserError, shown
from dlexp.execution.arguments import Auto
from dlexp.execution.plan import Plan, Planned, Request
from dlexp.execution.planning import before_draws, plan, require_memory
from dlexp.execution.remarking import ALL_SHOWN_BY
from dlexp.execution.standing import unobserved
from dlexp.format import plural
from dlexp.records.ended import Finished
from dlexp.records.index import finished, read
from dlexp.records.run_dir import RunDir
from dlexp.reports.plan import dry_run
from dlexp.reports.plan.beginnings import other_beginnings, planned_beginnings
from dlexp.reports.plan.dry_run import Preview
from dlexp.reports.plan.pace import Pace
from dlexp.reports.run.without_result import under_way
from dlexp.training.outline import outlines
from dlexp.workflows.observe import observe
from dlexp.workflows.runner import Given, Runner, Trained, say_warnings

log = logging.getLogger(__name__)

#: What makes a training record its diagnostics, as `--set` takes it.
DIAGNOSED = "training.diagnostics=true"
#: Of more runs on record of which the same is said, the number is.
_MAX_NAMED = 3


def train(
    given: Given,
    seeds: Sequence[int],
    runner: Runner,
    *,
    force: bool = False,
    strict: bool = False,
    observed: bool = False,
) -> Trained:
    """Train each experiment with each seed; what is done already is trained again only with `force`.

    Where that is `strict`, warnings of the configs are refused, and data of which it is not certain how to read them.
    What is to be `observed` is trained with diagnostics; finished runs that lack them, once more beside their records.

    Raises:
        UserError: With everything that is wrong in the configs, or does not fit the data.
        Unsettled: What is `strict` refuses data of a run that is done.
        DataError: As `Runner.carry_out`.
    """
    loaded, planned = _planned(given, seeds, force, strict, observed)
    return carry_out(planned, dict(zip(planned.identities, loaded, strict=True)), runner)


def carry_out(
    planned: Plan,
    configs: Mapping[str, Loaded],
    runner: Runner,
    *,
    counts_done: bool = False,
    order: Iterable[Planned | None] | None = None,
) -> Trained:
    """Train what a plan has left to train, after saying what is on record of its runs.

    Args:
        planned: The plan.
        configs: By identity the config of each of its experiments.
        runner: Trains.
        counts_done: Whether runs that are done are only counted, and not named each.
        order: As `Plan.jobs_in` takes it; by default all.

    Raises:
        Unsettled: What is strict refuses data of a run that is done.
        UserError, DataError: As `Runner.carry_out`.
    """
    found = list(dict.fromkeys(_remarked(planned)))
    if planned.request.strict:
        require_settled(found)
    to_observe = [run.dir for run in planned.to_observe]
    on_record = [told for each in planned.runs if (told := _on_record(each, counts_done, to_observe))]
    lines = [
        *_counted(on_record, len(planned.runs)),
        # A run that is waited for is named once nothing else is left to do.
        *([] if runner.wait else _left(planned)),
        *planned_beginnings(planned, counts_done),
        *_drawn_now(configs, planned),
        *shown(list(map(str, found)), ALL_SHOWN_BY),
    ]
    if counts_done and planned.done:
        of = "at most " if order is not None else ""
        lines.append(f"{len(planned.done)} of {of}{plural(len(planned.runs), 'run')} done before")
    for line in lines:
        log.info(line)
    started = runner.carry_out(planned, configs, order=order)
    for line in shown(list(other_beginnings(planned, started))):
        log.info(line)
    is_strict = planned.request.strict
    unsettled = [each for each in _found_by_training(started, planned) if not each.is_settled] if is_strict else []
    # One that was resumed has no diagnostics of its first epochs.
    partly = [run_dir for run_dir in started if planned.request.observe and run_dir.lacks_first_diagnostics]
    again = [*planned.to_observe, *unobserved(partly)]
    not_observed = observe(again, planned.runs_dir, planned.request.data_dir, runner) if again else []
    return Trained(
        plan=planned,
        results=[*planned.done, *started],
        said=lines,
        unsettled=unsettled,
        not_observed=not_observed,
        configs=configs,
    )


def preview(
    given: Given,
    seeds: Sequence[int],
    *,
    workers: int | Auto = "auto",
    force: bool = False,
    allow_code: bool = False,
    observed: bool = False,
) -> Preview:
    """What `train` would do; with `allow_code` the user's own functions are called for the layers.

    Raises:
        UserError: As `train`; an experiment needs more memory than there is, or cannot be built.
    """
    loaded, planned = _planned(given, seeds, force, observed=observed)
    experiments = [each.experiment for each in loaded]
    require_memory(experiments, planned.request.allowed, given.smoke)
    found = outlines(experiments, given.data_dir, allow_code)
    problems = [
        str(each.problem(misfit))
        for each, of_it in zip(loaded, found, strict=True)
        if of_it
        for misfit in [*of_it.misfits, *of_it.memory.too_much(each.experiment, each.allowed)]
    ]
    if problems:
        raise UserError(*dict.fromkeys(problems))
    return dry_run.preview(loaded, planned, found, Pace(finished(given.runs_dir)), workers)


def _planned(
    given: Given, seeds: Sequence[int], force: bool, strict: bool = False, observed: bool = False
) -> tuple[list[Loaded], Plan]:
    """The configs, and what is left to train of them."""
    if observed:
        given = replace(given, overrides=[*given.overrides, DIAGNOSED])
    loaded = given.load(len(seeds))
    request = Request(
        runs_dir=given.runs_dir,
        data_dir=given.data_dir,
        smoke=given.smoke,
        force=force,
        strict=strict,
        observe=observed and not given.smoke,
    )
    return loaded, plan_configs([(each, seeds) for each in loaded], request)


def plan_configs(wanted: Sequence[tuple[Loaded, Sequence[int]]], request: Request) -> Plan:
    """Plan configs, each with its seeds, after logging their warnings.

    Raises:
        UserError: A config does not fit the data, or the request is strict and a config has warnings.
    """
    say_warnings([each for each, _ in wanted], strict=request.strict)
    return plan_again(wanted, request)


def plan_again(wanted: Sequence[tuple[Loaded, Sequence[int]]], request: Request) -> Plan:
    """Plan configs whose warnings have been said.

    Raises:
        UserError: A config does not fit the data.
    """
    loaded = [each for each, _ in wanted]
    require_fitting(loaded, request.data_dir)
    allowed = {each.experiment.name: each.allowed for each in loaded}
    changed = {each.experiment.name: [*each.overridden, *each.tuned] for each in loaded}
    experiments = [(each.experiment, seeds) for each, seeds in wanted]
    return plan(replace(request, wanted=experiments, allowed=allowed, changed=changed))


def _drawn_now(configs: Mapping[str, Loaded], planned: Plan) -> Iterator[str]:
    """Each run on record whose config had a number for a validation that is drawn now, until that is on record too."""
    if planned.request.smoke:
        return
    for identity, each in configs.items():
        if before := each.before_draws:
            runs = (run for run in planned.to_train if run.subject.identities.own == identity)
            recorded = (before_draws(run, before, planned.request.runs_dir) for run in runs)
            if run_dir := next(filter(None, recorded), None):
                size = before.validation.model_dump()["size"]
                yield (
                    f"{run_dir.path}: validated on the first examples. A number draws them from your own data now, "
                    f"which is another experiment; to keep the old one, write validation: {{type: front, size: {size}}}"
                )


def _remarked(planned: Plan) -> Iterator[Remark]:
    """What is on record of the data of runs that are done, unless their config allows it by now."""
    for each in planned.runs:
        yield from said(each.remarks, planned.request.allowed.get(each.subject.experiment.name, ()))


def _found_by_training(started: Sequence[RunDir], planned: Plan) -> Iterator[Remark]:
    """What runs that finished have recorded, unless their config allows it: all else was refused before."""
    for run in map(read, started):
        if isinstance(run.record, Finished):
            yield from said(map(Remark.of, run.record.remarks), planned.request.allowed.get(run.name, ()))


def _counted(on_record: Sequence[tuple[RunDir, str]], n_runs: int) -> Iterator[str]:
    """A line for each run, or one for all of which the same is said, where these are more than a few."""
    counts = Counter(what for _, what in on_record)  # Each has places for what differs between one and many.
    for run_dir, what in on_record:
        if counts[what] <= _MAX_NAMED:
            yield f"{run_dir.path}: {what.format(them='it', observed=run_dir.repetition.path.name)}"
    for what, n in counts.items():
        if n > _MAX_NAMED:
            yield f"{n} of {n_runs} runs {what.format(them='them', observed='folders beside them')}"


def _left(planned: Plan) -> Iterator[str]:
    """A line for each run that another process trains."""
    for each in planned.runs:
        if not each.recorded and (begun := each.begun) and (owner := begun.owner):
            yield under_way(begun, owner)


def _on_record(planned: Planned, counts_done: bool, to_observe: Collection[RunDir]) -> tuple[RunDir, str] | None:
    """The run on record and what there is to say of it; None if that is nothing."""
    if done := planned.recorded:
        if done in to_observe:
            return done, "done before; trained again with diagnostics, into {observed}"
        if counts_done:
            return None
        before = "diverged" if read(done).has_diverged else "done"
        if planned.lacks_state and not planned.lacks_diagnostics:
            return done, "done before, without a final state; --force trains {them} again and keeps one"
        if not planned.lacks_diagnostics:
            return done, f"{before} before; --force trains {{them}} again"
        how = "--force" if before == "diverged" else "--observe diagnostics"
        return done, f"{before} before, without diagnostics; {how} trains {{them}} again with them"
    if begun := planned.begun:
        if begun.owner:
            return None
        return begun, f"interrupted before; {'resumed' if begun.has_checkpoint else 'restarted'}"
    if found := planned.outdated:
        return found.dir, f"{found}; training {found.trained}"
    return None
