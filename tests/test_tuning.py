"""What a study tunes its variants over, and how long it trains them: said by the file, checked at its lines."""

from pathlib import Path

import pytest

from dlexp.config.load_study import LoadedStudy, load_study
from dlexp.config.problems import ConfigError
from dlexp.config.study import Study

STUDY = "base: digits.yaml\nvariants: {sgd: {optimizer: sgd}, adam: {}}\n"
RATES = "tune: {optimizer.learning_rate: [0.001, 0.1]}\n"


def loaded(folder: Path, text: str, base: str = "dataset: digits\n") -> LoadedStudy:
    """A study of a config `digits.yaml` beside it."""
    (folder / "digits.yaml").write_text(base)
    (folder / "s.yaml").write_text(text)
    return load_study(folder / "s.yaml")


def refused(folder: Path, text: str, base: str = "dataset: digits\n") -> list[str]:
    """What is wrong with it, without the folder."""
    with pytest.raises(ConfigError) as error:
        loaded(folder, text, base)
    return [line.removeprefix(f"{folder}/") for line in error.value.lines]


def test_each_variant_has_all_points(tmp_path: Path) -> None:
    """A grid over the values of all keys, the last one fastest; a variant's own value gives way, and it is kept beside.

    All points of a variant have its name, and are told by their values.
    """
    text = "base: digits.yaml\nvariants: {slow: {optimizer.learning_rate: 0.5}, wide: {model.hidden: [99]}}\n"

    found = loaded(tmp_path, f"{text}tune: {{optimizer.learning_rate: [0.1, 0.2], training.batch_size: [8, 16]}}\n")

    points = found.points["slow"]
    assert list(found.points) == ["slow", "wide"]
    assert [list(each.values.values()) for each in points] == [[0.1, 8], [0.1, 16], [0.2, 8], [0.2, 16]]
    experiments = [each.config.experiment for each in points]
    assert {each.name for each in experiments} == {"s-slow"}
    assert [each.optimizer.model_dump()["learning_rate"] for each in experiments] == [0.1, 0.1, 0.2, 0.2]
    assert found.variants["slow"].experiment.optimizer.model_dump()["learning_rate"] == 0.5
    assert found.tune_by == "val_accuracy"


@pytest.mark.parametrize(
    ("seeds", "tune_seeds", "tuned_on"),
    [
        ("5", 3, range(1000, 1003)),
        ("1000", 3, range(1000, 1003)),
        ("1001", 3, range(1001, 1004)),
        ("{first: 1002, count: 5}", 3, range(1007, 1010)),
        ("{first: 1002, count: 5}", 2, range(1000, 1002)),
        ("{first: 2000, count: 5}", 3, range(1000, 1003)),
    ],
)
def test_tuning_has_seeds_of_its_own(tmp_path: Path, seeds: str, tune_seeds: int, tuned_on: range) -> None:
    """1000 and on, whatever the number of seeds that judge, behind these where they would overlap."""
    text = f"{STUDY}{RATES}tune_seeds: {tune_seeds}\nseeds: {seeds}\n"

    assert loaded(tmp_path, text).study.tuning_seeds == tuned_on


def test_a_study_that_tunes_nothing_has_no_tuning(tmp_path: Path) -> None:
    """Neither points nor seeds nor a column."""
    found = loaded(tmp_path, STUDY)

    assert (found.points, found.study.tuning_seeds, found.tune_by) == ({}, range(0), "")


@pytest.mark.parametrize(
    ("tune", "lines"),
    [
        (
            "{optimizer.beta_1: [0.8, 0.9]}",
            ["s.yaml:3: tune.optimizer.beta_1: unknown key 'beta_1'. It is a key of type adam, "],
        ),
        (
            "{optimizer.learning_rate: [-1, 0.1]}",
            ["s.yaml:3: tune.optimizer.learning_rate: expected more than 0, given -1"],
        ),
        ("{training.batch_size: [8, 8]}", ["s.yaml:3: tune.training.batch_size.1: 8 is given twice"]),
        (
            "{training.diagnostics: [true, false]}",
            ["s.yaml:3: tune: 'training.diagnostics=False' is the same experiment as 'training.diagnostics=True'"],
        ),
        (
            "{optimizer: [sgd, adam]}",
            [
                "s.yaml:2: variants.adam: 'adam' is the same experiment as 'sgd' once both are tuned: they differ in "
                "what tune sets"
            ],
        ),
        ("{training.batch_size: [8]}", ["s.yaml:3: tune.training.batch_size: expected at least 2 of them, given "]),
        ("{validation: [0.1, 0.2]}", ["s.yaml:3: tune.validation: chooses the examples that validate, so that "]),
    ],
)
def test_what_a_variant_cannot_have_is_refused_at_its_line(tmp_path: Path, tune: str, lines: list[str]) -> None:
    """Also what would compare nothing, each thing once."""
    found = refused(tmp_path, f"{STUDY}tune: {tune}\n")

    assert len(found) == len(lines)
    for line, said in zip(found, lines, strict=True):
        assert line.startswith(said)
        assert line.endswith(" (in sgd)") == ("beta_1" in tune)  # All others are wrong in all variants.


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (
            "test_accuracy",
            "'test_accuracy' is measured on test data; validation scores pick. Choose from: val_loss, val_accuracy, "
            "best_val_loss, best_val_accuracy",
        ),
        ("gap_accuracy", "'gap_accuracy' is measured on test data; validation scores pick. "),
        ("accuracy", "'accuracy' is measured in training; validation scores pick. "),
        (
            "best_val_accuracy_epoch",
            "'best_val_accuracy_epoch' is no score of the validation data; ",
        ),
        ("val_acuracy", "unknown column 'val_acuracy'. Did you mean 'val_accuracy'? "),
    ],
)
def test_validation_picks(tmp_path: Path, by: str, said: str) -> None:
    """No column of the test or the training data, and none of which neither way is better."""
    (line,) = refused(tmp_path, f"{STUDY}{RATES}tune_by: {by}\n")

    assert line.startswith(f"s.yaml:4: tune_by: {said}")


def test_the_test_split_as_validation_picks_nothing(tmp_path: Path) -> None:
    """Its `val_` columns are test columns; without a validation there are none."""
    (on_test,) = refused(tmp_path, f"{STUDY}{RATES}", "dataset: digits\nvalidation: test\n")
    (without,) = refused(tmp_path, f"{STUDY}{RATES}", "dataset: digits\nvalidation: none\n")

    assert on_test.startswith("s.yaml:3: tune: validation is the test split itself, by which nothing may be picked; ")
    assert without == "s.yaml:3: tune: 'val_loss' needs validation examples, and validation is none"


def test_a_loss_picks_only_where_it_is_the_same_function(tmp_path: Path) -> None:
    """A penalty is part of it; an accuracy does not care."""
    tune = "tune: {model.kernel_regularizer: [{type: l2, l2: 0.1}, {type: l2, l2: 0.01}]}\n"
    (line,) = refused(tmp_path, f"{STUDY}{tune}tune_by: val_loss\n")

    assert line.startswith("s.yaml:3: tune.model.kernel_regularizer: makes val_loss another function, so that ")
    assert loaded(tmp_path, f"{STUDY}{tune}").tune_by == "val_accuracy"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("tune_by: val_loss", "tune_by: says how variants are tuned, and tune, over which values, is missing"),
        ("budget: {}", "budget: expected one of epochs, steps"),
        ("budget: {epochs: 1, steps: 2}", "budget: expected one of epochs, steps"),
        (
            "budget: {seconds: 9}",
            "budget: parameters and seconds cannot be imposed, only epochs and steps; the page reports all four",
        ),
        (
            "budget: {epochs: 3}\ntune: {training.epochs: [1, 2]}",
            "tune.training.epochs: budget says how many epochs there are; leave out one of them",
        ),
    ],
)
def test_keys_that_do_not_go_together(tmp_path: Path, keys: str, said: str) -> None:
    """Each is refused at its line."""
    (line,) = refused(tmp_path, f"{STUDY}{keys}\n")

    assert line.partition(": ")[2].startswith(said)


def test_a_point_that_is_in_the_grid_too_is_refused(tmp_path: Path) -> None:
    """It would make all points of the grid the same."""
    (line,) = refused(tmp_path, f"{STUDY}{RATES}grid: {{optimizer.learning_rate: [0.01, 0.1]}}\n")

    assert line.startswith("s.yaml:3: tune.optimizer.learning_rate: the grid of the study has its values; leave out ")


def test_too_many_tuning_runs_are_refused_before_any_is_made(tmp_path: Path) -> None:
    """Three keys of 100 values, two variants, three seeds."""
    values = list(range(1, 101))
    tune = f"{{training.batch_size: {values}, training.threads: {values}, validation.seed: {values}}}"
    found = refused(tmp_path, f"{STUDY}tune: {tune}\n")

    assert found[0] == "s.yaml:3: tune: 100,000 runs at most in one command, asked for 6,000,000"


def test_epochs_are_imposed_on_every_variant_and_point(tmp_path: Path) -> None:
    """Whatever it says itself; one that is then another experiment than its config has a name of its own."""
    text = f"base: digits.yaml\nvariants: {{a: {{}}, b: {{training.epochs: 7}}}}\nbudget: {{epochs: 3}}\n{RATES}"
    text = text.replace("b: {", "b: {optimizer: sgd, ")

    found = loaded(tmp_path, text)

    experiments = [each.experiment for each in found.variants.values()]
    experiments += [each.config.experiment for points in found.points.values() for each in points]
    assert {each.training.epochs for each in experiments} == {3}
    assert {each.name for each in experiments} == {"s-a", "s-b"}


@pytest.mark.parametrize(("steps", "epochs"), [(100, [3, 6]), (5, [1, 1]), (180, [5, 10])])
def test_steps_become_the_nearest_number_of_epochs(tmp_path: Path, steps: int, epochs: list[int]) -> None:
    """1,437 digits, of which a fifth validates, are 1,150: 36 steps of 32 and 18 of 64; at least one epoch."""
    text = f"base: digits.yaml\nvariants: {{a: {{}}, b: {{training.batch_size: 64}}}}\nbudget: {{steps: {steps}}}\n"

    found = loaded(tmp_path, text)

    assert [each.experiment.training.epochs for each in found.variants.values()] == epochs


def test_steps_of_data_that_nobody_has_read(tmp_path: Path) -> None:
    """`check` keeps the epochs; whoever trains says how many examples there are, or that this is not known."""
    text = "base: digits.yaml\nvariants: {a: {}, b: {training.batch_size: 64}}\nbudget: {steps: 100}\n"
    base = "dataset: {type: csv, path: t.csv, target: y, task: regression}\n"
    kept = loaded(tmp_path, text, base)

    known = load_study(tmp_path / "s.yaml", lambda experiment: 320)
    with pytest.raises(ConfigError) as error:
        load_study(tmp_path / "s.yaml", lambda experiment: None)

    assert [each.experiment.training.epochs for each in kept.variants.values()] == [20, 20]
    assert [each.experiment.training.epochs for each in known.variants.values()] == [10, 20]
    (line,) = error.value.lines
    assert line == (
        f"{tmp_path}/s.yaml:3: budget.steps: how many examples train is not known before a run on these data has "
        f"finished; train one with: dlexp run {tmp_path}/digits.yaml, or impose epochs"
    )


def test_the_first_tuning_seed_is_beyond_that_of_most_studies() -> None:
    """So that more seeds for a study leave its tuning as it is."""
    assert Study(tune={"training.batch_size": [1, 2]}, seeds=999).tuning_seeds.start == 1000
