"""`dlexp check`: what it prints where, and what it ends with."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Invoke


@pytest.fixture
def dlexp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> Invoke:
    """Run a command in an empty directory; gives its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    return invoke


def test_sound_configs_are_said_to_be_ok(dlexp: Invoke) -> None:
    """One line a file on stdout, exit 0."""
    Path("a.yaml").write_text("dataset: imdb")
    Path("b.yaml").write_text("extends: a.yaml\noptimizer: sgd")

    assert dlexp("check", "a.yaml", "b.yaml") == (0, "a.yaml: ok\nb.yaml: ok\n", "")


def test_problems_go_to_stderr_and_exit_with_2(dlexp: Invoke) -> None:
    """Good files are still said to be ok; a problem of a shared base is said once."""
    Path("a.yaml").write_text("dataset: imdb")
    Path("b.yaml").write_text("dataset: imdb\ntraining: {epochs: 0}")
    Path("c.yaml").write_text("extends: b.yaml")

    assert dlexp("check", "a.yaml", "b.yaml", "c.yaml") == (
        2,
        "a.yaml: ok\n",
        "b.yaml:2: training.epochs: expected at least 1, given 0\n",
    )


def test_at_most_ten_lines_are_said(dlexp: Invoke) -> None:
    """The first nine, then how many more, and how to see them; warnings too."""
    Path("a.yaml").write_text("dataset: imdb\n" + "".join(f"key{i}: 1\n" for i in range(16)))
    for i in range(11):
        Path(f"w{i}.yaml").write_text("dataset: imdb\noptimizer: {type: adam, learning_rate: 3}\n")

    for words, ends in ((["a.yaml"], (2, 0, 7)), ([f"w{i}.yaml" for i in range(11)], (0, 11, 2))):
        code, out, err = dlexp("check", *words)

        lines = err.splitlines()
        assert (code, len(out.splitlines()), len(lines)) == (*ends[:2], 10)
        assert lines[-1] == f"and {ends[2]} more; all of them: dlexp check CONFIG... --format json"


def test_overrides_are_checked_too(dlexp: Invoke) -> None:
    """On every file."""
    Path("a.yaml").write_text("dataset: imdb\ntraining: {epochs: 0}")

    assert dlexp("check", "a.yaml", "--set", "training.epochs=3")[0] == 0
    assert dlexp("check", "a.yaml", "--set", "training.epochs=0") == (
        2,
        "",
        "--set training.epochs=0: training.epochs: expected at least 1, given 0\n",
    )


def test_json_is_one_document_with_every_problem(dlexp: Invoke) -> None:
    """Nothing else on stdout, nothing on stderr, and still exit 2."""
    Path("a.yaml").write_text("dataset: imdb")
    Path("b.yaml").write_text("dataset: imdb\n" + "".join(f"key{i}: 1\n" for i in range(16)))

    code, out, err = dlexp("check", "a.yaml", "b.yaml", "gone.yaml", "--format", "json")
    document = json.loads(out)

    assert (code, err) == (2, "")
    assert document["ok"] is False
    assert [(file["file"], len(file["problems"])) for file in document["files"]] == [
        ("a.yaml", 0),
        ("b.yaml", 16),
        ("gone.yaml", 1),
    ]
    assert document["files"][1]["problems"][0] == {
        "file": "b.yaml",
        "line": 2,
        "path": "key0",
        "message": "unknown key 'key0'. Choose from: name, dataset, validation, model, head, optimizer, "
        "training, extends, allow, loss, metrics, heads, sharing, weighting",
        "change": None,
    }


def test_json_of_sound_configs_exits_with_0(dlexp: Invoke) -> None:
    """Empty lists of problems and warnings."""
    Path("a.yaml").write_text("dataset: imdb")

    code, out, _ = dlexp("check", "a.yaml", "--format", "json")

    (found,) = json.loads(out)["files"]
    assert code == 0
    assert found == {"file": "a.yaml", "problems": [], "warnings": [], "notes": []}


def test_code_that_a_run_will_call_is_said_and_not_called(dlexp: Invoke) -> None:
    """In both formats; a package that the module is in does not run either."""
    Path("witnessed").mkdir()
    for file in ("__init__.py", "net.py"):
        Path("witnessed", file).write_text("raise RuntimeError\n")
    Path("a.yaml").write_text("dataset: iris\nmodel: {type: python, function: 'witnessed.net:trunk'}")

    code, table, _ = dlexp("check", "a.yaml")
    _, document, _ = dlexp("check", "a.yaml", "--format", "json")

    assert code == 0
    assert "note: a run calls witnessed.net:trunk" in table
    assert "a run calls witnessed.net:trunk" in json.loads(document)["files"][0]["notes"][0]
    assert dlexp("why", "a.yaml")[0] == 0  # Reads the code, for its digest.


UNWISE = "dataset: digits\noptimizer: {learning_rate: 3}"
WARNING = (
    "a.yaml:2: optimizer.learning_rate: warning: 3 is far from what adam usually takes, 1e-06 to 0.03; "
    "set optimizer.learning_rate=0.001 (allow: [learning_rate] if it is meant)\n"
)


def test_warnings_go_to_stderr_and_break_no_script(dlexp: Invoke) -> None:
    """The file is still said to be ok, exit 0; what a shared base warns of is said once."""
    Path("a.yaml").write_text(UNWISE)
    Path("b.yaml").write_text("extends: a.yaml")

    assert dlexp("check", "a.yaml", "b.yaml") == (0, "a.yaml: ok\nb.yaml: ok\n", WARNING)


def test_strict_takes_warnings_as_problems(dlexp: Invoke) -> None:
    """Exit 2, and only the other file is ok."""
    Path("a.yaml").write_text(UNWISE)
    Path("b.yaml").write_text("dataset: digits")

    assert dlexp("check", "a.yaml", "b.yaml", "--strict") == (2, "b.yaml: ok\n", WARNING)


def test_warnings_follow_the_problems_of_other_files(dlexp: Invoke) -> None:
    """Problems first, ten lines in all."""
    Path("a.yaml").write_text(UNWISE)
    Path("b.yaml").write_text("dataset: imdb\ntraining: {epochs: 0}")

    code, out, err = dlexp("check", "a.yaml", "b.yaml")

    assert (code, out) == (2, "a.yaml: ok\n")
    assert err == "b.yaml:2: training.epochs: expected at least 1, given 0\n" + WARNING


@pytest.mark.training
def test_run_says_the_warnings_once_on_stderr(tmp_path: Path) -> None:
    """However many configs share what they are about, and whether or not anything is left to train."""
    (tmp_path / "a.yaml").write_text(UNWISE)
    (tmp_path / "b.yaml").write_text("extends: a.yaml\ntraining: {epochs: 3}")
    command = [sys.executable, "-m", "dlexp", "run", "a.yaml", "b.yaml", "--dry-run"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, WARNING)


def test_json_has_rule_and_change_of_each_warning(dlexp: Invoke) -> None:
    """For scripts; `ok` is about problems, unless warnings are taken as such."""
    Path("a.yaml").write_text(UNWISE)

    code, out, err = dlexp("check", "a.yaml", "--format", "json")
    document = json.loads(out)
    strict_code, strict_out, _ = dlexp("check", "a.yaml", "--format", "json", "--strict")

    assert (code, err, document["ok"]) == (0, "", True)
    (warning,) = document["files"][0]["warnings"]
    assert warning.pop("message").startswith("warning: 3 is far from")
    assert warning == {
        "file": "a.yaml",
        "line": 2,
        "path": "optimizer.learning_rate",
        "rule": "learning_rate",
        "change": "optimizer.learning_rate=0.001",
    }
    assert (strict_code, json.loads(strict_out)["ok"]) == (2, False)


def test_nothing_heavy_is_imported(tmp_path: Path) -> None:
    """No TensorFlow, pandas, numpy, scipy or scikit-learn, and nothing that downloads or unpacks."""
    (tmp_path / "a.yaml").write_text("dataset: imdb\nallow: [memory]")
    program = (
        "import sys; from dlexp.cli.app import app; app(['check', 'a.yaml'], standalone_mode=False);"
        "heavy = {'tensorflow', 'keras', 'pandas', 'numpy', 'scipy', 'sklearn', 'matplotlib',"
        " 'http.client', 'ssl', 'tarfile', 'urllib.request', 'dlexp.components.datasets.reading.csv_file'};"
        "print(*sorted(heavy & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("a.yaml: ok\n\n", "")


STUDY = "base: a.yaml\nvariants:\n  sgd: {optimizer: sgd}\n  fast: {optimizer.learning_rate: 3}\n"


def test_a_study_is_checked_as_a_config_is(dlexp: Invoke) -> None:
    """One line where it is fine, with what is unwise in its variants; mistakes end with 2."""
    Path("a.yaml").write_text("dataset: imdb")
    Path("s.yaml").write_text(STUDY)
    Path("t.yaml").write_text(STUDY + "seeds: none\n")

    code, out, err = dlexp("check", "s.yaml", "a.yaml")
    assert (code, out) == (0, "s.yaml: ok\na.yaml: ok\n")
    assert err.startswith("s.yaml:4: variants.fast.optimizer.learning_rate: warning: 3 is far from what adam usually")
    assert dlexp("check", "t.yaml") == (
        2,
        "",
        "t.yaml:5: seeds: expected a whole number or a mapping such as {first: 5, count: 12}, given 'none'\n",
    )
    assert dlexp("check", "s.yaml", "--set", "optimizer=sgd") == (
        2,
        "",
        "s.yaml: a study takes no --set and no --grid; write them into its variants\n",
    )


def test_mistakes_of_a_study_as_json(dlexp: Invoke) -> None:
    """The path is that in the study."""
    Path("a.yaml").write_text("dataset: imdb")
    Path("s.yaml").write_text(STUDY.replace("sgd}", "sdg}"))

    code, out, _ = dlexp("check", "s.yaml", "--format", "json")
    (problem,) = json.loads(out)["files"][0]["problems"]
    assert code == 2
    assert (problem["file"], problem["line"], problem["path"]) == ("s.yaml", 3, "variants.sgd.optimizer.type")


def test_checking_a_study_imports_nothing_heavy(tmp_path: Path) -> None:
    """As of a config."""
    (tmp_path / "a.yaml").write_text("dataset: imdb")
    (tmp_path / "s.yaml").write_text(STUDY)
    program = (
        "import sys; from dlexp.cli.app import app; app(['check', 's.yaml'], standalone_mode=False);"
        "print([name for name in ('tensorflow', 'pandas', 'numpy', 'scipy', 'sklearn') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert run.stdout.splitlines() == ["s.yaml: ok", "[]"]
