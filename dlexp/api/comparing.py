"""Comparisons from Python: on record, until they are sure, and split over the keys that differ."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, SupportsIndex

from dlexp.api import inputs
from dlexp.api.inputs import AnyPath
from dlexp.execution import arguments

if TYPE_CHECKING:
    import pandas as pd

    from dlexp.reports.comparison.facts import Comparison


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
    from dlexp.workflows import compare as workflow

    directory, data = arguments.folder(runs_dir, "runs_dir"), inputs.data_folder(data_dir)
    columns = [] if metrics is None else arguments.texts(metrics, "metrics", "columns")
    words = inputs.names(names)
    best_first = None if sort is None else arguments.text_of_path(sort, "sort", "a column of the records")
    passing = inputs.filters(where, status, since, tags)
    n_best = None if best is None else arguments.count(best, "best")
    keys = [by] if isinstance(by, str) else arguments.texts(by, "by", "settings")
    compared = workflow.compare(
        words, columns, sort=best_first, best=n_best, filters=passing, runs_dir=directory, data_dir=data
    )
    if keys:
        return pd.DataFrame(pivot.rows(pivot.pivots(compared, keys)), columns=pivot.COLUMNS)
    return _as_frame(compared)


def compare_until_sure(
    *names: AnyPath,
    max_seeds: SupportsIndex,
    first_seed: SupportsIndex = 0,
    margin: float | str | None = None,
    metrics: Sequence[str] | None = None,
    workers: SupportsIndex | Literal["auto"] = "auto",
    runs_dir: AnyPath = "runs",
    data_dir: AnyPath | None = None,
) -> "pd.DataFrame":
    """Train experiments with one seed after the other until each can be told from the first one, or is given up.

    Args:
        names: Two or more, as for `compare`.
        max_seeds: The most seeds of each, from 3 to 24.
        first_seed: The first one.
        margin: A difference within it is none that counts, in the unit of the column: 0.02, of an accuracy also
            `2 points`.
        metrics: As for `compare`: the first one by which one can be better decides.
        workers, runs_dir, data_dir: As for `run`.

    Returns:
        What `compare` does, on the seeds up to where each was told: `stopped` says why no more were trained (told,
        within the margin, given up, ...), `stopped_after` after how many. The intervals hold at once after 3, 4, ...
        seeds, and the middle of one at which training stopped overstates the difference.

    Raises:
        UserError: As `run`; a name that means nothing, or more seeds or comparisons than levels are known for.
        DataError: Data cannot be had.
    """
    from dlexp.reports.comparison.stops import Design
    from dlexp.workflows import until_sure as workflow

    most, first = arguments.count(max_seeds, "max_seeds"), arguments.seed(first_seed, "first_seed")
    asked = workflow.AskedUntilSure(
        words=inputs.names(names),
        design=Design(
            most,
            first,
            None if margin is None else arguments.margin(margin),
            margin_in_points=arguments.is_in_points(margin),
        ),
        metrics=[] if metrics is None else arguments.texts(metrics, "metrics", "columns"),
        runs_dir=arguments.folder(runs_dir, "runs_dir"),
        data_dir=inputs.data_folder(data_dir),
    )
    compared, _ = workflow.compare_until_sure(asked, inputs.trainer("compare_until_sure", workers, wait=False))
    return _as_frame(compared)


def explain(
    a: AnyPath,
    b: AnyPath,
    *,
    metric: str | None = None,
    seeds: SupportsIndex | Iterable[SupportsIndex] | None = None,
    full: bool = False,
    workers: SupportsIndex | Literal["auto"] = "auto",
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
        data_dir=inputs.data_folder(data_dir),
    )
    found, _ = workflow.explain(asked, inputs.trainer("explain", workers, wait=False))
    frame = pd.DataFrame(rows(found), columns=columns(found))
    frame.attrs["answer"] = answer(found)
    return frame


def _as_frame(compared: "Comparison") -> "pd.DataFrame":
    """A comparison as a table, with the sentences that it begins with."""
    import pandas as pd

    from dlexp.reports.comparison.answers import answers
    from dlexp.reports.comparison.document import COLUMNS, rows

    frame = pd.DataFrame(rows(compared), columns=COLUMNS)
    frame.attrs["answers"] = [sentence.markdown for sentence in answers(compared)]
    return frame
