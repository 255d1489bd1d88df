"""Changes tried over an incumbent: screened, confirmed on new seeds, and kept only if they are better twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from dlexp.config.changes import ProposedChange
from dlexp.config.load import load
from dlexp.errors import Elsewhere, UserError
from dlexp.execution.arguments import Auto
from dlexp.execution.kept_engine import kept
from dlexp.records.ledger import Ledger, ledger_path
from dlexp.records.lock import Taken, locked
from dlexp.reports.ratchet.campaign import campaigns_of
from dlexp.reports.ratchet.facts import CampaignFacts, TriedChange, gather
from dlexp.reports.ratchet.forecast import TriesForecast
from dlexp.whole_files import make_folder
from dlexp.workflows.campaigning import Campaigning, Tries
from dlexp.workflows.runner import Runner, Trained


def try_changes(tries: Tries, runner: Runner) -> tuple[CampaignFacts, Trained | None]:
    """Try changes one after the other, each over what the ones before it have made of the incumbent.

    Returns:
        What became of them, and what was trained for that; None if nothing was.

    Raises:
        UserError: With everything that is wrong in the configs and changes.
        DataError: Data cannot be had.
        Elsewhere: Another process tries changes over the incumbent.
    """
    proposed = [ProposedChange.parse(word) for word in tries.changes]
    Campaigning(tries).require_sound(proposed)
    with _alone(tries):
        found = Campaigning(tries)
        with kept(runner.engine) as engine:
            runner = replace(runner, engine=engine)
            found.require_trainable(proposed, runner)
            found.begin()
            changes = [found.tried(each, f"{i} of {len(proposed)}", runner) for i, each in enumerate(proposed, 1)]
    return found.facts(changes), found.trained


def preview(tries: Tries, workers: int | Auto) -> TriesForecast:
    """What the screening of changes over the present incumbent would train at most; nothing is written.

    Raises:
        UserError, DataError: As `try_changes`.
    """
    found, proposed = Campaigning(tries), [ProposedChange.parse(word) for word in tries.changes]
    found.require_sound(proposed)
    return found.forecast(proposed, workers)


def campaign_of(over: Path, runs_dir: Path) -> CampaignFacts:
    """The last campaign of an incumbent, as its ledger has it.

    Raises:
        UserError: None was begun.
    """
    first = load(over)
    path = ledger_path(runs_dir, first.experiment.name)
    campaigns = campaigns_of(Ledger(path).entries(), path)
    if not campaigns:
        raise UserError(f"{path}: no change has been tried yet; try one with: dlexp try KEY=VALUE --over {over}")
    changes = [TriedChange(change=each.change, proposal=each) for each in campaigns[-1].proposals]
    return gather(campaigns, first, changes, path, is_ledger=True)


@contextmanager
def _alone(tries: Tries) -> Iterator[None]:
    """Within, no other process tries changes over the same incumbent.

    Raises:
        Elsewhere: One does already.
    """
    ledger = ledger_path(tries.request.runs_dir, load(tries.over).experiment.name)
    make_folder(ledger.parent)
    try:
        with locked(ledger.with_name(f".{ledger.stem}.lock")):
            yield
    except Taken as error:
        raise Elsewhere(f"{ledger}: {error}; try again when that has ended") from error
