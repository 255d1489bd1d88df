"""What an explanation would train, and how long that would take."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dlexp.errors import UserError
from dlexp.execution.plan import Plan
from dlexp.format import TableFormat, joined, paragraph, plural, to_json
from dlexp.reports.attribution.facts import AskedAttribution
from dlexp.reports.fitted import FittedColumn, fitted
from dlexp.reports.plan.pace import Pace, TotalTime, expected_time, ground, total_time


@dataclass(frozen=True, kw_only=True)
class ForecastConfig:
    """What would become of one of the configs."""

    label: str
    changed: tuple[str, ...]
    """The short keys of the parts that are as in the second experiment."""
    to_train: int
    done: int
    time: TotalTime
    """Of one worker."""


@dataclass(frozen=True, kw_only=True)
class AttributionForecast:
    """What would be trained."""

    asked: AskedAttribution
    configs: Sequence[ForecastConfig]
    workers: int
    time: TotalTime

    @property
    def to_train(self) -> int:
        """How many runs."""
        return sum(each.to_train for each in self.configs)

    @property
    def done(self) -> int:
        """How many runs are on record."""
        return sum(each.done for each in self.configs)


def forecast(
    asked: AskedAttribution, plan: Plan, identities: Sequence[str], pace: Pace, workers: int
) -> AttributionForecast:
    """Gather it from a plan, given the identity at each of the corners that are asked for."""
    parts, short = asked.change.parts, asked.change.short
    configs = []
    for corner, identity in zip(asked.corners, identities, strict=True):
        own = [run for run in plan.runs if run.subject.identities.own == identity]
        to_train = [run for run in own if run.recorded is None]
        configs.append(
            ForecastConfig(
                label=asked.labels[corner],
                changed=tuple(short[part.main_keys[0]] for i, part in enumerate(parts) if corner >> i & 1),
                to_train=len(to_train),
                done=len(own) - len(to_train),
                time=total_time(to_train, pace),
            )
        )
    return AttributionForecast(
        asked=asked, configs=configs, workers=workers, time=total_time(plan.to_train, pace, workers)
    )


def render(found: AttributionForecast, output: TableFormat, width: int) -> str:
    """As a page or JSON, with a line end after the last line.

    Raises:
        UserError: Another format.
    """
    if output == "json":
        return to_json(_document(found))
    if output != "table":
        raise UserError(f"--dry-run prints a page; expected --format table or json, given {output}")
    said = (line for text in _said(found) for line in paragraph(text, width))
    return "\n".join([*said, "", *_table(found, width), "", *paragraph(_total(found), width)]) + "\n"


def _said(found: AttributionForecast) -> Iterator[str]:
    asked, n = found.asked, len(found.configs)
    change, seeds = asked.change, list(asked.seeds)
    ends = f"{asked.labels[0]} and {asked.labels[change.last]}"
    yield f"{ends} differ in {plural(len(change.parts), 'part')}: {joined(list(map(change.title, change.parts)))}."
    for part in change.parts:
        if part.why:
            yield f"{joined([change.short[key] for key in part.main_keys])} can only change together: {part.why}."
    is_range = seeds == list(range(seeds[0], seeds[-1] + 1)) and len(seeds) > 1
    which = f"{seeds[0]} to {seeds[-1]}" if is_range else joined(list(map(str, seeds)))
    how = "each part changed first and last" if asked.method == "first and last" else "all combinations"
    in_between = f"{n} configs, {n - 2} of them in between ({how})" if n > 2 else "2 configs, none in between"
    yield f"{in_between}; {plural(len(seeds), 'seed')} each, {which}."


def _table(found: AttributionForecast, width: int) -> list[str]:
    configs = found.configs
    return fitted(
        [
            FittedColumn(header="config", cells=[each.label for each in configs], min_width=24),
            FittedColumn(header="to train", cells=[str(each.to_train) for each in configs], is_number=True),
            FittedColumn(header="done", cells=[str(each.done) for each in configs], is_number=True, rank=1),
            FittedColumn(header="time", cells=[expected_time(each.time) for each in configs], rank=2),
        ],
        width,
    ).lines


def _total(found: AttributionForecast) -> str:
    counts = f"{found.to_train} to train, {found.done} done before"
    if not found.to_train:
        return f"{counts}."
    took = f"time with {plural(found.workers, 'worker')}: {expected_time(found.time)}{ground(found.time)}"
    return f"{counts}; {took}."


def _document(found: AttributionForecast) -> dict[str, Any]:
    asked = found.asked
    return {
        "from": asked.labels[0],
        "to": asked.labels[asked.change.last],
        "method": asked.method,
        "parts": [{"keys": list(each.keys), "why_together": each.why or None} for each in asked.change.parts],
        "seeds": list(asked.seeds),
        "configs": [asdict(each) for each in found.configs],
        "to_train": found.to_train,
        "done": found.done,
        "workers": found.workers,
        "time": asdict(found.time),
    }
