"""The nearest right word: what is spelt alike, and what other libraries call the same."""

from pathlib import Path

import pytest

from dlexp.config.load import load
from dlexp.config.problems import ConfigError
from dlexp.near_words import nearest

#: What people type behind `--set`, and the path that is meant.
KEYS = {
    "lr=0.1": "optimizer.learning_rate",
    "optimizer.lrate=0.1": "learning_rate",
    "optimizer.learningRate=0.1": "learning_rate",
    "bs=8": "training.batch_size",
    "training.batch=8": "batch_size",
    "wd=0.1": "optimizer.weight_decay",
    "n_epochs=3": "training.epochs",
    "max_iter=3": "training.epochs",
    "units=[8]": "model.hidden",
    "model.units=[8]": "hidden",
    "hidden_layer_sizes=[8]": "model.hidden",
    "model.hidden_layers=[8]": "hidden",
    "model.l2=0.1": "kernel_regularizer",
    "model.dropout_rate=0.5": "dropout",
    "model.batch_norm=true": "normalization",
    "val_split=0.2": "validation",
    "opt=sgd": "optimizer",
    "scheduler=cosine": "training.schedule",
    "optimizer.eps=1e-7": "epsilon",
    "optimizer.max_grad_norm=1": "global_clipnorm",
}
#: The same for a value.
VALUES = {
    "metrics=[acc]": "accuracy",
    "metrics=[f1_score]": "f1_macro",
    "optimizer=Adam": "adam",
    "optimizer=gradient_descent": "sgd",
    "model.activation=swish": "silu",
    "model.layers=[Drop]": "Dropout",
    "model.layers=[{Linear: {units: 4}}]": "Dense",
    "model.layers=[MaxPool2d]": "MaxPooling2D",
    "head=classifier": "multiclass",
    "model.kernel_regularizer=ridge": "l2",
    "training.schedule=CosineAnnealing": "cosine",
}


def refusal(tmp_path: Path, override: str) -> str:
    """What is said of it."""
    (tmp_path / "a.yaml").write_text("dataset: digits\n")
    with pytest.raises(ConfigError) as error:
        load(tmp_path / "a.yaml", [override])
    return error.value.lines[0]


@pytest.mark.parametrize(("typed", "meant"), [*KEYS.items(), *VALUES.items()])
def test_words_of_other_libraries(tmp_path: Path, typed: str, meant: str) -> None:
    """Abbreviations, Keras's, PyTorch's and scikit-learn's names."""
    assert f" Did you mean '{meant}'?" in refusal(tmp_path, typed)


@pytest.mark.parametrize("path", [path for path in KEYS.values() if "." in path])
def test_a_key_that_is_suggested_is_taken(tmp_path: Path, path: str) -> None:
    """There is such a key, whatever is wrong with this value."""
    assert f"unknown key '{path.rpartition('.')[2]}'" not in refusal(tmp_path, f"{path}={{a: [b]}}")


def test_a_key_of_another_type_is_no_suggestion(tmp_path: Path) -> None:
    """Adam has no momentum: which types have it is said."""
    assert "'optimizer.momentum' is a key of type sgd, rmsprop." in refusal(tmp_path, "momentum=0.9")


def test_only_what_is_among_the_choices() -> None:
    """Of several meanings the one that there is; columns have a prefix; nothing where nothing is near."""
    assert nearest("val_acc", ["val_loss", "val_accuracy", "accuracy"]) == "val_accuracy"
    assert nearest("ce", ["mse", "binary_crossentropy"]) == "binary_crossentropy"
    assert nearest("ce", ["categorical_crossentropy", "mse"]) == "categorical_crossentropy"
    assert nearest("learning-rate", ["rate", "learning_rate"]) == "learning_rate"
    assert nearest("adma", ["adam", "adamax"]) == "adam"
    assert nearest("lr", ["epochs"]) == nearest("?", ["!", "%"]) == ""
