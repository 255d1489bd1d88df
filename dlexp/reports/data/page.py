"""A data set as a page in the terminal, or as JSON."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, astuple
from itertools import groupby

from dlexp.components.columns import Column
from dlexp.components.datasets.dataset import MAX_SHOWN, Dataset
from dlexp.config.flat import format_value
from dlexp.console import one_line
from dlexp.format import PageFormat, aligned, paragraph, plural, to_json
from dlexp.reports.data.audit import Audit
from dlexp.reports.data.facts import Class, Description, Distribution, Equal
from dlexp.reports.numbers import significant

#: No narrower than this, so that tables of classes fit.
MIN_WIDTH = 80
#: To these many characters a name in front of numbers may be cut, so that they fit.
MIN_NAME = 12
#: More classes than these stand in several columns.
MAX_CLASS_ROWS = 16
#: Features without names that are shown one by one.
MAX_NAMELESS = 16
#: How many near duplicates, and how many suspicious targets.
N_NEAR, N_SUSPECTS = 5, 10
SPREAD = ["min", "5 %", "25 %", "median", "75 %", "95 %", "max", "mean", "sd"]


def render(description: Description, output: PageFormat, width: int = MIN_WIDTH) -> str:
    """A description in a format, with a line end after the last line; a page's sentences and lists are wrapped."""
    if output == "json":
        return to_json(_document(description))
    width = max(width, MIN_WIDTH)
    sections = [
        _about(description, width),
        _remarks(description, width),
        _classes(description, width),
        _spread("target", description.targets, width),
        _spread("words a text", description.lengths, width),
        _words(description, width),
        _features(description, width),
        _equal(description.equal, width),
        _near(description.audit, width),
        _suspects(description.audit, width),
        _examples(description, width),
    ]
    return "\n\n".join(filter(None, map("\n".join, sections))) + "\n"


def _document(description: Description) -> dict[str, object]:
    """What JSON has: every remark with its line, as the page and the log have it."""
    return asdict(description) | {
        "dataset": description.dataset.model_dump(),
        "info": asdict(description.info),
        "remarks": [asdict(each) | {"line": str(each)} for each in description.remarks],
    }


def _about(description: Description, width: int) -> Iterator[str]:
    dataset, info = description.dataset, description.info
    changed = dataset.model_dump(exclude_defaults=True)
    # Of the user's own data there are many, mostly of no use to the file at hand; of the others few.
    settings = {
        key: value
        for key, value in dataset.model_dump(exclude={"type"}, exclude_none=True).items()
        if key in changed or (not dataset.is_users_own and key not in Dataset.model_fields)
    }
    kinds = {"numeric": "numbers", "sparse": "entries, most of them 0", "word_ids": "word indices"}
    possible = [(Column(quantity=name, split="test"), x) for name, x in description.best_possible.items()]
    rows = {
        dataset.type: dataset.summary(),
        "task": info.described_task,
        "columns": "; ".join(f"{use}: {_first(columns)}" for use, columns in description.uses.items()),
        "examples": ", ".join(f"{count:,} {role}" for role, count in description.examples.items()),
        "splits": ", ".join(f"{role} {how}" for role, how in description.splits.items()),
        "inputs": f"{' x '.join(f'{n:,}' for n in info.shape)} {kinds[info.inputs]}"
        + ", standardized by the model" * bool(info.standardize),
        "constant": _constant(description),
        "absent": _absent(description.classes),
        "best possible": ", ".join(f"{column} {significant(x)}" for column, x in possible),
        "settings": ", ".join(f"{key} {format_value(value)}" for key, value in settings.items()),
    }
    shown = {key: one_line(value) for key, value in rows.items() if value}
    margin = max(map(len, shown)) + 2
    for key, value in shown.items():
        yield from paragraph(value, width, f"{key:{margin}}", " " * margin)


def _remarks(description: Description, width: int) -> Iterator[str]:
    if description.remarks:
        yield "how it was read"
    for each in description.remarks:
        yield from paragraph(str(each), width, "  ", "    ")


def _classes(description: Description, width: int) -> Iterator[str]:
    """One line per class, or several classes to a line if there are many; a table for each of several targets."""
    for i, (target, classes) in enumerate(groupby(description.classes, key=lambda each: each.target)):
        if i:
            yield ""
        yield from _class_table(target or "class", classes, description.examples, width)


def _class_table(title: str, classes: Iterable[Class], totals: dict[str, int], width: int) -> Iterator[str]:
    rows = [[title, *(cell for role in totals for cell in (role, "share"))]]
    for each in classes:
        name = "" if each.name in (None, str(each.number)) else f" {each.name}"
        cells = (cell for role, n in each.counts.items() for cell in (f"{n:,}", _percent(n, totals[role])))
        rows.append([f"{each.number:>2}{name}", *cells])
    heading, *body = _table(rows, width)
    n_columns = 1 if len(body) <= MAX_CLASS_ROWS else max(1, (width + 4) // (len(heading) + 4))
    height = -(-len(body) // n_columns)
    columns = [[heading, *body[start : start + height]] for start in range(0, len(body), height)]
    for i in range(height + 1):
        yield "    ".join(column[i] for column in columns if i < len(column)).rstrip()


def _table(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """A heading and lines of numbers, of which the names in front are cut where they are too wide."""
    lines = aligned(rows, numbers=True)
    longest = max(len(one_line(name)) for name, *_ in rows)
    room = max(MIN_NAME, longest - max(0, max(map(len, lines)) - width))
    return aligned([[_cut(one_line(name), room), *numbers] for name, *numbers in rows], numbers=True)


def _cut(name: str, length: int) -> str:
    return name if len(name) <= length else f"{name[: length - 3]}..."


def _spread(title: str, distributions: dict[str, Distribution], width: int) -> Iterator[str]:
    """A row for each distribution; very small and very large numbers in a power of ten of the row."""
    if not distributions:
        return
    rows = {role: [*map(significant, astuple(each))] for role, each in distributions.items()}
    powers = {role: _power(astuple(each)) for role, each in distributions.items()}
    # Two decimals do not tell apart what lies near together.
    are_apart = all(each.sd >= 10.0 ** (powers[role] - 1) for role, each in distributions.items())
    if are_apart and any("e" in cell for cells in rows.values() for cell in cells):
        rows = {
            f"{role}, 1e{powers[role]}": [f"{value / 10.0 ** powers[role]:.2f}" for value in astuple(each)]
            for role, each in distributions.items()
        }
    yield from _table([[title, *SPREAD], *([role, *cells] for role, cells in rows.items())], width)


def _power(values: Sequence[float]) -> int:
    """The power of ten of the largest number."""
    return int(f"{max(map(abs, values)):e}".partition("e")[2])


def _words(description: Description, width: int) -> Iterator[str]:
    if (words := description.vocabulary) is None:
        return
    yield f"The training texts have {words.distinct:,} distinct words, {words.running:,} running ones."
    cut = f"num_words {words.num_words:,}" + (f" with skip_top {words.skip_top:,}" if words.skip_top else "")
    yield from _sentence(
        f"{cut} keeps {words.kept_distinct:,} of them ({_percent(words.kept_distinct, words.distinct)}), "
        f"{_percent(words.kept_running, words.running)} of the running words; all others become one sign, [OOV].",
        width,
    )
    if description.info.inputs == "sparse":
        entries = f"A vector has num_words entries, {words.num_words:,}: a word index, 4 or more, is the place in it."
        yield from _sentence(entries, width)


def _features(description: Description, width: int) -> Iterator[str]:
    """Of the training examples: one by one where they have names or are few, else together."""
    together = description.numbers
    if together is None:
        return
    spreads = {
        each.name or f"number {i}": (each.minimum, each.mean, each.sd, each.maximum)
        for i, each in enumerate(description.features)
        if each.name or len(description.features) <= MAX_NAMELESS
    } or {"all of them": (together.minimum, together.mean, together.sd, together.maximum)}
    rows = [[name, *map(significant, spread)] for name, spread in spreads.items()]
    yield from _table([["feature", "min", "mean", "sd", "max"], *rows], width)


def _constant(description: Description) -> str:
    """Features with one value: how many, and the first ones."""
    found = [f"number {name}" if name.isdecimal() else name for name in description.constant]
    return f"{len(found)} of {description.info.shape[0]} features: {_first(found)}" if found else ""


def _absent(classes: Iterable[Class]) -> str:
    """Classes that a part of the data has, and another one does not."""
    found = []
    for each in classes:
        without = [role for role, n in each.counts.items() if not n]
        if 0 < len(without) < len(each.counts):
            found.append(f"{each.name or each.number} not in {' and '.join(without)}")
    return _first(found)


def _first(names: Sequence[str]) -> str:
    more = f", ... ({len(names)} in all)" if len(names) > MAX_SHOWN else ""
    return ", ".join(names[:MAX_SHOWN]) + more


def _equal(equal: Equal, width: int) -> Iterator[str]:
    """How many examples have a twin, what that means for the accuracy, and the first pairs."""
    if not equal.overlaps:
        return
    rows = [["examples with equal inputs", "", "share", "with another target"]]
    for each in equal.overlaps:
        where = "twice or more" if each.role == each.twin_role else f"also in {each.twin_role}"
        share = f"{100 * each.share:.1f} %"
        rows.append([f"{each.role}, {where}", f"{each.examples:,}", share, f"{each.contradicted:,}"])
    yield from aligned(rows, numbers=True)
    if equal.ceilings:
        most = ", ".join(f"{100 * ceiling:.2f} % of {role}" for role, ceiling in equal.ceilings.items())
        yield from _sentence(f"No model can classify more than {most} right: equal inputs have other targets.", width)
    if equal.before and equal.before.examples:
        yield from _sentence(
            f"An equal one stands right behind {equal.before.examples:,} of them in the source, "
            f"with another target behind {equal.before.contradicted:,}.",
            width,
        )
    for first, second in equal.pairs:
        places = " and ".join(f"{each.role} {each.place} ({each.target})" for each in (first, second))
        yield from _wrapped(f"{places}: {first.content}", width, max_lines=2)


def _near(audit: Audit | None, width: int) -> Iterator[str]:
    """How many pairs are nearly equal, and the nearest."""
    if audit is None:
        return
    if not audit.near:
        yield f"no near duplicates among {_examined(audit)}"
        return
    across = sum(each.first.role != each.second.role for each in audit.near)
    other = sum(each.has_other_target for each in audit.near)
    yield from _sentence(
        f"near duplicates among {_examined(audit)}: {plural(len(audit.near), 'pair')}, {across} across splits, "
        f"{other} with another target",
        width,
    )
    for each in audit.near[:N_NEAR]:
        places = " and ".join(f"{one.role} {one.place} ({one.target})" for one in (each.first, each.second))
        yield from _wrapped(f"{each.similarity:.3f}  {places}: {each.first.content}", width, max_lines=2)


def _suspects(audit: Audit | None, width: int) -> Iterator[str]:
    """The most suspicious targets."""
    if audit is None:
        return
    if not audit.suspects:
        yield f"no suspicious targets among {_examined(audit)}"
    else:
        shown = audit.suspects[:N_SUSPECTS]
        first = f", the first {len(shown)}" if len(shown) < len(audit.suspects) else ""
        found = f"suspicious targets among {_examined(audit)}: {len(audit.suspects)}{first}"
        yield from _sentence(f"{found}; {audit.judge}", width)
        for each in shown:
            target = f"{each.target}: " * bool(each.target)
            why = f"off by {each.confidence:.1f} times the median error"
            if each.of_given is not None:
                why = f"probability {_probability(each.confidence)}, of {each.given} {_probability(each.of_given)}"
            example = each.example
            yield from _wrapped(
                f"{example.role} {example.place}: {target}{each.given}, rather {each.suggested} ({why}): "
                f"{example.content}",
                width,
                max_lines=2,
            )
    for note in audit.notes:
        yield from _sentence(note, width)


def _probability(p: float) -> str:
    """No surer than a model can be."""
    return "below 0.001" if p < 0.001 else "above 0.999" if p > 0.999 else f"{p:.3f}"


def _examined(audit: Audit) -> str:
    """`1,797 examples`, or how many of them, drawn at random."""
    if audit.examined == audit.examples:
        return f"{audit.examples:,} examples"
    return f"{audit.examined:,} of {audit.examples:,} examples, drawn at random"


def _sentence(text: str, width: int) -> list[str]:
    return paragraph(text, width, below="  ")


def _wrapped(text: str, width: int, max_lines: int) -> list[str]:
    return textwrap.wrap(
        one_line(text), width, initial_indent="  ", subsequent_indent="    ", max_lines=max_lines, placeholder=" ..."
    )


def _examples(description: Description, width: int) -> Iterator[str]:
    yield "the first examples of the training data"
    for each in description.shown:
        yield from _wrapped(f"{each.target}: {each.content}", width, max_lines=5)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"
