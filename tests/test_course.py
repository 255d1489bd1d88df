"""The course's statements as studies: each is claimed in a file of its own, and every file says what came of it."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlexp.config.load_study import load_study
from dlexp.config.study import Study

ROOT = Path(__file__).parents[1]
STUDIES = sorted((ROOT / "configs" / "studies").glob("*.yaml"))

#: Each statement of the course, the study of it that needs no download, and the one on the course's own data.
STATEMENTS = {
    "Adam needs fewer epochs than SGD": ("optimizer", "imdb_optimizer"),
    "Adam's validation loss rises again": ("overfitting",),
    "the information bottleneck": ("newswires_bottleneck", "bottleneck"),
    "cross-entropy against squared error behind a sigmoid": ("wrong_start", "imdb_wrong_start", "imdb_squared_error"),
    "the sigmoid is a softmax over two classes": ("two_classes",),
    "ReLU against sigmoid in a deep stack": ("deep",),
    "dead ReLUs and leaky ReLU's remedy": ("dead_relu",),
    "absolute value, PReLU, maxout": ("hidden_units",),
    "sigmoids saturate": ("saturation",),
    "regularization": ("regularization", "imdb_regularization"),
    "augmentation": ("augmentation",),
    "capacity lowers bias and raises variance, of a number": ("capacity",),
    "capacity lowers bias and raises variance, of classes": ("digits_capacity",),
    "multi-task learning against tasks apart": ("multitask",),
    "last layer, binary": ("output_binary",),
    "last layer, multiclass": ("output_multiclass",),
    "last layer, multilabel": ("output_multilabel",),
    "last layer, regression": ("output_regression",),
    "last layer, regression in [0, 1]": ("output_share",),
    "embedding against multi-hot": ("embedding", "imdb_embedding"),
    "no statement of the course: a fight that flips when both sides are tuned": ("fair_fight",),
}
DOWNLOADED = {"imdb", "reuters"}


def test_each_statement_of_the_course_has_studies_of_its_own() -> None:
    """No study is about two statements, and none is forgotten."""
    named = Counter(name for names in STATEMENTS.values() for name in names)

    assert named == Counter(path.stem for path in STUDIES)


def test_each_statement_is_claimed_on_data_that_anyone_has() -> None:
    """The first study of a statement loads bundled or generated data, the others what the course used."""
    needs_download = {
        path.stem: any(each.experiment.dataset.type in DOWNLOADED for each in load_study(path).variants.values())
        for path in STUDIES
    }

    assert {name for name, needs in needs_download.items() if not needs} == {names[0] for names in STATEMENTS.values()}


def test_no_claim_is_made_twice() -> None:
    """In the scoreboard each sentence stands for itself."""
    said = Counter(claim.says for path in STUDIES for claim in load_study(path).study.claims)

    assert [text for text, times in said.items() if times > 1] == []


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_shipped_study_is_loaded_without_a_warning(path: Path) -> None:
    """What is unwise in its variants is meant, and its file says so."""
    loaded = load_study(path)

    assert list(loaded.warnings) == []
    assert loaded.study.claims


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_shipped_study_opens_with_what_it_shows_and_what_was_measured(path: Path) -> None:
    """The command, the time, how its claims came out, where their bounds are from, and the source, in this order."""
    header = path.read_text(encoding="utf-8").partition("\n\n")[0].splitlines()
    comments = [line for line in header if line.startswith("#") and "yaml-language-server" not in line]
    keys = [match[1] for line in comments if (match := re.match(r"# (\w+): {1,4}\S", line))]

    assert comments[0].endswith(".")
    assert keys == ["Run", "Time", "Result", "Bounds", "Source"]
    assert f"# Run:    dlexp study configs/studies/{path.name}" in comments
    assert max(map(len, header)) <= 120


def test_a_claim_that_is_not_expected_to_hold_has_its_numbers_in_the_header() -> None:
    """A statement that does not hold on this data stays, with what was measured instead."""
    for path in STUDIES:
        if any(claim.expect != "holds" for claim in load_study(path).study.claims):
            result = path.read_text(encoding="utf-8").partition("# Result:")[2].partition("# Bounds:")[0]
            assert re.search(r"\d", result), path.stem
            assert "all hold" not in result
            assert "both hold" not in result


def test_the_examples_on_the_page_on_verdicts_are_studies(tmp_path: Path) -> None:
    """As they would be read in the folder of the shipped ones."""
    text = (ROOT / "docs" / "verdicts.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    for config in (ROOT / "configs").glob("*.yaml"):
        shutil.copy(config, tmp_path)
    path = tmp_path / "studies" / "s.yaml"
    path.parent.mkdir()
    studies = [load_study(path).study for example in examples if path.write_text(example)]

    assert [(len(study.claims), study.goal) for study in studies] == [(1, None), (0, "test_accuracy")]


def test_the_page_on_verdicts_shows_the_scoreboard_of_all_shipped_studies() -> None:
    """A row for every claim, in the order of the files, with the result that its file expects; then for decisions."""
    text = (ROOT / "docs" / "verdicts.md").read_text(encoding="utf-8")
    text = text.partition("## The course as claims")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:5]] for line in text.splitlines() if line.startswith("|")]
    claims = [(path.stem, claim) for path in STUDIES for claim in load_study(path).study.claims]
    expected = [[study, claim.says, *[claim.expect.replace("_", " ")] * 2] for study, claim in claims]

    assert [row for row in rows[2:] if row[3] != "-"] == expected
    assert [row[:2] for row in rows[2:] if row[3] == "-"] == [
        [path.stem, f"{variant} in place of {incumbent}; {number}"]
        for path in STUDIES
        for incumbent, *others in [load_study(path).study.variants]
        for variant in others
        for number in _decisive(load_study(path).study)
    ]


def _decisive(study: Study) -> Iterator[str]:
    """What the scoreboard calls the numbers of a decision."""
    if study.goal:
        yield f"{study.goal}, the goal"
        yield from (f"{column}, allowed: at most {margin}" for column, margin in study.must_not_worsen.items())
