"""How a plan is made: each experiment is identified, and looked up in the records."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from dlexp.components import memory, snapshot
from dlexp.components.remarks import Remark
from dlexp.components.training_sets import Fresh
from dlexp.config.experiment import Experiment
from dlexp.config.identity import TRAINING_VERSION, code_digest, identities_of
from dlexp.config.needed_memory import RULE, peak_bytes, too_large
from dlexp.errors import DataError, UserError
from dlexp.execution.plan import Plan, Planned, Request
from dlexp.execution.shorter_runs import ShorterRuns
from dlexp.execution.standing import IdentifiedExperiment, is_diagnosed, lacks_state, outdated, standing
from dlexp.records.index import Attempts, latest, read, scan
from dlexp.records.run_dir import UNFINISHED, RunDir


def plan(request: Request) -> Plan:
    """Find out what is done already.

    The same experiment under two names is trained once, under the first one; with diagnostics if one of them asks, and
    a kept state likewise.

    Raises:
        Changed: A file was replaced while its digest was taken.
    """
    found = Plan(request, [], [])
    runs: dict[tuple[str, int], Planned] = {}
    on_record = Attempts() if request.smoke else Attempts(scan(request.runs_dir))
    with snapshot.taken(held_bytes=0):  # However many experiments have the same data.
        for experiment, seeds in request.wanted:
            experiment = request.as_trained(experiment)
            try:
                subject = identified(experiment, request)
            except DataError as error:
                found.without_data.append((experiment, error))
                found.identities.append("")
                continue
            own, shorter = subject.identities.own, ShorterRuns(subject, on_record)
            found.identities.append(own)
            for seed in seeds:
                known = runs.get((own, seed))
                together = _observing_as_both(known.subject.experiment, experiment) if known else experiment
                if known and together == known.subject.experiment:
                    continue
                of_seed = subject if together is experiment else replace(subject, experiment=together)
                planned = planned_run(of_seed, seed, on_record, request.force)
                runs[own, seed] = planned if request.force else _begun_with_a_state(planned, shorter)
    found.runs.extend(runs.values())
    return found


def _observing_as_both(first: Experiment, second: Experiment) -> Experiment:
    """The first of two equal experiments, which observes all that one of them does."""
    training = first.training.model_copy(
        update={
            "diagnostics": first.training.diagnostics or second.training.diagnostics,
            "keep_state": first.training.keep_state or second.training.keep_state,
        }
    )
    return first.model_copy(update={"training": training})


def _begun_with_a_state(planned: Planned, shorter: ShorterRuns) -> Planned:
    """A run that has nothing of its own to resume, with the shorter one that it continues, or why it continues none."""
    begun = planned.begun
    if planned.recorded or planned.earlier or (begun and (begun.has_checkpoint or begun.owner)):
        return planned
    found = shorter.continuation(planned.subject.experiment, planned.seed)
    return replace(planned, continues=found.continues, from_start=found.why_not)


def identified(experiment: Experiment, request: Request) -> IdentifiedExperiment:
    """Identify an experiment by its code, and by its data, of which the digest is taken once for all experiments.

    Raises:
        DataError: They cannot be had.
    """
    dataset = experiment.dataset
    # A fresh training set is other data; all others are drawn from the same.
    same = dataset if isinstance(dataset.resample, Fresh) else dataset.model_copy(update={"resample": None})

    def take() -> tuple[str, ...] | DataError:
        try:
            return (dataset.sample_digest(request.data_dir),) if request.smoke else dataset.digests(request.data_dir)
        except DataError as error:
            return error

    digests = snapshot.once(("data set", same.model_dump_json()), take)
    if isinstance(digests, DataError):
        raise digests
    return IdentifiedExperiment(experiment, digests, identities_of(experiment, digests), code_digest(experiment))


def planned_run(subject: IdentifiedExperiment, seed: int, on_record: Attempts, force: bool = False) -> Planned:
    """A run, looked up in the records: under every name, and every identity that stands for its experiment."""
    identities = subject.identities
    attempts = on_record.of(identities, seed)
    found = sorted(map(read, attempts), key=lambda run: run.dir.folder.attempt, reverse=True)
    runs = [run for run in found if run.status != "damaged"]
    done = None if force else standing(subject, runs)
    begun = next((run.dir for run in runs if run.status in UNFINISHED), None)
    failed = [run for run in runs if run.status == "failed" and run.identity in identities and run.dir.has_checkpoint]
    return Planned(
        subject=subject,
        seed=seed,
        # What an earlier version began has its identity: in the name of the folder and in the checkpoint.
        identity=next(each for each in identities if begun is None or each.startswith(begun.folder.prefix)),
        recorded=done.dir if done else None,
        remarks=[Remark.of(each) for each in done.result.remarks] if done and done.status == "finished" else (),
        lacks_diagnostics=done is not None and subject.experiment.training.diagnostics and not is_diagnosed(done),
        lacks_state=done is not None and subject.experiment.training.keep_state and lacks_state(done),
        outdated=None if runs else outdated(subject, seed, on_record),
        begun=begun,
        earlier=None if force else latest(failed),
        damaged=next((run for run in found if run.status == "damaged"), None),
        attempts=attempts,
        # Trained again, it would give the scores that are sealed.
        seal=None if done else next(filter(None, (run.dir.seal() for run in runs)), None),
    )


def before_draws(planned: Planned, experiment: Experiment, runs_dir: Path) -> RunDir | None:
    """The record of a run that is to be trained for the first time, of when its config was another experiment."""
    if planned.attempts or planned.recorded:
        return None
    digests, on_record = planned.subject.digests, Attempts(scan(runs_dir))
    identities = [
        identity
        for version in range(1, TRAINING_VERSION + 1)
        for identity in identities_of(experiment, digests, version)
    ]
    return next(iter(reversed(on_record.of(identities, planned.seed))), None)


def require_memory(
    experiments: Iterable[Experiment], allowed: Mapping[str, Sequence[str]], smoke: bool = False
) -> None:
    """Refuse experiments that this machine cannot hold; of a `smoke` run its model alone.

    What their configs allow is by the experiment's name. The estimate is that of the lint's warning.

    Raises:
        UserError: With a line for each of them.
    """
    left = memory.available()
    if left is None:
        return
    lines = []
    for experiment in experiments:
        parts = peak_bytes(experiment, experiment.dataset.info())
        parts = {path: n for path, n in parts.items() if not (smoke and path.startswith("dataset."))}
        found = None if RULE in allowed.get(experiment.name, ()) else too_large(experiment, parts, left)
        if found:
            why = f"{found.why}, and {memory.size(left)} are available; set {found.change} (allow: [{RULE}] to try it)"
            lines.append(f"{experiment.name}: {found.path}: {why}")
    if lines:
        raise UserError(*dict.fromkeys(lines))
