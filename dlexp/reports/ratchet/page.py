"""A campaign as text of any width, JSON, CSV or Markdown."""

import shlex
from collections.abc import Iterator

from dlexp.components.columns import Column
from dlexp.format import TableFormat, markdown_table, paragraph, plural, to_csv, to_json
from dlexp.reports.comparison.commands import in_runs_dir
from dlexp.reports.comparison.differences import unit_of, written
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
            return "\n".join([*_heading(facts, width), *_table(facts, width), *_below(facts, width)]) + "\n"
        case "json":
            return to_json(document(facts))
        case "csv":
            return to_csv(COLUMNS, rows(facts))
        case "md":
            columns = _columns(facts)
            cells = zip(*(column.cells for column in columns), strict=True)
            table = markdown_table([column.header for column in columns], cells)
            lines = ["", *_notes(facts), *(f"    {line}" for line in commands(facts))]
            return "\n".join([*_heading(facts, None), "", *table, *lines]) + "\n"


def _heading(facts: CampaignFacts, width: int | None) -> list[str]:
    """`configs/digits_sgd.yaml: 10 changes tried, 2 kept`."""
    said = f"{plural(len(facts.changes), 'change')}, {facts.n_kept or 'none'} kept" if facts.changes else _NOTHING
    return paragraph(f"{facts.campaign.path}: {said}", width, below="  ")


def _table(facts: CampaignFacts, width: int) -> list[str]:
    return ["", *fitted(_columns(facts), width).lines] if facts.changes else []


def _columns(facts: CampaignFacts) -> list[FittedColumn]:
    proposals = [each.proposal for each in facts.changes]
    screenings = [each.screening if each else None for each in proposals]
    confirmations = [each.confirmation.found if each and each.confirmation else None for each in proposals]
    by = [Column.parse(each.by) if each else Column(quantity="loss") for each in proposals]
    columns = [
        FittedColumn(header="change", cells=[each.change for each in facts.changes], min_width=16),
        FittedColumn(header="by", cells=[each.by if each else "-" for each in proposals], rank=1),
        FittedColumn(header="screened", cells=list(map(_number, screenings, by))),
        FittedColumn(header="seeds", cells=[str(each.n) if each else "-" for each in screenings], is_number=True),
        FittedColumn(header="confirmed", cells=list(map(_number, confirmations, by))),
        FittedColumn(header="result", cells=[outcome(each) or "not tried" for each in facts.changes]),
    ]
    needless = {"by"} if len(set(columns[1].cells) - {"-"}) < 2 else set()
    needless |= {each.header for each in columns[2:] if set(each.cells) == {"-"}}
    return [each for each in columns if each.header not in needless]


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


def _below(facts: CampaignFacts, width: int) -> Iterator[str]:
    if notes := [line for note in _notes(facts) for line in paragraph(note, width, below="  ")]:
        yield from ("", *notes)
    yield ""
    yield from (line for text in _incumbent(facts) for line in paragraph(text, width, below="  "))
    for command in commands(facts):  # To be pasted: never broken.
        yield f"  {command}"


def _notes(facts: CampaignFacts) -> Iterator[str]:
    """Why changes have no number or were not tried, what the numbers are, and how sure they are."""
    for each in facts.changes:
        if why := reason(each):
            yield f"{each.change}: {why}."
    found = [each.proposal for each in facts.changes if each.proposal]
    columns = dict.fromkeys(each.by for each in found if each.screening)
    for name in columns:
        unit = unit_of(Column.parse(name)).strip() or "as recorded"
        yield f"{name}, {unit}: the change minus its incumbent, over paired seeds (Student's t)."
    if columns:
        yield "Screened: the intervals hold at 95 % wherever they stopped; their means overstate differences."
    if any(each.confirmation and each.confirmation.found for each in found):
        yield (
            f"Confirmed: on {FRESH_SEEDS} new seeds each, at levels that add up to {100 * LEVEL:g} % over all "
            "confirmations of the ledger."
        )
    for name in dict.fromkeys(each.by for each in found if each.consults_test):
        yield f"{name} is of the test split: what was kept is picked on it, so that its scores there are too good."
    if facts.n_before:
        yield f"The ledger has {plural(facts.n_before, 'campaign')} of other incumbents before this one."


def _incumbent(facts: CampaignFacts) -> Iterator[str]:
    kept = facts.campaign.kept
    made = f", with {'; '.join(each.change for each in kept)}" if kept else ""
    yield f"The incumbent is {facts.campaign.path}{made}. To train it, and to see all that was tried:"


def commands(facts: CampaignFacts) -> list[str]:
    """What trains the present incumbent, and what shows the ledger, as the user can type them."""
    elsewhere = in_runs_dir(facts.runs_dir)
    config = [str(facts.incumbent)]
    if facts.overrides is not None:
        config = [facts.campaign.path, *(word for each in facts.overrides for word in ("--set", each))]
    run = ["dlexp", "run", *config, *elsewhere]
    show = ["dlexp", "try", "--over", facts.campaign.path, *elsewhere]
    return [shlex.join(run), *([] if facts.is_ledger else [shlex.join(show)])]
