"""Competitors in turn, an epoch or a process at a time: a slow moment of a shared machine hits all of them."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any


def in_turn(competitors: Mapping[str, Callable[[int], Any]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each competitor in every round, after one round that compiles and warms up.

    Args:
        competitors: By name, what to time; it is called with the number of the round, from 1.
        rounds: How many rounds are kept.
    """
    seconds: dict[str, list[float]] = {name: [] for name in competitors}
    for i in range(1, rounds + 2):
        for name, competitor in competitors.items():
            start = time.perf_counter()
            competitor(i)
            seconds[name].append(time.perf_counter() - start)
    return {name: values[1:] for name, values in seconds.items()}


def medians(seconds: Mapping[str, list[float]]) -> dict[str, float]:
    """The median of each competitor."""
    return {name: statistics.median(values) for name, values in seconds.items()}
