"""What was found of runs that were verified, as lines or JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from dlexp.console import one_line
from dlexp.format import PageFormat, to_json
from dlexp.reports.verification.facts import Verification
from dlexp.reports.verification.integrity import Integrity
from dlexp.reports.verification.places import shown


def render(found: Sequence[Integrity | Verification], output: PageFormat) -> str:
    """A line for each run, followed by its damage and by what differs between the places; or one JSON document."""
    if output == "json":
        return to_json([asdict(each) for each in found])
    return "".join(f"{one_line(line)}\n" for each in found for line in _lines(each))


def _lines(found: Integrity | Verification) -> Iterator[str]:
    grade = f"{found.grade}: " if isinstance(found, Verification) and found.grade else ""
    yield f"{found.run}: {grade}{found.detail}"
    yield from (f"  {line}" for line in found.damage)
    if isinstance(found, Verification):
        yield from (f"  {key}: {shown(then)} then, {shown(now)} now" for key, then, now in found.environment)
