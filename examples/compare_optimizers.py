"""Two optimizers on the digits, three seeds each, compared: what a notebook would do. Takes ten seconds.

python examples/compare_optimizers.py
"""

import tempfile
from pathlib import Path

import dlexp

CONFIGS = Path(__file__).parents[1] / "configs"


def main() -> None:
    """Train, then print the runs and the comparison."""
    with tempfile.TemporaryDirectory() as runs_dir:
        runs = dlexp.run(
            [CONFIGS / "digits_sgd.yaml", CONFIGS / "digits_adam.yaml"],
            seeds=3,
            overrides=["training.epochs=5"],
            runs_dir=runs_dir,
        )
        print(runs[["name", "seed", "optimizer.type", "optimizer.learning_rate", "val_accuracy"]].to_string())
        print()
        compared = dlexp.compare("digits_sgd", "digits_adam", metrics=["val_accuracy"], runs_dir=runs_dir)
        print(compared[["experiment", "mean", "sd", "difference", "low", "high", "verdict"]].to_string())


if __name__ == "__main__":  # Training processes import this file again.
    main()
