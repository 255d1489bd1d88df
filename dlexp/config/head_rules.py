"""Rules of the lint for heads: losses and output units."""

from collections.abc import Iterator

from dlexp.components.data import Info
from dlexp.config.advice import Advice, heads_of
from dlexp.config.experiment import Experiment

#: How linear output units leave the range of a task's targets.
LEFT = {
    "proportion": "the targets lie from 0 to 1, and linear output units leave that range",
    "count": "the targets are counts, and linear output units go below 0",
}


def squared_error(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """Squared error behind a sigmoid or softmax has hardly a gradient where the answer is wrong (Goodfellow, 6.2.2)."""
    for path, head, _ in heads_of(experiment, info):
        settings = head.model_dump(include={"loss", "activation"})
        if settings.get("loss") in head.weak_losses:
            output, default = settings["activation"], type(head).model_fields["loss"].default
            why = f"mean squared error behind a {output} has hardly a gradient where the answer is most wrong"
            yield Advice(f"{path}.loss", why, default)


def unbounded_output(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """A linear output leaves the range of shares and counts; likelihood names units that do not (Goodfellow, 6.2)."""
    for path, head, target in heads_of(experiment, info):
        if target.task in head.learns.better:
            yield Advice(f"{path}.type", LEFT[target.task], head.learns.better[target.task])


#: Rules of each head.
HEAD_RULES = (
    squared_error,
    unbounded_output,
)
