"""The models of a command, built before the first run is trained: what cannot be built is refused together."""

from collections.abc import Iterator, Sequence

from dlexp.components import snapshot
from dlexp.components.columns import Column
from dlexp.components.component import Misfit, Unfit
from dlexp.components.data import Data, Info
from dlexp.config import input_needs
from dlexp.config.checks import completed
from dlexp.config.experiment import Experiment
from dlexp.errors import DlexpError, UserError
from dlexp.training.input_remarks import info_of
from dlexp.training.job import Candidate, Refusal
from dlexp.training.network import Network, build, build_without_weights
from dlexp.training.preparation import Preparation
from dlexp.training.run_memory import run_memory
from dlexp.training.undefined_scores import UndefinedScores

#: Bytes of the user's own data that are read to know their shape alone, beside those of the first run.
MAX_BYTES = 4_000_000
#: Training examples that are enough to build a model without weights.
N_EXAMPLES = 100


def refusals(first: Preparation, others: Sequence[Candidate]) -> list[Refusal]:
    """What cannot be built of some candidates, each model once for all that share it.

    The first one is prepared as it is trained, so that its training in this process does nothing twice. Of the others a
    model is built without weights: from the same data if they have the same, else from a stand-in of the same shape or
    from a small file. What only a large file could tell is left to the run itself.
    """
    models = _Models(first)
    found = [refusal for each in [first.candidate, *others] for refusal in models.refusals(each)]
    try:
        if not any(each.candidate is first.candidate for each in found):
            first.built()
    except UserError as error:
        found.insert(0, Refusal(first.candidate, misfits_of(error), tuple(first.remarks)))
    except Exception as error:  # Its training raises it again, and records it.
        print(f"{type(error).__name__}: {error}")
    return found


def misfits_of(error: UserError) -> list[Misfit]:
    """What is wrong, by the paths of settings as far as the error names them."""
    return list(error.misfits) if isinstance(error, Unfit) else [Misfit("", line) for line in error.lines]


class _Models:
    """Builds each distinct model once."""

    def __init__(self, first: Preparation) -> None:
        self._first = first
        # Layers that the user has chosen may have more weights than there is memory: they are built without them first.
        is_chosen = first.candidate.experiment.model.layers_key and not first.candidate.experiment.model.functions
        self._built = set() if is_chosen else {_model_key(first.candidate)}
        self._data: dict[tuple[object, ...], Data | None] = {}

    def refusals(self, candidate: Candidate) -> Iterator[Refusal]:
        """Why a candidate cannot be built, unless one before it has the same model."""
        try:
            data = self._data_of(candidate)
        except Unfit as error:
            yield Refusal(candidate, misfits_of(error))
            return
        if data is None:
            return
        try:
            self._build(candidate, data)
        except UserError as error:
            yield Refusal(candidate, misfits_of(error), tuple(data.remarks))
        except Exception as error:  # Its training raises it again, and records it.
            print(f"{type(error).__name__}: {error}")

    def _data_of(self, candidate: Candidate) -> Data | None:
        """Data of a candidate's shape; None if they cannot be had for little; Unfit if a setting does not fit them."""
        key = candidate.inputs_key
        try:
            if key == self._first.candidate.inputs_key:
                return self._first.data()
            if key not in self._data:
                self._data = {key: sample(candidate)}  # Of one data set at a time.
            return self._data[key]
        except Unfit:
            raise
        except DlexpError:  # The run says it.
            return None

    def _build(self, candidate: Candidate, data: Data) -> None:
        info = info_of(candidate.experiment, data)
        experiment, key = completed(candidate.experiment, info), _model_key(candidate)
        is_whole = candidate.experiment.dataset.is_users_own or candidate.inputs_key == self._first.candidate.inputs_key
        if is_whole and not candidate.stand_in:
            _require_watched(experiment, data)
        if key in self._built:
            return
        self._built.add(key)
        network = network_of(experiment, info, data, candidate.seed)
        needed = run_memory(experiment, network, data, info, candidate.stand_in)
        if misfits := needed.too_much(experiment, candidate.allowed):
            raise Unfit(*misfits)


def _require_watched(experiment: Experiment, data: Data) -> None:
    """Refuse early stopping on a score that the targets leave undefined: two experiments of one model may differ."""
    stopping = experiment.training.early_stopping
    if stopping and Column.parse(stopping.monitor).metric:
        UndefinedScores.of(experiment, data).require_watched()


def network_of(experiment: Experiment, info: Info, data: Data, seed: int = 0) -> Network:
    """The network of an experiment that is completed, without weights if it can be built without them.

    Raises:
        UserError: It cannot be built at all.
    """
    try:
        if not experiment.model.functions:  # The user's own may need weights, and is called once.
            return build_without_weights(experiment, info, data.train.first(N_EXAMPLES))
    except Exception as error:  # No missing weights, nor the choice of examples, may be to blame.
        print(f"{type(error).__name__}: {error}")
    network = build(experiment, info, data.train, seed)
    input_needs.require_met(network.needs, experiment)
    return network


def sample(candidate: Candidate) -> Data | None:
    """Data of the shape of a candidate's: a stand-in, or the user's own; None if those are too large for that."""
    dataset, data_dir = candidate.experiment.dataset, candidate.data_dir
    if not dataset.is_users_own or candidate.stand_in:
        return dataset.sample(data_dir)
    with snapshot.taken():
        n_bytes = sum(snapshot.size(path) for path in dataset.paths(data_dir))
        return dataset.load(data_dir) if n_bytes <= MAX_BYTES else None


def _model_key(candidate: Candidate) -> tuple[object, ...]:
    """What two experiments have in common that have the same model."""
    experiment = candidate.experiment
    return experiment.model.model_dump_json(), experiment.head.model_dump_json(), *candidate.inputs_key
