"""Fill in the generated parts of the pages: `python tools/readme.py`; with `--check`, only say if they are current.

A part stands between `<!-- begin NAME -->` and `<!-- end NAME -->`.
"""

import ast
import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT_KEYS = ("tokens", "num_words", "skip_top", "encoding", "maxlen")
#: The layers from the top down, then what all of them use.
ORDER = (
    "cli", "api", "workflows", "reports", "execution", "training", "records", "config", "components", "layers",
    "format.py", "registry.py", "console.py", "colours.py", "regular_files.py", "whole_files.py", "machine.py",
    "errors.py", "near_words.py", "version.py",
)  # fmt: skip


def main() -> None:
    """Rewrite the pages, or fail if that would change one."""
    for page, parts in PAGES.items():
        old = (ROOT / page).read_text(encoding="utf-8")
        new = old
        for name, make in parts.items():
            text = make()
            part = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
            new = part.sub(lambda match, text=text: f"{match[1]}{text}\n{match[2]}", new)
        if "--check" not in sys.argv:
            (ROOT / page).write_text(new, encoding="utf-8")
        elif new != old:
            sys.exit(f"{page} is not current: run python tools/readme.py")


def fenced(text: str) -> str:
    """Text as a block of code."""
    return f"```\n{text}\n```"


def config_table() -> str:
    """Every shipped config by its header: what it shows, the score that was measured, the time."""
    rows = ["| config | what it shows | score | a seed |", "|---|---|---|---|"]
    for path in sorted((ROOT / "configs").glob("*.yaml")):
        header = read_header(path.read_text(encoding="utf-8"))
        seconds = header["Time"].partition(" a ")[0]
        rows.append(f"| [`{path.stem}`](configs/{path.name}) | {header['shows']} | {header['Score']} | {seconds} |")
    return "\n".join(rows)


def read_header(text: str) -> dict[str, str]:
    """The comments at the top of a config by their key; `shows` is the sentence without one."""
    comments = re.findall(r"^#(?! yaml-language-server) (.*)$", text, re.MULTILINE)
    header: dict[str, str] = {}
    key = "shows"
    for comment in comments:
        if match := re.match(r"(Run|Time|Score|Source): +(.*)", comment):
            key, comment = match.groups()
        header[key] = f"{header[key]} {comment.strip()}" if key in header else comment.strip()
    return header


def benchmark_tables() -> str:
    """What `python -m benchmarks` measured, except what another page has: what each is, then its table."""
    elsewhere = {name for page, parts in PAGES.items() if page != "README.md" for name in parts}
    parts = []
    for path in sorted((ROOT / "benchmarks" / "results").glob("*.csv")):
        module = ROOT / "benchmarks" / f"{path.stem}.py"
        if not module.exists():
            module = ROOT / "benchmarks" / path.stem / "__init__.py"
        if path.stem not in elsewhere:
            parts.append(f"`python -m benchmarks {path.stem}`: {_purpose(module)}\n\n{benchmark_table(path.stem)}")
    return "\n\n".join(parts)


def benchmark_table(name: str) -> str:
    """What one benchmark measured."""
    with (ROOT / "benchmarks" / "results" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    cells = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)


def component_list() -> str:
    """What `dlexp list` prints."""
    command = [sys.executable, "-m", "dlexp", "list"]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.rstrip()


def tree() -> str:
    """Every module with the first line of its docstring."""
    rows = [("dlexp/", "")]
    for name in ORDER:
        rows += _rows(ROOT / "dlexp" / name, depth=1)
    width = max(len(name) for name, _ in rows) + 2
    return "\n".join(f"{name:<{width}}{purpose}".rstrip() for name, purpose in rows)


def _rows(path: Path, depth: int) -> Iterator[tuple[str, str]]:
    indent = "    " * depth
    if path.suffix == ".py":
        yield indent + path.name, _purpose(path)
        return
    yield f"{indent}{path.name}/", _purpose(path / "__init__.py")
    for entry in sorted(path.iterdir(), key=lambda entry: (entry.is_dir(), entry.name)):
        if (entry.suffix == ".py" and entry.name != "__init__.py") or (entry / "__init__.py").exists():
            yield from _rows(entry, depth + 1)


def _purpose(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").splitlines()[0]


def keys_of(definition: str) -> str:
    """The keys of a data set, as configs/schema.json describes them: those that others do not have, and defaults."""
    definitions = json.loads((ROOT / "configs" / "schema.json").read_text(encoding="utf-8"))["$defs"]
    rows = ["| key | by default | what it says |", "|---|---|---|"]
    of_all = {"type", *definitions["Iris"]["properties"]} - {"standardize", "test_size", "split_seed"}
    properties = definitions[definition]["properties"].items()
    # Those of words come last: few tables have a text.
    for name, key in sorted(properties, key=lambda each: each[0] in TEXT_KEYS):
        if name not in of_all:
            default = f"`{json.dumps(key['default'], ensure_ascii=False)}`" if key.get("default") is not None else ""
            rows.append(f"| `{name}` | {default} | {key.get('description', '')} |")
    return "\n".join(rows)


def rule_table() -> str:
    """What is said of data, by the name with which a config allows it."""
    from dlexp.components.remarks import RULES

    return "\n".join(
        ["| rule | what it finds |", "|---|---|", *(f"| `{name}` | {RULES[name]} |" for name in sorted(RULES))]
    )


def lint_table() -> str:
    """What `check` warns of, by the same name, and why."""
    from dlexp.config.lint import LINT_RULES, RULE_NAMES

    why = {rule.__name__: rule.__doc__.splitlines()[0] for rule in reversed(LINT_RULES)}
    return "\n".join(["| rule | why |", "|---|---|", *(f"| `{name}` | {why[name]} |" for name in sorted(RULE_NAMES))])


#: The parts of each page, by their names.
PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {
        "configs": config_table,
        "benchmarks": benchmark_tables,
        "list": lambda: fenced(component_list()),
        "tree": lambda: fenced(tree()),
    },
    "docs/your_data.md": {
        "csv": lambda: keys_of("Csv"),
        "text_folder": lambda: keys_of("TextFolder"),
        "npz": lambda: keys_of("Npz"),
        "rules": rule_table,
    },
    "docs/training.md": {"lint": lint_table},
    "docs/speed.md": {name: partial(benchmark_table, name) for name in ("zoo", "hooks", "stages", "growth")},
}

if __name__ == "__main__":
    main()
