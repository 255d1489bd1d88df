"""What a config is warned of: every rule on mutated shipped configs, and no false alarm on those as they are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from dlexp.components.heads.head import Head
from dlexp.components.models.model import Stack
from dlexp.components.optimizers import SGD, Adam, AdamW, LearningRate, Optimizer, RMSprop
from dlexp.config.controls import CONTROLS
from dlexp.config.dump import dump
from dlexp.config.experiment import Experiment
from dlexp.config.identity import Ingredients
from dlexp.config.lint import ALLOWED, RULE_NAMES, lint
from dlexp.config.load import Loaded, load
from dlexp.config.node import Node
from dlexp.config.problems import DEFAULT, ConfigError
from dlexp.registry import components

CONFIGS = sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))
CLASSES = ("multiclass", "multilabel")
CLASS_HEADS = ("binary", "multiclass", "ordinal", "multilabel")
GROUPS = "{type: group, column: p}"
TABLE = "type: csv, path: t.csv, target: y, task: binary"
IMAGE = "{Reshape: {target_shape: [-1, 8, 1]}}"
STEPS = "{Reshape: {target_shape: [-1, 8]}}"


@dataclass(frozen=True)
class Mutation:
    """A mistake, what it must be answered with, and the configs in which it is one."""

    answer: str
    """The rule of the warning; of an error the path."""
    overrides: tuple[str, ...]
    applies: Callable[[Experiment], bool] = lambda experiment: True

    def with_change(self, change: str) -> list[str]:
        """The overrides of the mistake and one that mends it, which takes the place of one with the same key."""
        key = change.partition("=")[0]
        return ["allow=[]", *(each for each in self.overrides if each.partition("=")[0] != key), change]

    def on(self, path: Path, change: str = "") -> dict[str, str]:
        """What the mutated config is answered with: a change by rule, or by path of an error."""
        try:
            warnings = load(path, self.with_change(change) if change else ["allow=[]", *self.overrides]).warnings
            return {finding.rule: finding.change for finding in reversed(warnings)}
        except ConfigError as error:
            return {problem.path: problem.change for problem in error.problems}


def _is_stack(experiment: Experiment) -> bool:
    return isinstance(experiment.model, Stack)


def _has_hidden(experiment: Experiment) -> bool:
    return _is_stack(experiment) and len(experiment.model.model_dump()["hidden"]) > 0


def _is_vector_stack(experiment: Experiment) -> bool:
    return experiment.model.type == "mlp"


def _is_binary_stack(experiment: Experiment) -> bool:
    return _is_vector_stack(experiment) and experiment.head.type == "binary"


def _has_many_classes(experiment: Experiment) -> bool:
    n_classes = experiment.head.model_dump().get("units") or 0
    return _is_stack(experiment) and experiment.head.type in CLASSES and n_classes > 5


def _has_ten_classes(experiment: Experiment) -> bool:
    return _has_many_classes(experiment) and isinstance(experiment.head, Head) and experiment.head.units == 10


def _is_convolution(experiment: Experiment) -> bool:
    return experiment.model.type == "layers"


def _has_one_output(experiment: Experiment) -> bool:
    return _is_stack(experiment) and isinstance(experiment.head, Head) and experiment.head.units == 1


def _has_head(*types: str) -> Callable[[Experiment], bool]:
    return lambda experiment: experiment.head.type in types


def _has_task(*tasks: str) -> Callable[[Experiment], bool]:
    return lambda experiment: experiment.dataset.info().task in tasks


def _has(section: str, field: str) -> Callable[[Experiment], bool]:
    return lambda experiment: field in type(getattr(experiment, section)).model_fields


def _validates(experiment: Experiment) -> bool:
    return experiment.validation.type != "none"


def _is_counted(experiment: Experiment) -> bool:
    return experiment.dataset.info().n_train is not None


MUTATIONS = (
    # Warnings.
    Mutation("bottleneck", ("model.hidden=[64, 4]",), _has_many_classes),
    Mutation("bottleneck", ("model.hidden=[5, 64]",), _has_many_classes),
    Mutation("saturating_stack", ("model.hidden=[64, 64, 64, 64]", "model.activation=sigmoid"), _is_stack),
    Mutation("saturating_stack", ("model.hidden=[64, 64, 64, 64, 64]", "model.activation=tanh"), _is_stack),
    Mutation("saturating_stack", ("model.hidden=[64, 64, 64]", "model.activation=[sigmoid, tanh, tanh]"), _is_stack),
    Mutation("selu_start", ("model.activation=selu", "model.kernel_initializer=glorot_uniform"), _has_hidden),
    Mutation("selu_start", ("model.activation=selu", "model.kernel_initializer=he_normal"), _has_hidden),
    Mutation("symmetric_start", ("model.kernel_initializer=zeros",), _has_hidden),
    Mutation("symmetric_start", ("model.kernel_initializer=ones",), _has_hidden),
    Mutation("dead_start", ("model.activation=relu", "model.hidden_bias=-10"), _has_hidden),
    Mutation("dead_start", ("model.activation=relu", "model.hidden_bias=-5"), _has_hidden),
    Mutation("heavy_dropout", ("model.dropout=0.95",), _has_hidden),
    Mutation("heavy_dropout", ("model.dropout=0.8",), _has_hidden),
    Mutation("dropout_before_output", ("model.hidden=[64, 48]", "model.dropout=0.9"), _has_many_classes),
    Mutation("dropout_before_output", ("model.hidden=[64, 15]", "model.dropout=0.6"), _has_ten_classes),
    Mutation("dropout_before_output", ("model.hidden=[64, 8]", "model.dropout=0.9"), _has_one_output),
    Mutation("squared_error", ("head.loss=mse",), _has_head("binary", "multiclass")),
    Mutation("unbounded_output", ("head=regression",), _has_task("proportion", "count")),
    Mutation("unbounded_output", ("head=gaussian",), _has_task("proportion", "count")),
    Mutation("unscaled_inputs", ("dataset.standardize=false",), _has("dataset", "standardize")),
    Mutation("learning_rate", ("optimizer={type: sgd, learning_rate: 10}",)),
    Mutation("learning_rate", ("optimizer={type: sgd, learning_rate: 1.0}",)),
    Mutation("learning_rate", ("optimizer={type: adam, learning_rate: 0.1}",)),
    Mutation("learning_rate", ("optimizer={type: adam, learning_rate: 1e-8}",)),
    Mutation("learning_rate", ("optimizer={type: rmsprop, learning_rate: 0.5}",)),
    Mutation("learning_rate", ("optimizer={type: lion, learning_rate: 0.1}",)),
    Mutation("large_batch", ("training.batch_size=100000",), _is_counted),
    Mutation("endless_patience", ("training.early_stopping={patience: 1000}",), _validates),
    Mutation(
        "unreachable_gain",
        ("head.metrics=[accuracy]", "training.early_stopping={monitor: accuracy, min_delta: 1}"),
        _has_head(*CLASS_HEADS),
    ),
    Mutation(
        "unreachable_gain",
        ("training.early_stopping={min_delta: 1.0}",),
        lambda e: _validates(e) and _has_head("binary", "multilabel", "regression")(e),
    ),
    Mutation("late_schedule", ("training.schedule={type: step, boundaries: [5000]}",)),
    Mutation("late_schedule", ("training.schedule={type: step, boundaries: [1, 5000]}",)),
    Mutation("late_schedule", ("training.schedule={type: exponential, decay_epochs: 100000}",)),
    Mutation("late_schedule", ("training.schedule={type: cosine, decay_epochs: 100000}",)),
    Mutation("late_schedule", ("training.schedule={type: cosine, decay_epochs: 9, warmup_epochs: 5000}",)),
    Mutation(
        "spent_schedule", ("training.schedule={type: exponential, decay_rate: 1e-12}", "training.early_stopping=null")
    ),
    Mutation("spent_schedule", ("training.schedule={type: cosine, decay_epochs: 2}", "training.early_stopping=null")),
    Mutation("batch_of_one", ("model.normalization=batch", "training.batch_size=1"), _has_hidden),
    Mutation("lone_unit", ("model.hidden=[16, 1]", "model.normalization=layer"), _is_stack),
    Mutation("zero_weight", ("head.class_weight=[1, 0]",), _has_head("binary")),
    Mutation(
        "certain_top_k",
        ("dataset=iris", "validation=0.2", "head={type: multiclass, metrics: [top_3_accuracy]}"),
        lambda e: _is_vector_stack(e) and e.head.type != "multitask",
    ),
    Mutation("second_output", ("model.hidden=[16, 1]", "model.activation=[relu, sigmoid]"), _is_stack),
    Mutation("second_output", ("model.hidden=[16, 1]", "model.activation=sigmoid"), _is_stack),
    Mutation("stopping_on_training", ("training.early_stopping={monitor: loss}",), _validates),
    Mutation("test_validation", ("validation=test",)),
    *(
        Mutation(rule, (f"dataset={{{TABLE}, {keys}}}", f"validation={validation}"), _is_binary_stack)
        for rule, keys, validation in (
            ("split_groups", "id: p", GROUPS),
            ("split_groups", f"id: p, test_split: {GROUPS}", "0.3"),
            ("group_feature", f"test_split: {GROUPS}", GROUPS),
            ("group_feature", "test_path: t.csv", GROUPS),
            ("group_feature", "test_path: t.csv, features: [x, p]", GROUPS),
        )
    ),
    Mutation("memory", ("model.hidden=[40000, 40000]",), _is_stack),
    Mutation("memory", ("dataset.num_words=100000000",), _has("dataset", "num_words")),
    Mutation(
        "memory", ("dataset.n_train=1000000000",), lambda e: _is_vector_stack(e) and _has("dataset", "n_train")(e)
    ),
    # Warnings of stacks of Keras's layers.
    *(
        Mutation(rule, (f"model={{type: layers, layers: [{layers}]}}",), _is_convolution)
        for rule, layers in (
            ("bottleneck", "{Dense: {units: 64, activation: relu}}, {Dense: {units: 4}}"),
            ("linear_stack", "{Dense: {units: 64}}, {Dense: {units: 32}}"),
            (
                "linear_stack",
                f"{IMAGE}, {{Conv2D: {{filters: 16, kernel_size: 3}}}}, Flatten, {{Dense: {{units: 64}}}}",
            ),
            ("bottleneck", f"{IMAGE}, {{Conv2D: {{filters: 8, kernel_size: 3}}}}, Flatten, {{Dense: {{units: 4}}}}"),
            ("saturating_stack", ", ".join(["{Dense: {units: 64, activation: sigmoid}}"] * 4)),
            ("saturating_stack", ", ".join(["{Dense: {units: 64}}, {Activation: {activation: tanh}}"] * 3)),
            ("selu_start", "{Dense: {units: 64, activation: selu}}"),
            ("selu_start", "{Dense: {units: 64, kernel_initializer: he_normal}}, {Activation: {activation: selu}}"),
            ("symmetric_start", "{Dense: {units: 64, kernel_initializer: Zeros}}"),
            ("heavy_dropout", "{Dense: {units: 64}}, {AlphaDropout: {rate: 0.9}}"),
            ("heavy_dropout", f"{STEPS}, {{GRU: {{units: 16, dropout: 0.8}}}}"),
            ("second_output", "{Dense: {units: 64}}, {Dense: {units: 10, activation: softmax}}"),
            ("second_output", "{Dense: {units: 64, activation: relu}}, {Dense: {units: 10}}, Softmax"),
            ("lone_unit", "{Dense: {units: 1, activation: relu}}, LayerNormalization"),
            ("second_output", "{Dense: {units: 64}}, {Dense: {units: 10, activation: sigmoid}}"),
            ("second_output", "{Dense: {units: 64}}, {Dense: {units: 10}}, {Activation: {activation: sigmoid}}"),
            ("input_range", "{Rescaling: {scale: 0.002}}, {Dense: {units: 64}}"),
        )
    ),
    # Errors.
    Mutation("head.units", ("head={type: multiclass, units: 1}",), _has_task("multiclass")),
    Mutation("head.units", ("head={type: multiclass, units: 3}",), _has_task("multiclass")),
    Mutation("head.activation", ("head.activation=sigmoid",), _has_head("multiclass", "regression", "poisson")),
    Mutation("head.activation", ("head.activation=softmax",), _has_head("binary", "multilabel", "regression")),
    Mutation("head.activation", ("head.activation=linear",), _has_head("binary", "multiclass", "proportion")),
    Mutation("head.loss", ("head.loss=categorical_crossentropy",), _has_head("binary", "multilabel", "regression")),
    Mutation("head.loss", ("head.loss=binary_crossentropy",), _has_head("multiclass", "regression", "poisson")),
    Mutation("head.loss", ("head.loss=mse",), _has_head("poisson", "gaussian", "multilabel")),
    Mutation("head.type", ("head=binary",), _has_task("multiclass", "multilabel", "regression", "proportion", "count")),
    Mutation("head.type", ("head=multiclass",), _has_task("multilabel", "regression", "proportion", "count")),
    Mutation("head.type", ("head=regression",), _has_task("binary", "multiclass", "multilabel", "ordinal")),
    Mutation("head.type", ("head=proportion",), _has_task("multiclass", "regression", "count")),
    Mutation("training.early_stopping.monitor", ("training.early_stopping={monitor: val_acc}",)),
    Mutation("training.early_stopping.monitor", ("validation=none", "training.early_stopping={}")),
    Mutation("model.activation", ("model.hidden=[16]", "model.activation=[relu, relu]"), _is_stack),
)


def _mutated() -> list[tuple[Mutation, Path]]:
    experiments = {path: load(path).experiment for path in CONFIGS}
    return [(m, path) for m in MUTATIONS for path, experiment in experiments.items() if m.applies(experiment)]


#: Pixels from 0 to 16 are harmless to a convolution; of the spirals' three units one is never right.
NOT_CAUGHT = [
    "digits_cnn_augmented dataset.standardize=false",
    "digits_cnn_small dataset.standardize=false",
    "spirals_linear head={type: multiclass, units: 3}",
    "spirals_mlp head={type: multiclass, units: 3}",
]


def test_mutated_configs_are_caught() -> None:
    """Each shipped config with each mistake that is one in it: hundreds, all of one kind or another."""
    mutated = _mutated()
    missed = [
        f"{path.stem} {' '.join(mutation.overrides)}" for mutation, path in mutated if not _catches(mutation, path)
    ]

    assert len(mutated) >= 1000
    assert {mutation.answer for mutation, _ in mutated} >= {*RULE_NAMES}
    assert missed == NOT_CAUGHT


def _catches(mutation: Mutation, path: Path) -> bool:
    """Whether the mistake is named, or refused for what it brings along: a head's metrics or loss that do not fit."""
    answers = mutation.on(path)
    brought = answers and all(answer.startswith(("head.metrics.", "head.loss")) for answer in answers)
    return mutation.answer in answers or bool(brought)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_no_shipped_config_is_warned_of(path: Path) -> None:
    """What one plants on purpose it says: no false alarm."""
    assert list(map(str, load(path).warnings)) == []


def test_what_a_shipped_config_allows_is_there() -> None:
    """No `allow` is left from what was changed since; controls are for `dlexp control`, which trains."""
    allowed = {path: yaml.safe_load(path.read_text()).get("allow", []) for path in CONFIGS}

    assert sum(map(len, allowed.values())) >= 8
    for path, rules in allowed.items():
        assert {*rules} - CONTROLS.keys() <= {finding.rule for finding in load(path, ["allow=[]"]).warnings}, path


def test_every_change_is_ready() -> None:
    """As an override it follows the rule, or mends the error, and breaks nothing else that is checked."""
    tried = set()
    for mutation, path in _mutated():
        # Where the rule is broken alone: metrics that do not fit either are another mistake.
        if mutation in tried or mutation.on(path).keys() != {mutation.answer}:
            continue
        tried.add(mutation)
        change = mutation.on(path)[mutation.answer]
        if mutation.answer in RULE_NAMES:
            after = load(path, mutation.with_change(change)).warnings

            assert mutation.answer not in {finding.rule for finding in after}, (mutation, change)
        elif mutation.answer.startswith(("head.", "training.")):
            assert mutation.answer not in mutation.on(path, change), (mutation, change)
    assert {mutation.answer for mutation in tried} == {mutation.answer for mutation in MUTATIONS}


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Loaded]:
    """Write `c.yaml`, or another file, and load it."""
    monkeypatch.chdir(tmp_path)

    def write_and_load(text: str, name: str = "c.yaml", *overrides: str) -> Loaded:
        Path(name).write_text(text)
        return load(name, overrides)

    return write_and_load


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            "model: {hidden: [64, 4]}",
            "model.hidden: warning: hidden layer 2 has 4 units for 10 classes: what it cannot carry is lost to all "
            "layers behind it (the information bottleneck); set model.hidden=[64, 10] (allow: [bottleneck]",
        ),
        (
            "model: {hidden: [32, 32, 32], activation: tanh}",
            "model.activation: warning: 3 hidden layers of tanh saturate, and their gradients vanish towards the "
            "input; set model.activation=relu (allow: [saturating_stack]",
        ),
        (
            "model: {activation: selu, kernel_initializer: he_normal}",
            "model.kernel_initializer: warning: SELUs keep mean 0 and variance 1 from LeCun's start alone, given "
            "he_normal; set model.kernel_initializer=lecun_normal (allow: [selu_start]",
        ),
        (
            "model: {hidden: [32, 20], dropout: 0.6}",
            "model.dropout: warning: in front of the output it keeps 8 of 20 units on average, for 10 classes; "
            "set model.dropout=0.5 (allow: [dropout_before_output]",
        ),
        (
            "head: {loss: mse}",
            "head.loss: warning: mean squared error behind a softmax has hardly a gradient where the answer is most "
            "wrong; set head.loss=categorical_crossentropy (allow: [squared_error]",
        ),
        (
            "training: {batch_size: 2000}",
            "training.batch_size: warning: 2000 of 1150 training examples is one step an epoch; "
            "set training.batch_size=32 (allow: [large_batch]",
        ),
        (
            "training: {epochs: 8, early_stopping: {patience: 8}}",
            "training.early_stopping.patience: warning: with a patience of 8 nothing stops 8 epochs early; "
            "set training.early_stopping.patience=2 (allow: [endless_patience]",
        ),
        (
            "model: {hidden: [40000, 40000]}",
            "model.hidden: warning: a run needs about 57.7 GB of memory, 57.7 GB of it by this; more than 4 GB; "
            "set model.hidden=[1024, 1024] (allow: [memory]",
        ),
    ],
)
def test_a_warning_says_place_reason_change_and_rule(write: Callable[..., Loaded], text: str, warning: str) -> None:
    """Exactly, and the line is that of the key."""
    loaded = write(f"dataset: digits\n{text}")

    assert list(map(str, loaded.warnings)) == [f"c.yaml:2: {warning} if it is meant)"]


@pytest.mark.parametrize(
    "text",
    [
        "dataset: digits\nmodel: {hidden: [64, 20], dropout: 0.5}",
        "dataset: digits\nmodel: {hidden: [32, 32], activation: sigmoid}",
        "dataset: digits\nmodel: {hidden: [32, 32, 32, 32], activation: tanh, normalization: batch}",
        "dataset: digits\nmodel: {activation: selu, kernel_initializer: lecun_uniform}",
        "dataset: digits\nmodel: {activation: leaky_relu, hidden_bias: -10}",
        "dataset: imdb\nmodel: {hidden: [1]}",
        "dataset: diabetes\nmodel: {hidden: []}\noptimizer: {type: sgd, learning_rate: 0.5}",
        "dataset: mnist",
        "dataset: ratings\nmodel: {hidden: [2]}",
        "dataset: {type: digits, target: ink}\nloss: mse",
        "dataset: digits\ntraining: {epochs: 8, early_stopping: {patience: 7}}",
        "dataset: noisy_sine\nmodel: polynomial",
        "dataset: imdb\nmodel: {hidden: [2], normalization: layer}",
        "dataset: imdb\nmodel: {hidden: [1], normalization: batch}",
        "dataset: {type: csv, path: own.csv, target: y, task: multiclass}\nmodel: {hidden: [2]}",
    ],
)
def test_what_is_near_a_rule_and_follows_it_is_not_warned_of(write: Callable[..., Loaded], text: str) -> None:
    """Dropout that leaves enough, one narrow unit for one logit, pixels that have one scale, ..."""
    assert write(text).warnings == []


@pytest.mark.parametrize(
    ("layers", "warnings"),
    [
        (
            "{Dense: {units: 4}}, ReLU, {Dense: {units: 9}}",
            [
                "model.layers.0.Dense.units: warning: Dense gives 4 numbers for 10 classes: what it cannot carry is "
                "lost to all layers behind it (the information bottleneck); set model.layers.0.Dense.units=10 "
                "(allow: [bottleneck]",
                "model.layers.2.Dense.units: warning: Dense gives 9 numbers for 10 classes: what it cannot carry is "
                "lost to all layers behind it (the information bottleneck); set model.layers.2.Dense.units=10 "
                "(allow: [bottleneck]",
            ],
        ),
        (
            "{Dense: {units: 64}}, Flatten, {Dropout: {rate: 0.2}}, {Dense: {units: 32, activation: linear}}",
            [
                "model.layers.0.Dense.activation: warning: 2 layers without an activation between them are no more "
                "than one, a linear map; set model.layers.0.Dense.activation=relu (allow: [linear_stack]"
            ],
        ),
        (
            "{Dense: {units: 64, activation: selu}}",
            [
                "model.layers.0.Dense.kernel_initializer: warning: SELUs keep mean 0 and variance 1 from LeCun's start "
                "alone, given glorot_uniform; set model.layers.0.Dense.kernel_initializer=lecun_normal "
                "(allow: [selu_start]"
            ],
        ),
        (
            "{Reshape: {target_shape: [8, 8]}}, {LSTM: {units: 16, recurrent_dropout: 0.9}}",
            [
                "model.layers.1.LSTM.recurrent_dropout: warning: 0.9 of the outputs are dropped; usual are 0.2 to 0.5; "
                "set model.layers.1.LSTM.recurrent_dropout=0.5 (allow: [heavy_dropout]"
            ],
        ),
        (
            "{Dense: {units: 10, activation: softmax}}",
            [
                "model.layers.0.Dense.activation: warning: the head brings the output units and their activation; "
                "behind a softmax they squash twice; set model.layers.0.Dense.activation=relu (allow: [second_output]"
            ],
        ),
        (
            "{Dense: {units: 64, activation: relu}}, {Dense: {units: 10}}, {Activation: {activation: sigmoid}}",
            [
                "model.layers.2.Activation.activation: warning: the head brings the output units and their activation; "
                "behind a sigmoid they squash twice, and model.layers.1.Dense is not needed; "
                "set model.layers=[{Dense: {activation: relu, units: 64}}] (allow: [second_output]"
            ],
        ),
        (
            "{Dense: {units: 10, activation: sigmoid}}",
            [
                "model.layers.0.Dense.activation: warning: the head brings the output units and their activation; "
                "behind a sigmoid they squash twice; set model.layers.0.Dense.activation=linear (allow: [second_output]"
            ],
        ),
    ],
)
def test_layers_of_keras_are_warned_of_at_their_own_place(
    write: Callable[..., Loaded], layers: str, warnings: list[str]
) -> None:
    """Exactly, each narrow layer by itself, and the line is that of the stack."""
    loaded = write(f"dataset: digits\nmodel: {{layers: [{layers}]}}")

    assert list(map(str, loaded.warnings)) == [f"c.yaml:2: {warning} if it is meant)" for warning in warnings]


@pytest.mark.parametrize(
    "layers",
    [
        "{Dense: {units: 64, activation: selu, kernel_initializer: LecunNormal}}",
        "{Dense: {units: 64, activation: tanh}}, {Dense: {units: 64, activation: tanh}}",
        ", ".join(["{Dense: {units: 64}}, BatchNormalization, {Activation: {activation: sigmoid}}"] * 4),
        f"{STEPS}, " + "{LSTM: {units: 16, return_sequences: true}}, " * 3 + "{GRU: {units: 16}}",
        "{Reshape: {target_shape: [8, 8, 1]}}, {Conv2D: {filters: 4, kernel_size: 3, activation: relu}}, Flatten",
        f"{STEPS}, {{Dense: {{units: 4}}}}, Flatten",
        "{Dense: {units: 64}}, {Dropout: {rate: 0.5}}",
        "{Dense: {units: 64}}, {LeakyReLU: {}}, {Dense: {units: 32}}",
        "{Dense: {units: 64}}, {Dense: {units: 32}}, {Activation: {activation: tanh}}",
        "{Dense: {units: 64}}, {LayerNormalization: {}}, {Dense: {units: 32}}",
        "{Reshape: {target_shape: [4, 4, 4]}}, {MultiHeadAttention: {num_heads: 2, key_dim: 4}}, Flatten",
    ],
)
def test_layers_of_keras_that_follow_the_rules_are_not_warned_of(write: Callable[..., Loaded], layers: str) -> None:
    """Gates that are meant to saturate, few filters at many places, few units at each of several steps, ..."""
    assert write(f"dataset: digits\nmodel: {{layers: [{layers}]}}").warnings == []


def test_what_a_file_allows_holds_for_it_and_those_that_extend_it(write: Callable[..., Loaded]) -> None:
    """Each adds its own; a `--set` replaces them."""
    write("dataset: digits\nvalidation: test\nallow: [test_validation]", "base.yaml")
    narrow = "extends: base.yaml\nmodel: {hidden: [64, 4]}"

    assert [finding.rule for finding in write(narrow).warnings] == ["bottleneck"]
    assert write(f"{narrow}\nallow: [bottleneck]").warnings == []
    assert len(write(f"{narrow}\nallow: [bottleneck]", "c.yaml", "allow=[]").warnings) == 2


def test_what_is_allowed_is_no_part_of_the_experiment(write: Callable[..., Loaded]) -> None:
    """Nor of its identity and its records, as comments are not."""
    plain, allowing = (
        write(f"dataset: digits\nvalidation: test\n{line}").experiment for line in ("", "allow: [test_validation]")
    )

    assert plain == allowing
    assert Ingredients.of(plain, "data").identity == Ingredients.of(allowing, "data").identity
    assert "allow" not in dump(allowing)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "allow: [botleneck]",
            "allow.0: unknown rule botleneck. Did you mean 'bottleneck'? Choose from: " + ", ".join(ALLOWED),
        ),
        ("allow: [1]", "allow.0: unknown rule 1. Choose from: " + ", ".join(ALLOWED)),
        ("allow: bottleneck", "allow: expected a list of rules, such as [bottleneck], given bottleneck"),
        ("allow: {memory: true}", "allow: expected a list of rules, such as [bottleneck], given {memory: true}"),
    ],
)
def test_unknown_rules_are_refused(write: Callable[..., Loaded], line: str, message: str) -> None:
    """A name that no rule has would allow nothing."""
    with pytest.raises(ConfigError) as refused:
        write(f"dataset: digits\n{line}")

    assert refused.value.lines == [f"c.yaml:2: {message}"]


class Added(Optimizer):
    """An optimizer as CONTRIBUTING's recipe adds one."""

    learning_rate: LearningRate = 0.001


def test_an_added_optimizer_gets_every_warning_that_adam_gets(write: Callable[..., Loaded]) -> None:
    """A learning rate that is far off, and memory for two moments; only its name is another."""
    loaded = write("dataset: digits\nmodel: {hidden: [40000, 40000]}\noptimizer: {learning_rate: 0.5}")
    added = loaded.experiment.model_copy(update={"optimizer": Added(type="added", learning_rate=0.5)})

    of_adam, of_added = (
        [finding.message.replace("added", "adam") for finding in lint(experiment, Node({}, DEFAULT))]
        for experiment in (loaded.experiment, added)
    )
    assert [finding.rule for finding in loaded.warnings] == ["learning_rate", "memory"]
    assert of_added == of_adam


OPTIMIZERS = [
    *(kind() for kind in components("optimizers").values()),
    SGD(momentum=0.9),
    RMSprop(momentum=0.9, centered=True),
    Adam(amsgrad=True),
    AdamW(amsgrad=True),
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer.type)
def test_the_numbers_an_optimizer_keeps_are_keras_own(optimizer: Any) -> None:
    """What memory is counted by: its variables of a weight's shape."""
    import keras

    built = optimizer.build()
    built.build([keras.Variable([[0.0] * 7] * 3)])

    assert sum(tuple(variable.shape) == (3, 7) for variable in built.variables) == optimizer.slots


@pytest.mark.parametrize(
    "dataset",
    ["type: npz, path: ids.npz, task: binary", "type: python, function: ids:load, task: binary"],
    ids=["npz", "python"],
)
def test_a_large_vocabulary_of_ones_own_word_indices(write: Callable[..., Loaded], dataset: str) -> None:
    """A million words fit; where they do not, the length of their vectors is what can be less: the data have them."""
    model = "model: {type: embedding, output_dim: 16}"
    fits, larger = (
        write(f"dataset: {{{dataset}, form: word_ids, vocabulary: {vocabulary}}}\n{model}")
        for vocabulary in (1_000_000, 100_000_000)
    )

    assert list(map(str, fits.warnings)) == []
    assert list(map(str, larger.warnings)) == [
        "c.yaml:2: model.output_dim: warning: a run needs about 57.6 GB of memory, 57.6 GB of it by this; more than "
        "4 GB; set model.output_dim=1 (allow: [memory] if it is meant)"
    ]
