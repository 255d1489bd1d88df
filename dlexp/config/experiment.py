"""The schema of a config: one experiment."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from dlexp.components.columns import OTHER_COLUMNS, Column
from dlexp.components.component import Off, OneOf, Settings
from dlexp.components.data import Info
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.heads import Multitask
from dlexp.components.heads.head import Head
from dlexp.components.identity_rules import AddedLater, Observes
from dlexp.components.models import MLP
from dlexp.components.models.model import Model
from dlexp.components.optimizers import Adam, Optimizer
from dlexp.components.schedules import Constant, Schedule
from dlexp.components.validations import RandomSplit, Validation
from dlexp.config import names

Device: TypeAlias = Literal["cpu", "gpu"]


class EarlyStopping(Settings):
    """Stop when nothing improves any more, as Keras's EarlyStopping does."""

    monitor: str = "val_loss"
    """The column of history.csv that is watched."""
    patience: Annotated[int, Field(ge=1)] = 5
    """Epochs without an improvement after which training stops."""
    min_delta: Annotated[float, Field(ge=0), Off(0.0)] = 0.0
    """What an improvement has to exceed."""
    restore_best: bool = True
    """Whether the trained model is the best epoch's, also where training went on to the end, and not the last's."""


class Training(Settings):
    """How long and in which steps the model is trained."""

    epochs: Annotated[int, Field(ge=1)] = 20
    """Passes over the training examples."""
    batch_size: Annotated[int, Field(ge=1)] = 32
    """Examples a step; the last step of an epoch takes what is left."""
    schedule: Annotated[Schedule, OneOf(Schedule)] = Constant()
    """How the optimizer's learning rate changes."""
    early_stopping: EarlyStopping | None = None
    """Whether to stop before the last epoch; off by default, and `{}` is on with its defaults."""
    diagnostics: Annotated[bool, Observes(counts_as=False)] = False
    """Whether to record dead and saturated units, gradients and steps of the hidden layers, in diagnostics.csv."""
    keep_state: Annotated[bool, Observes()] = False
    """Whether to keep the final weights, optimizer and random generators: the same with more epochs continues them."""
    threads: Annotated[int, Field(ge=1)] = 1
    """Threads of one run: part of the experiment, since sums in another order are other numbers."""
    compile: Annotated[Literal["xla"] | None, AddedLater(before=None)] = None
    """Whether XLA compiles the steps: faster for small dense models on numbers, with other last digits."""
    device: Annotated[Device, AddedLater(before="cpu")] = "cpu"
    """Where a run computes: on the processor, also where there is a card, or on the first NVIDIA card."""

    @property
    def process_settings(self) -> tuple[int, Device]:
        """What cannot be changed once TensorFlow has started in a process: the threads and the device."""
        return self.threads, self.device

    @model_serializer(mode="wrap")
    def _without_unused_keys(self, default: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Versions before the key take one that they do not know for a part of the identity, and the record for damaged.
        recorded: dict[str, Any] = default(self)
        if not self.keep_state:
            recorded.pop("keep_state", None)
        if self.device == "cpu":
            recorded.pop("device", None)
        if self.compile is None:
            recorded.pop("compile", None)
        return recorded


class Experiment(Settings):
    """One experiment: everything that affects its numbers, but the seed."""

    name: Annotated[str, Field(pattern=names.PATTERN, max_length=names.MAX_LENGTH)]
    """The folder below runs/; by default the config's file stem. Not part of the identity."""
    dataset: Annotated[Dataset, OneOf(Dataset)]
    """What is learned."""
    validation: Annotated[Validation, OneOf(Validation)] = RandomSplit()
    """Which examples validate: a count or fraction from the front, a seeded split, or the test split."""
    model: Annotated[Model, OneOf(Model)] = MLP()
    """The layers between the input and the output units."""
    head: Annotated[Head | Multitask, OneOf(Head, Multitask)]
    """Output units, loss and metrics; by default what the data set's task needs."""
    optimizer: Annotated[Optimizer, OneOf(Optimizer)] = Adam()
    """The rule that turns gradients into steps."""
    training: Training = Training()
    """How long and in which steps."""

    @property
    def history_columns(self) -> list[str]:
        """The columns of history.csv."""
        scores = [Column(quantity="loss"), *self.head.scores]
        validation = [] if self.validation.type == "none" else [score.on("validation") for score in scores]
        return [*OTHER_COLUMNS, *map(str, (*scores, *self.head.weights, *validation))]

    @property
    def judged_columns(self) -> list[str]:
        """Those of which one way is better: what can be monitored."""
        return [name for name in self.history_columns if Column.parse(name).is_judged]

    def n_trained(self, info: Info) -> int | None:
        """Examples that train, of those that validation leaves; None if only the data says how many there are."""
        if info.n_train is None:
            return None
        return self.dataset.reduced_count(info.n_train - self.validation.count(info.n_train))

    @property
    def functions(self) -> list[str]:
        """Functions of the user's own that training calls, as `module:function`."""
        return [*self.dataset.functions, *self.model.functions]
