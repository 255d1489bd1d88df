"""Tests that train are marked `training`: `-m 'not slow and not training'` leaves them out and has to stay quick.

One that trains, or starts a process that may, and is not marked fails here, so nobody has to remember it.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NoReturn

import pytest

#: Words of a process that trains, or that imports TensorFlow, which takes as long.
TRAINS = re.compile(
    r"dlexp (run|verify|predict|bias-variance) |dlexp\.(run|bias_variance)\(|import [\w, ]*\b(keras|tensorflow)\b"
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Fixtures too, those of a module with the first test that takes them."""
    with pytest.MonkeyPatch.context() as patch:
        if not {"training", "slow"} & {marker.name for marker in item.iter_markers()}:
            _refuse_training(patch)
        return (yield)


def _refuse_training(patch: pytest.MonkeyPatch) -> None:
    started = subprocess.Popen.__init__

    def start(process: Any, words: Any, *arguments: Any, **options: Any) -> None:
        if TRAINS.search(" ".join(map(str, words)) + " "):
            _refuse()
        started(process, words, *arguments, **options)

    patch.setattr(subprocess.Popen, "__init__", start)
    patch.setattr(ProcessPoolExecutor, "__init__", _refuse)  # Of every process that dlexp trains or asks Keras in.
    if loop := sys.modules.get("dlexp.training.loop"):
        patch.setattr(loop.Trainer, "train_epoch", _refuse)


def _refuse(*_: object, **__: object) -> NoReturn:
    pytest.fail("it trains, or starts a process that may: mark it with @pytest.mark.training", pytrace=False)
