"""Mistakes in study files: each is said with file, line, path, what was expected and the nearest right word."""

from pathlib import Path

import pytest

from dlexp.config.load import load
from dlexp.config.load_study import load_study
from dlexp.config.problems import ConfigError

BASE = "dataset: digits\nmodel: {hidden: [32, 32]}\noptimizer: sgd\ntraining: {epochs: 3}\n"
VARIANTS = "base: base.yaml\nvariants: {sgd: {}, adam: {optimizer: adam}, wide-b: {model.hidden: [64, 64]}}\n"
COLUMNS = (
    "loss, accuracy, val_loss, val_accuracy, best_val_loss, best_val_loss_epoch, best_val_accuracy, "
    "best_val_accuracy_epoch, test_loss, test_accuracy, test_nll, test_calibration_error, gap_loss, gap_accuracy, "
    "epochs, seconds, parameters"
)
KEYS = "says, metric, epochs_to, epoch, difference, ratio, variant, order, at_least, at_most, between, "
OPTIMIZERS = "sgd, rmsprop, adagrad, adadelta, adam, adamw, adamax, nadam, lion, ftrl"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with the config `base.yaml`."""
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(BASE)


def lines(text: str) -> list[str]:
    """What is said of a study."""
    Path("s.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_study("s.yaml")
    return caught.value.lines


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "",
            "s.yaml: the file is empty; a study names at least its variants, such as `variants: {adam: "
            "{optimizer: adam}}`",
        ),
        ("dataset: digits", "s.yaml: a config, not a study; train it with: dlexp run s.yaml"),
        (
            "extends: base.yaml\nvariants: {a: {file: base.yaml}}",
            "s.yaml:1: extends: a study extends no file; name the config that its variants change as base",
        ),
        ("extends: base.yaml\nseeds: 5", "s.yaml: a config, not a study; train it with: dlexp run s.yaml"),
        (
            "variants: {a: {}}",
            "s.yaml: base: missing; name the config that the variants change; 'a' has no file of its own",
        ),
        (
            "variants: {a: {}, b: {}, c: {}}",
            "s.yaml: base: missing; name the config that the variants change; 'a' and 2 more have no file of their own",
        ),
        (
            "base: base.yaml\nvariants: [small, wide]",
            "s.yaml:2: variants: expected a mapping, given [small, wide]; write {small: {}, wide: {}}",
        ),
        (
            "base: base.yaml\nvariants:\n  - sgd: {}\n  - adam: {optimizer: adam}",
            "s.yaml:2: variants: expected a mapping, given [{sgd: {}}, {adam: {optimizer: adam}}]; write {sgd: {}, "
            "adam: {optimizer: adam}}",
        ),
        (
            "base: base.yaml\nvariants:\n  wide: model.hidden: [64]",
            "s.yaml:3: not valid YAML: a colon within a value; write 'model.hidden: [64]' if it is a text, "
            "{model.hidden: [64]} if these are keys",
        ),
        (
            "base: base.yaml",
            "s.yaml: variants: missing; name what is compared, such as `variants: {sgd: {}, adam: {optimizer: adam}}`",
        ),
        ("base: base.yaml\nvariants:\n  a:", "s.yaml:3: variants.a: expected a mapping, given null; write {}"),
        (
            "base: bas.yaml\nvariants: {a: {}, b: {}}",
            "s.yaml:1: base: bas.yaml: no such file. Did you mean 'base.yaml'?",
        ),
        ("base: s.yaml\nvariants: {a: {}}", "s.yaml:1: base: s.yaml is a study; name a config"),
        ("variants: {a: {file: s.yaml}}", "s.yaml:1: variants.a.file: s.yaml is a study; name a config"),
        (
            "base: base.yaml\nvariants: {a: {file: 3}}",
            "s.yaml:2: variants.a.file: expected the name of one file, given 3",
        ),
        (
            "base: base.yaml\nvariants:\n  fast:\n    optimizer: adma",
            f"s.yaml:4: variants.fast.optimizer.type: unknown optimizer 'adma'. Did you mean 'adam'? Choose "
            f"from: {OPTIMIZERS}",
        ),
        (
            "base: base.yaml\nvariants: {a: {optimizer: adam,\n  optimizer.type: sgd}}",
            "s.yaml:3: variants.a.optimizer.type: given twice, the other time as variants.a.optimizer.type in s.yaml:2",
        ),
        (
            "base: base.yaml\nvariants: {a: {loss: mse}}\ngrid: {head.loss: [mse]}",
            "s.yaml:3: grid.head.loss: given twice, the other time as variants.a.head.loss in s.yaml:2",
        ),
        (
            "base: base.yaml\nvariants: {a: {extends: x.yaml}}",
            "s.yaml:2: variants.a.extends: a variant names its config as file, and extends nothing",
        ),
        (
            "base: base.yaml\nvariants: {a: {}, b: {model.hidden: [32, 32]}}",
            "s.yaml:2: variants.b: 'b' is the same experiment as 'a'",
        ),
        (
            "base: base.yaml\nvariants: {a - b: {}}",
            "s.yaml:2: variants.a - b: a name with ' - ' in it cannot be told from two names in a claim; "
            "choose another",
        ),
        (
            "base: base.yaml\nvariants: {'a,b': {}}",
            "s.yaml:2: variants.a,b: a name with ',' in it cannot be told from two names in a claim; choose another",
        ),
        (
            "base: base.yaml\ngrid: {optimizer: sgd}",
            "s.yaml:2: grid.optimizer: expected a list, given 'sgd'; write [sgd]",
        ),
        ("base: base.yaml\ngrid: {optimizer: []}", "s.yaml:2: grid.optimizer: expected at least 1 of them, given []"),
        ("base: base.yaml\ngrid: {optimizer: [adam, adam]}", "s.yaml:2: grid.optimizer.1: adam is given twice"),
        ("base: base.yaml\ngrid: {a..b: [1]}", "s.yaml:2: grid: expected a dotted key, given 'a..b'"),
        (
            "base: base.yaml\ngrid: {optimizer: [sgd, adma]}",
            f"s.yaml:2: grid.optimizer.type: unknown optimizer 'adma'. Did you mean 'adam'? Choose from: {OPTIMIZERS}",
        ),
        (
            f"base: base.yaml\nseeds: 100\ngrid: {{training.epochs: {list(range(1, 1002))}}}",
            "s.yaml:3: grid: 100,000 runs at most in one command, asked for 100,100",
        ),
        (
            f"base: base.yaml\nuntil_sure: 12\ngrid: {{training.epochs: {list(range(1, 28))}}}",
            "s.yaml:2: until_sure: 25 comparisons at most, for which the levels have been computed; asked for 26",
        ),
    ],
)
def test_mistakes_in_variants(text: str, line: str) -> None:
    """In a variant's keys at the line of the study, below the variant's own path."""
    assert lines(text) == [line]


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (
            "metric: val_acuracy",
            f"metric: unknown column 'val_acuracy'. Did you mean 'val_accuracy'? Choose from: {COLUMNS}",
        ),
        (
            "metric: val_loss - best_val_los",
            f"metric: unknown column 'best_val_los'. Did you mean 'best_val_loss'? Choose from: {COLUMNS}",
        ),
        (
            "metric: loss - loss - loss",
            "metric: expected a column or the difference of two, given 'loss - loss - loss'",
        ),
        (
            "metric: val_top_3_accuracy",
            "metric: 'val_top_3_accuracy' is not among the metrics; set head.metrics=[accuracy, top_3_accuracy]",
        ),
        (
            "metric: test_top_3_accuracy",
            "metric: 'test_top_3_accuracy' is not among the metrics; set head.metrics=[accuracy, top_3_accuracy]",
        ),
        ("metric: test_accuracy, epoch: 1", "metric: 'test_accuracy' has no value in each epoch; leave out epoch"),
        ("metric: learning_rate", "metric: 'learning_rate' has a value in each epoch; say in which with epoch"),
        ("metric: loss, epoch: 4", "epoch: the training of 'adam' has 3 epochs, given 4"),
        ("metric: loss, epoch: 0", "epoch: expected at least 1, given 0"),
        (
            "metric: noise",
            "metric: 'noise' is not a part of the error of adam, sgd. Choose from: bias, net_variance, "
            "unbiased_variance, biased_variance, variance, error",
        ),
        (
            "metric: bias",
            "metric: 'bias' is measured over many training sets; say over how many, such as `resamples: 20`",
        ),
        ("epochs_to: {learning_rate: 1}", "epochs_to.learning_rate: neither way is better of 'learning_rate'"),
        (
            "epochs_to: {val_acc: 0.8}",
            "epochs_to.val_acc: unknown column 'val_acc'. Did you mean 'val_accuracy'? Choose from: loss, "
            "accuracy, val_loss, val_accuracy",
        ),
        (
            "epochs_to: {test_loss: 0.8}",
            "epochs_to.test_loss: 'test_loss' has no value in each epoch, so that none can be counted until "
            "it reaches one",
        ),
        ("epochs_to: {val_loss: 1, loss: 1}", "epochs_to: expected at most 1 of them, given {loss: 1, val_loss: 1}"),
        (
            "epochs_to: {val_loss: 1}, epoch: 1",
            "epoch: epochs_to counts epochs, and has no value in one of them; leave out epoch",
        ),
        (
            "epochs_to: {val_loss: 1}, metric: loss",
            "epochs_to: given beside metric; a claim has one of metric, epochs_to",
        ),
        ("at_least: 0", "expected one of metric, epochs_to"),
        (
            "metric: loss, at_most: 1, at_least: 0",
            "at_most: given beside at_least; a claim has one of at_least, at_most, between, no_difference_beyond",
        ),
        (
            "metric: loss, variant: sgd",
            "variant: given beside difference; a claim has one of difference, ratio, variant, order",
        ),
        (
            "metric: loss, expect: hold",
            "expect: unknown expect 'hold'. Did you mean 'holds'? Choose from: holds, fails, cannot_tell",
        ),
        ("metric: loss, at_most: x", "at_most: expected a number or points such as `2 points`, given 'x'"),
        (
            "metric: loss, at_lest: 1",
            f"at_lest: unknown key 'at_lest'. Did you mean 'at_least'? Choose from: {KEYS}no_difference_beyond, expect",
        ),
        (
            "metric: diagnostics.1.deadshare",
            "metric: unknown column 'diagnostics.1.deadshare'. Did you mean 'diagnostics.1.dead_share'? Choose from: ",
        ),
    ],
)
def test_mistakes_in_what_is_measured(claim: str, said: str) -> None:
    """Columns are known from the configs of the variants that a claim is about."""
    bound = "" if "at_least" in claim or "at_most" in claim else ", at_least: 0.5"
    text = f"{VARIANTS}claims: [{{says: a, difference: adam - sgd{bound}, {claim}}}]"

    (line,) = lines(text)
    assert line.startswith(
        f"s.yaml:3: claims.0: {said}" if said.startswith("expected one") else f"s.yaml:3: claims.0.{said}"
    )


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (
            "difference: adm - sgd",
            "difference: unknown variant 'adm'. Did you mean 'adam'? Choose from: sgd, adam, wide-b",
        ),
        (
            "difference: wide-b-sgd",
            "difference: expected two variants as A - B, with a space on either side of the sign, given "
            "'wide-b-sgd'; write wide-b - sgd",
        ),
        (
            "ratio: adam - sgd",
            "ratio: expected two variants as A / B, with a space on either side of the sign, given 'adam - sgd'",
        ),
        ("ratio: adam / adam", "ratio: 'adam' stands on both sides"),
        ("variant: x", "variant: unknown variant 'x'. Choose from: sgd, adam, wide-b"),
        ("order: [adam, x]", "order.1: unknown variant 'x'. Choose from: sgd, adam, wide-b"),
        ("order: [adam, sgd, adam]", "order.2: 'adam' is given twice"),
        ("order: [adam]", "order: expected at least 2 of them, given [adam]"),
        (
            "variant: adam, at_least: 5%",
            "at_least: expected a number or points such as `2 points`, given '5%'; write 0.05",
        ),
        ("variant: adam, between: [3, 1]", "between: expected the smaller number first; write [1, 3]"),
        ("ratio: adam / sgd, at_least: 0", "at_least: a ratio is more than 0, and 1 where both are equal; given 0"),
        (
            "ratio: adam / sgd, between: [-1, 1]",
            "between: a ratio is more than 0, and 1 where both are equal; given -1",
        ),
        ("variant: adam, no_difference_beyond: -1", "no_difference_beyond: expected more than 0, given -1"),
    ],
)
def test_mistakes_in_names_and_bounds(claim: str, said: str) -> None:
    """With the variants that there are."""
    bound = "" if any(key in claim for key in ("order", "at_least", "between", "beyond")) else ", at_least: 1"

    assert lines(f"{VARIANTS}claims:\n  - {{says: a, metric: loss{bound}, {claim}}}") == [f"s.yaml:4: claims.0.{said}"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seeds: 0", "seeds: expected at least 1, given 0"),
        (
            "seeds: [5, 6]",
            "seeds: expected a whole number or a mapping such as {first: 5, count: 12}, given [5, 6]",
        ),
        ("seeds: {first: 5}", "seeds.count: missing"),
        ("seeds: {first: -1, count: 2}", "seeds.first: expected at least 0, given -1"),
        (
            "seeds: {first: 4294967295, count: 2}",
            "seeds: the last seed would be 4294967296; the largest is 4294967295",
        ),
        (
            "until_sure: {max_seeds: 25}",
            "until_sure.max_seeds: 24 seeds at most, for which the levels have been computed; asked for 25",
        ),
        ("until_sure: {max_seeds: 2}", "until_sure.max_seeds: 3 seeds at least, asked for 2"),
        ("until_sure: -1", "until_sure: 3 seeds at least, asked for -1"),
        (
            "until_sure: 100000",
            "until_sure: 24 seeds at most, for which the levels have been computed; asked for 100000",
        ),
        (
            "seeds: 5\nuntil_sure: 12",
            "until_sure: given beside seeds; a study has either a fixed number of seeds or at most so many",
        ),
        (
            "claims: [{says: a, metric: bias, variant: sgd, at_least: 0.5}]\nresamples: 9\nuntil_sure: 12",
            "until_sure: all claims are about training sets, of which a fixed number is drawn; leave it out",
        ),
        (
            f"until_sure: 12\nclaims: [{', '.join(26 * ['{says: a, metric: loss, variant: sgd, at_least: 1}'])}]",
            "until_sure: 25 comparisons at most, for which the levels have been computed; asked for 26",
        ),
        (
            "until_sure: 12\ntest: sealed\ngoal: test_accuracy",
            "goal: 'test_accuracy' is sealed, and cannot tell when there are enough seeds (until_sure); name a "
            "validation score, or give a number of seeds",
        ),
        (
            "until_sure: 12\ntest: sealed",
            "until_sure: without claims and goal, the main metric tells when there are enough seeds, and the test "
            "split is sealed; claim something, or name a goal",
        ),
        (
            "until_sure: 12\ntest: sealed\nclaims: [{says: a, metric: gap_loss, variant: sgd, at_most: 1}]",
            "claims.0.metric: 'gap_loss' is sealed, and cannot tell when there are enough seeds (until_sure); name a "
            "validation score, or give a number of seeds",
        ),
        ("until_sure: {first_seed: 12}", "until_sure.max_seeds: missing"),
        (
            "until_sure: [12]",
            "until_sure: expected a whole number or a mapping such as {max_seeds: 12, first_seed: 0}, given [12]",
        ),
        (
            "until_sure: {max_seeds: 12, first_seed: 4294967290}",
            "until_sure: the last seed would be 4294967301; the largest is 4294967295",
        ),
        ("seed: 0", "seed: a study names all its seeds, such as `seeds: 5` or `seeds: {first: 5, count: 12}`"),
        (
            "sees: 3",
            "sees: unknown key 'sees'. Did you mean 'seeds'? Choose from: base, seeds, ",
        ),
        ("optimizer: adam", "optimizer: a key of a config; write it in a variant, or in the base"),
        ("metric: loss", "metric: a key of a claim; write it below claims"),
        (
            "claims: [{says: a, metric: bias, variant: sgd, at_least: 0.5}]\nresamples: 9\nresampling: fresh",
            "resampling: 'sgd': digits has no known distribution to draw fresh examples from; use bootstrap or subset",
        ),
        (
            "resamples: 9",
            "resamples: no claim is about bias_squared, bias_squared_and_noise, variance, noise, ...; leave it out",
        ),
        ("resampling: subset", "resampling: says how training sets are drawn, and resamples, how many, is missing"),
        (
            "must_not_worsen: {loss: 1}",
            "must_not_worsen: a variant is adopted for a goal, which is missing; name a column as goal",
        ),
        (
            "goal: test_acuracy",
            "goal: unknown column 'test_acuracy'. Did you mean 'test_accuracy'? Choose from: loss, ",
        ),
        ("goal: gap_loss", "goal: neither way is better of 'gap_loss'"),
        (
            "goal: loss\nmust_not_worsen: {loss: 1}",
            "must_not_worsen.loss: is the goal itself, which has to become better",
        ),
        (
            "goal: loss\nmust_not_worsen: {seconds: much}",
            "must_not_worsen.seconds: expected a number, a percentage such as 10% or points such as `2 points`, "
            "given 'much'",
        ),
        ("goal: loss\nmust_not_worsen: {seconds: -1}", "must_not_worsen.seconds: expected at least 0, given -1"),
        (
            "goal: loss\nmust_not_worsen: {seconds: .inf}",
            "must_not_worsen.seconds: expected a finite number, given .inf",
        ),
        (
            "goal: loss\nmust_not_worsen: {seconds: 10 percent}",
            "must_not_worsen.seconds: expected a number, a percentage such as 10% or points such as `2 points`, "
            "given '10 percent'; write 10%",
        ),
        (
            "goal: loss\nmust_not_worsen: {secnds: 1}",
            "must_not_worsen.secnds: unknown column 'secnds'. Did you mean 'seconds'? Choose from: ",
        ),
    ],
)
def test_mistakes_in_other_keys(text: str, said: str) -> None:
    """Keys of a config, of a claim and of nothing, and those that need another."""
    (line,) = lines(f"{VARIANTS}{text}")
    assert line.partition(": ")[2].startswith(said)


def test_all_mistakes_of_a_file_are_said_at_once() -> None:
    """From the top; a mistake of the base at the base's line, once, or with the variants that alone have it."""
    Path("base.yaml").write_text(BASE.replace("epochs", "epcohs"))
    variants = "variants: {a: {}, b: {optimizer.momentum: x}, c: {file: other.yaml}}"
    Path("other.yaml").write_text(BASE)
    claim = "{says: 3, metric: loss, variant: a, at_least: 0}"

    assert lines(f"base: base.yaml\n{variants}\nseeds: -1\nclaims: [{claim}]") == [
        "s.yaml:2: variants.b.optimizer.momentum: expected a number, given 'x'",
        "s.yaml:3: seeds: expected at least 1, given -1",
        "s.yaml:4: claims.0.says: expected text, given 3; put it in quotes",
        "base.yaml:4: training.epcohs: unknown key 'epcohs'. Did you mean 'epochs'? Choose from: epochs, batch_size, "
        "schedule, early_stopping, diagnostics, keep_state, threads, compile, device (in a, b)",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            f"{VARIANTS}resamples: 9\nclaims: [{{says: 3, metric: bias, variant: sgd, at_least: 0.5}}]",
            "s.yaml:4: claims.0.says: expected text, given 3; put it in quotes",
        ),
        (
            f"{VARIANTS}resamples: 2\nresampling: subset\n"
            f"claims: [{{says: a, metric: bias, variant: sgd, at_most: 0}}]",
            "s.yaml:3: resamples: expected at least 3, given 2",
        ),
        (
            f"{VARIANTS}goal: 3\nmust_not_worsen: {{loss: 1}}",
            "s.yaml:3: goal: expected text, given 3; put it in quotes",
        ),
        (
            "base: 3\nvariants: {a: {}, b: {optimizer: adam}}",
            "s.yaml:1: base: expected text, given 3; put it in quotes",
        ),
        ("base: ''\nvariants: {a: {}}", "s.yaml:1: base: expected text of at least 1 characters, given ''"),
    ],
)
def test_nothing_is_said_of_what_follows_from_a_mistake(text: str, line: str) -> None:
    """A key that is there and wrong is not missing too."""
    assert lines(text) == [line]


def test_variants_that_lack_a_column_are_named() -> None:
    """What the others record does not help."""
    variants = "variants: {a: {}, b: {validation: none}, c: {model.hidden: [8]}}"
    claims = [
        f"{{says: It is., metric: {column}, difference: a - {name}, at_least: 0}}"
        for column, name in (("val_accuracy", "b"), ("diagnostics.2.dead_share", "c"))
    ]

    found = lines(f"base: base.yaml\n{variants}\nclaims: [{', '.join(claims)}]")

    assert [line.partition(".metric: ")[2].partition(" Choose")[0] for line in found] == [
        "'val_accuracy' needs validation examples, and validation is none in b",
        "'diagnostics.2.dead_share' is not recorded by c.",
    ]


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (
            "metric: val_accuracy, difference: adam - sgd, no_difference_beyond: 2",
            "no_difference_beyond: differences of val_accuracy lie between -1 and 1, given 2; write 0.02 for 2 points",
        ),
        (
            "metric: val_accuracy, difference: adam - sgd, at_least: 1",
            "at_least: differences of val_accuracy lie between -1 and 1, given 1; write 0.01 for 1 point",
        ),
        (
            "metric: test_accuracy, order: [adam, sgd], at_most: -5",
            "at_most: differences of test_accuracy lie between -1 and 1, given -5; write -0.05 for -5 points",
        ),
        (
            "metric: test_calibration_error, difference: adam - sgd, at_most: 2",
            "at_most: differences of test_calibration_error lie between -1 and 1, given 2; write 0.02 for 2 hundredths",
        ),
        (
            "metric: test_accuracy, variant: adam, between: [70, 80]",
            "between: values of test_accuracy lie between 0 and 1, given 70; write 0.7 for 70 %",
        ),
        (
            "metric: test_accuracy, variant: adam, at_least: 200 points",
            "at_least: values of test_accuracy lie between 0 and 1, given '200 points'",
        ),
        (
            "metric: test_accuracy, variant: adam, at_least: 0",
            "at_least: values of test_accuracy always lie between 0 and 1, so that nothing is left open, given 0",
        ),
        (
            "metric: val_accuracy - accuracy, variant: adam, at_most: 3",
            "at_most: values of val_accuracy - accuracy lie between -1 and 1, given 3; write 0.03 for 3 points",
        ),
        (
            "metric: gap_accuracy, variant: adam, at_most: 3",
            "at_most: values of gap_accuracy lie between -1 and 1, given 3; write 0.03 for 3 points",
        ),
        (
            "metric: diagnostics.1.dead_share, variant: adam, at_most: 30",
            "at_most: values of diagnostics.1.dead_share lie between 0 and 1, given 30; write 0.3 for 30 %",
        ),
        ("metric: seconds, variant: adam, at_most: -3", "at_most: values of seconds lie at 0 or above, given -3"),
        (
            "epochs_to: {accuracy: 0.9}, variant: adam, at_most: -3",
            "at_most: values of epochs to accuracy lie at 0 or above, given -3",
        ),
        (
            "epochs_to: {val_accuracy: 80}, ratio: adam / sgd, at_most: 2",
            "epochs_to.val_accuracy: values of val_accuracy lie between 0 and 1, given 80; write 0.8 for 80 %",
        ),
        (
            "epochs_to: {val_accuracy: 0}, ratio: adam / sgd, at_most: 2",
            "epochs_to.val_accuracy: values of val_accuracy always lie between 0 and 1, so that nothing is left open, "
            "given 0",
        ),
        (
            "metric: test_nll, difference: adam - sgd, at_most: 2 points",
            "at_most: test_nll is not counted in points, given '2 points'; write a number",
        ),
        (
            "metric: test_calibration_error, difference: adam - sgd, at_most: 2 points",
            "at_most: test_calibration_error is not counted in points, given '2 points'; write 0.02",
        ),
        (
            "metric: test_accuracy, ratio: adam / sgd, at_most: 2 points",
            "at_most: a ratio is not counted in points, given '2 points'; write a number",
        ),
        (
            "metric: test_accuracy, difference: adam - sgd, no_difference_beyond: 0 points",
            "no_difference_beyond: expected more than 0, given '0 points'",
        ),
        (
            "metric: test_accuracy, difference: adam - sgd, between: [2 points, 1 point]",
            "between: expected the smaller number first; write [1 point, 2 points]",
        ),
    ],
)
def test_a_bound_that_leaves_nothing_open(claim: str, said: str) -> None:
    """What every value meets, or none does, is refused with what was meant: 2 points of an accuracy are 0.02."""
    assert lines(f"{VARIANTS}claims:\n  - {{says: a, {claim}}}") == [f"s.yaml:4: claims.0.{said}"]


@pytest.mark.parametrize(
    ("margin", "said"),
    [
        (
            "test_accuracy: 2",
            "test_accuracy: no test_accuracy is worse by more than 1, given 2; write 0.02 for 2 points",
        ),
        (
            "test_calibration_error: 2",
            "test_calibration_error: no test_calibration_error is worse by more than 1, given 2; write 0.02 for "
            "2 hundredths",
        ),
        (
            "test_accuracy: 100%",
            "test_accuracy: no test_accuracy is worse by more than 100 % of the incumbent's, given '100%'",
        ),
        (
            "seconds: 2 points",
            "seconds: seconds is not counted in points, given '2 points'; write a number, or a percentage such as 10%",
        ),
    ],
)
def test_a_margin_that_nothing_exceeds(margin: str, said: str) -> None:
    """Would be a guardrail that holds whatever happens."""
    assert lines(f"{VARIANTS}goal: loss\nmust_not_worsen: {{{margin}}}") == [f"s.yaml:4: must_not_worsen.{said}"]


def test_all_mistakes_of_a_claim_are_said_at_once() -> None:
    """Those of its keys, of what it measures, of the variants that it is about and of its bound."""
    claims = [
        "{says: a, metric: test_acuracy, difference: adam - sdg, at_least: x, epoch: 0}",
        "{metric: test_acuracy, difference: adam sgd, at_lest: 1}",
        "{says: a, metric: test_accuracy, variant: 3, at_most: 70}",
    ]
    text = "".join(f"\n  - {claim}" for claim in claims)

    assert [line.partition(",")[0].partition(". ")[0] for line in lines(f"{VARIANTS}claims:{text}")] == [
        "s.yaml:4: claims.0.epoch: expected at least 1",
        "s.yaml:4: claims.0.at_least: expected a number or points such as `2 points`",
        "s.yaml:4: claims.0.difference: unknown variant 'sdg'",
        "s.yaml:4: claims.0.metric: unknown column 'test_acuracy'",
        "s.yaml:5: claims.1.says: missing",
        "s.yaml:5: claims.1.at_lest: unknown key 'at_lest'",
        "s.yaml:5: claims.1.difference: expected two variants as A - B",
        "s.yaml:5: claims.1.metric: unknown column 'test_acuracy'",
        "s.yaml:6: claims.2.variant: expected text",
    ]


def test_a_config_named_as_seen_from_elsewhere() -> None:
    """Where it is there as seen from the working directory: how the study names it."""
    Path("mine/studies").mkdir(parents=True)
    Path("mine/base.yaml").write_text(BASE)
    Path("mine/studies/s.yaml").write_text("base: mine/base.yaml\nvariants: {a: {}, b: {file: base.yaml}}")
    with pytest.raises(ConfigError) as caught:
        load_study("mine/studies/s.yaml")

    there = "no such file as seen from mine/studies, the folder of this file; write"
    assert caught.value.lines == [
        f"mine/studies/s.yaml:1: base: mine/studies/mine/base.yaml: {there} ../base.yaml",
        f"mine/studies/s.yaml:2: variants.b.file: mine/studies/base.yaml: {there} ../../base.yaml",
    ]
    Path("mine/c.yaml").write_text("extends: mine/base.yaml")
    with pytest.raises(ConfigError, match=r"no such file as seen from mine, the folder of this file; write base.yaml$"):
        load("mine/c.yaml")


def test_claims_are_read_though_a_base_is_missing() -> None:
    """The names of the variants are known without it."""
    claims = "[{says: a, metric: loss, variant: c, at_least: 0}]"

    assert lines(f"base: bas.yaml\nvariants: {{a: {{}}, b: {{}}}}\nclaims: {claims}") == [
        "s.yaml:1: base: bas.yaml: no such file. Did you mean 'base.yaml'?",
        "s.yaml:3: claims.0.variant: unknown variant 'c'. Choose from: a, b",
    ]


def test_a_study_is_no_config() -> None:
    """Given to what takes a config, or extended by one, it says what to type."""
    Path("s.yaml").write_text(VARIANTS)
    with pytest.raises(
        ConfigError, match=r"s.yaml: a study, not a config; train and judge it with: dlexp study s.yaml"
    ):
        load("s.yaml")
    Path("c.yaml").write_text("extends: s.yaml\n")
    with pytest.raises(ConfigError, match=r"c.yaml:1: extends: s.yaml is a study; name a config"):
        load("c.yaml")


def test_a_key_of_a_study_in_a_config() -> None:
    """Says that studies are files of their own."""
    Path("c.yaml").write_text(f"{BASE}variants: {{a: {{}}}}\n")
    with pytest.raises(ConfigError, match=r"c.yaml:5: variants: a key of a study, which has a file of its own"):
        load("c.yaml")
