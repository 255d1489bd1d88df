"""The worst mistakes on the test split with their examples: decoded while the data is there, by who may read it."""

import base64
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from dlexp.components import snapshot
from dlexp.components.data import Data, SupportsPng
from dlexp.components.datasets.dataset import Dataset

#: How many examples a run keeps, over all targets; and of each the first characters.
MAX_EXAMPLES = 20
MAX_CHARACTERS = 2000


def with_examples(
    mistakes: Sequence[Mapping[str, Any]], dataset: Dataset, data: Data, read: snapshot.Snapshot | None = None
) -> dict[str, Any]:
    """The mistakes as `evaluation.json` has them: the worst ones of each target with their examples.

    An example is a `text`, or a picture: a `png` in base64 and what the text calls it. Where none can be had,
    `examples_problem` says why: the run is none the worse for it. What is read again for them, of files that the
    training has `read`, has to be the same still.
    """
    shown = _worst(mistakes)
    positions = list(dict.fromkeys(each["position"] for each in shown))
    try:
        with snapshot.taken(after=read):
            decoded = dict(zip(positions, map(_record, dataset.decoded(data, positions)), strict=True))
    # A file that was removed meanwhile, a data set of the user's own: whatever it is, the model is trained.
    except Exception as error:
        traceback.print_exc()
        return {"mistakes": list(mistakes), "examples_problem": str(error).partition("\n")[0] or type(error).__name__}
    kept = {id(each) for each in shown}
    return {"mistakes": [{**each, **(decoded[each["position"]] if id(each) in kept else {})} for each in mistakes]}


def _worst(mistakes: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The first ones of each target in turn; they stand target by target, the worst first."""
    ranks: list[tuple[int, int]] = []
    of_target: dict[Any, int] = {}
    for place, each in enumerate(mistakes):
        rank = of_target.get(each.get("target_name"), 0)
        of_target[each.get("target_name")] = rank + 1
        ranks.append((rank, place))
    return [mistakes[place] for _, place in sorted(ranks)[:MAX_EXAMPLES]]


def _record(example: str | SupportsPng) -> dict[str, str]:
    if not isinstance(example, str):
        return {"text": example.described, "png": base64.b64encode(example.png()).decode()}
    cut = example if len(example) <= MAX_CHARACTERS else f"{example[:MAX_CHARACTERS]} ..."
    # Half of a character that takes two in UTF-16 cannot be written.
    return {"text": cut.encode("utf-8", "replace").decode()}
