"""dlexp from Python: what the commands do, with tables as pandas DataFrames. Cheap to import.

In a script, call what trains (`run`, `study`, `try_changes`, ...) below `if __name__ == "__main__":`, since training
processes import the script again. Whatever is wrong with an argument, its type as well as its value, is a
`dlexp.errors.UserError` before anything is made on disk; its `lines` say what, one per mistake.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, SupportsIndex, get_args

from dlexp.errors import DataError, UserError
from dlexp.execution import arguments

if TYPE_CHECKING:
    import pandas as pd

    from dlexp.config.load import Loaded
    from dlexp.records.query import Filters
    from dlexp.workflows.runner import Given, Runner

AnyPath = str | os.PathLike[str]


def load(path: AnyPath, overrides: Sequence[str] = ()) -> "Loaded":
    """Read and check a config file.

    Args:
        path: The file.
        overrides: `KEY=VALUE` each, as `--set` takes them, no key with two values.

    Returns:
        The experiment with every default filled in, and where each value came from.

    Raises:
        UserError: With everything that is wrong, in the arguments or (a ConfigError) in the config.
    """
    from dlexp.config import load as config

    return config.load(_config(path, "path"), arguments.texts(overrides, "overrides"))


def run(
    configs: "AnyPath | Loaded | Iterable[AnyPath | Loaded]",
    *,
    seeds: SupportsIndex | Iterable[SupportsIndex] = 1,
    overrides: Sequence[str] = (),
    grids: Sequence[str] = (),
    workers: SupportsIndex = 1,
    runs_dir: AnyPath = "runs",
    data_dir: AnyPath | None = None,
    smoke: bool = False,
    force: bool = False,
    observe: Literal["diagnostics"] | None = None,
    wait: bool = False,
    strict: bool = False,
    tags: Sequence[str] = (),
    note: str | None = None,
) -> "pd.DataFrame":
    """Train experiments in processes of their own, and record them. What is done already is not trained again.

    Args:
        configs: Config files, or what `load` gave.
        seeds: How many, from 0, or which: a list or an array of whole numbers below 2**32, none twice. More than
            100,000 runs in all are refused.
        overrides: `KEY=VALUE` each, laid over every config, as `--set`; over a loaded one, as a file is laid over what
            it extends.
        grids: `KEY=[A, B]` each, an experiment for every combination, as `--grid`; of loaded configs too.
        workers: Runs trained at the same time, at least 1.
        runs_dir: Where the records go.
        data_dir: Where data files lie; else `DLEXP_DATA`, else Keras's cache.
        smoke: Two epochs on a small generated stand-in.
        force: Train again what is done.
        observe: Train with diagnostics; a finished run without them again, beside its record.
        wait: Wait for runs that other processes train, and take over those whose process ends.
        strict: Refuse what is warned of, and data that may be meant to be read otherwise.
        tags, note: The user's own words for the runs, those done before included, as `tag` gives them.

    Returns:
        One row per run, those done before first: name, seed, status, what went wrong if anything did, directory, the
        config by dotted key, metrics.

    Raises:
        UserError: With everything that is wrong in the configs, or does not fit the data; an argument that is wrong;
            a script that calls this without a main guard, or a daemonic process, in which nothing can be trained.
        DataError: Data cannot be had; then nothing is trained. Or a finished run cannot be observed.
    """
    from dlexp.components.remarks import require_settled
    from dlexp.records.index import read
    from dlexp.records.tags import Words
    from dlexp.reports.frames import of_runs
    from dlexp.workflows.train import train

    wanted, again = arguments.seeds(seeds), arguments.flag(force, "force")
    given = _given(configs, overrides, grids, runs_dir, data_dir, smoke)
    is_strict = arguments.flag(strict, "strict")
    if observe is not None:
        arguments.choice(observe, "observe", ("diagnostics",))
    words = Words(arguments.texts(tags, "tags", "words"), None if note is None else arguments.text(note, "note"))
    runner = replace(_runner("run", workers, wait), words=words)
    trained = train(given, wanted, runner, force=again, strict=is_strict, observed=observe is not None)
    require_settled(trained.unsettled)
    if trained.not_observed:
        raise DataError(*trained.not_observed)
    return of_runs(list(map(read, trained.results)))


def study(
    files: "AnyPath | Iterable[AnyPath]",
    *,
    workers: SupportsIndex = 1,
    runs_dir: AnyPath = "runs",
    data_dir: AnyPath | None = None,
    wait: bool = False,
    strict: bool = False,
    open_test: bool = False,
) -> "pd.DataFrame":
    """Train what studies lack, and judge their claims.

    Args:
        files: Study files.
        workers, runs_dir, data_dir, wait, strict: As for `run`.
        open_test: Whether the test scores that the studies seal are opened, once and for good, and judged.

    Returns:
        A row for every number of a claim or a decision (`row`; of the latter the goal or a guardrail, `role`): the
        study, what it says, what is measured and of what, the bounds, the mean with its interval, the result, and the
        `outcome` of the whole claim beside the expected one, or of the decision. Of a study without claims and goal,
        the mean of each number of each variant, and its difference from the first one.

    Raises:
        UserError: As for `run`, of the studies too.
        DataError: Data cannot be had; then nothing is trained. Or a finished run cannot be observed.
    """
    import pandas as pd

    from dlexp.components.remarks import require_settled
    from dlexp.execution.plan import Request
    from dlexp.reports.study.rows import COLUMNS, rows
    from dlexp.workflows import study as workflow

    several = list(files) if arguments.is_listing(files) else [files]
    if not several:
        raise UserError("files: expected at least one study file, given none")
    paths = [Path(arguments.text_of_path(each, "files", "a study file")) for each in several]
    request = Request(
        runs_dir=arguments.folder(runs_dir, "runs_dir"),
        data_dir=_data_folder(data_dir),
        strict=arguments.flag(strict, "strict"),
        observe=True,
    )
    is_opened = arguments.flag(open_test, "open_test")
    studied = workflow.study(paths, request, _runner("study", workers, wait), open_test=is_opened)
    require_settled(studied.trained.unsettled)
    if studied.trained.not_observed:
        raise DataError(*studied.trained.not_observed)
    return pd.DataFrame(rows(studied.studies), columns=COLUMNS)


def try_changes(
    changes: "AnyPath | Iterable[AnyPath]" = (),
    *,
    over: AnyPath,
    by: str | None = None,
    max_seeds: SupportsIndex = 12,
    workers: SupportsIndex = 1,
    runs_dir: AnyPath = "runs",
    data_dir: AnyPath | None = None,
    wait: bool = False,
) -> "pd.DataFrame":
    """Try changes to a config one after the other, and keep what is better twice: screened, then confirmed.

    Args:
        changes: `KEY=VALUE` texts, several settings of one change with spaces between them, or config files; none for
            what the ledger has.
        over: The config of the incumbent.
        by: The column that decides; by default the first metric on the validation split, in the last epoch.
        max_seeds: The most seeds that a change is screened with, from 3 to 24.
        workers, runs_dir, data_dir, wait: As for `run`.

    Returns:
        A row for each change: its outcome, and why if it has no interval, the mean difference from its incumbent with
        the interval when it was screened and when it was confirmed, and its experiment. `frame.attrs["incumbent"]` is
        the present incumbent, a config file.

    Raises:
        UserError: As for `run`, of the changes too.
        DataError: Data cannot be had; nothing more is trained then.
        Elsewhere: Another process tries changes over the incumbent.
    """
    import pandas as pd

    from dlexp.execution.plan import Request
    from dlexp.reports.ratchet.rows import COLUMNS, rows
    from dlexp.workflows import ratchet
    from dlexp.workflows.campaigning import Tries

    several = list(changes) if arguments.is_listing(changes) else [changes]
    words = [arguments.text_of_path(each, "changes", "KEY=VALUE texts or config files") for each in several]
    request = Request(runs_dir=arguments.folder(runs_dir, "runs_dir"), data_dir=_data_folder(data_dir))
    tries = Tries(
        changes=words,
        over=_config(over, "over"),
        by=None if by is None else arguments.text(by, "by"),
        max_seeds=arguments.whole(max_seeds, "max_seeds"),
        request=request,
    )
    if words:
        found, _ = ratchet.try_changes(tries, _runner("try_changes", workers, wait))
    else:
        found = ratchet.campaign_of(tries.over, request.runs_dir)
    frame = pd.DataFrame(rows(found), columns=COLUMNS)
    frame.attrs["incumbent"] = str(found.incumbent)
    return frame


def bias_variance(
    configs: "AnyPath | Loaded | Iterable[AnyPath | Loaded]",
    *,
    resamples: SupportsIndex = 20,
    resampling: Literal["fresh", "bootstrap", "subset"] | None = None,
    overrides: Sequence[str] = (),
    grids: Sequence[str] = (),
    workers: SupportsIndex = 1,
    runs_dir: AnyPath = "runs",
    data_dir: AnyPath | None = None,
    smoke: bool = False,
    wait: bool = False,
) -> "pd.DataFrame":
    """Train on many training sets, and decompose the error on the test split into bias, variance and noise.

    Args:
        resamples: Training sets for each experiment, at least 3.
        resampling: How they are drawn; by default fresh where the distribution of the data is known, else bootstrap.
        smoke: Two epochs on three training sets from a small generated stand-in.
        configs, overrides, grids, workers, runs_dir, data_dir, wait: As for `run`.

    Returns:
        A row for every part of every experiment's error: its values on the grids, parameters, part, value, se.

    Raises:
        UserError: As for `run`; too few training sets, or data that cannot be resampled like that.
        DataError: Data cannot be had; then nothing is trained.
    """
    import pandas as pd

    from dlexp.components.training_sets import Resampling
    from dlexp.reports.bias_variance.facts import rows
    from dlexp.workflows import bias_variance as workflow

    n = arguments.whole(resamples, "resamples")
    if resampling is not None:
        arguments.choice(resampling, "resampling", get_args(Resampling))
    given = _given(configs, overrides, grids, runs_dir, data_dir, smoke)
    points, _ = workflow.bias_variance(given, n, resampling, _runner("bias_variance", workers, wait))
    return pd.DataFrame(rows(points))


def runs(
    runs_dir: AnyPath = "runs",
    *,
    where: Sequence[str] = (),
    status: Sequence[str] = ("finished",),
    since: str | None = None,
    tags: Sequence[str] = (),
) -> "pd.DataFrame":
    """Runs except smoke runs, one row each: name, seed, directory, the config by dotted key, metrics.

    Runs of `bias_variance` are among them: the end of their names is ` resamples`.

    Args:
        runs_dir: As for `run`.
        where: Conditions that all hold, such as `learning_rate < 0.1` or `val_accuracy > 0.9`, as `--where` takes them.
        status: How the runs stand: finished, failed, diverged, interrupted, running; none for all of them.
        since: When they ended at the earliest: `7d`, `yesterday`, `2026-11-01`.
        tags: Words with all of which they are tagged.

    Raises:
        UserError: An argument that is wrong, or a key in `where` that no run has.
    """
    from dlexp.records.index import readable, scan
    from dlexp.reports.frames import of_runs

    passing = _filters(where, status, since, tags)
    return of_runs(passing.apply(readable(scan(arguments.folder(runs_dir, "runs_dir")))))


def tag(
    *names: AnyPath,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    note: str | None = None,
    where: Sequence[str] = (),
    status: Sequence[str] = (),
    since: str | None = None,
    tags: Sequence[str] = (),
    runs_dir: AnyPath = "runs",
    data_dir: AnyPath | None = None,
) -> int:
    """Give runs tags and a note, or take them away.

    Args:
        names: Names, runs, run directories or configs, as for `compare`; none if a filter selects the runs.
        add, remove: Tags, a word each.
        note: A text in the place of an earlier one; an empty one removes it.
        where, status, since, tags: Only such runs, as for `runs`; by default whatever their status.
        runs_dir, data_dir: As for `run`.

    Returns:
        How many runs have other tags, or another note, than before.

    Raises:
        UserError: An argument that is wrong, no runs selected, or a tag to be removed that no run has.
    """
    from dlexp.workflows import tag as workflow

    _, n_changed = workflow.tag(
        [arguments.text_of_path(name, "names", "names of runs, each an argument of its own") for name in names],
        _filters(where, status, since, tags),
        add=arguments.texts(add, "add", "words"),
        remove=arguments.texts(remove, "remove", "words"),
        note=None if note is None else arguments.text(note, "note"),
        runs_dir=arguments.folder(runs_dir, "runs_dir"),
        data_dir=_data_folder(data_dir),
    )
    return n_changed


def compare(
    *names: AnyPath,
    metrics: Sequence[str] | None = None,
    sort: str | None = None,
    best: SupportsIndex | None = None,
    by: str | Sequence[str] = (),
    where: Sequence[str] = (),
    status: Sequence[str] = (),
    since: str | None = None,
    tags: Sequence[str] = (),
    runs_dir: AnyPath = "runs",
    data_dir: AnyPath | None = None,
) -> "pd.DataFrame":
    """Compare experiments over their seeds with the first one named, else the one that was started first.

    Args:
        names: Names, runs, run directories or configs, as `dlexp compare` takes them; none for every run except those
            of `bias_variance`.
        metrics: Columns of the records; the usual ones by default.
        sort: The column whose best mean comes first; of two or three experiments it is the baseline.
        best: Only so many, the best ones by `sort` or the metric that decides, with the baseline; the verdicts still
            share their level with all experiments that these were picked from.
        by: One or two settings, by dotted key or its end.
        where, status, since, tags: Only such runs, as for `runs`; by default whatever their status.
        runs_dir, data_dir: As for `run`.

    Returns:
        A row for every metric of every experiment: mean, standard deviation, difference to the baseline with its
        interval (95 % for all of a metric together) and verdict, or the reason why there is none. Beside them the
        standard deviation of the paired differences, the mean in these (`effect`), the correlation of the paired
        scores, the smallest difference that these seeds would show in 80 % of cases (`detectable`), and of means over
        test examples the interval on new examples of the same kind (`new_low`, `new_high`). Of a single seed: how
        many test examples one of both models alone gets right, and McNemar's p-value for these two trained models.
        The sentences that `dlexp compare` begins with are in `frame.attrs["answers"]`, a list. With `by`, a row for
        each pair of values of the two settings instead, and the mean over all experiments that have both.

    Raises:
        UserError: A name or a metric that no run has, or an argument that is wrong.
    """
    import pandas as pd

    from dlexp.reports.comparison import pivot
    from dlexp.reports.comparison.answers import answers
    from dlexp.reports.comparison.document import COLUMNS, rows
    from dlexp.workflows import compare as workflow

    directory, data = arguments.folder(runs_dir, "runs_dir"), _data_folder(data_dir)
    columns = [] if metrics is None else arguments.texts(metrics, "metrics", "columns")
    words = [arguments.text_of_path(name, "names", "names of runs, each an argument of its own") for name in names]
    best_first = None if sort is None else arguments.text_of_path(sort, "sort", "a column of the records")
    passing = _filters(where, status, since, tags)
    n_best = None if best is None else arguments.count(best, "best")
    keys = [by] if isinstance(by, str) else arguments.texts(by, "by", "settings")
    compared = workflow.compare(
        words, columns, sort=best_first, best=n_best, filters=passing, runs_dir=directory, data_dir=data
    )
    if keys:
        return pd.DataFrame(pivot.rows(pivot.pivots(compared, keys)), columns=pivot.COLUMNS)
    frame = pd.DataFrame(rows(compared), columns=COLUMNS)
    frame.attrs["answers"] = [sentence.markdown for sentence in answers(compared)]
    return frame


def compare_until_sure(
    *names: AnyPath,
    max_seeds: SupportsIndex,
    first_seed: SupportsIndex = 0,
    margin: float | None = None,
    metrics: Sequence[str] | None = None,
    workers: SupportsIndex = 1,
    runs_dir: AnyPath = "runs",
    data_dir: AnyPath | None = None,
) -> "pd.DataFrame":
    """Train experiments with one seed after the other until each can be told from the first one, or is given up.

    Args:
        names: Two or more, as for `compare`.
        max_seeds: The most seeds of each, from 3 to 24.
        first_seed: The first one.
        margin: A difference within it is none that counts, in the unit of the column: 0.02 for two points.
        metrics: As for `compare`: the first one by which one can be better decides.
        workers, runs_dir, data_dir: As for `run`.

    Returns:
        What `compare` does, on the seeds up to where each was told. The intervals hold at once after 3, 4, ... seeds,
        and the middle of one at which training stopped overstates the difference.

    Raises:
        UserError: As `run`; a name that means nothing, or more seeds or comparisons than levels are known for.
        DataError: Data cannot be had.
    """
    import pandas as pd

    from dlexp.reports.comparison.answers import answers
    from dlexp.reports.comparison.document import COLUMNS, rows
    from dlexp.reports.comparison.stops import Design
    from dlexp.workflows import until_sure as workflow

    if margin is not None and not margin > 0:
        raise UserError(f"margin: expected a size above 0, given {margin}")
    most, first = arguments.count(max_seeds, "max_seeds"), arguments.seed(first_seed, "first_seed")
    asked = workflow.AskedUntilSure(
        words=[arguments.text_of_path(name, "names", "names of runs, each an argument of its own") for name in names],
        design=Design(most, first, margin),
        metrics=[] if metrics is None else arguments.texts(metrics, "metrics", "columns"),
        runs_dir=arguments.folder(runs_dir, "runs_dir"),
        data_dir=_data_folder(data_dir),
    )
    compared, _ = workflow.compare_until_sure(asked, _runner("compare_until_sure", workers, wait=False))
    frame = pd.DataFrame(rows(compared), columns=COLUMNS)
    frame.attrs["answers"] = [sentence.markdown for sentence in answers(compared)]
    return frame


def explain(
    a: AnyPath,
    b: AnyPath,
    *,
    metric: str | None = None,
    seeds: SupportsIndex | Iterable[SupportsIndex] | None = None,
    full: bool = False,
    workers: SupportsIndex = 1,
    runs_dir: AnyPath = "runs",
    data_dir: AnyPath | None = None,
) -> "pd.DataFrame":
    """Split the difference between two experiments over the keys in which they differ.

    The configs in between are trained, as `run` trains them, unless they are on record.

    Args:
        a, b: Configs, names or runs, as for `compare`; each is one experiment.
        metric: A column of the records; by default the one that decides between both.
        seeds: As for `run`. By default those that both have on record, if these are at least 3, else 0 to 4.
        full: Whether all combinations are trained of more than four keys, too.
        workers, runs_dir, data_dir: As for `run`.

    Returns:
        A row for each part (`row` is key), the total, and a rest if the shares may leave one: the keys with their
        values in both, the mean share with its interval (95 % for all parts together) and verdict, or the reason why
        there is none, and the share of each seed (`seed_0`, ...). For every seed, shares and rest add up to the total.
        The answer of `dlexp compare --explain` is in `frame.attrs["answer"]`.

    Raises:
        UserError: As `run`; two experiments that cannot be compared, or are the same.
        DataError: Data cannot be had.
    """
    import pandas as pd

    from dlexp.reports.attribution.sentences import answer
    from dlexp.reports.attribution.table import columns, rows
    from dlexp.workflows import explain as workflow

    asked = workflow.Difference(
        words=[
            arguments.text_of_path(each, name, "a config, or the name of a run") for name, each in (("a", a), ("b", b))
        ],
        metric=None if metric is None else arguments.text_of_path(metric, "metric", "a column of the records"),
        seeds=None if seeds is None else arguments.seeds(seeds),
        is_full=arguments.flag(full, "full"),
        runs_dir=arguments.folder(runs_dir, "runs_dir"),
        data_dir=_data_folder(data_dir),
    )
    found, _ = workflow.explain(asked, _runner("explain", workers, wait=False))
    frame = pd.DataFrame(rows(found), columns=columns(found))
    frame.attrs["answer"] = answer(found)
    return frame


def _given(
    configs: object, overrides: object, grids: object, runs_dir: object, data_dir: object, smoke: object
) -> "Given":
    """What a function that trains was given, checked."""
    from dlexp.config.load import Loaded
    from dlexp.workflows.runner import Given

    several = list(configs) if arguments.is_listing(configs) else [configs]
    if not several:
        raise UserError("configs: expected at least one config file, given none")
    return Given(
        configs=[each if isinstance(each, Loaded) else _config(each, "configs") for each in several],
        overrides=arguments.texts(overrides, "overrides"),
        grids=arguments.texts(grids, "grids", "KEY=[A, B] texts"),
        runs_dir=arguments.folder(runs_dir, "runs_dir"),
        data_dir=_data_folder(data_dir),
        smoke=arguments.flag(smoke, "smoke"),
        warn=_warn,
    )


def _filters(where: object, status: object, since: object, tags: object) -> "Filters":
    """What selects runs, checked."""
    from dlexp.records.query import filters

    return filters(
        arguments.texts(where, "where", "conditions"),
        arguments.texts(status, "status", "words"),
        None if since is None else arguments.text_of_path(since, "since", "a time"),
        arguments.texts(tags, "tags", "words"),
    )


def _runner(function: str, workers: object, wait: object) -> "Runner":
    """What trains for a function of this module."""
    from dlexp.execution import script
    from dlexp.reports.plan.progress import Progress
    from dlexp.workflows.runner import Runner

    slots, waits = arguments.count(workers, "workers"), arguments.flag(wait, "wait")
    script.require_trainer(function)
    progress = partial(Progress, workers=slots)
    return Runner(engine=partial(script.pool, slots, function), progress=progress, wait=waits, needs_all_data=True)


def _warn(line: str) -> None:
    """Warn at the line of the caller's own code."""
    import sys
    import warnings

    frame, level = sys._getframe(), 1
    while frame.f_back and str(frame.f_globals.get("__name__")).partition(".")[0] == "dlexp":
        frame, level = frame.f_back, level + 1
    warnings.warn(line, stacklevel=level)


def _config(given: object, name: str) -> Path:
    from dlexp.config import files

    return files.named(arguments.text_of_path(given, name, "a config file"), files.HERE, files.CONFIGS)


def _data_folder(given: object) -> Path | None:
    return None if given is None else arguments.folder(given, "data_dir")
