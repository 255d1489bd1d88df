"""Which classes are taken for which, as `dlexp show` prints it."""

import pytest

from dlexp.records.evaluation import TargetEvaluation
from dlexp.reports.run.confusion import MAX_CLASSES, sections

DIGITS: TargetEvaluation = {
    "count": 12,
    "confusion": {"target": [0, 0, 1, 1, 2], "predicted": [0, 2, 0, 1, 2], "count": [4, 1, 2, 3, 2]},
    "classes": {"target": [0, 1, 2], "count": [5, 5, 2], "precision": [0.666667, 1, 0.666667], "recall": [0.8, 0.6, 1]},
}
LABELS: TargetEvaluation = {
    "count": 100,
    "labels": {
        "label": [0, 1],
        "true_positive": [20, 30],
        "false_positive": [1, 0],
        "false_negative": [5, 2],
        "true_negative": [74, 68],
    },
    "classes": {"target": [0, 1], "count": [25, 32], "precision": [0.952381, 1], "recall": [0.8, None]},
}
TABLE = """\
confusion on the test split (row: right, column: predicted)
       cat  dog  cow  recall  precision
  cat    4    ·    1    0.80       0.67
  dog    2    3    ·    0.60       1.00
  cow    ·    ·    2    1.00       0.67"""
NARROWER = """\
confusion on the test split
(row: right, column:
predicted)
       cat  dog  cow
  cat    4    ·    1
  dog    2    3    ·
  cow    ·    ·    2"""
NAMED = """\
most frequent
confusions on the
test split (right
as predicted)
  dog as cat: 2 of
    5
  cat as cow: 1 of
    5"""
OF_LABELS = """\
labels on the test split
        found  missed  wrongly predicted  recall  precision
  odd      20       5                  1    0.80       0.95
  even     30       2                  0       -       1.00"""
NARROW_LABELS = """\
most frequent mistakes on the
test split
  odd missed: 5 of 25
  even missed: 2 of 32
  odd wrongly predicted: 1 of 75"""


def shown(found: TargetEvaluation, names: list[str], width: int, max_classes: int = MAX_CLASSES) -> str:
    """The section of a single target."""
    (lines,) = sections({"": found}, names, width, max_classes)
    assert max(map(len, lines)) <= width
    return "\n".join(lines)


@pytest.mark.parametrize(("width", "text"), [(80, TABLE), (28, NARROWER), (18, NAMED)])
def test_classes(width: int, text: str) -> None:
    """A table with the scores of each class, one without, or the most frequent confusions: what there is room for."""
    assert shown(DIGITS, ["cat", "dog", "cow"], width) == text


@pytest.mark.parametrize(("width", "text"), [(80, OF_LABELS), (32, NARROW_LABELS)])
def test_labels(width: int, text: str) -> None:
    """How often each is found, missed and predicted where it is not."""
    assert shown(LABELS, ["odd", "even"], width) == text


@pytest.mark.parametrize(
    ("found", "width", "text"),
    [
        (DIGITS, 80, "(right as predicted)\n  dog as cat: 2 of 5   cat as cow: 1 of 5"),
        (DIGITS, 40, "predicted)\n  dog as cat: 2 of 5"),
        (DIGITS, 18, "as predicted)\n  dog as cat: 2 of\n    5"),
        (
            LABELS,
            80,
            "mistakes on the test split\n  dog missed: 5 of 25   cat missed: 2 of 32   dog wrongly predicted: 1 of 75",
        ),
    ],
)
def test_the_most_frequent_mistakes_in_a_line(found: TargetEvaluation, width: int, text: str) -> None:
    """Where no table is asked for, as many as fit into a line, the first one in any case."""
    assert shown(found, ["dog", "cat"] if found is LABELS else ["cat", "dog", "cow"], width, 0).endswith(text)


def test_many_classes_are_no_table() -> None:
    """The ten most frequent confusions are named; a class without a name is its number."""
    n = 46
    found: TargetEvaluation = {
        "count": 3 * n,
        "confusion": {
            "target": [*range(n), *range(n)],
            "predicted": [*range(n), *((k + 1) % n for k in range(n))],
            "count": [1] * n + [2] * n,
        },
    }

    lines = shown(found, ["wheat", "corn"], 80).splitlines()

    assert lines[0] == "most frequent confusions on the test split (right as predicted)"
    assert lines[1:3] == ["  wheat as corn: 2", "  corn as 2: 2"]
    assert len(lines) == 11


def test_nothing_wrong_in_many_classes_is_nothing_to_show() -> None:
    """No section."""
    n = 46
    found: TargetEvaluation = {
        "count": n,
        "confusion": {"target": [*range(n)], "predicted": [*range(n)], "count": [1] * n},
    }

    assert list(sections({"": found}, [], 80, MAX_CLASSES)) == [[]]


def test_each_target_has_a_section() -> None:
    """With its own classes; numbers have none."""
    targets: dict[str, TargetEvaluation] = {"kind": DIGITS, "size": {"count": 12}, "traits": LABELS}

    first, second = sections(targets, {"kind": ["a", "b", "c"], "traits": ["d\n", "e"]}, 80, MAX_CLASSES)

    assert first[:2] == [
        "confusion on the test split, kind (row: right, column: predicted)",
        "     a  b  c  recall  precision",
    ]
    assert second[0] == "labels on the test split, traits"
    assert second[2].startswith("  d\\n ")
