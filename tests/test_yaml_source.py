"""Strict YAML: what is read, with its lines, and what each trap is answered with."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dlexp.config.dump import Dumper
from dlexp.config.flat import format_value
from dlexp.config.load import load
from dlexp.config.problems import ConfigError, Source
from dlexp.config.yaml_source import MAX_BYTES, parse_value, read

SET = Source("--set key=value")


def refusal(path: Path) -> str:
    """The one line that a file is answered with; its path is shown as FILE."""
    with pytest.raises(ConfigError) as caught:
        read(path)
    (line,) = caught.value.lines
    return line.replace(str(path), "FILE")


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[str | bytes], str]:
    """What a file with this content is answered with; the file's path is shown as FILE."""

    def answer(content: bytes | str) -> str:
        path = tmp_path / "config.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return refusal(path)

    return answer


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1e5", 100_000.0),
        ("-.5E+2", -50.0),
        ("012", 12),
        ("-7", -7),
        ("0x1F", 31),
        ("0o17", 15),
        (str(2**63 - 1), 2**63 - 1),
        ("true", True),
        ("False", False),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("No", "No"),
        ("12:30", "12:30"),
        ("2026-01-31", "2026-01-31"),
        ("1_000", "1_000"),
        ("'16'", "16"),
        ("1e", "1e"),
        ("", None),
        ("~", None),
        ("null", None),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("[64, 4]", [64, 4]),
        ("{type: adam, learning_rate: 1e-2}", {"type": "adam", "learning_rate": 0.01}),
    ],
)
def test_scalars_are_those_of_the_core_schema(text: str, value: Any) -> None:
    """`1e-3` is a number; only true and false are booleans; times, dates and `1_000` are strings."""
    read_value = parse_value(text, SET).plain()

    assert read_value == value
    assert type(read_value) is type(value)


def test_nan_is_read_as_a_number() -> None:
    """The schema refuses it, with a word about what is expected; the reader does not."""
    value = parse_value(".nan", SET).plain()

    assert value != value


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63) + 1, 2**63 - 1)
        | st.floats(allow_nan=False)
        | st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(" \n#|&*:-,'\"")),
        lambda values: st.lists(values, max_size=3) | st.dictionaries(st.sampled_from("abc"), values),
    )
)
def test_what_is_dumped_or_shown_reads_back(value: dict[str, Any] | list[Any] | None) -> None:
    """Every value written into a config is read back equal, 1e-07 and the string 'on' included; also a shown one."""
    text = yaml.dump({"value": value}, Dumper=Dumper, allow_unicode=True, width=10**6)

    assert parse_value(text, SET).plain() == {"value": value}
    assert parse_value(format_value(value), SET).plain() == value


def test_every_value_knows_its_line(tmp_path: Path) -> None:
    """A key, a leaf and a list item each have the line that a user would look for."""
    path = tmp_path / "config.yaml"
    path.write_text("# a comment\nmodel:\n  hidden:\n  - 64\n  - 4\noptimizer: {type: adam,\n  epsilon: 1}\n")

    expected = {
        "model": 2,
        "model.hidden": 3,
        "model.hidden.0": 4,
        "model.hidden.1": 5,
        "optimizer": 6,
        "optimizer.type": 6,
        "optimizer.epsilon": 7,
    }
    config = read(path)

    assert {key: config.nearest_source(key.split(".")).line for key in expected} == expected


def test_aliases_are_written_out(tmp_path: Path) -> None:
    """An anchor saves typing; its values keep their own lines."""
    path = tmp_path / "config.yaml"
    path.write_text("model: {hidden: &sizes [64, 4]}\nother: *sizes\n")

    config = read(path)

    assert config.plain() == {"model": {"hidden": [64, 4]}, "other": [64, 4]}
    assert config.entries["other"].source.line == 2


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", "FILE: the file is empty; a config names at least a dataset, such as `dataset: digits`"),
        (
            "# only a comment\n",
            "FILE: the file is empty; a config names at least a dataset, such as `dataset: digits`",
        ),
        ("\n- a\n", "FILE:2: expected keys and values, such as `dataset: digits`, given a list"),
        ("digits\n", "FILE:1: expected keys and values, such as `dataset: digits`, given a single value"),
        ("a: 1\nb: 2\na: 3\n", "FILE:3: a: given twice, first in line 1"),
        (
            "optimizer:\n  type: adam\n  type: sgd\n",
            "FILE:3: optimizer.type: given twice, first in line 2",
        ),
        ("a: 1\n'a': 2\n", "FILE:2: a: given twice, first in line 1"),
        ("model:\n\thidden: 1\n", "FILE:2: a tab where only spaces may stand; indent with spaces"),
        ("a: 1\nb: \0\n", "FILE:2: a NUL byte (U+0000)"),
        ("a: \x07\n", "FILE:1: an unprintable character (U+0007)"),
        ('a: 1\nb: "\\0"\n', "FILE:2: b: a NUL byte (U+0000)"),
        ('a: "\\ud800"\n', "FILE:1: a: an unprintable character (U+D800)"),
        ('a: "\\UFFFFFFFF"\n', "FILE: not valid YAML: an escape or a version that is out of range"),
        (b"a: 1\nb: \xff\n", "FILE:2: not UTF-8 text: byte 0xff"),
        ("a: 1".encode("utf-16"), "FILE:1: not UTF-8 text: byte 0xff"),
        ("~: a\n", "FILE:1: expected a word as key, given ~"),
        ("model:\n  true: a\n", "FILE:2: model: expected a word as key, given true"),
        ("? \n: a\n", "FILE:1: expected a word as key, given nothing"),
        ("? [a]\n: b\n", "FILE:1: expected a word as key, given a list or mapping"),
        (
            "a: !!python/name:os.system x\n",
            "FILE:1: the tag 'tag:yaml.org,2002:python/name:os.system' is not",
        ),
        ("a: !secret x\n", "FILE:1: the tag '!secret' is not supported; values are plain YAML"),
        (
            "a: &a {b: 1}\nc:\n  <<: *a\n",
            "FILE:3: c: merge keys (<<) are not supported; use extends, or an alias alone",
        ),
        ("a: 1\n---\nb: 2\n", "FILE:2: a second document begins here; expected one config a file"),
        ("a: " + 60 * "[" + 60 * "]", "FILE:1: nested more than 50 deep"),
        ("a: " + 100_000 * "[", "FILE:1: nested more than 50 deep"),
        ("a: &a [*a]\n", "FILE:1: nested more than 50 deep"),
        ("a: " + 40 * "9", "FILE:1: a: the whole number 999999999999999999999999999999 is too large"),
        ("a: 0x" + 20 * "f", "FILE:1: a: the whole number 0xffffffffffffffffffff is too large"),
        ("a: " + MAX_BYTES * "x", "FILE: larger than 250 KB; expected a config file"),
        (
            "a: b: c\n",
            "FILE:1: not valid YAML: a colon within a value; write 'b: c' if it is a text, {b: c} if these are keys",
        ),
        (
            "- a: 'b': c  # here\n",
            "FILE:1: not valid YAML: a colon within a value; put a text in quotes, and keys in braces, such as "
            "{type: adam}",
        ),
        (
            "a: b\n  c: d\n",
            "FILE:2: not valid YAML: this line is indented below a value; begin it below the key above it",
        ),
        (
            "a: {b: c: d}\n",
            "FILE:1: not valid YAML: a colon within a value, or no comma before a key; put a text with a colon in "
            "quotes",
        ),
        (
            "a: [1, 2\n",
            "FILE:2: not valid YAML: while parsing a flow sequence expected ',' or ']', but got ",
        ),
        ("a: *nothing\n", "FILE:1: not valid YAML: found undefined alias 'nothing'"),
    ],
)
def test_traps_are_refused_in_one_line(refused: Callable[[str | bytes], str], content: bytes | str, line: str) -> None:
    """Each names the file, the line and what is wrong."""
    assert refused(content).startswith(line)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    """Some editors on Windows write one, and end lines with two characters."""
    path = tmp_path / "config.yaml"
    path.write_bytes(b"\xef\xbb\xbfdataset: digits\r\nloss: mse\r\n")

    assert read(path).plain() == {"dataset": "digits", "loss": "mse"}


def test_a_bomb_of_aliases_is_refused_at_once(refused: Callable[[str | bytes], str]) -> None:
    """Nine lines that would be written out as a billion values cost no time."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join(10 * [f'*a{i - 1}'])}]" for i in range(1, 9)]
    start = time.perf_counter()

    line = refused("\n".join(lines))

    assert line == "FILE:1: more than 10,000 values, aliases written out"
    assert time.perf_counter() - start < TOO_LONG


#: Seconds. A second is what it may take (`python -m benchmarks startup`); a machine that does much else takes longer.
TOO_LONG = 4
SIZE = MAX_BYTES - 100
DIGITS = "dataset: digits\n"
#: The largest files of each kind that are read at all.
BOMBS = {
    "comments": "# x\n" * (SIZE // 4),
    "blank lines": "\n" * SIZE,
    "one text": "a: '" + "x " * (SIZE // 2) + "'",
    "text over lines": "a: x\n" + "  x\n" * (SIZE // 4),
    "a list": "a: [" + "1," * (SIZE // 2) + "]",
    "lists": "a: [" + "[]," * (SIZE // 3) + "]",
    "keys": "".join(f"k{i}: 1\n" for i in range(SIZE // 11)),
    "one key": "a: 1\n" * (SIZE // 5),
    "brackets": "[" * SIZE,
    "aliases": "a: &a 1\nb: [" + "*a," * (SIZE // 3) + "]",
    "unknown keys": DIGITS + "".join(f"hiden{i}: 1\n" for i in range(4_900)),
    "unknown keys below": DIGITS + "model: {" + ",".join(f"hiden{i}: 1" for i in range(4_900)) + "}",
    "wrong items": DIGITS + "model: {hidden: [" + "x," * 9_900 + "]}",
    "unknown layers": DIGITS + "model: {layers: [" + ",".join(f"Dens{i}" for i in range(9_900)) + "]}",
    "unknown rules": DIGITS + "allow: [" + ",".join(f"rule{i}" for i in range(9_900)) + "]",
    "unknown targets": "dataset: {type: digits, target: [digit, parity]}\n"
    "heads: {" + ",".join(f"digits{i}: {{}}" for i in range(4_900)) + "}",
    "unknown arguments": DIGITS + "model: {layers: [Dense: {" + ",".join(f"unit{i}: 1" for i in range(4_900)) + "}]}",
}
CHECK = """
import sys, time
from dlexp.config.flat import format_value
from dlexp.config.load import load
from dlexp.config.problems import ConfigError

for path in sys.argv[1:]:
    clock = time.process_time()
    try:
        load(path)
    except ConfigError as error:
        assert error.lines
    else:
        raise AssertionError(path)
    # Not getrusage's ru_maxrss, which begins with that of the process that started this one.
    (peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
    print(time.process_time() - clock, int(peak) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="says a process's own peak of memory")
def test_large_files_are_refused_at_once_and_within_500_megabytes(tmp_path: Path) -> None:
    """Whatever they are full of; one of 100 MB is not even read."""
    for i, content in enumerate(BOMBS.values()):
        (tmp_path / f"{i}.yaml").write_text(content)
    with (tmp_path / "100_mb.yaml").open("w") as file:
        file.writelines("a: 1\n" * 200_000 for _ in range(100))
    files = [f"{i}.yaml" for i in range(len(BOMBS))] + ["100_mb.yaml"]

    result = subprocess.run([sys.executable, "-c", CHECK, *files], cwd=tmp_path, capture_output=True, text=True)

    assert result.returncode == 0, result.stderr
    measured = [tuple(map(float, line.split())) for line in result.stdout.splitlines()]
    seconds = {name: seconds for name, (seconds, _) in zip([*BOMBS, "100 MB"], measured, strict=True)}
    assert {name: value for name, value in seconds.items() if value > TOO_LONG} == {}
    assert max(megabytes for _, megabytes in measured) < 500


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_what_would_never_end_is_not_opened(tmp_path: Path) -> None:
    """A pipe that nobody writes to, a device: `extends` comes from other people."""
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "c.yaml").write_text("extends: pipe.yaml")

    assert refusal(tmp_path / "pipe.yaml") == "FILE: a pipe, not a file"
    assert refusal(Path("/dev/zero")) == "FILE: a device, not a file"
    with pytest.raises(ConfigError, match=r"c\.yaml:1: extends: .*pipe\.yaml: a pipe, not a file$"):
        load(tmp_path / "c.yaml")


def test_a_missing_file_is_named_with_the_nearest_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing error in the file's name gets the right name, with its folder."""
    (tmp_path / "imdb_adam.yaml").write_text("dataset: imdb")
    monkeypatch.chdir(tmp_path / "..")

    assert refusal(tmp_path / "imdb_adm.yaml") == f"FILE: no such file. Did you mean '{tmp_path / 'imdb_adam.yaml'}'?"
    assert refusal(tmp_path / "other" / "imdb_adm.yaml") == "FILE: no such file"


def test_what_is_no_readable_file_is_named(tmp_path: Path) -> None:
    """Directories, symbolic links to nothing or to themselves, names that no file can have."""
    (tmp_path / "dangling.yaml").symlink_to("gone.yaml")
    (tmp_path / "circle.yaml").symlink_to("circle.yaml")

    assert refusal(tmp_path) == "FILE: a directory; expected a config file"
    assert refusal(tmp_path / "dangling.yaml") == "FILE: a symbolic link to gone.yaml, which does not exist"
    assert refusal(tmp_path / "circle.yaml") == "FILE: cannot be read: Too many levels of symbolic links"
    assert refusal(tmp_path / "a\0b.yaml").endswith("no file can have this name")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    """The system's own word says why."""
    path = tmp_path / "config.yaml"
    path.write_text("dataset: digits")
    path.chmod(0)

    assert refusal(path) == "FILE: cannot be read: Permission denied"


def test_a_value_that_is_no_yaml_names_its_set() -> None:
    """The same rules hold for `--set`, which has no lines."""
    with pytest.raises(ConfigError, match=r"^--set key=value: not valid YAML: ") as caught:
        parse_value("[64, 4", SET)

    assert len(caught.value.lines) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a # b", "a # b"),
        (" a # b ", "a # b"),
        ("#1", "#1"),
        ("5 # five", "5 # five"),
        ("data #1.csv", "data #1.csv"),
        ("a#b", "a#b"),
        ("'a # b'", "a # b"),
        ("['a # b', c]", ["a # b", "c"]),
    ],
)
def test_a_value_alone_has_no_comments(text: str, value: list[str] | str) -> None:
    """A text that holds a # is kept whole; in files, YAML's own rule holds."""
    assert parse_value(text, SET).plain() == value


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[1, 2] # x", "# begins a comment in YAML, and none is read here; leave it out, or put the text in quotes"),
        ("[a # b, c]", "# begins a comment in YAML, and none is read here; leave it out, or put the text in quotes"),
        ("'a' # b", "# begins a comment in YAML, and none is read here; leave it out, or put the text in quotes"),
        ("a: b # c", "# begins a comment in YAML, and none is read here; leave it out, or put the text in quotes"),
        ("&x", "& begins an anchor in YAML, and there is none in a single value"),
        ("&x 5", "& begins an anchor in YAML, and there is none in a single value"),
        ("*x", "* begins an alias in YAML, and there is none in a single value"),
        ("[*x]", "* begins an alias in YAML, and there is none in a single value"),
        ("|", "| begins a block of text in YAML, and there is none in a single value"),
        (">", "> begins a block of text in YAML, and there is none in a single value"),
        ("!tag", "the tag '!tag' is not supported; values are plain YAML"),
        ("---", "'---' stands beside the value, and YAML has no such value"),
        ("--- a", "'---' stands beside the value, and YAML has no such value"),
    ],
)
def test_what_yaml_would_drop_from_a_value_is_refused(text: str, line: str) -> None:
    """Each of these would be null, or another value than what was typed."""
    with pytest.raises(ConfigError) as caught:
        parse_value(text, SET)

    assert caught.value.lines == [f"--set key=value: {line}"]


def test_a_comment_in_a_file_is_one(tmp_path: Path) -> None:
    """The rule for a single value changes nothing in files."""
    path = tmp_path / "config.yaml"
    path.write_text("a: b # c\nd: [1, # one\n  2]\n")

    assert read(path).plain() == {"a": "b", "d": [1, 2]}
