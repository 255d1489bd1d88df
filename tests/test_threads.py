"""How TensorFlow starts."""

import gc
from collections.abc import Iterator

import pytest
import tensorflow as tf

from dlexp.training.threads import start


@pytest.fixture
def garbage_stays() -> Iterator[None]:
    """As a worker begins."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("garbage_stays")
def test_garbage_is_collected_though_tensorflow_was_there_already() -> None:
    """A script that imports it before dlexp does so in its workers too: each network of theirs would stay in memory."""
    assert tf

    start()

    assert gc.isenabled()
