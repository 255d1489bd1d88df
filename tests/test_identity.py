"""The identity: what is part of it and what is not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dlexp.config import identity as identity_module
from dlexp.config.dump import dump
from dlexp.config.experiment import Experiment
from dlexp.config.identity import Identities, Ingredients, compared
from dlexp.config.load import load


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Experiment]:
    """Write a config file and load it."""

    def write_and_load(text: str, name: str = "config", *overrides: str) -> Experiment:
        path = tmp_path / f"{name}.yaml"
        path.write_text(text)
        return load(path, overrides).experiment

    return write_and_load


def test_name_comments_key_order_and_spelled_out_defaults_are_no_part_of_it(write: Callable[..., Experiment]) -> None:
    """The same experiment in other words is the same experiment."""
    short = write("dataset: digits\ntraining: {epochs: 5, batch_size: 16}\noptimizer: {learning_rate: 1}")
    long = write(
        "# The same.\nname: other\noptimizer: {learning_rate: 1.0, type: adam}\n"
        "training: {batch_size: 16, epochs: 5}\nhead: {type: multiclass, units: 10}\n"
        "dataset: {type: digits}\n",
        "other",
    )

    assert Ingredients.of(short, "data").identity == Ingredients.of(long, "data").identity


def test_settings_data_and_training_code_are_part_of_it(
    write: Callable[..., Experiment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever may change a number changes the identity."""
    experiment = write("dataset: digits")
    first = Ingredients.of(experiment, "data").identity
    changed = [
        Ingredients.of(write("dataset: digits", "config", "training.threads=2"), "data").identity,
        Ingredients.of(experiment, "other data").identity,
    ]
    monkeypatch.setattr(identity_module, "TRAINING_VERSION", -1)
    changed.append(Ingredients.of(experiment, "data").identity)

    assert len({first, *changed}) == 4


def test_the_dumped_experiment_has_the_same_identity(write: Callable[..., Experiment]) -> None:
    """Running a run's own `config.yaml` again is the same experiment."""
    experiment = write("dataset: iris\noptimizer: {epsilon: 1e-7}")

    assert (
        Ingredients.of(write(dump(experiment), "again"), "data").identity == Ingredients.of(experiment, "data").identity
    )


def test_a_record_with_no_word_for_a_type_is_of_the_experiment_that_it_names() -> None:
    """It was edited into nonsense: no command ends there."""
    settings = {"training": {"schedule": {"type": ["cosine"]}}, "model": {"type": {}}}
    record = {"identity": "a" * 64, "config": settings, "data_digest": "d" * 64, "training_version": 2}

    assert Identities.of_record(record).own == "a" * 64
    assert compared(settings) == settings


def test_the_identities_with_other_numbers_of_epochs_are_those_of_such_experiments(
    write: Callable[..., Experiment],
) -> None:
    """Made from one text; with all other settings they have one digest in common, which no other experiment has."""
    text = "dataset: digits\nmodel: {hidden: [8]}\ntraining: {batch_size: 16}\n"
    found = [Ingredients.of(write(text, "config", f"training.epochs={n}"), "data") for n in (7, 20, 1000)]

    assert list(found[0].with_epochs([20, 7, 1000])) == [found[1].identity, found[0].identity, found[2].identity]
    assert len({each.identity for each in found}) == 3
    assert len({each.apart_from_epochs for each in found}) == 1
    assert Ingredients.of(write(text), "other data").apart_from_epochs != found[0].apart_from_epochs


def test_a_kept_state_is_no_part_of_it(write: Callable[..., Experiment]) -> None:
    """It changes no number: `diff`, `compare` and `why` do not see the key either."""
    plain, kept = write("dataset: digits"), write("dataset: digits\ntraining: {keep_state: true}")

    assert Ingredients.of(plain, "data").identity == Ingredients.of(kept, "data").identity
    assert compared(plain.model_dump()) == compared(kept.model_dump())


def test_a_key_that_observes_is_on_record_where_it_is_used(write: Callable[..., Experiment]) -> None:
    """Versions that do not know the key verify all other records: they make the identity of every key on record."""
    plain, kept = (write(f"dataset: digits\ntraining: {{keep_state: {value}}}") for value in ("false", "true"))

    assert "keep_state" not in plain.model_dump(mode="json")["training"]
    assert ("keep_state" in dump(plain), "  keep_state: true\n" in dump(kept)) == (False, True)
    assert [write(dump(each)) for each in (plain, kept)] == [plain, kept]


@pytest.mark.parametrize("recorded", ["own", "earlier", "another", ""])
def test_the_own_identity_of_a_record_is_the_first_of_all(recorded: str) -> None:
    """Taken faster, since a comparison asks for it run by run."""
    config = {"name": "a", "dataset": {"type": "csv", "path": "x.csv"}, "training": {"epochs": 2, "diagnostics": True}}
    record = {"config": config, "data_digest": "d" * 64, "training_version": 1, "identity": recorded}
    ingredients = Ingredients.of_record(record)
    record["identity"] = {"own": ingredients.identity, "earlier": ingredients.earlier[0]}.get(recorded, recorded)

    assert Identities.own_of_record(record) == Identities.of_record(record).own
    assert (Identities.own_of_record(record) == ingredients.identity) is (recorded in ("own", "earlier"))
    assert Identities.own_of_record({"identity": "x"}) == "x"
