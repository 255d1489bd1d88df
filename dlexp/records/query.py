"""Which of many runs are meant: by conditions on what is on record, how they stand, when they ended, and tags."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from dlexp.config.flat import MISSING, format_value
from dlexp.errors import UserError
from dlexp.format import listed, plural
from dlexp.near_words import did_you_mean
from dlexp.records.conditions import Condition, as_recorded, condition
from dlexp.records.index import Run
from dlexp.records.keys import STATUSES, Keys, status_of
from dlexp.records.moments import moment, recorded_moment
from dlexp.records.tags import as_tag

log = logging.getLogger(__name__)

#: Facts that the training decides, beside the metrics.
_RESULTS = ("status", "what", "epochs", "seconds")


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What every selected run is to fulfil."""

    where: tuple[Condition, ...] = ()
    status: tuple[str, ...] = ()
    """Any of these; none for whatever status."""
    since: datetime | None = None
    """It ended then or later; one without an end was last written to then or later."""
    tags: tuple[str, ...] = ()
    """It has all of them."""

    @property
    def is_empty(self) -> bool:
        """Whether every run passes."""
        return not (self.where or self.status or self.since or self.tags)

    def apply(self, runs: Iterable[Run]) -> list[Run]:
        """Those of the runs that pass, in their order. If none does, how many each filter left is logged.

        Raises:
            UserError: A condition names what no run has, or may mean several things.
        """
        given = list(runs)
        left, counts = self._passing(given)
        if given and not left:
            none = "the run does not pass" if len(given) == 1 else f"none of {len(given):,} runs passes"
            log.warning(f"{none} the filters: {', '.join(counts)}.{self._nearest_tags(given)}".rstrip("."))
        return list(left)

    def _passing(self, runs: Sequence[Run]) -> tuple[Sequence[Run], list[str]]:
        """Those that pass, and how many each filter left."""
        left, counts = runs, []
        for text, passes in self._tests(runs):
            left = [run for run in left if passes(run)]
            counts.append(f"{text} leaves {len(left)}")
        return left, counts

    def picking(self, runs: Sequence[Run]) -> str:
        """In a line of how many experiments the filters pick some seeds by their results; empty if of none."""
        by_result = tuple(each for each in self.where if _is_result(each.key, runs))
        filters = replace(self, where=by_result, since=None, tags=())
        passing = set() if filters.is_empty else {run.dir for run in filters._passing(runs)[0]}
        of_experiment: dict[tuple[str, str], set[bool]] = {}
        for run in runs if passing else ():
            if run.status == "finished" or run.has_diverged:
                of_experiment.setdefault((run.name, run.experiment), set()).add(run.dir in passing)
        n = sum(len(kept) > 1 for kept in of_experiment.values())
        said = ", ".join([*map(str, by_result), *(f"status {status}" for status in self.status)])
        how = "by their results: what is left does not tell how good the experiments are"
        return f"{said}: picks seeds of {plural(n, 'experiment')} {how}" if n else ""

    def _nearest_tags(self, runs: Sequence[Run]) -> str:
        """For tags that none of the runs has, the nearest of theirs."""
        there = {tag for run in runs for tag in run.dir.tags()} if self.tags else set()
        return "".join(did_you_mean(tag, sorted(there)) for tag in self.tags if tag not in there)

    def _tests(self, runs: Sequence[Run]) -> list[tuple[str, Callable[[Run], bool]]]:
        """What is asked of a run, each with what it is called; what costs least comes first."""
        tests: list[tuple[str, Callable[[Run], bool]]] = []
        if self.status:
            tests.append((f"status {' or '.join(self.status)}", lambda run: status_of(run) in self.status))
        if since := self.since:
            tests.append((f"since {since.astimezone():%Y-%m-%d %H:%M}", lambda run: last_active(run) >= since))
        for tag in self.tags:
            tests.append((f"tag {tag}", partial(_has_tag, tag)))
        tests += _conditions(self.where, runs)
        return tests


#: What every run passes.
ALL = Filters()


def filters(
    where: Sequence[str] = (), status: Sequence[str] = (), since: str | None = None, tags: Sequence[str] = ()
) -> Filters:
    """Read filters as they are typed.

    Raises:
        UserError: One that is none.
    """
    for word in status:
        if word not in STATUSES:
            near = did_you_mean(word, STATUSES)
            raise UserError(f"status: there is no {word!r}.{near} Choose from: {', '.join(STATUSES)}")
    try:
        begin = None if since is None else moment(since)
    except UserError as error:
        raise UserError(f"since: {error.lines[0]}") from None
    return Filters(where=tuple(map(condition, where)), status=tuple(status), since=begin, tags=tuple(map(as_tag, tags)))


def last_active(run: Run) -> datetime:
    """When a run ended; of one that did not, or does not say it, when its folder or its history was last written to."""
    if ended := recorded_moment(run.record.ended or run.record.started):
        return ended
    times = [0.0]
    for path in (run.dir.path, run.dir.history_path):
        try:
            times.append(path.stat().st_mtime)
        except OSError:  # Gone, or a link to itself, which whoever reads it names.
            continue
    return datetime.fromtimestamp(max(times)).astimezone()


def _is_result(key: str, runs: Sequence[Run]) -> bool:
    """Whether a key is known of a run only when it has ended."""
    return key in _RESULTS or any(key in run.metrics for run in runs)


def _has_tag(tag: str, run: Run) -> bool:
    return tag in run.dir.tags()


def _conditions(where: Sequence[Condition], runs: Sequence[Run]) -> list[tuple[str, Callable[[Run], bool]]]:
    if not (where and runs):
        return []
    keys, tests = Keys(runs), []
    for each in where:
        value_of = keys.reader(each.key, each)
        own = {run.dir: as_recorded(each.key, value_of(run)) for run in runs}
        _require_comparable(each, own.values(), keys)
        tests.append((str(each), _test(each, own)))
    return tests


def _test(each: Condition, own: Mapping[Any, Any]) -> Callable[[Run], bool]:
    return lambda run: own[run.dir] is not MISSING and each.holds(own[run.dir])


def _require_comparable(each: Condition, own: Iterable[Any], keys: Keys) -> None:
    """Refuse a condition that compares with a kind of value that no run has there."""
    values = [value for value in own if value is not None and value is not MISSING]
    if not values or any(map(each.is_about, values)):
        return
    examples = list(dict.fromkeys(map(format_value, values)))
    setting = [place for place in keys.ending(each.key) if place != each.key]
    instead = each.instead(values[0])
    meant = f"; write {instead}" if instead else ""
    if keys.is_metric(each.key) and setting:
        meant = f"; the setting is {' or '.join(setting)}"
    raise UserError(f"{each}: {each.key} cannot be compared like this: it is {listed(examples)}{meant}")
