"""How TensorFlow starts."""

import importlib
import sys

import pytest

from dlexp.training.threads import hidden


def test_hidden_modules_seem_not_installed_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keras passes over what it cannot import; the data sets and plots of the same process can, afterwards."""
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)

    with hidden(["colorsys"]), pytest.raises(ImportError):
        importlib.import_module("colorsys")

    assert importlib.import_module("colorsys").rgb_to_hsv(0, 0, 0) == (0, 0, 0)


def test_a_module_that_is_there_already_stays() -> None:
    """Nothing is taken from whoever has it."""
    with hidden(["importlib"]):
        assert importlib.import_module("importlib") is importlib
