"""What ledgers say of the test split: which judgements consulted it, and when a sealed study was opened."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dlexp.config.identity import canonical_digest
from dlexp.config.names import LEDGERS
from dlexp.records.index import Run
from dlexp.records.ledger import Ledger
from dlexp.records.record_files import damaged

_OPENED, _CONSULTED = "opened", "consulted"


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a ledger says of a number that a claim, a goal or a guardrail bounds, or by which a change was tried."""

    says: str
    role: str
    """`claim`, `goal` or `guardrail`; `screening` or `confirmation`."""
    measure: str
    about: str
    """`adam - sgd`."""
    between: Sequence[float | None]
    """The bound."""
    result: str

    @property
    def asked(self) -> dict[str, Any]:
        """The question without the answer."""
        return asdict(self) | {"result": None}


def opened(ledger: Ledger) -> str:
    """When a study was opened, in ISO format; empty if it was not.

    Raises:
        DamagedRecord: An entry says that it was, and not when.
    """
    for number, entry in enumerate(ledger.entries(), 1):
        if entry.get("kind") == _OPENED:
            if not isinstance(entry.get("time"), str):
                raise damaged(ledger.path, "an opening without its time", number)
            return str(entry["time"])
    return ""


def note_opening(ledger: Ledger, file: Path, n_runs: int, judgements: Sequence[Judgement]) -> None:
    """Write down that a study is opened: how its claims stood before, and how many runs are opened."""
    ledger.append({"kind": _OPENED, "file": str(file), "runs": n_runs, "judgements": list(map(asdict, judgements))})


def note_consultation(ledger: Ledger, file: Path, runs: Collection[Run], judgements: Sequence[Judgement]) -> None:
    """Write down that these judgements consulted the test split of these runs; once for the same of the same."""
    entry = {
        "kind": _CONSULTED,
        "file": str(file),
        "runs": len(runs),
        "runs_digest": canonical_digest({"runs": sorted([run.identity, run.seed] for run in runs)}),
        "asked_digest": canonical_digest({"asked": [each.asked for each in judgements]}),
        "test_examples": sorted(examples(runs)),
        "judgements": list(map(asdict, judgements)),
    }
    if _key(entry) not in map(_key, ledger.entries()):
        ledger.append(entry)


def consultations(runs_dir: Path, runs: Collection[Run]) -> Counter[str]:
    """How often ledgers say that the test examples of these runs were consulted, by the name of the ledger.

    The same questions about the same runs count once.
    """
    own, found = examples(runs), Counter[str]()
    for path in sorted((runs_dir / LEDGERS).glob("*.jsonl")):
        entries = (entry for entry in Ledger(path).entries() if entry.get("kind") == _CONSULTED)
        n = len({_key(entry) for entry in entries if own.intersection(entry.get("test_examples", ()))})
        found.update({path.stem: n} if n else {})
    return found


def examples(runs: Collection[Run]) -> set[str]:
    """What tells the test examples of runs from others; of runs that did not record it, their data."""
    of_runs = (run.result.split_digests.get("test", {}).values() or [run.record.data_digest] for run in runs)
    return {digest for of_run in of_runs for digest in of_run if digest}


def _key(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(entry.get(key) for key in ("kind", "runs_digest", "asked_digest"))
