"""Advice that is right: whatever a message suggests is taken where it stands, and keeps the number that was meant."""

import functools
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlexp.components.component import Context
from dlexp.components.data import Info
from dlexp.components.heads import Multitask
from dlexp.config.flat import flatten
from dlexp.config.grid import expand
from dlexp.config.identity import Ingredients
from dlexp.config.load import load
from dlexp.config.messages import problems_of
from dlexp.config.problems import ConfigError, Problem, Source
from dlexp.config.suggestions import number_readings
from dlexp.config.yaml_source import parse_value

#: Configs that together use most of the schema.
BASES = {
    "mlp": "dataset: {type: digits, resample: subset}\nvalidation: split\noptimizer: sgd\n"
    "model: {kernel_regularizer: l1_l2, max_norm: 2}\ntraining: {schedule: cosine, early_stopping: {}}\n",
    "activations": "dataset: moons\nmodel: {activation: [leaky_relu, maxout]}\noptimizer: adamw\n"
    "training: {schedule: {type: step, boundaries: [2]}}\nvalidation: 0.2\n",
    "text": "dataset: {type: imdb, encoding: padded, maxlen: 20}\nmodel: embedding\noptimizer: ftrl\n"
    "training: {schedule: exponential}\nhead: {class_weight: [1, 2]}\n",
    "layers": "dataset: iris\nmodel: {layers: [{Dense: {units: 4}}]}\noptimizer: rmsprop\n",
    "polynomial": "dataset: diabetes\nmodel: {type: polynomial, degree: 2}\noptimizer: adam\nhead: quantiles\n",
    "table": "dataset: {type: csv, path: a.csv, target: y, task: regression, features: [a, b]}\nhead: mixture\n",
    "arrays": "dataset: {type: npz, path: a.npz, task: multiclass}\n",
    "function": 'dataset: {type: python, function: "a:b", task: binary}\n',
    "folder": "dataset: {type: text_folder, path: a, task: binary}\n",
    "tasks": "dataset: {type: digits, target: [digit, ink]}\nhead: {heads: {digit: {}, ink: {}}}\n",
}
OFF_WORDS = ("null", "none", "off", "false", "no", "None", "NO")
#: What people write for a value, as they type it behind `--set KEY=`.
TYPED = (
    *OFF_WORDS,
    *("0,001", "0,1", "1,000", "1,5", "12,5", "1_000", "1.234,5", "1,234.5", "1 000", "1'000", "1,5e-3", ",5", "-0,5"),
    *("'0.1'", "'16'", "'1.5'", "'-1'", "7", "1e3", "1.0", "-1", "0", "1e300", ".nan", "true", "yes", "on"),
    *("8:4", "64,32", "64, 32", "64 32", "64;32", "[64, '32']", "['0,5', 1]", "[1, 2]", "[a]", "[]", "{a: 1}", "{}"),
    *("a, b", "a b", "adma", "relu", "l2", "accuracy", "accuracy, auc", "accurcy", "test", "a # b", "[1, 2] # x"),
    *("*x", "&x", "|", ">", "!t", "-", ":", ",", ";", "#", "@x", "a: b", "- a", "'", "", " ", "''", "...", "---"),
)
TARGET = Info(task="regression", n_train=4, n_test=4, inputs="numeric", shape=(1,))
NUMBERS = st.from_regex(r"[-+]?\d{0,4}([,._ '\u202f]\d{1,4}){0,3}([eE]-?\d)?", fullmatch=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of each base."""
    folder = tmp_path_factory.mktemp("bases")
    for name, text in BASES.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


@functools.cache
def paths_in(file: Path) -> list[str]:
    """Every path of a config: its leaves, what is around them, and the items of lists."""
    flat = flatten(load(file).experiment.model_dump())
    around = [".".join(leaf.split(".")[:n]) for leaf in flat for n in range(1, leaf.count(".") + 2)]
    items = [f"{leaf}.{i}" for leaf, value in flat.items() if isinstance(value, list) for i in range(len(value))]
    return list(dict.fromkeys([*around, *items]))


def problems(file: Path, *overrides: str) -> list[Problem]:
    """What is wrong with a config and these overrides."""
    try:
        load(file, overrides)
    except ConfigError as error:
        return error.problems
    return []


def problems_of_fields(file: Path, *overrides: str) -> list[Problem]:
    """The same, without what is wrong between fields."""
    found: list[Problem] = []

    def noted(*given: Any) -> list[Problem]:
        found.extend(problems_of(*given))
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("dlexp.config.load.problems_of", noted)
        others = [each for each in problems(file, *overrides) if each.path in ("", "dataset.task")]
    return [*found, *others]


def suggested(problem: Problem, key: str, typed: str) -> list[str]:
    """The overrides that a message suggests."""
    message, path = problem.message, problem.path or key
    found = [f"{path}={value}" for value in re.findall(r"; write (.+)$", message)]
    found += re.findall(r"(?:; set |nothing at all is written as |--set \")([\w.]+=.+?)\"?$", message)
    if "; drop the quotes" in message:
        found.append(f"{path}={typed.strip().strip(chr(39))}" if path == key else f"{path}=1")
    if message.endswith("; put it in quotes"):
        found.append(f"{path}='1'")
    if near := re.search(r"unknown \w+ '.*'\. Did you mean '([\w.]+)'\?", message):
        found += [f"{path}={near[1]}"] if not message.startswith("unknown key") else []
    return found


def assert_advice_is_right(file: Path, key: str, typed: str) -> int:
    """Every suggestion for a value that was typed loads without the problem, and has the number; how many there are."""
    advice = 0
    for problem in problems(file, f"{key}={typed}"):
        for override in suggested(problem, key, typed):
            advice += 1
            # What is wrong between fields, such as a share of too few examples, is found only now: another problem.
            check = problems if "; set " in problem.message else problems_of_fields
            left = check(file, f"{key}={typed}", override) if problem.path else check(file, override)
            place = override.partition("=")[0]
            assert not [each for each in left if each.path in (problem.path or place, place)], (problem, override, left)
            number = override.partition("=")[2]
            if "; write " in problem.message and re.fullmatch(r"[-+\d.eE]+", number) and place == key:
                assert typed.strip() in renderings(number) or float(typed) == float(number), (typed, number)
    return advice


def renderings(number: str) -> set[str]:
    """The ways in which people write a number: as here, with a decimal comma, with thousands in groups."""
    mantissa, exponent, power = number.partition("e") if "e" in number else number.partition("E")
    ways = {mantissa, mantissa.replace(".", ","), mantissa.replace("0.", ",", 1)}
    sign = "+" if mantissa.startswith("+") else ""
    grouped = sign + format(Decimal(mantissa), ",f")
    for group, point in (",.", ".,", " .", " ,", "'.", "\u202f.", "\u202f,"):
        ways.add(grouped.translate(str.maketrans(",.", group + point)))
    return {f"{way}{exponent}{power}" for way in ways}


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_suggested_is_taken_and_keeps_the_number(folder: Path, data: st.DataObject) -> None:
    """At any place of the schema, for anything that people type there."""
    file = folder / f"{data.draw(st.sampled_from(sorted(BASES)))}.yaml"
    key = data.draw(st.sampled_from(paths_in(file)))

    assert_advice_is_right(file, key, data.draw(st.sampled_from(TYPED) | NUMBERS))


@pytest.mark.slow
@pytest.mark.parametrize("base", BASES)
def test_whatever_is_suggested_anywhere_is_taken(folder: Path, base: str) -> None:
    """Every place of the schema with every value of the list."""
    file = folder / f"{base}.yaml"

    assert sum(assert_advice_is_right(file, key, typed) for key in paths_in(file) for typed in TYPED) > 100


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("optimizer.learning_rate=0,001", "expected a number, given '0,001'; write 0.001"),
        ("optimizer.learning_rate=0,1", "expected a number, given '0,1'; write 0.1"),
        ("optimizer.learning_rate=',1'", "expected a number, given ',1'; write 0.1"),
        ("optimizer.learning_rate=1,5e-3", "expected a number, given '1,5e-3'; write 1.5e-3"),
        ("optimizer.learning_rate=1,000", "expected a number, given '1,000'"),
        ("optimizer.learning_rate=1,000.5", "expected a number, given '1,000.5'; write 1000.5"),
        ("optimizer.learning_rate=1.000,5", "expected a number, given '1.000,5'; write 1000.5"),
        ("optimizer.learning_rate='0.1'", "expected a number, given '0.1'; drop the quotes"),
        ("optimizer.learning_rate='-0.1'", "expected a number, given '-0.1'"),
        ("optimizer.momentum=1,5", "expected a number, given '1,5'"),
        ("training.batch_size=1,000", "expected a whole number, given '1,000'; write 1000"),
        ("training.batch_size=1 000", "expected a whole number, given '1 000'; write 1000"),
        ("training.batch_size=1_000", "expected a whole number, given '1_000'; write 1000"),
        ("training.batch_size=1,5", "expected a whole number, given '1,5'"),
        ("training.epochs='1.5'", "expected a whole number, given '1.5'"),
        ("training.epochs=1e300", "expected a whole number, given 1e+300"),
        ("training.epochs=-2.0", "expected a whole number, given -2.0"),
        ("model.hidden=8:4", "expected a list, given '8:4'"),
        ("model.hidden=64", "expected a list, given 64; write [64]"),
        ("model.hidden=64,32", "expected a list, given '64,32'; write [64, 32]"),
        ("model.hidden=64 32", "expected a list, given '64 32'; write [64, 32]"),
        ("model.hidden=0", "expected a list, given 0"),
        ("name=7", "expected text, given 7; as a text, in quotes of its own: --set \"name='7'\""),
        ("name=1e3", "expected text, given 1000.0; as a text, in quotes of its own: --set \"name='1e3'\""),
        ("validation.size=0,2", "expected a count of examples (at least 1) or a fraction of the training data "
        "(between 0 and 1), given '0,2'; write 0.2"),
    ],
)  # fmt: skip
def test_advice_keeps_the_value(folder: Path, override: str, message: str) -> None:
    """A decimal comma is no separator of thousands; where a number may be two, nothing is suggested."""
    (problem,) = problems(folder / "mlp.yaml", override)

    assert problem.message == message


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("0,001", ["0.001"]),
        ("1,000", ["1000", "1.000"]),
        ("100,000", ["100000", "100.000"]),
        ("1,000,000", ["1000000"]),
        ("1.000.000", ["1000000"]),
        ("1.234,5", ["1234.5"]),
        ("1,234.5", ["1234.5"]),
        ("-1'000", ["-1000"]),
        ("1_0.5", ["10.5"]),
        ("1,000e3", []),
        ("01,000", []),
        ("12,34,56", []),
        ("1__0", []),
        ("1,", []),
        ("8:4", []),
    ],
)
def test_numbers_that_a_text_may_be(text: str, readings: list[str]) -> None:
    """Groups of three digits, a decimal comma, or both; nothing else."""
    assert number_readings(text) == readings


@given(NUMBERS)
def test_every_reading_of_a_number_is_written_like_that_somewhere(text: str) -> None:
    """Checked the other way round: the number in the ways in which people write it, and Python's underscores."""
    for reading in number_readings(text):
        assert text.strip() in renderings(reading) or float(text) == float(reading)


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("name=a # b", "name: expected letters, digits, spaces and _ . , + = ( ) -, and no dot, comma, sign or space "
        "in front, given 'a # b'; write name: a _ b"),
        ("name=*x", "* begins an alias in YAML, and there is none in a single value"),
        ("dataset.target=*x", "* begins an alias in YAML, and there is none in a single value; as a text, in quotes of "
        "its own: --set \"dataset.target='*x'\""),
        ("dataset.separator=|", "| begins a block of text in YAML, and there is none in a single value; as a text, in "
        "quotes of its own: --set \"dataset.separator='|'\""),
        ("dataset.separator=-", "dataset.separator: expected text, given [null]; as a text, in quotes of its own: "
        "--set \"dataset.separator='-'\""),
        ("training.epochs=", "expected a value after the ="),
        ("model.max_norm= ", "expected a value after the =; nothing at all is written as model.max_norm=null"),
        ("model.hidden=[1, 2] # x", "# begins a comment in YAML, and none is read here; leave it out, or put the text "
        "in quotes"),
    ],
)  # fmt: skip
def test_what_yaml_reads_as_something_else_is_refused_in_a_set(folder: Path, override: str, line: str) -> None:
    """With the way to write it as a text, where one can stand there."""
    (problem,) = problems(folder / "table.yaml", override)

    assert str(problem) == f"--set {override}: {line}"


def test_a_text_with_a_number_sign_is_kept_whole(folder: Path) -> None:
    """`#` begins a comment in a file, and none in a `--set`."""
    loaded = load(folder / "table.yaml", ["dataset.path=data #1.csv", "dataset.target=#"])

    dataset: Any = loaded.experiment.dataset
    assert (dataset.path, dataset.target) == ("data #1.csv", "#")


@pytest.mark.parametrize(
    ("grid", "end"),
    [
        ("optimizer.learning_rate=0,001", "expected a list of values, given 0,001"),
        ("training.epochs=1, 2", "expected a list of values, given 1, 2; write training.epochs=[1, 2]"),
        ("training.epochs=1 ", "expected a list of values, given 1; write training.epochs=[1]"),
        ("training.epochs=", "expected a list of values, given null"),
        (
            "name=[a # b, c]",
            "# begins a comment in YAML, and none is read here; leave it out, or put the text in quotes",
        ),
    ],
)
def test_advice_for_a_grid_is_a_list_of_the_same_values(grid: str, end: str) -> None:
    """`0,001` in brackets would be 0 and 1."""
    with pytest.raises(ConfigError) as caught:
        expand([grid])

    assert caught.value.lines == [f"--grid {grid}: {end}"]


@pytest.mark.parametrize(
    ("base", "key", "off"),
    [
        ("mlp", "training.schedule", "constant"),
        ("activations", "validation", "none"),
        ("mlp", "model.activation", "linear"),
        ("activations", "model.activation.0", "linear"),
        ("mlp", "model.dropout", "0.0"),
        ("mlp", "model.noise", "0.0"),
        ("mlp", "model.input_noise", "0.0"),
        ("mlp", "model.normalization", "'none'"),
        ("mlp", "model.kernel_regularizer.l1", "0.0"),
        ("mlp", "optimizer.momentum", "0.0"),
        ("mlp", "training.schedule.warmup_epochs", "0"),
        ("mlp", "training.early_stopping.min_delta", "0.0"),
        ("mlp", "dataset.train_fraction", "1.0"),
        ("mlp", "head.label_smoothing", "0.0"),
        ("activations", "optimizer.weight_decay", "0.0"),
        ("text", "optimizer.l1_regularization_strength", "0.0"),
        ("text", "dataset.skip_top", "0"),
        ("tasks", "head.sharing", "'none'"),
    ],
)
def test_null_switches_off_and_is_the_same_experiment(folder: Path, base: str, key: str, off: str) -> None:
    """What null stands for is what is recorded, so that there is one identity for both."""
    file = folder / f"{base}.yaml"

    experiment = load(file, [f"{key}=null"]).experiment

    assert experiment == load(file, [f"{key}={off}"]).experiment
    assert (
        Ingredients.of(experiment, "digest").identity
        == Ingredients.of(load(file, [f"{key}={off}"]).experiment, "digest").identity
    )


@pytest.mark.parametrize(
    ("key", "end"),
    [
        ("training.schedule", "; set training.schedule=null"),
        ("training.early_stopping", "; write null"),
        ("model.dropout", "; write null"),
        ("model.kernel_regularizer", "; set model.kernel_regularizer=null"),
        ("model.kernel_initializer", "; write null"),
        ("model.max_norm", "; write null"),
        ("model.activation", "; set model.activation=null"),
        ("dataset.resample", "; set dataset.resample=null"),
        ("head.class_weight", "; write null"),
        ("optimizer.clipnorm", "; write null"),
        ("training.diagnostics", "; write false"),
        ("model.hidden", "; write []"),
        ("metrics", "; write []"),
    ],
)
def test_words_for_nothing_are_told_how_it_is_written(folder: Path, key: str, end: str) -> None:
    """`off` and its like are texts in YAML: what they mean is null, or false or an empty list where these stand."""
    for word in ("none", "off", "no", "None", "NO"):
        (problem,) = problems(folder / "mlp.yaml", f"{key}={word}")

        assert problem.message.endswith(end)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "training.schedule=false",
            "expected one of constant, step, exponential, cosine, given false; write null",
        ),
        ("training.early_stopping=false", "expected a mapping, given false; write null"),
        ("model.dropout=false", "expected a number, given false; write null"),
        ("model.normalization=off", "unknown normalization 'off'. Choose from: none, batch, layer; write null"),
        ("model.hidden=null", "expected a list, given null; write []"),
        ("training.diagnostics=null", "expected true or false, given null; write false"),
        ("training.epochs=none", "expected a whole number, given 'none'"),
        ("training.epochs=null", "expected a whole number, given null"),
    ],
)
def test_false_and_null_are_told_so_too(folder: Path, override: str, message: str) -> None:
    """Where something cannot be switched off, nothing is suggested."""
    (problem,) = problems(folder / "mlp.yaml", override)

    assert problem.message == message


@pytest.mark.slow
@pytest.mark.parametrize("base", BASES)
def test_everything_that_can_be_off_is_off_by_null_or_says_how(folder: Path, base: str) -> None:
    """A walk over the schema: what null, none, off, false or no may be is loaded, refused with advice, or never off."""
    file = folder / f"{base}.yaml"
    never_off = set()
    for key in paths_in(file):
        of_null = [each for each in problems(file, f"{key}=null") if each.path in (key, f"{key}.type")]
        # Nothing in a mapping is `{}`, which is not off.
        if of_null and not any(re.search(r"; write (?!\{\}$)", str(each)) for each in of_null):
            never_off.add(key.split(".")[-1])
            continue
        for word in OFF_WORDS:
            found = [each for each in problems(file, f"{key}={word}") if each.path in (key, f"{key}.type")]
            assert all(re.search(r"; write (null|false|\[\])$|; set [\w.]+=null$", str(each)) for each in found), found

    assert never_off & {"dropout", "schedule", "validation", "early_stopping", "resample", "diagnostics"} == set()


def test_the_list_of_what_a_config_allows_may_be_null(folder: Path) -> None:
    """As if it were not there, in a file and in a `--set`."""
    (folder / "allows.yaml").write_text("dataset: iris\nallow:\n")

    assert problems(folder / "allows.yaml") == []
    assert problems(folder / "allows.yaml", "allow=null") == []


@pytest.mark.parametrize("name", ["price", "net price", "2", "true", "a: b", "a.b", "#", "null", "-", "Größe"])
def test_a_head_that_is_missing_is_written_as_a_key_that_yaml_reads(name: str) -> None:
    """A target is named by a column, which may be called anything."""
    info = Info(task="several", n_train=4, n_test=4, inputs="numeric", shape=(1,), targets={name: TARGET})

    ((_, message),) = Multitask(heads={}).problems(Context(info=info))

    written = message.partition("; write ")[2].removesuffix(" for its default")
    assert parse_value(f"{{{written}}}", Source("")).plain() == {name: {}}


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("type: binary", "a binary head needs 2 classes; this data set is regression"),
        ("loss: mes", "unknown loss 'mes'. Did you mean 'mse'? Choose from: mse, mae"),
    ],
)
def test_nothing_is_set_below_a_name_with_a_dot(folder: Path, head: str, message: str) -> None:
    """`--set` would take it for two keys; `check` gave another head's type."""
    (folder / "dots.yaml").write_text(
        "dataset: {type: csv, path: a.csv, target: {a.b: regression, c: regression}}\n"
        f"heads: {{a.b: {{{head}}}, c: {{{head}}}}}\n"
    )

    in_dots, plain = problems(folder / "dots.yaml")

    assert (in_dots.message, in_dots.change) == (message, "")
    assert plain.message.startswith(f"{message}; set head.heads.c.")
