"""What bounds of claims, and margins, can be: numbers that a value may be on either side of, in a unit that it has."""

import math
from collections.abc import Iterator

from dlexp.components.columns import Column
from dlexp.components.component import Misfit
from dlexp.config.claim import ERROR_PARTS, MINUS, Claim
from dlexp.config.measurable import DIAGNOSTICS
from dlexp.config.points import in_unit
from dlexp.config.study import Study

#: The lowest and the highest value of the parts of 0-1 loss; estimates of the other parts may be of any size.
_PARTS = {
    **dict.fromkeys(("bias", "unbiased_variance", "biased_variance"), (0.0, 1.0)),
    "net_variance": (-1.0, 1.0),
}


def bounds(claim: Claim) -> Iterator[Misfit]:
    """Bounds in points of what has none, and bounds that each possible value meets, or none does."""
    columns, counted = _columns(claim), "a ratio" if claim.ratio else _measured(claim)
    in_points = not claim.ratio and bool(columns) and all(map(_is_in_points, columns))
    low, high = _limits(claim, columns)
    for key, written in claim.written_bounds.items():
        numbers = list(map(in_unit, written))
        if not in_points and (texts := [each for each in written if isinstance(each, str)]):
            yield Misfit(key, _no_points(counted, texts[0], is_share=(low, high) == (0, 1) and not claim.ratio))
        elif key == "no_difference_beyond" and numbers[0] == 0:
            yield Misfit(key, f"expected more than 0, given {written[0]!r}")
        elif claim.difference or claim.order:
            of = f"differences of {counted}"
            yield from (Misfit(key, why) for why in _unbounded(key, written, of, (low - high, high - low), in_points))
        elif claim.variant:
            yield from (
                Misfit(key, why) for why in _unbounded(key, written, f"values of {counted}", (low, high), in_points)
            )
    for name, target in (claim.epochs_to or {}).items():
        column = Column.parse(name)
        key = "at_least" if column.higher_is_better else "at_most"
        yield from (
            Misfit(f"epochs_to.{name}", why)
            for why in _unbounded(key, [target], f"values of {name}", column.limits, in_points=False)
        )


def margins(study: Study) -> Iterator[Misfit]:
    """Margins in points of columns that have none, and margins that no variant can exceed."""
    for name, margin in study.margins.items():
        column, given, path = Column.parse(name), study.must_not_worsen[name], f"must_not_worsen.{name}"
        low, high = column.limits
        if isinstance(given, str) and not margin.is_share and not _is_in_points(column):
            yield Misfit(
                path, f"{_no_points(name, given, is_share=column.limits == (0, 1))}, or a percentage such as 10%"
            )
        elif margin.is_share and margin.value >= 1 and column.higher_is_better and low == 0:
            yield Misfit(path, f"no {name} is worse by more than 100 % of the incumbent's, given {given!r}")
        elif not margin.is_share and margin.value >= high - low:
            hint = _in_hundredths(given, (low - high, high - low), _is_in_points(column))
            yield Misfit(path, f"no {name} is worse by more than {high - low:g}, given {_shown(given)}{hint}")


def _measured(claim: Claim) -> str:
    return f"epochs to {next(iter(claim.epochs_to))}" if claim.epochs_to else claim.metric or ""


def _columns(claim: Claim) -> list[Column]:
    """The columns of the records that a claim is about; none of diagnostics and the parts of an error."""
    if claim.metric is None or claim.needs_training_sets or claim.metric.startswith(DIAGNOSTICS):
        return []
    return [Column.parse(name.strip()) for name in claim.metric.split(MINUS)]


def _is_in_points(column: Column) -> bool:
    return bool(column.metric and column.metric.in_points)


def _limits(claim: Claim, columns: list[Column]) -> tuple[float, float]:
    """The lowest and the highest value that the number of one run can have."""
    name = claim.metric or ""
    if name in ERROR_PARTS:
        return _PARTS.get(name, (-math.inf, math.inf))
    if claim.epochs_to or name.startswith(DIAGNOSTICS):
        return 0.0, 1.0 if name.endswith("_share") else math.inf
    if not columns:
        return -math.inf, math.inf
    low, high = columns[0].limits
    for other in columns[1:]:
        low, high = low - other.limits[1], high - other.limits[0]
    return low, high


def _unbounded(
    key: str, written: list[float | str], of: str, limits: tuple[float, float], in_points: bool
) -> Iterator[str]:
    """Why a bound leaves nothing open: at the ends of a range an open one, of differences, is not reached."""
    low, high = limits
    numbers = list(map(in_unit, written))
    is_open = low < 0
    for number, given in zip(numbers, written, strict=True):
        if key == "no_difference_beyond":
            is_possible = number < max(-low, high)
        else:
            is_possible = low < number < high if is_open else low <= number <= high
        if not is_possible:
            yield f"{of} lie {_range(limits)}, given {_shown(given)}{_in_hundredths(given, limits, in_points)}"
            return
    ends = {"at_least": [low], "at_most": [high], "between": [low, high]}
    if numbers == ends.get(key):
        yield f"{of} always lie {_range(limits)}, so that nothing is left open, given {_shown(given)}"


def _range(limits: tuple[float, float]) -> str:
    low, high = limits
    if math.isinf(high):
        return f"at {low:g} or above"
    return f"at {high:g} or below" if math.isinf(low) else f"between {low:g} and {high:g}"


def _in_hundredths(given: float | str, limits: tuple[float, float], in_points: bool) -> str:
    """For 2 where a share is meant: `; write 0.02 for 2 points`; empty where nothing is sure."""
    if isinstance(given, str) or limits[1] != 1 or not limits[0] < given / 100 < 1:
        return ""
    points = "point" if given == 1 else "points"
    unit = "%" if limits[0] == 0 else points if in_points else "hundredths"
    return f"; write {given / 100:.12g} for {given:.12g} {unit}"


def _no_points(name: str, given: str, is_share: bool) -> str:
    number = f"{in_unit(given):.12g}" if is_share else "a number"
    return f"{name} is not counted in points, given {given!r}; write {number}"


def _shown(given: float | str) -> str:
    return repr(given) if isinstance(given, str) else f"{given:.12g}"
