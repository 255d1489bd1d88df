"""How the package is built, read from its source alone: what is imported, inherited, printed and used."""

import ast
import functools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

ROOT = Path(__file__).parents[1]
#: Who says something: the command line, with the table of running trainings, and a training, into the log of its run.
SPEAKERS = (
    "dlexp.cli.",
    "dlexp.console.",
    "dlexp.reports.plan.progress.",
    "dlexp.training.",
    "dlexp.execution.execute.",
)
#: What classes of other libraries call, and what the next key of the schema will need.
CALLED_BY_OTHERS = {"find_class", "readinto", "path_stats", "get_data", "ignore_aliases", "emit", "Process"} | {
    "AddedLater",
    "format_commands",
}
Node = TypeVar("Node", bound=ast.ClassDef | ast.FunctionDef, covariant=True)


class Place(NamedTuple, Generic[Node]):
    """A class or function and where it stands."""

    module: str
    node: Node

    def __str__(self) -> str:
        return f"{self.module}:{self.node.lineno}: {self.node.name}"


@functools.cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package by its dotted name."""
    paths = sorted((ROOT / "dlexp").rglob("*.py"))
    return {_dotted(path): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def classes() -> Iterator[Place[ast.ClassDef]]:
    """Every class, nested ones too."""
    for name, tree in modules().items():
        yield from (Place(name, node) for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def definitions() -> Iterator[Place[ast.ClassDef | ast.FunctionDef]]:
    """Every class and every function, methods too."""
    for name, tree in modules().items():
        yield from (Place(name, node) for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef))


def imports() -> dict[str, set[str]]:
    """What each module imports of the package, as a type checker sees it: in functions and under TYPE_CHECKING too."""
    return {name: set(_imported(tree)) - {name} for name, tree in modules().items()}


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules())
        elif isinstance(node, ast.ImportFrom) and node.module in modules():
            within = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in modules() else node.module for name in within)


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Modules each of which imports the next, the last one the first; none if there is no circle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def depths() -> dict[str, int]:
    """How many classes of our own stand above each other, the class itself included."""
    bases = {node.name: [_last_name(base) for base in node.bases if _is_own(base)] for _, node in classes()}

    def depth(name: str) -> int:
        return 1 + max(map(depth, bases[name]), default=0) if name in bases else 0

    return {name: depth(name) for name in bases}


def _is_own(base: ast.expr) -> bool:
    """Not one of Keras's, which may be named as one of ours."""
    return not ast.unparse(base).startswith("keras.")


def _last_name(node: ast.expr) -> str:
    """`Name` of `package.Name[Argument]`."""
    return ast.unparse(node).partition("[")[0].rpartition(".")[2]


def repeated(names: Iterable[str]) -> list[str]:
    """Those that come more than once."""
    return sorted(name for name, n in Counter(names).items() if n > 1)


def positional_dataclasses(n_fields: int = 5) -> list[str]:
    """Dataclasses that take so many fields or more by position."""
    return [str(place) for place in classes() if _is_positional(place.node) and len(_fields(place.node)) >= n_fields]


def _is_positional(node: ast.ClassDef) -> bool:
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    return any(re.match(r"(dataclasses\.)?dataclass\b(?!.*kw_only=True)", text) for text in decorators)


def _fields(node: ast.ClassDef) -> list[ast.AnnAssign]:
    """Those that are given, and not by their name alone."""
    fields = [item for item in node.body if isinstance(item, ast.AnnAssign)]
    return [item for item in fields if not re.search(r"ClassVar|kw_only=True", ast.unparse(item))]


def prints() -> list[str]:
    """Where something is printed or said that should be returned, raised or logged."""
    outside = {name: tree for name, tree in modules().items() if not f"{name}.".startswith(SPEAKERS)}
    return [
        f"{name}:{node.lineno}: {ast.unparse(node.func)}"
        for name, tree in outside.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "say", "console.say")
    ]


def unused() -> list[str]:
    """Classes and functions whose name stands nowhere else in the package, as far as a search tells.

    Not those with a decorator, which registers them, nor components, which a config names, nor what a base calls.
    """
    named = Counter(word for tree in modules().values() for word in _words(tree))
    found = [place for place in definitions() if not named[place.node.name] and not _is_called_from_outside(place.node)]
    return [str(place) for place in found]


def _words(tree: ast.Module) -> Iterator[str]:
    """Every name that is used, in texts too: annotations and arguments of getattr."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.alias(name=word) | ast.keyword(arg=str(word)):
                yield word
            case ast.Constant(value=str(text)) if len(text) < 100:
                yield from re.findall(r"\w+", text)


def _is_called_from_outside(node: ast.ClassDef | ast.FunctionDef) -> bool:
    if node.name.startswith("__") or node.name in CALLED_BY_OTHERS or node.decorator_list:
        return True
    return isinstance(node, ast.ClassDef) and any(ast.unparse(field.target) == "type" for field in _fields(node))


def main() -> None:
    """What is not as it should be."""
    by_name = defaultdict(list)
    for place in classes():
        by_name[place.node.name].append(place.module)
    print("circle:", " > ".join(circle(imports())))
    print("deeper than 4:", {name: depth for name, depth in depths().items() if depth > 4})
    print("same name:", {name: by_name[name] for name in repeated(place.node.name for place in classes())})
    print("by position:", *positional_dataclasses(), sep="\n    ")
    print("prints:", *prints(), sep="\n    ")
    print("unused:", *unused(), sep="\n    ")


if __name__ == "__main__":
    main()
