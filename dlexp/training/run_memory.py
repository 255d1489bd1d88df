"""How much memory a run needs: asked of its network, before it is trained."""

from collections import defaultdict
from dataclasses import replace

from dlexp.components.data import Data, Info
from dlexp.config.experiment import Experiment
from dlexp.config.needed_memory import COPIES, RunMemory, peak_per_weight
from dlexp.training.feeds import EVALUATION_ROWS, evaluation_rows
from dlexp.training.network import Network


def run_memory(experiment: Experiment, network: Network, data: Data, info: Info, is_smoke: bool = False) -> RunMemory:
    """Weights, with all that training keeps for each; what a batch or an evaluation computes; and the data.

    Of `data` that are a stand-in, `info` says how many there are in truth; only a smoke run trains on these few.
    """
    by_layer: dict[str, float] = defaultdict(float)
    for layer in network.model.layers:
        by_layer[layer.name] += peak_per_weight(experiment.optimizer) * layer.count_params()
    if is_smoke:
        info = replace(info, n_train=len(data.train), n_test=len(data.test))
    n_train, n_test = info.n_train or len(data.train), info.n_test or len(data.test)
    batch = min(experiment.training.batch_size, n_train)
    evaluated = max(n_train - (experiment.n_trained(info) or 0), n_test)
    if network.is_wide(max(batch, min(evaluated, EVALUATION_ROWS))):
        evaluated = min(evaluated, evaluation_rows(network, evaluated))
        footprint = network.footprint
        most = max(batch * footprint.trained, evaluated * footprint.evaluated)
        computed = sum(footprint.by_layer.values())
        for layer, size in footprint.by_layer.items():
            by_layer[layer] += most * size / computed
    n_bytes = sum(array.nbytes for split in (data.train, data.test) for array in split.arrays)
    share = (n_train + n_test) / max(1, len(data.train) + len(data.test))
    return RunMemory(dict(by_layer), COPIES * n_bytes * share)
