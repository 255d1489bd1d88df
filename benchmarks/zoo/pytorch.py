"""The same model as modules of PyTorch, with the same initial weights, as one who wants it fast would write it.

Only to be imported where PyTorch is installed.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import torch
from scipy.sparse import csr_array
from torch import nn

from benchmarks.zoo.cases import Case
from benchmarks.zoo.competitors import network_of

#: Where PyTorch has the gates that Keras has as first, second, ...
GATES = {"LSTM": (0, 1, 2, 3), "GRU": (1, 0, 2)}


class PyTorch:
    """A Sequential of modules; batches are cut from arrays in memory."""

    def __init__(self, case: Case) -> None:
        torch.set_num_threads(case.threads)
        self.loss = 0.0
        experiment, train, network = case.experiment, case.train, network_of(case)
        layers = keras.Model(network.model.inputs, network.output.logits).layers[1:]
        self._module = nn.Sequential(*_modules(layers, is_sparse=isinstance(train.x, csr_array)))
        self._adam, self._n_steps = experiment.optimizer, 0
        trained = [weight for weight in self._module.parameters() if weight.requires_grad]
        self._optimizer = torch.optim.Adam(trained, self._adam.learning_rate, fused=True)
        self._batch_size = experiment.training.batch_size
        self._x = train.x if isinstance(train.x, csr_array) else torch.from_numpy(train.x)
        self._y = torch.from_numpy(train.y).long()
        self._loss_of: nn.Module = nn.CrossEntropyLoss()
        if experiment.head.type == "binary":
            self._y, self._loss_of = self._y.float()[:, None], nn.BCEWithLogitsLoss()

    def prepare(self, order: np.ndarray) -> None:
        """Nothing is copied: batches are gathered by position."""
        self._order = order

    def train_epoch(self) -> None:
        """All steps, and the sum of their losses."""
        total = torch.zeros(())
        for start in range(0, len(self._order), self._batch_size):
            positions = self._order[start : start + self._batch_size]
            loss = self._loss_of(self._module(self._batch(positions)), self._y[positions])
            self._optimizer.zero_grad()
            loss.backward()
            self._step()
            total += loss.detach() * len(positions)
        self.loss = total.item() / len(self._order)

    def _step(self) -> None:
        """Adam as Keras has it: epsilon is added before the second moment is corrected for its start at 0."""
        self._n_steps += 1
        correction = math.sqrt(1 - self._adam.beta_2**self._n_steps)
        self._optimizer.param_groups[0]["eps"] = self._adam.epsilon / correction
        self._optimizer.step()

    def _batch(self, positions: np.ndarray) -> Any:
        batch = self._x[positions]
        if isinstance(batch, csr_array):
            return torch.from_numpy(batch.indices), torch.from_numpy(batch.indptr[:-1])
        return batch


class SumOfWords(nn.Module):
    """A fully connected layer of rows that are zeros and ones: the sum of the weights of the words that occur."""

    def __init__(self, kernel: np.ndarray, bias: np.ndarray) -> None:
        super().__init__()
        self.bag = nn.EmbeddingBag.from_pretrained(torch.tensor(kernel), freeze=False, mode="sum")
        self.bias = nn.Parameter(torch.tensor(bias))

    def forward(self, words: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        """From the words of a batch, and where each text begins among them."""
        sums: torch.Tensor = self.bag(*words) + self.bias
        return sums


class LastState(nn.Module):
    """What a recurrent layer gives in the last step."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """From `(batch, steps, features)` to `(batch, units)`."""
        last: torch.Tensor = self.layer(x)[0][:, -1]
        return last


def _modules(layers: Sequence[keras.layers.Layer], is_sparse: bool) -> Iterator[nn.Module]:
    """What computes the same as Keras's layers, one after the other."""
    average = any(isinstance(layer, keras.layers.GlobalAveragePooling1D) for layer in layers)
    shape: tuple[int, ...] = ()  # Of the pictures that are flattened.
    for i, layer in enumerate(layers):
        weights = layer.get_weights()
        match type(layer).__name__:
            case "Dense" if is_sparse and i == 0:
                yield SumOfWords(*weights)
            case "Dense":
                yield _dense(*weights, shape)
                shape = ()
            case "Embedding" if average:
                padding = 0 if layer.mask_zero else None
                table = torch.tensor(weights[0])
                yield nn.EmbeddingBag.from_pretrained(table, freeze=False, mode="mean", padding_idx=padding)
            case "Embedding":
                yield nn.Embedding.from_pretrained(torch.tensor(weights[0]), freeze=False)
            case "LSTM" | "GRU" as kind:
                yield LastState(_recurrent(kind, *weights))
            case "Reshape":
                yield nn.Unflatten(1, (layer.target_shape[2], *layer.target_shape[:2]))
            case "Conv2D":
                yield _convolution(*weights)
            case "MaxPooling2D":
                yield nn.MaxPool2d(layer.pool_size)
            case "Flatten":
                shape = layer.input.shape[1:]
                yield nn.Flatten()
            case "GlobalAveragePooling1D" | "Activation":
                pass  # The average is part of the EmbeddingBag.
            case other:
                raise ValueError(f"no module is named here for Keras's {other}")
        if getattr(layer, "activation", None) is keras.activations.relu:
            yield nn.ReLU()


def _with(module: nn.Module, **weights: np.ndarray) -> nn.Module:
    """A module with these weights."""
    module.load_state_dict({name: torch.tensor(weight) for name, weight in weights.items()})
    return module


def _dense(kernel: np.ndarray, bias: np.ndarray, shape: tuple[int, ...]) -> nn.Module:
    """A fully connected layer; of flattened pictures of this shape, PyTorch has the channels first."""
    if shape:
        kernel = kernel.reshape(*shape, -1).transpose(2, 0, 1, 3).reshape(len(kernel), -1)
    return _with(nn.Linear(*kernel.shape), weight=kernel.T, bias=bias)


def _convolution(kernel: np.ndarray, bias: np.ndarray) -> nn.Module:
    height, width, channels, filters = kernel.shape
    return _with(nn.Conv2d(channels, filters, (height, width)), weight=kernel.transpose(3, 2, 0, 1), bias=bias)


def _recurrent(kind: str, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> nn.Module:
    """A recurrent layer; Keras's LSTM has one bias where PyTorch has two, of which the second stays 0."""
    n, units = len(GATES[kind]), len(recurrent)
    biases = bias if kind == "GRU" else np.stack([bias, np.zeros_like(bias)])

    def in_their_order(weight: np.ndarray) -> np.ndarray:
        gates: np.ndarray = weight.reshape(-1, n, units)[:, GATES[kind], :].reshape(-1, n * units).T
        return gates

    layer = _with(
        getattr(nn, kind)(len(kernel), units, batch_first=True),
        weight_ih_l0=in_their_order(kernel),
        weight_hh_l0=in_their_order(recurrent),
        bias_ih_l0=in_their_order(biases[:1])[:, 0],
        bias_hh_l0=in_their_order(biases[1:])[:, 0],
    )
    layer.bias_hh_l0.requires_grad_(kind == "GRU")
    return layer
