"""Study files: which experiments they name, and what is wrong with them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dlexp.config.identity import Ingredients
from dlexp.config.load import load
from dlexp.config.load_study import LoadedStudy, load_study
from dlexp.config.problems import ConfigError
from dlexp.config.study import Margin

Write = Callable[[str], Path]

BASE = "dataset: digits\nmodel: {hidden: [32, 32]}\noptimizer: sgd\ntraining: {epochs: 3}\n"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a study beside the config `base.yaml`."""
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(BASE)

    def written(text: str) -> Path:
        Path("s.yaml").write_text(text)
        return Path("s.yaml")

    return written


def studied(write: Write, text: str) -> LoadedStudy:
    """What a study says."""
    return load_study(write(text))


def test_variants_are_the_experiments_that_overrides_of_the_base_make(write: Write) -> None:
    """With types, short forms and null as `--set` takes them: runs are shared by identity, which has no name."""
    a = "{optimizer: adam, metrics: [accuracy], model.dropout: null}"
    variants = studied(write, f"base: base.yaml\nvariants: {{a: {a}, b: {{model.hidden.0: 8}}}}\n").variants

    a_alone = load("base.yaml", ["name=s-a", "optimizer=adam", "metrics=[accuracy]"])
    assert variants["a"].experiment == a_alone.experiment
    assert variants["b"].experiment == load("base.yaml", ["name=s-b", "model.hidden=[8, 32]"]).experiment


def test_a_variant_that_is_another_experiment_has_a_name_of_its_own(write: Write) -> None:
    """Of its study and its variant, whatever the base is called; one that changes nothing has its config's."""
    Path("base.yaml").write_text(f"name: sines\n{BASE}")
    Path("other.yaml").write_text("dataset: iris\n")
    Path("part.yaml").write_text("optimizer: sgd\n")
    variants = (
        "{same: {optimizer: sgd, training.diagnostics: true}, b: {optimizer: adam}, 'c/d [2]': {training.epochs: 4}, "
        "other: {file: other.yaml}, part: {file: part.yaml, dataset: iris}, said: {name: mine, model.hidden: [4]}}"
    )
    found = studied(write, f"base: base.yaml\nvariants: {variants}\n").variants

    assert [each.experiment.name for each in found.values()] == ["sines", "s-b", "s-c_d (2)", "other", "s-part", "mine"]


def test_points_of_a_grid_are_called_as_far_as_a_name_can_be(write: Write) -> None:
    """Brackets are none of its signs; what is too long has the name of the study alone, several experiments even."""
    write("")
    grid = "grid: {model.hidden: [[16], [32, 32]], optimizer: [sgd, adam]}\n"
    found = studied(write, f"base: base.yaml\n{grid}").variants
    long = studied(write, f"base: base.yaml\nvariants: {{{'a' * 90}: {{}}}}\n{grid}").variants

    assert [each.experiment.name for each in found.values()] == [
        "s-model.hidden=(16), optimizer=sgd",
        "s-model.hidden=(16), optimizer=adam",
        "base",
        "s-model.hidden=(32, 32), optimizer=adam",
    ]
    assert [each.experiment.name for each in long.values()] == ["s", "s", "base", "s"]


def test_a_name_comes_with_its_place_and_stays_under_overrides(write: Write) -> None:
    """A variant is loaded as any config: what is laid over it changes no name."""
    found = studied(write, "base: base.yaml\nvariants: {a: {optimizer: adam}, b: {}}\n").variants["a"]

    assert str(found.sources["name"]) == "s.yaml:2"
    assert load(found, ["training.epochs=4"]).experiment.name == "s-a"


@pytest.mark.parametrize(
    ("file", "name"),
    [("x resamples.yaml", "x resamples-a"), ("-.yaml", "a"), ("s1-0123456789.yaml", "s1-0123456789-a")],
)
def test_a_study_of_any_name_can_name_its_variants(file: str, name: str, write: Write) -> None:
    """What a folder of runs cannot be called is left out."""
    write("")
    Path(file).write_text("base: base.yaml\nvariants: {a: {optimizer: adam}}\n")

    assert load_study(file).variants["a"].experiment.name == name


def test_a_variant_may_be_another_file(write: Write) -> None:
    """As seen from the study; what else it says is laid over that file."""
    Path("other.yaml").write_text("dataset: iris\n")
    found = studied(write, "variants: {a: {file: base.yaml}, b: {file: other.yaml, training: {epochs: 7}}}\n").variants

    assert found["a"].experiment == load("base.yaml").experiment
    assert found["b"].experiment == load("other.yaml", ["name=s-b", "training.epochs=7"]).experiment


def test_points_of_a_grid_have_names(write: Write) -> None:
    """The keys and values, after the name of the variant where there are variants; the last key runs fastest."""
    grid = "grid: {model.hidden: [[16], [32]], optimizer: [sgd, adam]}\n"

    assert list(studied(write, f"base: base.yaml\n{grid}").variants) == [
        "model.hidden=[16], optimizer=sgd",
        "model.hidden=[16], optimizer=adam",
        "model.hidden=[32], optimizer=sgd",
        "model.hidden=[32], optimizer=adam",
    ]
    both = studied(write, f"base: base.yaml\nvariants: {{wide: {{}}}}\n{grid}").variants
    assert next(iter(both)) == "wide, model.hidden=[16], optimizer=sgd"
    assert both["wide, model.hidden=[32], optimizer=adam"].experiment.optimizer.type == "adam"


def test_a_value_of_the_grid_wins_over_the_base_and_keeps_what_the_variant_says(write: Write) -> None:
    """Types come first, as with `--set` beside `--grid`: no key of the variant is lost to a type from the grid."""
    text = "base: base.yaml\nvariants: {a: {optimizer.learning_rate: 0.5}}\ngrid: {optimizer: [adam, adamw]}\n"
    found = studied(write, text).variants

    overrides = ["optimizer.learning_rate=0.5", "optimizer=adamw"]
    named = [*overrides, "name=s-a, optimizer=adamw"]
    assert found["a, optimizer=adamw"].experiment == load("base.yaml", named).experiment


def test_configs_are_named_as_seen_from_the_study(write: Write) -> None:
    """And called without `..` in messages and commands."""
    write("")
    Path("studies").mkdir()
    Path("studies/s.yaml").write_text("base: ../base.yaml\nvariants: {a: {optimizer: adma}, b: {}}\n")
    with pytest.raises(ConfigError, match=r"^studies/s.yaml:2: variants.a.optimizer.type: unknown optimizer 'adma'"):
        load_study("studies/s.yaml")
    Path("studies/s.yaml").write_text("base: ../base.yaml\nvariants: {a: {optimizer: adam}, b: {}}\n")

    assert {str(each.path) for each in load_study("studies/s.yaml").variants.values()} == {"base.yaml"}


def test_a_claim_about_diagnostics_switches_them_on(write: Write) -> None:
    """Only in the variants that it is about; whoever is observed remains the same experiment."""
    claim = "{says: a, metric: diagnostics.1.dead_share, variant: b, at_most: 0.5}"
    found = studied(
        write, f"base: base.yaml\nvariants: {{a: {{}}, b: {{optimizer: adam}}}}\nclaims: [{claim}]\n"
    ).variants
    plain = load("base.yaml", ["optimizer=adam"]).experiment

    assert [each.experiment.training.diagnostics for each in found.values()] == [False, True]
    assert Ingredients.of(found["b"].experiment, "").identity == Ingredients.of(plain, "").identity
    assert load(found["b"], ["training.epochs=4"]).experiment.training.epochs == 4


def test_a_model_without_hidden_layers_has_no_diagnostics(write: Write) -> None:
    """The claim says so."""
    claim = "{says: a, metric: diagnostics.1.dead_share, variant: b, at_most: 0.5}"
    variants = "{a: {}, b: {model: {layers: [{Dense: {units: 4}}]}}}"
    with pytest.raises(
        ConfigError, match=r"claims.0.metric: diagnostics look at hidden layers by number; layers has none"
    ):
        studied(write, f"base: base.yaml\nvariants: {variants}\nclaims: [{claim}]\n")


def test_warnings_are_said_once(write: Write) -> None:
    """Those of a variant's own keys at their place; those in the base with the variants that alone have them."""
    Path("base.yaml").write_text(BASE.replace("sgd", "{type: sgd, learning_rate: 100}"))
    variants = "{a: {}, b: {model.hidden: [32, 4]}, c: {optimizer: adam}}"
    found = [str(each) for each in studied(write, f"base: base.yaml\nvariants: {variants}\n").warnings]

    (rate, bottleneck) = found
    assert rate.startswith("base.yaml:3: optimizer.learning_rate: warning: 100 is far")
    assert rate.endswith("(allow: [learning_rate] if it is meant) (in a, b)")
    assert bottleneck.startswith(
        "s.yaml:2: variants.b.model.hidden: warning: hidden layer 2 has 4 units for 10 classes"
    )


def test_a_variant_allows_what_is_unwise_in_it(write: Write) -> None:
    """As a config does."""
    variants = "{a: {}, b: {model.hidden: [32, 4], allow: [bottleneck]}}"

    assert not studied(write, f"base: base.yaml\nvariants: {variants}\n").warnings


def test_claims_are_counted_by_the_numbers_that_they_bound(write: Write) -> None:
    """An order of k variants bounds k - 1 differences."""
    claims = "[{says: x, metric: loss, order: [a, b, c]}, {says: y, metric: loss, ratio: a / b, at_least: 1}]"
    text = (
        f"base: base.yaml\nvariants: {{a: {{}}, b: {{optimizer: adam}}, c: {{optimizer: adamw}}}}\nclaims: {claims}\n"
    )
    study = studied(write, text).study

    assert study.n_claims == 3
    assert [claim.sides for claim in study.claims] == [(("a", "b"), ("b", "c")), (("a", "b"),)]
    assert [claim.variants for claim in study.claims] == [("a", "b", "c"), ("a", "b")]


def test_seeds_are_the_first_ones_or_those_that_are_named(write: Write) -> None:
    """5 of them by default; others for a question that the first ones left open."""
    text = "base: base.yaml\nvariants: {a: {}, b: {optimizer: adam}}\n"
    given = ("", "seeds: 3\n", "seeds: {first: 5, count: 12}\n")
    at_most = ("until_sure: 12\n", "until_sure: {max_seeds: 24, first_seed: 12}\n")

    found = [studied(write, text + seeds).study.planned_seeds for seeds in (*given, *at_most)]
    assert found == [range(5), range(3), range(5, 17), range(12), range(12, 36)]


def test_margins_are_in_units_or_shares(write: Write) -> None:
    """A percentage is a share of the incumbent's mean."""
    margins = "goal: test_loss\nmust_not_worsen: {test_nll: 0.02, seconds: 12.5%, test_accuracy: 0.5 points}\n"
    study = studied(write, f"base: base.yaml\nvariants: {{a: {{}}, b: {{optimizer: adam}}}}\n{margins}").study

    assert study.margins == {
        "test_nll": Margin(0.02, False),
        "seconds": Margin(0.125, True),
        "test_accuracy": Margin(0.005, False),
    }


def test_bounds_of_accuracies_may_be_in_points(write: Write) -> None:
    """As `compare` prints them: 2 points are 0.02."""
    bounds = ("at_least: -2 points", "at_most: .5 points", "between: [0, 1 point]", "no_difference_beyond: 7points")
    claims = ", ".join(f"{{says: x, metric: test_accuracy, difference: a - b, {bound}}}" for bound in bounds)
    text = f"base: base.yaml\nvariants: {{a: {{}}, b: {{optimizer: adam}}}}\nclaims: [{claims}]\n"

    assert [claim.bounds for claim in studied(write, text).study.claims] == [
        {"at_least": (-0.02,)},
        {"at_most": (0.005,)},
        {"between": (0.0, 0.01)},
        {"no_difference_beyond": (0.07,)},
    ]


def test_columns_of_all_targets_can_be_claimed(write: Write) -> None:
    """Of several targets, each has its own."""
    Path("base.yaml").write_text("dataset: {type: digits, target: [digit, parity]}\ntraining: {epochs: 1}\n")
    claims = "[{says: x, metric: best_val_parity_accuracy, variant: a, at_least: 0.5}]"

    assert studied(write, f"base: base.yaml\nvariants: {{a: {{}}}}\nclaims: {claims}\n").study.n_claims == 1
