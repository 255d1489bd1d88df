"""The worst mistakes on the test split with their examples: decoded while the data is there, by who may read it."""

import base64
import traceback
from collections.abc import Mapping, Sequence
from itertools import groupby, islice, zip_longest
from typing import Any

import numpy as np

from dlexp.components import snapshot
from dlexp.components.data import Data, Info
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.metrics import class_probabilities
from dlexp.components.pictures import Picture

#: How many of the worst mistakes on each target are kept, and how many of these a summary repeats.
N_MISTAKES = 20
N_IN_SUMMARY = 10
#: How many examples a run keeps, over all targets; and of each the first characters.
MAX_EXAMPLES = 20
MAX_CHARACTERS = 2000

Mistake = Mapping[str, Any]


def mistakes(y: np.ndarray, predictions: np.ndarray, info: Info) -> list[dict[str, Any]]:
    """The test examples that are most confidently wrong: position, target, prediction; for classes its probability.

    Of multilabel data, each label is a decision of its own: given (1) or not (0).
    """
    if info.n_classes is None:
        worst = np.abs(predictions[:, 0] - y).argsort(kind="stable")[::-1][:N_MISTAKES]
        return [{"position": int(i), "target": float(y[i]), "predicted": float(predictions[i, 0])} for i in worst]
    if info.task == "multilabel":
        decided, probability = predictions > 0.5, np.maximum(predictions, 1 - predictions)
    else:
        of_class = class_probabilities(predictions)
        decided, probability = of_class.argmax(axis=1), of_class.max(axis=1)
    confidence = np.where(decided != y, probability, 0.0)
    worst = confidence.argsort(axis=None, kind="stable")[::-1][: min(N_MISTAKES, int((decided != y).sum()))]
    return [
        {
            "position": int(place[0]),
            **({"label": int(place[1])} if info.task == "multilabel" else {}),
            "target": int(y[place]),
            "predicted": int(decided[place]),
            "probability": float(confidence[place]),
        }
        for place in zip(*np.unravel_index(worst, y.shape), strict=True)
    ]


def named(found: Sequence[Mistake], data: Data) -> list[Mistake]:
    """The mistakes with what their examples are called: as `dlexp predict` calls them, and by a column of ids."""
    ids = data.test_ids
    return [
        {
            **each,
            "example": data.name("test", each["position"]),
            **({"id": ids.values[each["position"]]} if ids else {}),
        }
        for each in found
    ]


def first_mistakes(found: Sequence[Mistake]) -> list[Mistake]:
    """Of the mistakes on each target the worst, as many as a summary keeps."""
    return [each for of_one in _by_target(found) for each in of_one[:N_IN_SUMMARY]]


def with_examples(
    found: Sequence[Mistake], dataset: Dataset, data: Data, read: snapshot.Snapshot | None = None
) -> dict[str, Any]:
    """The mistakes as `evaluation.json` has them: the worst ones of each target with their examples.

    An example is a `text`, or a picture: a `png` in base64 and what the text calls it. Where none can be had,
    `examples_problem` says why: the run is complete without them. What is read again for them, of files that the
    training has `read`, has to be the same still.
    """
    in_turn = (each for of_rank in zip_longest(*_by_target(found)) for each in of_rank if each)
    shown = list(islice(in_turn, MAX_EXAMPLES))
    positions = list(dict.fromkeys(each["position"] for each in shown))
    try:
        with snapshot.taken(after=read):
            decoded = dict(zip(positions, map(_record, dataset.decoded(data, positions)), strict=True))
    # A file that was removed meanwhile, a data set of the user's own: whatever it is, the model is trained.
    except Exception as error:
        traceback.print_exc()
        return {"mistakes": list(found), "examples_problem": str(error).partition("\n")[0] or type(error).__name__}
    examples = {id(each): decoded[each["position"]] for each in shown}
    return {"mistakes": [{**each, **examples.get(id(each), {})} for each in found]}


def _by_target(found: Sequence[Mistake]) -> list[list[Mistake]]:
    """They stand target by target, the worst first."""
    return [list(of_one) for _, of_one in groupby(found, key=lambda each: each.get("target_name"))]


def _record(example: str | Picture) -> dict[str, str]:
    if not isinstance(example, str):
        return {"text": example.described, "png": base64.b64encode(example.png()).decode()}
    cut = example if len(example) <= MAX_CHARACTERS else f"{example[:MAX_CHARACTERS]} ..."
    # Half of a character that takes two in UTF-16 cannot be written.
    return {"text": cut.encode("utf-8", "replace").decode()}
