"""How the test split stands with a study: sealed, opened, and how often it was consulted."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dlexp.format import joined, plural
from dlexp.records.seal import Seal
from dlexp.reports.run.list import local_time


@dataclass(frozen=True, kw_only=True)
class UseOfTest:
    """How the test split stands with a study."""

    seal: Seal | None = None
    """That of a study which keeps its test scores from readers; None if it does not, or was opened."""
    n_open: int = 0
    """The runs of a sealed study that were on record before it, with test scores that are open."""
    opened: str = ""
    """When it was opened, in ISO format; empty if it was not."""
    n_since: int = 0
    """The runs of an opened study that were trained since then."""
    consulted: Mapping[str, int] = field(default_factory=dict)
    """By ledger, how often its test examples were consulted with different runs or questions."""
    ledger: Path = Path()
    """What says so."""


def lines(found: UseOfTest) -> Iterator[str]:
    """What the reader of a study has to know of it; nothing of a test split that was consulted once."""
    if found.seal:
        were = "was" if found.n_open == 1 else "were"
        before = f" Of the runs {found.n_open} {were} on record before with open test scores." if found.n_open else ""
        yield (
            f"The test split is sealed, and what is claimed of it not judged.{before} "
            "Only the runs that this study trains are: elsewhere, or with other seeds, the same configs are open. "
            "To open it, once and for good: "
            f"dlexp study {shlex.quote(found.seal.file)} --open-test"
        )
    if found.opened:
        since = f"; {plural(found.n_since, 'run')} trained since then" if found.n_since else ""
        yield f"The test split was opened on {local_time(found.opened)}{since} ({found.ledger})."
    if (n := sum(found.consulted.values())) > 1:
        by = joined([f"{name} ({n})" for name, n in found.consulted.items()])
        yield (
            f"The test split was consulted {n} times by now, with other runs or questions each time: by {by}; "
            "studies and dlexp try are counted, comparisons are not. What is chosen by it is no longer tested by it."
        )
