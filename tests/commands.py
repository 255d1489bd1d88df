"""Commands as a user types them: in this process, or in one of their own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

#: Runs `dlexp` with these words; gives its exit code, stdout and stderr.
Invoke = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parents[1]


def dlexp(*words: object, cwd: Path = ROOT, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command and wait for it."""
    command = [sys.executable, "-m", "dlexp", *map(str, words)]
    return subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | environment,
        check=False,
    )
