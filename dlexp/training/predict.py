"""What a trained model says of examples: of a split of its data, or of others from a file."""

from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from dlexp.components.data import Data, Info, Split
from dlexp.components.datasets.user.new_examples import NewExamples, rows
from dlexp.components.heads import Predicted
from dlexp.config.checks import completed
from dlexp.config.experiment import Experiment
from dlexp.errors import DataError, UserError
from dlexp.training.prediction import Answer, Question
from dlexp.training.splits import split

#: Examples that are made dense at once.
CHUNK_ROWS = 1024


def predict(question: Question) -> Answer:
    """Ask the saved model.

    Raises:
        DataError, UserError: The examples, or the data that their encoding was fitted on, are not what they should be.
    """
    dataset = question.experiment.dataset
    loaded = cache(lambda: dataset.load(question.data_dir))
    model = _model(question.model_path)
    if question.examples == "test":
        test = loaded().test
        examples, y = NewExamples(test.x, rows(len(test))), test.y
    else:
        examples, y = dataset.new_examples(question.examples, question.data_dir), None
        if examples.x.shape[1:] != model.input_shape[1:]:
            shapes = f"examples of shape {examples.x.shape[1:]}; the model takes {model.input_shape[1:]}"
            raise UserError(f"{question.examples}: {shapes}")
    # Of the user's own data, only loading them tells the classes, their names and the output units.
    info = dataset.info()
    if info.n_train is None:
        info = loaded().info or info
    experiment = completed(question.experiment, info)
    outputs = _outputs(model, examples.x)
    trained = cache(partial(_on_training_split, experiment, model, loaded))
    columns: dict[str, Any] = {"example": examples.names}
    for name, (head, target) in experiment.head.by_target(info).items():
        described = target if target.class_names else replace(target, class_names=dataset.class_names)
        table = head.table(outputs[name], described, partial(_of_target, trained, info, name))
        if y is not None:
            table = {"target": _targets(info.y_of(name, y), described), **table}
        columns |= {f"{name}_{column}" if name else column: values for column, values in table.items()}
    return Answer(columns, examples.notes)


def _model(path: Path) -> keras.Model:
    """The saved model, opened in Keras's safe mode: code that a file from elsewhere brings is refused.

    Raises:
        DataError: It is refused, or cannot be read.
    """
    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    # A damaged archive raises nearly anything.
    except Exception as error:
        said = (str(error).splitlines() or [type(error).__name__])[0].partition(". ")[0]
        raise DataError(f"{path}: damaged, or refused by Keras's safe mode: {said}") from error


def _outputs(model: keras.Model, x: Any) -> dict[str, np.ndarray]:
    """Each target's predictions `(n, columns)`; the only target's name is empty."""
    parts: list[dict[str, np.ndarray]] = []
    for start in range(0, x.shape[0], CHUNK_ROWS):
        chunk = x[start : start + CHUNK_ROWS]
        dense = chunk if isinstance(chunk, np.ndarray) else chunk.toarray()
        output = model(keras.ops.convert_to_tensor(dense), training=False)
        named = output if isinstance(output, dict) else {"": output}
        parts.append({name: np.asarray(each) for name, each in named.items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}


def _on_training_split(experiment: Experiment, model: keras.Model, loaded: Any) -> tuple[Split, dict[str, np.ndarray]]:
    data: Data = loaded()
    train = split(experiment, data).train
    return train, _outputs(model, train.x)


def _of_target(trained: Any, info: Info, name: str) -> Predicted:
    train, outputs = trained()
    return Predicted(info.y_of(name, train.y), np.empty((0, 0), np.float32), outputs[name])


def _targets(y: np.ndarray, info: Info) -> list[Any]:
    """Classes by their names, labels with a semicolon between them, numbers as they are."""
    if info.n_classes is None:
        return list(y)
    names = [*info.class_names, *map(str, range(len(info.class_names), info.n_classes))]
    if y.ndim == 2:
        return [";".join(names[k] for k in row.nonzero()[0]) for row in y]
    return [names[k] for k in y]
