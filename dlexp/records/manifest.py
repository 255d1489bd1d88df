"""Whether the records of a finished run are what they were when it ended, by the digests in its manifest."""

import hashlib
import os
from pathlib import Path
from typing import cast

from dlexp.records import record_files
from dlexp.records.ended import Finished, Manifest
from dlexp.records.record_files import DamagedRecord, sha256
from dlexp.records.run_dir import MANIFEST_FORMAT, RECORDS, RunDir, summary_digest
from dlexp.records.shapes import of_type

_CHANGED = "changed since the run ended"


def damage(run_dir: RunDir, result: Finished) -> dict[Path, str]:
    """A line for each file that is not as it was; none for a run recorded before manifests."""
    try:
        manifest = _read(run_dir, result)
    except DamagedRecord as error:
        return {run_dir.manifest_path: error.lines[0]}
    if manifest is None:
        return {}
    found = {run_dir.path / name: _damage_of(run_dir.path / name, manifest["sha256"].get(name)) for name in RECORDS}
    # The first manifests held no digest of the summary.
    if manifest.get("summary", digest := summary_digest(result.raw)) != digest:
        found[run_dir.summary_path] = f"{run_dir.summary_path}: {_CHANGED}"
    return {path: line for path, line in found.items() if line}


def require(run_dir: RunDir, result: Finished, path: Path) -> None:
    """Refuse a file that is not as it was; nothing is known of one of a run recorded before manifests.

    Raises:
        DamagedRecord: It is another one, or the manifest is.
    """
    manifest = _read(run_dir, result)
    if manifest is not None and (line := _damage_of(path, manifest["sha256"].get(path.name))):
        raise DamagedRecord(line)


def _read(run_dir: RunDir, result: Finished) -> Manifest | None:
    """The manifest, if it is the one that the summary names; None for a run recorded before manifests."""
    path = run_dir.manifest_path
    content = record_files.read(path)
    if content is None:
        if result.manifest is None:
            return None
        raise DamagedRecord(f"{path}: missing")
    if hashlib.sha256(content).hexdigest() != result.manifest:
        raise DamagedRecord(f"{path}: {_CHANGED}")
    # Its bytes are those that dlexp wrote: of a later version, maybe.
    manifest = cast(Manifest, record_files.parsed(content, path, of_type(Manifest)))
    if manifest["format"] > MANIFEST_FORMAT:
        raise DamagedRecord(f"{path}: of format {manifest['format']}, and this dlexp reads up to {MANIFEST_FORMAT}")
    return manifest


def _damage_of(path: Path, recorded: str | None) -> str:
    """What became of one file; empty where it is as it was."""
    if recorded is None:
        return f"{path}: was not there when the run ended" if os.path.lexists(path) else ""
    try:
        return "" if sha256(path) == recorded else f"{path}: {_CHANGED}"
    except FileNotFoundError:
        return f"{path}: missing"
    except OSError as error:
        return record_files.damaged(path, error).lines[0]
