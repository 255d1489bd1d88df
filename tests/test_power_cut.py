"""Whatever a power cut leaves of a run, the same command ends it with the bytes of a run that was never cut."""

from pathlib import Path
from typing import NamedTuple

import pytest
from power_cut import Tree, lay_out, recording
from repeat import assert_same, command, the_finished

from dlexp.records.index import finished
from dlexp.records.run_dir import RunDir
from dlexp.training import checkpoint
from dlexp.training.threads import set_threads

set_threads(1)


class Cuts(NamedTuple):
    """All that a power cut could leave of a run that was stopped after two epochs and then ended."""

    trees: list[tuple[str, Tree]]
    """With what was done last."""
    whole: RunDir
    """The run without any cut."""


@pytest.fixture(scope="module")
def cuts(tmp_path_factory: pytest.TempPathFactory) -> Cuts:
    """Recorded once: with a checkpoint after each of the first epochs, and without one after the last."""
    folder = tmp_path_factory.mktemp("cut")
    root = folder / "disk"
    root.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        disk = recording(root, folder / "graves", patch)
        asked = iter([False, False, True])
        with pytest.MonkeyPatch.context() as first:
            first.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)
            first.setattr(checkpoint, "LARGEST_SHARE", float("inf"))
            first.setattr(checkpoint, "is_asked_to_stop", lambda: next(asked))
            command(root)
        command(root)
    return Cuts([(step, tree) for tree, step in disk.cuts.items()], the_finished(root))


def assert_ends_as_if_uncut(step: str, tree: Tree, cuts: Cuts, folder: Path) -> None:
    """No finished run without its rows; then the same command, and the same bytes."""
    lay_out(tree, folder)
    for run in finished(folder / "runs"):
        assert_same(run.dir, cuts.whole)

    command(folder)

    assert_same(the_finished(folder), cuts.whole)


@pytest.mark.training
def test_some_power_cuts(cuts: Cuts, tmp_path: Path) -> None:
    """A sample of the steps, the last among them."""
    sample = cuts.trees[-1 :: -len(cuts.trees) // 4]

    for i, (step, tree) in enumerate(sample):
        assert_ends_as_if_uncut(step, tree, cuts, tmp_path / str(i))


@pytest.mark.slow
def test_every_power_cut(cuts: Cuts, tmp_path: Path) -> None:
    """At every step, with what was not synced lost, kept in name alone, or kept by half."""
    assert len(cuts.trees) > 50

    for i, (step, tree) in enumerate(cuts.trees):
        assert_ends_as_if_uncut(step, tree, cuts, tmp_path / str(i))
