"""Which of many runs are meant: by conditions on what is on record, how they stand, when they ended, and tags."""

import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from dlexp.config.flat import MISSING, flatten, format_value
from dlexp.config.labels import ends
from dlexp.errors import UserError, did_you_mean
from dlexp.format import listed, plural
from dlexp.records.conditions import Condition, as_recorded, condition
from dlexp.records.index import Run
from dlexp.records.moments import moment, recorded_moment

log = logging.getLogger(__name__)

#: How a run stands, as it is listed: a failed one whose loss became NaN or infinite has `diverged`.
STATUSES = ("finished", "failed", "diverged", "interrupted", "running", "damaged")

#: What conditions can name beside settings and columns of the records.
_FACTS: Mapping[str, Callable[[Run], Any]] = {
    "name": lambda run: run.name,
    "seed": lambda run: run.seed,
    "status": lambda run: status_of(run),
    "epochs": lambda run: run.epochs,
    "seconds": lambda run: run.record.seconds,
    "parameters": lambda run: getattr(run.record, "parameters", None),
    "identity": lambda run: run.identity or None,
    "started": lambda run: run.record.started or None,
    "ended": lambda run: run.record.ended or None,
    "tags": lambda run: list(run.dir.tags()),
    "note": lambda run: run.dir.note(),
}


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
        left, counts = given, []
        for text, passes in self._tests(given):
            left = [run for run in left if passes(run)]
            counts.append(f"{text} leaves {len(left)}")
        if given and not left:
            log.warning(f"none of {plural(len(given), 'run')} passes the filters: {', '.join(counts)}")
        return left

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
    return Filters(where=tuple(map(condition, where)), status=tuple(status), since=begin, tags=tuple(tags))


def status_of(run: Run) -> str:
    """How a run stands, as one of `STATUSES`."""
    return "diverged" if run.has_diverged else run.status


def last_active(run: Run) -> datetime:
    """When a run ended; of one that did not, or does not say it, when its folder or its history was last written to."""
    if ended := recorded_moment(run.record.ended or run.record.started):
        return ended
    times = [0.0]
    for path in (run.dir.path, run.dir.history_path):
        try:
            times.append(path.stat().st_mtime)
        except FileNotFoundError:
            continue
    return datetime.fromtimestamp(max(times)).astimezone()


def _has_tag(tag: str, run: Run) -> bool:
    return tag in run.dir.tags()


def _conditions(where: Sequence[Condition], runs: Sequence[Run]) -> list[tuple[str, Callable[[Run], bool]]]:
    if not (where and runs):
        return []
    settings = {run.dir: flatten(run.config) for run in runs}
    names = _Names(settings.values(), runs)
    tests = []
    for each in where:
        value_of = names.reader(each, settings)
        own = {run.dir: value_of(run) for run in runs}
        names.require_comparable(each, [value for value in own.values() if value is not MISSING])
        tests.append((str(each), _test(each, own)))
    return tests


def _test(each: Condition, own: Mapping[Any, Any]) -> Callable[[Run], bool]:
    return lambda run: own[run.dir] is not MISSING and each.holds(own[run.dir])


class _Names:
    """What conditions on some runs can name."""

    def __init__(self, settings: Iterable[Mapping[str, Any]], runs: Sequence[Run]) -> None:
        self._columns = dict.fromkeys(column for run in runs for column in run.metrics)
        # A component is called without `.type`, which it lacks where it is null.
        self._settings = dict.fromkeys(key.removesuffix(".type") for flat in settings for key in flat)
        self._n_runs = len(runs)

    def reader(self, each: Condition, settings: Mapping[Any, Mapping[str, Any]]) -> Callable[[Run], Any]:
        """What gives a run's value under the key of a condition, `MISSING` where it has none."""
        key = each.key.removesuffix(".type")
        if fact := _FACTS.get(each.key):
            return lambda run: _known(as_recorded(each.key, fact(run)))
        if key not in self._settings and each.key in self._columns:
            return lambda run: _known(run.metrics.get(each.key))
        place = self._setting(each, key)
        return lambda run: settings[run.dir].get(place, settings[run.dir].get(f"{place}.type", MISSING))

    def _setting(self, each: Condition, key: str) -> str:
        if key in self._settings:
            return key
        meant = self._short(key)
        if len(meant) > 1:
            raise UserError(f"{each}: {each.key} may be {' or '.join(meant)}; write one of these")
        if not meant:
            raise self._unknown(each)
        return meant[0]

    def _unknown(self, each: Condition) -> UserError:
        words = [*_FACTS, *self._columns, *(end for setting in self._settings for end in ends(setting))]
        runs = "the run has" if self._n_runs == 1 else f"none of {self._n_runs} runs has"
        columns = listed(list(self._columns)) or "of finished runs"
        return UserError(
            f"{each}: {runs} {each.key!r}.{did_you_mean(each.key, words)} Choose from: settings such as "
            f"optimizer.learning_rate (or learning_rate), columns ({columns}), {', '.join(_FACTS)}"
        )

    def _short(self, key: str) -> list[str]:
        """The settings that a key is an end of."""
        return [setting for setting in self._settings if key in ends(setting)]

    def require_comparable(self, each: Condition, own: Sequence[Any]) -> None:
        """Refuse a condition that compares with a kind of value that no run has there."""
        values = [value for value in own if value is not None]
        if not values or any(map(each.is_about, values)):
            return
        examples = list(dict.fromkeys(map(format_value, values)))
        setting = [place for place in self._short(each.key.removesuffix(".type")) if place != each.key]
        meant = f"; the setting is {' or '.join(setting)}" if each.key in self._columns and setting else ""
        raise UserError(f"{each}: {each.key} cannot be compared like this: it is {listed(examples)}{meant}")


def _known(value: Any) -> Any:
    """What is on record beside settings, where None and NaN are nothing."""
    return MISSING if value is None or (isinstance(value, float) and math.isnan(value)) else value
