"""The course's own script, as its slides have it: dense float64 vectors and Keras's `fit`.

Run as a process of its own: `python -m benchmarks.slides imdb adam --epochs 100`. Prints one JSON line.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

STARTED = time.perf_counter()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402
import numpy as np  # noqa: E402


def vectorize_sequences(sequences, dimension=10000):
    """The slide's function, to the letter."""
    results = np.zeros((len(sequences), dimension))
    for i, sequence in enumerate(sequences):
        results[i, sequence] = 1.0
    return results


def load(name, data_dir):
    """Keras's own loader, on the file given."""
    module = {"imdb": keras.datasets.imdb, "reuters": keras.datasets.reuters}[name]
    # `load_data` checks the download's digest; a file put there by hand is read as it is.
    source = sys.modules[module.load_data.__module__]
    source.get_file = lambda *args, **kwargs: str(Path(data_dir) / f"{name}.npz")
    return module.load_data(num_words=10000)


def main():
    """Load, vectorize, train."""
    parser = argparse.ArgumentParser()
    parser.add_argument("dataset", choices=["imdb", "reuters"])
    parser.add_argument("optimizer", choices=["sgd", "adam"])
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--data-dir", default=os.environ.get("DLEXP_DATA"))
    arguments = parser.parse_args()
    (x_train, y_train), (x_test, y_test) = load(arguments.dataset, arguments.data_dir)
    x_train, x_test = vectorize_sequences(x_train), vectorize_sequences(x_test)
    layers = keras.layers
    if arguments.dataset == "imdb":
        epochs = arguments.epochs or 100
        y_train, y_test = np.asarray(y_train).astype("float32"), np.asarray(y_test).astype("float32")
        stack = [
            layers.Dense(16, activation="relu"),
            layers.Dense(16, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
        loss = "binary_crossentropy"
        validation = x_train[:10000], y_train[:10000]
        x_train, y_train = x_train[10000:], y_train[10000:]
    else:
        epochs = arguments.epochs or 20
        y_train, y_test = keras.utils.to_categorical(y_train), keras.utils.to_categorical(y_test)
        stack = [
            layers.Dense(64, activation="relu"),
            layers.Dense(64, activation="relu"),
            layers.Dense(46, activation="softmax"),
        ]
        loss = "categorical_crossentropy"
        validation = x_test, y_test
    model = keras.Sequential(stack)
    model.compile(optimizer=arguments.optimizer, loss=loss, metrics=["accuracy"])
    seconds = []

    class Clock(keras.callbacks.Callback):
        """Seconds of training alone, validation left out."""

        def on_epoch_begin(self, epoch, logs=None):
            self.start = time.perf_counter()

        def on_test_begin(self, logs=None):
            seconds.append(time.perf_counter() - self.start)

    history = model.fit(
        x_train,
        y_train,
        epochs=epochs,
        batch_size=512,
        validation_data=validation,
        verbose=0,
        callbacks=[Clock()],
    ).history
    scores = model.evaluate(x_test, y_test, verbose=0)
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - STARTED,
                "epoch_seconds": float(np.median(seconds[1:])) if len(seconds) > 1 else seconds[0],
                "loss": history["loss"][-1],
                "val_loss": history["val_loss"][-1],
                "val_accuracy": history["val_accuracy"][-1],
                "best_val_accuracy": max(history["val_accuracy"]),
                "test_accuracy": scores[1],
            }
        )
    )


if __name__ == "__main__":
    main()
