"""Let the model of a recorded run predict."""

import logging
import shlex
from pathlib import Path
from typing import Literal

from dlexp.components import snapshot
from dlexp.components.heads.head import PredictedColumns
from dlexp.config.load import load_unchecked
from dlexp.errors import UserError, shown
from dlexp.records import manifest
from dlexp.records.index import latest
from dlexp.records.record_files import DamagedRecord
from dlexp.records.selection import select
from dlexp.reports.verification.integrity import of_config
from dlexp.training.child import in_child
from dlexp.training.inference import OwnCode, infer

log = logging.getLogger(__name__)


def predict(
    word: str,
    examples: Path | Literal["test"],
    runs_dir: Path,
    data_dir: Path | None,
    *,
    allow_code: bool = False,
) -> PredictedColumns:
    """Let the latest finished run that a word names predict its test split, or the examples of a file or folder.

    With `allow_code`, a model with layers of the user's own is built by the function that the config names.

    Raises:
        UserError: There is no such run, the test split is asked for and is sealed, its data are no longer those that it
            was trained on, or its model has layers of the user's own and their code is not allowed or has changed.
        DamagedRecord: The model or the config is not the one that was recorded.
        DataError: As `infer`.
    """
    with snapshot.taken(held_bytes=0):
        runs = select(runs_dir, [word], data_dir)
        run = latest(run for run in runs if run.status == "finished")
        if run is None:
            raise UserError(f"{word}: no finished run, so no model to ask")
        if examples == "test" and (seal := run.dir.seal()):
            raise UserError(f"{run.dir.path}: the test split is {seal.said}")
        if len(runs) > 1:
            log.info(f"{word}: {len(runs)} runs; this is {run.dir.path}")
        try:
            for path in (run.dir.model_path, run.dir.config_path):
                manifest.require(run.dir, run.result, path)
            if run.result.manifest is None and (damage := list(of_config(run))):
                raise DamagedRecord(damage[0])
        except DamagedRecord as error:
            raise DamagedRecord(f"{error}; dlexp verify --files {shlex.quote(str(run.dir.path))} names all") from error
        experiment = load_unchecked(run.dir.config_path)
        digest = run.record.data_digest
        if digest not in experiment.dataset.digests(data_dir):
            raise UserError(f"{run.dir.path}: the data are not those that it was trained on, which its encoding needs")
    given = run.dir.model_path, examples, data_dir, digest, run.record.code_digest, snapshot.large_digests
    try:
        columns, notes = in_child(infer, experiment, *given, allow_code)
    except OwnCode as error:
        folder = [] if data_dir is None else ["--data-dir", str(data_dir)]
        command = shlex.join(["dlexp", "predict", str(run.dir.path), str(examples), *folder, "--allow-code"])
        raise UserError(f"{error}; to let it: {command}") from error
    for line in shown(list(notes)):
        log.info(line)
    return columns
