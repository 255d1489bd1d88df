"""Where a run computes. No card is needed: TensorFlow's list of devices is made up, and what it is told noted."""

from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from dlexp.components.component import Unfit
from dlexp.config.identity import Ingredients
from dlexp.config.load import load
from dlexp.training import device
from dlexp.training.device import unrepeatable_named, use

CARDS = ["/physical_device:GPU:0", "/physical_device:GPU:1"]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What TensorFlow is told, on a machine with two cards."""
    said: list[tuple[str, Any]] = []

    def note(name: str, *result: Any) -> Any:
        return lambda *words: said.append((name, words))

    for config, name in (
        (tf.config, "set_visible_devices"),
        (tf.config.experimental, "set_memory_growth"),
        (tf.config.experimental, "enable_op_determinism"),
        (tf.config.experimental, "enable_tensor_float_32_execution"),
    ):
        monkeypatch.setattr(config, name, note(name))
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: CARDS)
    return said


def test_a_run_on_a_card_shares_it_and_repeats(told: list[tuple[str, Any]]) -> None:
    """The first card alone; its memory as it is needed, deterministic operations, float32 with all its bits."""
    use("gpu")

    assert told == [
        ("set_visible_devices", (CARDS[:1], "GPU")),
        ("set_memory_growth", (CARDS[0], True)),
        ("enable_op_determinism", ()),
        ("enable_tensor_float_32_execution", (False,)),
    ]


def test_a_run_on_the_processor_has_no_card(told: list[tuple[str, Any]]) -> None:
    """Nor is anything else set: its numbers are those of a machine without one."""
    use("cpu")

    assert told == [("set_visible_devices", ([], "GPU"))]


def test_no_card_is_the_fault_of_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it takes, and what trains all the same."""
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: [])

    with pytest.raises(Unfit, match="sees no GPU here; it takes NVIDIA's driver") as caught:
        use("gpu")

    assert [path for path, *_ in caught.value.misfits] == ["training.device"]


def test_the_card_is_recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With all that may give other numbers; on the processor nothing."""
    assert device.environment() == {}
    details = {"device_name": "NVIDIA H100 80GB HBM3", "compute_capability": (9, 0)}
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda _: CARDS[:1])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda card: details if card == CARDS[0] else {})
    monkeypatch.setattr(tf.sysconfig, "get_build_info", lambda: {"cuda_version": "12.5.1", "cudnn_version": "9"})
    monkeypatch.setattr(device, "_DRIVER", tmp_path / "version")
    card = {"name": "NVIDIA H100 80GB HBM3", "compute_capability": "9.0", "cuda": "12.5.1", "cudnn": "9"}

    assert device.environment() == {"gpu": card}
    for line, version in (
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023", "535.104.05"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build", "570.86.15"),
    ):
        (tmp_path / "version").write_text(f"{line}\nGCC version:  gcc version 12.3.0\n")
        assert device.environment() == {"gpu": {**card, "driver": version}}


def test_what_cannot_repeat_on_a_card_is_named() -> None:
    """In the words of TensorFlow, and with what to do; any other operation that it lacks stays what it is."""
    said = (
        "Graph execution error:\n\nDetected at node AdjustContrastv2 defined at\nA deterministic GPU implementation of "
        "AdjustContrastv2 is not currently available.\n\t [[{{node AdjustContrastv2}}]]"
    )

    with pytest.raises(Unfit) as caught, unrepeatable_named():
        raise tf.errors.UnimplementedError(None, None, said)
    assert caught.value.lines == [
        "training.device: two such trainings on a GPU would not give the same numbers: A deterministic GPU "
        "implementation of AdjustContrastv2 is not currently available. Leave out the layer that needs it, or set "
        "training.device=cpu"
    ]
    with pytest.raises(tf.errors.UnimplementedError), unrepeatable_named():
        raise tf.errors.UnimplementedError(None, None, "Cast string to float is not supported")


def test_where_it_computes_is_part_of_the_experiment(tmp_path: Path) -> None:
    """Another sum is another number; on the processor nothing of it is recorded, as before there was the key."""
    (tmp_path / "a.yaml").write_text("dataset: iris\n")
    plain, on_cpu, on_gpu = (
        load(tmp_path / "a.yaml", words).experiment for words in ([], ["training.device=cpu"], ["training.device=gpu"])
    )
    identities = [Ingredients.of(each, "digest").identity for each in (plain, on_cpu, on_gpu)]

    assert identities[0] == identities[1] != identities[2]
    assert "device" not in plain.model_dump()["training"]
    assert on_gpu.model_dump()["training"]["device"] == "gpu"
