"""Steps of a sequence that are padding, and how they stay it where the model standardizes all others."""

from dataclasses import dataclass

#: What padded steps hold behind the standardization, exactly, in float32: no standardized number is as low.
PADDED = -3.4028234663852886e38


@dataclass(frozen=True)
class Padding:
    """How padded steps are known: all their features are one value."""

    value: float
    n_features: int
    """Of a step; the steps stand one after the other in an example."""
