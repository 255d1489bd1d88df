"""A campaign as text of any width, JSON, CSV or Markdown."""

from collections.abc import Iterator, Sequence

from dlexp.components.columns import Column
from dlexp.config.changes import shortened
from dlexp.format import TableFormat, joined, markdown_table, paragraph, plural, to_csv, to_json
from dlexp.reports.comparison.commands import in_runs_dir
from dlexp.reports.comparison.differences import unit_of, written
from dlexp.reports.comparison.next_steps import Sentence
from dlexp.reports.comparison.verdicts import PairedDifference
from dlexp.reports.fitted import FittedColumn, fitted
from dlexp.reports.ratchet.campaign import PairedFinding
from dlexp.reports.ratchet.facts import CampaignFacts
from dlexp.reports.ratchet.rows import COLUMNS, document, outcome, reason, rows
from dlexp.statistics.paired import LEVEL
from dlexp.statistics.ratchet import FRESH_SEEDS

_NOTHING = "no change has been tried"


def render(facts: CampaignFacts, output: TableFormat, width: int = 80) -> str:
    """A campaign in a format, with a line end after the last line."""
    match output:
        case "table":
            return "\n".join(_lines(facts, width)) + "\n"
        case "json":
            return to_json(document(facts))
        case "csv":
            return to_csv(COLUMNS, rows(facts))
        case "md":
            return "\n\n".join(_markdown(facts)) + "\n"


def _lines(facts: CampaignFacts, width: int) -> Iterator[str]:
    yield from paragraph(_heading(facts), width, below="  ")
    if facts.changes:
        yield from ("", *fitted(_columns(facts, shortened([each.change for each in facts.changes])), width).lines)
    if notes := [line for note in _notes(facts) for line in paragraph(note, width, below="  ")]:
        yield from ("", *notes)
    for sentence in _next(facts):
        yield from ("", *sentence.lines(width))


def _markdown(facts: CampaignFacts) -> Iterator[str]:
    yield _heading(facts)
    if columns := _columns(facts, [each.change for each in facts.changes]):
        cells = zip(*(column.cells for column in columns), strict=True)
        yield "\n".join(markdown_table([column.header for column in columns], cells))
    if notes := list(_notes(facts)):
        yield "\n".join(f"- {note}" for note in notes)
    yield from (sentence.markdown for sentence in _next(facts))


def _heading(facts: CampaignFacts) -> str:
    """`configs/digits_sgd.yaml: 10 changes, 2 kept`."""
    said = f"{plural(len(facts.changes), 'change')}, {facts.n_kept or 'none'} kept" if facts.changes else _NOTHING
    return f"{facts.campaign.path}: {said}"


def _columns(facts: CampaignFacts, changes: Sequence[str]) -> list[FittedColumn]:
    """What became of changes that are called so."""
    proposals = [each.proposal for each in facts.changes]
    screenings = [each.screening if each else None for each in proposals]
    confirmations = [each.confirmation.found if each and each.confirmation else None for each in proposals]
    by = [Column.parse(each.by) if each else Column(quantity="loss") for each in proposals]
    is_by_several = len({each.by for each in proposals if each}) > 1
    named = [
        f"{change} (by {each.by})" if is_by_several and each else change
        for change, each in zip(changes, proposals, strict=True)
    ]
    columns = [
        FittedColumn(header="change", cells=named, min_width=20),
        FittedColumn(header="result", cells=[outcome(each) or "not tried" for each in facts.changes], min_width=13),
        FittedColumn(header="screened", cells=list(map(_number, screenings, by)), is_number=True, rank=1),
        FittedColumn(
            header="seeds", cells=[str(each.n) if each else "-" for each in screenings], is_number=True, rank=2
        ),
        FittedColumn(header="confirmed", cells=list(map(_number, confirmations, by)), is_number=True),
    ]
    return [each for each in columns if set(each.cells) != {"-"}]


def _number(found: PairedFinding | None, by: Column) -> str:
    """`+2.3 [1.1, 3.5]`, in points where the column has them."""
    if found is None or found.mean is None:
        return "-"
    bounds = None if found.low is None or found.high is None else (found.low, found.high)
    difference = PairedDifference(
        mean=found.mean, pairs=found.n, interval=bounds, level=found.level, verdict=None, reason=found.reason or None
    )
    text = written(difference, by)
    return " ".join(filter(None, [text.mean.removesuffix(unit_of(by)), text.interval]))


def _notes(facts: CampaignFacts) -> Iterator[str]:
    """Why changes have no number or were not tried, what the numbers are, and how sure they are."""
    for each in facts.changes:
        if why := reason(each):
            yield f"{each.change}: {why}."
    found = [each.proposal for each in facts.changes if each.proposal]
    columns: dict[str, list[str]] = {}
    for name in dict.fromkeys(each.by for each in found if each.screening):
        columns.setdefault(unit_of(Column.parse(name)).strip(), []).append(name)
    for unit, names in columns.items():
        in_unit = f" in {unit}" if unit else ""
        yield f"{joined(names)}{in_unit}: the change minus its incumbent, over paired seeds (Student's t)."
    if columns:
        yield "Screened: the intervals hold at 95 % wherever they stopped; their means overstate differences."
    if any(each.confirmation and each.confirmation.found for each in found):
        yield (
            f"Confirmed: on {FRESH_SEEDS} new seeds each, at levels that add up to {100 * LEVEL:g} % over all "
            "confirmations of the ledger."
        )
    if consulted := dict.fromkeys(each.by for each in found if each.consults_test and each.screening):
        yield f"{joined(list(consulted))} consulted the test split: scores on it of what was kept by it are too good."
    if facts.n_before:
        yield f"The ledger has {plural(facts.n_before, 'campaign')} of other incumbents before this one."


def _next(facts: CampaignFacts) -> Iterator[Sentence]:
    """What the incumbent is now, with what trains it, and what shows all that was tried."""
    kept = facts.campaign.kept
    made = f", with {'; '.join(each.change for each in kept)}" if kept else ""
    elsewhere = in_runs_dir(facts.runs_dir)
    config = [str(facts.incumbent)]
    if facts.overrides is not None:
        config = [facts.campaign.path, *(word for each in facts.overrides for word in ("--set", each))]
    same = f" (the same as {facts.incumbent})" if facts.overrides else ""
    told = f"The incumbent is {facts.campaign.path}{made}. To train it{same}:"
    yield Sentence(told, (("dlexp", "run", *config, *elsewhere),))
    if not facts.is_ledger:
        yield Sentence("To see all that was tried:", (("dlexp", "try", "--over", facts.campaign.path, *elsewhere),))
