"""`dlexp tag`: the user's own words for runs."""

from typing import Annotated

import typer

from dlexp.cli.options import RUNS_DIR, DataDir, RunsDir, Since, StatusIs, Tagged, Where


def tag(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SELECTION... WORD",
            help="Runs as `dlexp rm` takes them, or filters alone; then the tag: letters, digits and _ - . + : @ #.",
            show_default=False,
        ),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the tag from them.")] = False,
    note: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Give them a note instead of a tag; '' removes it.")
    ] = None,
    where: Where = None,
    status: StatusIs = None,
    since: Since = None,
    tags: Tagged = None,
    runs_dir: RunsDir = RUNS_DIR,
    data_dir: DataDir = None,
) -> None:
    """Tag runs with a word, or note something about them: `ls` and `show` show it, `--tag` selects by it.

    Tags and notes are files of the run beside its records (tags.txt, note.txt), which they change in nothing.

    Example: dlexp tag --where 'val_accuracy > 0.9' best
    """
    from dlexp.console import say
    from dlexp.errors import UserError
    from dlexp.format import plural
    from dlexp.records.query import filters
    from dlexp.workflows import tag as workflow

    given = list(words or [])
    if note is not None and remove:
        raise UserError("--remove is for tags; --note '' removes the note")
    if note is None and not given:
        raise UserError("expected a tag after the selection: dlexp tag SELECTION... WORD")
    word = given.pop() if note is None else ""
    passing = filters(where or (), status or (), since, tags or ())
    add, gone = ([], [word]) if remove else ([word] if note is None else [], [])
    n, changed = workflow.tag(given, passing, add=add, remove=gone, note=note, runs_dir=runs_dir, data_dir=data_dir)
    what = "the note" if note is not None else f"the tag {word}"
    done = f"{what} is gone from" if remove or note == "" else f"{what} was given to"
    say(f"{done} {plural(changed, 'run')}{f'; {n - changed} as before' if n > changed else ''}")
