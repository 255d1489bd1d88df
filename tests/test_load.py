"""Loading: extends, merging, short forms, overrides, the default head, and where values come from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlexp.components import validations
from dlexp.components.activations import Tanh
from dlexp.components.heads import Binary, Multiclass, Regression
from dlexp.components.heads.head import Head
from dlexp.components.models import MLP, Embedding
from dlexp.components.optimizers import SGD, Adam
from dlexp.components.regularizers import L2
from dlexp.config.dump import dump
from dlexp.config.experiment import Experiment
from dlexp.config.load import Loaded, load, load_all
from dlexp.config.problems import ConfigError, Source

CONFIGS = sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Write files by name into the working directory, so that messages name them without a folder."""
    monkeypatch.chdir(tmp_path)

    def write_files(**texts: str) -> None:
        for name, text in texts.items():
            Path(f"{name}.yaml").write_text(text)

    return write_files


@pytest.fixture
def experiment(write: Callable[..., None]) -> Callable[..., Any]:
    """The experiment that a text and overrides make; what its components hold depends on their types."""

    def load_text(text: str, *overrides: str) -> Experiment:
        write(config=text)
        return load("config.yaml", overrides).experiment

    return load_text


def refusal(path: str, *overrides: str) -> list[str]:
    """The lines that a config is answered with."""
    with pytest.raises(ConfigError) as caught:
        load(path, overrides)
    return caught.value.lines


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_shipped_config_survives_a_round_trip(path: Path, tmp_path: Path) -> None:
    """What `dump` writes, `load` reads back to an equal experiment, name and all."""
    experiment = load(path).experiment
    dumped = tmp_path / "other_name.yaml"
    dumped.write_text(dump(experiment))

    assert experiment.name == path.stem
    assert load(dumped).experiment == experiment


def test_a_data_set_is_enough(experiment: Callable[..., Any]) -> None:
    """Everything else has a default; the head follows from the data set's task and classes."""
    shortest = experiment("dataset: digits")

    assert shortest.name == "config"
    assert shortest.model == MLP()
    assert shortest.optimizer == Adam()
    assert shortest.head == Multiclass(units=10)


@pytest.mark.parametrize(
    ("dataset", "head"),
    [
        ("imdb", Binary(units=1)),
        ("reuters", Multiclass(units=46)),
        ("breast_cancer", Binary(units=1)),
        ("diabetes", Regression(units=1)),
    ],
)
def test_the_head_follows_from_the_task(experiment: Callable[..., Experiment], dataset: str, head: Head) -> None:
    """Binary, multiclass and regression data get the head of that name, with the units they need."""
    assert experiment(f"dataset: {dataset}").head == head


def test_short_forms_are_written_out_at_every_depth(experiment: Callable[..., Any]) -> None:
    """A component's type alone stands for the component, a number for a validation from the front."""
    config = experiment("dataset: imdb\nmodel: {activation: tanh, kernel_regularizer: l2}\nvalidation: 10000")

    assert config.model.activation.type == "tanh"
    assert config.model.kernel_regularizer == L2()
    assert config.validation == validations.Front(size=10_000)


@pytest.mark.parametrize(
    ("target", "head"),
    [
        ("digit", "head: {kernel_regularizer: l2}"),
        ("[digit, ink]", "heads: {digit: {kernel_regularizer: l2}, ink: {}}"),
    ],
)
def test_short_forms_are_known_below_a_head_without_a_type(
    experiment: Callable[..., Any], target: str, head: str
) -> None:
    """The data set decides on the head, and with it on what its keys are short for."""
    config = experiment(f"dataset: {{type: digits, target: {target}}}\n{head}")

    heads = config.head.heads if target != "digit" else {"digit": config.head}
    assert heads["digit"].kernel_regularizer == L2()


@pytest.mark.parametrize(
    ("text", "validation"),
    [
        ("0.25", validations.Front(size=0.25)),
        ("test", validations.TestSplit()),
        ("none", validations.NoValidation()),
        ("{type: split, seed: 3}", validations.RandomSplit(seed=3, stratify=False)),
    ],
)
def test_validation_short_forms(experiment: Callable[..., Experiment], text: str, validation: Any) -> None:
    """A fraction, or one of the words."""
    assert experiment(f"dataset: imdb\nvalidation: {text}").validation == validation


OWN = "dataset: {type: csv, path: t.csv, target: y, task: binary}\n"
DRAWN = validations.RandomSplit(size=0.25, stratify="auto")


@pytest.mark.parametrize(
    ("text", "overrides", "validation"),
    [
        (OWN + "validation: 0.25", [], DRAWN),
        (OWN, ["validation=0.25"], DRAWN),
        (OWN + "validation: 0.5", ["validation.size=0.25"], DRAWN),
        (OWN + "validation: 0.25", ["validation.seed=3"], DRAWN.model_copy(update={"seed": 3})),
        (OWN + "validation: 0.25", ["validation.stratify=false"], DRAWN.model_copy(update={"stratify": False})),
        (OWN + "validation: {type: split, seed: 3}", ["validation=0.25"], DRAWN),
        (OWN + "validation: 0.25", ["validation.type=front"], validations.Front(size=0.25)),
        (OWN + "validation: {type: front, size: 0.25}", [], validations.Front(size=0.25)),
        (OWN + "validation: 0.25", ["dataset=iris"], validations.Front(size=0.25)),
        ("dataset: iris\nvalidation: 0.25", ["dataset={type: npz, path: a.npz, task: binary}"], DRAWN),
        ("extends: base.yaml\n" + OWN, [], DRAWN),
        ("extends: base.yaml\n" + OWN, ["dataset.task=regression"], DRAWN.model_copy(update={"stratify": False})),
    ],
)
def test_a_number_is_drawn_from_the_users_own_data(
    write: Callable[..., None], text: str, overrides: list[str], validation: Any
) -> None:
    """Wherever the number and the data set are said, also where one is in a file that the other extends."""
    write(base="dataset: digits\nvalidation: 0.25", c=text)
    loaded = load("c.yaml", overrides)

    assert loaded.experiment.validation == validation
    assert load(loaded, ["training.epochs=2"]).experiment.validation == validation
    write(recorded=dump(loaded.experiment))
    assert load("recorded.yaml").experiment.validation == validation


def test_a_grid_of_numbers_is_drawn_from_the_users_own_data(write: Callable[..., None]) -> None:
    """Each of them; of shipped data each is from the front."""
    write(own=OWN, shipped="dataset: iris")
    loaded = load_all(["own.yaml", "shipped.yaml"], grids=["validation=[0.25, 12]"])

    assert [each.experiment.validation.type for each in loaded] == ["split", "split", "front", "front"]
    assert [each.experiment.validation.count(100) for each in loaded] == [25, 12, 25, 12]


def test_loss_and_metrics_are_short_for_the_heads(experiment: Callable[..., Any]) -> None:
    """`loss: mse` beside `head: binary` is `head: {type: binary, loss: mse}`."""
    config = experiment("dataset: imdb\nhead: binary\nloss: mse\nmetrics: [mse, accuracy]")

    assert config.head == Binary(units=1, loss="mse", metrics=["mse", "accuracy"])


def test_extends_merges_key_by_key(write: Callable[..., None]) -> None:
    """Mappings are merged, lists replaced, chains followed; the name is the file's own."""
    write(
        base="name: base\ndataset: imdb\nmodel: {hidden: [8, 8, 8], dropout: 0.5}\ntraining: {epochs: 3}",
        middle="extends: base.yaml\nmodel: {hidden: [4]}",
        top="extends: middle.yaml\ntraining: {batch_size: 7}",
    )

    experiment = load("top.yaml").experiment

    assert experiment.name == "top"
    assert experiment.model == MLP(hidden=[4], dropout=0.5)
    assert (experiment.training.epochs, experiment.training.batch_size) == (3, 7)


def test_extends_is_relative_to_the_extending_file(write: Callable[..., None]) -> None:
    """Not to the working directory."""
    Path("sub").mkdir()
    write(base="dataset: iris")
    Path("sub/top.yaml").write_text("extends: ../base.yaml")

    loaded = load("sub/top.yaml")

    assert loaded.experiment.dataset.type == "iris"
    assert loaded.sources["dataset.type"] == Source("sub/../base.yaml", 1)


def test_another_type_drops_the_old_types_settings(write: Callable[..., None]) -> None:
    """Even those that both types have: an SGD's learning rate is no Adam's."""
    write(
        base="dataset: imdb\noptimizer: {type: sgd, learning_rate: 0.5, momentum: 0.9}",
        top="extends: base.yaml\noptimizer: adam",
    )

    assert load("top.yaml").experiment.optimizer == Adam()
    assert load("top.yaml", ["optimizer=sgd"]).experiment.optimizer == SGD()
    assert load("base.yaml", ["optimizer.type=adam"]).experiment.optimizer == Adam()


def test_the_same_type_keeps_its_settings(write: Callable[..., None]) -> None:
    """Naming the type again changes nothing."""
    write(
        base="dataset: imdb\noptimizer: {type: sgd, momentum: 0.9}",
        top="extends: base.yaml\noptimizer: {type: sgd, learning_rate: 0.5}",
    )

    assert load("top.yaml").experiment.optimizer == SGD(learning_rate=0.5, momentum=0.9)
    assert load("base.yaml", ["optimizer=sgd"]).experiment.optimizer == SGD(momentum=0.9)


def test_a_component_without_a_type_has_its_fields_default_type(write: Callable[..., None]) -> None:
    """`model: {dropout: 0.5}` is an mlp, and its settings go when an embedding takes its place."""
    write(
        base="dataset: {type: imdb, encoding: padded}\nmodel: {dropout: 0.5}",
        other="extends: base.yaml\nmodel: embedding",
        same="extends: base.yaml\nmodel: mlp\ndataset: {encoding: multi_hot}",
    )

    assert load("other.yaml").experiment.model == Embedding()
    assert load("same.yaml").experiment.model == MLP(dropout=0.5)


def test_a_head_without_a_type_is_merged(write: Callable[..., None]) -> None:
    """Its default type is known only once the data set is."""
    write(base="dataset: imdb\nloss: mse", top="extends: base.yaml\nhead: {type: binary, metrics: [mse]}")

    assert load("top.yaml").experiment.head == Binary(units=1, loss="mse", metrics=["mse"])


def test_a_short_form_in_an_extending_file_keeps_the_bases_type(write: Callable[..., None]) -> None:
    """`activation: tanh` is written out though only the base says that the model is an embedding."""
    write(
        base="dataset: {type: imdb, encoding: padded}\nmodel: {type: embedding, output_dim: 8}",
        top="extends: base.yaml\nmodel: {activation: tanh}",
    )

    model = load("top.yaml").experiment.model

    assert isinstance(model, Embedding)
    assert isinstance(model.activation, Tanh)
    assert model.output_dim == 8


def test_set_takes_yaml_on_keys_lists_and_components(experiment: Callable[..., Any]) -> None:
    """Scalars, lists, elements of lists (of the default's too), short forms and mappings."""
    config = experiment(
        "dataset: imdb\nmodel: {hidden: [64, 64]}",
        "optimizer.learning_rate=1e-2",
        "model.hidden.1=4",
        "model.activation={type: leaky_relu, negative_slope: 0}",
        "training.epochs = 2",
        "validation=10000",
        "loss=mse",
        "metrics=[mse]",
        "name=other",
    )

    assert config.optimizer == Adam(learning_rate=0.01)
    assert config.model.hidden == [64, 4]
    assert config.model.activation.negative_slope == 0
    assert config.training.epochs == 2
    assert config.validation == validations.Front(size=10_000)
    assert config.head == Binary(units=1, loss="mse", metrics=["mse"])
    assert config.name == "other"
    assert experiment("dataset: imdb", "model.hidden.0=3").model.hidden == [3, 16]


def test_every_leaf_knows_its_source(write: Callable[..., None]) -> None:
    """A line of one of the files, a `--set`, or the default."""
    write(
        base="dataset:\n  type: imdb\n  num_words: 500\nmodel: {hidden: [8, 8]}",
        top="extends: base.yaml\noptimizer: sgd",
    )

    sources = load("top.yaml", ["model.hidden.1=4", "training.epochs=2"]).sources

    assert sources["dataset.type"] == Source("base.yaml", 2)
    assert sources["dataset.num_words"] == Source("base.yaml", 3)
    assert sources["optimizer.type"] == Source("top.yaml", 2)
    assert sources["model.hidden"] == Source("--set model.hidden.1=4")
    assert sources["training.epochs"] == Source("--set training.epochs=2")
    defaults = ["name", "dataset.skip_top", "model.type", "head.type", "head.units", "optimizer.momentum"]
    assert {sources[leaf] for leaf in defaults} == {Source("default")}


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("foo", "--set foo: expected KEY=VALUE, such as optimizer.learning_rate=1e-2"),
        ("=3", "--set =3: expected a dotted key before the =, given ''"),
        ("a..b=1", "--set a..b=1: expected a dotted key before the =, given 'a..b'"),
        ("model.hidden=[64, 4", "--set model.hidden=[64, 4: not valid YAML: while parsing a flow sequence"),
        (
            "model.hidden.2=4",
            "--set model.hidden.2=4: model.hidden: expected the number of an item, 0 to 1, given '2'",
        ),
        (
            "model.hidden.x=4",
            "--set model.hidden.x=4: model.hidden: expected the number of an item, 0 to 1, given 'x'",
        ),
        ("extends=other.yaml", "--set extends=other.yaml: extends can be said in a file only"),
        ("a=1\n2", r"--set a=1\n2: a: unknown key 'a'. Choose from: name, dataset"),
        (
            "optimizer=adma",
            "--set optimizer=adma: optimizer.type: unknown optimizer 'adma'. Did you mean 'adam'? ",
        ),
        (
            "training.epochs=1.5",
            "--set training.epochs=1.5: training.epochs: expected a whole number, given 1.5",
        ),
        (
            "name=../escape",
            "--set name=../escape: name: expected letters, digits, spaces and _ . , + = ( ) -, ",
        ),
    ],
)
def test_a_bad_set_is_named(write: Callable[..., None], override: str, line: str) -> None:
    """One line that says which `--set` and what was expected."""
    write(config="dataset: imdb")

    (given,) = refusal("config.yaml", override)

    assert given.startswith(line)


def test_cycles_are_refused(write: Callable[..., None]) -> None:
    """With the whole chain of files."""
    write(a="extends: b.yaml", b="\nextends: c.yaml", c="extends: b.yaml", own="extends: own.yaml")

    assert refusal("a.yaml") == ["c.yaml:1: extends: a cycle: a.yaml -> b.yaml -> c.yaml -> b.yaml"]
    assert refusal("own.yaml") == ["own.yaml:1: extends: a cycle: own.yaml -> own.yaml"]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("else/where.yaml", "else/where.yaml: no such file"),
        ("bass.yaml", "bass.yaml: no such file. Did you mean 'base.yaml'?"),
        (".", ".: a directory; expected a config file"),
        ("", "expected the name of one file, given null"),
        ("[base.yaml]", "expected the name of one file, given [base.yaml]"),
    ],
)
def test_what_cannot_be_extended_is_named_where_it_is_said(
    write: Callable[..., None], target: str, message: str
) -> None:
    """The line of the `extends`, not only the file that is missing."""
    write(base="dataset: imdb", top=f"\nextends: {target}")

    assert refusal("top.yaml") == [f"top.yaml:2: extends: {message}"]


def test_mistakes_in_an_extended_file_name_that_file(write: Callable[..., None]) -> None:
    """YAML's and the schema's; what the extending file repairs is none."""
    write(
        torn="a: [",
        base="dataset: imdb\ntraining: {epochs: 0}",
        top="extends: torn.yaml",
        other="extends: base.yaml",
        mended="extends: base.yaml\ntraining: {epochs: 1}",
    )

    assert refusal("top.yaml")[0].startswith("torn.yaml:1: not valid YAML: ")
    assert refusal("other.yaml") == ["base.yaml:2: training.epochs: expected at least 1, given 0"]
    assert load("mended.yaml").experiment.training.epochs == 1


def test_several_configs_are_refused_together(write: Callable[..., None]) -> None:
    """All problems at once, those of a shared base a single time."""
    write(base="dataset: imdb\ntraining: {epochs: 0}", a="extends: base.yaml\nloss: x", b="extends: base.yaml")

    with pytest.raises(ConfigError) as caught:
        load_all(["a.yaml", "b.yaml", "gone.yaml"])

    paths = [(problem.source and problem.source.label, problem.path) for problem in caught.value.problems]
    assert paths == [("a.yaml", "head.loss"), ("base.yaml", "training.epochs"), ("gone.yaml", "")]


FRAGMENTS = st.sampled_from(
    [
        *(
            "dataset",
            "model",
            "hidden",
            "optimizer",
            "head",
            "loss",
            "validation",
            "training",
            "epochs",
            "extends",
        ),
        *(
            "digits",
            "imdb",
            "config.yaml",
            "adam",
            "mlp",
            "l2",
            "binary",
            "test",
            "1",
            "-1",
            "1e-3",
            "0.2",
            "on",
            "~",
        ),
        *(
            ": ",
            ":",
            "\n",
            "\n  ",
            "- ",
            "[",
            "]",
            "{",
            "}",
            ", ",
            "&a ",
            "*a",
            "!t ",
            "<<: ",
            "'",
            '"',
            "|",
            "#",
        ),
        *(
            "\t",
            "\0",
            "---\n",
            "%YAML 9.9\n",
            '"\\ud800"',
            '"\\UFFFFFFFF"',
            ".nan",
            50 * "9",
            "type",
            "\ufeff",
        ),
    ]
)
CONTENTS = st.one_of(
    st.binary(),
    st.text().map(str.encode),
    st.lists(FRAGMENTS).map(lambda parts: "".join(parts).encode()),
    st.lists(FRAGMENTS).map(lambda parts: ("dataset: digits\n" + "".join(parts)).encode()),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(content=CONTENTS, overrides=st.lists(st.text() | st.lists(FRAGMENTS).map("=".join), max_size=1))
def test_any_file_is_loaded_or_refused(tmp_path: Path, content: bytes, overrides: list[str]) -> None:
    """No bytes and no `--set` end in another exception; a refusal is one printable line a problem."""
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    try:
        loaded = load(path, overrides)
    except ConfigError as error:
        loaded = None
        lines = error.lines

    assert isinstance(loaded, Loaded) or (lines and all(line.isprintable() for line in lines))
