"""Layers that are larger than what they are given, in numbers."""

from typing import Any

import pytest

from dlexp.components.models.layer_sizes import misfit


@pytest.mark.parametrize(
    ("name", "arguments", "shape", "message"),
    [
        ("Reshape", {"target_shape": [15, 4]}, (45,), "[15, 4] holds 60 numbers, and an example has 45"),
        ("Reshape", {"target_shape": [-1, 4]}, (45,), "[-1, 4] holds a multiple of 4 numbers, and an example has 45"),
        ("Reshape", {"target_shape": [-1, 5]}, (45,), ""),
        ("Reshape", {"target_shape": [15, 4]}, (None, 45), ""),
        (
            "Conv2D",
            {"kernel_size": 15},
            (12, 12, 1),
            "kernel_size 15 is larger than the 12 x 12 that it is given; write a smaller one, or padding: same",
        ),
        (
            "MaxPooling1D",
            {"pool_size": [9]},
            (8, 3),
            "pool_size [9] is larger than the 8 that it is given; write a smaller one, or padding: same",
        ),
        (
            "Conv1D",
            {"kernel_size": 5, "dilation_rate": 2},
            (8, 3),
            "kernel_size 5 with a dilation_rate of 2 is larger than the 8 that it is given; "
            "write a smaller one, or padding: same",
        ),
        ("Conv2D", {"kernel_size": 3, "data_format": "channels_first"}, (1, 12, 12), ""),
        ("Conv2D", {"kernel_size": 15, "padding": "same"}, (12, 12, 1), ""),
        ("Conv2DTranspose", {"kernel_size": 15}, (12, 12, 1), ""),
        ("ConvLSTM1D", {"kernel_size": 3}, (2, 8, 1), ""),
    ],
)
def test_what_is_said_of_sizes(
    name: str, arguments: dict[str, Any], shape: tuple[int | None, ...], message: str
) -> None:
    """Both sizes and what would do; nothing of a layer whose sizes fit or are not known."""
    assert misfit(name, arguments, (None, *shape)) == message
