"""What a saved model predicts of a split of its data, or of other examples."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dlexp.components import snapshot
from dlexp.components.component import Unfit
from dlexp.components.data import Data, Info, NewExamples
from dlexp.components.heads.classes import class_names
from dlexp.components.heads.head import Predicted, PredictedColumns
from dlexp.components.keras_messages import in_words
from dlexp.config import identity
from dlexp.config.checks import completed_as_trained
from dlexp.config.experiment import Experiment
from dlexp.errors import DataError, UserError
from dlexp.format import listed, plural
from dlexp.training.inputs import require_data
from dlexp.training.splits import split
from dlexp.training.threads import set_threads

if TYPE_CHECKING:
    import keras

#: Examples that are made dense at once.
CHUNK_ROWS = 1024


class OwnCode(UserError):
    """A model with layers of the user's own, which only the user's own code makes."""


def infer(
    experiment: Experiment,
    model_path: Path,
    examples: Path | Literal["test"],
    data_dir: Path | None,
    data_digest: str,
    code_digest: str | None,
    large_digests: snapshot.Digests,
    allow_code: bool = False,
) -> tuple[PredictedColumns, Sequence[str]]:
    """Let a saved model predict; imports TensorFlow.

    `examples` are the test split, or a file or folder of the user's. The data must be those with which the model was
    trained, whose digest is `data_digest`: `examples` are encoded as they are. A model that Keras cannot open without
    the user's own code is built by it again, if that is allowed and its digest is `code_digest`.

    Returns:
        The predictions: the first columns name the examples, and of the test split `target` is the true one; and what
        new examples have that the training data did not.

    Raises:
        DataError, UserError: The examples, or the data that their encoding was fitted on, are not what they should be.
        OwnCode: The model cannot be opened without code that is not allowed.
        Changed: The data have changed since their digest was compared.
    """
    set_threads(experiment.training.threads)
    snapshot.large_digests.update(large_digests)
    with snapshot.taken():
        require_data(experiment.dataset, data_dir, data_digest)
        loaded = cache(lambda: experiment.dataset.load(data_dir))
        try:
            model = _model(model_path)
        except DataError as error:
            if not experiment.model.functions:
                raise
            if not allow_code:
                functions = " and ".join(experiment.model.functions)
                raise OwnCode(
                    f"{model_path}: only {functions}, code that the config names, can open its layers"
                ) from error
            model = _rebuilt(experiment, loaded(), model_path, code_digest)
        return _inference(experiment, model, examples, loaded, data_dir)


def _rebuilt(experiment: Experiment, data: Data, path: Path, code_digest: str | None) -> "keras.Model":
    """The saved model as the user's own function makes it, with the weights of the file: any layers will do for that.

    Raises:
        UserError: The function is no longer that of the run, or this version refuses what it makes.
        DataError: The file does not have the weights of its layers.
    """
    from dlexp.training.network import build

    functions = " and ".join(experiment.model.functions)
    if identity.code_digest(experiment) != code_digest:
        raise UserError(
            f"{path}: {functions} has changed since the training, and only as it was can it open the layers"
        )
    info = data.info or experiment.dataset.info()
    experiment = completed_as_trained(experiment, info)
    try:
        model = build(experiment, info, split(experiment, data).train, seed=0).model
    except Unfit as error:
        raise UserError(f"{path}: this version cannot build its model any more: {error}") from error
    try:
        model.load_weights(path)
    # A damaged archive raises nearly anything.
    except Exception as error:
        raise DataError(
            f"{path}: damaged, or not of the layers that {functions} makes now: {in_words(error)}"
        ) from error
    return model


def _inference(
    experiment: Experiment,
    model: "keras.Model",
    examples: Path | Literal["test"],
    loaded: Callable[[], Data],
    data_dir: Path | None,
) -> tuple[PredictedColumns, Sequence[str]]:
    dataset = experiment.dataset
    if examples == "test":
        test, names = loaded().test, [loaded().name("test", i) for i in range(len(loaded().test))]
        given, y = NewExamples(test.x, names, ids=loaded().test_ids), test.y
    else:
        given, y = dataset.new_examples(examples, data_dir), None
        found, taken = given.x.shape[1:], model.input_shape[1:]
        if found != taken:
            raise UserError(f"{examples}: examples of shape {found}; the model takes {taken}")
    # Of the user's own data, only loading them tells the classes, their names and the output units.
    info = dataset.info()
    if info.n_train is None:
        info = loaded().info or info
    experiment = completed_as_trained(experiment, info)

    @cache
    def trained() -> dict[str, Predicted]:
        train, no_logits = split(experiment, loaded()).train, np.empty((0, 0), np.float32)
        outputs = _outputs(model, train.x).items()
        return {name: Predicted(info.y_of(name, train.y), no_logits, output) for name, output in outputs}

    columns: dict[str, Any] = {}
    outputs = _outputs(model, given.x)
    is_lost = np.zeros(len(given.names), bool)
    for name, (head, target) in experiment.head.by_target(info).items():
        described = target if target.class_names else replace(target, class_names=dataset.class_names)
        table = head.distribution(outputs[name], partial(lambda name: trained()[name], name)).columns(described)
        is_lost |= (of_target := ~np.isfinite(outputs[name]).all(axis=1))
        table = _without_decisions(table, of_target)
        if y is not None:
            table = {"target": _targets(info.y_of(name, y), described), **table}
        columns |= {f"{name}_{column}" if name else column: values for column, values in table.items()}
    if lost := [given.names[int(i)] for i in np.flatnonzero(is_lost)]:
        n = f"{len(lost):,} of {plural(len(given.names), 'example')}"
        return _named(given, columns), [*given.notes, f"no finite prediction for {n}: {listed(lost)}"]
    return _named(given, columns), given.notes


def _without_decisions(table: PredictedColumns, is_lost: np.ndarray) -> PredictedColumns:
    """The columns without a class where the probabilities are NaN; numbers say so themselves."""
    decided = table.get("predicted")
    if not isinstance(decided, list) or not is_lost.any():
        return table
    return {**table, "predicted": [None if lost else each for each, lost in zip(decided, is_lost, strict=True)]}


def _named(given: NewExamples, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The columns with what the examples are called in front; a column of ids has its own name, if that is free."""
    if not given.ids:
        return {"example": given.names, **columns}
    is_free = given.ids.column not in ("example", *columns)
    return {"example": given.names, given.ids.column if is_free else "id": given.ids.values, **columns}


def _model(path: Path) -> "keras.Model":
    """The saved model, opened in Keras's safe mode: code that a file from elsewhere brings is refused."""
    import keras

    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    # A damaged archive raises nearly anything.
    except Exception as error:
        said = (str(error).splitlines() or [type(error).__name__])[0].partition(". ")[0]
        raise DataError(f"{path}: damaged, or refused by Keras's safe mode: {said}") from error


def _outputs(model: "keras.Model", x: Any) -> dict[str, np.ndarray]:
    """Each target's predictions `(n, columns)`; the only target's name is empty."""
    import keras

    parts: dict[str, list[np.ndarray]] = {}
    for start in range(0, x.shape[0], CHUNK_ROWS):
        chunk = x[start : start + CHUNK_ROWS]
        dense = chunk if isinstance(chunk, np.ndarray) else chunk.toarray()
        # Not Keras's `predict`, which makes float32 of all arrays first.
        output = model(keras.ops.convert_to_tensor(dense.astype(model.input.dtype)), training=False)
        for name, part in (output if isinstance(output, dict) else {"": output}).items():
            parts.setdefault(name, []).append(np.asarray(part))
    return {name: np.concatenate(of_one) for name, of_one in parts.items()}


def _targets(y: np.ndarray, info: Info) -> list[Any]:
    """Classes by their names, labels with a semicolon between them, numbers as they are."""
    if info.n_classes is None:
        return list(y)
    names = class_names(info, info.n_classes)
    if y.ndim == 2:
        return [";".join(names[k] for k in row.nonzero()[0]) for row in y]
    return [names[k] for k in y]
