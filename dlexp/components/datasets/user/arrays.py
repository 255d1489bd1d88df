"""The user's own arrays: from an npz file or from a function."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from dlexp.components import memory, user_code
from dlexp.components.component import Context, Misfit, Unfit
from dlexp.components.data import Data, Info, Inputs, NewExamples, Split
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.datasets.reading import files
from dlexp.components.datasets.user.keys import MAX_NAMED, Target, TargetKeys, UserPath, not_there
from dlexp.components.datasets.user.pairs import are_misaligned, pairs
from dlexp.components.pictures import are_pictures, pictures
from dlexp.components.remarks import Remark
from dlexp.components.user_code import FunctionName
from dlexp.errors import DataError

Form = Literal["numeric", "sparse", "word_ids"]
#: The axes and the kinds of numbers (numpy's) that each form takes.
KINDS = {"numeric": "fiub", "sparse": "fiub", "word_ids": "iuf"}


class Arrays(TargetKeys, Dataset):
    """Inputs and targets of both splits as arrays, one row per example.

    Targets are classes (numbers or words), values, or of a multilabel task rows of 0 and 1, `(n, classes)`.
    """

    is_users_own = True
    form: Form = "numeric"
    """What the inputs are: numbers `(n, ...)`, made flat; a sparse matrix; or padded word indices `(n, maxlen)`."""
    vocabulary: Annotated[int, Field(ge=2)] | None = None
    """Number of word indices, 0 for padding included; word_ids need it."""
    standardize: bool = True
    """Whether the model first gives each number mean 0 and variance 1, fitted on the training split; of numeric inputs
    alone."""

    @property
    def learned(self) -> Target:
        """The one target."""
        return self.target_of()

    def info(self) -> Info:
        """Without what only the arrays say."""
        standardize = self.standardize and self.form == "numeric"
        return replace(self.learned.info(self.form), vocabulary=self.vocabulary, standardize=standardize)

    def load(self, data_dir: Path | None) -> Data:
        """The arrays, checked, in the types that the model takes."""
        import numpy as np

        from dlexp.components.datasets.user import array_sentinels, array_targets, targets
        from dlexp.components.datasets.user.array_values import plain

        origin, (x_train, y_train), (x_test, y_test) = self._arrays(data_dir)
        train, test = (f"{origin} ({name})" for name in ("train", "test"))
        learned = self.learned
        y_train, y_test = plain(y_train, f"{train}: targets"), plain(y_test, f"{test}: targets")
        given = [
            array_targets.read(y, each, learned.only_task, learned.said_classes)
            for each, y in ((train, y_train), (test, y_test))
        ]
        far = []
        if learned.only_task in targets.NUMBERS:
            far = list(array_sentinels.remarks(train, "targets", y_train.reshape(-1, 1), y_test.reshape(-1, 1)))
        of_train, of_test = ({"": each.raw} for each in given)
        y = targets.encode(replace(learned, classes=given[0].classes or learned.classes), of_train, of_test)
        names = self._input_names
        inputs: list[Any] = [
            self._inputs(x_train, train, names[0], len(y.train)),
            self._inputs(x_test, test, names[1], len(y.test)),
        ]
        shape, test_shape = (x.shape[1:] for x in inputs)
        if shape != test_shape:
            raise DataError(f"{origin}: training inputs of shape {shape}, but test inputs of shape {test_shape}")
        if self.form == "word_ids":
            self._require_vocabulary({"train": inputs[0], "test": inputs[1]})
        is_shown = self.form == "numeric" and are_pictures(np.shape(x_test)[1:])
        inputs, lost = self._typed(inputs, train)
        return Data(
            Split(inputs[0], y.train),
            Split(inputs[1], y.test),
            info=y.complete(replace(self.info(), n_train=len(y.train), n_test=len(y.test), shape=shape)),
            decode=(lambda positions: pictures(np.asarray(x_test)[list(positions)])) if is_shown else None,
            # Of the test split, what is said of the training split already is not said again.
            remarks=[*(given[0].remarks or given[1].remarks), *y.remarks, *far, *lost],
        )

    def _typed(self, inputs: list[Any], origin: str) -> tuple[list[Any], list[Remark]]:
        """Both splits' inputs in the type that the model takes; and what is said of the training split's."""
        import numpy as np

        from dlexp.components import precision
        from dlexp.components.datasets.user import array_sentinels

        if self.form == "word_ids":
            return [x.astype(np.int32) for x in inputs], []
        if self.form == "sparse":
            return [x.astype(np.float32) for x in inputs], list(precision.sparse_remarks(origin, inputs[0]))
        far = array_sentinels.remarks(origin, "number", *inputs)
        losses = precision.losses(inputs[0])
        lost = precision.array_remarks(origin, inputs[0], losses, "in the model" if self.standardize else "never")
        dtype = np.float64 if self.standardize and any(each.is_wide for each in losses) else np.float32
        return [x.astype(dtype, copy=False) for x in inputs], [*far, *lost]

    def new_examples(self, path: Path, data_dir: Path | None) -> NewExamples:
        """An archive with an array x, or a sparse matrix as scipy.sparse.save_npz writes it."""
        import numpy as np

        from dlexp.components.datasets.reading import npz
        from dlexp.components.datasets.user import new_examples

        x: Any = npz.read_sparse(path) if self.form == "sparse" else new_examples.array(path)
        new_examples.require_examples(path, x.shape[0])
        names = new_examples.rows(x.shape[0])
        inputs: Any = self._inputs(x, str(path), new_examples.ARRAY, len(names))
        if self.form != "word_ids":
            return NewExamples(inputs, names, [])
        new_examples.require_known_words(path, inputs, self.vocabulary or 0)
        return NewExamples(inputs.astype(np.int32), names, list(new_examples.padding(inputs, names)))

    def _require_vocabulary(self, inputs: dict[str, Any]) -> None:
        """Refuse a vocabulary that lacks a word, with what to set."""
        from dlexp.components.datasets.user.array_values import largest_word

        role = max(inputs, key=lambda role: inputs[role].max())
        largest, example, number = largest_word(inputs[role])
        if largest >= (self.vocabulary or 0):
            where = f"{example} of {role}, {number}"
            found = f"{self.vocabulary}, but the largest word index is {largest} ({where})"
            raise Unfit(Misfit("dataset.vocabulary", f"{found}; set dataset.vocabulary={largest + 1}"))

    def problems(self, context: Context) -> Iterator[Misfit]:
        """A vocabulary without words, or words without it."""
        yield from self.learned.problems()
        if self.form == "word_ids" and self.vocabulary is None:
            yield Misfit("vocabulary", "word_ids need it: one more than the largest word index")
        elif self.form != "word_ids" and self.vocabulary is not None:
            yield Misfit("vocabulary", f"{self.form} inputs have none; word indices are dataset.form: word_ids")

    def _arrays(self, data_dir: Path | None) -> tuple[str, Sequence[Any], Sequence[Any]]:
        """Where they come from, then `(x, y)` of the training split and of the test split."""
        raise NotImplementedError

    @property
    def _input_names(self) -> tuple[str, str]:
        """What the user calls the inputs of the training split and of the test split."""
        return "x_train", "x_test"

    def _inputs(self, x: Any, origin: str, name: str, n: int) -> Inputs:
        from scipy.sparse import csr_array, issparse

        from dlexp.components.datasets.user.array_values import (
            described,
            kind_of,
            plain,
            require_finite,
            require_one_length,
            require_room,
            require_words,
            to_numbers,
        )

        if issparse(x) != (self.form == "sparse"):
            found = "a sparse matrix" if issparse(x) else "an array"
            raise DataError(f"{origin}: {found} as inputs; say dataset.form: one of {', '.join(get_args(Form))}")
        require_one_length(x, origin, name)
        x = csr_array(x) if self.form == "sparse" else plain(x, f"{origin}: inputs")
        if self.form == "sparse":
            try:
                x.check_format(full_check=True)
            except ValueError as error:
                raise DataError(f"{origin}: not a sound sparse matrix ({error})") from error
        if x.dtype.kind not in KINDS[self.form] or x.ndim < 2 or x.shape[0] != n:
            advice = to_numbers(kind_of(x)) or "; one number per example is x[:, None]" * (x.ndim == 1)
            raise DataError(
                f"{origin}: expected {self.form} inputs of shape ({n}, ...), as there are targets, "
                f"found {described(x)}{advice}"
            )
        if not all(x.shape):
            raise DataError(f"{origin}: inputs of shape {x.shape}, so that there is nothing to learn from")
        values = x.data if self.form == "sparse" else x
        require_finite(values, f"{origin}: inputs")
        require_room(values, f"{origin}: inputs")
        memory.require(4 * values.size, f"{origin}: the inputs as numbers")
        if self.form != "word_ids":
            return x.reshape(n, -1) if self.form == "numeric" else x
        if x.ndim != 2:
            raise DataError(f"{origin}: expected word indices of shape (n, maxlen), found {described(x)}")
        require_words(x, self.vocabulary or 0, f"{origin}: inputs")
        return x


class Npz(Arrays):
    """Your own npz archive of numpy arrays; read without running any code from it."""

    type: Literal["npz"] = "npz"
    path: UserPath
    """The file, seen from the working directory, not from the config; else from the folder with the data files."""
    x_train: str = "x_train"
    """The array with the training inputs."""
    y_train: str = "y_train"
    """The array with the training targets."""
    x_test: str = "x_test"
    """The array with the test inputs."""
    y_test: str = "y_test"
    """The array with the test targets."""

    def paths(self, data_dir: Path | None) -> list[Path]:
        """The file."""
        return [files.find_users(self.path, data_dir)]

    def _arrays(self, data_dir: Path | None) -> tuple[str, Sequence[Any], Sequence[Any]]:
        from dlexp.components.datasets.reading import npz

        (path,) = self.paths(data_dir)
        names = self.x_train, self.y_train, self.x_test, self.y_test
        arrays = npz.read(path, names)
        x_train, y_train, x_test, y_test = (arrays[name] for name in names)
        return str(path), (x_train, y_train), (x_test, y_test)

    @property
    def _input_names(self) -> tuple[str, str]:
        return self.x_train, self.x_test

    def misfits(self, data_dir: Path | None) -> Iterator[Misfit]:
        """Arrays that are not in the archive."""
        from dlexp.components.datasets.reading import npz

        (path,) = self.paths(data_dir)
        there = npz.names(path)
        named = {"x_train": self.x_train, "y_train": self.y_train, "x_test": self.x_test, "y_test": self.y_test}
        for field, name in named.items():
            if name not in there:
                yield Misfit(field, not_there(path, "array", name, there))

    def problems(self, context: Context) -> Iterator[Misfit]:
        """A sparse matrix, which npz archives have no array for."""
        yield from super().problems(context)
        if self.form == "sparse":
            yield Misfit("form", "an npz archive holds no sparse matrix; use type python")


class Python(Arrays):
    """Your own function that returns (x_train, y_train), (x_test, y_test)."""

    type: Literal["python"] = "python"
    function: FunctionName
    """`module:function`; the module is found as Python finds it, then in the working directory. It runs with each
    training, as your own code, and has to return the same for the same arguments."""
    arguments: dict[str, Any] = {}
    """Keyword arguments of the function."""

    @property
    def source(self) -> str:
        """The function."""
        return self.function

    @property
    def functions(self) -> list[str]:
        """The function that makes the arrays."""
        return [self.function]

    def notes(self) -> list[str]:
        """That a run runs code."""
        return [f"a run calls {self.function}, which is found in the working directory if Python does not know it"]

    def paths(self, data_dir: Path | None) -> list[Path]:
        """The module's source alone: what that imports and reads is not seen."""
        return [user_code.source(self.function)]

    def _arrays(self, data_dir: Path | None) -> tuple[str, Sequence[Any], Sequence[Any]]:
        try:
            with user_code.contained():
                given = user_code.load(self.function)(**self.arguments)
        # Another's code raises anything; its traceback is in the log as the cause.
        except Exception as error:
            raise DataError(user_code.explained(self.function, error)) from error
        (x_train, y_train), (x_test, y_test) = pairs(given, self.function)
        names = [list(getattr(x, "columns", ())) for x in (x_train, x_test)]
        if all(names) and names[0] != names[1]:
            listed = " but ".join(", ".join(map(str, each[:MAX_NAMED])) for each in names)
            raise DataError(f"{self.function}: x_train and x_test have other columns, or in another order: {listed}")
        for split, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
            if are_misaligned(x, y):
                raise DataError(f"{self.function}: x_{split} and y_{split} have the same index in another order")
        return self.function, (x_train, y_train), (x_test, y_test)

    def load(self, data_dir: Path | None) -> Data:
        """The arrays, of which only they themselves say what the arguments made of them."""
        data = super().load(data_dir)
        return replace(data, drawn={"train": data.train.digest, "test": data.test.digest})
