"""Looks at paired seeds until they tell: intervals that hold at every look at once (Wang and Tsiatis, 1987)."""

from dataclasses import dataclass

from dlexp.statistics.paired import LEVEL, MIN_PAIRS

#: How many comparisons share `LEVEL` in each column of the constants.
_SHARED = (1, 2, 3, 4, 5, 10, 25)
#: By the most seeds that are trained: c for each of these. With intervals of level `2 Phi(-c (most / n)^(1/4))` after
#: n = 3, 4, ..., most seeds, all of them hold the true mean of normal differences at once in all but `LEVEL` / shared
#: of cases. From 2,000,000 simulated paths: `python -m benchmarks verdicts` computes them again.
_CONSTANTS = {
    3: (1.961, 2.242, 2.394, 2.498, 2.577, 2.809, 3.094),
    4: (2.102, 2.372, 2.517, 2.617, 2.69, 2.914, 3.184),
    5: (2.166, 2.428, 2.571, 2.669, 2.743, 2.959, 3.223),
    6: (2.201, 2.46, 2.604, 2.7, 2.772, 2.984, 3.249),
    7: (2.224, 2.481, 2.621, 2.717, 2.789, 2.997, 3.258),
    8: (2.24, 2.494, 2.634, 2.729, 2.799, 3.008, 3.267),
    9: (2.25, 2.504, 2.643, 2.736, 2.805, 3.017, 3.277),
    10: (2.26, 2.512, 2.649, 2.74, 2.812, 3.025, 3.286),
    11: (2.267, 2.518, 2.654, 2.748, 2.819, 3.028, 3.287),
    12: (2.273, 2.523, 2.658, 2.752, 2.824, 3.034, 3.296),
    13: (2.277, 2.526, 2.663, 2.758, 2.828, 3.038, 3.306),
    14: (2.281, 2.529, 2.667, 2.762, 2.832, 3.045, 3.307),
    15: (2.285, 2.532, 2.67, 2.764, 2.835, 3.048, 3.309),
    16: (2.288, 2.535, 2.672, 2.766, 2.838, 3.051, 3.309),
    17: (2.29, 2.538, 2.674, 2.769, 2.839, 3.053, 3.312),
    18: (2.292, 2.54, 2.677, 2.77, 2.842, 3.054, 3.316),
    19: (2.293, 2.543, 2.679, 2.772, 2.843, 3.054, 3.315),
    20: (2.295, 2.546, 2.681, 2.775, 2.846, 3.055, 3.314),
    21: (2.297, 2.547, 2.684, 2.777, 2.849, 3.056, 3.315),
    22: (2.3, 2.548, 2.685, 2.78, 2.851, 3.061, 3.316),
    23: (2.301, 2.549, 2.686, 2.781, 2.851, 3.063, 3.321),
    24: (2.302, 2.551, 2.688, 2.782, 2.853, 3.063, 3.322),
}
#: Numbers that differ by less, relative to them, are equal.
_ROUNDING = 1e-9
#: For more seeds, and for more comparisons, no constant has been computed.
MAX_SEEDS, MAX_COMPARISONS = max(_CONSTANTS), max(_SHARED)


@dataclass(frozen=True)
class Looks:
    """A look at the paired differences after 3, 4, ... seeds, until they tell, at most `max_seeds`."""

    max_seeds: int
    comparisons: int = 1
    """How many share `LEVEL`; between two numbers that constants were computed for, the larger one counts."""
    is_recorded: bool = False
    """Whether that was asked when the runs were trained, and maybe of others, not now."""

    def level(self, n: int) -> float:
        """The level of the interval after n pairs.

        The intervals at all of these levels hold at once, so that each of them holds wherever one stops, whatever one
        stops for, and those of other numbers of the same runs do too.
        """
        if why_not(self.max_seeds, self.comparisons):  # Bonferroni's level holds for any number of looks.
            return LEVEL / self.comparisons / max(1, self.max_seeds - MIN_PAIRS + 1)
        from scipy.special import ndtr

        column = next(i for i, shared in enumerate(_SHARED) if shared >= self.comparisons)
        c = _CONSTANTS[self.max_seeds][column]
        return 2 * float(ndtr(-c * (self.max_seeds / min(n, self.max_seeds)) ** 0.25))

    def is_late(self, n: int) -> bool:
        """Whether half of the seeds are there, from which on it may be given up."""
        return 2 * n >= self.max_seeds

    def gives_up(self, n: int, distance: float, sd: float) -> bool:
        """Whether n pairs are unlikely to tell later, which never adds a verdict.

        Args:
            n: How many there are.
            distance: How far their mean is from the nearest bound, such as 0.
            sd: The standard deviation of the differences.
        """
        # A tie, such as that of pairs of which a single one differs, is given up whichever way it was rounded.
        return self.is_late(n) and abs(distance) < sd / n**0.5 * (1 + _ROUNDING)


def why_not(max_seeds: int, comparisons: int = 1) -> str:
    """Why runs cannot be ordered for such looks; empty if they can."""
    if max_seeds < MIN_PAIRS:
        return f"{MIN_PAIRS} seeds at least, asked for {max_seeds}"
    if max_seeds > MAX_SEEDS:
        return f"{MAX_SEEDS} seeds at most, for which the levels have been computed; asked for {max_seeds}"
    if comparisons > MAX_COMPARISONS:
        return (
            f"{MAX_COMPARISONS} comparisons at most, for which the levels have been computed; asked for {comparisons}"
        )
    return ""
