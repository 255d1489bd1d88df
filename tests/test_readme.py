"""The README leaves out no command, no option and no component; CONTRIBUTING's code is the code's shape."""

import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
import typer
from make_runs import failed, finished
from typer.testing import CliRunner

from dlexp import registry
from dlexp.cli.app import app
from dlexp.cli.once import Once
from dlexp.config.load import load
from dlexp.records.index import read, scan
from dlexp.records.run_dir import RunDir
from dlexp.training.after import make_missing

ROOT = Path(__file__).parents[1]
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def readme() -> str:
    """Its text."""
    return (ROOT / "README.md").read_text(encoding="utf-8")


def missing(words: list[str], text: str) -> list[str]:
    """The words that stand nowhere in a text as words of their own."""
    return [word for word in words if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)]


def test_every_command_stands_in_the_readme(readme: str) -> None:
    """As it is typed."""
    assert missing([f"dlexp {name}" for name in COMMANDS], readme) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_stands_in_the_readme(command: str, readme: str) -> None:
    """As it is typed; where two commands share one, once is enough."""
    parameters = COMMANDS[command].params
    options = [parameter.opts[-1] for parameter in parameters if parameter.param_type_name == "option"]

    assert missing(options, readme) == []


@pytest.mark.parametrize("kind", registry.KINDS)
def test_every_component_stands_in_the_readme(kind: str, readme: str) -> None:
    """By the name that a config gives it, in code: a block, an indented line or `so`."""
    code = "\n".join(re.findall(r"```[\s\S]*?```|`[^`\n]+`|^ {4}.*$", readme, re.MULTILINE))

    assert missing(list(registry.components(kind)), code) == []


def test_every_data_set_in_the_readme_is_one_that_check_takes(readme: str, tmp_path: Path) -> None:
    """Each line is a config by itself; no file is read."""
    lines = [line for line in readme.splitlines() if line.startswith("dataset: ")]
    for line in lines:
        (tmp_path / "config.yaml").write_text(line, encoding="utf-8")
        assert load(tmp_path / "config.yaml").experiment.dataset.type in line

    assert len(lines) > 5


def test_every_example_in_a_commands_help_is_one_of_its_own() -> None:
    """Each help ends in an example that starts with the command."""
    for name, command in COMMANDS.items():
        assert f"Example: dlexp {name}" in (command.help or ""), name


def recipes(heading: str) -> list[str]:
    """The code below a heading of CONTRIBUTING."""
    _, _, below = (ROOT / "CONTRIBUTING.md").read_text().partition(f"\n## {heading}\n")
    return re.findall(r"```python\n(.*?)```", below.partition("\n## ")[0], re.DOTALL)


@pytest.mark.parametrize("code", recipes("Add a component"))
def test_recipes_in_contributing_work(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each recipe, run as it stands, adds a component that a config can name; it is forgotten afterwards."""
    for kind in registry.KINDS:
        registry.components(kind)
    monkeypatch.setattr(registry, "_components", {kind: dict(known) for kind, known in registry._components.items()})
    before = {(kind, name) for kind in registry.KINDS for name in registry.components(kind)}

    exec(compile(code, "CONTRIBUTING.md", "exec"), {"__name__": "recipe"})

    (added,) = {(kind, name) for kind in registry.KINDS for name in registry.components(kind)} - before
    kind, name = added
    chosen = registry.components(kind)[name]
    assert chosen.summary()
    assert chosen.model_validate({"type": name}).type == name


def run_recipe(heading: str) -> ModuleType:
    """The one recipe below a heading, as a module."""
    module = ModuleType("recipe")
    (code,) = recipes(heading)
    exec(compile(code, "CONTRIBUTING.md", "exec"), vars(module))
    return module


@pytest.fixture
def timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    """In `runs/`, two runs of a name and one that failed; the first."""
    monkeypatch.chdir(tmp_path)
    first = finished(Path("runs"), "a", seconds=1.0)
    finished(Path("runs"), "a", seed=1, seconds=2.0)
    failed(Path("runs"), "b")
    return first


def test_the_metric_in_contributing_works(tmp_path: Path) -> None:
    """In a process of its own, as if it stood in the file: a config can ask for it; its value and its guess by hand."""
    (tmp_path / "config.yaml").write_text("dataset: iris\nmetrics: [accuracy, balanced_accuracy]\n")
    (code,) = recipes("Add a metric")
    program = f"""{code}
import sys
assert "numpy" not in sys.modules  # As `check` and `list` ask of that file.
import numpy as np
from dlexp.components.columns import Column
from dlexp.config.load import load

assert load("config.yaml").experiment.head.metrics == ["accuracy", "balanced_accuracy"]
metric = Column.parse("best_val_balanced_accuracy").metric
assert metric is METRICS["balanced_accuracy"]
y, p = np.array([0, 0, 0, 1]), np.array([[0.1], [0.2], [0.9], [0.8]])
print(metric.compute(y, p), metric.guess(y))
"""

    ended = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (ended.stdout, ended.stderr) == (f"{(2 / 3 + 1) / 2} 0.5\n", "")


def test_the_report_in_contributing_works(timed: RunDir) -> None:
    """In every format."""
    report = run_recipe("Add a report")

    found = report.gather(map(read, scan(Path("runs"))))

    assert report.render(found, "table") == "name  runs  mean\na     2     1.5 s\n"
    assert report.render(found, "md").splitlines()[-1] == "| a | 2 | 1.5 s |"
    assert report.render(found, "csv") == "name,runs,seconds\na,2,1.5\n"
    assert json.loads(report.render(found, "json")) == [{"name": "a", "runs": 2, "seconds": 1.5}]


def test_the_command_in_contributing_works(timed: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the report in its place: options, formats, and a help that ends in an example."""
    monkeypatch.setitem(sys.modules, "dlexp.reports.run.times", run_recipe("Add a report"))
    command = typer.Typer()
    command.command(cls=Once)(run_recipe("Add a command").times)

    result = CliRunner().invoke(command, ["--format", "csv", "--runs-dir", "runs"])

    assert (result.exit_code, result.stdout) == (0, "name,runs,seconds\na,2,1.5\n")
    assert "Example: dlexp times --format csv" in CliRunner().invoke(command, ["--help"]).stdout


def test_the_export_in_contributing_works(timed: RunDir) -> None:
    """What it writes is what was recorded."""
    export = run_recipe("Add an export").HISTORY

    assert list(make_missing([timed], [export])) == []
    assert pd.read_parquet(timed.path / export.file).to_dict("records") == timed.history()
