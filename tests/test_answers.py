"""What `compare` says first: a sentence for each pair, lines for many, and what to type where nothing can be told."""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_runs import changed, failed, finished

from dlexp.config.identity import Ingredients
from dlexp.config.load import load
from dlexp.records.index import read, scan
from dlexp.records.run_dir import RunDir
from dlexp.reports.comparison.answers import answers
from dlexp.reports.comparison.facts import Comparison, compare
from dlexp.reports.comparison.headlines import Headline
from dlexp.reports.comparison.next_steps import Sentence
from dlexp.reports.comparison.sentences import sentence
from dlexp.reports.comparison.table import to_text
from dlexp.reports.comparison.verdicts import TrainedModels
from dlexp.reports.numbers import about

BIGGER = changed(model={"hidden": [128]})
A = (0.90, 0.91, 0.92, 0.90, 0.91)
B = (0.95, 0.955, 0.97, 0.945, 0.96)
NEAR = (0.905, 0.90, 0.935, 0.905, 0.91)


@pytest.fixture
def runs_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The usual one, in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    return Path("runs")


def trained(runs_dir: Path, name: str, accuracies: Sequence[float], units: int = 1, **record: Any) -> list[RunDir]:
    """An experiment with these accuracies by seed."""
    config = changed(model={"hidden": [units]})
    return [finished(runs_dir, name, seed, accuracy, config, **record) for seed, accuracy in enumerate(accuracies)]


def comparison_of(runs_dir: Path, *metrics: str) -> Comparison:
    """Everything below a runs directory, compared."""
    return compare([read(run_dir) for run_dir in scan(runs_dir)], metrics)


def said(runs_dir: Path, *metrics: str, width: int = 300) -> list[str]:
    """The lines of the answers."""
    return [line for each in answers(comparison_of(runs_dir, *metrics)) for line in each.lines(width)]


def headline_of(runs_dir: Path, **changes: Any) -> Headline:
    """That of the only pair, with other facts of its difference."""
    (found,) = comparison_of(runs_dir).headlines
    assert found.difference
    return replace(found, difference=replace(found.difference, **changes))


def test_a_verdict_is_one_sentence_and_invites_nothing(runs_dir: Path) -> None:
    """The number that decides, its interval and its seeds; no word of more seeds."""
    trained(runs_dir, "a", A)
    trained(runs_dir, "b", B, 2)

    assert said(runs_dir) == ["b is better than a: +4.80 points test_accuracy [4.46, 5.14], 5 paired seeds."]
    assert said(runs_dir, "val_loss", "val_accuracy")[0].startswith(
        "No verdict on b against a: 0 val_loss in each of 5"
    )


def test_new_examples_have_an_interval_of_their_own(runs_dir: Path) -> None:
    """In the same sentence; where that one holds 0, the sentence says so."""
    trained(runs_dir, "a", A)
    trained(runs_dir, "b", B, 2)

    sure = sentence(headline_of(runs_dir, on_new_examples=(0.02, 0.076)))
    assert sure.endswith("5 paired seeds; on new examples of the same kind [2.0, 7.6].")
    alike = sentence(headline_of(runs_dir, on_new_examples=(0.0446, 0.0514)))
    assert alike.endswith("[4.46, 5.14], 5 paired seeds; on new examples of the same kind no wider.")
    unsure = sentence(headline_of(runs_dir, on_new_examples=(-0.01, 0.106)))
    assert unsure.endswith("; on new examples of the same kind [-1.0, 10.6], which leaves it open.")


def test_no_clear_difference_says_what_would_have_shown(runs_dir: Path) -> None:
    """And how many seeds such a difference takes, with what adding seeds does to the answer: once, at the end."""
    trained(runs_dir, "a", A)
    trained(runs_dir, "b", NEAR, 2)
    trained(runs_dir, "c", [value - 0.001 for value in NEAR], 3)

    first, second, again, command = said(runs_dir)
    assert first == (
        "Cannot tell whether b is better or worse than a: +0.3 points test_accuracy [-1.1, 1.7], 5 paired seeds "
        "(95 % for all 2 together); these seeds could have shown 2.9 points; a difference of this size takes 61 to 214 "
        "seeds."
    )
    assert second.startswith("Cannot tell whether c is better or worse than a: +0.2 points")
    assert again == (
        "Planned for n = 5: adding seeds because of an answer makes it wrong in 8 to 11 % of cases; ask again on seeds "
        "that no answer has seen, also as a study with seeds: {first: 5, count: 10}:"
    )
    configs = " ".join(str(config_of(runs_dir, name)) for name in "abc")
    assert command == f"    dlexp compare {configs} --until-sure 12 --first-seed 5 --runs-dir runs-confirmed"


@pytest.mark.parametrize(
    ("last", "best", "at_best", "helped"),
    [
        ("worse", "better", "at its best epoch (1) better", ": early stopping would help b"),
        ("worse", "no clear difference", "at its best epoch (1) not clearly different", ""),
        ("better", "worse", "at their best epochs (1 and 2) worse", ": early stopping would help a"),
    ],
)
def test_the_best_epoch_may_say_something_else(runs_dir: Path, last: Any, best: Any, at_best: str, helped: str) -> None:
    """Then the sentence has both."""
    assert sentence(conflicting(runs_dir, last, best, test=last)) == (
        f"b is after 2 epochs {last} than a: +4.80 points test_accuracy [4.46, 5.14], 5 paired seeds; "
        f"{at_best} (+2.0 points best_val_accuracy [1.0, 3.0]){helped}."
    )


def test_a_test_score_may_agree_with_neither_epoch(runs_dir: Path) -> None:
    """Such as that of a model which was given back its best weights: what validation says is a sentence of its own."""
    headline = conflicting(runs_dir, "worse", "better", test="better")

    assert sentence(headline) == (
        "b is better than a: +4.80 points test_accuracy [4.46, 5.14], 5 paired seeds. In validation it is after 2 "
        "epochs worse (-2.0 points val_accuracy [-3.0, -1.0]), at its best epoch (1) better (+2.0 points "
        "best_val_accuracy [1.0, 3.0]): early stopping would help b."
    )


def conflicting(runs_dir: Path, last: Any, best: Any, test: Any) -> Headline:
    """A headline with these verdicts; only the verdicts fit together."""
    from dlexp.reports.comparison.headlines import EpochConflict

    trained(runs_dir, "a", A)
    trained(runs_dir, "b", B, 2)
    found = headline_of(runs_dir, verdict=test)
    assert found.difference
    of_last = replace(found.difference, mean=-0.02, interval=(-0.03, -0.01), verdict=last)
    of_best = replace(found.difference, mean=0.02, interval=(0.01, 0.03), verdict=best)
    conflict = EpochConflict(
        last=of_last, best=of_best, epochs=2, best_epoch=1, baseline_epochs=2, baseline_best_epoch=2
    )
    return replace(found, conflict=conflict)


def test_one_seed_ends_with_the_command_that_can_tell(runs_dir: Path) -> None:
    """The configs as they were typed, where they still hold the experiments; else those in the runs' folders."""
    Path("here").mkdir()
    config = Path("here/a.yaml")
    config.write_text("dataset: digits\ntraining: {epochs: 1}\n")
    experiment = load(config).experiment
    digest = experiment.dataset.digest(None)
    identity = Ingredients.of(experiment, digest).identity
    recorded = {"identity": identity, "data_digest": digest, "training_version": 3}
    run_dir = finished(runs_dir, "a", 0, 0.9, experiment.model_dump(exclude={"name"}), **recorded, seconds=30)
    with_command(run_dir, "dlexp run here/a.yaml --data-dir 'my data'")
    other = experiment.model_dump(exclude={"name"}) | {"model": {"type": "mlp", "hidden": [2]}}
    finished(runs_dir, "b", 0, 0.95, other, seconds=20, data_digest=digest)

    lines = said(runs_dir, "val_accuracy", width=80)
    assert lines == [
        "1 paired seed cannot tell whether b is better or worse than a: +5.00 points",
        "val_accuracy; 5 seeds can have a verdict, in about 3.3 min, or as many as it",
        "takes:",
        f"    dlexp run here/a.yaml {config_of(runs_dir, 'b')} --seeds 5 \\",
        "        --data-dir 'my data'",
        f"    dlexp compare here/a.yaml {config_of(runs_dir, 'b')} \\",
        "        --metric val_accuracy --until-sure 12 --data-dir 'my data'",
    ]
    versions = {"tensorflow": "2.0.0"}
    newer = finished(runs_dir, "a", 0, 0.9, experiment.model_dump(exclude={"name"}), **recorded, versions=versions)
    with_command(newer, "dlexp run here/a.yaml")
    assert "\n".join(said(runs_dir, "val_accuracy")).count("here/a.yaml") == 2
    config.write_text("dataset: digits\ntraining: {epochs: 2}\n")
    assert f"    dlexp run runs/a/{run_dir.path.name}/config.yaml" in "\n".join(said(runs_dir, "val_accuracy"))


def with_command(run_dir: RunDir, command: str) -> None:
    """Record the command that trained a run."""
    run_dir.environment_path.write_text(
        json.dumps({"seed": run_dir.seed, "identity": "", "config": {}, "command": command})
    )


def test_a_command_that_cannot_be_read_is_none(runs_dir: Path) -> None:
    """A quote without its partner, a damaged record: the configs in the folders are there."""
    (a,) = trained(runs_dir, "a", [0.9])
    (b,) = trained(runs_dir, "b", [0.95], 2)
    with_command(a, "dlexp run 'a.yaml")
    b.environment_path.write_text("{")

    assert said(runs_dir)[1] == f"    dlexp run {a.config_path} {b.config_path} --seeds 5"


@pytest.mark.parametrize("seeds", [1, 4])
def test_nothing_is_advised_to_tell_an_experiment_from_itself_by_an_older_training_code(
    runs_dir: Path, seeds: int
) -> None:
    """Neither more seeds nor others: the older code trains no more."""
    (old, *_), (new, *_) = (trained(runs_dir, "a", A[:seeds], training_version=n, identity=f"{n}" * 64) for n in (1, 2))

    _, *advice = said(runs_dir)
    assert advice == [
        "a training version=1: the same experiment, trained by an older training code; this takes the new ones alone:",
        f"    dlexp compare {new.config_path}",
    ]
    (other, *_) = trained(runs_dir, "b", NEAR[:seeds], 2)
    text = "\n".join(said(runs_dir))
    assert str(old.config_path) not in text
    assert f"dlexp compare {new.config_path} {other.config_path} --until-sure 12" in text
    assert text.endswith(f"    dlexp compare {new.config_path} {other.config_path}")


def test_several_short_pairs_share_a_command(runs_dir: Path) -> None:
    """Also two that have no seed in common; another runs directory is named, and the missing seeds alone take time."""
    other = runs_dir.with_name("other")
    trained(other, "a", [0.9, 0.91], seconds=10)
    trained(other, "b", [0.95], 2, seconds=100)
    finished(other, "c", 7, 0.95, BIGGER, seconds=1000)

    lines = said(other)
    assert lines[:3] == [
        "1 paired seed cannot tell whether b is better or worse than a: +5.00 points test_accuracy.",
        "No verdict on c against a: no seed in common.",
        "5 seeds can have a verdict, in about 1.5 h, or as many as it takes:",
    ]
    assert re.fullmatch(r"    dlexp run (other/\S+/config.yaml ){3}--seeds 5 --runs-dir other", lines[3])
    assert re.fullmatch(r"    dlexp compare (other/\S+/config.yaml ){3}--until-sure 12 --runs-dir other", lines[4])
    assert len(lines) == 5


def test_more_configs_than_a_command_takes_are_a_glob(runs_dir: Path) -> None:
    """One that a shell expands to exactly these; where others lie in the folder, each config is named."""
    for i in range(10):
        (run_dir,) = trained(runs_dir, "my grid", [0.9 + i / 1000], i + 1)

    *_, text, command = said(runs_dir)
    assert (text, command) == (
        "5 seeds can have a verdict, in about 50 s:",
        "    dlexp run 'runs/my grid'/s0-*/config.yaml --seeds 5",
    )
    words = command.removeprefix("    dlexp run ").removesuffix(" --seeds 5")
    expanded = subprocess.run(["sh", "-c", f"ls {words}"], capture_output=True, text=True, check=True)
    assert len(expanded.stdout.splitlines()) == 10
    shutil.copytree(run_dir.path, run_dir.path.with_name(f"{run_dir.path.name}-2"))
    assert any("/s0-" in line and "config.yaml'" in line for line in said(runs_dir))
    assert not any("*" in line for line in said(runs_dir) if "config.yaml" in line)


def test_two_seeds_say_how_many_such_a_difference_takes(runs_dir: Path) -> None:
    """By the limits of a deviation that two seeds have estimated."""
    trained(runs_dir, "a", A[:2])
    trained(runs_dir, "b", B[:2], 2)

    assert said(runs_dir)[0] == (
        "2 paired seeds cannot tell whether b is better or worse than a: +4.75 points test_accuracy; a difference of "
        "this size takes 3 seeds; 5 seeds can have a verdict, in about 8 s, or as many as it takes:"
    )


def test_two_trained_models_are_labelled_so(runs_dir: Path) -> None:
    """McNemar's test says nothing of experiments."""
    trained(runs_dir, "a", [0.9])
    trained(runs_dir, "b", [0.95], 2)
    models = TrainedModels(only_baseline=7, only_experiment=23, examples=1360, p=0.00522)

    assert sentence(headline_of(runs_dir, trained_models=models)) == (
        "1 paired seed cannot tell whether b is better or worse than a: +5.00 points test_accuracy; these two trained "
        "models, whatever other seeds give: b alone is right on 23 of 1,360 test examples, a alone on 7 (McNemar's "
        "p = 0.0052)."
    )


def test_what_cannot_be_compared_says_why(runs_dir: Path) -> None:
    """Other examples, another loss, collapsed and diverged seeds, no finished seed, no number."""
    guessing: dict[str, Any] = {"guessing": {"val_accuracy": 0.3, "test_accuracy": 0.28}}
    trained(runs_dir / "1", "a", A, **guessing)
    trained(runs_dir / "1", "b", (0.9, 0.2, 0.9, 0.3, 0.9), 2, **guessing)
    failed(runs_dir / "1", "c", 0, changed(model={"hidden": [3]}))
    trained(runs_dir / "2", "a", A, **guessing)
    trained(runs_dir / "2", "d", A, 4, metrics={"val_accuracy": 0.9, "val_loss": 0.1})
    for seed in range(3):
        wine = changed(dataset={"type": "wine"})
        finished(runs_dir / "2", "w", seed, 0.9, wine, data_digest="e" * 64)
        finished(runs_dir / "2", "z", seed, 0.9, changed(head={"loss": "mse"}))

    assert said(runs_dir / "1", "test_accuracy") == [
        "No verdict on b against a: collapsed on 2 of 5 seeds, the baseline on 0 of 5; the difference of the means, "
        "-26.8 points test_accuracy, would compare luck.",
        "No verdict on c against a: no seed of c finished.",
    ]
    assert said(runs_dir / "2", "test_accuracy")[:3] == [
        "No verdict on d against a: d has no test_accuracy.",
        (
            "Cannot tell whether z is better or worse than a: -1.0 points test_accuracy [-3.5, 1.5], 3 paired seeds; "
            "these seeds could have shown 6.9 points; a difference of this size takes 8 to 38 seeds."
        ),
        "w cannot be compared with a: it is scored on other examples.",
    ]
    assert "z cannot be compared with a by val_loss: another loss." in said(runs_dir / "2", "val_loss")


def test_many_pairs_are_counted_by_their_answer(runs_dir: Path) -> None:
    """The best by name, not all; why some have no verdict stands below the table."""
    trained(runs_dir, "a", A)
    for i in range(8):
        trained(runs_dir, f"same{i}", [a + 0.001 * (-1) ** (seed + i) for seed, a in enumerate(A)], i + 2)
    trained(runs_dir, "up", [a + 0.05 for a in A], 20)
    trained(runs_dir, "upper", [a + 0.06 + seed / 1000 for seed, a in enumerate(A)], 21)
    trained(runs_dir, "down", [a - 0.05 + seed / 1000 for seed, a in enumerate(A)], 22)
    trained(runs_dir, "short", A[:1], 23)

    lines = said(runs_dir, "val_accuracy", width=60)
    assert lines[:10] == [
        "Compared with the baseline by val_accuracy: 1 better, 1",
        "worse, 8 cannot tell, 2 no verdict (95 % for all 10",
        "together).",
        "Best val_accuracy: upper (0.9700), up (0.9580) and same0",
        "(0.9082).",
        "Baseline (*): a (named first). Differences in points.",
        "The best of 13 was picked by its val_accuracy, so that",
        "0.9700 is optimistic; on the test split it has 0.9500.",
        "10 comparisons are many for 5 seeds: they could have shown",
        "0.54 points (3.2 sd). Adding seeds because of an answer",
    ]
    text = to_text(comparison_of(runs_dir, "val_accuracy"))
    assert "No verdict, equal differences on all seeds: rank 2.\n" in text
    assert "No verdict, fewer than 3 paired seeds: rank 12.\n" in text


def config_of(runs_dir: Path, name: str) -> Path:
    """The config in the folder of an experiment's first run."""
    return next(run_dir.config_path for run_dir in scan(runs_dir) if run_dir.name == name)


@pytest.mark.parametrize(
    ("where", "confirmed_in"), [("runs", "runs-confirmed"), (".", "runs-confirmed"), ("a/b", "a/b-confirmed")]
)
def test_a_family_too_large_is_confirmed_on_new_seeds(runs_dir: Path, where: str, confirmed_in: str) -> None:
    """How much it could have shown, and the two commands that say more: other records, two comparisons."""
    for i in range(12):
        trained(Path(where), f"e{i:02}", [0.8 + i / 500 + (seed + 1) * (i % 5) / 100 for seed in range(3)], i + 1)

    lines = said(Path(where), "val_accuracy", width=80)
    start = next(i for i, line in enumerate(lines) if line.startswith("9 comparisons"))
    assert lines[start : start + 3] == [
        "9 comparisons are many for 3 seeds: they could have shown 42 points (9.8 sd).",
        "Adding seeds because of an answer makes it wrong in 8 to 11 % of cases. Confirm",
        "the best 3 on new seeds, in about 19 s:",
    ]
    commands = "\n".join(lines[start + 3 :]).replace("\\\n", "").split("\n")
    run, compared = [command.split() for command in commands]
    best = ("e09", "e04", "e08")
    options = [word for seed in range(3, 8) for word in ("--seed", str(seed))]
    configs = [str(config_of(Path(where), name)) for name in best]
    assert run == ["dlexp", "run", *configs, *options, "--runs-dir", confirmed_in]
    assert compared == ["dlexp", "compare", *best, "--runs-dir", confirmed_in]


def test_a_second_confirmation_has_records_of_its_own(runs_dir: Path) -> None:
    """Old and new seeds of one folder would be pooled."""
    for i in range(6):
        trained(runs_dir, f"e{i}", [0.8 + (seed + 1) * (i % 5) / 100 for seed in range(3)], i + 1)
    for folder in ("runs-confirmed", "runs-confirmed-2"):
        Path(folder).mkdir()

    assert said(runs_dir, "val_accuracy")[-1].endswith("--runs-dir runs-confirmed-3")


def test_one_piece_of_advice_and_no_impossible_number(runs_dir: Path) -> None:
    """Accuracies differ by 100 points at most: no bound lies beyond, and what cannot be is not "shown"."""
    for i in range(5):
        scores = (0.2, 0.6 - 0.01 * i, 0.9)
        trained(runs_dir, f"e{i}", [scores[(seed + i) % 3] for seed in range(3)], i + 1)

    comparison = comparison_of(runs_dir, "val_accuracy")
    lines = [line for each in answers(comparison) for line in each.lines(300)]
    assert lines[0] == "Compared with the baseline by val_accuracy: 4 cannot tell (95 % for all 4 together)."
    assert lines[4].startswith(
        "4 comparisons are many for 3 seeds: they can show no difference that is possible (6.5 sd). "
    )
    assert not any("takes" in line or line.startswith("Planned") for line in lines)
    assert " [-100, 100]  cannot tell\n" in to_text(comparison, 200)
    found = comparison.headlines[0].difference
    assert found
    assert found.interval
    assert found.interval[0] < -1
    assert found.interval[1] > 1
    assert sentence(comparison.headlines[0]) == (
        "Cannot tell whether e1 is better or worse than e0: -0.33 points val_accuracy [-100, 100], 3 paired seeds "
        "(95 % for all 4 together); these seeds could have shown no difference that is possible; a difference of "
        "this size takes over 1,000 seeds."
    )


def test_what_is_not_judged_has_no_sentence(runs_dir: Path) -> None:
    """Seconds and scores in training; beside them, the first number that is judged decides."""
    trained(runs_dir, "a", A)
    trained(runs_dir, "b", B, 2)

    assert said(runs_dir, "seconds", "accuracy") == []
    assert said(runs_dir, "seconds", "val_accuracy")[0].startswith("b is better than a: +4.80 points val_accuracy")


def test_results_that_are_missing_are_noted(runs_dir: Path) -> None:
    """Once, and only where they would have been used."""
    first, *_ = trained(runs_dir, "a", A)
    trained(runs_dir, "b", B, 2)
    trained(runs_dir, "c", B, 3)

    missing = "no results on single test examples are on record (--force trains it again with them)"
    note = f"Nothing is known of new examples. {first.label}: {missing}.\n"
    assert to_text(comparison_of(runs_dir), width=200).count(note) == 1
    assert "new examples" not in to_text(comparison_of(runs_dir, "val_accuracy"), width=200)


@given(
    words=st.lists(st.text("ab'/ -.$\\", min_size=1, max_size=60), min_size=1, max_size=6),
    width=st.integers(30, 120),
)
def test_a_shell_reads_a_command_of_several_lines(words: list[str], width: int) -> None:
    """No line is longer than the width, and the words are the same."""
    lines = Sentence("", (("printf", "%s\\n", *words),)).lines(width)

    assert max(map(len, lines)) <= width
    ended = subprocess.run(["bash", "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    assert ended.stdout == "\n".join([*words, ""])


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "about 1 s"), (89, "about 89 s"), (90, "about 1.5 min"), (7200, "about 2 h")]
)
def test_about(seconds: float, text: str) -> None:
    """Two digits of minutes and hours."""
    assert about(seconds) == text
