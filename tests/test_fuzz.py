"""Any bytes as a config: an experiment or at most ten lines that say why not, within a second, never a traceback."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlexp.config.load import load
from dlexp.config.problems import ConfigError
from dlexp.errors import shown

CONFIGS = [path.read_bytes() for path in sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))]
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
    ]
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A shipped config with pieces put over some of its parts."""
    content = draw(st.sampled_from(CONFIGS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        stop = start + draw(st.integers(0, 30))
        content = content[:start] + draw(PIECES | st.binary(max_size=8)) + content[stop:]
    return content


def assert_loads_or_says_why(path: Path, content: bytes) -> None:
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
    return tmp_path / "c.yaml"


def fuzz(examples: int) -> settings:
    """So many cases."""
    return settings(max_examples=examples, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(content=st.binary(max_size=200))
@fuzz(300)
def test_any_bytes(content: bytes, path: Path) -> None:
    """Mostly no text at all."""
    assert_loads_or_says_why(path, content)


@given(content=mutated())
@fuzz(500)
def test_almost_a_config(content: bytes, path: Path) -> None:
    """Near enough to reach every check."""
    assert_loads_or_says_why(path, content)


@given(pieces=st.lists(PIECES, max_size=12))
@fuzz(300)
def test_pieces_of_yaml(pieces: list[bytes], path: Path) -> None:
    """Nothing else."""
    assert_loads_or_says_why(path, b"".join(pieces))
