"""What `check` says of a stack of Keras's layers without Keras: what it refuses, and that it refuses nothing right."""

from pathlib import Path

import keras
import pytest
import yaml

from dlexp.components.component import Context
from dlexp.components.data import Info
from dlexp.components.models import Layers, keras_layers, layer_axes
from dlexp.components.models.layer_problems import UNUSABLE
from dlexp.config.load import load, load_all
from dlexp.config.problems import ConfigError
from dlexp.training.threads import set_threads

set_threads(1)

IMAGE = "{Reshape: {target_shape: [8, 8, 3]}}"
STEPS = "{Reshape: {target_shape: [16, 12]}}"
CLIP = "{Reshape: {target_shape: [4, 4, 4, 3]}}"
NUMBERS = Info(task="binary", n_train=10, n_test=10, inputs="numeric", shape=(192,), n_classes=2)
WORDS = Info(task="binary", n_train=10, n_test=10, inputs="word_ids", shape=(12,), n_classes=2, vocabulary=50)
SPARSE = Info(task="binary", n_train=10, n_test=10, inputs="sparse", shape=(50,), n_classes=2)


def stack(*layers: str) -> Layers:
    """A model of layers, each written as in a config."""
    return Layers.model_validate({"layers": [yaml.safe_load(each) for each in layers]})


def problems(*layers: str, info: Info = NUMBERS) -> list[str]:
    """What is wrong with a stack: path and message."""
    return [f"{path}: {message}" for path, message in stack(*layers).problems(Context(info=info))]


@pytest.mark.parametrize(
    ("first", "second", "path"),
    [
        ("LSTM: {units: 4}", "LSTM: {units: 4}", "layers.1.LSTM"),
        ("LSTM: {units: 4, return_sequences: false}", "Conv1D: {filters: 4, kernel_size: 2}", "layers.1.LSTM"),
        ("GRU: {units: 4}", "GlobalAveragePooling1D", "layers.1.GRU"),
        ("SimpleRNN: {units: 4}", "MultiHeadAttention: {num_heads: 2, key_dim: 4}", "layers.1.SimpleRNN"),
        ("Bidirectional: {layer: {GRU: {units: 4}}}", "Attention", "layers.1.Bidirectional.layer.GRU"),
        ("RNN: {cell: {LSTMCell: {units: 4}}}", "TimeDistributed: {layer: {Dense: {units: 2}}}", "layers.1.RNN"),
    ],
)
def test_the_last_step_alone_is_told_how_to_become_all(first: str, second: str, path: str) -> None:
    """At the layer that gives it, with what to set; another layer may stand between."""
    (name,) = yaml.safe_load(second) if second.endswith("}") else [second]
    for between in ([], ["Dense: {units: 4}"]):
        wanted = f"model.layers.{2 + len(between)}.{name} takes all of them; set model.{path}.return_sequences=true"

        assert problems(STEPS, first, *between, second) == [
            f"{path}.return_sequences: gives the last step alone, and {wanted}"
        ]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (["MultiHeadAttention: {num_heads: 2, key_dim: 4}"],
         "layers.0.MultiHeadAttention: takes at least 3 axes with the batch, given 2; put Reshape: {target_shape: ["),
        (["Attention"], "layers.0.Attention: takes at least 3 axes with the batch, given 2"),
        (["GroupQueryAttention: {head_dim: 4, num_query_heads: 2, num_key_value_heads: 1}"],
         "takes 3 axes with the batch, given 2"),
        ([STEPS, "AutoContrast", "Flatten"], "takes 4 axes with the batch, given 3; put Reshape: {target_shape: [heig"),
        ([STEPS, "Resizing: {height: 4, width: 4}", "Flatten"], "layers.1.Resizing: takes 4 axes with the batch"),
        ([IMAGE, "Flatten", "Conv2D: {filters: 2, kernel_size: 2}"], "given 2 behind model.layers.1.Flatten; put Resh"),
        ([IMAGE, "RepeatVector: {n: 2}"], "takes 2 axes with the batch, given 4; put Flatten before it"),
        (["SpectralNormalization: {layer: {Conv2D: {filters: 2, kernel_size: 2}}}"], "takes 4 axes with the batch"),
        ([STEPS, "TimeDistributed: {layer: {Conv1D: {filters: 2, kernel_size: 2}}}"], "takes 4 axes with the batch"),
        (["Softmax: {axis: 0}"], "layers.0.Softmax.axis: axis 0 is that of the examples, which a layer must not mix"),
        (["LayerNormalization: {axis: [-2]}"], "axis 0 is that of the examples"),
        ([IMAGE, "BatchNormalization: {axis: 5}"], "there is no axis 5: with the batch, which is 0, its inputs have 4"),
    ],
)  # fmt: skip
def test_axes_that_do_not_fit_are_named(layers: list[str], message: str) -> None:
    """With what to put in front; examples are never mixed, which Keras would do where steps or images are missing."""
    (found,) = problems(*layers)

    assert message in found


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("Dense: {units: 2, kernel_regularizer: {l2: 0.1}}",
         "expected the name of a regularizer, or {class_name: l2, config: {l2: 0.1}}, given {'l2': 0.1}"),
        ("Dense: {units: 2, kernel_initializer: {RandomNormal: {stddev: 0.1}}}",
         "expected the name of an initializer, or {class_name: RandomNormal, config: {stddev: 0.1}}, given"),
        ("Dense: {units: 2, kernel_constraint: 3}",
         "expected the name of a constraint, or {class_name: MaxNorm, config: {max_value: 2}}, given 3"),
        ("Dense: {units: 2, kernel_regularizer: {class_name: L3, config: {}}}", "unknown regularizer 'L3'."),
        ("Dense: {units: 2, activation: [relu]}", "expected the name of an activation, given ['relu']"),
        ("LSTM: {units: 2, stateful: true}", "layers.0.LSTM.stateful: carries the state from batch to batch"),
        ("GRU: {units: 2, return_state: true}", "a stack passes one tensor on; leave it out"),
        ("Bidirectional: {layer: {LSTM: {units: 2}}, merge_mode: null}", "null leaves two outputs"),
        ("Bidirectional: {layer: {Dense: {units: 2}}}", "expected a layer that goes through steps, such as LSTM"),
        ("RNN: {cell: {Dense: {units: 2}}}", "expected a cell: LSTMCell, GRUCell, SimpleRNNCell, StackedRNNCells"),
        ("RNN: {cell: [{LSTMCell: {units: 0}}]}", "layers.0.RNN.cell.0.LSTMCell.units: expected a whole number"),
        ("StackedRNNCells: {cells: [3]}", "a cell makes one step, and needs a layer that goes through all: RNN"),
        ("Reshape: {target_shape: [null, 4]}", "expected a list of whole numbers, of which one may be -1, given [None"),
        ("Reshape: {target_shape: 192}", "expected a list of whole numbers, of which one may be -1, given 192"),
        ("Dropout: {rate: 0.2, noise_shape: [8, 1]}", "whose size is not always 8; begin with null"),
        ("RandomFlip: {mode: diagonal}", "unknown mode 'diagonal'. Choose from: horizontal"),
        ("BatchNormalization: {momentum: 5}", "expected a number from 0 to 1, given 5"),
        ("Dense: {units: 2, name: a}", "unknown argument 'name': layers are named by their places; leave it out"),
        ("Dense: {units: 2, input_shape: [3]}", "unknown argument 'input_shape': the data tell the shape of the"),
        ("Concatenate: {axis: 1}", "a stack cannot use 'Concatenate'. It takes several inputs"),
        ("Equalization", "a stack cannot use 'Equalization'. Keras takes its output for its input"),
        ("InputLayer: {shape: [3]}", "a stack cannot use 'InputLayer'. The data tell the shape of the inputs"),
    ],
)  # fmt: skip
def test_arguments_that_no_stack_can_use_are_named(layer: str, message: str) -> None:
    """With what to write in their place."""
    (found,) = problems(layer)

    assert message in found


def test_layers_that_keras_has_and_a_stack_does_not_are_explained() -> None:
    """Every one of them exists."""
    assert all(hasattr(keras.layers, name) or hasattr(keras, name) for name in UNUSABLE)


def test_image_layers_are_those_of_keras() -> None:
    """Of three axes each makes a single image of all examples."""
    from keras.src.layers.preprocessing.image_preprocessing.base_image_preprocessing_layer import (
        BaseImagePreprocessingLayer,
    )

    names = {
        name
        for name in keras_layers.table()["layers"]
        if issubclass(getattr(keras.layers, name), BaseImagePreprocessingLayer)
    }
    assert {name for name in names if not name.startswith("Random")} == set(layer_axes.IMAGE_LAYERS)


def test_a_second_kernel_of_the_first_layer_on_sparse_vectors_is_refused() -> None:
    """Training multiplies its kernel outside of Keras; on dense ones it is Keras's own."""
    layer = "Dense: {units: 4, lora_rank: 2}"

    assert "layers.0.Dense.lora_rank: training multiplies the kernel" in problems(layer, info=SPARSE)[0]
    assert problems(layer) == []


RIGHT = [
    ["Dense: {units: 64, activation: relu}", "Dropout: {rate: 0.5}", "Dense: {units: 64, activation: relu}"],
    ["Dense: {units: 64, kernel_initializer: he_normal}", "BatchNormalization", "Activation: {activation: relu}"],
    ["Dense: {units: 8, kernel_regularizer: {class_name: L1L2, config: {l1: 0.01}}, activity_regularizer: l2}"],
    ["Dense: {units: 8, kernel_initializer: {class_name: VarianceScaling, config: {scale: 0.1}}, kernel_constraint: "
     "{class_name: max_norm, config: {max_value: 2}}}", "LeakyReLU: {negative_slope: 0.2}"],
    ["Dense: {units: 8, activation: glu, bias_regularizer: l2}", "UnitNormalization", "GaussianNoise: {stddev: 0.1}"],
    ["Dense: {units: 8, lora_rank: 2, trainable: false}", "PReLU", "AlphaDropout: {rate: 0.1}"],
    [IMAGE, "Conv2D: {filters: 8, kernel_size: [3, 3], activation: relu}", "MaxPooling2D: {pool_size: [2, 2]}",
     "Conv2D: {filters: 8, kernel_size: 2, padding: same}", "Flatten", "Dropout: {rate: 0.5}"],
    [IMAGE, "Rescaling: {scale: 0.0039}", "Conv2D: {filters: 4, kernel_size: 3, strides: 2}", "BatchNormalization",
     "ReLU: {max_value: 6}", "DepthwiseConv2D: {kernel_size: 2, depth_multiplier: 2}", "GlobalAveragePooling2D"],
    [IMAGE, "RandomFlip: {mode: horizontal}", "RandomRotation: {factor: 0.1}", "RandomZoom: {height_factor: 0.1}",
     "RandomContrast: {factor: 0.1}", "SeparableConv2D: {filters: 4, kernel_size: 3}", "SpatialDropout2D: {rate: 0.1}",
     "GlobalMaxPooling2D"],
    [IMAGE, "Conv2D: {filters: 4, kernel_size: 3, dilation_rate: 2, data_format: channels_last}", "Flatten"],
    [IMAGE, "Permute: {dims: [3, 1, 2]}", "ZeroPadding2D: {padding: [[1, 0], [2, 1]]}", "Cropping2D: {cropping: 1}",
     "Flatten"],
    [IMAGE, "Conv2D: {filters: 4, kernel_size: 2, groups: 1}", "GroupNormalization: {groups: 2}",
     "Conv2DTranspose: {filters: 2, kernel_size: 3, strides: 2, padding: same}", "UpSampling2D: {size: 2}", "Flatten"],
    [IMAGE, "Resizing: {height: 4, width: 4}", "CenterCrop: {height: 2, width: 2}", "Flatten"],
    [IMAGE, "BatchNormalization: {axis: 1}", "LayerNormalization: {axis: [1, 2, 3]}", "Softmax: {axis: [1, 2]}",
     "PReLU: {shared_axes: [1, 2]}", "Flatten"],
    [IMAGE, "AveragePooling2D: {pool_size: 2, strides: null}", "AdaptiveAveragePooling2D: {output_size: [2, 2]}",
     "Reshape: {target_shape: [-1]}"],
    [CLIP, "Conv3D: {filters: 2, kernel_size: 2}", "MaxPooling3D", "GlobalAveragePooling3D"],
    [CLIP, "ConvLSTM2D: {filters: 2, kernel_size: 2, return_sequences: true}", "BatchNormalization",
     "Conv3D: {filters: 1, kernel_size: 2}", "Flatten"],
    [CLIP, "TimeDistributed: {layer: {Conv2D: {filters: 2, kernel_size: 2}}}", "TimeDistributed: {layer: Flatten}",
     "LSTM: {units: 4}"],
    [STEPS, "Conv1D: {filters: 4, kernel_size: 3, padding: causal, dilation_rate: 2}", "MaxPooling1D: {pool_size: 2}",
     "LSTM: {units: 4}"],
    [STEPS, "LSTM: {units: 4, return_sequences: true}", "Bidirectional: {layer: {LSTM: {units: 4}}}"],
    [STEPS, "Bidirectional: {layer: {GRU: {units: 4}}, merge_mode: sum, backward_layer: {GRU: {units: 4, "
     "go_backwards: true}}}"],
    [STEPS, "GRU: {units: 4, dropout: 0.2, recurrent_dropout: 0.2, reset_after: false, unroll: true}"],
    [STEPS, "RNN: {cell: {StackedRNNCells: {cells: [{LSTMCell: {units: 4}}, {GRUCell: {units: 3}}]}}}"],
    [STEPS, "RNN: {cell: [{SimpleRNNCell: {units: 4}}, {SimpleRNNCell: {units: 3}}]}"],
    [STEPS, "MultiHeadAttention: {num_heads: 2, key_dim: 4, dropout: 0.1}", "LayerNormalization",
     "Dense: {units: 8, activation: gelu}", "GlobalAveragePooling1D"],
    [STEPS, "EinsumDense: {equation: 'abc,cd->abd', output_shape: [null, 4], bias_axes: d}", "GlobalMaxPooling1D"],
    [STEPS, "Dropout: {rate: 0.2, noise_shape: [null, 1, 12]}", "SpatialDropout1D: {rate: 0.2}", "Attention",
     "Flatten"],
    [STEPS, "SpectralNormalization: {layer: {Conv1D: {filters: 2, kernel_size: 2}}, power_iterations: 2}", "Flatten"],
    ["Dense: {units: 12}", "RepeatVector: {n: 3}", "LSTM: {units: 4, return_sequences: true}",
     "TimeDistributed: {layer: {Dense: {units: 1}}}", "Flatten"],
    [IMAGE, "MultiHeadAttention: {num_heads: 2, key_dim: 4, attention_axes: [1, 2]}", "GlobalAveragePooling2D"],
]  # fmt: skip
RIGHT_ON_WORDS = [
    ["Embedding: {output_dim: 8}", "Bidirectional: {layer: {LSTM: {units: 4, return_sequences: true}}}",
     "Bidirectional: {layer: {LSTM: {units: 4}}}"],
    ["Embedding: {output_dim: 8, mask_zero: true}", "GRU: {units: 4}", "Dropout: {rate: 0.5}"],
    ["Embedding: {output_dim: 8}", "Dropout: {rate: 0.5}", "Conv1D: {filters: 4, kernel_size: 3, strides: 3}",
     "GlobalMaxPooling1D", "Dense: {units: 4, activation: relu}"],
    ["Embedding: {output_dim: 8}", "GlobalAveragePooling1D"],
    ["Embedding: {output_dim: 8}", "GroupQueryAttention: {head_dim: 4, num_query_heads: 2, num_key_value_heads: 1}",
     "GlobalAveragePooling1D"],
]  # fmt: skip


@pytest.mark.parametrize(
    ("layers", "info"), [*((layers, NUMBERS) for layers in RIGHT), *((layers, WORDS) for layers in RIGHT_ON_WORDS)]
)
def test_right_stacks_pass_and_are_built(layers: list[str], info: Info) -> None:
    """Those of Keras's own guides: no check and no trial has a word against them."""
    keras.backend.clear_session()
    x = keras.Input(info.shape, dtype="int32" if info is WORDS else "float32")

    assert problems(*layers, info=info) == []
    assert len(stack(*layers).build(x, info).shape) == 2


def test_what_mends_a_layer_can_be_followed(tmp_path: Path) -> None:
    """As a change of the file; in the value of a grid, which would replace it, as what to write there."""
    path, steps = tmp_path / "c.yaml", "[{Reshape: {target_shape: [8, 8]}}, {LSTM: {units: 4}}, {LSTM: {units: 4}}]"
    path.write_text(f"dataset: digits\nmodel: {{layers: {steps}}}\n")
    with pytest.raises(ConfigError) as in_file:
        load(path)
    path.write_text("dataset: digits\nmodel: {layers: [Flatten]}\n")
    with pytest.raises(ConfigError) as in_grid:
        load_all([path], grids=[f"model.layers=[[Flatten], {steps}]"])

    assert [each.change for each in in_file.value.problems] == ["model.layers.1.LSTM.return_sequences=true"]
    assert in_grid.value.lines == [
        "--grid model.layers (value 2 of 2): model.layers.1.LSTM.return_sequences: gives the last step alone, and "
        "model.layers.2.LSTM takes all of them; write return_sequences: true in that value"
    ]
