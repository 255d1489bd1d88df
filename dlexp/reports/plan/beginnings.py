"""Where runs begin that more epochs are asked of: with the final state of a shorter run, or at the start, and why."""

from collections.abc import Iterator, Sequence

from dlexp.execution.plan import Plan, Planned
from dlexp.format import listed
from dlexp.records.ended import Finished
from dlexp.records.index import read
from dlexp.records.run_dir import RunDir


def planned_beginnings(plan: Plan, only_asked: bool) -> Iterator[str]:
    """A line for each experiment with runs that continue shorter ones on record, or that could have and do not.

    With `only_asked` the latter only where the state is to be kept.
    """
    alike: dict[tuple[str, int | None], list[Planned]] = {}
    for each in plan.to_train:
        is_asked = each.subject.experiment.training.keep_state or not only_asked
        if each.continues or (each.from_start and is_asked):
            epoch = each.continues.epochs if each.continues else None
            alike.setdefault((plan.labels[each.subject.identities.own], epoch), []).append(each)
    for (label, epoch), runs in alike.items():
        who, s = (f"{label}, seed {runs[0].seed}", "s") if len(runs) == 1 else (f"{label}, {len(runs)} seeds", "")
        if epoch:
            continued = listed([str(run.dir.path) for each in runs if (run := each.continues)])
            yield f"{who}: continue{s} {continued} from epoch {epoch}"
        else:
            yield f"{who}: train{s} from the start: {runs[0].from_start}"


def other_beginnings(plan: Plan, started: Sequence[RunDir]) -> Iterator[str]:
    """A line for each finished run that began otherwise than planned.

    In a grid over the epochs it continued one that the plan could not know; or the state was no longer to be had.
    """
    # `started` has the runs in the order of the plan, maybe not all of them.
    for each, run_dir in zip(plan.to_train, started, strict=False):
        if not (each.continues or each.subject.experiment.training.keep_state):
            continue
        record = read(run_dir).record
        if not isinstance(record, Finished) or bool(record.continues) == bool(each.continues):
            continue
        who = f"{plan.labels[each.subject.identities.own]}, seed {each.seed}"
        if record.continues:
            yield f"{who}: continued {record.continues['run']} from epoch {record.continues['epoch']}"
        else:
            yield f"{who}: trained from the start after all; {run_dir.log_path} says why"
