"""Whether the records of a finished run are what they were when it ended, by the digests in its manifest."""

import hashlib

from dlexp.runs import record_files, schema
from dlexp.runs.record_files import DamagedRecord
from dlexp.runs.run_dir import MANIFEST_FORMAT, RECORDS, RunDir, sha256


def damage(run_dir: RunDir, recorded: str | None) -> list[str]:
    """A line for each file that is not as it was; none for a run recorded before manifests.

    Args:
        run_dir: The run.
        recorded: The SHA-256 of its manifest, as its summary names it; None if it names none.
    """
    path = run_dir.manifest_path
    try:
        content = record_files.read(path)
        if content is None:
            return [] if recorded is None else [f"{path}: missing"]
        if hashlib.sha256(content).hexdigest() != recorded:
            return [f"{path}: changed since the run ended"]
        # Its bytes are those that dlexp wrote: of a later version, maybe.
        manifest = record_files.parsed(content, path)
        record_files.require(manifest, schema.MANIFEST, path)
    except DamagedRecord as error:
        return error.lines
    if manifest["format"] > MANIFEST_FORMAT:
        return [f"{path}: of format {manifest['format']}, and this dlexp reads up to {MANIFEST_FORMAT}"]
    return [line for name in RECORDS if (line := _damage_of(run_dir, name, manifest["sha256"].get(name)))]


def _damage_of(run_dir: RunDir, name: str, recorded: str | None) -> str:
    """What became of one file; empty where it is as it was."""
    path = run_dir.path / name
    if not path.exists():
        return "" if recorded is None else f"{path}: missing"
    if recorded is None:
        return f"{path}: was not there when the run ended"
    if not path.is_file():
        return f"{path}: damaged: no file"
    try:
        return "" if sha256(path) == recorded else f"{path}: changed since the run ended"
    except OSError as error:
        return f"{path}: damaged: {error.strerror}"
