"""Numbers as text, with as many digits as they are worth."""

import math
from collections.abc import Callable, Sequence

from dlexp.format import plural
from dlexp.statistics.power import MAX_SEEDS

#: Other numbers are written with a power of ten: those that begin behind so many zeros, or have so many digits.
SMALLEST, LARGEST = 1e-5, 1e15
#: So are those that end behind more decimal places.
MAX_PLACES = 12


def plus_minus(mean: float, sd: float | None) -> str:
    """Mean and standard deviation, both ending at the latter's first digit, or second where the first is a 1.

    `0.796 ±0.003`, `0.690 ±0.014`; without a deviation four digits of the mean.
    """
    if not sd:
        return significant(mean) + ("" if sd is None else " ±0")
    places = places_of(sd, 2 if f"{sd:.0e}".startswith("1") else 1)
    return f"{fixed(mean, places)} ±{fixed(sd, places)}"


def of_deviations(is_zero: bool) -> str:
    """What `plus_minus` writes of seeds, and what it means that a deviation `is_zero`."""
    return f"±: standard deviation over the seeds{'; ±0: the same on every seed' if is_zero else ''}"


def significant(value: float, digits: int = 4) -> str:
    """At least so many digits, never fewer than stand before the point; whole numbers without a point.

    Very small and very large numbers have a power of ten: `2.041e-12`.
    """
    if value and not SMALLEST <= abs(value) < LARGEST:
        return f"{value:.{digits - 1}e}"
    return f"{value:.0f}" if value == round(value) else fixed(value, max(places_of(value, digits), 0))


def known(value: float | None) -> str:
    """Four digits or more; a dash where there is no number."""
    return "-" if value is None or math.isnan(value) else significant(value)


def score(name: str, value: float | None) -> str:
    """`val_accuracy 0.9000`, `val_mae 5.073e-12`; what is not a number is null in the records, and a dash."""
    return f"{name} {scored(value)}"


def scored(value: float | None) -> str:
    """The score of one run: `0.9000`."""
    if value is None or math.isnan(value):
        return "-"
    # Four decimals, if these are at least two digits and no more than six stand before the point.
    is_plain = value == 0 or not math.isfinite(value) or 1e-3 <= abs(value) < 1e6
    return f"{value:.4f}" if is_plain else significant(value)


def alike(values: Sequence[float | None], alone: Callable[[float], str]) -> list[str]:
    """Numbers that end where the largest one does, as it is written `alone`; each alone where that hides one.

    Empty where there is none.
    """
    numbers = [value for value in values if value is not None]
    texts = ["" if value is None else alone(value) for value in values]
    largest = alone(max(numbers, key=abs, default=0.0))
    places = len(largest.partition(".")[2])
    if "e" in "".join(texts) or any(value and not round(value, places) for value in numbers):
        return texts
    plus = "+" if largest[0] in "+-" else ""
    return ["" if value is None else f"{value:{plus}.{places}f}" for value in values]


def duration(seconds: float, places: int = 1) -> str:
    """`1.2 s`."""
    return f"{fixed(seconds, places)} s"


def file_size(n_bytes: int) -> str:
    """`1.2 MB`, `3.4 kB`."""
    return f"{n_bytes / 1e6:,.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:.1f} kB"


def about(seconds: float) -> str:
    """`about 20 s`, `about 3.5 min`, `about 2 h`: an estimate, in whole seconds or with two digits."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 1.5 * length:
            return f"about {significant(seconds / length, 2)} {unit}"
    return f"about {max(seconds, 1):.0f} s"


def places_of(value: float, digits: int) -> int:
    """At which decimal place a number ends that is rounded to so many digits; negative: before the point."""
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])
    return digits - 1 - exponent


def fixed(value: float, places: int) -> str:
    """Rounded to a decimal place; zero without a sign. Very small and very large numbers have a power of ten."""
    if places > MAX_PLACES or abs(value) >= LARGEST:
        return _with_power(value, places)
    text = f"{round(value, places):.{max(places, 0)}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _with_power(value: float, places: int) -> str:
    """`2.04e-12`, rounded to a decimal place."""
    rounded = round(value, places)
    return f"{rounded:.{max(0, places - places_of(rounded, 1))}e}" if rounded else "0"


def signed(value: float, places: int) -> str:
    """Rounded to a decimal place, with its sign."""
    text = fixed(value, places)
    return text if text.startswith("-") else f"+{text}"


def interval(low: float, high: float) -> str:
    """`[-13.9, -7.3]`."""
    places = interval_places(low, high)
    return f"[{fixed(low, places)}, {fixed(high, places)}]"


def interval_places(low: float, high: float) -> int:
    """The decimal places of two digits of half the width; more where a bound would look like 0 and is not."""
    places = places_of((high - low) / 2, 2)
    while any(bound and float(fixed(bound, places)) == 0 for bound in (low, high)) and places < MAX_PLACES:
        places += 1
    return places


def how_many(limits: tuple[int | None, int | None], noun: str) -> str:
    """`5 to 18 seeds`; None is more than 1,000."""
    fewest, most = limits
    if fewest is None:
        return f"over {MAX_SEEDS:,} {noun}s"
    if fewest == most:
        return plural(fewest, noun)
    return f"{fewest:,} to {f'over {MAX_SEEDS:,}' if most is None else f'{most:,}'} {noun}s"


def counted(n: int, n_diverged: int, what: str = "") -> str:
    """How many finished: `5`, `20 fresh`; where some diverged, `19 of 20 bootstrap, 1 diverged`."""
    of = f" of {n + n_diverged}" if n_diverged else ""
    return f"{n}{of}{what and f' {what}'}{f', {n_diverged} diverged' if n_diverged else ''}"
