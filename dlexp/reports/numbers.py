"""Numbers as text, with as many digits as they are worth."""

import math


def plus_minus(mean: float, sd: float | None) -> str:
    """Mean and standard deviation, both ending at the latter's first digit, or second where the first is a 1.

    `0.796 ±0.003`, `0.690 ±0.014`; without a deviation four digits of the mean.
    """
    if not sd:
        return significant(mean) + ("" if sd is None else " ±0")
    places = places_of(sd, 2 if f"{sd:.0e}".startswith("1") else 1)
    return f"{fixed(mean, places)} ±{fixed(sd, places)}"


def significant(value: float, digits: int = 4) -> str:
    """At least so many digits, never fewer than stand before the point; whole numbers without a point."""
    if value == round(value):
        return f"{value:.0f}"
    return fixed(value, max(places_of(value, digits), 0))


def known(value: float | None) -> str:
    """Four digits or more; a dash where there is no number."""
    return "-" if value is None or math.isnan(value) else significant(value)


def score(name: str, value: float | None) -> str:
    """`val_accuracy 0.9000`; what is not a number is null in the records."""
    return f"{name} {math.nan if value is None else value:.4f}"


def duration(seconds: float, places: int = 1) -> str:
    """`1.2 s`."""
    return f"{fixed(seconds, places)} s"


def places_of(value: float, digits: int) -> int:
    """At which decimal place a number ends that is rounded to so many digits; negative: before the point."""
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])
    return digits - 1 - exponent


def fixed(value: float, places: int) -> str:
    """Rounded to a decimal place; zero without a sign."""
    text = f"{round(value, places):.{max(places, 0)}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def signed(value: float, places: int) -> str:
    """Rounded to a decimal place, with its sign."""
    text = fixed(value, places)
    return text if text.startswith("-") else f"+{text}"


def counted(n: int, n_diverged: int, what: str = "") -> str:
    """How many finished: `5`, `20 fresh`; where some diverged, `19 of 20 bootstrap, 1 diverged`."""
    of = f" of {n + n_diverged}" if n_diverged else ""
    return f"{n}{of}{what and f' {what}'}{f', {n_diverged} diverged' if n_diverged else ''}"
