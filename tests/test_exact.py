"""The same experiment and seed give the same bytes: in whatever order and process, on however many cores."""

import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from zipfile import ZipFile

import pytest

from dlexp import registry
from dlexp.records.index import read
from dlexp.records.run_dir import RunDir
from dlexp.reports.verification.facts import weights

REPOSITORY = Path(__file__).parents[1]
DIGITS = "dataset: {type: digits, train_fraction: 0.2}\n"
SHORT = "training: {epochs: 2, batch_size: 32}\n"
#: Whatever draws numbers or keeps a state.
KINDS = {
    "noise": f"{DIGITS}model: {{hidden: [8], noise: 0.2, input_noise: 0.1, normalization: batch}}\n{SHORT}",
    "class_weight": f"{DIGITS}head: {{class_weight: balanced, label_smoothing: 0.1}}\n{SHORT}",
    "early_stopping": f"{DIGITS}training: {{epochs: 4, early_stopping: {{monitor: val_loss, patience: 1}}}}\n",
    "augmentation": f"{DIGITS}model: {{layers: [{{Reshape: {{target_shape: [8, 8, 1]}}}}, "
    f"{{RandomRotation: {{factor: 0.1}}}}, {{Conv2D: {{filters: 4, kernel_size: 3}}}}, Flatten]}}\n{SHORT}",
    "recurrent": f"{DIGITS}model: {{layers: [{{Reshape: {{target_shape: [8, 8]}}}}, "
    f"{{GRU: {{units: 4, dropout: 0.2}}}}]}}\n{SHORT}",
    "embedding": "dataset: {type: reviews, n_train: 300, n_test: 100, encoding: padded, maxlen: 20}\n"
    f"model: {{type: embedding, dropout: 0.2}}\n{SHORT}",
    "sparse": f"dataset: {{type: reviews, n_train: 300, n_test: 100}}\nmodel: {{dropout: 0.2}}\n{SHORT}",
    "dense": f"{DIGITS}model: {{hidden: [64, 64]}}\n{SHORT}",
    "convolution": f"{DIGITS}model: {{layers: [{{Reshape: {{target_shape: [8, 8, 1]}}}}, "
    f"{{Conv2D: {{filters: 16, kernel_size: 3}}}}, BatchNormalization, {{MaxPooling2D: {{}}}}, "
    f"{{SpatialDropout2D: {{rate: 0.2}}}}, {{SeparableConv2D: {{filters: 8, kernel_size: 2}}}}, Flatten]}}\n{SHORT}",
    "more_recurrent": f"{DIGITS}model: {{layers: [{{Reshape: {{target_shape: [8, 8]}}}}, "
    f"{{Bidirectional: {{layer: {{LSTM: {{units: 8, recurrent_dropout: 0.2}}}}}}}}, "
    f"{{GaussianDropout: {{rate: 0.2}}}}, {{AlphaDropout: {{rate: 0.2}}}}]}}\n{SHORT}",
    "diverged": f"{DIGITS}model: {{hidden: [8], normalization: batch}}\n"
    f"optimizer: {{type: sgd, learning_rate: 1e30}}\n{SHORT}",
    "xla": f"{DIGITS}model: {{hidden: [8], dropout: 0.2}}\n{SHORT}".replace("epochs:", "compile: xla, epochs:"),
    "multitask": "dataset: {type: digits, train_fraction: 0.2, target: [digit, ink]}\nweighting: learned\n" + SHORT,
}
#: Every optimizer, and every kind with 1 and with 2 threads.
CONFIGS = {
    **{
        f"optimizer_{name}": f"{DIGITS}model: {{hidden: [8], dropout: 0.3}}\noptimizer: {name}\n{SHORT}"
        for name in registry.components("optimizers")
    },
    # Other examples in the same form, standardized otherwise: in one order after the other's, in the other before.
    **{
        f"resampled_{i}": f"dataset: {{type: digits, train_fraction: 0.2, resample: {{type: bootstrap, index: {i}}}}}\n"
        f"model: {{hidden: [8], normalization: batch}}\n{SHORT}"
        for i in (1, 2)
    },
    **KINDS,
    **{f"{name}_2_threads": text.replace("epochs:", "threads: 2, epochs:") for name, text in KINDS.items()},
}


#: So many are trained in turns.
GROUP = 4


def _orders() -> dict[str, list[list[str]]]:
    """For each of two processes with as many threads each, what they train: every config with several seeds.

    One trains a seed of a config after the other, from the first on: what is compiled serves them all, and from the
    third on no network is built. The other one begins with the last seed, and some configs take turns.
    """
    orders = {}
    for threads, n_seeds in (("1", 3), ("2", 2)):
        names = [name for name in CONFIGS if name.endswith("_2_threads") == (threads == "2")]
        groups = [names[i : i + GROUP] for i in range(0, len(names), GROUP)]
        in_turns = [(name, seed) for group in reversed(groups) for seed in reversed(range(n_seeds)) for name in group]
        one_by_one = [(name, seed) for name in names for seed in range(n_seeds)]
        orders[threads] = [[f"{name}:{seed}" for name, seed in order] for order in (one_by_one, in_turns)]
    return orders


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """All of them in one order on one core, and in another one in other processes on every core that there is."""
    folder = tmp_path_factory.mktemp("exact")
    for name, text in CONFIGS.items():
        (folder / f"{name}.yaml").write_text(text)
    every = os.sched_getaffinity(0)
    for orders in _orders().values():
        for runs_dir, words, cores in zip(("one", "two"), orders, ({min(every)}, every), strict=True):
            command = [sys.executable, "-m", "tests.exact_runs", str(folder / runs_dir), *words]
            on_cores = partial(os.sched_setaffinity, 0, cores)
            result = subprocess.run(
                command, cwd=REPOSITORY, capture_output=True, text=True, check=False, preexec_fn=on_cores
            )
            assert result.returncode == 0, result.stderr
    return folder / "one", folder / "two"


@pytest.mark.training
@pytest.mark.parametrize("name", CONFIGS)
def test_same_bytes(name: str, runs: tuple[Path, Path]) -> None:
    """Every number of the history but the seconds, every score, every weight and setting of the saved model."""
    first, second = ([RunDir(path) for path in sorted((runs_dir / name).iterdir())] for runs_dir in runs)

    for one, other in zip(first, second, strict=True):
        assert one.status == other.status == ("failed" if name.startswith("diverged") else "finished"), one.failure()
        assert _rows(one) == _rows(other)
        if one.status == "finished":
            assert read(one).result.metrics == read(other).result.metrics
            assert weights(one.model_path) == weights(other.model_path)
            assert _layers(one) == _layers(other)


def _rows(run_dir: RunDir) -> list[list[str]]:
    rows = [line.split(",") for line in run_dir.history_path.read_text(encoding="utf-8").splitlines()]
    return [[row[0], *row[2:]] for row in rows]


def _layers(run_dir: RunDir) -> str:
    """The settings of the saved model, without what Keras takes from the addresses of its objects."""
    with ZipFile(run_dir.model_path) as archive:
        return re.sub(r'"shared_object_id": \d+', "", archive.read("config.json").decode())
