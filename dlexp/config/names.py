"""Names that an experiment may have: as folders below runs/ they collide with nothing of dlexp or of a file system."""

import re
from pathlib import Path

#: Letters, digits, spaces and a few signs, not starting with a dot or a space.
PATTERN = r"^[\w(][\w .,+=()-]*$"
MAX_LENGTH = 100
#: The table of all runs, which lies beside the names' folders.
SUMMARY_CSV = "summary.csv"
#: The folder of the ledgers, beside them too.
LEDGERS = "ledgers"
#: Ends the names that bias-variance gives: many runs for one experiment, shown only where they are named.
BIAS_VARIANCE = " resamples"
#: The end of a file's name by which commands know a config.
CONFIG_SUFFIXES = (".yaml", ".yml")

#: How many digits of the identity the folder of a run shows.
PREFIX_LENGTH = 10
_NUMBER = "(?:0|[1-9][0-9]{0,17})"
#: The folder of a run, in that of its name: `s0-3fa9c1d2e0`, and `s0-3fa9c1d2e0-2` for the second attempt.
FOLDER = re.compile(
    rf"s(?P<seed>{_NUMBER})-(?P<prefix>[0-9a-f]{{{PREFIX_LENGTH}}})(?:-(?P<attempt>[1-9][0-9]{{0,17}}))?"
)

#: Ends the folder of a finished run's repetition that was observed, beside that of the run: no attempt of its own.
OBSERVED = "-observed"

#: What Windows takes for a device, whatever follows a dot.
_DEVICES = re.compile(r"(?:con|prn|aux|nul|(?:com|lpt)[0-9]) *(?:\..*)?", re.IGNORECASE)
#: The name of a folder has at most 255 bytes on most systems; of a repeat or a resample it is some longer.
_MAX_BYTES = 235


def mended(text: str) -> str:
    """A text with signs that a name can have in place of others; empty if that makes no name."""
    near = re.sub(r"[^\w .,+=()-]+", "_", text.translate(str.maketrans("[]{}<>", "()()()")))
    near = re.sub(r"^[^\w(]+", "", near).rstrip("_ ")
    return near if re.match(PATTERN, near) else ""


def of_variant(study: Path, variant: str) -> str:
    """What the experiment of a variant is called: `optimizer-adam`.

    As its study where that is no name, or too long for bias-variance to add to it; empty if that is none either.
    """
    names = map(mended, (f"{study.stem}-{variant}", study.stem))
    is_short = (name for name in names if name and len(name + BIAS_VARIANCE) <= MAX_LENGTH)
    return next((name for name in is_short if not why_not(name, study, is_resampled=False)), "")


def why_not(name: str, path: Path, *, is_resampled: bool) -> str:
    """Why an experiment cannot have this name; empty if it can.

    Args:
        path: The config file: that of a run on record keeps the name under which it was recorded.
        is_resampled: Whether its training set is: then it may be called as bias-variance calls it.
    """
    folder, lower = path.absolute().parent, name.lower()
    is_recorded = path.name == "config.yaml" and FOLDER.fullmatch(folder.name) and folder.parent.name == name
    reasons = {
        "a file of this name lies beside the runs": lower == SUMMARY_CSV,
        "the folder of the ledgers beside the runs is called so": lower == LEDGERS,
        f"bias-variance calls its own runs so, with {BIAS_VARIANCE!r} at the end": (
            lower.endswith(BIAS_VARIANCE) and not is_resampled
        ),
        "the folder of a run is called so": FOLDER.fullmatch(lower),
        "commands take it for a config file": lower.endswith(CONFIG_SUFFIXES),
        "it is a device on Windows, where no folder can have this name": _DEVICES.fullmatch(name),
        "Windows drops a dot or a space at the end of a folder's name": name.endswith((".", " ")),
        f"it has more than {_MAX_BYTES} bytes, too long for a folder's name": len(name.encode()) > _MAX_BYTES,
    }
    why = next((reason for reason, holds in reasons.items() if holds and not is_recorded), "")
    return f"{why}; choose another than {name!r}" if why else ""
