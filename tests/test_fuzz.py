"""Any bytes as a config or a study: it loads, or at most ten lines say why not, within a second, never a traceback."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlexp.config.claim import Claim
from dlexp.config.load import load
from dlexp.config.load_study import load_study
from dlexp.config.problems import ConfigError
from dlexp.config.study import Study
from dlexp.errors import shown

CONFIGS = [path.read_bytes() for path in sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))]
STUDIES = [
    b"""base: base.yaml
seeds: 5
variants:
  wide: {}
  other: {file: base.yaml, model.hidden.0: 4, metrics: [accuracy]}
  adam:
    optimizer: {type: adam, learning_rate: 0.01}
grid: {training.batch_size: [16, 32], model.dropout: [0, 0.5]}
claims:
  - {says: a, metric: val_loss - best_val_loss,
     difference: "wide, training.batch_size=16, model.dropout=0 - x", at_least: 0}
goal: test_accuracy
must_not_worsen: {test_nll: 0.02, seconds: 10%}
""",
    b"""base: base.yaml
variants: {sgd: {}, adam: {optimizer: adam}, none: {training.early_stopping: null, dataset: iris}}
claims:
  - {says: a, metric: diagnostics.1.dead_share, epoch: 2, ratio: sgd / adam, between: [1, 2], expect: fails}
  - {says: b, epochs_to: {val_accuracy: 0.85}, order: [sgd, adam, none]}
  - {says: c, metric: bias, variant: sgd, no_difference_beyond: 0.1}
resamples: 20
resampling: bootstrap
""",
]
#: Pieces that YAML, our short forms or a type could trip over.
PIECES = st.sampled_from(
    [
        *(
            b"&a ",
            b"*a",
            b"<<: *a",
            b"!!python/object:os.system ",
            b"!!binary ",
            b"? ",
            b"- ",
            b": ",
            b"{",
            b"[",
            b"}",
            b"]",
        ),
        *(
            b"|\n ",
            b">-\n",
            b"%YAML 9.9\n---\n",
            b"...\n",
            b"\t",
            b"\x00",
            b"\xff\xfe",
            b"\r",
            b"'",
            b'"',
            b"#",
            b"@",
            b"`",
        ),
        *(b"null", b"~", b".nan", b"-.inf", b"1e999", b"0x1F", b"9" * 30, b"on", b"12:30", b"true", b"2001-01-01"),
        *(
            b"extends: c.yaml\n",
            b"name: ../../x\n",
            b"dataset: imdb\n",
            b"model: {layers: [Dense]}\n",
            b"heads: {a: {}}\n",
        ),
        *(
            b"training: {epochs: -1}\n",
            b"optimizer: {type: [adam]}\n",
            b"validation: {}\n",
            b"loss: 3\n",
            b"metrics: x\n",
        ),
        *(
            b"variants: {a: {}}\n",
            b"grid: {model: [mlp, {type: x}]}\n",
            b"claims: [{}]\n",
            b"file: c.yaml",
            b" - ",
            b" / ",
            b"diagnostics.",
            b"epoch: 9",
            b"5%",
        ),
    ]
)


@st.composite
def mutated(draw: st.DrawFn, files: Sequence[bytes]) -> bytes:
    """One of some files with pieces put over some of its parts."""
    content = draw(st.sampled_from(files))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        stop = start + draw(st.integers(0, 30))
        content = content[:start] + draw(PIECES | st.binary(max_size=8)) + content[stop:]
    return content


def assert_loads_or_says_why(path: Path, content: bytes, load: Callable[[Path], object] = load) -> None:
    """The promise of this file."""
    path.write_bytes(content)
    clock = time.process_time()
    try:
        load(path)
    except ConfigError as error:
        lines = shown(error.lines)
        assert lines
        assert all(line.strip() and "\n" not in line for line in lines)
    assert time.process_time() - clock < 1


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the config stands."""
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text("dataset: digits")
    return tmp_path / "c.yaml"


def fuzz(examples: int) -> settings:
    """So many cases."""
    return settings(max_examples=examples, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(content=st.binary(max_size=200))
@fuzz(300)
def test_any_bytes(content: bytes, path: Path) -> None:
    """Mostly no text at all."""
    assert_loads_or_says_why(path, content)


@given(content=mutated(CONFIGS))
@fuzz(500)
def test_almost_a_config(content: bytes, path: Path) -> None:
    """Near enough to reach every check."""
    assert_loads_or_says_why(path, content)


@given(pieces=st.lists(PIECES, max_size=12))
@fuzz(300)
def test_pieces_of_yaml(pieces: list[bytes], path: Path) -> None:
    """Nothing else."""
    assert_loads_or_says_why(path, b"".join(pieces))


@given(content=mutated(STUDIES))
@fuzz(250)
def test_almost_a_study(content: bytes, path: Path) -> None:
    """Near enough to reach every check of variants, grids and claims."""
    assert_loads_or_says_why(path, content, load_study)


@given(pieces=st.lists(PIECES, max_size=12))
@fuzz(100)
def test_pieces_of_yaml_as_a_study(pieces: list[bytes], path: Path) -> None:
    """Nothing else."""
    assert_loads_or_says_why(path, b"".join(pieces), load_study)


#: Any value that YAML has, as often a word that a study knows.
WORDS = st.sampled_from(
    ["a", "b", "a - b", "a / b", "loss", "val_loss", "bias", "base.yaml", "10%", "2 points", "accuracy", "sgd", ""]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@given(
    study=st.fixed_dictionaries({}, optional=dict.fromkeys(Study.model_fields, VALUES)),
    claim=st.fixed_dictionaries({}, optional=dict.fromkeys(Claim.model_fields, VALUES)),
)
@fuzz(250)
def test_any_values_of_a_studys_keys(study: dict[str, object], claim: dict[str, object], path: Path) -> None:
    """Known keys with anything in them, also where the variants are sound."""
    sound = {"base": "base.yaml", "variants": {"a": {}, "b": {"optimizer": "sgd"}}, "claims": [{"says": "x", **claim}]}
    for text in (study, {**sound, **study}, {**study, **sound}):
        assert_loads_or_says_why(path, yaml.safe_dump(text, allow_unicode=True).encode(), load_study)
