"""Configs from Python, and what trains them: runs, studies, changes, training sets."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, SupportsIndex, get_args

from dlexp.api import inputs
from dlexp.api.inputs import AnyPath
from dlexp.errors import DataError, UserError
from dlexp.execution import arguments

if TYPE_CHECKING:
    import pandas as pd

    from dlexp.config.load import Loaded


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

    return config.load(inputs.config(path, "path"), arguments.texts(overrides, "overrides"))


def run(
    configs: "AnyPath | Loaded | Iterable[AnyPath | Loaded]",
    *,
    seeds: SupportsIndex | Iterable[SupportsIndex] = 1,
    overrides: Sequence[str] = (),
    grids: Sequence[str] = (),
    workers: SupportsIndex | Literal["auto"] = "auto",
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
        workers: Runs trained at the same time, at least 1; `"auto"`: as many as this machine has cores and memory for.
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
    given = inputs.given(configs, overrides, grids, runs_dir, data_dir, smoke)
    is_strict = arguments.flag(strict, "strict")
    if observe is not None:
        arguments.choice(observe, "observe", ("diagnostics",))
    words = Words(arguments.texts(tags, "tags", "words"), None if note is None else arguments.text(note, "note"))
    runner = replace(inputs.trainer("run", workers, wait), words=words)
    trained = train(given, wanted, runner, force=again, strict=is_strict, observed=observe is not None)
    require_settled(trained.unsettled)
    if trained.not_observed:
        raise DataError(*trained.not_observed)
    return of_runs(list(map(read, trained.results)))


def study(
    files: "AnyPath | Iterable[AnyPath]",
    *,
    workers: SupportsIndex | Literal["auto"] = "auto",
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
        data_dir=inputs.data_folder(data_dir),
        strict=arguments.flag(strict, "strict"),
        observe=True,
    )
    is_opened = arguments.flag(open_test, "open_test")
    studied = workflow.study(paths, request, inputs.trainer("study", workers, wait), open_test=is_opened)
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
    workers: SupportsIndex | Literal["auto"] = "auto",
    runs_dir: AnyPath = "runs",
    data_dir: AnyPath | None = None,
    wait: bool = False,
) -> "pd.DataFrame":
    """Try changes to a config one after the other, and keep what is better twice: screened, then confirmed.

    Args:
        changes: `KEY=VALUE` texts, several settings of one change with spaces between them, or config files; one text
            is one change, and none are for what the ledger has.
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
    request = Request(runs_dir=arguments.folder(runs_dir, "runs_dir"), data_dir=inputs.data_folder(data_dir))
    tries = Tries(
        changes=words,
        over=inputs.config(over, "over"),
        by=None if by is None else arguments.text(by, "by"),
        max_seeds=arguments.whole(max_seeds, "max_seeds"),
        request=request,
    )
    if words:
        found, _ = ratchet.try_changes(tries, inputs.trainer("try_changes", workers, wait))
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
    workers: SupportsIndex | Literal["auto"] = "auto",
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
    given = inputs.given(configs, overrides, grids, runs_dir, data_dir, smoke)
    points, _ = workflow.bias_variance(given, n, resampling, inputs.trainer("bias_variance", workers, wait))
    return pd.DataFrame(rows(points))
