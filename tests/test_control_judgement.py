"""What the controls' measurements mean: what passes, what fails, and what cannot be told."""

from dataclasses import replace

import pytest

from dlexp.reports.control.judgement import Judged, judge
from dlexp.reports.control.page import ControlledExperiment, lines_of
from dlexp.training.controlled import Association, Controlled, FirstLoss, OneBatch, TellingInput, Trial


def association(value: float, z: float, guess: float = 0.1, target: str = "") -> Association:
    """An accuracy."""
    gain = (value - guess) / (1 - guess)
    return Association(target=target, metric="accuracy", value=value, guess=guess, gain=gain, z=z, n=200)


GOOD, CHANCE = association(0.9, 30), association(0.08, -0.5)
LEARNED = OneBatch(n=32, steps=50, learned=[GOOD])
SOUND = Controlled(
    first_loss=FirstLoss(loss=2.5, expected=2.3, reference=2.3, target_size=None, is_bounded=True),
    one_batch=LEARNED,
    trained=Trial(epochs=2, planned=30, held_out=[GOOD]),
    shuffled=Trial(epochs=30, planned=30, held_out=[CHANCE]),
    n_trained=1000,
    n_held_out=200,
    n_repeated=0,
)
NOTHING = replace(SOUND, trained=Trial(epochs=30, planned=30, held_out=[CHANCE]))


def not_passed(controlled: Controlled, *allowed: str) -> list[Judged]:
    """The controls that did not pass."""
    return [each for each in judge(controlled, allowed) if each.result != "passed"]


def test_a_sound_set_up_passes_all() -> None:
    """Five controls, and none of them has anything to advise."""
    found = judge(SOUND)

    assert [each.result for each in found] == ["passed"] * 5
    assert not any(each.advice for each in found)


def test_what_was_trained_in_full_has_no_count_of_epochs() -> None:
    """A short config gets more than it has, and labels that were moved hold out others, which guess otherwise."""
    moved = judge(replace(NOTHING, shifted={1: [GOOD]}))[2]

    assert moved.found == "accuracy 0.08000 (guessing 0.1000)"
    assert moved.advice == "the labels are misaligned: with that of the row before it is accuracy 0.9000"
    assert judge(SOUND)[2].found == "accuracy 0.9000 (guessing 0.1000) after 2 of 30 epochs"
    assert judge(SOUND)[3].found == "accuracy 0.08000 (guessing 0.1000)"


@pytest.mark.parametrize(
    ("changed", "name", "advice"),
    [
        (
            replace(SOUND, one_batch=replace(LEARNED, learned=[CHANCE], rescued=[GOOD])),
            "one_batch",
            "Adam at a rate of 0.01 learns it, so the optimizer or its learning_rate does not fit",
        ),
        (
            replace(SOUND, one_batch=replace(LEARNED, learned=[CHANCE], rescued=[CHANCE], unmoved=["hidden_1"])),
            "one_batch",
            "no gradient reaches hidden_1; Adam at a rate of 0.01 does not learn it either",
        ),
        (replace(NOTHING, shifted={1: [CHANCE], -1: [GOOD]}), "beats_guessing", "with that of the row after"),
        (replace(NOTHING, shifted={1: [GOOD]}), "beats_guessing", "with that of the row before"),
        (replace(NOTHING, neighbours=[GOOD]), "beats_guessing", "the model or its training does not learn them"),
        (replace(NOTHING, neighbours=[CHANCE]), "beats_guessing", "the labels may not belong to the inputs"),
        (
            replace(SOUND, shuffled=Trial(epochs=30, planned=30, held_out=[GOOD]), n_repeated=150),
            "shuffled_labels",
            "150 of 200 examples held out are training examples too",
        ),
        (replace(SOUND, telling=[TellingInput(name="net", target="", gain=0.999)]), "single_inputs", "leave out what"),
        (
            replace(SOUND, first_loss=replace(SOUND.first_loss, loss=80.0)),
            "first_loss",
            "the first outputs are far too large",
        ),
    ],
)
def test_a_failure_says_what_it_means(changed: Controlled, name: str, advice: str) -> None:
    """One control alone fails; the advice is about what was planted."""
    (found,) = not_passed(changed)

    assert (found.name, found.result) == (name, "failed")
    assert advice in found.advice


@pytest.mark.parametrize(
    "changed",
    [
        replace(NOTHING, n_held_out=3),
        replace(NOTHING, trained=Trial(epochs=3, planned=30, held_out=[CHANCE])),
        replace(NOTHING, trained=Trial(epochs=30, planned=30, held_out=[association(0.12, 3.0)])),
        replace(NOTHING, trained=Trial(epochs=30, planned=30, held_out=[association(0.08, 9.0)])),
        replace(NOTHING, trained=Trial(epochs=30, planned=30, held_out=[association(0.985, 0.0, guess=0.985)])),
    ],
    ids=["few examples", "no time", "better, maybe", "better than chance alone", "three of another class"],
)
def test_what_cannot_be_told_is_no_failure(changed: Controlled) -> None:
    """Between chance and surely better."""
    (found,) = not_passed(changed)

    assert (found.name, found.result) == ("beats_guessing", "cannot tell")
    assert found.advice


def test_an_end_for_want_of_time_is_no_sign_of_learning() -> None:
    """A score as by chance is not called better."""
    (found,) = not_passed(replace(NOTHING, trained=Trial(epochs=3, planned=30, held_out=[CHANCE])))

    assert found.advice == "the short training ran out of time"


def test_shuffled_labels_that_nothing_can_have_told_are_no_failure() -> None:
    """No example held out is a training example: better than chance by chance."""
    (found,) = not_passed(replace(SOUND, shuffled=Trial(epochs=30, planned=30, held_out=[GOOD])))

    assert (found.name, found.result) == ("shuffled_labels", "cannot tell")
    assert "another --seed" in found.advice


def test_what_the_config_allows_is_no_failure() -> None:
    """It is named still."""
    (found,) = not_passed(replace(NOTHING, neighbours=[GOOD]), "beats_guessing")

    assert found.result == "allowed"


def test_losses_below_zero_are_compared_by_their_distance() -> None:
    """A likelihood of numbers: a start at -0.1 is no fault of scale at 0.4, and one at 9 is."""
    start = FirstLoss(loss=0.4, expected=-0.1, reference=None, target_size=None, is_bounded=False)

    assert not not_passed(replace(SOUND, first_loss=start))
    assert not_passed(replace(SOUND, first_loss=replace(start, loss=9.0)))


@pytest.mark.parametrize("width", [30, 80, 200])
def test_the_page_fits(width: int) -> None:
    """No line is wider, and each control begins one."""
    judged = judge(replace(NOTHING, neighbours=[GOOD]))
    lines = lines_of(ControlledExperiment(name="a", config="a.yaml", seed=0, controlled=NOTHING, judged=judged), width)

    assert max(map(len, lines)) <= width
    assert " ".join(lines).startswith("a, seed 0 (1,000 training")
    named = [line.split() for line in lines if not line.startswith("   ")]
    assert [words[1] for words in named if words[0] in {each.result for each in judged}] == [
        each.name for each in judged
    ]
