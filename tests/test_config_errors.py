"""What each mistake in a config is answered with: place, expected, given, the nearest right word."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dlexp.config.load import load
from dlexp.config.problems import ConfigError
from dlexp.registry import components

DATASETS = ", ".join(components("datasets"))
OPTIMIZERS = "sgd, rmsprop, adagrad, adadelta, adam, adamw, adamax, nadam, lion, ftrl"
MODEL_KEYS = (
    "type, hidden, activation, kernel_initializer, hidden_bias, dropout, noise, normalization, max_norm, "
    "kernel_regularizer, input_noise"
)
TOP_KEYS = (
    "name, dataset, validation, model, head, optimizer, training, extends, allow, loss, metrics, heads, sharing, "
    "weighting"
)


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """The lines that a config is answered with; its file is called `c.yaml`."""
    monkeypatch.chdir(tmp_path)

    def lines(text: str) -> list[str]:
        Path("c.yaml").write_text(text)
        with pytest.raises(ConfigError) as caught:
            load("c.yaml")
        return caught.value.lines

    return lines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # Numbers.
        ("training: {epochs: true}", "training.epochs: expected a whole number, given true"),
        ("training: {epochs: 1.5}", "training.epochs: expected a whole number, given 1.5"),
        ("training: {epochs: 1e1}", "training.epochs: expected a whole number, given 10.0; write 10"),
        ("training: {epochs: '16'}", "training.epochs: expected a whole number, given '16'; drop the quotes"),
        ("training: {epochs: 1_000}", "training.epochs: expected a whole number, given '1_000'; write 1000"),
        ("training: {epochs: ten}", "training.epochs: expected a whole number, given 'ten'"),
        ("training: {epochs: null}", "training.epochs: expected a whole number, given null"),
        ("training: {epochs: 0}", "training.epochs: expected at least 1, given 0"),
        ("training: {batch_size: 0}", "training.batch_size: expected at least 1, given 0"),
        (
            "optimizer: {learning_rate: '1e-3'}",
            "optimizer.learning_rate: expected a number, given '1e-3'; drop the quotes",
        ),
        ("optimizer: {learning_rate: 0}", "optimizer.learning_rate: expected more than 0, given 0"),
        ("optimizer: {beta_1: 1.0}", "optimizer.beta_1: expected less than 1, given 1.0"),
        ("optimizer: {learning_rate: .nan}", "optimizer.learning_rate: expected a finite number, given .nan"),
        ("optimizer: {epsilon: 1e999}", "optimizer.epsilon: expected a finite number, given .inf"),
        ("model: {dropout: yes}", "model.dropout: expected a number, given 'yes'"),
        # Booleans, text, lists and mappings.
        ("optimizer: {amsgrad: on}", "optimizer.amsgrad: expected true or false, given 'on'"),
        ("optimizer: {amsgrad: 1}", "optimizer.amsgrad: expected true or false, given 1"),
        ("name: 7", "name: expected text, given 7; put it in quotes"),
        (
            "name: a/b",
            "name: expected letters, digits, spaces and _ . , + = ( ) -, "
            "and no dot, comma, sign or space in front, given 'a/b'; write name: a_b",
        ),
        (
            "name: lr 0.1 [b]",
            "name: expected letters, digits, spaces and _ . , + = ( ) -, "
            "and no dot, comma, sign or space in front, given 'lr 0.1 [b]'; write name: lr 0.1 (b)",
        ),
        (
            "training: {early_stopping: true}",
            "training.early_stopping: expected a mapping, given true; write {monitor: val_loss, patience: 5}",
        ),
        ("name: summary.csv", "name: a file of this name lies beside the runs; choose another than 'summary.csv'"),
        (f"name: {101 * 'x'}", f"name: expected text of at most 100 characters, given '{56 * 'x'}..."),
        ("model: {hidden: 64}", "model.hidden: expected a list, given 64; write [64]"),
        ("model: {hidden: [64, four]}", "model.hidden.1: expected a whole number, given 'four'"),
        ("training: 5", "training: expected a mapping, given 5"),
        ("optimizer: 5", f"optimizer: expected one of {OPTIMIZERS}, given 5"),
        ("optimizer:", f"optimizer: expected one of {OPTIMIZERS}, given null"),
        (
            "validation: {type: front, size: 0}",
            "validation.size: expected a count of examples (at least 1) or a fraction of the training data "
            "(between 0 and 1), given 0",
        ),
        # Words.
        (
            "optimizer: adma",
            f"optimizer.type: unknown optimizer 'adma'. Did you mean 'adam'? Choose from: {OPTIMIZERS}",
        ),
        ("optimizer: {type: 3}", f"optimizer.type: expected one of {OPTIMIZERS}, given 3"),
        ("optimizer: {type: [adam]}", f"optimizer.type: expected one of {OPTIMIZERS}, given [adam]"),
        (
            "model: {kernel_regularizer: {l2: 1}}",
            "model.kernel_regularizer.type: missing. Choose from: l1, l2, l1_l2",
        ),
        (
            "loss: crossentropy",
            "head.loss: unknown loss 'crossentropy'. Did you mean 'categorical_crossentropy'? "
            "Choose from: categorical_crossentropy, mse; set head.loss=categorical_crossentropy",
        ),
        (
            "metrics: [acuracy]",
            "head.metrics.0: unknown metric 'acuracy'. Did you mean 'accuracy'? Choose from: accuracy, "
            "top_3_accuracy, top_5_accuracy, auc, f1_macro, f1_micro, calibration_error",
        ),
        (
            "metrics: [1]",
            "head.metrics.0: expected one of accuracy, top_3_accuracy, top_5_accuracy, auc, f1_macro, f1_micro, "
            "calibration_error, given 1",
        ),
        # Keys.
        (
            "optimiser: adam",
            f"optimiser: unknown key 'optimiser'. Did you mean 'optimizer'? Choose from: {TOP_KEYS}",
        ),
        (
            "model: {droput: 0.5}",
            f"model.droput: unknown key 'droput'. Did you mean 'dropout'? Choose from: {MODEL_KEYS}",
        ),
        (
            "learning_rate: 0.1",
            "learning_rate: unknown key 'learning_rate'. Did you mean 'optimizer.learning_rate'? "
            f"Choose from: {TOP_KEYS}",
        ),
        (
            "model: {epochs: 3}",
            f"model.epochs: unknown key 'epochs'. Did you mean 'training.epochs'? Choose from: {MODEL_KEYS}",
        ),
        (
            "lerning_rate: 0.1",
            "lerning_rate: unknown key 'lerning_rate'. Did you mean 'optimizer.learning_rate'? "
            f"Choose from: {TOP_KEYS}",
        ),
        (
            "model: {activation: {negative_slope: 0.2}}",
            "model.activation.negative_slope: unknown key 'negative_slope'. It is a key of type leaky_relu. "
            "Choose from: type",
        ),
        (
            "optimizer.learning_rate: 0.1",
            "optimizer.learning_rate: unknown key 'optimizer.learning_rate'. "
            f"In a file, write optimizer: {{learning_rate: 0.1}}. Choose from: {TOP_KEYS}",
        ),
        ("zzz: 1", f"zzz: unknown key 'zzz'. Choose from: {TOP_KEYS}"),
        ("seed: 1", "seed: the seed is not part of a config; pass it with --seed"),
        ("head: {loss: mse}\nloss: mse", "loss: given twice, the other time as head.loss in c.yaml:2"),
        # Between fields.
        ("head: {units: 3}", "head.units: 10 classes do not fit into 3 outputs; set head.units=10"),
        (
            "head: {units: 1}",
            "head.units: a softmax over 1 unit is always 1; use the binary head for 1 unit; set head.units=10",
        ),
        (
            "head: binary",
            "head.type: a binary head needs 2 classes; this data set is multiclass with 10 classes; "
            "set head.type=multiclass",
        ),
        (
            "head: regression",
            "head.type: a regression head needs numbers; this data set is multiclass with 10 classes; "
            "set head.type=multiclass",
        ),
        (
            "model: embedding",
            "model.type: embedding cannot take numbers; use model: mlp, or model: polynomial",
        ),
        (
            "validation: 30000",
            "validation.size: 30000 examples held out of 1437; none would be left to train on",
        ),
        (
            "validation: 1437",
            "validation.size: 1437 examples held out of 1437; none would be left to train on",
        ),
    ],
)
def test_one_mistake_is_one_line(refused: Callable[[str], list[str]], text: str, message: str) -> None:
    """The message is exact, and the line is that of the key."""
    lines = refused(f"dataset: digits\n{text}")

    line = 3 if "\n" in text else 2
    assert lines == [f"c.yaml:{line}: {message}"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "loss: mse",
            f"c.yaml: dataset: missing. Choose from: {DATASETS}",
        ),
        (
            "dataset: {num_words: 100}",
            f"c.yaml:1: dataset.type: missing. Choose from: {DATASETS}",
        ),
        (
            "dataset: {type: imdb, encoding: padded}",
            "c.yaml: model.type: mlp cannot take word indices; use model: embedding, or dataset.encoding: multi_hot",
        ),
        (
            "dataset: imdb\nmodel: embedding",
            "c.yaml:2: model.type: embedding cannot take sparse vectors; use model: mlp, or dataset.encoding: padded",
        ),
        *(
            (
                f"dataset: {{type: {source}, task: binary}}\nmodel: embedding",
                "c.yaml:2: model.type: embedding takes word indices, given numbers; if they are word indices, "
                "set dataset.form=word_ids and dataset.vocabulary=<largest + 1>; else use model: mlp",
            )
            for source in ("npz, path: own.npz", "python, function: 'own:load'")
        ),
        (
            "dataset: {type: npz, path: own.npz, task: binary, form: word_ids, vocabulary: 50}",
            "c.yaml: model.type: mlp cannot take word indices; use model: embedding",
        ),
        (
            "dataset: diabetes\nhead: {units: 2}",
            "c.yaml:2: head.units: a regression head has 1 output unit, given 2; set head.units=1",
        ),
        (
            "dataset: imdb\nhead: {units: 2}",
            "c.yaml:2: head.units: a binary head has 1 output unit, given 2; set head.units=1",
        ),
        (
            "dataset: diabetes\nloss: binary_crossentropy",
            "c.yaml:2: head.loss: unknown loss 'binary_crossentropy'. It belongs to type binary, multilabel, "
            "proportion. Choose from: mse, mae; set head.loss=mse",
        ),
        (
            "dataset: imdb\nloss: categorical_crossentropy",
            "c.yaml:2: head.loss: unknown loss 'categorical_crossentropy'. It belongs to type multiclass. "
            "Choose from: binary_crossentropy, mse; set head.loss=binary_crossentropy",
        ),
        (
            "dataset: iris\nhead: {activation: sigmoid}",
            "c.yaml:2: head.activation: unknown activation 'sigmoid'. It belongs to type binary, multilabel, "
            "proportion. Choose from: softmax; set head.activation=softmax",
        ),
        (
            "dataset: {type: iris, test_size: 0.99}",
            "c.yaml:1: dataset.test_size: both splits need one example of each class, at least 3; "
            "0.99 of 150 examples gives 1 to train on and 149 to test on",
        ),
    ],
)
def test_the_data_sets_own_mistakes(refused: Callable[[str], list[str]], text: str, line: str) -> None:
    """A data set that is missing or unfit is named; nothing is said about the head that follows from it."""
    assert refused(text) == [line]


def test_all_field_errors_are_named_together_in_the_files_order(refused: Callable[[str], list[str]]) -> None:
    """The head that the data set would have decided on is not complained about."""
    lines = refused("training: {epochs: 0, batch_size: many}\noptimizer: {type: sgd, lr: 1}\n\ndataset: {type: imbd}\n")

    assert lines == [
        "c.yaml:1: training.epochs: expected at least 1, given 0",
        "c.yaml:1: training.batch_size: expected a whole number, given 'many'",
        "c.yaml:2: optimizer.lr: unknown key 'lr'. Did you mean 'learning_rate'? Choose from: type, learning_rate, "
        "clipnorm, clipvalue, "
        "global_clipnorm, weight_decay, momentum, nesterov",
        f"c.yaml:4: dataset.type: unknown dataset 'imbd'. Did you mean 'imdb'? Choose from: {DATASETS}",
    ]


def test_a_decimal_comma_in_braces_is_named(refused: Callable[[str], list[str]]) -> None:
    """YAML reads a second key, without a value; a word in its place is only unknown."""
    start = "dataset: iris\noptimizer: {type: adam, learning_rate: 1,"
    (number,), (word,) = refused(f"{start}e-3}}\n"), refused(f"{start}high}}\n")

    assert "unknown key 'e-3'. The comma before it ends a value; write a decimal point. Choose from" in number
    assert "The comma" not in word


def test_checks_between_fields_wait_for_valid_fields(refused: Callable[[str], list[str]]) -> None:
    """A batch size that is no number is said before the 30,000 examples that are not there."""
    lines = refused("dataset: imdb\nvalidation: 30000\ntraining: {batch_size: x}")

    assert lines == ["c.yaml:3: training.batch_size: expected a whole number, given 'x'"]


def test_all_checks_between_fields_are_named_together(refused: Callable[[str], list[str]]) -> None:
    """As the field errors are."""
    lines = refused("dataset: imdb\nvalidation: 30000\nmodel: embedding\nhead: regression")

    assert lines == [
        "c.yaml:2: validation.size: 30000 examples held out of 25000; none would be left to train on",
        "c.yaml:3: model.type: embedding cannot take sparse vectors; use model: mlp, or dataset.encoding: padded",
        "c.yaml:4: head.type: a regression head needs numbers; this data set is binary; set head.type=binary",
    ]


def test_a_file_whose_stem_is_no_name_is_told_so(tmp_path: Path) -> None:
    """A name is a folder; a file may be called what it likes if it says another name."""
    path = tmp_path / "a@b.yaml"
    path.write_text("dataset: iris")
    with pytest.raises(ConfigError, match=r"a@b\.yaml: name: expected letters, .*, given 'a@b'; write name: a_b"):
        load(path)

    path.write_text("dataset: iris\nname: fine")
    assert load(path).experiment.name == "fine"
