"""Fill in the generated parts of README.md: `python tools/readme.py`; with `--check`, only say whether they are current.

A part stands between `<!-- begin NAME -->` and `<!-- end NAME -->`.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: The layers from the top down, then what all of them use.
ORDER = (
    "cli", "api.py", "reports", "studies", "execution", "training", "runs", "config", "components", "layers",
    "registry.py", "console.py", "errors.py",
)  # fmt: skip


def main() -> None:
    """Rewrite the README, or fail if that would change it."""
    readme = ROOT / "README.md"
    old = readme.read_text(encoding="utf-8")
    new = old
    for name, text in {"list": component_list(), "tree": tree()}.items():
        new = re.sub(
            rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)",
            lambda match, text=text: f"{match[1]}```\n{text}\n```\n{match[2]}",
            new,
            flags=re.DOTALL,
        )
    if "--check" in sys.argv:
        sys.exit(0 if new == old else "README.md is not current: run python tools/readme.py")
    readme.write_text(new, encoding="utf-8")


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
        if entry.suffix == ".py" and entry.name != "__init__.py" or (entry / "__init__.py").exists():
            yield from _rows(entry, depth + 1)


def _purpose(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").splitlines()[0]


if __name__ == "__main__":
    main()
