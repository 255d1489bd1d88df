"""What a curve over the epochs does: how much is still to be gained, how much it trembles, where it jumps."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

Curve = Sequence[float]

#: A trend is seen in the last quarter of the epochs, beside the quarter before.
PART = 4
#: A difference of means is a trend from so many of its standard errors on.
CLEAR = 2.0


@dataclass(frozen=True, kw_only=True)
class Descent:
    """How a loss fell in the end, by the means of the last two parts of the epochs."""

    epochs: int
    """The length of a part."""
    fell: float
    """From the one part to the other."""
    noise: float
    """The standard error of that, by how it trembles."""
    pace: float
    """How much it fell beside the part before: 1 in a straight line, 0.5 if it falls half as much each time."""

    @property
    def is_clear(self) -> bool:
        """Whether it is more than noise."""
        return self.fell > CLEAR * self.noise

    @property
    def ahead(self) -> float:
        """What as many epochs again would gain, if each part gains `pace` times what the last one did."""
        pace = min(max(self.pace, 0.0), 1.0)
        return float(self.fell * sum(pace**k for k in range(1, PART + 1)))


def descent(curve: Curve) -> Descent | None:
    """How it fell in the end; None of a single epoch."""
    n = len(curve)
    if n < 2:
        return None
    length = max(1, n // PART)
    last, before = fmean(curve[n - length :]), fmean(curve[max(0, n - 2 * length) : n - length])
    earlier = curve[max(0, n - 3 * length) : max(0, n - 2 * length)]
    fell_earlier = fmean(earlier) - before if earlier else before - last
    fell = before - last
    return Descent(
        epochs=length,
        fell=fell,
        noise=noise(curve[n // 2 :]) * (2 / length) ** 0.5,
        pace=fell / fell_earlier if fell_earlier > 0 else 1.0,
    )


def noise(curve: Curve) -> float:
    """The standard deviation of what is no trend: third differences are small where a smooth curve bends."""
    quadruples = zip(curve, curve[1:], curve[2:], curve[3:], strict=False)
    thirds = [d - 3 * c + 3 * b - a for a, b, c, d in quadruples]
    # Of independent values with variance v, the mean square of the third differences is (1 + 9 + 9 + 1) v.
    return (fmean(third * third for third in thirds) / 20) ** 0.5 if thirds else 0.0


def tremble(curve: Curve) -> float:
    """By how much it rises per epoch in the second half, the epochs in which it falls counted as 0."""
    steps = [max(0.0, b - a) for a, b in pairwise(curve[len(curve) // 2 :])]
    return fmean(steps) if len(steps) > 2 else 0.0


def restlessness(curve: Curve) -> float:
    """By how much it changes per epoch in the second half, up or down."""
    steps = [abs(b - a) for a, b in pairwise(curve[len(curve) // 2 :])]
    return fmean(steps) if len(steps) > 2 else 0.0


def largest_rise(curve: Curve) -> int:
    """The position of the epoch that it rose most in; 0 of a single epoch."""
    return max(range(1, len(curve)), key=lambda k: curve[k] - curve[k - 1], default=0)


def end(curve: Curve) -> float:
    """The mean of its last part: one epoch alone may be by chance."""
    return fmean(curve[-max(1, len(curve) // PART) :])
