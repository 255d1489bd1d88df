"""What is said of settings once the data are read: warnings of `check` for which it lacked classes and examples."""

from collections.abc import Iterator

from dlexp.components.data import Info
from dlexp.components.remarks import Remark
from dlexp.config.advice import Advice
from dlexp.config.experiment import Experiment
from dlexp.config.flat import format_value
from dlexp.config.lint import told_by_data


def setting_remarks(known: Experiment, experiment: Experiment, info: Info, n: int) -> Iterator[Remark]:
    """A line for each setting, as of `told_by_data`."""
    yield from (remark_of(rule, advice) for rule, advice in told_by_data(known, experiment, info, n))


def remark_of(rule: str, advice: Advice) -> Remark:
    """What a rule of the lint finds, as a remark."""
    key = f"{advice.change_path or advice.path}: {format_value(advice.value)}"
    return Remark(rule=rule, place=advice.path, found=advice.why, key=key)
